from relknit.cli import terminal
from relknit.cli.show import show_document
from relknit.document import AnchorTriple, Document, Entity, Relation
from relknit.document.jsonl import to_record
from relknit.document.rounding import confidence_text, rounded_confidence

THIRD = 1 / 3
FOUND = Document(
    "1",
    ("Ada", "met", "Bo"),
    (Entity(0, 1, None, THIRD), Entity(2, 3, None, THIRD)),
    (Relation(0, 1, "met", THIRD),),
    anchors=(AnchorTriple(0, "met", 2, THIRD), AnchorTriple(2, "met", 0)),
)


def test_every_confidence_is_printed_with_four_digits(capsys):
    record = to_record(FOUND)
    assert [item["confidence"] for item in (*record["entities"], *record["relations"])] == [0.3333] * 3
    assert [anchor[3] for anchor in record["anchors"]] == [0.3333, None]
    assert FOUND.to_dict()["triples"][0]["confidence"] == 0.3333
    show_document(terminal.console(), FOUND)
    assert " 0.3333\n" in capsys.readouterr().out


def test_the_objects_keep_all_digits():
    assert FOUND.triples[0].confidence == THIRD


def test_certainty_and_the_unknown_stay_what_they_are():
    assert [rounded_confidence(p) for p in (0.0, 0.99995, 1.0, None)] == [0.0, 1.0, 1.0, None]
    assert [confidence_text(p) for p in (0.0, 0.5, 1.0)] == ["0.0000", "0.5000", "1.0000"]
