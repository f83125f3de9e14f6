"""One set of documents cut into train, dev and test, so that nothing in dev and test was seen in training.

Documents that belong together form a group, and no group is cut: copies of a sentence (whatever their case, spaces,
accents and marks, as the data doctor counts copies) and documents of one original text. The groups are shuffled; train
first gets one for each relation that occurs often enough to stand in every split, the rest go where most is lacking.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from relknit.data.sentence_keys import near_key
from relknit.document import Document
from relknit.errors import ConfigError, DataError

_NAMES: Final[Mapping[int, tuple[str, ...]]] = MappingProxyType({2: ("train", "test"), 3: ("train", "dev", "test")})
_EXAMPLES: Final = "80/10/10 (train/dev/test) or 80/20 (train/test)"

Group = list[int]
"""Places of documents that must not be parted."""


def parse_shares(text: str) -> dict[str, int]:
    """The percentage of each split: "80/10/10" is train, dev and test, "80/20" train and test. Raises ConfigError."""
    parts = [part.strip() for part in text.split("/")]
    names = _NAMES.get(len(parts))
    if names is None or not all(part.isascii() and part.isdigit() for part in parts):
        raise ConfigError(f"shares {text!r}: expected two or three whole percentages, such as {_EXAMPLES}")
    shares = dict(zip(names, map(int, parts), strict=True))
    if sum(shares.values()) != 100:
        raise ConfigError(f"shares {text!r} add up to {sum(shares.values())}, expected 100, such as {_EXAMPLES}")
    if 0 in shares.values():
        raise ConfigError(f"shares {text!r}: a split of 0 % would be empty; write {_EXAMPLES}")
    return shares


def split_documents(
    documents: Sequence[Document],
    shares: Mapping[str, int],
    *,
    seed: int = 0,
    origin: Callable[[str], str] = str,
) -> dict[str, tuple[Document, ...]]:
    """The documents of each split, in the order they came in; the same for the same documents, shares and seed.

    shares: percent of the documents by split, as `parse_shares` gives them. They are met as closely as groups can: no
            split but train gets more than its share by a whole group, and train only for the sake of its relations
    origin: from a document's id to that of the text it comes from; documents of one text stay together. By default the
            id itself

    Every relation that occurs at least as often as there are splits stands in train, if the other splits can spare its
    groups. Raises DataError where a share is less than one document, or there are fewer groups than splits.
    """
    smallest = min(shares.values())
    if len(documents) * smallest < 100:
        least = -(-100 // smallest)
        message = f"{len(documents)} documents are too few for a split of {smallest} %, expected at least {least}"
        raise DataError(f"{message}; add documents, or make that share larger")
    groups = _groups(documents, origin)
    if len(groups) < len(shares):
        message = (
            f"{len(documents)} documents cannot fill {len(shares)} splits: copies of a sentence, and documents with"
        )
        why = f"one id or of one text, stay together, which leaves {len(groups)} to deal out"
        raise DataError(f"{message} {why}; add documents, or keep them in one file")
    random.Random(seed).shuffle(groups)
    needed = _needed(documents, groups, len(shares))
    places = _deal([groups[k] for k in needed], [g for k, g in enumerate(groups) if k not in needed], shares)
    return {name: tuple(documents[k] for k in sorted(chosen)) for name, chosen in places.items()}


def _groups(documents: Sequence[Document], origin: Callable[[str], str]) -> list[Group]:
    """The documents joined wherever they share a key, group by group, in the order of their first documents."""
    parents = list(range(len(documents)))

    def root(k: int) -> int:
        while parents[k] != k:
            parents[k] = k = parents[parents[k]]
        return k

    holders: dict[Hashable, int] = {}
    for k, document in enumerate(documents):
        for key in _keys(document, origin):
            one, other = root(k), root(holders.setdefault(key, k))
            parents[max(one, other)] = min(one, other)
    groups: dict[int, Group] = {}
    for k in range(len(documents)):
        groups.setdefault(root(k), []).append(k)
    return list(groups.values())


def _keys(document: Document, origin: Callable[[str], str]) -> Iterator[Hashable]:
    """What a document shares with those it must stay with: its text, its words, and its letters and digits."""
    yield "text", origin(document.id)
    if document.tokens:
        yield "words", tuple("".join(token.split()).casefold() for token in document.tokens if token.strip())
        yield "letters", near_key(document)


def _needed(documents: Sequence[Document], groups: Sequence[Group], splits: int) -> Collection[int]:
    """Places of the groups that give train every relation with at least `splits` occurrences, the rarest first.

    As many groups as there are other splits are left to these, whatever that costs train.
    """
    counts = Counter(relation.type for document in documents for relation in document.relations)
    held = [{relation.type for k in group for relation in documents[k].relations} for group in groups]
    chosen: dict[int, None] = {}
    known: set[str] = set()
    for name in sorted(counts, key=lambda name: (counts[name], name)):
        if counts[name] < splits or name in known:
            continue
        if len(chosen) > len(groups) - splits:
            break
        place = next(k for k, names in enumerate(held) if name in names)
        chosen[place] = None
        known |= held[place]
    return chosen


def _deal(needed: Sequence[Group], others: Sequence[Group], shares: Mapping[str, int]) -> dict[str, Group]:
    """The needed groups to train, each of the others to the split that lacks most; no split stays empty."""
    total = sum(map(len, needed)) + sum(map(len, others))
    places: dict[str, Group] = {name: [] for name in shares}
    places["train"] += [k for group in needed for k in group]
    for done, group in enumerate(others):
        empty = [name for name in places if not places[name]]
        allowed = empty if len(others) - done <= len(empty) else list(places)
        # in hundredths of a document, for whole numbers tie alike everywhere
        name = max(allowed, key=lambda name: shares[name] * total - 100 * len(places[name]))
        places[name] += group
    return places
