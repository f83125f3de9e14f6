"""The format of the RIN authors' code: tokens, POS tags, entities and triples as lists of words.

    {"sentText": ["Ada", "Lovelace", "lived", "in", "London"], "pos": ["NNP", ...],
     "en_list": [["Ada", "Lovelace"], ["London"]],
     "relationMentions": [{"em1Text": ["Lovelace"], "em2Text": ["London"], "label": "residence"}]}

Read as their code reads it: an entity is the first match of its words, an argument is at the first occurrence of
the FIRST element of its word list (the released lists consist of one word, the entity's last). `stan_ner` and the labels of
the arguments are not read: they come from a tagger and their code does not use them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from relknit.data.convert.assemble import TokenSpan, connect
from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.readers.records import RawRecord
from relknit.document import Document
from relknit.errors import short


class RinFormat(RecordFormat):
    """The training and test files of the RIN authors."""

    about = "JSON with sentText and relationMentions"
    keys = frozenset(("sentText", "relationMentions"))

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of a record; raises DataError that names its line."""
        value = record.value
        if not isinstance(value, dict):
            raise record.error(f"expected a JSON object with sentText, found {type(value).__name__}")
        tokens = _words(record, value.get("sentText"), "sentText")
        spans = [_entity(record, tokens, item, k) for k, item in enumerate(_items(record, "en_list"))]
        triples = [_triple(record, tokens, spans, item, k) for k, item in enumerate(_items(record, "relationMentions"))]
        entities, relations = connect(triples, spans)
        pos = None if value.get("pos") is None else tuple(_words(record, value["pos"], "pos"))
        if pos is not None and len(pos) != len(tokens):
            fix = "give one tag for each word or leave pos out"
            raise record.error(f"pos has {len(pos)} tags for {len(tokens)} words; {fix}")
        identity = str(value.get("id", record.number))
        return Document(id=identity, tokens=tuple(tokens), entities=entities, relations=relations, pos=pos)


def _items(record: RawRecord, key: str) -> list[Any]:
    items = record.value.get(key, [])
    if not isinstance(items, list):
        raise record.error(f"{key} is {type(items).__name__}, expected a list")
    return items


def _words(record: RawRecord, words: Any, what: str) -> list[str]:
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
        shown = words[:60] if isinstance(words, str) else short(words)
        raise record.error(f"{what} is {shown!r}, expected a list of words")
    return words


def _entity(record: RawRecord, tokens: list[str], item: Any, k: int) -> TokenSpan:
    words = _words(record, item, f"entity {k} of en_list")
    for start in range(len(tokens) - len(words) + 1):
        if tokens[start : start + len(words)] == words:
            return start, start + len(words)
    shown = f'entity {k} of en_list, "{" ".join(words):.60}"'
    raise record.error(f"{shown}, is not in sentText; write its words as in sentText")


def _triple(
    record: RawRecord, tokens: list[str], spans: Sequence[TokenSpan], item: Any, k: int
) -> tuple[TokenSpan, str, TokenSpan]:
    if not isinstance(item, dict):
        raise record.error(f"relation {k} is {type(item).__name__}, expected an object with em1Text, em2Text and label")
    label = item.get("label")
    if not isinstance(label, str) or not label:
        raise record.error(f"relation {k} has label {short(label)}, expected the name of a relation")
    head, tail = (
        _argument(record, tokens, spans, item.get(key), f"{key} of relation {k}") for key in ("em1Text", "em2Text")
    )
    return head, label, tail


def _argument(record: RawRecord, tokens: list[str], spans: Sequence[TokenSpan], words: Any, what: str) -> TokenSpan:
    """The entity at the argument's position: with the same words, else ending, else starting there, else the word itself."""
    words = _words(record, words, what)
    if words[0] not in tokens:
        raise record.error(f'{what}, "{" ".join(words):.60}", is not in sentText; write its words as in sentText')
    at = tokens.index(words[0])
    alike = [span for span in spans if span[0] == at and tokens[slice(*span)] == words]
    ending = [span for span in spans if span[1] - 1 == at]
    starting = [span for span in spans if span[0] == at]
    return next(iter(alike + ending + starting), (at, at + 1))
