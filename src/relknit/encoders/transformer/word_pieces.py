"""Words to the pieces of a Hugging Face tokenizer, and what else a transformer needs to read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import ConfigDict, Field

from relknit.encoders.transformer.tokenizer_rules import build_tokenizer, checked_tokenizer, tokenizer_errors
from relknit.errors import ConfigError
from relknit.extras import import_extra
from relknit.text.repair import normalise_token

Number: TypeAlias = Annotated[int, Field(ge=0, le=2**31)]


@dataclass(frozen=True)
class PieceRules:
    """Numbers of special pieces, and the most pieces that the transformer reads at once, the special ones included.

    unknown: represents a word that the tokenizer has nothing for. padding: fills up, and is never attended to.
    before, after: what encloses every sequence, such as [CLS] and [SEP].
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

    tokenizer: what tokenizer.json holds. Whatever it says of cutting or filling up is ignored, and a word that reads
    like a special piece ("[SEP]") is text like any other. Raises ConfigError when it is not a tokenizer that is run here.
    """

    def __init__(self, tokenizer: Mapping[str, Any], rules: PieceRules, *, repair: bool = True) -> None:
        self.rules, self.repair = rules, repair
        self.tokenizer = as_told(checked_tokenizer(tokenizer))

    def __deepcopy__(self, memo: dict[int, Any]) -> WordPieces:
        """Itself: nothing of it ever changes, and a copied tokenizer would forget what it was told."""
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
        """As they were meant, and without lone surrogates, which no tokenizer takes."""
        meant = [normalise_token(word) if self.repair else word for word in words]
        return [word.encode("utf-8", "replace").decode("utf-8") for word in meant]


def as_told(content: Mapping[str, Any]) -> Any:
    """The tokenizer that tokenizer.json describes, told to neither cut nor fill up nor see special pieces in a text.

    Raises ConfigError where it is not a tokenizer, or one that is not run here.
    """
    tokenizer = build_tokenizer(import_extra("tokenizers", "transformers"), content)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


def words_begin_with_space(tokenizer: dict[str, Any]) -> dict[str, Any]:
    """The same tokenizer, reading each word as one that follows a space, which byte-level ones do only when told to."""

    def told(value: Any) -> Any:
        if isinstance(value, dict):
            changed = {key: told(inner) for key, inner in value.items()}
            return changed | {"add_prefix_space": True} if value.get("type") == "ByteLevel" else changed
        return [told(inner) for inner in value] if isinstance(value, list) else value

    return tokenizer | {"pre_tokenizer": told(tokenizer.get("pre_tokenizer"))}
