"""Safe fixes of one record: double-encoded letters, and spaces around tokens, spans and labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from relknit.data.doctor.repaired_text import RepairedText, repaired_text
from relknit.data.doctor.sentence_findings import wide_offsets
from relknit.data.doctor.source import SourceLine
from relknit.data.doctor.span_findings import has_stray_space, is_aligned, stated_words
from relknit.data.sentence_keys import trim
from relknit.document import Document, Entity
from relknit.document.jsonl import parse_document
from relknit.text.repair import repair_tokens

LETTERS: Final = "double-encoded letters"
SPACES: Final = "stray space"
_KNOWN: Final = frozenset(("tokens", "offsets", "pos", "entities", "relations", "anchors"))


@dataclass(frozen=True, slots=True)
class FixedLine:
    """A valid line after fixes; `record` is None if there was nothing to fix, `counts` are the fixes by kind of finding."""

    document: Document
    record: Mapping[str, Any] | None
    counts: Mapping[str, int]


def fix_line(line: SourceLine) -> FixedLine:
    """The fixed line. Keys unknown to relknit are kept."""
    counts: Counter[str] = Counter()
    record, document = line.record, line.document
    # a stray space may show only once the letters agree; it ends, as every pass removes characters
    while found := _pass(record, document):
        record, document, done = found
        counts += done
    return FixedLine(document, record if counts else None, counts)


def _pass(record: Mapping[str, Any], document: Document) -> tuple[dict[str, Any], Document, Counter[str]] | None:
    """The record, its document and the counts after one pass; None if there is nothing to fix."""
    counts: Counter[str] = Counter()
    repaired = repair_tokens(document.tokens)
    text = repaired_text(document, repaired)
    fixed = _fix_labels(record, counts)
    fixed = _fix_tokens(fixed, document, repaired, text, counts)
    after = parse_document(fixed) if counts else document
    fixed = _fix_entity_words(fixed, document, after, text, counts)
    return (fixed, after, counts) if counts else None


def _fix_labels(record: Mapping[str, Any], counts: Counter[str]) -> dict[str, Any]:
    fixed = dict(record)
    for key in {"entities", "relations"} & record.keys():
        fixed[key] = [dict(item) for item in record[key]]
        for item in fixed[key]:
            label = item.get("type")
            if label and trim(label) not in ("", label):
                counts[SPACES] += 1
                item["type"] = trim(label)
    return fixed


def _fix_tokens(
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
    spaces = sum(a != b for a, b in zip(repaired, new, strict=True)) + len(wide_offsets(document))
    if not letters + spaces:
        return record
    counts += Counter({LETTERS: letters, SPACES: spaces})
    if text is None:
        return _rebuilt(record, new, None)
    offsets = None if document.offsets is None else [span and list(text.trimmed(*span)) for span in document.offsets]
    return _rebuilt(record | {"text": text.text}, new, offsets)


def _can_remove(record: Mapping[str, Any], document: Document, blank: Sequence[bool]) -> bool:
    """Whether nothing depends on the tokens that are only spaces: no entity, no anchor, no unknown list of that length."""
    if not any(blank):
        return True
    if all(blank) or any(all(blank[e.token_start : e.token_end]) for e in document.entities):
        return False
    if any(blank[anchor.head] or blank[anchor.tail] for anchor in document.anchors or ()):
        return False
    foreign = (value for key, value in record.items() if key not in _KNOWN)
    return not any(isinstance(value, list) and len(value) == len(blank) for value in foreign)


def _rebuilt(
    record: dict[str, Any], tokens: Sequence[str], offsets: Sequence[list[int] | None] | None
) -> dict[str, Any]:
    """The record with these tokens, without the empty ones, and every index adjusted."""
    places = [0, *accumulate(1 if token else 0 for token in tokens)]
    keep = [k for k, token in enumerate(tokens) if token]
    fixed = record | {"tokens": [tokens[k] for k in keep]}
    if offsets is not None:
        fixed["offsets"] = [offsets[k] for k in keep]
    if record.get("pos") is not None:
        fixed["pos"] = [record["pos"][k] for k in keep]
    if "entities" in record:
        keys = "token_start", "token_end"
        fixed["entities"] = [e | {key: places[e[key]] for key in keys} for e in record["entities"]]
    if record.get("anchors") is not None:
        fixed["anchors"] = [
            [places[head], label, places[tail], *rest] for head, label, tail, *rest in record["anchors"]
        ]
    return fixed


def _fix_entity_words(
    record: dict[str, Any], before: Document, after: Document, text: RepairedText | None, counts: Counter[str]
) -> dict[str, Any]:
    """Entities' own text and characters set to those of the tokens; where they disagreed, characters only move with the text."""
    if "entities" not in record:
        return record
    changed = bool(counts)
    entities = []
    for old, new, item in zip(before.entities, after.entities, record["entities"], strict=True):
        fixed = dict(item)
        for key, stated in stated_words(before, item):
            aligned, stray = is_aligned(before, old, stated), has_stray_space(old, stated)
            if aligned and stray:  # a count of 0 would be reported as a fix
                counts[SPACES] += 1
            if key == "characters" and text is not None and stated:
                fixed |= _characters(item["start"], item["end"], new, text, aligned and (changed or stray))
            elif aligned and (changed or stray):
                fixed["text"] = new.text
        entities.append(fixed)
    return record | {"entities": entities}


def _characters(start: int, end: int, entity: Entity, text: RepairedText, follows: bool) -> dict[str, int]:
    """An entity's own characters: those of its tokens if they `follow` them and have offsets, else their new position."""
    if follows and entity.start is not None and entity.end is not None:
        return {"start": entity.start, "end": entity.end}
    found = text.trimmed(start, end) if follows else (text.moved(start), text.moved(end))
    return dict(zip(("start", "end"), found, strict=True))
