"""Building a graph from files gives the same graph however it comes about: updated, in another order, or killed on the way."""

import json
import os
import signal
import subprocess
import sys

import pytest

from relknit.cli import main
from relknit.graph import Graph

TEXT = "Ada knows Bob ."
KILLED_AT = """
import os, signal, sys
from relknit.graph import graph_build, graph_update
from relknit.cli import main

def kill(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)

graph_build.SAVE_EVERY = 2
name, count = sys.argv[1], int(sys.argv[2])
whole = getattr(graph_update.GraphUpdate, name)
calls = []

def counted(*given, **named):
    calls.append(1)
    if len(calls) == count:
        kill()
    return whole(*given, **named)

setattr(graph_update.GraphUpdate, name, counted)
sys.exit(main(["graph", "build", *sys.argv[3:]]))
"""


def record(name, head, tail, confidence=0.8, **more):
    """A line of relknit's own JSONL with one fact."""
    entities = [
        {"token_start": 0, "token_end": 1, "type": "person"},
        {"token_start": 2, "token_end": 3, "type": "person"},
    ]
    relations = [{"head": 0, "tail": 1, "type": "knows", "confidence": confidence}]
    return {"id": name, "tokens": [head, "knows", tail, "."], "entities": entities, "relations": relations} | more


RECORDS = [record(f"d{k}", "Ada", f"Bob{k % 4}", 0.5 + k / 100) for k in range(9)]


def write(path, records):
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    return str(path)


def build(*arguments):
    return main(["graph", "build", *map(str, arguments)])


def content(path):
    """All that a graph file says."""
    with Graph(path, read_only=True) as graph:
        facts = graph.facts()
        return graph.entities(), facts, [graph.evidence(fact) for fact in facts], graph.counts()


@pytest.fixture
def expected(tmp_path):
    assert build(write(tmp_path / "all.jsonl", RECORDS), "--out", tmp_path / "expected.db") == 0
    return content(tmp_path / "expected.db")


def test_updating_gives_what_building_anew_gives(tmp_path, expected):
    changed = [record("d0", "Cy", "Dee"), *RECORDS[5:], record("d99", "Eve", "Ada")]
    assert build(write(tmp_path / "in.jsonl", changed), "--out", tmp_path / "graph.db") == 0
    assert content(tmp_path / "graph.db") != expected
    assert build(write(tmp_path / "in.jsonl", RECORDS[::-1]), "--out", tmp_path / "graph.db") == 0
    assert content(tmp_path / "graph.db") == expected


def test_the_report_says_what_changed(tmp_path, expected, capsys):
    source = write(tmp_path / "in.jsonl", [*RECORDS[1:], record("new", "Ada", "Flo"), record("d8", "Ada", "Flo")][:-1])
    capsys.readouterr()
    assert build(source, "--out", tmp_path / "expected.db", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["added"], report["removed"], report["unchanged"], report["updated"]) == (1, 1, 8, 0)


def test_paragraphs_of_a_text_file_are_one_document_with_its_positions(tmp_path):
    first = record("notes.txt:0", "Ada", "Bob", file="notes.txt", file_start=0)
    second = record("notes.txt:40", "Ada", "Cy", file="notes.txt", file_start=40)
    assert build(write(tmp_path / "in.jsonl", [second, first]), "--out", tmp_path / "graph.db") == 0
    with Graph(tmp_path / "graph.db", read_only=True) as graph:
        assert graph.counts()["documents"] == 1
        (place,) = graph.evidence(graph.facts(entity="Cy")[0])
    assert (place.document, place.sentence, place.sentence_start, place.head_start) == (
        "notes.txt",
        "Ada knows Cy.",
        40,
        40,
    )
    assert (place.head_text, place.tail_text) == ("Ada", "Cy")


def test_a_record_that_cannot_be_read_is_named_and_no_document_is_taken_out(tmp_path, expected, capsys):
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": "d0", "tokens": 7, "entities": []}\n' + json.dumps(RECORDS[1]) + "\n")
    assert build(source, "--out", tmp_path / "expected.db") == 2
    assert "in.jsonl:1" in capsys.readouterr().err
    assert content(tmp_path / "expected.db") == expected


@pytest.mark.parametrize(("step", "count"), [("exchange", 1), ("insert", 4), ("derive", 1), ("_combine_facts", 1)])
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
def test_a_killed_build_leaves_the_graph_as_it_was_and_goes_on(tmp_path, expected, step, count):
    graph, half = tmp_path / "graph.db", RECORDS[:3]
    assert build(write(tmp_path / "half.jsonl", half), "--out", graph) == 0
    before = content(graph)
    arguments = [str(tmp_path / "all.jsonl"), "--out", str(graph)]
    ended = subprocess.run([sys.executable, "-c", KILLED_AT, step, str(count), *arguments], env=os.environ, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert content(graph) == before
    assert build(*arguments) == 0
    assert content(graph) == expected


@pytest.mark.parametrize("damage", [b"", b"not a database at all, but long enough to look at", None])
def test_a_file_that_is_no_graph_is_refused_in_one_line(tmp_path, damage, capsys):
    path = tmp_path / "graph.db"
    if damage is not None:
        path.write_bytes(damage)
    assert main(["graph", "show", "Ada", "--graph", str(path)]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "graph.db" in message


def test_damaged_graphs_end_in_one_line(tmp_path, expected, capsys):
    whole = (tmp_path / "expected.db").read_bytes()
    for place in range(100, len(whole), len(whole) // 40):
        damaged = bytearray(whole)
        damaged[place : place + 400] = b"\xfe" * 400
        (tmp_path / "damaged.db").write_bytes(damaged)
        capsys.readouterr()
        status = main(["graph", "show", "Ada", "--graph", str(tmp_path / "damaged.db"), "--evidence", "--json"])
        assert status in (0, 2)
        assert capsys.readouterr().err.count("\n") == (status == 2)


@pytest.mark.parametrize("sql", ["DELETE FROM facts", "ATTACH 'x.db' AS x", "PRAGMA query_only = OFF", "nonsense", ""])
def test_a_query_that_is_not_a_select_is_refused(tmp_path, expected, sql, capsys):
    assert main(["graph", "query", sql, "--graph", str(tmp_path / "expected.db")]) == 2
    assert capsys.readouterr().err.startswith("error: the query")
    assert content(tmp_path / "expected.db") == expected


def test_show_and_query_print_json(tmp_path, expected, capsys):
    graph = ["--graph", str(tmp_path / "expected.db"), "--json"]
    capsys.readouterr()
    assert main(["graph", "show", "ada", "--evidence", *graph]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["name"], len(shown["facts"]), shown["documents"]) == ("Ada", 4, 9)
    assert {place["document"] for place in shown["facts"][0]["evidence_list"]} == {"d0", "d4", "d8"}
    assert main(["graph", "query", "SELECT count(*) AS n FROM facts", *graph]) == 0
    assert json.loads(capsys.readouterr().out) == {"n": 4}
