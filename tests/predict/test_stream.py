from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from itertools import count, islice

import pytest

from relknit.document import Document
from relknit.predict import Predictor
from relknit.runtime import Runtime
from tests.predict.numbers import Numbers, count_up


class Text(str):
    """A string that can be watched."""


class Source:
    """An endless stream of documents that counts how many were taken, and knows which of them are still alive."""

    def __init__(self, length: int = 20, characters: int = 50) -> None:
        self.taken = 0
        self._length, self._characters = length, characters
        self._alive: weakref.WeakSet[Text] = weakref.WeakSet()

    def __iter__(self) -> Iterator[Document]:
        for number in count(1):
            text = Text(str(number).rjust(self._characters))
            self.taken += 1
            self._alive.add(text)
            yield Document(str(number), count_up(self._length, start=number).tokens, text=text)

    def alive(self) -> int:
        gc.collect()
        return len(list(self._alive))


def predictor(**settings) -> Predictor:
    return Predictor(Numbers(), **{"max_tokens": 100} | settings)


def test_a_stream_gives_what_a_list_gives_in_the_same_order():
    documents = [count_up(n % 70, start=n, name=str(n)) for n in range(300)]
    pairs = list(predictor(max_tokens=30, runtime=Runtime(threads=2)).stream(documents, look_ahead=2_000))
    assert [document for document, _ in pairs] == documents
    assert [prediction for _, prediction in pairs] == predictor(max_tokens=30)(documents)


def test_an_empty_stream_gives_nothing():
    assert list(predictor().stream([])) == []


def test_the_first_answer_comes_after_the_first_document_and_the_next_ones_soon():
    source = Source()
    stream = predictor().stream(source)
    assert source.taken == 0, "nothing is read before somebody asks"
    next(stream)
    assert source.taken == 1
    next(stream)
    assert source.taken < 30


@pytest.mark.parametrize(("characters", "look_ahead"), [(50, 3_000), (900, 10_000), (5_000, 8_000), (0, 5_000)])
def test_no_more_is_read_ahead_than_the_look_ahead_and_a_document(characters, look_ahead):
    source = Source(characters=characters)
    each = max(characters, 1)
    stream = predictor().stream(source, look_ahead=look_ahead)
    for done in range(1, 600):
        next(stream)
        assert (source.taken - done) * each <= look_ahead + each
    assert source.taken > 599 or characters == 5_000, "it does read ahead"


def test_with_no_look_ahead_each_document_is_answered_before_the_next_is_read():
    source = Source()
    stream = predictor().stream(source, look_ahead=0)
    for done in range(1, 20):
        next(stream)
        assert source.taken == done


def test_nothing_is_kept_of_an_endless_stream():
    source = Source()
    stream = predictor().stream(source, look_ahead=1_000)
    highest = 0
    for _ in range(15):
        for _ in islice(stream, 90):
            pass
        highest = max(highest, source.alive())
    assert source.taken >= 1_350
    assert highest <= 1_000 // 50 + 2


def test_a_group_is_gone_before_the_next_is_read():
    alive: list[int] = []

    class Looking(Source):
        def __iter__(self) -> Iterator[Document]:
            for document in super().__iter__():
                if self.taken % 40 == 0:
                    alive.append(self.alive())
                yield document

    for _ in islice(predictor().stream(Looking(), look_ahead=1_000), 500):
        pass
    assert max(alive) <= 1_000 // 50 + 2


def test_what_the_stream_raises_comes_after_the_answers_to_what_was_before():
    def broken() -> Iterator[Document]:
        for number in range(137):
            yield count_up(10, start=number, name=str(number))
        raise OSError("the disk is gone")

    seen = []
    with pytest.raises(OSError, match="the disk is gone"):
        for document, _ in predictor().stream(broken()):
            seen.append(document.id)
    assert seen == [str(number) for number in range(137)]


def test_a_stream_that_breaks_at_once_gives_its_error():
    def broken() -> Iterator[Document]:
        raise ValueError("no")
        yield

    with pytest.raises(ValueError, match="no"):
        next(predictor().stream(broken()))


def test_a_smaller_budget_reads_less_ahead():
    furthest = []
    for budget in (34_000_000, 36_000_000, 10**9):
        source, most = Source(characters=500), 0
        for done, _ in enumerate(islice(predictor(runtime=Runtime(memory_budget=budget)).stream(source), 500), 1):
            most = max(most, source.taken - done)
        furthest.append(most)
    assert furthest == sorted(set(furthest))


def test_a_stream_left_half_way_reads_no_more():
    source = Source()
    stream = predictor().stream(source, look_ahead=1_000)
    for _ in islice(stream, 30):
        pass
    taken = source.taken
    stream.close()
    assert source.taken == taken
    assert source.alive() <= 1
