import gc
import math
import os
import signal
import weakref
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest
import torch

from relknit import load
from relknit.checkpoint import SavedModel, TrainingData
from relknit.data.corpus import load_corpus
from relknit.document import AnchorTriple, Document, Entity, Prediction, Relation
from relknit.encoders.bilstm.settings import BiLSTMSettings
from relknit.errors import CheckpointError, ConfigError, DataError
from relknit.extractor import Extractor, _readable
from relknit.models.rin.settings import RINSettings
from relknit.runtime import Runtime
from relknit.sources import find_model
from relknit.text.read import read_text
from tests.building import build_model


@pytest.fixture(scope="module")
def extractor():
    """An untrained model that says a lot: every pair above probability 0.3 of anything."""
    documents = load_corpus("dev")
    config = BiLSTMSettings(word_dim=12, char_dim=6, char_filters=6, shape_dim=3, hidden=8, num_layers=1)
    model_config = RINSettings(num_rounds=1, pair_hidden=8, relation_bias=-0.5)
    torch.manual_seed(0)
    model = build_model(config, model_config, documents)
    model.decoding = type(model.decoding)(threshold=0.3, keep_untagged=True)
    return Extractor(SavedModel(model, TrainingData(max_tokens=20)), runtime=Runtime(threads=2))


TEXTS = [d.text for d in load_corpus("dev")]


def test_offsets_point_at_the_words_they_name(extractor):
    for document in extractor.batch(["Zoë 😀 met Ann. She left!", *TEXTS[:5]]):
        for triple in document.triples:
            for span in (triple.head, triple.tail):
                assert document.text[span.start : span.end] == span.text


def test_a_batch_gives_what_single_calls_give_in_the_same_order(extractor):
    together = list(extractor.batch(TEXTS[:8]))
    alone = [extractor(text) for text in TEXTS[:8]]
    assert [d.text for d in together] == TEXTS[:8]
    for left, right in zip(together, alone, strict=True):
        assert left.entities == right.entities or [e.token_start for e in left.entities] == [
            e.token_start for e in right.entities
        ]
        assert {(r.head, r.tail, r.type) for r in left.relations} == {(r.head, r.tail, r.type) for r in right.relations}


def test_a_batch_reads_an_endless_stream_lazily(extractor):
    def endless():
        while True:
            yield "Ada met Bo."

    stream = extractor.batch(endless())
    assert [next(stream).id for _ in range(3)] == ["1", "2", "3"]


class Text(str):
    """A string that can be watched."""


def test_an_endless_stream_is_read_a_little_ahead_and_nothing_of_it_is_kept(extractor):
    taken, alive = 0, weakref.WeakSet()

    def endless():
        nonlocal taken
        while True:
            taken += 1
            text = Text(TEXTS[taken % 40][:30] + " " * (taken % 7))
            alive.add(text)
            yield text

    small = Extractor(extractor.saved, runtime=Runtime(threads=1, memory_budget=34_000_000))
    ahead = small.predictor.sizes.look_ahead // 30 + 2
    stream = small.batch(endless())
    assert next(stream).id == "1"
    assert taken == 1, "the first answer waits for nothing else"
    lead, most_alive = [], 0
    for done, _ in enumerate(islice(stream, 150), 2):
        lead.append(taken - done)
        if done % 10 == 0:
            gc.collect()
            most_alive = max(most_alive, len(alive))
    assert 3 < max(lead) <= ahead
    assert most_alive <= ahead + 1


def test_the_answers_before_a_broken_text_come_out_first(extractor):
    def broken():
        yield from TEXTS[:9]
        raise EOFError("the line went dead")

    answers = extractor.batch(broken())
    assert [document.text for document in islice(answers, 9)] == TEXTS[:9]
    with pytest.raises(EOFError, match="the line went dead"):
        next(answers)


def test_progress_counts_every_text(extractor):
    done = []
    for number, _ in enumerate(extractor.batch(TEXTS[:12], progress=done.append), 1):
        assert sum(done) == number
    assert list(extractor.batch([], progress=done.append)) == []
    assert sum(done) == 12


def without_confidence(documents):
    return [
        (d.text, [e[:3] for e in entities_of(d)], [(r.head, r.type, r.tail) for r in d.relations]) for d in documents
    ]


def entities_of(document):
    return [(e.token_start, e.token_end, e.type, e.confidence) for e in document.entities]


def test_a_memory_budget_changes_no_triple(extractor):
    texts = [*TEXTS[:10], "", " ".join(TEXTS[:12]), *TEXTS[10:15]]
    expected = without_confidence(extractor.batch(texts))
    assert sum(len(triples) for _, _, triples in expected) > 100
    for budget in (34_000_000, 45_000_000, 60_000_000, 10**11):
        small = Extractor(extractor.saved, runtime=Runtime(threads=2, memory_budget=budget))
        assert without_confidence(small.batch(texts)) == expected, budget


def test_threads_do_not_change_a_bit(extractor):
    texts = [*TEXTS[:15], " ".join(TEXTS[:10])]
    for budget in (None, 46_000_000):
        runtimes = (Runtime(threads=n, memory_budget=budget) for n in (1, 3))
        one, three = (list(Extractor(extractor.saved, runtime=runtime).batch(texts)) for runtime in runtimes)
        assert one == three


def test_nothing_changes_after_loading(extractor):
    before = dict(vars(extractor.predictor))
    state = {name: value.clone() for name, value in extractor.saved.model.state_dict().items()}
    list(extractor.batch(TEXTS[:10]))
    assert vars(extractor.predictor) == before
    assert all(torch.equal(value, state[name]) for name, value in extractor.saved.model.state_dict().items())
    assert not extractor.saved.model.training


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_refused_and_auto_does_without(extractor):
    with pytest.raises(ConfigError, match="device is cuda, but torch sees no such GPU here; use cpu or auto"):
        Extractor(extractor.saved, runtime=Runtime("cuda"))
    assert Extractor(extractor.saved, runtime=Runtime("auto")).saved.model.device.type == "cpu"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"runtime": Runtime(memory_budget=10)},
            "memory_budget is 10 bytes, but this model takes [0-9]+ for a window of 64 tokens",
        ),
        ({"min_precision": "0.9"}, "min_precision is '0.9', expected a fraction between 0 and 1"),
        ({"min_precision": [0.9]}, r"min_precision is \[0.9\], expected a fraction between 0 and 1"),
        ({"min_precision": True}, "min_precision is True, expected a fraction between 0 and 1"),
    ],
)
def test_a_setting_out_of_range_is_refused_at_loading(extractor, settings, message):
    with pytest.raises(ConfigError, match=message):
        Extractor(extractor.saved, **settings)


def test_many_threads_get_the_same_answers(extractor):
    texts = TEXTS[:10]
    expected = [[(t.head, t.relation, t.tail) for t in extractor(text).triples] for text in texts]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(extractor, texts * 3))
    assert [[(t.head, t.relation, t.tail) for t in d.triples] for d in found] == expected * 3


def test_loading_and_extracting_leave_the_hosts_threads_alone(extractor):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        extractor(TEXTS[0])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_long_text_is_read_to_its_last_word(extractor):
    text = " ".join(TEXTS)
    document = extractor(text)
    assert "".join(document.tokens) == "".join(text.split())
    last = max(entity.token_end for entity in document.entities)
    assert last > len(document) - 40


def test_an_empty_text_gives_an_empty_document(extractor):
    for text in ("", "  \n "):
        document = extractor(text)
        assert (document.tokens, document.entities, document.relations, document.text) == ((), (), (), text)


def test_self_pairs_are_hidden_unless_asked_for():
    base = read_text("New York loves York")
    found = Prediction(
        (Entity(3, 4, tagged=False), Entity(0, 2, None, 0.9), Entity(2, 3, tagged=False)),
        (Relation(1, 1, "same", 0.8), Relation(1, 0, "loves", 0.7)),
        (AnchorTriple(1, "same", 1, 0.8),),
    )
    hidden = _readable(base.with_prediction(found), False)
    assert [t.relation for t in hidden.triples] == ["loves"]
    assert [(e.token_start, e.token_end) for e in hidden.entities] == [
        (0, 2),
        (3, 4),
    ]  # the stand-in without a triple is gone
    shown = _readable(base.with_prediction(found), True)
    assert [(t.head.text, t.relation, t.tail.text) for t in shown.triples] == [
        ("New York", "same", "New York"),
        ("New York", "loves", "York"),
    ]
    assert shown.triples[0].is_self_pair
    assert shown.anchors is None


def test_a_model_is_found_by_folder_before_shipped_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "webnlg").mkdir()
    (tmp_path / "webnlg" / "model.json").touch()
    assert find_model("webnlg").resolve() == (tmp_path / "webnlg").resolve()
    with pytest.raises(CheckpointError, match="no such folder"):
        find_model("nosuch")
    with pytest.raises(CheckpointError, match="not a relknit model"):
        load("webnlg")


def test_a_folder_without_a_model_that_hides_a_shipped_one_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "webnlg").mkdir()
    (tmp_path / "webnlg" / "train.jsonl").touch()
    with pytest.raises(CheckpointError, match=r"webnlg: a folder without a model.json, which hides the shipped model"):
        load("webnlg")


@pytest.mark.parametrize("model", [None, 3, True, b"webnlg", ["webnlg"]])
def test_what_is_neither_name_nor_path_is_refused(model):
    with pytest.raises(ConfigError, match=r"expected a model folder, the name of a model, or hf:owner/name"):
        load(model)


@pytest.mark.parametrize("model", ["", " ", "a" * 5000, "x\0y", "no\nsuch", "\ud800", "\x1b[31mred"])
def test_a_name_that_no_model_can_have_is_refused_in_one_line_to_print(model, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.json").touch()  # an empty name is not the folder one happens to stand in
    with pytest.raises(CheckpointError, match="no such folder") as caught:
        load(model)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_a_file_of_a_model_is_told_from_its_folder(tmp_path):
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(CheckpointError, match=r"model\.safetensors: is a file; give the model folder that it is in"):
        load(tmp_path / "model.safetensors")


@pytest.mark.parametrize("bad", [None, 3, math.nan, b"bytes", ["words"], read_text("a document")])
def test_what_is_no_text_is_named_with_its_number_after_the_answers_before_it(extractor, bad):
    answers = extractor.batch([TEXTS[0], bad, TEXTS[1]])
    assert next(answers).text == TEXTS[0]
    with pytest.raises(DataError, match="text 2 is .*, expected a string; leave out what has no text"):
        next(answers)
    with pytest.raises(DataError, match="text 1 is .*, expected a string"):
        extractor(bad)


@pytest.mark.parametrize("bad", [None, 3, b"bytes"])
def test_what_is_no_text_can_be_neither_explained_nor_covered(extractor, bad):
    for read in (extractor.explain, extractor.coverage):
        with pytest.raises(DataError, match="text 1 is .*, expected a string"):
            read(bad)


def test_one_text_is_no_batch_of_letters(extractor):
    with pytest.raises(DataError, match="batch takes several texts, found 'Ada ran.'"):
        list(extractor.batch("Ada ran."))
    with pytest.raises(DataError, match="batch takes several texts, found 3; give a list"):
        list(extractor.batch(3))


def test_annotating_is_for_documents(extractor):
    with pytest.raises(DataError, match="expected a Document, found 'Ada ran.'; texts are for `batch`"):
        list(extractor.annotate(["Ada ran."]))
    with pytest.raises(DataError, match="annotate takes several documents, found one, '1'; put it into a list"):
        list(extractor.annotate(read_text("Ada ran.")))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (Document("7", ("Ada", "", "ran", ".") * 20), "document 7: token 1 is '', expected a string that is not empty"),
        (Document("7", ("Ada", 3)), "document 7: token 1 is 3, expected a string that is not empty"),
        (Document("7", ("Ada", "ran"), text="Ada ran", offsets=((0, 3),)), "document 7: 1 offsets for 2 tokens"),
    ],
)
def test_a_document_made_wrong_by_hand_is_named(extractor, document, message):
    for read in (extractor.explain, extractor.coverage, lambda wrong: list(extractor.annotate([wrong]))):
        with pytest.raises(DataError, match=message):
            read(document)


def test_reading_a_text_keeps_every_character_in_reach():
    text = "  Ada's flat, 12 Rue d’Été – “home”.\n"
    document = read_text(text)
    assert isinstance(document, Document)
    assert "".join(text[s:e] for s, e in document.offsets) == "".join(text.split())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork there")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_extracts_after_its_parent_did(extractor):
    extractor(TEXTS[0])
    child = os.fork()
    if child == 0:
        signal.alarm(600)  # it must not outlive the test
        extractor(TEXTS[0])
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_relations_between_given_entities_keep_their_order_and_types(extractor):
    text = "Ada met Bob in Rome."
    found = extractor.relations_between(text, [(15, 19, "Town"), (0, 3), (8, 11)])
    assert [(e.text, e.type, e.confidence) for e in found.entities] == [
        ("Rome", "Town", None),
        ("Ada", None, None),
        ("Bob", None, None),
    ]
    assert all(triple.head != triple.tail for triple in found.triples)
    with_self = extractor.relations_between(text, [(15, 19, "Town"), (0, 3), (8, 11)], self_pairs=True)
    assert set(found.relations) == {r for r in with_self.relations if r.head != r.tail}


def test_where_entities_come_from_is_predicted_or_given(extractor):
    with pytest.raises(ConfigError, match="gold"):
        next(extractor.annotate([], entities="gold"))


def test_an_extractor_keeps_only_wanted_relations(extractor):
    relation = extractor.relations[0]
    wanted = Extractor(extractor.saved, runtime=Runtime(threads=2), relations=[relation])
    found = [triple for document in wanted.batch(TEXTS[:5]) for triple in document.triples]
    expected = [triple for document in extractor.batch(TEXTS[:5]) for triple in document.triples]
    assert [t.relation for t in found] == [t.relation for t in expected if t.relation == relation]
    assert found
    with pytest.raises(ConfigError, match="nowhere"):
        Extractor(extractor.saved, relations=["nowhere"])


def test_a_batch_takes_ids_with_texts_and_objects_with_a_text(extractor):
    class Page:
        text, id = "Bo left.", "page 3"

    items = ["Ada met Bo.", ("a", "Cy ran."), (7, "It rained."), Page()]
    found = list(extractor.batch(items))
    assert [d.id for d in found] == ["1", "a", "7", "page 3"]
    assert [d.text for d in found] == ["Ada met Bo.", "Cy ran.", "It rained.", "Bo left."]


@pytest.mark.parametrize("item", [("a", 5), (None, "Ada."), ("a", "b", "c"), {"text": "Ada."}])
def test_a_batch_refuses_what_has_no_text(extractor, item):
    with pytest.raises(DataError, match="text 1"):
        next(extractor.batch([item]))
