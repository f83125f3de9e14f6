"""Misplaced spans: those that disagree with their own text, end inside a word, or include a stray punctuation mark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from relknit.data.doctor.findings import DoctorFinding
from relknit.data.doctor.source import GoodLine
from relknit.data.sentence_keys import letters_and_digits, trim
from relknit.document import Document, Entity

_ALPHABETS: Final = 0x0590  # Latin, Greek and Cyrillic lie below; many scripts above write words without spaces
_MARKS: Final = frozenset((",", ";", ":", "`", "``", "''", '"', "'", "“", "”", "‘", "’", "--", "–", "—"))
_PAIRS: Final = (("(", ")"), ("[", "]"), ("-LRB-", "-RRB-"), ("-LSB-", "-RSB-"), ("``", "''"), ("“", "”"), ("‘", "’"))


def span_findings(line: GoodLine) -> Iterator[DoctorFinding]:
    """Findings about the borders of the entities of one line."""
    records = line.record.get("entities", [])
    for k, (entity, record) in enumerate(zip(line.document.entities, records, strict=True)):
        yield from _own_words(line, k, entity, record)
        yield from _cut_word(line, k, entity)
        yield from _edge_marks(line, k, entity)


def own_words(document: Document, entity: Entity, record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The words that an entity's record states itself, as (key, words): its `text`, and those from its `start` to its `end`.

    Invalid characters give "". Keys that are absent are left out.
    """
    stated = []
    if isinstance(record.get("text"), str):
        stated.append(("text", record["text"]))
    if document.text is not None and record.get("start") is not None:
        stated.append(("characters", _held(document.text, record["start"], record.get("end"))))
    return stated


def words_of(document: Document, entity: Entity) -> str:
    """The words of the entity's tokens, spaced as in the text if the document has one."""
    return document.span(entity).text


def is_aligned(document: Document, entity: Entity, stated: str) -> bool:
    """Whether the words are those of the entity's tokens, ignoring spacing, case, accents and punctuation."""
    tokens = document.tokens[entity.token_start : entity.token_end]
    if stated in (words_of(document, entity), " ".join(tokens)):
        return True
    letters = letters_and_digits(tokens)
    if letters:
        return letters_and_digits(stated.split()) == letters
    return "".join(stated.split()) == "".join("".join(tokens).split())


def has_stray_space(document: Document, entity: Entity, stated: str) -> bool:
    """Whether the words have a space at either end that the entity's tokens do not have."""
    return stated != trim(stated) != "" and stated != words_of(document, entity)


def _held(text: str, start: object, end: object) -> str:
    if type(start) is not int or type(end) is not int:
        return ""
    return text[start:end] if 0 <= start < end <= len(text) else ""


def _own_words(line: GoodLine, k: int, entity: Entity, record: Mapping[str, Any]) -> Iterator[DoctorFinding]:
    document, span = line.document, (entity.token_start, entity.token_end)
    for key, stated in own_words(document, entity, record):
        shown = f'entity {k} has {key} {stated!r}, its tokens [{span[0]}, {span[1]}) are "{_joined(line, entity)}"'
        if not is_aligned(document, entity, stated):
            yield line.finding("misaligned span", f"{shown}; correct one of them", span)
        elif has_stray_space(document, entity, stated):
            yield line.finding("stray space", f"{shown}; remove the space", span)


def _cut_word(line: GoodLine, k: int, entity: Entity) -> Iterator[DoctorFinding]:
    place = line.document.span(entity)
    text = line.document.text
    if text is None or place.start is None or place.end is None:
        return
    for at in (place.start, place.end):
        if 0 < at < len(text) and _is_letter(text[at - 1]) and _is_letter(text[at]):
            word = _word_at(text, at)
            message = f'entity {k}, "{place.text}", cuts "{word}"; extend it to the whole word, or correct the tokens'
            yield line.finding("span ends inside a word", message, (entity.token_start, entity.token_end))
            return


def _is_letter(character: str) -> bool:
    return character.isalpha() and ord(character) < _ALPHABETS


def _word_at(text: str, at: int) -> str:
    start = end = at
    while start and _is_letter(text[start - 1]):
        start -= 1
    while end < len(text) and _is_letter(text[end]):
        end += 1
    return text[start:end]


def _edge_marks(line: GoodLine, k: int, entity: Entity) -> Iterator[DoctorFinding]:
    tokens = line.document.tokens[entity.token_start : entity.token_end]
    edges = [(tokens[0], "begins"), (tokens[-1], "ends")] if len(tokens) > 1 else []
    for token, verb in edges:
        if _is_stray_mark(token, tokens):
            message = f'entity {k}, "{" ".join(tokens)}", {verb} with {token!r}; leave the mark out'
            yield line.finding("mark at the edge of a span", message, (entity.token_start, entity.token_end))
            return


def _is_stray_mark(token: str, tokens: tuple[str, ...]) -> bool:
    """Whether a mark at the edge has no partner inside: "( UK" has a stray one, "Audi ( UK )" and "( UK )" have none."""
    for pair in _PAIRS:
        if token in pair:
            return tokens.count(pair[0]) != tokens.count(pair[1])
    return token in _MARKS and tokens.count(token) % 2 == 1


def _joined(line: GoodLine, entity: Entity) -> str:
    return " ".join(line.document.tokens[entity.token_start : entity.token_end])
