from __future__ import annotations

import re
import unicodedata
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.rename import Renamer
from relknit.document import AnchorTriple, Document, Entity, Relation
from relknit.errors import ConfigError

KINDS = ("given", "surname", "place", "organisation", "thing")
LISTS = ("train", "evaluation")
RENAMER = Renamer(0)


def sentence(words: str, *spans: tuple[int, int], identity: str = "1") -> Document:
    return Document(identity, tuple(words.split()), tuple(Entity(a, b) for a, b in spans))


def renamed(words: str, *spans: tuple[int, int], renamer: Renamer = RENAMER) -> tuple[str, ...]:
    return renamer.rename(sentence(words, *spans)).tokens


def renamed_token(token: str, seed: int = 0) -> str:
    (new,) = renamed(token, (0, 1), renamer=Renamer(seed))
    return new


def read(name: str) -> list[str]:
    text = (files("relknit") / "shipped" / "names" / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def all_words(names: str) -> set[str]:
    return {word for kind in KINDS for word in read(f"{names}_{kind}")}


def test_entity_words_change_and_all_others_stay():
    tokens = renamed("Ada Holm lives in Bo .", (0, 2), (4, 5))
    assert tokens[2:4] == ("lives", "in")
    assert tokens[5] == "."
    assert {tokens[0], tokens[1], tokens[4]} <= all_words("evaluation")


def test_spans_relations_anchors_and_pos_keep_their_places():
    document = Document(
        "1",
        ("Ada", "met", "Bo"),
        (Entity(0, 1, "PER", 0.5), Entity(2, 3, "PER")),
        (Relation(0, 1, "met"),),
        pos=("NNP", "VBD", "NNP"),
        anchors=(AnchorTriple(0, "met", 2),),
    )
    new = RENAMER.rename(document)
    assert new.tokens != document.tokens
    for field in ("id", "entities", "relations", "pos", "anchors"):
        assert getattr(new, field) == getattr(document, field)


def test_a_name_repeated_without_a_span_gets_the_same_new_name():
    tokens = renamed("Ada Holm sings , says Holm", (0, 2))
    assert tokens[5] == tokens[1] != "Holm"


def test_nested_names_stay_nested():
    tokens = renamed("New Holm Opera stands in New Holm", (0, 3), (0, 2), (5, 7))
    assert tokens[0:2] == tokens[5:7]
    assert len(set(tokens[0:3])) == 3


def test_unknown_list_of_names_is_refused():
    with pytest.raises(ConfigError, match="names is 'test', expected one of train, evaluation"):
        Renamer(0, names="test")  # type: ignore[arg-type]


def test_seed_and_id_alone_decide_the_names():
    first, second = sentence("Ada met Bo", (0, 1)), sentence("Cem met Bo", (0, 1), identity="2")
    renamer = Renamer(7)
    forwards = [renamer.rename(first), renamer.rename(second)]
    assert [renamer.rename(second), renamer.rename(first)] == forwards[::-1]
    assert Renamer(7).rename(first) == forwards[0]


def test_another_seed_another_id_and_the_other_list_give_other_names():
    document = sentence("Ada Holm met Bo Brandt", (0, 2), (3, 5))
    other_id = sentence("Ada Holm met Bo Brandt", (0, 2), (3, 5), identity="2")
    results = [
        Renamer(0).rename(document),
        Renamer(1).rename(document),
        Renamer(0, names="train").rename(document),
        Renamer(0).rename(other_id),
    ]
    assert len({result.tokens for result in results}) == 4


@pytest.mark.parametrize("names", LISTS)
def test_each_list_draws_from_its_own_words(names):
    tokens = renamed("Ada Holm Brandt Cem Dag", (0, 5), renamer=Renamer(3, names=names))
    assert set(tokens) <= all_words(names)


@pytest.mark.parametrize("word", ["of", "the", "de", "The", "July", "St.", "&", ",", "(", "’"])
def test_function_words_months_titles_and_punctuation_stay(word):
    tokens = renamed(f"Order {word} Holm", (0, 3))
    assert tokens[1] == word
    assert tokens[0] != "Order"
    assert tokens[2] != "Holm"


def test_lower_case_words_of_a_capitalised_name_stay():
    tokens = renamed("Tamil language and fried Holm", (0, 2), (3, 5))
    assert tokens[1:4] == ("language", "and", "fried")


def test_a_name_all_in_lower_case_becomes_made_up_lower_case_words():
    tokens = renamed("a bowl of bakso or test pilot", (3, 4), (5, 7))
    assert {tokens[3], tokens[5], tokens[6]} <= set(read("evaluation_thing"))


def test_lower_case_word_kept_in_one_name_is_still_renamed_as_a_name_of_its_own():
    tokens = renamed("Bakso soup is soup", (0, 2), (3, 4))
    assert tokens[1] == tokens[3] in read("evaluation_thing")


def test_a_description_that_begins_with_a_function_word_is_kept():
    assert renamed("He speaks the language", (2, 4)) == ("He", "speaks", "the", "language")


@pytest.mark.parametrize(
    ("token", "pattern"),
    [
        ("NATO", r"[B-Z][AEIOU][B-Z][AEIOU]"),
        ("A.C.", r"[AEIOU]\.[B-Z]\."),
        ("U.S", r"[A-Z]\.[A-Z]"),
        ("7", r"[1-9]"),
        ("1932", r"(1[89]\d\d|20[0-2]\d)"),
        ("845", r"[1-9]\d\d"),
        ("3048.0", r"[1-9]\d\d\d\.0"),
        ("-3.05", r"-[1-9]\.0[1-9]"),
        ("1,000", r"[1-9],000"),
        ("00", r"00"),
        ("1932-11-26", r"(1[89]|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])"),
        ("26", r"(1\d|2\d|3[01])"),
        ("11th", r"(10|1[1-9]|2[04-9]|30)th|2[0-9](st|nd|rd)|31st"),
        ("F-16", r"[A-Z]-\d\d"),
        ("3Arena", r"[1-9][A-Z]\w{3,}"),
        ("al-Holm", r"al-[A-Z]\w{3,}"),
        ("Holm-Brandt", r"[A-Z]\w{3,}-[A-Z]\w{3,}"),
        ("O'Holm", r"O'[A-Z]\w{3,}"),
        ("McHolm", r"[A-Z]\w{3,}"),
        ("Ødegård", r"[A-Z]\w{3,}"),
        ("Holm.com", r"[A-Z]\w{3,}\.com"),
        ("StÃ¶ger", r"[A-Z]\w{3,}"),
        ("Madridâ€", r"[A-Z]\w{3,}"),
    ],
)
def test_new_token_has_the_shape_of_the_old(token, pattern):
    for seed in range(20):
        assert re.fullmatch(pattern, renamed_token(token, seed)), renamed_token(token, seed)


@pytest.mark.parametrize("token", ["11th", "1st", "22nd", "103rd"])
def test_ordinals_end_as_their_number_asks(token):
    for seed in range(40):
        number, suffix = re.fullmatch(r"(\d+)(\w\w)", renamed_token(token, seed)).groups()
        teen = int(number) % 100 in (11, 12, 13)
        assert suffix == ("th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(int(number) % 10, "th"))


def test_two_numbers_never_become_one():
    for seed in range(30):
        tokens = renamed("1 2 3 4 5", (0, 1), (1, 2), (2, 3), (3, 4), (4, 5), renamer=Renamer(seed))
        assert len(set(tokens)) == 5


def test_numbers_stay_when_no_other_is_free():
    digits = tuple("123456789")
    document = Document("1", digits, tuple(Entity(k, k + 1) for k in range(9)))
    assert RENAMER.rename(document).tokens == digits


def test_an_empty_document_and_one_without_entities_come_back_as_they_are():
    for document in (Document("1", ()), Document("1", ("Ada", "sings"), text="Ada sings", offsets=((0, 3), (4, 9)))):
        assert RENAMER.rename(document) == document


def placed(text: str, offsets: list[tuple[int, int] | None], tokens: list[str], *spans: tuple[int, int]) -> Document:
    entities = tuple(Entity(a, b) for a, b in spans)
    return Document("1", tuple(tokens), entities, text=text, offsets=tuple(offsets))


def test_text_is_rewritten_around_the_new_names():
    text = "  Ada Holm, of Bo!"
    document = placed(
        text,
        [(2, 5), (6, 10), (10, 11), (12, 14), (15, 17), (17, 18)],
        ["Ada", "Holm", ",", "of", "Bo", "!"],
        (0, 2),
        (4, 5),
    )
    new = RENAMER.rename(document)
    assert new.text == f"  {new.tokens[0]} {new.tokens[1]}, of {new.tokens[4]}!"
    assert [new.text[a:b] for a, b in new.offsets] == list(new.tokens)


def test_text_of_unchanged_tokens_is_kept_even_where_it_differs_from_the_token():
    document = placed('"Ada"', [(0, 1), (1, 4), (4, 5)], ["``", "Ada", "''"], (1, 2))
    new = RENAMER.rename(document)
    assert new.text == f'"{new.tokens[1]}"'
    assert new.tokens[0] == "``"


def test_unplaced_token_outside_the_names_stays_unplaced():
    document = placed("Ada – sings", [(0, 3), None, (6, 11)], ["Ada", "-", "sings"], (0, 1))
    new = RENAMER.rename(document)
    assert new.text == f"{new.tokens[0]} – sings"
    assert new.offsets[1] is None


@pytest.mark.parametrize(
    "document",
    [
        placed("Ada Holm", [(0, 3), None], ["Ada", "Hulm"], (0, 2)),
        placed("AdaHolm", [(0, 4), (3, 7)], ["Ada", "Holm"], (1, 2)),
        Document("1", ("Ada", "sings"), (Entity(0, 1),), text="Ada sings"),
    ],
    ids=["a renamed token without an offset", "tokens that share characters", "no offsets"],
)
def test_a_text_that_cannot_be_rewritten_is_dropped_since_it_still_has_the_name(document):
    new = RENAMER.rename(document)
    assert (new.text, new.offsets) == (None, None)
    assert new.tokens != document.tokens


WORDS = "Ada Holm holm of The bakso NATO A.C. 7 12 1932 3048.0 F-16 , al-Holm 東京"


@st.composite
def documents(draw) -> Document:
    """Tokens one space apart with any entities, nested ones too, and text with offsets."""
    tokens = tuple(draw(st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=12)))
    length = len(tokens)
    span = st.tuples(st.integers(0, length - 1), st.integers(1, 4)).map(lambda s: (s[0], min(s[0] + s[1], length)))
    entities = tuple(Entity(a, b) for a, b in draw(st.lists(span, max_size=5, unique=True)))
    starts = [1 + sum(len(token) + 1 for token in tokens[:k]) for k in range(length)]
    offsets = tuple((start, start + len(token)) for start, token in zip(starts, tokens, strict=True))
    return Document(draw(st.text(max_size=3)), tokens, entities, text=" " + " ".join(tokens), offsets=offsets)


@given(documents(), st.integers(0, 3), st.sampled_from(LISTS))
def test_old_and_new_tokens_correspond_one_to_one_and_the_text_follows(document, seed, names):
    new = Renamer(seed, names=names).rename(document)
    pairs = set(zip(document.tokens, new.tokens, strict=True))
    assert len({old for old, _ in pairs}) == len(pairs)
    assert len({fresh for _, fresh in pairs}) == len(pairs)
    inside = {document.tokens[k] for e in document.entities for k in range(e.token_start, e.token_end)}
    assert all(old == fresh for old, fresh in pairs if old not in inside)
    assert [new.text[a:b] for a, b in new.offsets] == list(new.tokens)
    assert new.text == " " + " ".join(new.tokens)


@given(documents())
def test_capitalised_names_inside_entities_never_survive(document):
    new = RENAMER.rename(document)
    named = {k for e in document.entities for k in range(e.token_start, e.token_end)}
    assert all(
        new.tokens[k] != document.tokens[k] for k in named if document.tokens[k] in ("Ada", "Holm", "NATO", "A.C.")
    )


def test_there_are_well_over_a_thousand_names_and_none_is_listed_twice():
    words = [word for names in LISTS for kind in KINDS for word in read(f"{names}_{kind}")]
    assert len(words) >= 1500
    assert len({word.lower() for word in words}) == len(words)


def test_training_and_evaluation_names_share_no_word():
    train, evaluation = ({word.lower() for word in all_words(names)} for names in LISTS)
    assert train.isdisjoint(evaluation)


@pytest.mark.parametrize("names", LISTS)
def test_listed_names_are_single_words_in_the_case_of_their_kind(names):
    for kind in KINDS:
        for word in read(f"{names}_{kind}"):
            assert word.isalpha()
            assert len(word) >= 4
            assert word.islower() if kind == "thing" else word[0].isupper() and word[1:].islower()


@pytest.mark.parametrize(
    ("token", "script"),
    [
        ("Мария", "CYRILLIC"),
        ("東京", "CJK"),
        ("トヨタ", "KATAKANA"),
        ("서울", "HANGUL"),
        ("بغداد", "ARABIC"),
        ("नई", "DEVANAGARI"),
    ],
)
def test_a_name_keeps_its_script(token, script):
    new = renamed_token(token)
    assert new != token
    assert len(new) == len(token)
    assert all(unicodedata.name(c).startswith(script) for c in new)
    assert [c.isupper() for c in new] == [c.isupper() for c in token]
