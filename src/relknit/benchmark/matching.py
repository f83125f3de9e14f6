"""The predictions of any system for the texts of the benchmark, by characters of these texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from relknit.document import AnchorRule, Document
from relknit.errors import DataError, short
from relknit.evaluation import in_characters
from relknit.text.align import align


def match_texts(texts: Sequence[Document], predictions: Sequence[Document], *, rule: AnchorRule) -> list[Document]:
    """The prediction of each text, matched by id, with every character a token.

    Tokens without offsets are searched in the text. Raises DataError for an id that is missing, unknown or repeated, for
    another text, and for an entity that is not in the text.
    """
    by_id = {document.id: document for document in predictions}
    if len(by_id) < len(predictions):
        ((identity, times),) = Counter(document.id for document in predictions).most_common(1)
        raise DataError(f"id {short(identity)} occurs {times} times; give one prediction for each text")
    ids = [text.id for text in texts]
    if missing := [identity for identity in ids if identity not in by_id]:
        message = f"there is no prediction for the text {short(missing[0])} ({len(missing)} are missing)"
        raise DataError(f"{message}; give one for each text, empty where nothing was found")
    if unknown := by_id.keys() - set(ids):
        raise DataError(f"id {short(min(unknown))} is not that of a text; copy the ids of the texts")
    return [in_characters(_placed(text, by_id[text.id]), rule=rule) for text in texts]


def _placed(text: Document, prediction: Document) -> Document:
    raw = text.text or ""
    if prediction.text not in (None, raw):
        raise DataError(f"id {short(text.id)} has another text than the benchmark; copy ids and texts together")
    offsets = prediction.offsets if prediction.text is not None else None
    return replace(prediction, text=raw, offsets=align(prediction.tokens, raw) if offsets is None else offsets)
