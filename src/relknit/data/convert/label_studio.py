"""The JSON of Label Studio: tasks with regions of a text and relations between regions.

    [{"id": 11, "data": {"text": "Ada lived in London."}, "annotations": [{"result": [
       {"id": "a1", "type": "labels", "value": {"start": 0, "end": 3, "text": "Ada", "labels": ["Person"]}, ...},
       {"type": "relation", "from_id": "a1", "to_id": "a2", "direction": "right", "labels": ["residence"]}]}]}]

Direction "left" turns head and tail around, "bi" gives a relation each way. Of several annotations of a task the one
marked as ground truth is read, else the first; tasks nobody has annotated, and predictions, are counted and left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.character_spans import CharacterSpans
from relknit.data.convert.json_out import write_records
from relknit.data.convert.json_values import checked, identity, items, member
from relknit.data.convert.marked_text import UNTYPED, MarkedText
from relknit.data.readers.records import Head, RawRecord
from relknit.document import Document
from relknit.errors import DataError, short

_UNANNOTATED: Final = "tasks without a finished annotation left out"
_OTHER_ANNOTATORS: Final = "further annotations of a task left out"
_SEVERAL: Final = "regions with several labels, of which the first is kept"
_UNLABELLED: Final = "relations without a label left out"
_LABELS: Final = ("labels", "hypertextlabels")


class LabelStudioFormat(RecordFormat):
    """Exports of Label Studio as JSON, which it imports again."""

    about = "JSON with data and annotations (Label Studio)"
    can_write = True

    def recognises(self, head: Head) -> bool:
        """Whether the first record has the data of a task, and annotations or predictions."""
        value = None if head.record is None else head.record.value
        if not isinstance(value, dict) or not isinstance(value.get("data"), dict):
            return False
        return not value.keys().isdisjoint(("annotations", "completions", "predictions"))

    def documents(self, record: RawRecord, options: ReadOptions) -> Iterable[Document]:
        """The Document of a task, or none if it is not annotated; raises DataError."""
        value = checked(record.value, dict, "the record")
        annotation = _annotation(value, options)
        if annotation is None:
            options.tally[_UNANNOTATED] += 1
            return ()
        data = member(value, "data", dict, "the task")
        spans = CharacterSpans(_text(data), options.tally)
        results = [checked(item, dict, f"result {k}") for k, item in enumerate(items(annotation, "result"))]
        left_out = {str(item.get("id")) for k, item in enumerate(results) if not _read_region(item, k, spans, options)}
        for item in results:
            if item.get("type") == "relation" and left_out.isdisjoint(
                (str(item.get("from_id")), str(item.get("to_id")))
            ):
                _read_relation(item, spans, options)
        return (spans.document(identity(data, "id", identity(value, "id", record.number)), options),)

    def write(self, path: Path, documents: Iterable[Document]) -> int:
        """Write one array of annotated tasks, for a project with `Labels` named "label" and `Text` named "text"."""
        return write_records(path, (_task(k, d) for k, d in enumerate(documents, 1)), array=True)


def _annotation(value: dict[str, Any], options: ReadOptions) -> dict[str, Any] | None:
    found = [checked(a, dict, "an annotation") for key in ("annotations", "completions") for a in items(value, key)]
    finished = [a for a in found if not a.get("was_cancelled")]
    options.tally[_OTHER_ANNOTATORS] += max(0, len(finished) - 1)
    return next((a for a in finished if a.get("ground_truth")), next(iter(finished), None))


def _text(data: dict[str, Any]) -> str:
    """`data["text"]`, or the only string of `data`; raises DataError."""
    strings = [value for value in data.values() if isinstance(value, str)]
    text = data.get("text", strings[0] if len(strings) == 1 else None)
    if not isinstance(text, str):
        raise DataError(
            f"data has no text (its keys are {', '.join(sorted(data))[:80]}); name the key of the text text"
        )
    return text


def _read_region(item: dict[str, Any], k: int, spans: CharacterSpans, options: ReadOptions) -> bool:
    """Add an entity; False for a region of another kind, which is counted and left out. A relation is not a region."""
    kind = item.get("type")
    if kind == "relation":
        return True
    value = item.get("value")
    if kind not in _LABELS or not isinstance(value, dict):
        options.tally[f"results of type {short(kind)} left out"] += 1
        return False
    what = f"result {k}"
    labels = items(value, str(kind)) or items(value, "labels")
    options.tally[_SEVERAL] += len(labels) > 1
    start, end = (member(value, key, int, what) for key in ("start", "end"))
    words = value.get("text")
    label = checked(labels[0], str, f"label of {what}") if labels else None
    region = member(item, "id", str | int, what)
    spans.entity(region, start, end, label, words=words if isinstance(words, str) else None)
    return True


def _read_relation(item: dict[str, Any], spans: CharacterSpans, options: ReadOptions) -> None:
    head, tail = (spans.index(member(item, key, str | int, "a relation")) for key in ("from_id", "to_id"))
    labels = [checked(label, str, "label of a relation") for label in items(item, "labels")]
    direction = item.get("direction", "right")
    if direction not in ("right", "left", "bi"):
        raise DataError(f"a relation has direction {short(direction)}, expected right, left or bi")
    options.tally[_UNLABELLED] += not any(labels)
    for label in filter(None, labels):
        if direction != "left":
            spans.relation(head, tail, label)
        if direction != "right":
            spans.relation(tail, head, label)


def _task(number: int, document: Document) -> dict[str, Any]:
    marked = MarkedText.of_document(document)
    data = {"id": document.id, "text": marked.text}
    annotation = {"was_cancelled": False, "result": list(_results(marked))}
    return {"id": number, "data": data, "annotations": [annotation]}


def _results(marked: MarkedText) -> Iterator[dict[str, Any]]:
    for k, span in enumerate(marked.spans):
        words, label = marked.text[span.start : span.end], span.type or UNTYPED
        value = {"start": span.start, "end": span.end, "text": words, "labels": [label]}
        names = {"from_name": "label", "to_name": "text", "type": "labels"}
        yield {"id": f"e{k}", **names, "value": value}
    for r in marked.relations:
        ends = {"from_id": f"e{r.head}", "to_id": f"e{r.tail}"}
        yield {**ends, "type": "relation", "direction": "right", "labels": [r.type]}
