"""Replace whole entities by whole names of another length, drawn from the names of corpus/everyday.

`relknit.data.rename` keeps the number and the shape of tokens, so a model that has seen its names has not seen names of
another kind. Here "Wheeler , Texas" may become "Port Seldon" and "NASA" "Zeidner Optik": tokens move, and the spans of
entities, the relations, the text and its offsets follow.

An entity is replaced if it begins with a capital letter and has no digit; equal names get the same new name. A document
with entities that overlap, or with a name that also occurs outside of its entities, is left as it is. The "train" and
"evaluation" lists come from the train and the test split of the corpus, whose names are disjoint.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType
from typing import Final, cast

from relknit.data.rename import NameList, Renamer
from relknit.document import Document
from relknit.text.align import join_tokens
from relknit.text.tokenise import Token, tokenise

KINDS: Final = ("person", "location", "organisation", "work", "event", "product")
_PREFIXES: Final = MappingProxyType({
    "per": "person", "peop": "person", "loc": "location", "gpe": "location", "place": "location", "city": "location",
    "country": "location", "org": "organisation", "comp": "organisation", "work": "work", "event": "event", "prod": "product",
})  # fmt: skip
_TRIES: Final = 20
WHOLE: Final = 0.5
"""Fraction of the renamed training documents whose names are replaced whole."""


def rename_for_training(document: Document, seed: int, *, kept: frozenset[str] = frozenset()) -> Document:
    """The document with new names: half of the documents, drawn by seed and id, by whole names where that can be done.

    kept: words, in lower case, that names keep (see `shared_words`); no name of a document with one of them is replaced whole.
    The others, and documents that `replace_names` leaves as they are, by `Renamer`, which keeps the shape of tokens.
    """
    rng = random.Random(f"{seed}|{document.id}|whole")
    words = (word for entity in document.entities for word in document.tokens[entity.token_start : entity.token_end])
    can_be_whole = not any(word.lower() in kept for word in words)
    whole = replace_names(document, rng) if rng.random() < WHOLE and can_be_whole else document
    return Renamer(seed, names="train", kept=kept).rename(document) if whole is document else whole


def replace_names(document: Document, rng: random.Random, *, names: NameList = "train") -> Document:
    """A copy with a new whole name for every entity that is a name; the document itself where that cannot be done."""
    spans = [(entity.token_start, entity.token_end) for entity in document.entities]
    ordered = sorted(set(spans))
    if any(second[0] < first[1] for first, second in pairwise(ordered)):
        return document
    found = {span: document.tokens[slice(*span)] for span in ordered if _is_name(document.tokens[slice(*span)])}
    annotated = Counter(found.values())
    if any(_count(document.tokens, name) > annotated[name] for name in annotated):
        return document
    taken = set(document.tokens)
    new: dict[tuple[str, ...], str] = {}
    for entity, span in zip(document.entities, spans, strict=True):
        if span in found and found[span] not in new:
            drawn = (_draw(rng, _kind(entity.type), names) for _ in range(_TRIES))
            new[found[span]] = next((each for each in drawn if not taken & set(each.split())), "")
            taken |= set(new[found[span]].split())
    return replace_spans(document, {span: new[name] for span, name in found.items() if new[name]})


def replace_spans(document: Document, words: Mapping[tuple[int, int], str]) -> Document:
    """A copy with other words in place of spans of tokens (start, end); entities, anchors, text and offsets follow.

    Spans must not overlap each other or the border of an entity. The new tokens have the part of speech of the last one
    that they replace, and an anchor in a replaced span moves to its last new token. `text` and `offsets` are left out
    unless every token has an offset.
    """
    text, offsets = document.text, document.offsets
    if text is None or offsets is None or None in offsets:
        text, offsets = join_tokens(document.tokens)
    starts: dict[int, int] = {}
    lasts: dict[int, int] = {}
    tokens: list[str] = []
    moved: list[tuple[int, int]] = []
    pos: list[str] = []
    rewritten, cursor = "", 0
    edits = {start: (end, new) for (start, end), new in words.items()}
    k = 0
    while k < len(document):
        end, new = edits.get(k, (k + 1, None))
        first, last = cast("tuple[int, int]", offsets[k])[0], cast("tuple[int, int]", offsets[end - 1])[1]
        rewritten += text[cursor:first]
        fresh = [Token(document.tokens[k], 0, last - first)] if new is None else tokenise(new)
        starts |= dict.fromkeys(range(k, end), len(tokens))
        tokens += [token.text for token in fresh]
        moved += [(len(rewritten) + token.start, len(rewritten) + token.end) for token in fresh]
        pos += [document.pos[end - 1]] * len(fresh) if document.pos is not None else []
        lasts |= dict.fromkeys(range(k, end), len(tokens) - 1)
        rewritten += text[first:last] if new is None else new
        cursor, k = last, end
    kept = document.text is not None and text is document.text
    return replace(
        document,
        tokens=tuple(tokens),
        entities=tuple(
            replace(e, token_start=starts[e.token_start], token_end=lasts[e.token_end - 1] + 1)
            for e in document.entities
        ),
        anchors=document.anchors
        and tuple(replace(a, head=lasts[a.head], tail=lasts[a.tail]) for a in document.anchors),
        pos=tuple(pos) if document.pos is not None else None,
        text=rewritten + text[cursor:] if kept else None,
        offsets=tuple(moved) if kept else None,
    )


def _is_name(tokens: Sequence[str]) -> bool:
    return tokens[0][:1].isupper() and not any(c.isdigit() for token in tokens for c in token)


def _count(tokens: Sequence[str], name: Sequence[str]) -> int:
    """How often the name occurs in the tokens."""
    return sum(tuple(tokens[k : k + len(name)]) == tuple(name) for k in range(len(tokens) - len(name) + 1))


def _kind(entity_type: str | None) -> str | None:
    """The kind of name for an entity type; None for a type that says nothing of it."""
    lower = (entity_type or "").lower()
    return next((kind for prefix, kind in _PREFIXES.items() if lower.startswith(prefix)), None)


def _draw(rng: random.Random, kind: str | None, names: NameList) -> str:
    """A name of the kind; for None of any kind, each kind as likely."""
    return rng.choice(_lists(names)[kind or rng.choice(KINDS)])


@lru_cache(maxsize=2)
def _lists(names: NameList) -> Mapping[str, tuple[str, ...]]:
    content = (files("relknit") / "shipped" / "names" / f"{names}_whole.txt").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in content.splitlines() if line and not line.startswith("#")]
    return MappingProxyType({kind: tuple(name for each, name in lines if each == kind) for kind in KINDS})
