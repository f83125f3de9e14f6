"""The tokenizers that are run: a closed list of steps, none of which lets a text grow without bounds or hang."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from relknit.errors import ConfigError, one_line, short

_NORMALIZERS: Final = {
    **{"Sequence": 1, "BertNormalizer": 12, "NFC": 3, "NFD": 4, "NFKC": 18, "NFKD": 18, "Nmt": 1, "Lowercase": 2},
    **{"Strip": 1, "StripAccents": 1, "Precompiled": 18, "Replace": 1, "Prepend": 2},
}
"""type -> the most characters that it makes of one."""
_PRE_TOKENIZERS: Final = (
    *("Sequence", "BertPreTokenizer", "ByteLevel", "Metaspace", "Whitespace", "WhitespaceSplit", "Punctuation"),
    *("Digits", "UnicodeScripts"),
)
_MODELS: Final = ("WordPiece", "BPE", "Unigram", "WordLevel")
_MOST_STEPS: Final = 12
_MOST_GROWTH: Final = 1000  # of all normalizers together; ALBERT's have 648
_LONGEST_WORD: Final = 1000  # characters; WordPiece takes the square of it, and reads a longer word as unknown
_LONGEST_AFFIX: Final = 16  # characters, which are copied for each piece that is tried
_PATTERNS: Final = (" {2,}", r"\s+", r"\s{2,}")


def checked_tokenizer(content: Mapping[str, Any]) -> dict[str, Any]:
    """The part of tokenizer.json that splits words into pieces, without its templates, truncation and padding.

    Raises ConfigError for a step that is not on the lists, and for steps or a model without bounds.
    """
    model = content.get("model")
    if not isinstance(model, dict) or model.get("type", "WordPiece") not in _MODELS:
        raise ConfigError(f"the tokenizer's model is {short(model)}, expected one of {', '.join(_MODELS)}")
    _check_lengths(model)
    for part, known in (("normalizer", _NORMALIZERS), ("pre_tokenizer", _PRE_TOKENIZERS)):
        steps = list(_steps(content.get(part)))
        for step in steps:
            if step.get("type") not in known or not _harmless(step):
                raise ConfigError(f"the tokenizer's {part} has a step that is not run here, {short(step)}")
        if len(steps) > _MOST_STEPS:
            raise ConfigError(f"the tokenizer's {part} has {len(steps)} steps, expected at most {_MOST_STEPS}")
    growth = math.prod(_NORMALIZERS[step["type"]] for step in _steps(content.get("normalizer")))
    if growth > _MOST_GROWTH:
        raise ConfigError(f"the tokenizer makes up to {growth} characters of one, expected at most {_MOST_GROWTH}")
    return {**content, "post_processor": None, "decoder": None, "truncation": None, "padding": None}


def _check_lengths(model: Mapping[str, Any]) -> None:
    """Raise ConfigError for lengths of words and affixes with which the model would take too long."""
    longest = model.get("max_input_chars_per_word", 0)
    if type(longest) is not int or longest > _LONGEST_WORD:
        raise ConfigError(f"max_input_chars_per_word is {short(longest)}, expected at most {_LONGEST_WORD}")
    for name in ("continuing_subword_prefix", "end_of_word_suffix"):
        if len(str(model.get(name))) > _LONGEST_AFFIX:
            raise ConfigError(f"{name} is {short(model[name])}, expected at most {_LONGEST_AFFIX} characters")


def _steps(value: Any) -> Iterator[dict[str, Any]]:
    """All steps, those of sequences included. Raises ConfigError for what is not a step."""
    if value is None:
        return
    if not isinstance(value, dict):
        raise ConfigError(f"the tokenizer has {short(value)} for a step")
    yield value
    if value.get("type") == "Sequence":
        inner = next((value[key] for key in ("normalizers", "pretokenizers") if key in value), None)
        if not isinstance(inner, list):
            raise ConfigError(f"the tokenizer has {short(inner)} for a sequence of steps")
        for step in inner:
            if isinstance(step, dict) and step.get("type") == "Sequence":
                raise ConfigError("the tokenizer has a sequence of steps inside another one")
            yield from _steps(step)


def _harmless(step: Mapping[str, Any]) -> bool:
    """Whether a step adds few characters at most, and searches for no pattern of unbounded running time."""
    if step["type"] == "Replace":
        pattern, content = step.get("pattern"), step.get("content")
        if not isinstance(pattern, dict) or not isinstance(content, str) or len(content) > 1:
            return False
        plain = pattern.get("String")
        return (isinstance(plain, str) and plain != "") or pattern.get("Regex") in _PATTERNS
    if step["type"] == "Prepend":
        return isinstance(step.get("prepend"), str) and len(step["prepend"]) <= 1
    if step["type"] == "Precompiled":
        return _longest_replacement(step.get("precompiled_charsmap")) <= _NORMALIZERS["Precompiled"]
    return True


def _longest_replacement(charsmap: Any) -> float:
    """Characters of the longest text in a map of SentencePiece, infinite where it is damaged.

    The map is base64 of: the size of a trie, the trie, and texts that end in a zero byte, into which the trie points.
    """
    try:
        content = base64.b64decode(charsmap, validate=True)
        texts = content[4 + int.from_bytes(content[:4], "little") :].decode()
    except (TypeError, ValueError):
        return math.inf
    return max(map(len, texts.split("\0")))


@contextmanager
def tokenizer_errors() -> Iterator[None]:
    """Raises ConfigError for what the library `tokenizers` raises: plain Exception, or a panic of its Rust code."""
    try:
        yield
    except BaseException as error:
        if type(error) is Exception or type(error).__name__ == "PanicException":
            reason = one_line(" ".join(str(error).split()), most=200)
            raise ConfigError(f"not a tokenizer that reads every word: {reason}") from None
        raise
