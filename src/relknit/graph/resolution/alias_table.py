"""A table of ids with their names, such as those of Wikidata or of one's own, to link names of a graph to."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from relknit.document.clean import clean_name
from relknit.errors import DataError, short
from relknit.graph.resolution.name_form import NameForm, name_form

COLUMNS: Final = ("id", "label", "aliases", "type")


@dataclass(frozen=True)
class AliasTable:
    """Ids by name. A name that belongs to several ids is linked to none of them.

    ids: (distinguishing words, type key) to ids. labels: the label of each id. digest: SHA-256 of the rows.
    """

    ids: Mapping[tuple[object, ...], frozenset[str]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""

    def find(self, form: NameForm) -> str | None:
        """The id of a name; None where no id has it, or several have."""
        if not self.ids or form.weak:
            return None
        found = self.ids.get(_key(form), frozenset()) | self.ids.get(_key(form, typed=False), frozenset())
        return next(iter(found)) if len(found) == 1 else None

    def label(self, id: str) -> str:
        """The name of an id."""
        return self.labels[id]


def read_alias_table(path: Path) -> AliasTable:
    """A table from tab-separated values: a line of the columns id, label, aliases (separated by "|") and type, then the ids.

    type: that of the graph's entities, such as PER; empty for any. Raises DataError for a line that does not fit.
    """
    ids: dict[tuple[object, ...], set[str]] = defaultdict(set)
    labels: dict[str, str] = {}
    digest = hashlib.sha256()
    for number, row in _rows(path):
        id, label, aliases, type = (value.strip() for value in row)
        if not id or not clean_name(label):
            raise DataError("expected an id and a label, found an empty one", path=path, line=number)
        if labels.setdefault(id, label) != label:
            raise DataError(f"id {short(id)} has two labels; give each id one line", path=path, line=number)
        digest.update("\t".join((id, label, aliases, type)).encode())
        for name in (label, *aliases.split("|")):
            if name := clean_name(name):
                ids[_key(name_form(name, type or None), typed=bool(type))].add(id)
    return AliasTable({key: frozenset(found) for key, found in ids.items()}, labels, digest.hexdigest())


def _rows(path: Path) -> Iterable[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for number, row in enumerate(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
                if number == 1 and tuple(row) != COLUMNS:
                    raise DataError(f"expected the columns {', '.join(COLUMNS)}, found {short(row)}", path=path, line=1)
                if len(row) != len(COLUMNS) and row:
                    raise DataError(
                        f"expected {len(COLUMNS)} values separated by tabs, found {len(row)}", path=path, line=number
                    )
                if number > 1 and row:
                    yield number, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"cannot be read: {getattr(error, 'strerror', None) or error}", path=path) from None


def _key(form: NameForm, *, typed: bool = True) -> tuple[object, ...]:
    """Of a name of a type; without it, only the words of the whole name count."""
    return (form.type_key, form.words, form.addition) if typed else (form.whole_words,)
