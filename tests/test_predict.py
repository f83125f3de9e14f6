from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from relknit.config import EncoderConfig, ModelConfig
from relknit.data.corpus import load_corpus
from relknit.document import AnchorTriple, Document, Entity, Prediction, Relation
from relknit.errors import ConfigError
from relknit.models import Batch, Decoding, Example, JointModel, Labels, build_model
from relknit.nn.encoders import Sentence, build_word_tables
from relknit.predict import BATCH_TOKENS, merge, predict


class Numbers(JointModel):
    """Reads tokens "0", "1", ... and ".": every number that ends in 0 is an entity, followed by those with `next`.

    Confidences fall with the distance from the window's middle, so that windows disagree.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, ...]] = []

    def prepare(self, document: Document, *, labelled: bool = False) -> Example:
        numbers = [-1 if token == "." else int(token) for token in document.tokens]
        return Example(Sentence(torch.tensor(numbers, dtype=torch.int64).reshape(-1, 1)))

    def predict(self, batch: Batch) -> list[Prediction]:
        sentences = [tuple(part.flatten().tolist()) for part in batch.inputs.table.split(list(batch.inputs.lengths))]
        self.seen += sentences
        return [self._found(sentence) for sentence in sentences]

    def _found(self, numbers: tuple[int, ...]) -> Prediction:
        places = [i for i, number in enumerate(numbers) if number >= 0 and number % 10 == 0]
        sure = [1 - abs(i - len(numbers) / 2) / (len(numbers) + 1) for i in places]
        entities = tuple(Entity(i, i + 1, None, p) for i, p in zip(places, sure, strict=True))
        relations = tuple(Relation(k, k + 1, "next", sure[k]) for k in range(len(places) - 1))
        anchors = tuple(AnchorTriple(places[r.head], r.type, places[r.tail], r.confidence) for r in relations)
        return Prediction(entities, relations, anchors)


def count_up(length: int, *, sentence: int | None = None, start: int = 0, name: str = "d") -> Document:
    """The tokens "0" to "length-1" (from `start`), every `sentence`-th a full stop."""
    stops = sentence or length + 1
    return Document(name, tuple("." if i % stops == stops - 1 else str(start + i) for i in range(length)))


@pytest.fixture(scope="module")
def rin() -> JointModel:
    """A model with weights at random that finds relations everywhere."""
    train = load_corpus("train")
    encoder = EncoderConfig(word_dim=8, char_dim=4, char_filters=4, shape_dim=2, hidden=8, num_layers=1)
    tables, initial = build_word_tables(train, encoder, None)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        config = ModelConfig(num_rounds=1, pair_hidden=8, relation_bias=-18.0)
        model = build_model(encoder, config, Labels.of(train), tables, initial)
        for name, spread in (("tagger", 4.0), ("pairs.hidden", 2.0), ("pairs.output", 2.0)):
            torch.nn.init.normal_(model.get_parameter(f"{name}.weight"), std=spread)
    model.decoding = Decoding(keep_untagged=True)
    return model.eval()


def shown(predictions: Sequence[Prediction]) -> list[Any]:
    """Entities and triples without their confidences."""
    return [
        (
            [(e.start, e.end, e.type, e.tagged) for e in p.entities],
            sorted((r.head, r.type, r.tail) for r in p.relations),
            sorted((a.head, a.type, a.tail) for a in p.anchors or ()),
        )
        for p in predictions
    ]


@pytest.mark.parametrize("threads", [1, 3])
def test_predictions_come_in_the_order_of_the_documents(threads: int) -> None:
    lengths = [5, 200, 0, 31, 1, 90, 12, 700, 12]
    documents = [count_up(length, start=7 * k) for k, length in enumerate(lengths)]
    found = predict(Numbers(), documents, max_tokens=1000, threads=threads)
    for document, prediction in zip(documents, found, strict=True):
        expected = [i for i, token in enumerate(document.tokens) if int(token) % 10 == 0]
        assert [entity.start for entity in prediction.entities] == expected


def test_no_documents_give_no_predictions() -> None:
    assert predict(Numbers(), [], max_tokens=10) == []


def test_an_empty_document_has_an_empty_prediction(rin: JointModel) -> None:
    for model in (Numbers(), rin):
        alone = predict(model, [Document("e", ())], max_tokens=10)
        assert shown(alone) == [([], [], [])]
    full = load_corpus("dev")[0]
    between = predict(rin, [Document("e", ()), full, Document("e", ())], max_tokens=80)
    assert shown(between)[::2] == [([], [], [])] * 2
    assert shown(between)[1:2] == shown(predict(rin, [full], max_tokens=80))


@settings(deadline=None)
@given(st.lists(st.integers(0, 60), max_size=6), st.integers(1, 40), st.integers(1, 25))
def test_every_token_is_in_a_window_and_no_window_is_too_long(
    lengths: list[int], max_tokens: int, sentence: int
) -> None:
    model = Numbers()
    documents = [count_up(n, sentence=sentence, start=1000 * k) for k, n in enumerate(lengths)]
    predict(model, documents, max_tokens=max_tokens)
    read = {number for window in model.seen for number in window}
    written = {-1 if token == "." else int(token) for document in documents for token in document.tokens}
    assert read == written
    assert all(len(window) <= max_tokens for window in model.seen)


@settings(deadline=None)
@given(st.integers(1, 120), st.integers(11, 40), st.integers(3, 25))
def test_windows_find_each_entity_once_and_where_it_stands(length: int, max_tokens: int, sentence: int) -> None:
    document = count_up(length, sentence=sentence)
    [found] = predict(Numbers(), [document], max_tokens=max_tokens)
    tens = [i for i, token in enumerate(document.tokens) if token != "." and int(token) % 10 == 0]
    assert [(e.start, e.end) for e in found.entities] == [(i, i + 1) for i in tens]
    triples = [(r.head, r.type, r.tail) for r in found.relations]
    assert len(set(triples)) == len(triples)
    assert all(found.entities[r.head].start < found.entities[r.tail].start for r in found.relations)
    assert found.anchors is not None
    assert len({(a.head, a.tail) for a in found.anchors}) == len(found.anchors)


def test_a_document_as_long_as_a_window_is_read_in_one_piece() -> None:
    for length, windows in ((30, 1), (31, 2)):
        model = Numbers()
        predict(model, [count_up(length, sentence=10)], max_tokens=30)
        assert len(model.seen) == windows


def test_neighbouring_sentences_are_read_together_so_that_triples_across_them_are_found() -> None:
    [found] = predict(Numbers(), [count_up(100, sentence=10)], max_tokens=20)
    assert [entity.start for entity in found.entities] == list(range(0, 100, 10))
    assert {(r.head, r.tail) for r in found.relations} == {(k, k + 1) for k in range(9)}


def test_two_thousand_tokens_are_read_whole(rin: JointModel) -> None:
    tokens = tuple(token for document in load_corpus("train") for token in document.tokens)[:2000]
    [found] = predict(rin, [Document("long", tokens)], max_tokens=40)
    assert len(tokens) == 2000
    assert min(entity.start for entity in found.entities) < 100
    assert max(entity.end for entity in found.entities) > 1900
    starts = [entity.start for entity in found.entities]
    assert starts == sorted(starts)
    assert all(0 <= r.head < len(starts) and 0 <= r.tail < len(starts) for r in found.relations)
    covered = [i for entity in found.entities for i in range(entity.start, entity.end)]
    assert len(covered) == len(set(covered)), "no two entities cross"
    assert found.relations


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_do_not_change_what_is_found(rin: JointModel, threads: int) -> None:
    documents = [*load_corpus("dev"), *load_corpus("test")]
    alone, together = (predict(rin, documents, max_tokens=25, threads=n) for n in (1, threads))
    assert sum(len(prediction.relations) for prediction in alone) > 100
    assert alone == together


def test_a_document_alone_gives_what_it_gives_among_others(rin: JointModel) -> None:
    documents = load_corpus("dev")
    together = shown(predict(rin, documents, max_tokens=80))
    assert together == [shown(predict(rin, [document], max_tokens=80))[0] for document in documents]


def test_random_state_and_threads_of_the_caller_stay_as_they_were(rin: JointModel) -> None:
    torch.manual_seed(7)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    for workers in (1, 2):
        predict(rin, load_corpus("dev"), max_tokens=20, threads=workers)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_batches_stay_small_and_hold_sentences_of_similar_length() -> None:
    sizes: list[tuple[int, ...]] = []

    class Watched(Numbers):
        def predict(self, batch: Batch) -> list[Prediction]:
            sizes.append(batch.inputs.lengths)
            return super().predict(batch)

    lengths = [10, 900, 20, 800, 30, 2000, 10]
    predict(Watched(), [count_up(length) for length in lengths], max_tokens=5000)
    assert all(sum(batch) <= BATCH_TOKENS or len(batch) == 1 for batch in sizes)
    assert [length for batch in sizes for length in batch] == sorted(lengths)


def test_progress_adds_up_to_the_number_of_windows() -> None:
    for threads in (1, 2):
        done: list[int] = []
        model = Numbers()
        documents = [count_up(300, sentence=20) for _ in range(30)]
        predict(model, documents, max_tokens=50, threads=threads, progress=done.append)
        assert sum(done) == len(model.seen) > 30
        assert len(done) > 1


def test_part_of_speech_tags_go_with_their_tokens() -> None:
    pieces: list[Document] = []

    class Watched(Numbers):
        def prepare(self, document: Document, *, labelled: bool = False) -> Example:
            pieces.append(document)
            return super().prepare(document)

    tokens = tuple(str(i) for i in range(10))
    predict(Watched(), [Document("d", tokens, pos=tuple(f"T{t}" for t in tokens))], max_tokens=4)
    assert len(pieces) > 2
    assert all(piece.pos == tuple(f"T{token}" for token in piece.tokens) for piece in pieces)


def test_a_window_of_no_tokens_is_refused_with_a_mend() -> None:
    with pytest.raises(ConfigError, match="max_tokens is 0, expected 1 or more"):
        predict(Numbers(), [count_up(3)], max_tokens=0)


def test_an_error_in_a_worker_reaches_the_caller() -> None:
    class Broken(Numbers):
        def predict(self, batch: Batch) -> list[Prediction]:
            raise RuntimeError(threading.current_thread().name)

    with pytest.raises(RuntimeError, match="worker"):
        predict(Broken(), [count_up(3)], max_tokens=5, threads=2)


# merging, by hand


def test_a_single_window_is_left_as_it_is() -> None:
    prediction = Prediction((Entity(3, 4), Entity(1, 2)), (Relation(1, 0, "r"),), None)
    assert merge([(0, prediction)]) is prediction


def test_windows_without_findings_merge_to_nothing() -> None:
    assert merge([(0, Prediction((), (), ())), (5, Prediction((), (), ()))]) == Prediction((), (), ())


def test_a_later_window_is_moved_to_where_it_stands() -> None:
    later = Prediction((Entity(0, 2, "P", 0.9),), (Relation(0, 0, "r", 0.8),), (AnchorTriple(1, "r", 1, 0.8),))
    assert merge([(0, Prediction((), (), ())), (10, later)]) == Prediction(
        (Entity(10, 12, "P", 0.9),), (Relation(0, 0, "r", 0.8),), (AnchorTriple(11, "r", 11, 0.8),)
    )


def test_a_triple_of_two_windows_is_kept_once_at_its_highest_confidence() -> None:
    first = Prediction(
        (Entity(4, 5, None, 0.6), Entity(6, 8, None, 0.9)),
        (Relation(0, 1, "r", 0.55),),
        (AnchorTriple(4, "r", 7, 0.55),),
    )
    second = Prediction(
        (Entity(0, 1, None, 0.8), Entity(2, 4, None, 0.7)),
        (Relation(0, 1, "r", 0.75), Relation(1, 0, "r", 0.5)),
        (AnchorTriple(0, "r", 3, 0.75), AnchorTriple(3, "r", 0, 0.5)),
    )
    for parts in ([(0, first), (4, second)], [(4, second), (0, first)]):
        assert merge(parts) == Prediction(
            (Entity(4, 5, None, 0.8), Entity(6, 8, None, 0.9)),
            (Relation(0, 1, "r", 0.75), Relation(1, 0, "r", 0.5)),
            (AnchorTriple(4, "r", 7, 0.75), AnchorTriple(7, "r", 4, 0.5)),
        )


def test_of_two_entities_that_cross_the_surer_stays_and_takes_over_the_triples() -> None:
    first = Prediction((Entity(0, 1, "P", 0.9), Entity(4, 6, "P", 0.5)), (Relation(0, 1, "r", 0.8),), ())
    second = Prediction((Entity(0, 3, "P", 0.7), Entity(4, 5, "P", 0.9)), (Relation(0, 1, "s", 0.6),), ())
    merged = merge([(0, first), (5, second)])
    assert merged.entities == (Entity(0, 1, "P", 0.9), Entity(5, 8, "P", 0.7), Entity(9, 10, "P", 0.9))
    assert merged.relations == (Relation(0, 1, "r", 0.8), Relation(1, 2, "s", 0.6))


def test_one_span_under_two_types_keeps_the_surer_type() -> None:
    parts = [(0, Prediction((Entity(5, 6, "City", 0.4),))), (5, Prediction((Entity(0, 1, "Person", 0.6),)))]
    assert merge(parts).entities == (Entity(5, 6, "Person", 0.6),)


def test_a_tagged_entity_outranks_a_word_that_only_stands_in() -> None:
    stand_in = Prediction((Entity(5, 6, None, 0.99, tagged=False),), (Relation(0, 0, "r", 0.9),), ())
    merged = merge([(0, stand_in), (4, Prediction((Entity(0, 2, None, 0.2),)))])
    assert merged.entities == (Entity(4, 6, None, 0.2),)
    assert merged.relations == (Relation(0, 0, "r", 0.9),)


def test_an_entity_that_crosses_two_surer_ones_hands_its_triples_to_the_right_one() -> None:
    first = Prediction((Entity(4, 6, None, 0.9), Entity(7, 9, None, 0.9)))
    second = Prediction((Entity(1, 4, None, 0.5), Entity(6, 7, None, 0.8)), (Relation(0, 1, "r", 0.7),))
    merged = merge([(0, first), (4, second)])
    assert merged.entities == (Entity(4, 6, None, 0.9), Entity(7, 9, None, 0.9), Entity(10, 11, None, 0.8))
    assert merged.relations == (Relation(1, 2, "r", 0.7),)


def test_of_equally_sure_entities_the_earlier_window_decides() -> None:
    parts = [(0, Prediction((Entity(4, 6, None, 0.5),))), (5, Prediction((Entity(0, 2, None, 0.5),)))]
    assert merge(parts).entities == (Entity(4, 6, None, 0.5),)


def test_the_earlier_window_of_a_document_decides_even_if_it_is_the_longer_one() -> None:
    """Windows are computed shortest first; merging takes them in the order of the text."""

    class Edges(Numbers):
        def _found(self, numbers: tuple[int, ...]) -> Prediction:
            if numbers[0] == 0:  # the first window: an entity of its last two tokens
                return Prediction((Entity(len(numbers) - 2, len(numbers), None, 0.5),), (), ())
            return Prediction((Entity(0, len(numbers), None, 0.5),), (), ())  # the second: all of it

    tokens = [str(k) for k in range(12)]
    tokens[5] = tokens[9] = "."
    model = Edges()
    [found] = predict(model, [Document("d", tuple(tokens))], max_tokens=10)
    assert [len(window) for window in model.seen] == [6, 10]
    assert [(entity.start, entity.end) for entity in found.entities] == [(8, 10)]


def test_unknown_confidences_stay_unknown_and_give_way_to_known_ones() -> None:
    first = Prediction((Entity(4, 5), Entity(5, 6)), (Relation(0, 1, "r"), Relation(1, 0, "s")))
    second = Prediction((Entity(0, 1), Entity(1, 2)), (Relation(0, 1, "r", 0.3), Relation(1, 0, "s")))
    for parts in ([(0, first), (4, second)], [(4, second), (0, first)]):
        assert merge(parts).relations == (Relation(0, 1, "r", 0.3), Relation(1, 0, "s"))


def test_a_system_without_anchors_has_none_after_merging_either() -> None:
    entities = (Entity(0, 1), Entity(1, 2))
    part = Prediction(entities, (Relation(0, 1, "r"),), None)
    assert merge([(0, part), (5, part)]).anchors is None
    assert merge([(0, part), (5, Prediction((), (), ()))]).anchors == ()


ENTITIES = st.lists(
    st.builds(
        lambda start, length, p, tagged: Entity(start, start + length, None, p, tagged),
        st.integers(0, 12),
        st.integers(1, 4),
        st.floats(0, 1),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@st.composite
def parts(draw: st.DrawFn) -> list[tuple[int, Prediction]]:
    drawn = []
    for start in range(0, 4 * draw(st.integers(2, 4)), 4):
        entities = draw(ENTITIES)
        ends = st.integers(0, len(entities) - 1)
        relations = draw(st.lists(st.builds(Relation, ends, ends, st.sampled_from("rs"), st.floats(0, 1)), max_size=4))
        drawn.append((start, Prediction(tuple(entities), tuple(relations), ())))
    return drawn


@given(parts())
def test_merged_entities_never_cross_and_every_triple_survives(drawn: list[tuple[int, Prediction]]) -> None:
    merged = merge(drawn)
    covered = [i for e in merged.entities for i in range(e.start, e.end)]
    assert covered == sorted(set(covered))
    given_spans = {(e.start + start, e.end + start) for start, part in drawn for e in part.entities}
    assert {(e.start, e.end) for e in merged.entities} <= given_spans
    best = max(entity.confidence or 0 for _, part in drawn for entity in part.entities)
    assert best in {e.confidence for e in merged.entities} or any(e.tagged for e in merged.entities)
    triples = [(r.head, r.type, r.tail) for r in merged.relations]
    assert len(triples) == len(set(triples))
    assert {r.type for _, part in drawn for r in part.relations} == {r.type for r in merged.relations}
    for relation in merged.relations:
        head, tail = merged.entities[relation.head], merged.entities[relation.tail]
        assert any(
            relation.confidence == r.confidence
            and touches(part.entities[r.head], start, head)
            and touches(part.entities[r.tail], start, tail)
            for start, part in drawn
            for r in part.relations
        )


def touches(entity: Entity, start: int, other: Entity) -> bool:
    return entity.start + start < other.end and other.start < entity.end + start
