from __future__ import annotations

import random

from relknit.augment.letter_case import vary_case
from relknit.document import Document, Entity
from relknit.text.read import read_text


def variants(document: Document) -> set[str]:
    return {str(vary_case(document, random.Random(seed)).text) for seed in range(30)}


def test_a_text_comes_in_lower_case_in_capitals_and_with_every_word_capitalised():
    assert variants(read_text("The iPhone of McAdam's.")) == {
        "the iphone of mcadam's.",
        "THE IPHONE OF MCADAM'S.",
        "The IPhone Of McAdam's.",
    }


def test_a_letter_that_would_become_two_keeps_its_token_and_every_offset():
    read = read_text("Die Straße nach Gießen, 1904")
    document = Document("1", read.tokens, (Entity(1, 2),), text=read.text, offsets=read.offsets)
    for seed in range(20):
        new = vary_case(document, random.Random(seed))
        assert new.offsets == document.offsets
        assert new.text is not None
        assert [new.text[a:b] for a, b in (o for o in new.offsets or () if o)] == list(new.tokens)
        assert new.tokens[1].casefold() == "straße".casefold()


def test_tokens_without_a_text_change_alone():
    assert vary_case(Document("1", ("ab", "C")), random.Random(1)).text is None
