"""Mend one record where that is safe: letters encoded twice, and spaces around tokens, spans and labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from relknit.data.doctor.placed import Offset, RepairedText, repaired_text
from relknit.data.doctor.source import Line
from relknit.data.doctor.spans import has_stray_space, is_aligned, own_words
from relknit.data.doctor.text import trim
from relknit.document import Document, Span
from relknit.document.jsonl import parse_document
from relknit.text.repair import repair_tokens

LETTERS: Final = "double-encoded letters"
SPACES: Final = "stray space"
_KNOWN: Final = frozenset(("tokens", "offsets", "pos", "entities", "relations", "anchors"))


@dataclass(frozen=True, slots=True)
class Mended:
    """A good line after mending; `record` is None where nothing had to be done, `counts` says what was and how often."""

    document: Document
    record: Mapping[str, Any] | None
    counts: Mapping[str, int]


def mend(line: Line) -> Mended | None:
    """The mended line; None for a line that breaks the format. Keys that relknit does not know are kept as they are."""
    if line.document is None:
        return None
    counts: Counter[str] = Counter()
    record, document = line.record, line.document
    # words that agree once letters are mended may show a stray space only then; every pass takes characters away
    while found := _pass(record, document):
        record, document, done = found
        counts += done
    return Mended(document, record if counts else None, counts)


def _pass(record: Mapping[str, Any], document: Document) -> tuple[dict[str, Any], Document, Counter[str]] | None:
    """The record mended once, the document it holds and the counts; None where there is nothing to mend."""
    counts: Counter[str] = Counter()
    repaired = repair_tokens(document.tokens)
    text = repaired_text(document, repaired)
    mended = _mend_labels(record, counts)
    mended = _mend_tokens(mended, document, repaired, text, counts)
    after = parse_document(mended) if counts else document
    mended = _mend_entity_words(mended, document, after, text, counts)
    return (mended, after, counts) if counts else None


def _mend_labels(record: Mapping[str, Any], counts: Counter[str]) -> dict[str, Any]:
    mended = dict(record)
    for key in ("entities", "relations"):
        if key in record:
            mended[key] = [_mend_label(item, counts) for item in record[key]]
    return mended


def _mend_label(item: Mapping[str, Any], counts: Counter[str]) -> dict[str, Any]:
    label = item.get("type")
    trimmed = trim(label) if label else label
    if trimmed == label or not trimmed:
        return dict(item)
    counts[SPACES] += 1
    return {**item, "type": trimmed}


def _mend_tokens(
    record: dict[str, Any],
    document: Document,
    repaired: Sequence[str],
    text: RepairedText | None,
    counts: Counter[str],
) -> dict[str, Any]:
    old = document.tokens
    removable = _can_remove(record, document, [not trim(token) for token in repaired])
    new = [trim(token) or ("" if removable else token) for token in repaired]
    letters = sum(a != b for a, b in zip(old, repaired, strict=True))
    spaces = sum(a != b for a, b in zip(repaired, new, strict=True)) + _wide_offsets(document)
    if not letters + spaces:
        return record
    counts += Counter({LETTERS: letters, SPACES: spaces})
    if text is None:
        return _rebuilt(record, new, None)
    offsets = document.offsets and [None if span is None else text.trimmed(*span) for span in document.offsets]
    return _rebuilt(record | {"text": text.text}, new, offsets)


def _can_remove(record: Mapping[str, Any], document: Document, blank: Sequence[bool]) -> bool:
    """Whether nothing hangs on the tokens that are spaces alone: no entity, no anchor, no list that we do not know."""
    if not any(blank):
        return True
    if all(blank) or any(all(blank[e.start : e.end]) for e in document.entities):
        return False
    if any(blank[anchor.head] or blank[anchor.tail] for anchor in document.anchors or ()):
        return False
    foreign = (value for key, value in record.items() if key not in _KNOWN)
    return not any(isinstance(value, list) and len(value) == len(blank) for value in foreign)


def _wide_offsets(document: Document) -> int:
    """How many offsets hold a space that their token does not have."""
    if document.text is None or document.offsets is None:
        return 0
    held = [document.text[span[0] : span[1]] if span else "" for span in document.offsets]
    return sum(
        words != trim(words) != "" and token == trim(token) for words, token in zip(held, document.tokens, strict=True)
    )


def _rebuilt(record: dict[str, Any], tokens: Sequence[str], offsets: Sequence[Offset | None] | None) -> dict[str, Any]:
    """The record with these tokens, those that are empty taken out and every index moved along."""
    places = [0, *accumulate(1 if token else 0 for token in tokens)]
    keep = [k for k, token in enumerate(tokens) if token]
    mended = record | {"tokens": [tokens[k] for k in keep]}
    if offsets is not None:
        mended["offsets"] = [_as_list(offsets[k]) for k in keep]
    if record.get("pos") is not None:
        mended["pos"] = [record["pos"][k] for k in keep]
    if "entities" in record:
        mended["entities"] = [e | {"start": places[e["start"]], "end": places[e["end"]]} for e in record["entities"]]
    if record.get("anchors") is not None:
        mended["anchors"] = [
            [places[head], label, places[tail], *rest] for head, label, tail, *rest in record["anchors"]
        ]
    return mended


def _as_list(offset: Offset | None) -> list[int] | None:
    return None if offset is None else list(offset)


def _mend_entity_words(
    record: dict[str, Any], before: Document, after: Document, text: RepairedText | None, counts: Counter[str]
) -> dict[str, Any]:
    """Entities' own `text` and `chars` as the tokens now have them; where the two disagree, `chars` move with the text."""
    if "entities" not in record:
        return record
    changed = bool(counts)
    entities = []
    for old, new, item in zip(before.entities, after.entities, record["entities"], strict=True):
        mended = dict(item)
        for key, said in own_words(before, old, item):
            aligned, stray = is_aligned(before, old, said), has_stray_space(before, old, said)
            if aligned and stray:  # a count of 0 would be told as a mend
                counts[SPACES] += 1
            if key == "chars" and text is not None and said:
                mended["chars"] = _chars(item["chars"], after.span(new), text, aligned and (changed or stray))
            elif aligned and (changed or stray):
                mended["text"] = after.span(new).text
        entities.append(mended)
    return record | {"entities": entities}


def _chars(chars: Sequence[int], span: Span, text: RepairedText, follows: bool) -> list[int]:
    """An entity's own `chars`: those of its tokens if it `follows` them and they are placed, else where they are now."""
    if follows and span.start is not None and span.end is not None:
        return [span.start, span.end]
    start, end = chars
    return list(text.trimmed(start, end)) if follows else [text.moved(start), text.moved(end)]
