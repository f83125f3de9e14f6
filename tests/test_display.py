import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relknit.cli import terminal
from relknit.cli.show import show_document
from relknit.display import amount, confidence_text, nested_spans, percent, rounded_confidence, signed
from relknit.document import AnchorTriple, Document, Entity, Relation
from relknit.document.jsonl import to_record

THIRD = 1 / 3
FOUND = Document(
    "1",
    ("Ada", "met", "Bo"),
    (Entity(0, 1, None, THIRD), Entity(2, 3, None, THIRD)),
    (Relation(0, 1, "met", THIRD),),
    anchors=(AnchorTriple(0, "met", 2, THIRD), AnchorTriple(2, "met", 0)),
)


def brackets(text, *spans):
    """The text with spans as [number: words]."""
    shown = ""
    for piece, closing, opening in nested_spans(text, spans):
        shown += piece + "]" * len(closing) + "".join(f"[{k}: " for k in opening)
    return shown


@pytest.mark.parametrize(("count", "shown"), [(0, "0 triples"), (1, "1 triple"), (1200, "1,200 triples")])
def test_amounts_are_one_or_many(count, shown):
    assert amount(count, "triple") == shown


def test_ratios_are_written_in_percent_and_differences_with_a_sign():
    assert percent(0.8236) == "82.4"
    assert [signed(ratio) for ratio in (0.014, -0.029, 0.0)] == ["+1.4", "−2.9", "+0.0"]


@pytest.mark.parametrize(
    ("spans", "shown"),
    [
        ((), "abcdef"),
        (((0, 2), (4, 5)), "[0: ab]cd[1: e]f"),
        (((1, 2), (0, 4)), "[1: a[0: b]cd]ef"),
        (((0, 2), (0, 4)), "[1: [0: ab]cd]ef"),
        (((0, 3), (1, 5)), "[0: a[1: bc]][1: de]f"),
        (((0, 2), (2, 4)), "[0: ab][1: cd]ef"),
    ],
)
def test_spans_are_nested_and_a_crossing_one_is_in_two_parts(spans, shown):
    assert brackets("abcdef", *spans) == shown


SPANS = st.tuples(st.integers(0, 7), st.integers(1, 8)).map(lambda pair: (pair[0], min(sum(pair), 8)))


@settings(deadline=None)
@given(st.lists(SPANS, max_size=7))
def test_no_character_is_lost_and_every_span_holds_its_own(spans):
    text, opened, found = "abcdefgh", [], dict.fromkeys(range(len(spans)), "")
    whole = ""
    for piece, closing, opening in nested_spans(text, spans):
        whole += piece
        for k in opened:
            found[k] += piece
        assert opened[len(opened) - len(closing) :][::-1] == closing
        opened = opened[: len(opened) - len(closing)] + opening
    assert whole == text
    assert opened == []
    assert found == {k: text[slice(*span)] for k, span in enumerate(spans)}
    assert re.sub(r"\[\d: |\]", "", brackets(text, *spans)) == text


def test_every_confidence_is_written_with_four_digits(capsys):
    record = to_record(FOUND)
    assert [item["confidence"] for item in (*record["entities"], *record["relations"])] == [0.3333] * 3
    assert [anchor[3] for anchor in record["anchors"]] == [0.3333, None]
    assert FOUND.to_dict()["triples"][0]["confidence"] == 0.3333
    show_document(terminal.console(), FOUND)
    assert " 0.3333\n" in capsys.readouterr().out
    page = FOUND.to_html()
    assert "confidence 0.3333" in page
    assert "</meter>0.3333<" in page


def test_the_objects_keep_all_digits_of_a_confidence():
    assert FOUND.triples[0].confidence == THIRD


def test_certainty_and_the_unknown_stay_what_they_are():
    assert [rounded_confidence(p) for p in (0.0, 0.99995, 1.0, None)] == [0.0, 1.0, 1.0, None]
    assert [confidence_text(p) for p in (0.0, 0.5, 1.0)] == ["0.0000", "0.5000", "1.0000"]
