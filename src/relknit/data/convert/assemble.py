"""From token spans and names to the entities and relations of one Document."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

from relknit.document import Document, Entity, Relation
from relknit.errors import DataError

Anchor = Literal["whole", "last"]
TokenSpan = tuple[int, int]
Tokeniser = Callable[[str], Sequence[tuple[str, int, int]]]


def split_at_spaces(text: str) -> list[tuple[str, int, int]]:
    """The tokeniser for texts that are already tokenised, such as the benchmarks: (word, start, end)."""
    return [(match.group(), match.start(), match.end()) for match in re.finditer(r"\S+", text)]


def uncrossed(borders: Sequence[int], ranges: Iterable[tuple[int, int]]) -> list[int]:
    """Those of the ascending `borders` that lie inside none of the ranges [start, end)."""
    crossed: set[int] = set()
    for start, end in ranges:
        crossed.update(borders[bisect_right(borders, start) : bisect_left(borders, end)])
    return [border for border in borders if border not in crossed]


class NamedTriple(NamedTuple):
    """A triple of names from a file; `fail` makes an error that names its line."""

    head: str
    relation: str
    tail: str
    fail: Callable[[str], DataError]


def connect(
    triples: Iterable[tuple[TokenSpan, str, TokenSpan]], spans: Iterable[TokenSpan] = ()
) -> tuple[tuple[Entity, ...], tuple[Relation, ...]]:
    """Untyped entities for all the spans, in reading order, and the relations between them; repeats are kept once."""
    triples = list(dict.fromkeys(triples))
    found = sorted({*spans, *(end for head, _, tail in triples for end in (head, tail))})
    index = {span: k for k, span in enumerate(found)}
    entities = tuple(Entity(start, end) for start, end in found)
    return entities, tuple(Relation(index[head], index[tail], relation) for head, relation, tail in triples)


@dataclass(frozen=True, slots=True)
class TokenisedText:
    """A raw text with its tokens as (word, start, end), `end` exclusive, in code points."""

    text: str
    tokens: Sequence[tuple[str, int, int]]

    def locate(self, name: str) -> TokenSpan | None:
        """The tokens of the first occurrence of `name`, or None if it does not occur.

        Occurrences that begin and end with tokens take precedence over those between word borders, and these over any
        other; a name that ends inside a token gets that whole token.
        """
        first = self.text.find(name)
        if first < 0:
            return None
        # only positions with the right borders are compared, for a name may occur as often as the text has letters
        ends = {end for _, _, end in self.tokens}
        on_tokens = (at for _, at, _ in self.tokens if at >= first and at + len(name) in ends)
        on_words = (at for at in range(first, len(self.text) - len(name) + 1) if self._is_word(at, at + len(name)))
        found = (at for at in chain(on_tokens, on_words) if self.text.startswith(name, at))
        return self._cover(next(found, first), len(name))

    def _is_word(self, start: int, end: int) -> bool:
        def joined(border: int) -> bool:
            return 0 < border < len(self.text) and self.text[border - 1].isalnum() and self.text[border].isalnum()

        return not joined(start) and not joined(end)

    def _cover(self, start: int, length: int) -> TokenSpan | None:
        inside = [i for i, (_, left, right) in enumerate(self.tokens) if left < start + length and right > start]
        return (inside[0], inside[-1] + 1) if inside else None


def document_from_names(
    text: str, triples: Iterable[NamedTriple], *, identity: str, tokeniser: Tokeniser, anchor: Anchor
) -> Document:
    """A Document of a raw text and triples of names; every name means its first occurrence.

    Raises the triple's DataError for a name that is empty, is not in the text, or has several words although the names
    are last words.
    """
    sentence = TokenisedText(text, tokeniser(text))
    placed = []
    for triple in triples:
        head, tail = _span(sentence, "head", triple, anchor), _span(sentence, "tail", triple, anchor)
        placed.append((head, triple.relation, tail))
    entities, relations = connect(placed)
    return Document(
        id=identity,
        tokens=tuple(word for word, _, _ in sentence.tokens),
        entities=entities,
        relations=relations,
        text=text,
        offsets=tuple((start, end) for _, start, end in sentence.tokens),
    )


def _span(sentence: TokenisedText, role: Literal["head", "tail"], triple: NamedTriple, anchor: Anchor) -> TokenSpan:
    name = triple.head if role == "head" else triple.tail
    if not name.strip():
        raise triple.fail(f"{role} is empty, expected a name of the sentence")
    if anchor == "last" and len(name.split()) > 1:
        shown = f'{role} "{name:.60}" has several words, expected only a last word'
        raise triple.fail(f"{shown}; convert with --anchor whole")
    span = sentence.locate(name.strip())
    if span is None:
        shown = sentence.text if len(sentence.text) <= 60 else sentence.text[:57] + "..."
        raise triple.fail(f'{role} "{name:.60}" is not in the sentence "{shown}"; write it as in the sentence')
    return span
