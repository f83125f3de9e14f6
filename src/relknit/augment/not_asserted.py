"""Sentences that name a fact without asserting it, and look-alikes that assert it, rewritten from training sentences.

`families.toml` lists the constructions. A frame stands around the whole sentence ("It is not true that ..."); an
auxiliary change puts a word beside an auxiliary verb between head and tail ("was" -> "was not"). The rewritten sentence
keeps its entities; the relations that it no longer asserts are dropped, so that their pairs are negative examples.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from relknit.augment.join import join
from relknit.data.whole_names import replace_spans
from relknit.document import Document, Entity
from relknit.text.read import read_text
from relknit.text.windows import sentence_ranges

_AUXILIARIES: Final = ("is", "was", "are", "were", "has", "had")
_FINAL: Final = (".", "!", "?")
_CLOSING: Final = (*_FINAL, ",")
_OPENERS: Final = frozenset(
    ("The", "A", "An", "In", "On", "At", "As", "It", "Its", "He", "She", "They", "His", "Her", "Their", "This", "That")
)
"""Words that lose their capital letter inside a sentence; another first word may be a name."""


def counter_example(document: Document, rng: random.Random) -> Document:
    """The document rewritten by a family drawn at random, without the relations that it no longer asserts.

    The document itself where it has no relation or more than one sentence.
    """
    if not document.relations or len(sentence_ranges(document)) > 1:
        return document
    family = rng.choice(_families()["family"])
    changes = family.get("auxiliary", ())
    if changes and rng.random() < 0.5:
        found = _with_auxiliary(document, rng.choice(changes))
        if found is not None:
            return found
    return replace(_framed(document, *rng.choice(family["frames"])), relations=(), anchors=None)


def look_alike(document: Document, rng: random.Random) -> Document:
    """The document framed by words like those of unasserted sentences, with its relations.

    The document itself where it has more than one sentence.
    """
    if len(sentence_ranges(document)) > 1:
        return document
    return _framed(document, *rng.choice(rng.choice(_families()["look_alike"])["frames"]))


def vocabulary_document() -> Document:
    """All words of the families as one document, for the vocabulary of a model that will see them."""
    frames = [frame for kind in _families().values() for family in kind for frame in family["frames"]]
    changes = [change.format("was") for family in _families()["family"] for change in family.get("auxiliary", ())]
    return read_text(" ".join([*(f"{before} x {after}" for before, after in frames), *changes]), identity="families")


@lru_cache(maxsize=1)
def _families() -> Mapping[str, Any]:
    return tomllib.loads((files("relknit.augment") / "families.toml").read_text(encoding="utf-8"))


def _framed(document: Document, before: str, after: str) -> Document:
    """Words before and after the document, whose own final mark is dropped and whose first word loses its capital."""
    last = len(document)
    while last > 1 and document.tokens[last - 1] in _FINAL and not _in_entity(document, last - 1):
        last -= 1
    inner = _shortened(document, last)
    if before and inner.tokens[0] in _OPENERS and not _in_entity(inner, 0):
        inner = _with_first(inner, inner.tokens[0][:1].lower() + inner.tokens[0][1:])
    parts = [*([read_text(before)] if before else []), inner, read_text(after)]
    separators = ["" if part.tokens[0] in _CLOSING else " " for part in parts[1:]]
    return replace(join(parts, separators=separators), id=document.id)


def _shortened(document: Document, last: int) -> Document:
    """The first `last` tokens, which hold all entities."""
    if last == len(document):
        return document
    places = document.offsets[:last] if document.offsets is not None else None
    text = document.text
    if text is not None:
        text = text[: places[-1][1]] if places is not None and places[-1] is not None else None
    return replace(
        document,
        tokens=document.tokens[:last],
        text=text,
        offsets=places if text is not None else None,
        pos=document.pos and document.pos[:last],
    )


def _with_first(document: Document, word: str) -> Document:
    text, places = document.text, document.offsets
    if text is not None and places is not None and places[0] is not None:
        start, end = places[0]
        text = text[:start] + word + text[end:] if end - start == len(word) else text
    return replace(document, tokens=(word, *document.tokens[1:]), text=text)


def _with_auxiliary(document: Document, change: str) -> Document | None:
    """The document with `change` of an auxiliary verb, without the relations whose head and tail are on its two sides.

    None where no auxiliary verb is between the ends of a relation.
    """
    ends = [sorted((document.entities[r.head], document.entities[r.tail]), key=_start) for r in document.relations]
    for k, token in enumerate(document.tokens):
        negated = [first.token_end <= k < second.token_start for first, second in ends]
        if token in _AUXILIARIES and any(negated) and not _in_entity(document, k):
            kept = tuple(r for r, each in zip(document.relations, negated, strict=True) if not each)
            return replace_spans(replace(document, relations=kept, anchors=None), {(k, k + 1): change.format(token)})
    return None


def _start(entity: Entity) -> int:
    return entity.token_start


def _in_entity(document: Document, token: int) -> bool:
    return any(entity.token_start <= token < entity.token_end for entity in document.entities)
