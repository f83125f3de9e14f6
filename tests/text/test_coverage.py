from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.corpus import load_corpus
from relknit.document import Document
from relknit.errors import ConfigError, DataError
from relknit.extractor import Extractor
from relknit.predict import Predictor
from relknit.text.coverage import Coverage, Window, coverage
from relknit.text.read import read_text
from relknit.text.windows import longest_range, reading_ranges, sentence_ranges
from tests.predict.numbers import Numbers

TWO = "Ada lived  here. Bo left her.\n"
TEXTS = st.text(st.sampled_from("ab.A !?\n\t,'’日😀"), max_size=120)


def test_a_short_text_is_read_in_one_window_but_for_its_white_space():
    found = coverage(read_text(TWO), 80)
    assert found == Coverage(
        characters=30,
        max_tokens=80,
        windows=(Window(0, 29, 0, 8),),
        skipped=((3, 4), (9, 11), (16, 17), (19, 20), (24, 25), (29, 30)),
        unread=(),
        read_again=0,
    )
    assert (found.read, found.is_complete) == (23, True)


def test_a_long_text_is_read_in_windows_that_overlap_by_a_sentence():
    found = coverage(read_text("Ada lived. Bo left. Cy sang."), 6)
    assert found.windows == (Window(0, 19, 0, 6), Window(11, 28, 3, 9))
    assert found.read_again == len("Boleft.")
    assert found.read == 28 - 5


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_a_text_without_words_has_no_window(text):
    found = coverage(read_text(text), 5)
    assert (found.windows, found.read, found.is_complete) == ((), 0, True)
    assert found.skipped == (((0, len(text)),) if text else ())


@given(TEXTS, st.integers(1, 12))
def test_every_character_is_in_a_window_or_is_white_space(text, most):
    found = coverage(read_text(text), most)
    skipped = {place for start, end in found.skipped for place in range(start, end)}
    held = {place for window in found.windows for place in range(window.start, window.end)}
    assert skipped == {place for place, letter in enumerate(text) if letter.isspace()}
    assert held | skipped == set(range(len(text)))
    assert found.read == len(text) - len(skipped)
    assert found.is_complete
    assert all(0 < window.token_end - window.token_start <= longest_range(most) for window in found.windows)


@given(TEXTS, st.integers(1, 12))
def test_characters_read_again_are_those_in_several_windows(text, most):
    found = coverage(read_text(text), most)
    times = [sum(w.start <= place < w.end for w in found.windows) for place in range(len(text))]
    assert found.read_again == sum(n > 1 and not text[place].isspace() for place, n in enumerate(times))


def test_the_windows_of_an_entity_are_those_that_contain_all_of_it():
    found = coverage(read_text("Ada lived. Bo left. Cy sang."), 6)
    first, second = found.windows
    assert found.windows_of(0, 3) == (first,)
    assert found.windows_of(11, 13) == (first, second)
    assert found.windows_of(4, 22) == ()


def test_characters_that_no_token_has_are_called_unread():
    gap = Document("1", ("Ada", "here"), text="Ada is here ", offsets=((0, 3), (7, 11)))
    found = coverage(gap, 80)
    assert found.skipped == ((3, 7), (11, 12))
    assert found.unread == ((3, 7),)
    assert not found.is_complete


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (Document("7", ("Ada",)), "document 7 has no text with offsets"),
        (Document("7", ("Ada",), text="Ada"), "document 7 has no text with offsets"),
        (
            Document("7", ("Ada", "left"), text="Ada", offsets=((0, 3), None)),
            r"document 7: token 1 \('left'\) has no offset",
        ),
    ],
)
def test_a_document_without_places_is_refused(document, message):
    with pytest.raises(DataError, match=message):
        coverage(document, 80)


def test_a_window_of_no_tokens_is_refused():
    with pytest.raises(ConfigError, match="max_tokens is 0"):
        coverage(read_text("Ada"), 0)


def test_it_is_json():
    found = coverage(read_text("Ada lived. Bo left. Cy sang."), 6).to_dict()
    assert json.loads(json.dumps(found)) == found
    assert found["windows"] == [
        {"start": 0, "end": 19, "token_start": 0, "token_end": 6},
        {"start": 11, "end": 28, "token_start": 3, "token_end": 9},
    ]
    assert (found["characters"], found["read"], found["read_again"], found["max_tokens"]) == (28, 23, 7, 6)
    assert found["skipped"] == [[3, 4], [10, 11], [13, 14], [19, 20], [22, 23]]
    assert found["unread"] == []


def test_a_document_is_read_whole_where_it_fits_else_in_windows():
    document = read_text("Ada lived. Bo left. Cy sang.")
    assert reading_ranges(document, 9) == [(0, 9)]
    assert reading_ranges(document, 8) == [(0, 6), (3, 9)]
    assert sentence_ranges(document) == [(0, 3), (3, 6), (6, 9)]
    assert reading_ranges(read_text(""), 8) == [(0, 0)]


class Watched(Numbers):
    """Keeps the tokens of every piece of text that reaches the model."""

    def __init__(self):
        super().__init__()
        self.read = []

    def prepare(self, document, *, labelled=False):
        self.read.append(document.tokens)
        return super().prepare(replace(document, tokens=tuple("1" for _ in document.tokens)))


@pytest.mark.parametrize("most", [1, 7, 23, 80])
def test_what_is_reported_is_what_reaches_the_model(most):
    sentences = [document.text for document in load_corpus("dev")]
    for text in ("", sentences[0], " ".join(sentences[:12]), "word " * 200, "\n\n".join(sentences[12:20])):
        document, model = read_text(text), Watched()
        Predictor(model, max_tokens=most)([document])
        reported = [document.tokens[w.token_start : w.token_end] for w in coverage(document, most).windows]
        assert sorted(tokens for tokens in model.read if tokens) == sorted(reported)


def test_an_extractor_reports_with_its_models_own_windows(tiny_model, tiny_encoder):
    from relknit.checkpoint import SavedModel, TrainingData

    saved = SavedModel(tiny_model(), TrainingData(max_tokens=6))
    extractor = Extractor(saved)
    text = "Ada lived. Bo left. Cy sang."
    assert extractor.coverage(text) == coverage(read_text(text), 6)
    assert extractor.coverage(extractor(text)) == extractor.coverage(text)
    with pytest.raises(DataError, match="has no text"):
        extractor.coverage(Document("1", ("Ada",)))
