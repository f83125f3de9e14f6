"""Mend one record where that is safe: letters encoded twice, and spaces around tokens, spans and labels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from relknit.data.doctor.source import Line
from relknit.data.doctor.spans import has_stray_space, is_aligned, own_words
from relknit.data.doctor.text import trim
from relknit.document import Document
from relknit.document.jsonl import parse_document
from relknit.text.repair import repair_token, repair_tokens

LETTERS: Final = "double-encoded letters"
SPACES: Final = "stray space"
_KNOWN: Final = frozenset(("tokens", "offsets", "pos", "entities", "relations", "anchors"))

Offset = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Mended:
    """A good line after mending; `record` is None where nothing had to be done, `counts` says what was and how often."""

    document: Document
    record: Mapping[str, Any] | None
    counts: Mapping[str, int]


def mend(line: Line) -> Mended | None:
    """The mended line; None for a line that breaks the format. Keys that relknit does not know are kept as they are."""
    document = line.document
    if document is None:
        return None
    counts: Counter[str] = Counter()
    record = _mend_labels(line.record, counts)
    record = _mend_tokens(record, document, counts)
    changed = bool(counts)
    after = parse_document(record, line=line.number) if changed else document
    record = _mend_entity_words(record, document, after, changed, counts)
    return Mended(after, record if counts else None, counts)


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


def _mend_tokens(record: dict[str, Any], document: Document, counts: Counter[str]) -> dict[str, Any]:
    old, repaired = document.tokens, repair_tokens(document.tokens)
    removable = _can_remove(record, document, [not trim(token) for token in repaired])
    new = [trim(token) or ("" if removable else token) for token in repaired]
    letters = sum(a != b for a, b in zip(old, repaired, strict=True))
    spaces = sum(a != b for a, b in zip(repaired, new, strict=True)) + _wide_offsets(document)
    if not letters + spaces:
        return record
    counts += Counter({LETTERS: letters, SPACES: spaces})
    text, offsets = document.text, document.offsets
    if text is not None and offsets is not None:
        text, offsets = _place(text, offsets, old, repaired)
    elif text is not None and letters:
        text = re.sub(r"\S+", lambda word: repair_token(word[0]), text)
    return _rebuilt(record if text is None else record | {"text": text}, new, offsets)


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


def _place(
    text: str, offsets: Sequence[Offset], old: Sequence[str], repaired: Sequence[str]
) -> tuple[str, tuple[Offset, ...]]:
    """The text with the placed words repaired, and the offsets in it, without spaces at their ends."""
    parts: list[str] = []
    placed: list[Offset] = []
    cursor = length = 0
    for span, before, after in zip(offsets, old, repaired, strict=True):
        if span is None:
            placed.append(None)
            continue
        start, end = span
        held = text[start:end]
        words = after if held == before else held
        parts += [text[cursor:start], words]
        length += start - cursor
        inner = trim(words) or words
        begin = length + words.index(inner)
        placed.append((begin, begin + len(inner)))
        length += len(words)
        cursor = end
    return "".join([*parts, text[cursor:]]), tuple(placed)


def _wide_offsets(document: Document) -> int:
    """How many offsets hold a space that their token does not have."""
    if document.text is None or document.offsets is None:
        return 0
    held = [document.text[span[0] : span[1]] if span else "" for span in document.offsets]
    return sum(
        words != trim(words) != "" and token == trim(token) for words, token in zip(held, document.tokens, strict=True)
    )


def _rebuilt(record: dict[str, Any], tokens: Sequence[str], offsets: Sequence[Offset] | None) -> dict[str, Any]:
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


def _as_list(offset: Offset) -> list[int] | None:
    return None if offset is None else list(offset)


def _mend_entity_words(
    record: dict[str, Any], before: Document, after: Document, changed: bool, counts: Counter[str]
) -> dict[str, Any]:
    """Entities' own `text` and `chars` as the tokens now have them, but only where the two agreed before."""
    entities = []
    for old, new, item in zip(before.entities, after.entities, record.get("entities", ()), strict=True):
        mended, span = dict(item), after.span(new)
        for key, said in own_words(before, old, item):
            stray = has_stray_space(before, old, said)
            if not is_aligned(before, old, said) or not (changed or stray):
                continue
            if stray:  # a count of 0 would be told as a mend
                counts[SPACES] += 1
            if key == "text":
                mended["text"] = span.text
            elif span.start is None:
                del mended["chars"]
            else:
                mended["chars"] = [span.start, span.end]
        entities.append(mended)
    return record | {"entities": entities} if "entities" in record else record
