"""Spans that are not where they should be: against their own text, inside a word, one mark too long, out of reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from relknit.data.doctor.findings import Finding
from relknit.data.doctor.source import Case
from relknit.data.doctor.text import letters_and_digits, trim
from relknit.document import Document, Entity

_ALPHABETS: Final = 0x0590  # Latin, Greek and Cyrillic lie below; many scripts above write words without spaces
_MARKS: Final = frozenset((",", ";", ":", "`", "``", "''", '"', "'", "“", "”", "‘", "’", "--", "–", "—"))
_PAIRS: Final = (("(", ")"), ("[", "]"), ("-LRB-", "-RRB-"), ("-LSB-", "-RSB-"), ("``", "''"), ("“", "”"), ("‘", "’"))


def span_findings(case: Case) -> Iterator[Finding]:
    """Everything odd about where the entities of one line begin and end."""
    records = case.record.get("entities", [])
    for k, (entity, record) in enumerate(zip(case.document.entities, records, strict=True)):
        yield from _own_words(case, k, entity, record)
        yield from _cut_word(case, k, entity)
        yield from _edge_marks(case, k, entity)


def own_words(document: Document, entity: Entity, record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What an entity's record says of its words, as (key, words): its `text`, and what its `chars` hold.

    `chars` that hold nothing give "". Keys that are absent are left out; reading ignores both.
    """
    said = []
    if isinstance(record.get("text"), str):
        said.append(("text", record["text"]))
    if document.text is not None and record.get("chars") is not None:
        said.append(("chars", _held(document.text, record["chars"])))
    return said


def words_of(document: Document, entity: Entity) -> str:
    """The words of the entity's tokens, with their spaces as in the text where that is known."""
    return document.span(entity).text


def is_aligned(document: Document, entity: Entity, said: str) -> bool:
    """Whether the words are those of the entity's tokens, spacing, case, accents and marks aside."""
    tokens = document.tokens[entity.start : entity.end]
    if said in (words_of(document, entity), " ".join(tokens)):
        return True
    letters = letters_and_digits(tokens)
    if letters:
        return letters_and_digits(said.split()) == letters
    return "".join(said.split()) == "".join("".join(tokens).split())


def has_stray_space(document: Document, entity: Entity, said: str) -> bool:
    """Whether the words have a space at an end that the entity's tokens do not have."""
    return said != trim(said) != "" and said != words_of(document, entity)


def _held(text: str, chars: object) -> str:
    if not isinstance(chars, list) or len(chars) != 2 or not all(type(x) is int for x in chars):
        return ""
    start, end = chars
    return text[start:end] if 0 <= start < end <= len(text) else ""


def _own_words(case: Case, k: int, entity: Entity, record: Mapping[str, Any]) -> Iterator[Finding]:
    document, span = case.document, (entity.start, entity.end)
    for key, said in own_words(document, entity, record):
        shown = (
            f'entity {k} has {key} {said!r}, its tokens [{entity.start}, {entity.end}) are "{_joined(case, entity)}"'
        )
        if not is_aligned(document, entity, said):
            yield case.finding("misaligned span", f"{shown}; correct one of them", span)
        elif has_stray_space(document, entity, said):
            yield case.finding("stray space", f"{shown}; leave the space out", span)


def _cut_word(case: Case, k: int, entity: Entity) -> Iterator[Finding]:
    place = case.document.span(entity)
    text = case.document.text
    if text is None or place.start is None or place.end is None:
        return
    for at in (place.start, place.end):
        if 0 < at < len(text) and _is_letter(text[at - 1]) and _is_letter(text[at]):
            word = _word_at(text, at)
            message = f'entity {k}, "{place.text}", cuts "{word}"; extend it to the whole word, or correct the tokens'
            yield case.finding("span ends inside a word", message, (entity.start, entity.end))
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


def _edge_marks(case: Case, k: int, entity: Entity) -> Iterator[Finding]:
    tokens = case.document.tokens[entity.start : entity.end]
    edges = [(tokens[0], "begins"), (tokens[-1], "ends")] if len(tokens) > 1 else []
    for token, verb in edges:
        if _is_stray_mark(token, tokens):
            message = f'entity {k}, "{" ".join(tokens)}", {verb} with {token!r}; leave the mark out'
            yield case.finding("mark at the edge of a span", message, (entity.start, entity.end))
            return


def _is_stray_mark(token: str, tokens: tuple[str, ...]) -> bool:
    """Whether a mark at the edge has no partner inside: "( UK" has a stray one, "Audi ( UK )" and "( UK )" have none."""
    for pair in _PAIRS:
        if token in pair:
            return tokens.count(pair[0]) != tokens.count(pair[1])
    return token in _MARKS and tokens.count(token) % 2 == 1


def _joined(case: Case, entity: Entity) -> str:
    return " ".join(case.document.tokens[entity.start : entity.end])
