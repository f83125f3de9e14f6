from __future__ import annotations

import contextlib
import gzip
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.document import AnchorTriple, Document, Entity, Relation
from relknit.document.jsonl import decode_line, parse_document, parse_line, read_lines, to_record, write_jsonl
from relknit.errors import DataError

RECORD = {
    "id": "7",
    "tokens": ["Ada", "lived", "in", "London"],
    "pos": ["NNP", "VBD", "IN", "NNP"],
    "entities": [
        {"token_start": 0, "token_end": 1, "type": "Person", "confidence": 0.5},
        {"token_start": 3, "token_end": 4, "type": None},
    ],
    "relations": [{"head": 0, "tail": 1, "type": "residence", "confidence": 0.25}],
    "anchors": [[0, "residence", 3, 0.25]],
    "text": "Ada lived in London",
    "offsets": [[0, 3], [4, 9], [10, 12], [13, 19]],
}
LINE = json.dumps(RECORD)


def changed(**values):
    return {key: value for key, value in (RECORD | values).items() if value is not ...}


def test_a_full_record_becomes_a_document():
    assert parse_line(LINE) == Document(
        id="7",
        tokens=("Ada", "lived", "in", "London"),
        entities=(Entity(0, 1, "Person", 0.5), Entity(3, 4)),
        relations=(Relation(0, 1, "residence", 0.25),),
        text="Ada lived in London",
        offsets=((0, 3), (4, 9), (10, 12), (13, 19)),
        pos=("NNP", "VBD", "IN", "NNP"),
        anchors=(AnchorTriple(0, "residence", 3, 0.25),),
    )


def test_only_tokens_are_needed_and_the_line_number_replaces_the_id():
    assert parse_line('{"tokens": ["Hi"]}', number=12) == Document("12", ("Hi",))


def test_a_number_is_taken_as_id_and_unknown_keys_are_ignored():
    assert parse_document({"id": 3, "tokens": [], "source": "x"}) == Document("3", ())


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ([1], "expected a JSON object"),
        (changed(tokens=...), 'no "tokens"'),
        (changed(tokens="Ada lived"), "tokens is 'Ada lived', expected a list"),
        (changed(tokens=["Ada", ""]), "token 1 is '', expected a non-empty string"),
        (changed(id=["a"]), "id is ['a'], expected a string"),
        (changed(id=True), "id is True, expected a string"),
        (changed(text=3), "text is 3"),
        (changed(entities={}), "entities is {}, expected a list"),
        (changed(entities=[[0, 1]]), "entity 0 is [0, 1]"),
        (changed(entities=[{"token_start": 0}]), 'entity 0 has no "token_end"'),
        (changed(entities=[{"token_start": 0, "token_end": True}]), "token_end True, expected a whole number"),
        (
            changed(entities=[{"token_start": 1, "token_end": 1}]),
            "entity 0 spans tokens [1, 1), but the line has 4 tokens",
        ),
        (
            changed(entities=[{"token_start": 0, "token_end": 5}]),
            "entity 0 spans tokens [0, 5), but the line has 4 tokens",
        ),
        (changed(entities=[{"token_start": -1, "token_end": 1}]), "entity 0 spans tokens [-1, 1)"),
        (changed(entities=[{"token_start": 0, "token_end": 1, "type": ""}]), "entity 0 has type ''"),
        (changed(entities=[{"start": 0, "end": 1, "tagged": "no"}]), "tagged 'no', expected true or false"),
        (
            changed(entities=[{"token_start": 0, "token_end": 1, "confidence": 1.5}]),
            "confidence 1.5, expected a number from 0 to 1",
        ),
        (changed(relations=[3]), "relation 0 is 3"),
        (changed(relations=[{"head": 0, "tail": 5, "type": "r"}]), "points at entity 5, but the line has 2 entities"),
        (changed(relations=[{"head": -1, "tail": 0, "type": "r"}]), "points at entity -1"),
        (changed(relations=[{"head": 0, "tail": 1}]), "relation 0 has no type"),
        (changed(relations=[{"head": 0, "tail": 1, "type": 4}]), "relation 0 has type 4"),
        (changed(relations=[{"head": 0, "tail": 1, "type": "a", "inferred": 1}]), "relation 0 has inferred 1"),
        (changed(pos=["NNP"]), "pos has 1 tags for 4 tokens"),
        (changed(pos=[1, 2, 3, 4]), "expected a list of strings"),
        (changed(text=...), 'offsets need "text"'),
        (changed(offsets=[[0, 3]]), "one entry for each of the 4 tokens"),
        (
            changed(offsets=[[0, 3], [4, 9], [10, 12], [13, 20]]),
            "offset 3 is [13, 20], expected [start, end] within the 19",
        ),
        (changed(offsets=[[0, 3], [2, 9], [10, 12], [13, 19]]), "offset 1 is [2, 9], but a token before it ends at 3"),
        (changed(offsets=[[0, 3], None, [2, 12], [13, 19]]), "offset 2 is [2, 12], but a token before it ends at 3"),
        (changed(anchors=[[0, "r"]]), "anchor 0 is [0, 'r']"),
        (changed(anchors=[[0, "r", 9]]), "anchor 0 points at token 9, but the line has 4 tokens"),
        (changed(anchors=[[0, "", 1]]), "anchor 0 has relation ''"),
    ],
)
def test_a_bad_value_is_named_with_its_place(record, words):
    with pytest.raises(DataError) as caught:
        parse_document(record, path="train.jsonl", line=17)
    assert str(caught.value).startswith("train.jsonl:17: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def spans(number, start, end):
    return [{"token_start": start(k), "token_end": end(k)} for k in range(number)]


@pytest.mark.parametrize(
    "record",
    [
        {"tokens": ["a"] * 8_000, "entities": spans(8_000, lambda k: 0, lambda k: k + 1)},
        {"tokens": ["a" * 10_000] * 2, "entities": spans(5_000, lambda k: 0, lambda k: 2)},
        {
            "tokens": ["a", "b"],
            "text": "a" + " " * 30_000 + "b",
            "offsets": [[0, 1], [30_001, 30_002]],
            "entities": spans(2_000, lambda k: 0, lambda k: 2),
        },
    ],
    ids=["prefixes", "long words", "long gap"],
)
def test_entities_whose_texts_take_far_more_memory_than_the_line_are_refused(record):
    with pytest.raises(DataError, match="nested entities"):
        parse_document(record)


def test_many_entities_side_by_side_are_read():
    document = parse_document({"tokens": ["a"] * 8_000, "entities": spans(8_000, lambda k: k, lambda k: k + 1)})
    assert [entity.text for entity in document.entities] == ["a"] * 8_000


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{'tokens': []}", "not valid JSON at column 2"),
        ('{"tokens": []} x', "Extra data"),
        ("", "not valid JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"tokens": ["\\ud83d"]}', "'\\ud83d' is a lone surrogate"),
        ('{"tokens": [], "n": ' + "1" * 5000 + "}", "not valid JSON"),
    ],
)
def test_a_line_that_is_not_json_is_an_error_of_one_line(line, words):
    with pytest.raises(DataError, match=r"^data\.jsonl:3: ") as caught:
        parse_line(line, path="data.jsonl", number=3)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 200


def test_an_escaped_character_pair_is_one_character():
    assert parse_line('{"tokens": ["\\ud83d\\ude00"]}').tokens == ("😀",)


def test_a_message_stays_short_whatever_the_line_contains():
    deep = json.loads("[" * 900 + "]" * 900)
    with pytest.raises(DataError) as caught:
        parse_document({"tokens": [], "entities": [deep]})
    assert len(str(caught.value)) < 200


def test_a_blank_line_is_passed_over_and_the_numbers_stay_right(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_bytes("\ufeffa\r\n\n  \nb\u2028c\n".encode())
    assert list(read_lines(path)) == [(1, "a"), (4, "b\u2028c")]


def test_gzip_is_recognised_by_content_and_not_by_name(tmp_path):
    packed = tmp_path / "data.jsonl"
    packed.write_bytes(gzip.compress(b"a\nb\n"))
    assert list(read_lines(packed)) == [(1, "a"), (2, "b")]
    plain = tmp_path / "data.jsonl.gz"
    plain.write_text("a\n")
    assert list(read_lines(plain)) == [(1, "a")]


def test_damage_is_reported_with_its_line(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"good\n\xff\n")
    with pytest.raises(DataError, match=r"data\.jsonl:2: not UTF-8"):
        list(read_lines(path))
    path.write_bytes(gzip.compress(os.urandom(4000).hex().encode())[:2000])
    with pytest.raises(DataError, match="gzip stream is damaged"):
        list(read_lines(path))


def test_what_cannot_be_opened_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        list(read_lines(tmp_path / "absent.jsonl"))
    with pytest.raises(DataError, match="is a folder"):
        list(read_lines(tmp_path))


@pytest.mark.parametrize("name", ["data.jsonl", "data.jsonl.gz"])
def test_what_is_written_reads_back_the_same(tmp_path, name):
    documents = [parse_line(LINE), Document("é\u2028", ("\n", "😀")), Document("3", ())]
    assert write_jsonl(tmp_path / name, documents) == 3
    assert [parse_line(line) for _, line in read_lines(tmp_path / name)] == documents


def test_output_shows_each_placed_entity_in_its_text():
    document = parse_line(LINE)
    record = to_record(document.with_prediction(document.prediction))
    assert record["entities"][1] == {
        "token_start": 3,
        "token_end": 4,
        "type": None,
        "text": "London",
        "name": "London",
        "start": 13,
        "end": 19,
    }


def test_an_untagged_entity_stays_one():
    document = Document("1", ("a",), entities=(Entity(0, 1, tagged=False),))
    assert parse_document(to_record(document)) == document


def test_a_failed_write_keeps_the_old_file_and_leaves_no_other(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text("precious\n")

    def documents():
        yield Document("1", ("a",))
        raise DataError("no more")

    with pytest.raises(DataError, match="no more"):
        write_jsonl(path, documents())
    with pytest.raises(DataError, match=r"data\.jsonl:2: .*lone surrogate"):
        write_jsonl(path, [Document("1", ("a",)), Document("2", ("\ud83d",))])
    assert path.read_text() == "precious\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="cannot be written: No such file"):
        write_jsonl(tmp_path / "absent" / "data.jsonl", [])


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
LABELS = st.one_of(st.none(), WORDS)
CONFIDENCE = st.one_of(st.none(), st.integers(0, 1000).map(lambda n: n / 1000))


@st.composite
def documents(draw):
    tokens = tuple(draw(st.lists(WORDS, max_size=6)))
    n = len(tokens)
    entities, relations, anchors = (), (), None
    if n:
        starts = draw(st.lists(st.integers(0, n - 1), max_size=4))
        ends = [draw(st.integers(start + 1, n)) for start in starts]
        entities = tuple(
            Entity(s, e, draw(LABELS), draw(CONFIDENCE), draw(st.booleans())) for s, e in zip(starts, ends, strict=True)
        )
        position = st.integers(0, n - 1)
        triple = st.builds(AnchorTriple, position, WORDS, position, CONFIDENCE)
        anchors = draw(st.one_of(st.none(), st.lists(triple, max_size=3).map(tuple)))
    if entities:
        end = st.integers(0, len(entities) - 1)
        relation = st.builds(Relation, end, end, WORDS, CONFIDENCE, inferred=st.booleans())
        relations = tuple(draw(st.lists(relation, max_size=3)))
    text = offsets = None
    if draw(st.booleans()):
        text = " ".join(tokens)
        begins = [sum(len(token) + 1 for token in tokens[:i]) for i in range(n)]
        places = [(begin, begin + len(token)) for begin, token in zip(begins, tokens, strict=True)]
        offsets = tuple(place if draw(st.booleans()) else None for place in places)
    pos = draw(st.one_of(st.none(), st.just(("X",) * n)))
    return Document(draw(WORDS), tokens, entities, relations, text, offsets, pos, anchors)


@given(documents())
def test_every_document_survives_the_round_trip(document):
    line = json.dumps(to_record(document), ensure_ascii=False)
    assert parse_line(line) == document


@given(st.data())
def test_a_mutated_line_raises_nothing_but_a_data_error(data):
    line = LINE
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(line)))
        end = data.draw(st.integers(start, min(len(line), start + 5)))
        filling = data.draw(
            st.one_of(st.text(max_size=3), st.sampled_from(["null", "-1", "[]", '"x"', "1e9", "\\ud800"]))
        )
        line = line[:start] + filling + line[end:]
    try:
        document = parse_line(line, path="data.jsonl", number=1)
    except DataError:
        return
    assert parse_document(decode_line(json.dumps(to_record(document)))).tokens == document.tokens


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 5), st.floats(), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["token_start", "token_end", "start", "end"]), inner),
    ),
    max_leaves=8,
)


@given(st.sampled_from(sorted(RECORD)), JSON)
def test_any_value_under_any_key_is_taken_or_named(key, value):
    with contextlib.suppress(DataError):
        document = parse_document(RECORD | {key: value}, path="data.jsonl", line=1)
        spans = [document.span(entity) for entity in document.entities]
        assert all(span.start is None or document.text[span.start : span.end] == span.text for span in spans)


ADA = {"tokens": ["Ada", "lived", "in", "London", "."], "text": "Ada lived in London."}


@pytest.mark.parametrize("entity", [{"start": 0, "end": 3, "text": "Ada"}, {"start": 13, "end": 19, "text": "London"}])
def test_characters_are_not_taken_for_the_token_positions_of_old_files(entity):
    with pytest.raises(DataError, match="entity 0 has no token_start and token_end"):
        parse_document(ADA | {"entities": [entity]})


def test_old_and_new_entities_in_one_record_are_refused():
    new, old = {"token_start": 0, "token_end": 1}, {"start": 3, "end": 4}
    with pytest.raises(DataError, match="entity 1 has no token_start"):
        parse_document(ADA | {"entities": [new, old]})


def test_entities_of_old_files_are_still_read():
    entity = parse_document(ADA | {"entities": [{"start": 3, "end": 4, "chars": [13, 19], "text": "London"}]}).entities[
        0
    ]
    assert (entity.token_start, entity.token_end) == (3, 4)
