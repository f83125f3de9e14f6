"""Words to word pieces: every word has some, each word by itself, and nothing is cut, filled up or taken for a command."""

import base64
import copy
import json
import sys
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

pytest.importorskip("transformers")

from relknit.encoders.transformer.pretrained import read_transformer
from relknit.encoders.transformer.word_pieces import PieceRules, WordPieces, tokenizer_of, words_begin_with_space
from relknit.errors import ConfigError, MissingExtraError
from relknit.extras import import_extra
from tests.tiny_transformer import PIECES, SPECIAL, WORDS, make_transformer

NUMBER = {piece: number for number, piece in enumerate((*SPECIAL, *PIECES, *WORDS))}
UNKNOWN = NUMBER["[UNK]"]


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    return read_transformer(str(make_transformer(tmp_path_factory.mktemp("tiny"))))


@pytest.fixture(scope="module")
def pieces(parts):
    return WordPieces(parts.tokenizer, parts.rules)


def numbers(*names):
    return [NUMBER[name] for name in names]


def test_words_become_the_pieces_that_the_hand_finds(pieces):
    found, counts = pieces(["Ada", "Lovelace", "left", "Lovton", "."])
    assert found == numbers("ada", "lov", "##ela", "##ce", "left", "lov", "##ton", ".")
    assert counts == [1, 3, 1, 2, 1]


STORED = TypeAdapter(PieceRules)


@pytest.mark.parametrize(
    "word", ["", "\u200b", "\x00", "\x07\x7f", "\ufffd", " ", "\u00a0", "\ufeff", "😀", "漢", "\u0301"]
)
def test_odd_words_have_one_unknown_piece_and_move_no_other(pieces, word):
    found, counts = pieces(["ada", word, "left"])
    assert counts == [1, 1, 1]
    assert found[::2] == numbers("ada", "left")
    assert found[1] == UNKNOWN


def test_half_of_a_character_pair_is_a_question_mark(pieces):
    assert pieces(["ada", "\ud800", "a\udfff"]) == pieces(["ada", "?", "a?"])


def test_a_word_with_a_space_inside_is_still_one_word(pieces):
    assert pieces(["ada left", "in"]) == (numbers("ada", "left", "in"), [2, 1])


def test_no_words_have_no_pieces(pieces):
    assert pieces([]) == ([], [])


def test_nothing_is_cut_or_filled_up_whatever_the_tokenizer_says(pieces, parts):
    assert parts.tokenizer["truncation"] is not None  # or this would show nothing
    assert parts.tokenizer["padding"] is not None
    found, counts = pieces(["ada"] * 500)
    assert found == numbers("ada") * 500
    assert counts == [1] * 500
    assert len(pieces(["ada"])[0]) == 1


def test_a_word_that_reads_like_a_special_piece_is_text(pieces):
    found, counts = pieces(["[SEP]", "[MASK]"])
    assert found == numbers("[", "sep", "]", "[", "mask", "]")
    assert counts == [3, 3]


def test_a_copy_still_takes_special_pieces_for_text(pieces):
    assert copy.deepcopy(pieces)(["[SEP]"]) == pieces(["[SEP]"])


def test_repair_is_a_choice(parts):
    assert WordPieces(parts.tokenizer, parts.rules)(["-LSB-"])[0] == numbers("[")
    assert WordPieces(parts.tokenizer, parts.rules, repair=False)(["-LSB-"])[0] != numbers("[")


@given(words=st.lists(st.text(max_size=12), max_size=8))
def test_each_word_has_the_pieces_that_it_has_alone(pieces, words):
    found, counts = pieces(words)
    alone = [pieces([word])[0] for word in words]
    assert counts == [len(own) for own in alone]
    assert min(counts, default=1) >= 1
    assert found == [piece for own in alone for piece in own]
    assert all(0 <= piece < pieces.count for piece in found)


def test_the_largest_number_bounds_all_pieces(pieces):
    assert pieces.count == len(NUMBER)


def test_byte_level_tokenizers_read_a_word_as_one_after_a_space():
    import tokenizers

    vocabulary = {"Ġ": 0, "a": 1, "Ġa": 2, "b": 3}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, [("Ġ", "a")]))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    content = json.loads(tokenizer.to_str())
    rules = PieceRules(0, 0, (), (), 9)
    assert WordPieces(content, rules)(["ab", "a"]) == ([1, 3, 1], [2, 1])
    assert WordPieces(words_begin_with_space(content), rules)(["ab", "a"]) == ([2, 3, 2], [2, 1])
    inside = content | {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [content["pre_tokenizer"]]}}
    assert WordPieces(words_begin_with_space(inside), rules)(["a"]) == ([2], [1])
    assert words_begin_with_space(content | {"pre_tokenizer": None})["pre_tokenizer"] is None


@pytest.mark.parametrize("content", [{}, {"model": {"type": "Other"}}, {"version": 3}])
def test_what_is_no_tokenizer_is_a_value_error(content):
    with pytest.raises(ConfigError, match="tokenizer"):
        tokenizer_of(content)


RULES = PieceRules(unknown=1, padding=0, before=(2,), after=(3, 3), most=10)


def test_rules_come_back_from_their_plain_values():
    assert STORED.validate_json(STORED.dump_json(RULES)) == RULES
    assert RULES.room == 7
    assert RULES.largest == 3


@pytest.mark.parametrize(
    "change",
    [
        {"unknown": -1},
        {"unknown": "1"},
        {"padding": None},
        {"most": 3},
        {"most": True},
        {"before": [1.5]},
        {"after": 3},
        {"after": ["a"]},
    ],
)
def test_rules_that_cannot_be_are_refused(change):
    with pytest.raises((ValidationError, ConfigError)):
        STORED.validate_json(json.dumps(asdict(RULES) | change))


def test_without_the_extra_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'relknit\[transformers\]'"):
        import_extra("transformers", "transformers")


def charsmap(text):
    """A map of SentencePiece with an empty trie and one text."""
    trie = bytes(1024)
    return base64.b64encode(len(trie).to_bytes(4, "little") + trie + text.encode() + b"\0").decode()


def precompiled(text):
    return {"type": "Precompiled", "precompiled_charsmap": charsmap(text)}


def test_replacements_as_long_as_those_of_published_tokenizers_are_allowed(parts):
    steps = [{"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"}, precompiled("\ufdfa".lower() * 18)]
    content = parts.tokenizer | {"normalizer": {"type": "Sequence", "normalizers": steps}}
    WordPieces(content, parts.rules)


def with_model(**values):
    return lambda content: content | {"model": content["model"] | values}


def with_part(name, **part):
    return lambda content: content | {name: part}


@pytest.mark.parametrize(
    "change",
    [
        with_part("normalizer", type="Replace", pattern={"String": "a"}, content="a" * 10**7),
        with_part("normalizer", type="Replace", pattern={"Regex": "(a+)+$"}, content=""),
        with_part("normalizer", type="Replace", pattern={"String": ""}, content="a"),
        with_part("normalizer", type="Prepend", prepend="a" * 10**7),
        with_part("normalizer", type="Precompiled", precompiled_charsmap="AAAA"),
        with_part("normalizer", **precompiled("b" * 1000)),
        with_part("normalizer", type="Sequence", normalizers=[precompiled("b" * 18)] * 3),
        with_part("normalizer", type="Sequence", normalizers=[{"type": "NFKC"}] * 3),
        with_model(max_input_chars_per_word=10**12),
        with_model(continuing_subword_prefix="#" * 10**7),
        with_part("normalizer", type="Sequence", normalizers=[{"type": "Lowercase"}] * 100),
        with_part("normalizer", type="Sequence", normalizers=[{"type": "Sequence", "normalizers": []}]),
        with_part("normalizer", type="Sequence", normalizers=3),
        with_part("pre_tokenizer", type="FixedLength", length=0),
        with_part("pre_tokenizer", type="Split", pattern={"Regex": "(a+)+$"}, behavior="Isolated", invert=False),
        with_part("model", type="WordPiece", vocab={"a": 0}, unk_token="[UNK]"),
        with_part("model", type="WordLevel", vocab={"a": 0}, unk_token="[UNK]"),
        with_part("model", type="Unigram", vocab=[["a", 0.0]], unk_id=None),
        with_part("model", type="Unheard-of"),
        lambda content: content | {"normalizer": ["NFC"]},
    ],
)
def test_a_hostile_tokenizer_is_refused_when_it_is_loaded(parts, change):
    with pytest.raises(ConfigError) as caught:
        WordPieces(change(parts.tokenizer), parts.rules)
    assert len(str(caught.value)) < 600
    assert "\n" not in str(caught.value)
