"""Split one set of documents into train, dev and test, so that nothing in dev and test was seen in training.

Documents that belong together form a group, and no group is split: copies of a sentence (ignoring case, spaces, accents
and punctuation, as the data doctor counts copies) and documents of one original text. The groups are shuffled; train
first gets one for each relation that is frequent enough for every split, the others go to the split that lacks most.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from typing import Final

from relknit.data.readers.splits import SPLITS
from relknit.data.sentence_keys import near_key
from relknit.document import Document
from relknit.errors import ConfigError, DataError

_EXAMPLES: Final = "80/10/10 (train/dev/test) or 80/20 (train/test)"

DocumentGroup = list[int]
"""Indices of documents that must stay in one split."""


def parse_percentages(text: str) -> dict[str, int]:
    """The percentage of each split: "80/10/10" is train, dev and test, "80/20" train and test. Raises ConfigError."""
    parts = [part.strip() for part in text.split("/")]
    names = ("train", "test") if len(parts) == 2 else SPLITS
    if len(parts) != len(names) or not all(part.isascii() and part.isdigit() for part in parts):
        raise ConfigError(f"percentages {text!r}: expected two or three whole percentages, such as {_EXAMPLES}")
    percentages = dict(zip(names, map(int, parts), strict=True))
    total = sum(percentages.values())
    if total != 100:
        raise ConfigError(f"percentages {text!r} add up to {total}, expected 100, such as {_EXAMPLES}")
    if 0 in percentages.values():
        raise ConfigError(f"percentages {text!r}: a split of 0 % would be empty; write {_EXAMPLES}")
    return percentages


def split_documents(
    documents: Sequence[Document],
    percentages: Mapping[str, int],
    *,
    seed: int = 0,
    origin: Callable[[str], str] = str,
) -> dict[str, tuple[Document, ...]]:
    """The documents of each split, in the order they came in; equal input gives equal splits.

    percentages: of the documents by split, as `parse_percentages` gives them; met as closely as groups allow, and only
                 train can exceed its own by a whole group or more, to get its relations
    origin:      from a document's id to that of the text it comes from, by default the id itself; documents of one text
                 stay together

    Every relation that occurs at least as often as there are splits is in train, unless the other splits need its groups.
    Raises DataError if a percentage is less than one document, or there are fewer groups than splits.
    """
    smallest = min(percentages.values())
    if len(documents) * smallest < 100:
        least = -(-100 // smallest)
        message = f"{len(documents)} documents are too few for a split of {smallest} %, expected at least {least}"
        raise DataError(f"{message}; add documents, or raise that percentage")
    groups = _groups(documents, origin)
    if len(groups) < len(percentages):
        message = f"{len(documents)} documents cannot fill {len(percentages)} splits: copies of a sentence, and documents with"
        why = f"one id or of one text, stay together, which leaves {len(groups)} groups"
        raise DataError(f"{message} {why}; add documents, or keep them in one file")
    random.Random(seed).shuffle(groups)
    needed = _needed(documents, groups, len(percentages))
    places = _deal([groups[k] for k in needed], [g for k, g in enumerate(groups) if k not in needed], percentages)
    return {name: tuple(documents[k] for k in sorted(chosen)) for name, chosen in places.items()}


def _groups(documents: Sequence[Document], origin: Callable[[str], str]) -> list[DocumentGroup]:
    """The documents joined wherever they share a key, group by group, in the order of their first documents."""
    parents = list(range(len(documents)))

    def root(k: int) -> int:
        while parents[k] != k:
            parents[k] = k = parents[parents[k]]
        return k

    owners: dict[Hashable, int] = {}
    for k, document in enumerate(documents):
        for key in _keys(document, origin):
            one, other = root(k), root(owners.setdefault(key, k))
            parents[max(one, other)] = min(one, other)
    groups: dict[int, DocumentGroup] = {}
    for k in range(len(documents)):
        groups.setdefault(root(k), []).append(k)
    return list(groups.values())


def _keys(document: Document, origin: Callable[[str], str]) -> Iterator[Hashable]:
    """Keys that the documents of one group have in common: the text, the words, or the letters and digits."""
    yield "text", origin(document.id)
    if document.tokens:
        yield "words", tuple("".join(token.split()).casefold() for token in document.tokens if token.strip())
        yield "letters", near_key(document)


def _needed(documents: Sequence[Document], groups: Sequence[DocumentGroup], splits: int) -> Collection[int]:
    """Indices of the groups that give train every relation with at least `splits` occurrences, the rarest first.

    As many groups as there are other splits are left to these, even if train then misses a relation.
    """
    counts = Counter(relation.type for document in documents for relation in document.relations)
    relations = [{relation.type for k in group for relation in documents[k].relations} for group in groups]
    chosen: dict[int, None] = {}
    known: set[str] = set()
    for name in sorted(counts, key=lambda name: (counts[name], name)):
        if counts[name] < splits or name in known:
            continue
        if len(chosen) > len(groups) - splits:
            break
        place = next(k for k, names in enumerate(relations) if name in names)
        chosen[place] = None
        known |= relations[place]
    return chosen


def _deal(
    needed: Sequence[DocumentGroup], others: Sequence[DocumentGroup], percentages: Mapping[str, int]
) -> dict[str, DocumentGroup]:
    """The needed groups to train, each other group to the split that lacks most; no split stays empty."""
    total = sum(map(len, needed)) + sum(map(len, others))
    places: dict[str, DocumentGroup] = {name: [] for name in percentages}
    places["train"] += [k for group in needed for k in group]
    for done, group in enumerate(others):
        empty = [name for name in places if not places[name]]
        allowed = empty if len(others) - done <= len(empty) else list(places)
        # in hundredths of a document: integers tie alike on every machine
        name = max(allowed, key=lambda name: percentages[name] * total - 100 * len(places[name]))
        places[name] += group
    return places
