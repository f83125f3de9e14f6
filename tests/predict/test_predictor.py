from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from relknit.data.corpus import load_corpus
from relknit.document import Document, Entity, Prediction
from relknit.errors import ConfigError
from relknit.models.base import JointModel
from relknit.models.rin.batch import Batch, Example
from relknit.models.rin.decoding import Decoding
from relknit.predict import Predictor, predict
from relknit.predict.sizes import BATCH_TOKENS
from relknit.runtime import Runtime
from relknit.text.windows import longest_range
from tests.predict.numbers import Numbers, count_up, least_budget, shown


@pytest.mark.parametrize("threads", [1, 3])
def test_predictions_come_in_the_order_of_the_documents(threads: int) -> None:
    lengths = [5, 200, 0, 31, 1, 90, 12, 700, 12]
    documents = [count_up(length, start=7 * k) for k, length in enumerate(lengths)]
    found = predict(Numbers(), documents, max_tokens=1000, runtime=Runtime(threads=threads))
    for document, prediction in zip(documents, found, strict=True):
        expected = [i for i, token in enumerate(document.tokens) if int(token) % 10 == 0]
        assert [entity.token_start for entity in prediction.entities] == expected


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
    assert all(len(window) <= longest_range(max_tokens) for window in model.seen)


@settings(deadline=None)
@given(st.integers(1, 120), st.integers(11, 40), st.integers(3, 25))
def test_windows_find_each_entity_once_and_where_it_stands(length: int, max_tokens: int, sentence: int) -> None:
    document = count_up(length, sentence=sentence)
    [found] = predict(Numbers(), [document], max_tokens=max_tokens)
    tens = [i for i, token in enumerate(document.tokens) if token != "." and int(token) % 10 == 0]
    assert [(e.token_start, e.token_end) for e in found.entities] == [(i, i + 1) for i in tens]
    triples = [(r.head, r.type, r.tail) for r in found.relations]
    assert len(set(triples)) == len(triples)
    assert all(found.entities[r.head].token_start < found.entities[r.tail].token_start for r in found.relations)
    assert found.anchors is not None
    assert len({(a.head, a.tail) for a in found.anchors}) == len(found.anchors)


def test_a_document_as_long_as_a_window_is_read_in_one_piece() -> None:
    for length, windows in ((30, 1), (31, 2)):
        model = Numbers()
        predict(model, [count_up(length, sentence=10)], max_tokens=30)
        assert len(model.seen) == windows


def test_neighbouring_sentences_are_read_together_so_that_triples_across_them_are_found() -> None:
    [found] = predict(Numbers(), [count_up(100, sentence=10)], max_tokens=20)
    assert [entity.token_start for entity in found.entities] == list(range(0, 100, 10))
    assert {(r.head, r.tail) for r in found.relations} == {(k, k + 1) for k in range(9)}


def test_two_thousand_tokens_are_read_whole(rin: JointModel) -> None:
    tokens = tuple(token for document in load_corpus("train") for token in document.tokens)[:2000]
    [found] = predict(rin, [Document("long", tokens)], max_tokens=40)
    assert len(tokens) == 2000
    assert min(entity.token_start for entity in found.entities) < 100
    assert max(entity.token_end for entity in found.entities) > 1900
    starts = [entity.token_start for entity in found.entities]
    assert starts == sorted(starts)
    assert all(0 <= r.head < len(starts) and 0 <= r.tail < len(starts) for r in found.relations)
    covered = [i for entity in found.entities for i in range(entity.token_start, entity.token_end)]
    assert len(covered) == len(set(covered)), "no two entities cross"
    assert found.relations


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_do_not_change_what_is_found(rin: JointModel, threads: int) -> None:
    documents = [*load_corpus("dev"), *load_corpus("test")]
    alone, together = (predict(rin, documents, max_tokens=25, runtime=Runtime(threads=n)) for n in (1, threads))
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
        predict(rin, load_corpus("dev"), max_tokens=20, runtime=Runtime(threads=workers))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_batches_stay_small_and_hold_sentences_of_similar_length_the_longest_first() -> None:
    sizes: list[tuple[int, ...]] = []

    class Watched(Numbers):
        def predict(self, batch: Batch, *, anchors: bool = True) -> list[Prediction]:
            sizes.append(batch.inputs.lengths)
            return super().predict(batch, anchors=anchors)

    lengths = [10, 900, 20, 800, 30, 2000, 10]
    predict(Watched(), [count_up(length) for length in lengths], max_tokens=5000, runtime=Runtime(threads=1))
    assert all(sum(batch) <= BATCH_TOKENS or len(batch) == 1 for batch in sizes)
    assert [length for batch in sizes for length in batch] == sorted(lengths, reverse=True)


def test_progress_adds_up_to_the_number_of_windows() -> None:
    for threads in (1, 2):
        done: list[int] = []
        model = Numbers()
        documents = [count_up(300, sentence=20) for _ in range(30)]
        predict(model, documents, max_tokens=50, runtime=Runtime(threads=threads), progress=done.append)
        assert sum(done) == len(model.seen) > 30
        assert len(done) > 1


def test_part_of_speech_tags_go_with_their_tokens() -> None:
    pieces: list[Document] = []

    class Watched(Numbers):
        def prepare(self, document: Document, *, labelled: bool = False) -> Example:
            pieces.append(document)
            return super().prepare(document)

    tokens = tuple(str(i) for i in range(200))
    predict(Watched(), [Document("d", tokens, pos=tuple(f"T{t}" for t in tokens))], max_tokens=4)
    assert len(pieces) > 2
    assert all(piece.pos == tuple(f"T{token}" for token in piece.tokens) for piece in pieces)


def test_a_window_of_no_tokens_is_refused_with_a_mend() -> None:
    with pytest.raises(ConfigError, match="max_tokens is 0, expected 1 or more"):
        predict(Numbers(), [count_up(3)], max_tokens=0)


def test_an_error_in_a_worker_reaches_the_caller() -> None:
    class Broken(Numbers):
        def predict(self, batch: Batch, *, anchors: bool = True) -> list[Prediction]:
            raise RuntimeError(threading.current_thread().name)

    with pytest.raises(RuntimeError, match="worker"):
        predict(Broken(), [count_up(3)], max_tokens=5, runtime=Runtime(threads=2))


def test_the_earlier_window_of_a_document_decides_even_if_it_is_the_shorter_one() -> None:
    """Windows are computed longest first; merging takes them in the order of the text."""

    class Edges(Numbers):
        def _found(self, numbers: tuple[int, ...]) -> Prediction:
            if numbers[0] == 0:  # the first window: an entity of its last two tokens
                return Prediction((Entity(len(numbers) - 2, len(numbers), None, 0.5),), (), ())
            return Prediction((Entity(0, len(numbers), None, 0.5),), (), ())  # the second: all of it

    tokens = [str(k) for k in range(12)]
    tokens[2] = tokens[5] = "."
    model = Edges()
    [found] = predict(model, [Document("d", tuple(tokens))], max_tokens=10)
    assert [len(window) for window in model.seen] == [9, 6]
    assert [(entity.token_start, entity.token_end) for entity in found.entities] == [(4, 6)]


# without anchors, in less memory


@pytest.fixture(scope="module")
def corpus() -> list[Document]:
    """Sentences of many lengths, empty ones between them, and one of 250 tokens."""
    documents = load_corpus("dev")
    words = tuple(token for document in load_corpus("train") for token in document.tokens)[:250]
    return [Document("e", ()), *documents[:20], Document("long", words), Document("e", ()), *documents[20:25]]


def close(left: Sequence[Prediction], right: Sequence[Prediction]) -> bool:
    """Whether entities and triples are the same and their confidences within a millionth."""
    for a, b in zip(left, right, strict=True):
        sure = [[x.confidence or 0.0 for x in (*p.entities, *p.relations)] for p in (a, b)]
        if not torch.allclose(*map(torch.tensor, sure), rtol=0, atol=1e-6):
            return False
    return [part[:2] for part in shown(left)] == [part[:2] for part in shown(right)]


@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
@pytest.mark.parametrize("keep_untagged", [True, False])
def test_leaving_out_anchors_changes_no_triple(
    selective: Callable[[int], JointModel], corpus: list[Document], rounds: int, keep_untagged: bool
) -> None:
    model = selective(rounds)
    model.decoding = Decoding(keep_untagged=keep_untagged)
    full, lean = (predict(model, corpus, max_tokens=60, anchors=anchors) for anchors in (True, False))
    assert sum(len(prediction.relations) for prediction in full) > 100
    assert any(d.tokens and not any(e.tagged for e in p.entities) for d, p in zip(corpus, full, strict=True))
    assert close(full, lean)
    assert all(prediction.anchors is not None for prediction in full)
    assert all(prediction.anchors is None for prediction in lean)


@pytest.mark.parametrize("anchors", [True, False])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_memory_budget_changes_no_triple(
    selective: Callable[[int], JointModel], corpus: list[Document], threads: int, anchors: bool
) -> None:
    model = selective(2)
    free = predict(model, corpus, max_tokens=25, runtime=Runtime(threads=threads), anchors=anchors)
    assert sum(len(prediction.relations) for prediction in free) > 100
    least = least_budget(model.bytes_per_token, longest_range(25))
    used = set()
    for more in (0, 5_000_000, 11_000_000, 60_000_000, 10**12):
        predictor = Predictor(model, max_tokens=25, runtime=Runtime("cpu", threads, least + more), anchors=anchors)
        assert close(free, predictor(corpus)), more
        used.add((predictor.sizes.batch_tokens, predictor.sizes.workspace))
    assert len(used) >= 3, "the budgets do differ in what they lead to"


def test_threads_do_not_change_a_bit_under_a_budget_either(rin: JointModel, corpus: list[Document]) -> None:
    budget = least_budget(rin.bytes_per_token, longest_range(25)) + 12_000_000
    alone, together = (predict(rin, corpus, max_tokens=25, runtime=Runtime("cpu", n, budget)) for n in (1, 3))
    assert alone == together


def test_a_smaller_budget_makes_smaller_batches() -> None:
    longest: list[int] = []
    for budget in (least_budget(20_000, longest_range(50)), 80_000_000, 10**9):
        sizes: list[int] = []

        class Watched(Numbers):
            def predict(self, batch: Batch, *, anchors: bool = True) -> list[Prediction]:
                sizes.append(sum(batch.inputs.lengths))  # noqa: B023  (called before the next turn)
                return super().predict(batch, anchors=anchors)

        model = Watched()
        model.bytes_per_token = 20_000
        predict(model, [count_up(50)] * 40, max_tokens=50, runtime=Runtime(memory_budget=budget))
        longest.append(max(sizes))
    assert longest[0] < longest[1] < longest[2]
    assert longest[2] == BATCH_TOKENS


def test_the_workspace_is_set_once_and_left_to_the_model_without_a_budget() -> None:
    model = Numbers()
    predict(model, [count_up(50)], max_tokens=50)
    assert model.workspaces == [None]
    model.workspaces.clear()
    predictor = Predictor(model, max_tokens=50, runtime=Runtime(memory_budget=40_000_000))
    for _ in range(3):
        predictor([count_up(50)])
    assert model.workspaces == [predictor.sizes.workspace]


def test_a_budget_without_room_for_a_window_is_refused_with_what_it_takes(rin: JointModel) -> None:
    least = least_budget(rin.bytes_per_token, 80)
    message = f"memory_budget is 1000 bytes, but this model takes {least} for a window of 80 tokens; give at least that"
    with pytest.raises(ConfigError, match=message):
        predict(rin, [], max_tokens=80, runtime=Runtime(memory_budget=1000))
    assert predict(rin, [], max_tokens=80, runtime=Runtime(memory_budget=least)) == []


def test_a_cpu_computes_in_float32(rin: JointModel, corpus: list[Document]) -> None:
    whole = Runtime(dtype="float32")
    assert predict(rin, corpus[:9], max_tokens=80, runtime=whole) == predict(rin, corpus[:9], max_tokens=80)
    assert next(rin.parameters()).dtype == torch.float32


def test_on_a_gpu_only_float32_asked_for_is_kept() -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a GPU: there is nothing to cast elsewhere")
    kept: list[torch.dtype] = []

    class Products(Numbers):
        def predict(self, batch: Batch, *, anchors: bool = True) -> list[Prediction]:
            ones = torch.ones(2, 2, device="cuda")
            kept.append((ones @ ones).dtype)
            return super().predict(batch, anchors=anchors)

    predict(Products(), [count_up(3)], max_tokens=5, runtime=Runtime("cuda"))
    predict(Products(), [count_up(3)], max_tokens=5, runtime=Runtime("cuda", dtype="float32"))
    assert kept == [torch.bfloat16, torch.float32]
