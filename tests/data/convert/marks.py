"""Marked texts of any shape, for round trips through other formats."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from relknit.data.convert.marked_text import MarkedSpan, MarkedText
from relknit.document import Relation
from relknit.document.clean import INVISIBLE

WORDS = "Ada Lovelace U.S. pro-Russian don't Zoë e\u0301 😀 中文 x . , ( 1,533 '"
SPACES = ["\n", "\r\n", "\n\n", " ", "  ", "\t", "\u00a0", "\u2028", "\x85", "\x1c", "\ufeff", "T1\tPerson 0 3\tAda"]
PIECES = st.sampled_from(WORDS.split() + SPACES)
TEXTS = st.one_of(
    st.lists(PIECES, max_size=14).map("".join),
    st.lists(PIECES, max_size=14).map(" ".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
)
TYPES = st.sampled_from(["Person", "/location/place", "é-1", "a:b", "[b]"])
BORDER = re.compile(rf"[^\s{INVISIBLE}]")
CONFIDENCE = st.none() | st.floats(0, 1)


@st.composite
def marked_texts(draw, texts=TEXTS):
    """A text, up to five entities that begin and end anywhere but at space and invisible characters, and up to four relations."""
    text = draw(texts)
    solid = [place for place, character in enumerate(text) if BORDER.fullmatch(character)]
    mentions = []
    for _ in range(draw(st.integers(0, 5)) if solid else 0):
        first, last = sorted((draw(st.sampled_from(solid)), draw(st.sampled_from(solid))))
        mentions.append(MarkedSpan(first, last + 1, draw(st.none() | TYPES), draw(CONFIDENCE)))
    relations = []
    for _ in range(draw(st.integers(0, 4)) if mentions else 0):
        head, tail = (draw(st.integers(0, len(mentions) - 1)) for _ in "ht")
        relations.append(Relation(head, tail, draw(TYPES), draw(CONFIDENCE)))
    return MarkedText(text, tuple(mentions), tuple(relations))


def plain(marked):
    """What every format keeps: text, spans with types, relations."""
    return marked.text, [m[:3] for m in marked.spans], [(r.head, r.tail, r.type) for r in marked.relations]
