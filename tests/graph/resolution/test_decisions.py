"""The decisions file is edited by people, and survives it."""

import pytest

from relknit.errors import DataError
from relknit.graph.entity_resolution import MergeProposal
from relknit.graph.resolution import read_decisions, write_decisions

PROPOSAL = MergeProposal(("Maria Veld", "PER"), ("Veld", "PER"), "surname of Maria Veld")


def test_comments_and_answers_survive_new_proposals(tmp_path):
    path = tmp_path / "graph.decisions.tsv"
    path.write_text("# seen in the archive\nyes\tAcme\tORG\tAcme Foods\tORG\t# one firm\n", encoding="utf-8")
    write_decisions(read_decisions(path).with_proposals([PROPOSAL]), path)
    first = path.read_bytes()
    write_decisions(read_decisions(path).with_proposals([PROPOSAL]), path)
    assert path.read_bytes() == first
    assert b"# seen in the archive\nyes\tAcme\tORG\tAcme Foods\tORG\t# one firm\n?\tMaria Veld" in first


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (["maybe\ta\tPER\tb\tPER"], ":1:"),
        (["", "yes\ta\tPER"], ":2:"),
        (["<<<<<<< ours"], ":1:"),
        (["yes\ta\tPER\tb\tPER", "no\tb\tPER\ta\tPER"], "'a'"),
        (["yes\ta\t\tb\t", "yes\tb\t\tc\t", "no\ta\t\tc\t"], "'c'"),
    ],
)
def test_lines_that_are_no_decisions_or_contradict_are_named(tmp_path, lines, where):
    path = tmp_path / "d.tsv"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_decisions(path)
    assert where in str(error.value)
