from __future__ import annotations

import gc
import tempfile
import zlib
from pathlib import Path

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("spacy")

from spacy import blank
from spacy.tokens import Doc, DocBin, Span
from spacy.vocab import Vocab

from relknit.data.convert import choose, convert, export
from relknit.data.convert.marked_text import MarkedSpan, MarkedText
from relknit.data.convert.spacy_marks import data_key, leave_marks
from relknit.document import Document, Entity, Relation
from relknit.errors import DataError
from tests.data.convert.marks import marked_texts, plain

VOCAB = Vocab()


def doc(words, *entities, spaces=None, **extensions):
    """A Doc of words and (start, end, label) entities, in tokens, with values of extensions."""
    made = Doc(VOCAB, words=words.split(), spaces=spaces)
    made.ents = [Span(made, *entity) for entity in entities]
    made.user_data.update({data_key(name): value for name, value in extensions.items()})
    return made


def saved(tmp_path, *docs):
    path = tmp_path / "train.spacy"
    DocBin(store_user_data=True, docs=docs).to_disk(path)
    return path


def triples(document):
    return [(t.head.text, t.relation, t.tail.text, t.confidence) for t in document.triples]


ADA = ("Ada Lovelace lived in London .", (0, 2, "Person"), (4, 5, "Place"))


def test_entities_and_relations_of_the_tutorials_form_are_read(tmp_path):
    rel = {(0, 4): {"residence": 1.0, "left": 0.0}, (4, 0): {"home_of": 0.75, "left": 0.49}}
    path = saved(tmp_path, doc(*ADA, rel=rel))
    assert choose(path).source == "docbin"
    (document,) = convert(path)
    assert (document.id, document.text) == ("1", "Ada Lovelace lived in London . ")
    assert document.entities == (Entity(0, 2, "Person"), Entity(4, 5, "Place"))
    assert triples(document) == [
        ("Ada Lovelace", "residence", "London", None),
        ("London", "home_of", "Ada Lovelace", 0.75),
    ]


def test_probabilities_of_numpy_are_numbers_too(tmp_path):
    (document,) = convert(saved(tmp_path, doc(*ADA, rel={(0, 4): {"residence": numpy.float32(0.5)}})))
    assert triples(document) == [("Ada Lovelace", "residence", "London", 0.5)]


def test_words_are_cut_as_relknit_cuts_them_and_offsets_are_exact(tmp_path):
    spaces = [False, False, True, False, True, False, False]
    path = saved(tmp_path, doc("well - known Zoë 😀 Bo .", (3, 4, "P"), (5, 6, "P"), spaces=spaces))
    (document,) = convert(path)
    assert document.text == "well-known Zoë😀 Bo."
    assert document.tokens == ("well", "-", "known", "Zoë", "😀", "Bo", ".")
    assert [(e.text, e.start, e.end) for e in document.entities] == [("Zoë", 11, 14), ("Bo", 16, 18)]


def test_white_space_in_an_entity_is_trimmed_and_an_entity_of_it_alone_left_out(tmp_path):
    made = Doc(VOCAB, words=["Ada", "\n", "ran", "\n\n"], spaces=[False] * 4)
    made.ents = [made.char_span(0, 4, label="P"), made.char_span(7, 9, label="P")]
    notes = []
    (document,) = convert(saved(tmp_path, made), on_note=notes.append)
    assert [(e.text, e.start, e.end) for e in document.entities] == [("Ada", 0, 3)]
    assert notes == [
        "annotations trimmed of white space at their ends: 1",
        "entities of only white space left out: 1",
    ]


def test_what_the_component_left_is_read_before_the_entities_that_overlap_it(tmp_path):
    made = doc("Ada Lovelace left New York for Bo", (0, 1, "ENTITY"), (6, 7, "Person"))
    own = MarkedText(
        made.text, (MarkedSpan(0, 12, None, 0.5), MarkedSpan(18, 26, "Place")), (Relation(0, 1, "left", 0.25),)
    )
    made.user_data[data_key("relknit")] = own.to_plain()
    made.user_data[data_key("rel")] = {(0, 6): {"knows": 1}}
    (document,) = convert(saved(tmp_path, made))
    assert [(document.span(e).text, e.type, e.confidence) for e in document.entities] == [
        ("Ada Lovelace", None, 0.5),
        ("New York", "Place", None),
        ("Bo", "Person", None),
    ]
    assert triples(document) == [("Ada Lovelace", "left", "New York", 0.25), ("Ada Lovelace", "knows", "Bo", None)]


def test_a_relation_that_is_in_both_places_is_kept_once(tmp_path):
    made = doc("Ada left Bo", (0, 1, "P"), (2, 3, "P"), rel={(0, 2): {"left": 0.75}})
    leave_marks(made, MarkedText(made.text, (MarkedSpan(0, 3), MarkedSpan(9, 11)), (Relation(0, 1, "left", 0.5),)))
    (document,) = convert(saved(tmp_path, made))
    assert triples(document) == [("Ada", "left", "Bo", 0.5)]


@pytest.mark.parametrize(
    ("extensions", "message"),
    [
        ({"rel": 3}, "doc._.rel is 3, expected pairs of tokens"),
        ({"rel": {(0, 4): 0.5}}, r"doc._.rel has 0.5 for \(0, 4\), expected relations with probabilities"),
        ({"rel": {(0, 4): {"r": 1.5}}}, "expected relations with probabilities"),
        ({"rel": {(0, 4): {"r": "sure"}}}, "expected relations with probabilities"),
        ({"rel": {(0, 4): {1: 1.0}}}, "expected relations with probabilities"),
        ({"rel": {(0, 3): {"r": 1.0}}}, r"doc._.rel names \(0, 3\), expected the first tokens of two entities"),
        ({"rel": {"ab": {"r": 1.0}}}, "doc._.rel names 'ab'"),
        ({"rel": {0: {"r": 1.0}}}, "doc._.rel names 0"),
        ({"relknit": "triples"}, "annotations are str"),
        ({"relknit": {"entities": [{"start": 0, "end": 3, "text": "Bob"}]}}, "entity 0 marks 'Bob'"),
    ],
)
def test_bad_values_are_named_with_file_and_record(tmp_path, extensions, message):
    path = saved(tmp_path, doc(*ADA), doc(*ADA, **extensions))
    with pytest.raises(DataError, match=r"train\.spacy: record 2: .*" + message):
        list(convert(path))
    errors = []
    assert [d.id for d in convert(path, on_error=errors.append)] == ["1"]
    assert len(errors) == 1


def test_a_pair_without_relations_may_name_any_tokens(tmp_path):
    (document,) = convert(saved(tmp_path, doc(*ADA, rel={(1, 3): {"r": 0.0}, (0, 4): {}})))
    assert document.relations == ()


@pytest.mark.parametrize("content", [b"", b"{}", b"\x80\x04K\x01.", zlib.compress(b"\xc1"), zlib.compress(b"\x80")])
def test_a_file_that_is_no_docbin_is_a_data_error_and_nothing_is_unpickled(tmp_path, content):
    path = tmp_path / "train.spacy"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"train\.spacy: not a DocBin that spaCy can read"):
        list(convert(path))
    assert gc.isenabled()


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(DataError, match=r"absent\.spacy: cannot be read: No such file"):
        list(convert(tmp_path / "absent.spacy"))
    with pytest.raises(DataError, match="directory"):
        list(convert(tmp_path, source="docbin"))


def test_damaged_content_never_ends_in_anything_but_a_data_error(tmp_path):
    whole = saved(tmp_path, doc(*ADA, rel={(0, 4): {"residence": 1.0}}), doc("Hi"))
    inner = zlib.decompress(whole.read_bytes())
    path = tmp_path / "damaged.spacy"

    @settings(deadline=None, max_examples=150)
    @given(st.integers(0, len(inner) - 1), st.binary(max_size=3), st.integers(0, 3))
    def check(place, new, gone):
        path.write_bytes(zlib.compress(inner[:place] + new + inner[place + gone :]))
        try:
            documents = list(convert(path))
        except DataError as error:
            assert str(error).startswith(str(path))
        else:
            assert all(isinstance(document, Document) for document in documents)

    check()


@settings(deadline=None)
@given(st.lists(marked_texts(), min_size=1, max_size=3))
def test_texts_entities_and_relations_come_back_as_they_were(texts):
    documents = [marked.to_document(identity=f"paper:{k}") for k, marked in enumerate(texts)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.spacy"
        assert export(path, documents) == len(texts)
        docs = list(DocBin().from_disk(path).get_docs(Vocab()))
        back = list(convert(path))
    assert [d.text for d in docs] == [marked.text for marked in texts]
    assert [d.id for d in back] == [d.id for d in documents]
    assert [plain(MarkedText.of_document(d)) for d in back] == [plain(marked) for marked in texts]
    confidence = [[m.confidence for m in marked.spans] for marked in texts]
    assert [[e.confidence for e in d.entities] for d in back] == confidence


def test_an_exported_doc_has_its_entities_where_spacy_looks_for_them(tmp_path):
    document = Document(
        "x",
        ("Ada", "Lovelace", "ran"),
        (Entity(0, 2, "Person"), Entity(1, 2), Entity(2, 3, None, 0.5, False)),
        (Relation(0, 2, "did"),),
        text="  Ada \n Lovelace   ran ",
        offsets=((2, 5), (8, 16), (19, 22)),
    )
    export(tmp_path / "out.spacy", [document])
    (made,) = DocBin().from_disk(tmp_path / "out.spacy").get_docs(blank("xx").vocab)
    assert made.text == document.text
    assert [(e.text, e.label_) for e in made.ents] == [("Ada \n Lovelace", "Person")]
    assert [t.text for t in made if not t.is_space] == list(document.tokens)
    (back,) = convert(tmp_path / "out.spacy")
    assert (back.entities, back.relations) == (document.entities, document.relations)


def test_an_export_that_fails_leaves_what_stood_there(tmp_path):
    path = tmp_path / "out.spacy"
    path.write_bytes(b"work")
    broken = Document("1", ("Ada ",), (Entity(0, 1),), text="Ada ran", offsets=((0, 4),))
    with pytest.raises(DataError, match="expected an entity that begins and ends with a word"):
        export(path, [broken])
    assert path.read_bytes() == b"work"
