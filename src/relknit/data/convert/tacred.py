"""The format of TACRED, Re-TACRED and their like: words, and one pair of subject and object.

    {"id": "x1", "token": ["Ada", "lived", "in", "London"], "relation": "per:city_of_residence",
     "subj_start": 0, "subj_end": 0, "subj_type": "PERSON", "obj_start": 3, "obj_end": 3, "obj_type": "CITY"}

The ends of spans are inclusive. All records of one sentence become one Document; "no_relation" gives its two entities and
no relation. The parser's columns (stanford_pos and others) are not read.
"""

from __future__ import annotations

from typing import Any

from relknit.data.convert.given_pairs import GivenPair, GivenPairFormat, PairEnd
from relknit.data.convert.json_values import checked, identity, member, name, words
from relknit.data.readers.records import RawRecord


class TacredFormat(GivenPairFormat):
    """The files of TACRED. They are not written: they have no place for sentences without a pair."""

    about = "JSON with token and subj_start (TACRED)"
    keys = frozenset(("token", "subj_start"))

    def sentence(self, record: RawRecord) -> tuple[str, ...]:
        """The words of a record; raises DataError."""
        return tuple(words(checked(record.value, dict, "the record").get("token"), "token"))

    def pair(self, record: RawRecord) -> GivenPair:
        """The content of a record; raises DataError."""
        value = record.value
        relation = name(value, "relation", "the record")
        ends = [_end(value, role) for role in ("subj", "obj")]
        return GivenPair(identity(value, "id", record.number), self.sentence(record), ends[0], relation, ends[1])


def _end(value: dict[str, Any], role: str) -> PairEnd:
    start, end = (member(value, f"{role}_{side}", int, "the record") for side in ("start", "end"))
    label = value.get(f"{role}_type")
    return PairEnd(start, end + 1, None if label is None else checked(label, str, f"{role}_type"))
