"""The format of OpenNRE (also of Wiki80 and NYT10 as it gives them): a sentence and one pair, a JSON object a line.

    {"token": ["Ada", "lived", "in", "London"], "relation": "residence",
     "h": {"name": "Ada", "id": "Q7259", "pos": [0, 1]}, "t": {"name": "London", "id": "Q84", "pos": [3, 4]}}

`pos` counts words of `token` or, in files with `text` instead, characters; its end is exclusive. All records of one
sentence become one Document; "NA" gives its two entities and no relation.
"""

from __future__ import annotations

from typing import Any

from relknit.data.convert.given_pairs import GivenPair, GivenPairFormat, PairEnd
from relknit.data.convert.json_values import checked, identity, member, name, words
from relknit.data.readers.records import RawRecord
from relknit.errors import DataError, short


class OpenNreFormat(GivenPairFormat):
    """The files of OpenNRE. They are not written: they have no place for sentences without a pair."""

    about = "JSON with h, t and relation (OpenNRE)"
    keys = frozenset(("h", "t", "relation"))

    def sentence(self, record: RawRecord) -> tuple[str, ...] | str:
        """The words or the text of a record; raises DataError."""
        value = checked(record.value, dict, "the record")
        return tuple(words(value["token"], "token")) if "token" in value else name(value, "text", "the record")

    def pair(self, record: RawRecord) -> GivenPair:
        """The content of a record; raises DataError."""
        value = record.value
        relation = name(value, "relation", "the record")
        head, tail = (_end(value, key) for key in "ht")
        return GivenPair(identity(value, "id", record.number), self.sentence(record), head, relation, tail)


def _end(value: dict[str, Any], key: str) -> PairEnd:
    place = member(member(value, key, dict, "the record"), "pos", list, key)
    if len(place) != 2 or any(type(x) is not int for x in place):
        raise DataError(f"pos of {key} is {short(place)}, expected [start, end]")
    label = value[key].get("type")
    return PairEnd(place[0], place[1], None if label is None else checked(label, str, f"type of {key}"))
