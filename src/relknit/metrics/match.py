"""Pair gold documents with predicted ones that were written to a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from relknit.document import Document, Prediction
from relknit.errors import DataError


def match_predictions(gold: Sequence[Document], predicted: Sequence[Document]) -> list[Prediction]:
    """The predictions in the order of `gold`: paired by id where both have the same unique ids, else by position.

    Raises DataError that names the first id that is missing, extra or given twice, or the sentence whose tokens differ.
    """
    by_id = {document.id: document for document in predicted}
    ids = {document.id for document in gold}
    if len(ids) == len(gold) == len(predicted) and ids == by_id.keys():
        paired = [by_id[document.id] for document in gold]
    elif len(gold) == len(predicted):
        paired = list(predicted)
    else:
        raise DataError(_id_problem(gold, predicted))
    by_position = ids != by_id.keys() or len(ids) != len(gold)
    for number, (document, other) in enumerate(zip(gold, paired, strict=True), 1):
        if document.tokens != other.tokens:
            difference = _token_difference(document, other, number)
            raise DataError(f"{_id_problem(gold, predicted)}; by position, {difference}" if by_position else difference)
    return [document.prediction for document in paired]


def _id_problem(gold: Sequence[Document], predicted: Sequence[Document]) -> str:
    for name, documents in (("gold", gold), ("predictions", predicted)):
        identity, times = next(iter(Counter(d.id for d in documents).most_common(1)), ("", 0))
        if times > 1:
            return f"{name}: id {identity!r} occurs {times} times among {len(documents)} sentences; make ids unique"
    gold_ids, predicted_ids = {d.id for d in gold}, {d.id for d in predicted}
    missing = next((d.id for d in gold if d.id not in predicted_ids), None)
    extra = next((d.id for d in predicted if d.id not in gold_ids), None)
    found = [f"id {missing!r} has no prediction"] * (missing is not None)
    found += [f"id {extra!r} is not in gold"] * (extra is not None)
    sizes = f"{len(gold)} gold sentences, {len(predicted)} predictions"
    return f"{sizes}: {' and '.join(found)}; predict the same sentences that are scored"


def _token_difference(gold: Document, predicted: Document, number: int) -> str:
    shorter = min(len(gold), len(predicted))
    at = next((k for k in range(shorter) if gold.tokens[k] != predicted.tokens[k]), shorter)
    words = [repr(d.tokens[at]) if at < len(d) else "the end of the sentence" for d in (gold, predicted)]
    return (
        f"sentence {number} (id {gold.id!r}) differs at token {at}: gold has {words[0]}, the prediction {words[1]}; "
        "predict on the tokens of the gold file"
    )
