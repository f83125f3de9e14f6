"""Texts into a graph: what the graph has is kept, what is new or changed goes through a model."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from relknit.document import Document
from relknit.graph.graph_model import GraphModel
from relknit.graph.graph_records import GraphChange
from relknit.graph.graph_rows import Passage, passage_rows, placed_document
from relknit.graph.knowledge_graph import Graph
from relknit.graph.staging import StagedRows, Staging
from relknit.inputs import TextInput

if TYPE_CHECKING:
    from relknit.extractor import Extractor

SAVE_EVERY: Final = 200
"""So many extracted texts are saved at once; an interruption loses no more of them."""


class GraphBuild:
    """One update of a graph with texts: `read` them, and then `finish`.

    load: the extractor, which is only loaded where a text is new or changed. model: what `load` gives, as the graph names it.
    extracted: how many texts went through the model.
    """

    def __init__(self, graph: Graph, load: Callable[[], Extractor], model: GraphModel) -> None:
        self.graph = graph
        self.load = load
        self.model = model
        self.extracted = 0
        self._staging = Staging(graph.sql)
        self._unsaved: list[StagedRows] = []

    def read(self, inputs: Iterable[TextInput], *, progress: Callable[[int], None] = lambda size: None) -> None:
        """Stage every text, with given annotations or those of the model.

        progress: called with the size of each text in bytes. Raises DataError for two different texts of one id.
        """
        unknown = self._unknown(inputs, progress)
        try:
            self._extract(unknown, progress)
        finally:
            self._save()

    def finish(self, *, only: bool = False) -> GraphChange:
        """Make all of them part of the graph at once. only: take out all other documents."""
        return self.graph.apply(only=only, model=self.model)

    def _unknown(self, inputs: Iterable[TextInput], progress: Callable[[int], None]) -> Iterator[Passage]:
        """The texts that neither the graph nor an interrupted build has, and that have no annotations of their own."""
        for item in inputs:
            name = item.id if item.part_of is None else item.part_of
            passage = Passage(name, item.text, item.part_start, item.fields)
            if item.annotated is not None:
                placed = placed_document(item.annotated)
                rows = passage_rows(placed, replace(passage, text=placed.text or ""))
                annotations = rows.annotations
                if not self._staging.is_known(rows.passage, annotations=annotations):
                    self._keep(StagedRows(rows, annotations))
            elif not self._staging.is_known(passage, model=self.model.id):
                yield passage
                continue
            progress(_size(passage))

    def _extract(self, unknown: Iterator[Passage], progress: Callable[[int], None]) -> None:
        first = next(unknown, None)
        if first is None:
            return
        extractor = self.load()
        self.model = replace(self.model, labels=extractor.saved.trained_on.labels)
        waiting: deque[Passage] = deque()

        def documents() -> Iterator[Document]:
            for passage in chain([first], unknown):
                waiting.append(passage)
                yield extractor.read(passage.text, identity=passage.document)

        for document in extractor.annotate(documents()):
            passage = waiting.popleft()
            self._keep(StagedRows(passage_rows(document, passage), model=self.model.id))
            progress(_size(passage))
            self.extracted += 1

    def _keep(self, rows: StagedRows) -> None:
        self._unsaved.append(rows)
        if len(self._unsaved) >= SAVE_EVERY:
            self._save()

    def _save(self) -> None:
        with self.graph.transaction():
            for rows in self._unsaved:
                self._staging.put(rows)
        self._unsaved.clear()


def _size(passage: Passage) -> int:
    return len(passage.text.encode(errors="surrogatepass"))
