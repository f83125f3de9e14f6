from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.text.tokenise import Token, token_rule, tokenise

# pieces that meet at the seams of the rules: stops, quotes, clitics, marks, letters of many scripts, damage
WORDS = """a Dr. U.S. F.C . .. ... ' '' ’ ‘ ` `` - -- n't 's , : ( ) " “ ” ! ? & 中 文 。 é e\u0301 5 שלום The ﬁ İ"""
ODD = ["👩\u200d⚕\ufe0f", "👍\U0001f3fd", "#\ufe0f\u20e3", "\u202e", "\x00", "\ud800", "\ufeff", "\u200d"]
PIECES = st.sampled_from([*WORDS.split(), *ODD, " ", "\n", "\n\n", "\u2029"])
TEXTS = st.one_of(
    st.text(), st.text(st.characters()), st.lists(PIECES, max_size=40).map("".join), st.text(".' a", max_size=30)
)
MANY = 200_000


def words(text: str) -> list[str]:
    return [token.text for token in tokenise(text)]


@given(TEXTS)
def test_every_offset_cuts_its_own_token_out_of_the_text(text: str) -> None:
    assert all(text[token.start : token.end] == token.text for token in tokenise(text))


@given(TEXTS)
def test_every_character_but_white_space_is_in_exactly_one_token(text: str) -> None:
    covered = [position for token in tokenise(text) for position in range(token.start, token.end)]
    assert covered == [position for position, char in enumerate(text) if not char.isspace()]


@given(TEXTS)
def test_tokens_are_never_empty_and_contain_no_white_space(text: str) -> None:
    assert all(token.text and not any(map(str.isspace, token.text)) for token in tokenise(text))


@given(TEXTS, TEXTS)
def test_a_blank_line_parts_texts_that_are_tokenised_alike_alone_and_together(left: str, right: str) -> None:
    together = tokenise(f"{left}\n\n{right}")
    shift = len(left) + 2
    assert together == tokenise(left) + [Token(t.text, t.start + shift, t.end + shift) for t in tokenise(right)]


@given(st.lists(st.text("abcXYZ0189éß", min_size=1), max_size=20))
def test_plain_words_are_what_is_between_spaces(plain: list[str]) -> None:
    assert words(" ".join(plain)) == plain


def test_a_token_knows_its_place() -> None:
    assert tokenise(" Ada  ran.") == [Token("Ada", 1, 4), Token("ran", 6, 9), Token(".", 9, 10)]


def test_nothing_gives_no_tokens() -> None:
    assert tokenise("") == tokenise(" \n\t\u3000") == []


def test_marks_stand_alone() -> None:
    assert " ".join(words('(Ada, "Bo"; C&D!) [50%]')) == '( Ada , " Bo " ; C & D ! ) [ 50 % ]'


def test_numbers_times_and_abbreviated_names_stay_whole() -> None:
    whole = ["1,533", "10:30", "3.14", "A380", "3D", "1980s", "21st", "www.a-b.com", "$", "5"]
    assert words(" ".join(whole[:-2]) + " $5") == whole


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Ada (1815–1852)", ["Ada", "(", "1815", "–", "1852", ")"]),
        ("1815-1852", ["1815", "-", "1852"]),
        ("German-born", ["German", "-", "born"]),
        ("Kestrel-owned Jean-Paul", ["Kestrel", "-", "owned", "Jean", "-", "Paul"]),
        ("Rome/Milan", ["Rome", "/", "Milan"]),
        ("5km 20kg USD5m", ["5", "km", "20", "kg", "USD", "5", "m"]),
        ("- a dash-", ["-", "a", "dash-"]),
    ],
)
def test_names_and_numbers_in_compounds_are_words(text, parts) -> None:
    assert words(text) == parts
    assert all(text[token.start : token.end] == token.text for token in tokenise(text))


def test_the_treebank_rule_splits_only_ranges_and_a_few_endings() -> None:
    found = [token.text for token in tokenise("14L/32R 2014–15 blue-green 1930-01-20 5km Bonn-born", "treebank")]
    assert found == ["14L/32R", "2014", "–", "15", "blue-green", "1930-01-20", "5km", "Bonn", "-", "born"]


@pytest.mark.parametrize("rule", ["fine", "treebank"])
def test_the_rule_of_data_is_known_from_its_tokens(rule) -> None:
    text = "The German-Austrian poet of Rome/Milan and Jean-Paul (1815-1852) ran 5km."
    assert token_rule(token.text for token in tokenise(text, rule)) == rule


def test_a_comma_or_colon_before_a_letter_parts_words() -> None:
    assert words("Illinois,is a:b") == ["Illinois", ",", "is", "a", ":", "b"]


@pytest.mark.parametrize("apostrophe", ["'", "’"])
def test_clitics_are_split_off_with_either_apostrophe(apostrophe: str) -> None:
    text = "NASA's don't I'm we'll they've you're he'd IT'S".replace("'", apostrophe)
    plain = "NASA 's do n't I 'm we 'll they 've you 're he 'd IT 'S"
    assert " ".join(words(text)) == plain.replace("'", apostrophe)


def test_an_apostrophe_inside_a_name_stays() -> None:
    assert words("Marc'Antonio L’Engle rock'n'roll") == ["Marc'Antonio", "L’Engle", "rock'n'roll"]


def test_apostrophes_around_words_are_quotes() -> None:
    assert " ".join(words("the 'Technical Campus', players' ‘B’.")) == "the ' Technical Campus ' , players ' ‘ B ’ ."


def test_words_that_begin_with_an_apostrophe_stay_whole() -> None:
    assert words("Hook 'em in the '90s , 'tis") == ["Hook", "'em", "in", "the", "'90s", ",", "'tis"]


def test_a_quoted_name_with_a_clitic_and_a_stop_falls_into_four() -> None:
    assert words("'America's.'") == ["'", "America", "'s", ".", "'"]


def test_the_last_stop_is_its_own_token_even_after_an_abbreviation() -> None:
    assert words("He left the U.S.") == ["He", "left", "the", "U.S", "."]
    assert words("He left (the U.S.)") == ["He", "left", "(", "the", "U.S", ".", ")"]


def test_a_stop_before_a_blank_line_is_its_own_token() -> None:
    assert words("the U.S.\n \nNext") == ["the", "U.S", ".", "Next"]
    assert words("the U.S.\nSenate") == ["the", "U.S.", "Senate"]


def test_abbreviations_and_initials_keep_their_stop_inside_a_sentence() -> None:
    text = "Dr. J. K. Ray of St. Louis, the U.S. Senate and Vincent-St. Mary"
    assert " ".join(words(text)) == "Dr. J. K. Ray of St. Louis , the U.S. Senate and Vincent - St. Mary"


def test_an_abbreviation_before_a_word_that_opens_sentences_gives_its_stop_up() -> None:
    assert words("in the U.S. The end") == ["in", "the", "U.S", ".", "The", "end"]
    assert words("by J. A. Smith") == ["by", "J.", "A.", "Smith"]


def test_an_unlisted_word_gives_its_stop_up_as_in_the_benchmark() -> None:
    assert words("F.C. Bari won. they") == ["F.C", ".", "Bari", "won", ".", "they"]


def test_a_stop_before_a_comma_or_a_letter_belongs_to_the_word() -> None:
    assert words("Math., see a.b") == ["Math.", ",", "see", "a.b"]


def test_no_is_an_abbreviation_only_before_a_number() -> None:
    assert words("No. 5 says no. Never") == ["No.", "5", "says", "no", ".", "Never"]


def test_two_stops_are_an_abbreviation_and_an_end() -> None:
    assert words("made in the U.S.. He") == ["made", "in", "the", "U.S.", ".", "He"]


def test_dots_dashes_and_doubled_quotes_are_one_token_each() -> None:
    assert words("so... ----well -- ``x''") == ["so", "...", "----", "well", "--", "``", "x", "''"]


def test_ideographs_are_one_token_each_and_kana_and_hangul_are_words() -> None:
    assert words("他来了。東京タワー 서울은") == ["他", "来", "了", "。", "東", "京", "タワー", "서울은"]


def test_emoji_sequences_and_keycaps_are_not_broken() -> None:
    family, keycap, thumb = "👨\u200d👩\u200d👧", "#\ufe0f\u20e3", "👍\U0001f3fd"
    assert words(f"{family} {keycap} {thumb}") == [family, keycap, thumb]


@given(st.lists(st.sampled_from(["a", "(", "中", "é", "👍", "—", "&"]), min_size=1))
def test_a_combining_mark_stays_with_what_it_modifies(letters: list[str]) -> None:
    text = "".join(letter + "\u0301" for letter in letters)
    assert not any(unicodedata.combining(token.text[0]) for token in tokenise(text))


def test_a_byte_order_mark_does_not_stick_to_the_first_word() -> None:
    assert words("\ufeffAda") == ["\ufeff", "Ada"]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000_000,
        "(" * MANY,
        "😀" * MANY,
        "'" * MANY,
        "’" * MANY,
        "." * MANY,
        "a." * MANY,
        "a.'" * MANY,
        "'s" * MANY,
        "a." + ")" * MANY,
        "a." + " " * MANY,
        "a." + "\n" + " " * MANY,
        "a\u0301" * MANY,
        ("a." + " " * 1000) * 1000,
        ("U.S." + " (" * 500) * 1000,
    ],
    ids=lambda text: f"{len(text)} of {text[:6]!r}",
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    tokens = tokenise(text)
    assert tokens[0].start == 0
    assert sum(token.end - token.start for token in tokens) == sum(map(len, text.split()))
