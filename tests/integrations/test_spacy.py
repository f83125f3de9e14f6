from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("spacy")

import spacy
import srsly
import torch
from spacy.tokens import Doc, DocBin, Span

from relknit.checkpoint import SavedModel, TrainingData, save_model
from relknit.data.convert import convert
from relknit.data.convert.marked_text import MarkedSpan, MarkedText
from relknit.data.convert.spacy_marks import leave_marks
from relknit.data.corpus import load_corpus
from relknit.document import Relation
from relknit.encoders.bilstm.settings import BiLSTMSettings
from relknit.errors import CheckpointError, ConfigError, DataError
from relknit.extractor import load
from relknit.integrations.spacy import RelknitComponent, SpanTriple, register_extensions
from relknit.models.rin.settings import RINSettings
from tests.building import build_model
from tests.resolving import TEXT, resolving_model

TEXTS = [d.text for d in load_corpus("dev")[:12]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An untrained model that says a lot: every pair above probability 0.3 of anything."""
    documents = load_corpus("dev")
    config = BiLSTMSettings(word_dim=12, char_dim=6, char_filters=6, shape_dim=3, hidden=8, num_layers=1)
    model_config = RINSettings(num_rounds=1, pair_hidden=8, relation_bias=-0.5)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_model(config, model_config, documents)
    model.decoding = type(model.decoding)(threshold=0.3, keep_untagged=True)
    path = tmp_path_factory.mktemp("models") / "talkative"
    save_model(path, SavedModel(model, TrainingData(max_tokens=20)))
    (path / "LICENSE").write_text("as you like")
    return path


@pytest.fixture
def nlp(folder):
    return with_model(folder)


def with_model(model, **config):
    nlp = spacy.blank("en")
    nlp.add_pipe("relknit", config={"model": str(model), "threads": 1} | config)
    return nlp


def facts(doc):
    return [(t.head.text, t.relation, t.tail.text, t.confidence) for t in doc._.triples]


def test_the_shipped_model_finds_a_fact_in_a_sentence():
    doc = with_model("webnlg")("Alan Bean was born in Wheeler, Texas.")
    (triple,) = doc._.triples
    assert isinstance(triple, SpanTriple)
    assert isinstance(triple.head, Span)
    assert (triple.head.text, triple.relation, triple.tail.text) == ("Alan Bean", "birthPlace", "Wheeler, Texas")
    assert 0.5 < triple.confidence <= 1
    assert [(e.text, e.label_) for e in doc.ents] == [("Alan Bean", "ENTITY"), ("Wheeler, Texas", "ENTITY")]
    assert [e.text for e in doc._.relknit_entities] == ["Alan Bean", "Wheeler, Texas"]


def test_everything_the_model_finds_is_there_with_exact_characters(nlp, folder):
    extractor = load(folder)
    for text in TEXTS:
        doc, document = nlp(text), extractor(text)
        spans = [document.span(entity) for entity in document.entities]
        assert [(e["start"], e["end"], e["text"]) for e in doc._.relknit["entities"]] == [
            (s.start, s.end, s.text) for s in spans
        ]
        assert [(t.relation, t.confidence) for t in doc._.triples] == [
            (t.relation, t.confidence) for t in document.triples
        ]
        for span, own in zip(doc._.relknit_entities, spans, strict=True):
            assert span.start_char <= own.start < own.end <= span.end_char
            assert span.label_ == (own.type or "")
    assert sum(len(doc._.triples) for doc in nlp.pipe(TEXTS)) > 50


def test_a_stream_gives_what_single_texts_give_in_order_whatever_the_batch(nlp):
    alone = [facts(nlp(text)) for text in TEXTS]
    for batch_size in (1, 5, 100):
        docs = list(nlp.pipe(TEXTS, batch_size=batch_size))
        assert [doc.text for doc in docs] == TEXTS
        assert [[f[:3] for f in facts(doc)] for doc in docs] == [[f[:3] for f in found] for found in alone]


def test_a_stream_is_read_one_batch_at_a_time(nlp):
    component, taken = nlp.get_pipe("relknit"), []

    def docs():
        for text in TEXTS:
            taken.append(text)
            yield nlp.make_doc(text)

    stream = component.pipe(docs(), batch_size=3)
    next(stream)
    assert len(taken) == 3
    assert len(list(stream)) == len(TEXTS) - 1


def test_tuples_with_context_pass_through(nlp):
    assert [context for _, context in nlp.pipe([(text, k) for k, text in enumerate(TEXTS)], as_tuples=True)] == list(
        range(len(TEXTS))
    )


@pytest.mark.parametrize("text", ["", " ", "\n\n", "😀", "Zoë 😀\tmet\n\n Ann. "])
def test_texts_of_any_kind_keep_their_characters(nlp, text):
    doc = nlp(text)
    assert doc.text == text
    assert all(text[e["start"] : e["end"]] == e["text"] for e in doc._.relknit["entities"])
    assert isinstance(doc._.triples, tuple)


def test_entities_that_were_there_stay_and_are_not_overlapped():
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "MONTH", "pattern": "Bean"}])
    nlp.add_pipe("relknit", config={"model": "webnlg", "threads": 1})
    doc = nlp("Alan Bean was born in Wheeler, Texas.")
    assert [(e.text, e.label_) for e in doc.ents] == [("Bean", "MONTH"), ("Wheeler, Texas", "ENTITY")]
    assert [t.head.text for t in doc._.triples] == ["Alan Bean"]


def marked_doc(text, *mentions, relations=(), ents=(), blocked=(), label="ENTITY"):
    doc = spacy.blank("en")(text)
    doc.set_ents([doc[a:b] if kind is None else Span(doc, a, b, kind) for a, b, kind in ents], default="unmodified")
    doc.set_ents([], blocked=[doc[a:b] for a, b in blocked], default="unmodified")
    leave_marks(doc, MarkedText(text, mentions, relations), untyped_label=label)
    return doc


def labelled(doc):
    return [(e.text, e.label_) for e in doc.ents]


def test_types_become_labels_and_stand_ins_do_not_enter():
    doc = marked_doc(
        "Ada met Bo and Cy", MarkedSpan(0, 3, "Person"), MarkedSpan(8, 10), MarkedSpan(15, 17, "P", None, False)
    )
    assert labelled(doc) == [("Ada", "Person"), ("Bo", "ENTITY")]
    assert [(e.text, e.label_) for e in doc._.relknit_entities] == [("Ada", "Person"), ("Bo", ""), ("Cy", "P")]
    assert labelled(marked_doc("Ada", MarkedSpan(0, 3), label="THING")) == [("Ada", "THING")]


def test_blocked_tokens_are_left_alone():
    doc = marked_doc("Ada met Bo", MarkedSpan(0, 3), MarkedSpan(8, 10), blocked=[(0, 1)])
    assert labelled(doc) == [("Bo", "ENTITY")]
    assert doc[0].ent_iob_ == "B"
    assert doc[0].ent_type_ == ""


def test_of_two_entities_in_one_place_the_longer_enters():
    doc = marked_doc("New York City", MarkedSpan(4, 8), MarkedSpan(0, 8, "City"), MarkedSpan(9, 13))
    assert labelled(doc) == [("New York", "City"), ("City", "ENTITY")]
    assert len(doc._.relknit_entities) == 3


def test_a_span_has_every_token_that_the_entity_has_a_character_of():
    doc = marked_doc("the (pro-Russian) side", MarkedSpan(9, 16), relations=(Relation(0, 0, "r", 0.5),))
    entity = doc._.relknit["entities"][0]
    assert doc.text[entity["start"] : entity["end"]] == "Russian"
    assert doc._.triples[0].head.text in ("Russian", "pro-Russian")
    half = marked_doc("Londoners left", MarkedSpan(0, 6))
    assert half._.triples == ()
    assert (half.ents[0].text, half._.relknit["entities"][0]["text"]) == ("Londoners", "London")


def test_a_doc_without_marks_has_no_triples():
    doc = spacy.blank("en")("Ada ran")
    assert (doc._.triples, doc._.relknit_entities, doc._.relknit) == ((), (), None)


def test_marks_survive_bytes_a_docbin_and_merging_of_tokens(nlp):
    doc = nlp(TEXTS[0])
    expected = facts(doc)
    assert expected
    assert facts(Doc(nlp.vocab).from_bytes(doc.to_bytes())) == expected
    packed = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    (back,) = DocBin().from_bytes(packed).get_docs(spacy.blank("en").vocab)
    assert facts(back) == expected
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:2])
    assert [f[1] for f in facts(doc)] == [f[1] for f in expected]


def test_marks_of_another_text_are_refused_rather_than_misplaced():
    doc = marked_doc("Bo ran. Ada met Bo", MarkedSpan(8, 11), MarkedSpan(16, 18), relations=(Relation(0, 1, "met"),))
    other = spacy.blank("en")("Ada met Bo. Bo ran")
    other._.relknit = doc._.relknit
    with pytest.raises(DataError, match="entity 0 marks 'Ada', but the text has 'Bo.' there"):
        _ = other._.triples
    assert doc[3:].as_doc(copy_user_data=True)._.triples == ()


def test_a_docbin_of_a_pipeline_becomes_training_data(nlp, tmp_path):
    docs = list(nlp.pipe(TEXTS))
    DocBin(store_user_data=True, docs=docs).to_disk(tmp_path / "silver.spacy")
    documents = list(convert(tmp_path / "silver.spacy"))
    assert [d.text for d in documents] == TEXTS
    found = [[(r.type, r.confidence) for r in d.relations] for d in documents]
    assert found == [[(t.relation, t.confidence) for t in doc._.triples] for doc in docs]


def test_a_saved_pipeline_holds_its_model(nlp, folder, tmp_path):
    expected = [facts(doc) for doc in nlp.pipe(TEXTS)]
    nlp.config["components"]["relknit"]["model"] = str(folder)
    nlp.to_disk(tmp_path / "pipeline")
    assert (tmp_path / "pipeline" / "relknit" / "LICENSE").read_text() == "as you like"
    config = tmp_path / "pipeline" / "config.cfg"
    config.write_text(config.read_text().replace(str(folder), "/no/such/folder"))
    loaded = spacy.load(tmp_path / "pipeline")
    assert [facts(doc) for doc in loaded.pipe(TEXTS)] == expected
    loaded.to_disk(tmp_path / "again")
    weights = ["relknit/model.safetensors", "relknit/model.json", "relknit/LICENSE"]
    for name in weights:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "pipeline" / name).read_bytes()


def test_a_pipeline_in_bytes_holds_its_model(nlp):
    packed = nlp.to_bytes()
    other = with_model("no such model")
    other.from_bytes(packed)
    assert [facts(doc) for doc in other.pipe(TEXTS)] == [facts(doc) for doc in nlp.pipe(TEXTS)]
    assert other.get_pipe("relknit").to_bytes() == nlp.get_pipe("relknit").to_bytes()


def test_small_weights_stay_so_and_others_stay_exact(folder, tmp_path):
    RelknitComponent(model="webnlg").to_disk(tmp_path / "small")
    RelknitComponent(model=folder).to_disk(tmp_path / "full")
    assert torch.int8 in torch_dtypes(tmp_path / "small" / "model.safetensors")
    assert torch_dtypes(tmp_path / "full" / "model.safetensors") == {torch.float32}


def torch_dtypes(path):
    from safetensors.torch import load_file

    return {value.dtype for value in load_file(path).values()}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04K\x01.",
        srsly.msgpack_dumps([1]),
        srsly.msgpack_dumps({"../evil": b"x"}),
        srsly.msgpack_dumps({"model.json": "text"}),
        srsly.msgpack_dumps({}),
        srsly.msgpack_dumps({"model.json": b"{}"}),
    ],
)
def test_bytes_of_something_else_are_refused(data):
    with pytest.raises(CheckpointError, match="not a relknit model"):
        RelknitComponent().from_bytes(data)


def test_a_damaged_folder_in_a_saved_pipeline_is_a_clear_error(nlp, tmp_path):
    nlp.to_disk(tmp_path / "pipeline")
    (tmp_path / "pipeline" / "relknit" / "model.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"model\.json: damaged: not readable JSON"):
        spacy.load(tmp_path / "pipeline")


def test_a_model_that_is_not_there_is_named_at_the_first_text_or_when_initialised():
    nlp = with_model("webnlq")
    with pytest.raises(CheckpointError, match="webnlq: no such folder"):
        nlp("Ada ran.")
    with pytest.raises(CheckpointError, match="webnlq"):
        nlp.initialize()


def test_initialising_loads_the_model(nlp):
    nlp.initialize()
    assert nlp.get_pipe("relknit")._extractor is not None


def test_self_pairs_come_on_request(folder):
    def count(doc):
        return sum(t.head.start == t.tail.start for t in doc._.triples)

    assert sum(map(count, with_model(folder).pipe(TEXTS))) == 0
    assert sum(map(count, with_model(folder, self_pairs=True).pipe(TEXTS))) > 0


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"untyped_label": ""}, "untyped_label is ''"),
        ({"untyped_label": 3}, "untyped_label is 3, expected a label"),
        ({"device": "tpu"}, "device is 'tpu'"),
        ({"threads": "two"}, "threads is 'two'"),
        ({"min_precision": 0.95}, "this model was never calibrated"),
        ({"relations": ["nonsense"]}, "no relation 'nonsense'"),
        ({"types": ["nonsense"]}, "no entity type 'nonsense'"),
        ({"signatures": [["Person", "nonsense", "Person"]]}, "no relation 'nonsense'"),
    ],
)
def test_settings_out_of_range_are_config_errors(folder, config, message):
    with pytest.raises(ConfigError, match=message):
        with_model(folder, **config)("Ada ran.")


def test_a_wanted_precision_leaves_the_sure_triples(tmp_path):
    text = "Alan Bean was born in Wheeler, Texas. He left, and the Alamo was in it with Bean and the U.S. Navy."
    everything, sure = with_model("webnlg"), with_model("webnlg", min_precision=0.98)
    cuts = sure.get_pipe("relknit").extractor.predictor.thresholds
    expected = [fact for fact in facts(everything(text)) if cuts.keeps(fact[1], fact[3])]
    assert facts(sure(text)) == expected
    sure.to_disk(tmp_path / "pipeline")
    assert spacy.load(tmp_path / "pipeline").get_pipe("relknit").extractor.predictor.thresholds == cuts


def test_only_wanted_relations_are_found():
    text = "Alan Bean was born in Wheeler, Texas. He was a crew member of Apollo 12."
    one = with_model("webnlg", relations=["birthPlace"])
    assert {triple.relation for triple in one(text)._.triples} == {"birthPlace"}


def test_an_extension_of_somebody_else_is_not_overwritten():
    original = Doc.get_extension("triples")
    Doc.set_extension("triples", default="mine", force=True)
    try:
        register_extensions()
        assert spacy.blank("en")("Ada")._.triples == "mine"
        with pytest.raises(ConfigError, match=r"doc\._\.triples was made by something else"):
            spacy.blank("en").add_pipe("relknit")
    finally:
        Doc.set_extension("triples", getter=original[2], force=True)
    assert spacy.blank("en")("Ada")._.triples == ()


def test_what_the_component_assigns_is_declared(nlp):
    assigned = nlp.analyze_pipes()["summary"]["relknit"]["assigns"]
    assert assigned == ["doc.ents", "doc._.triples", "doc._.relknit_entities", "doc._.relknit"]


def test_importing_the_component_loads_no_model_code():
    """spaCy imports it with every pipeline, whether or not it is in it."""
    script = "import relknit.integrations.spacy, sys; print([n for n in sys.modules if n.startswith('relknit.models')])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_pronoun_gives_a_triple_of_its_name_and_is_no_entity(tiny_model, monkeypatch, tmp_path):
    save_model(tmp_path, resolving_model(tiny_model, monkeypatch))
    doc = with_model(tmp_path)(TEXT)
    assert [(t.head.text, t.tail.text, t.inferred) for t in doc._.triples] == [("Lise Meitner", "Vienna", True)]
    assert [entity.text for entity in doc.ents] == ["Lise Meitner", "Vienna"]
    doc = with_model(tmp_path, coreference=False)(TEXT)
    assert ("She", "Vienna", False) in [(t.head.text, t.tail.text, t.inferred) for t in doc._.triples]
