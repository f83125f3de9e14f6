"""What relknit stores in a spaCy Doc: `doc._.relknit`, exact by characters, and entities in doc.ents where it is free.

spaCy is imported only inside functions, so this module can be imported without it.
"""

from __future__ import annotations

from typing import Any, Final

from relknit.data.convert.marked_text import MarkedSpan, MarkedText
from relknit.document import Document

EXTENSION: Final = "relknit"
UNTYPED_LABEL: Final = "ENTITY"
"""Label in doc.ents of an entity without a type, because spaCy's entities must have a label."""


def data_key(extension: str) -> tuple[str, str, None, None]:
    """Where spaCy keeps the value of `doc._.<extension>` in `doc.user_data`."""
    return ("._.", extension, None, None)


def leave_marks(doc: Any, marked: MarkedText, *, untyped_label: str = UNTYPED_LABEL) -> None:
    """Store everything in `doc._.relknit`, and in doc.ents the tagged entities that overlap none of those there.

    Existing entities and blocked tokens stay; of two new entities that overlap, the longer one is stored.
    """
    doc.user_data[data_key(EXTENSION)] = marked.to_plain()
    taken = {token.i for token in doc if token.ent_iob_ in ("B", "I")}
    new = []
    longest_first = sorted((m for m in marked.spans if m.tagged), key=lambda m: (m.start - m.end, m.start))
    for span in longest_first:
        entity = token_span(doc, span, untyped_label=untyped_label)
        if taken.isdisjoint(range(entity.start, entity.end)):
            taken.update(range(entity.start, entity.end))
            new.append(entity)
    doc.set_ents(new, default="unmodified")


def token_span(doc: Any, span: MarkedSpan, *, untyped_label: str = UNTYPED_LABEL) -> Any:
    """The spaCy Span of all tokens that share a character with the span."""
    label = span.type or untyped_label
    return doc.char_span(span.start, span.end, label=label, alignment_mode="expand")


def words_and_spaces(text: str, document: Document) -> tuple[list[str], list[bool]]:
    """Words, and whether a space follows each, that reproduce the text: other white space is a word, as in spaCy."""
    words: list[str] = []
    spaces: list[bool] = []
    position = 0
    for start, end in [*(o for o in document.offsets or () if o is not None), (len(text), len(text))]:
        gap = text[position:start]
        if words and gap.startswith(" "):
            spaces[-1], gap = True, gap[1:]
        for word in (gap, text[start:end]):
            if word:
                words.append(word)
                spaces.append(False)
        position = end
    return words, spaces
