"""Several documents as one, so that a model learns to read paragraphs from sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from relknit.document import Document
from relknit.text.align import join_tokens


def join(documents: Sequence[Document], *, separators: Sequence[str] | None = None) -> Document:
    """The documents end to end; relations hold within each of them only.

    At least one document, all of one scope. The id is that of the first. Part-of-speech tags and anchors are kept where all
    have them.
    separators: the text between each two of them; None is a space each.
    """
    if len(documents) == 1:
        return documents[0]
    placed = [_placed(document) for document in documents]
    texts = [text for text, _ in placed]
    between = [*(" " * (len(texts) - 1) if separators is None else separators), ""]
    begins = [0, *accumulate(len(text) + len(space) for text, space in zip(texts, between, strict=True))]
    tokens = [0, *accumulate(map(len, documents))]
    first_entities = [0, *accumulate(len(document.entities) for document in documents)]
    numbered = list(zip(documents, tokens, first_entities, strict=False))
    return Document(
        id=documents[0].id,
        tokens=tuple(token for document in documents for token in document.tokens),
        entities=tuple(
            replace(entity, token_start=entity.token_start + token, token_end=entity.token_end + token)
            for document, token, _ in numbered
            for entity in document.entities
        ),
        relations=tuple(
            replace(relation, head=relation.head + number, tail=relation.tail + number)
            for document, _, number in numbered
            for relation in document.relations
        ),
        unknown=tuple(
            replace(relation, head=relation.head + number, tail=relation.tail + number)
            for document, _, number in numbered
            for relation in document.unknown
        ),
        text="".join(text + space for text, space in zip(texts, between, strict=True)),
        offsets=tuple(
            (start + begin, end + begin)
            for begin, (_, offsets) in zip(begins, placed, strict=False)
            for start, end in offsets
        ),
        pos=None if any(d.pos is None for d in documents) else tuple(tag for d in documents for tag in d.pos or ()),
        anchors=None
        if any(document.anchors is None for document in documents)
        else tuple(
            replace(anchor, head=anchor.head + token, tail=anchor.tail + token)
            for document, token, _ in numbered
            for anchor in document.anchors or ()
        ),
        scope=documents[0].scope,
    )


def joined_in(size: int, documents: Sequence[Document]) -> Iterator[Document]:
    """The documents joined in groups of `size`, far apart in their order so that they are unrelated; a group may have fewer.

    Files often have sentences about one subject side by side, which state the same facts.
    """
    groups = -(-len(documents) // size)
    for first in range(groups):
        yield join(documents[first::groups])


def _placed(document: Document) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text and the place of each token in it; of tokens joined by spaces where a token has no offset."""
    offsets = tuple(place for place in document.offsets or () if place is not None)
    if document.text is None or len(offsets) < len(document):
        return join_tokens(document.tokens)
    return document.text, offsets
