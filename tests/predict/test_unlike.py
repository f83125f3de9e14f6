import pytest

from relknit.predict.unlike import unlike_training
from relknit.text.read import read_text

WORDS = "alan bean was born in wheeler texas and a test pilot of the crew dish from spain"
KNOWN = set(WORDS.split())


def unlike(text, *, has_capitals=True, knows=lambda word: word.lower() in KNOWN):
    return unlike_training(read_text(text).tokens, knows=knows, has_capitals=has_capitals)


PLAIN = "Alan Bean was born in Wheeler, Texas, and was a test pilot of the crew."


def test_a_text_like_the_training_data_is_not_noticed():
    assert unlike(PLAIN) == ()


def test_a_text_in_lower_case_or_in_capitals_is_noticed():
    assert unlike(PLAIN.lower()) == ("lower case",)
    assert unlike(PLAIN.upper()) == ("capitals",)


def test_a_model_trained_without_capitals_expects_none():
    assert unlike(PLAIN.lower(), has_capitals=False) == ()


@pytest.mark.parametrize(
    "text",
    ["Alan Bean wurde am 15. März 1932 in Wheeler in Texas geboren.", "Алан Бин родился 15 марта 1932 года в Техасе."],
)
def test_another_language_is_noticed(text):
    assert unlike(text) == ("language",)


def test_names_that_are_not_known_are_no_other_language():
    assert unlike("Gudrun Osterberg was born in Quernholm and was a pilot of the Vastra crew.") == ()


def test_a_short_text_says_too_little():
    assert unlike("in spain") == unlike("IBM") == unlike("Guten Tag") == unlike("") == ()


def test_a_model_that_does_not_know_its_words_names_no_language():
    assert unlike("Er wurde am Montag in der Stadt geboren.", knows=lambda word: None) == ()
