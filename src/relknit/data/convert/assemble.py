"""From token spans and names to the entities and relations of one Document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from relknit.document import Document, Entity, Relation
from relknit.errors import DataError

Anchor = Literal["whole", "last"]
TokenSpan = tuple[int, int]
Tokeniser = Callable[[str], Sequence[tuple[str, int, int]]]


def split_at_spaces(text: str) -> list[tuple[str, int, int]]:
    """The tokeniser for texts that are tokenised already, as those of the benchmarks are: (word, start, end)."""
    return [(match.group(), match.start(), match.end()) for match in re.finditer(r"\S+", text)]


class Fact(NamedTuple):
    """A triple of names as a file states it, with the maker of errors that name its place."""

    head: str
    relation: str
    tail: str
    fail: Callable[[str], DataError]


def connect(
    facts: Iterable[tuple[TokenSpan, str, TokenSpan]], spans: Iterable[TokenSpan] = ()
) -> tuple[tuple[Entity, ...], tuple[Relation, ...]]:
    """Untyped entities for all the spans, in reading order, and the relations between them; repeats are kept once."""
    facts = list(dict.fromkeys(facts))
    places = sorted({*spans, *(end for head, _, tail in facts for end in (head, tail))})
    index = {place: k for k, place in enumerate(places)}
    entities = tuple(Entity(start, end) for start, end in places)
    return entities, tuple(Relation(index[head], index[tail], relation) for head, relation, tail in facts)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A raw text with its tokens as (word, start, end), `end` exclusive, in code points."""

    text: str
    tokens: Sequence[tuple[str, int, int]]

    def locate(self, name: str) -> TokenSpan | None:
        """The tokens of the first occurrence of `name`, or None where the text does not hold it.

        Occurrences that begin and end with tokens win over those between word borders, and these over any other; a name
        that cuts through a token is given that whole token.
        """
        found = [match.start() for match in re.finditer(f"(?={re.escape(name)})", self.text)]
        if not found:
            return None
        starts, ends = {t[1] for t in self.tokens}, {t[2] for t in self.tokens}
        on_tokens = (at for at in found if at in starts and at + len(name) in ends)
        on_words = (at for at in found if self._stands_alone(at, at + len(name)))
        return self._cover(next(on_tokens, next(on_words, found[0])), len(name))

    def _stands_alone(self, start: int, end: int) -> bool:
        def joined(border: int) -> bool:
            return 0 < border < len(self.text) and self.text[border - 1].isalnum() and self.text[border].isalnum()

        return not joined(start) and not joined(end)

    def _cover(self, start: int, length: int) -> TokenSpan | None:
        inside = [i for i, (_, left, right) in enumerate(self.tokens) if left < start + length and right > start]
        return (inside[0], inside[-1] + 1) if inside else None


def document_from_names(
    text: str, facts: Iterable[Fact], *, identity: str, tokeniser: Tokeniser, anchor: Anchor
) -> Document:
    """A Document of a raw text and triples of names; every name stands for its first occurrence.

    Raises the fact's DataError for a name that is empty, is not in the text, or has several words though the names are
    said to be last words.
    """
    sentence = Sentence(text, tokeniser(text))
    placed = [
        (_place(sentence, f.head, "head", f, anchor), f.relation, _place(sentence, f.tail, "tail", f, anchor))
        for f in facts
    ]
    entities, relations = connect(placed)
    return Document(
        id=identity,
        tokens=tuple(word for word, _, _ in sentence.tokens),
        entities=entities,
        relations=relations,
        text=text,
        offsets=tuple((start, end) for _, start, end in sentence.tokens),
    )


def _place(sentence: Sentence, name: str, role: str, fact: Fact, anchor: Anchor) -> TokenSpan:
    if not name.strip():
        raise fact.fail(f"{role} is empty, expected a name of the sentence")
    if anchor == "last" and len(name.split()) > 1:
        raise fact.fail(
            f'{role} "{name:.60}" has several words, expected a last word alone; convert with --anchor whole'
        )
    span = sentence.locate(name.strip())
    if span is None:
        shown = sentence.text if len(sentence.text) <= 60 else sentence.text[:57] + "..."
        raise fact.fail(f'{role} "{name:.60}" is not in the sentence "{shown}"; write it as the sentence does')
    return span
