"""A sentence as it reads, with its entities marked; nested and crossing ones too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Literal

from relknit.document import Document, Entity

Style = Literal["agreed", "alone", "loose"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Tokens `start` to `end` (exclusive): agreed upon by gold and system, alone in one of them, or a loose stand-in."""

    start: int
    end: int
    style: Style
    label: str | None = None


def marks_of(entities: Iterable[Entity], other: Iterable[Entity], *, typed: bool) -> list[Mark]:
    """The marks of one side's entities; what the other side has too is agreed upon, with the same type if `typed`."""
    agreed = {_key(entity, typed) for entity in other if entity.tagged}
    styles: dict[tuple[int, int, str | None], Style] = {}
    for entity in entities:
        key = _key(entity, typed)
        styles[key] = "loose" if not entity.tagged else "agreed" if key in agreed else "alone"
    return [Mark(start, end, style, label) for (start, end, label), style in styles.items()]


def marked_text(document: Document, marks: Collection[Mark]) -> str:
    """The sentence as HTML, cut wherever a mark begins or ends, so that marks may lie in each other or cross."""
    cuts = {0, len(document), *(mark.start for mark in marks), *(mark.end for mark in marks)}
    gaps, words = _gaps(document), _words(document)
    parts = []
    for start, end in pairwise(sorted(cuts)):
        inside = [mark for mark in marks if mark.start <= start and end <= mark.end]
        text = "".join(gaps[k] * (k > start) + words[k] for k in range(start, end))
        goes_on = any(mark.end > end for mark in inside)
        after = gaps[end] if end < len(document) else ""
        parts.append(_segment(text + after * goes_on, start, end, inside) + after * (not goes_on))
    return f"<bdi>{''.join(parts)}</bdi>"


def _segment(text: str, start: int, end: int, inside: Sequence[Mark]) -> str:
    if not inside:
        return escape(text)
    innermost = min(inside, key=lambda mark: mark.end - mark.start)
    classes = [innermost.style, *["first"] * (innermost.start == start), *["last"] * (innermost.end == end)]
    classes += ["deep"] * (len(inside) > 1)
    labels = "".join(f"<small> {escape(mark.label)}</small>" for mark in inside if mark.label and mark.end == end)
    return f'<mark class="{" ".join(classes)}">{escape(text)}{labels}</mark>'


def _key(entity: Entity, typed: bool) -> tuple[int, int, str | None]:
    return entity.start, entity.end, entity.type if typed else None


def _words(document: Document) -> list[str]:
    """Every token as it stands in the text, where it is placed there."""
    if document.text is None or document.offsets is None:
        return list(document.tokens)
    pairs = zip(document.tokens, document.offsets, strict=True)
    return [token if at is None else document.text[at[0] : at[1]] for token, at in pairs]


def _gaps(document: Document) -> list[str]:
    """What stands before every token: what the text has there, where both neighbours are placed in it, else one space."""
    gaps = [""] * len(document)
    for k in range(1, len(document)):
        before, here = (document.offsets[k - 1], document.offsets[k]) if document.offsets else (None, None)
        known = document.text is not None and before is not None and here is not None
        gaps[k] = document.text[before[1] : here[0]] if known and document.text and before and here else " "
    return gaps
