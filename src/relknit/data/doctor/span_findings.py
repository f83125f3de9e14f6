"""Misplaced spans: those that disagree with their own text, end inside a word, or include a stray punctuation mark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from relknit.data.doctor.findings import DoctorFinding
from relknit.data.doctor.source import SourceLine
from relknit.data.sentence_keys import letters_and_digits, trim
from relknit.document import Document, Entity

_ALPHABETS: Final = 0x0590  # Latin, Greek and Cyrillic lie below; many scripts above write words without spaces
_MARKS: Final = frozenset((",", ";", ":", "`", "``", "''", '"', "'", "“", "”", "‘", "’", "--", "–", "—"))
_PAIRS: Final = (("(", ")"), ("[", "]"), ("-LRB-", "-RRB-"), ("-LSB-", "-RSB-"), ("``", "''"), ("“", "”"), ("‘", "’"))


def span_findings(line: SourceLine) -> Iterator[DoctorFinding]:
    """Findings about the borders of the entities of one line."""
    records = line.record.get("entities", [])
    for k, (entity, record) in enumerate(zip(line.document.entities, records, strict=True)):
        yield from _stated_words(line, k, entity, record)
        yield from _cut_word(line, k, entity)
        yield from _edge_marks(line, k, entity)


def stated_words(document: Document, record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The words that an entity's record states itself, as (key, words): its `text`, and those from its `start` to its `end`.

    Invalid characters give "". Keys that are absent are left out.
    """
    stated = []
    if isinstance(record.get("text"), str):
        stated.append(("text", record["text"]))
    if document.text is not None and record.get("start") is not None:
        start, end = record["start"], record.get("end")
        valid = type(start) is type(end) is int and 0 <= start < end <= len(document.text)
        stated.append(("characters", document.text[start:end] if valid else ""))
    return stated


def is_aligned(document: Document, entity: Entity, stated: str) -> bool:
    """Whether the words are those of the entity's tokens, ignoring spacing, case, accents and punctuation."""
    tokens = document.tokens[entity.token_start : entity.token_end]
    if stated in (entity.text, " ".join(tokens)):
        return True
    letters = letters_and_digits(tokens)
    if letters:
        return letters_and_digits(stated.split()) == letters
    return "".join(stated.split()) == "".join("".join(tokens).split())


def has_stray_space(entity: Entity, stated: str) -> bool:
    """Whether the words have a space at either end that the entity's tokens do not have."""
    return stated != trim(stated) != "" and stated != entity.text


def _stated_words(line: SourceLine, k: int, entity: Entity, record: Mapping[str, Any]) -> Iterator[DoctorFinding]:
    document, span = line.document, (entity.token_start, entity.token_end)
    for key, stated in stated_words(document, record):
        words = " ".join(document.tokens[span[0] : span[1]])
        shown = f'entity {k} has {key} {stated!r}, its tokens [{span[0]}, {span[1]}) are "{words}"'
        if not is_aligned(document, entity, stated):
            yield line.finding("misaligned span", f"{shown}; correct one of them", span)
        elif has_stray_space(entity, stated):
            yield line.finding("stray space", f"{shown}; remove the space", span)


def _cut_word(line: SourceLine, k: int, entity: Entity) -> Iterator[DoctorFinding]:
    text = line.document.text
    if text is None or entity.start is None or entity.end is None:
        return
    for at in (entity.start, entity.end):
        if 0 < at < len(text) and _is_letter(text[at - 1]) and _is_letter(text[at]):
            word = _word_at(text, at)
            message = f'entity {k}, "{entity.text}", cuts "{word}"; extend it to the whole word, or correct the tokens'
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


def _edge_marks(line: SourceLine, k: int, entity: Entity) -> Iterator[DoctorFinding]:
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
