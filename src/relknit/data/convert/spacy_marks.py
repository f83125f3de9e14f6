"""What relknit leaves in a spaCy Doc: `doc._.relknit`, plain and exact by characters, and doc.ents where they are free.

spaCy is imported only inside, so this module can be read without it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any, Final

from relknit.data.convert.marked import MarkedText, Mention
from relknit.errors import MissingExtraError

OWN: Final = "relknit"
UNTYPED_LABEL: Final = "ENTITY"
"""Label in doc.ents of an entity that has no type, for spaCy's entities must have one."""


def spacy_module(name: str = "spacy") -> Any:
    """A module of spaCy, which the extra `spacy` brings; raises MissingExtraError."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(f"{name} cannot be imported ({error}): pip install 'relknit[spacy]'") from None


def data_key(extension: str) -> tuple[str, str, None, None]:
    """Where spaCy keeps the value of `doc._.<extension>` in `doc.user_data`."""
    return ("._.", extension, None, None)


def leave_marks(doc: Any, marked: MarkedText, *, untyped_label: str = UNTYPED_LABEL) -> None:
    """Put everything into `doc._.relknit`, and into doc.ents the tagged entities that touch none of those there.

    What spaCy holds already stays, blocked tokens too; of two new entities in one place the longer one enters.
    """
    doc.user_data[data_key(OWN)] = marked.to_plain()
    taken = {token.i for token in doc if token.ent_iob_ in ("B", "I")}
    new = []
    for mention in _longest_first(m for m in marked.mentions if m.tagged):
        span = token_span(doc, mention, untyped_label=untyped_label)
        if taken.isdisjoint(range(span.start, span.end)):
            taken.update(range(span.start, span.end))
            new.append(span)
    doc.set_ents(new, default="unmodified")


def token_span(doc: Any, mention: Mention, *, untyped_label: str = UNTYPED_LABEL) -> Any:
    """The Span of all the tokens that the mention has a character of."""
    label = mention.type or untyped_label
    return doc.char_span(mention.start, mention.end, label=label, alignment_mode="expand")


def _longest_first(mentions: Iterable[Mention]) -> list[Mention]:
    return sorted(mentions, key=lambda m: (m.start - m.end, m.start))
