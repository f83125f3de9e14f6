"""Treebank-like words with exact character offsets, close to the tokens of the WebNLG benchmark.

Every character that is not white space lies in exactly one token and nothing is rewritten, so `text[start:end]` is the
token. Time is linear in the length of any text.

- Punctuation, brackets, quotes and symbols stand alone; "...", "--", doubled backticks and doubled apostrophes are one
  token each. A comma or colon before a digit ("1,533", "10:30") and stops in a word stay in it.
- What joins names and numbers is a token of its own: hyphens and dashes between letters or digits ("German-born", "1815-1852"),
  slashes ("Rome/Milan"), and a number is apart from its unit or currency ("5km", "USD5m"). Addresses of the web stay whole.
  The rule "treebank" splits only dashes between digits ("1815–1852") and endings such as "-born" and "-owned".
- 's 'm 'd 'll 're 've n't are split off; any other apostrophe at either end of a word is a quote ("'em" stays whole).
- A full stop is split off where a sentence ends and after every word that is no known abbreviation or initial, also
  inside a sentence ("F.C" "." "Bari"): that is what WebNLG does, and models learned it.
- Ideographs of Chinese, Japanese and Korean are one token each; runs of kana or Hangul are words.
- Combining marks, variation selectors, joiners and skin tones stay with the word, symbol or ideograph before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from relknit.text.stops import keeps_stop

TokenRule = Literal["fine", "treebank"]
"""How compounds are split: "fine", or "treebank" as in the tokens of WebNLG and other treebanks, for models trained on these."""


class Token(NamedTuple):
    """A word or punctuation mark of a text and its offsets (code points, `end` exclusive)."""

    text: str
    start: int
    end: int


_IDEOGRAPHS = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CJK_MARKS = "\u3001\u3002\u3008-\u3011\u3014-\u301b\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f"
_SYMBOLS = rf';@#$%&?!()\[\]{{}}<>"“”„‟‘«»…—\u200b\u2060\ufeff{_CJK_MARKS}'
_MARKS = "[\u0300-\u036f\u200d\u20d0-\u20ff\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]*+"

# Possessive quantifiers (`++`, `*+`) never give back what they took, so no input makes the match slow or deep.
_PIECE: Final = re.compile(
    rf"""
      (?: [^\s{_IDEOGRAPHS}{_SYMBOLS},:.'’`-]++ | \.(?!\.\.) | [,:](?=\d) | -(?!-) | ['’](?!['’]) | `(?!`) )++
    | \.{{3,}}+ | -{{2,}}+ | `` | ''
    | \S{_MARKS}
    """,
    re.VERBOSE,
)
_CLOSERS = "\"'”’»)\\]}"
_WHAT_FOLLOWS: Final = (
    re.compile(  # group 1 is the next word; it is missing where a blank line or the text's end follows
        rf"[{_CLOSERS}]*+(?:\s*?\n\s*?\n|\s*?\u2029|\s*+\Z|\s*+[\"'“‘«(\[{{]*+(\w*+\.?))"
    )
)
_ELISION: Final = re.compile(r"['’](?:s|m|d|n|em|ll|re|ve|til|tis|twas|cause|\d\ds?)", re.IGNORECASE)
_CLITICS: Final = ("'s", "'m", "'d", "'ll", "'re", "'ve", "n't")


_ENDINGS: Final = "born|based|owned|led|speaking|language|listed|founded|made|style"
_TREEBANK_JOINTS: Final = re.compile(rf"(?<=\d)[–—](?=\d)|(?<=[^\W\d_])[-–](?=(?:{_ENDINGS})\b)")
_JOINT_TOKENS: Final = frozenset("-‐‑–—/")
_UNITS: Final = "[kcm]?m[23]?|[km]?g|lbs?|ft|mi|mph|m?l|ms|h|[kmgt]b|[km]?wh?|[kmg]?hz|bn|tn|k|yd|°c"
_CURRENCIES: Final = "usd|eur|gbp|chf|jpy|cad|aud|cny|inr|rs|us"
_FINE_JOINTS: Final = re.compile(
    rf"(?<=[^\W_])(?:[-‐‑–—/])(?=[^\W_])|(?<=\d)(?=(?:{_UNITS})(?!\w))|(?<!\w)(?:{_CURRENCIES})(?=\d)", re.IGNORECASE
)
_ADDRESS: Final = re.compile(r"://|@|^www\.|\.(?:com|org|net|html?)\b", re.IGNORECASE)


def tokenise(text: str, rule: TokenRule = "fine") -> list[Token]:
    """The words and marks of `text` in order, with exact offsets (the module's docstring defines a word)."""
    joints = _FINE_JOINTS if rule == "fine" else _TREEBANK_JOINTS
    return [part for token in _words(text) for part in _at_joints(token, joints)]


def token_rule(tokens: Iterable[str]) -> TokenRule:
    """The rule that data follows: "treebank" where more tokens contain a joint than are one."""
    whole = apart = 0
    for token in tokens:
        apart += token in _JOINT_TOKENS
        whole += len(token) > 2 and _FINE_JOINTS.search(token) is not None and _ADDRESS.search(token) is None
    return "treebank" if whole > apart else "fine"


def _at_joints(token: Token, joints: re.Pattern[str]) -> Iterator[Token]:
    """The parts of a token between its joints, and these."""
    if len(token.text) < 3 or _ADDRESS.search(token.text):
        yield token
        return
    cuts = {0, len(token.text)}
    for found in joints.finditer(token.text):
        cuts.update(found.span())
    for start, end in pairwise(sorted(cuts)):
        yield Token(token.text[start:end], token.start + start, token.start + end)


def _words(text: str) -> list[Token]:
    """The tokens of a text before compounds are split."""
    tokens: list[Token] = []
    for match in _PIECE.finditer(text):
        surface, (start, end) = match[0], match.span()
        if end - start > 1 and (surface[-1] == "." or "'" in surface or "’" in surface):
            for cut in _cuts(text, start, end):
                tokens.append(Token(text[start:cut], start, cut))
                start = cut
        else:
            tokens.append(Token(surface, start, end))
    return tokens


def _cuts(text: str, start: int, end: int) -> list[int]:
    """Where the tokens of the piece text[start:end] end, ascending; the last is `end`."""
    if text[start] in ".'`-" and text[start] == text[start + 1]:
        return [end]
    front: list[int] = []
    if text[start] in "'’" and not _ELISION.fullmatch(text, start, end):
        front.append(start := start + 1)
    back = [end]
    for is_ending in (_ends_in_quote, _ends_in_stop, _ends_in_stop, _ends_in_quote):
        if is_ending(text, start, back[-1]):
            back.append(back[-1] - 1)
    length = _clitic_length(text[max(start, back[-1] - 3) : back[-1]])
    if length and back[-1] - length > start:
        back.append(back[-1] - length)
    return front + back[::-1]


def _ends_in_quote(text: str, start: int, end: int) -> bool:
    return end - start > 1 and text[end - 1] in "'’"


def _ends_in_stop(text: str, start: int, end: int) -> bool:
    """Whether the piece ends in a full stop that is a token of its own."""
    if end - start < 2 or text[end - 1] != "." or text.startswith(",", end):
        return False
    if text[end - 2] == ".":
        return True
    following = _WHAT_FOLLOWS.match(text, end)
    return not keeps_stop(text[start : end - 1], following and following[1])


def _clitic_length(ending: str) -> int:
    """How many of the last characters are 's, n't and the like; 0 if none."""
    plain = ending.replace("’", "'").lower()
    return next((len(clitic) for clitic in _CLITICS if plain.endswith(clitic)), 0)
