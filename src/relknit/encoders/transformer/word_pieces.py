"""Words to the pieces of a Hugging Face tokenizer, and what else a transformer needs to read them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias

from pydantic import ConfigDict, Field

from relknit.encoders.transformer.tokenizer_rules import checked_tokenizer, tokenizer_errors
from relknit.errors import ConfigError
from relknit.extras import import_extra
from relknit.text.repair import normalise_token

_PROBES: Final = (["a"], ["Zürich"], ["\U0010fffd"], ["東京", "\u0378"])
Number: TypeAlias = Annotated[int, Field(ge=0, le=2**31)]


@dataclass(frozen=True)
class PieceRules:
    """Numbers of special pieces, and the most pieces that the transformer reads at once, the special ones included.

    unknown: represents a word that the tokenizer has nothing for. padding: fills a sequence up, and is never attended to.
    before, after: enclose every sequence, such as [CLS] and [SEP].
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    unknown: Number
    padding: Number
    before: tuple[Number, ...]
    after: tuple[Number, ...]
    most: Number

    def __post_init__(self) -> None:
        if self.room < 1:
            raise ConfigError(
                f"most is {self.most}, which leaves no room beside {len(self.before + self.after)} pieces"
            )

    @property
    def room(self) -> int:
        """Pieces of words in one sequence."""
        return self.most - len(self.before) - len(self.after)

    @property
    def largest(self) -> int:
        """The largest number of a special piece."""
        return max(self.unknown, self.padding, *self.before, *self.after)


class WordPieces:
    """Words to pieces, each word by itself: (ids of all pieces, how many each word has).

    tokenizer: the content of tokenizer.json. Its truncation and padding are ignored, and a word that reads like a special
    piece ("[SEP]") is text like any other. Raises ConfigError for a tokenizer that `tokenizer_rules` does not allow.
    """

    def __init__(self, tokenizer: Mapping[str, Any], rules: PieceRules, *, repair: bool = True) -> None:
        self.rules, self.repair = rules, repair
        self.tokenizer = tokenizer_of(checked_tokenizer(tokenizer))

    def __deepcopy__(self, memo: dict[int, Any]) -> WordPieces:
        """Itself: it never changes, and a copied tokenizer would lose its options."""
        return self

    @property
    def count(self) -> int:
        """One more than the largest number that a piece can have."""
        vocabulary: dict[str, int] = self.tokenizer.get_vocab(with_added_tokens=True)
        return 1 + max(self.rules.largest, *vocabulary.values())

    def __call__(self, words: Sequence[str]) -> tuple[list[int], list[int]]:
        """Every word has at least one piece: the unknown one where the tokenizer leaves nothing of it."""
        with tokenizer_errors():
            encoded = self.tokenizer.encode(self._spelled(words), is_pretokenized=True, add_special_tokens=False)
        found: list[list[int]] = [[] for _ in words]
        for piece, word in zip(encoded.ids, encoded.word_ids, strict=True):
            if word is not None:
                found[word].append(piece)
        found = [own or [self.rules.unknown] for own in found]
        return [piece for own in found for piece in own], [len(own) for own in found]

    def _spelled(self, words: Sequence[str]) -> list[str]:
        """Repaired, and without lone surrogates, which tokenizers refuse."""
        repaired = [normalise_token(word) if self.repair else word for word in words]
        return [word.encode("utf-8", "replace").decode("utf-8") for word in repaired]


def tokenizer_of(content: Mapping[str, Any]) -> Any:
    """The tokenizer that tokenizer.json describes, without truncation, padding and special pieces in a text.

    Raises ConfigError where it is not a tokenizer, or fails on a word.
    """
    with tokenizer_errors():
        tokenizer = import_extra("tokenizers", "transformers").Tokenizer.from_str(json.dumps(content))
        for words in _PROBES:
            tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


def words_begin_with_space(tokenizer: dict[str, Any]) -> dict[str, Any]:
    """The same tokenizer, reading each word as if it followed a space, which is an option of byte-level ones."""

    def spaced(value: Any) -> Any:
        if isinstance(value, dict):
            changed = {key: spaced(inner) for key, inner in value.items()}
            return changed | {"add_prefix_space": True} if value.get("type") == "ByteLevel" else changed
        return [spaced(inner) for inner in value] if isinstance(value, list) else value

    return tokenizer | {"pre_tokenizer": spaced(tokenizer.get("pre_tokenizer"))}
