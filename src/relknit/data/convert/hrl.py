"""The format of HRL (Takanobu et al., 2019), its NYT10 and NYT11: a text, and relations that tag its words.

    {"sentext": "Ada Lovelace lived in London .",
     "relations": [{"rtext": "residence", "em1": "Ada Lovelace", "em2": "London", "tags": [4, 1, 0, 0, 5, 0]}]}

Words are separated by spaces. Tags: 4 and 1 begin and continue the head, 5 and 2 the tail, 6 and 3 other entities, 0 is outside.
Names without tags are placed by their words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from relknit.data.convert.assemble import TokenSpan, connect
from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.json_values import identity, items, member, name
from relknit.data.readers.records import RawRecord
from relknit.document import Document
from relknit.errors import DataError, short

_HEAD, _TAIL, _OTHER = 4, 5, 6
_BEGIN_TO_INSIDE: Final = 3
"""What the tag that begins an entity is above the one that continues it."""


class HrlFormat(RecordFormat):
    """The files of HRL."""

    about = "JSON with sentext and relations (HRL)"
    keys = frozenset(("sentext", "relations"))

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of a record; raises DataError."""
        tokens = member(record.value, "sentext", str, "the record").split()
        if not tokens:
            raise DataError("sentext of the record is empty, expected words")
        spans: set[TokenSpan] = set()
        triples = []
        for k, item in enumerate(items(record.value, "relations")):
            what = f"relation {k}"
            label, tags = name(item, "rtext", what), _tags(item, len(tokens), what)
            ends = ((_HEAD, "em1"), (_TAIL, "em2"))
            head, tail = (
                _argument(tokens, tags, begin, name(item, key, what), f"{key} of {what}") for begin, key in ends
            )
            triples.append((head, label, tail))
            spans.update(_runs(tags, _OTHER))
        entities, relations = connect(triples, spans)
        return Document(identity(record.value, "id", record.number), tuple(tokens), entities, relations)


def _tags(item: Any, length: int, what: str) -> Sequence[int]:
    """The tags of a relation, none where it has none; raises DataError."""
    tags = items(item, "tags")
    if tags and (len(tags) != length or any(type(tag) is not int or not 0 <= tag <= _OTHER for tag in tags)):
        raise DataError(f"tags of {what} are {short(tags)}, expected {length} numbers from 0 to 6, one for each word")
    return tags


def _runs(tags: Sequence[int], begin: int) -> Iterator[TokenSpan]:
    """The spans that begin with a tag and go on with the tag that continues it."""
    for start, tag in enumerate(tags):
        if tag == begin:
            end = start + 1
            while end < len(tags) and tags[end] == begin - _BEGIN_TO_INSIDE:
                end += 1
            yield start, end


def _argument(tokens: Sequence[str], tags: Sequence[int], begin: int, text: str, what: str) -> TokenSpan:
    """The tagged span with the words of the name, else the first tagged one, else the first place of the words."""
    words, tagged = text.split(), list(_runs(tags, begin))
    places = tagged or [(start, start + len(words)) for start in range(len(tokens) - len(words) + 1)]
    alike = [span for span in places if list(tokens[slice(*span)]) == words]
    if not alike and not tagged:
        raise DataError(f'{what}, "{short(text)}", is not in sentext; write its words as there')
    return (alike or tagged)[0]
