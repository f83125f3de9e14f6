"""Treebank-like words with exact character offsets, close to the tokens of the WebNLG benchmark.

Every character that is not white space lies in exactly one token and nothing is rewritten, so `text[start:end]` is the
token. Time is linear in the length of the text, whatever the text.

- Punctuation, brackets, quotes and symbols stand alone; `...`, `--`, ` `` ` and `''` are one token each.
- A comma or colon before a digit ("1,533", "10:30") and hyphens, slashes and stops inside a word stay in it.
- `'s 'm 'd 'll 're 've n't` are split off; an apostrophe at either end of a word is a quote ("'em" and "'n" stay whole).
- A full stop is split off where a sentence ends and after a word that is no known abbreviation or initial, also inside a
  sentence ("F.C" "." "Bari"): that is what WebNLG does, and models learned it.
- Chinese, Japanese and Korean ideographs are one token each; runs of kana or Hangul are words.
- Combining marks, variation selectors, joiners and skin tones never start a token: they follow what they modify.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from relknit.text.stops import keeps_stop


class Token(NamedTuple):
    """A word or mark of a text: its surface, and where it stands (code points, `end` exclusive)."""

    text: str
    start: int
    end: int


_IDEOGRAPHS = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SYMBOLS = ";@#$%&?!()\\[\\]{}<>\"“”„‟‘«»…—\u3001\u3002\u3008-\u3011\u3014-\u301b\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f"
_MARKS = "[\u0300-\u036f\u200d\u20d0-\u20ff\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]*+"

# Possessive quantifiers (`++`, `*+`) give back nothing, so no input can make the match quadratic or deep.
_PIECE: Final = re.compile(
    rf"""
      \.{{3,}}+ | -{{2,}}+ | ``|''
    | [{_IDEOGRAPHS}{_SYMBOLS}]{_MARKS}
    | (?: [^\s{_IDEOGRAPHS}{_SYMBOLS},:.'`-]++ | \.(?!\.\.) | [,:](?=\d) | -(?!-) | '(?!') | `(?!`) )++
    | [^\s]{_MARKS}
    """,
    re.VERBOSE,
)
_PARAGRAPH_OR_WORD: Final = re.compile(r"[\"'”’»)\]}]*+(?:\s*?\n\s*?\n|\s*+[\"'“‘«(\[{]*+([^\W_]*+)(.)?)", re.DOTALL)
