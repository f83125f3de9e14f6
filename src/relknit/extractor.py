"""Texts -> Documents: the model on somebody's own sentences, with character offsets and confidence for every triple."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from relknit.checkpoint import SavedModel, load_model
from relknit.document import Document
from relknit.errors import CheckpointError
from relknit.predict import predict
from relknit.text.read import read_text

LOOK_AHEAD = 256  # texts read ahead of the first one answered


class Extractor:
    """A loaded model that reads text. Safe to use from several threads at once: nothing in it changes after loading."""

    def __init__(self, saved: SavedModel, *, threads: int | None = None) -> None:
        self.saved = saved
        self.threads = threads or os.cpu_count() or 1
        saved.model.eval()

    @staticmethod
    def load(model: str | Path, *, threads: int | None = None) -> Extractor:
        """From an existing model folder, else the shipped model of that name; raises CheckpointError."""
        return Extractor(load_model(find_model(model)), threads=threads)

    def __call__(self, text: str, *, self_pairs: bool = False) -> Document:
        """Everything the model finds in a text of any length.

        self_pairs: also triples of an entity with itself, which are hidden otherwise.
        """
        return next(self.batch([text], self_pairs=self_pairs))

    def batch(
        self, texts: Iterable[str], *, self_pairs: bool = False, progress: Callable[[int], None] | None = None
    ) -> Iterator[Document]:
        """A Document for each text, in order, reading at most LOOK_AHEAD texts ahead; their ids count from 1.

        progress: called with the number of texts done.
        """
        stream = iter(texts)
        number = 1
        while group := list(islice(stream, LOOK_AHEAD)):
            documents = [read_text(text, identity=str(number + k)) for k, text in enumerate(group)]
            number += len(group)
            yield from self.annotate(documents, self_pairs=self_pairs)
            if progress is not None:
                progress(len(group))

    def annotate(self, documents: list[Document], *, self_pairs: bool = False) -> list[Document]:
        """The same documents with what the model finds in their tokens."""
        found = predict(self.saved.model, documents, max_tokens=self.saved.trained_on.max_tokens, threads=self.threads)
        return [
            _readable(document.with_prediction(prediction), self_pairs)
            for document, prediction in zip(documents, found, strict=True)
        ]


def shipped_models() -> dict[str, Path]:
    """Name and folder of every model that comes with the package."""
    folder = Path(__file__).parent / "shipped" / "models"
    return {path.name: path for path in sorted(folder.iterdir()) if path.is_dir()} if folder.is_dir() else {}


def find_model(model: str | Path) -> Path:
    """The folder of a model: the path itself if it exists, else the shipped model of that name; raises CheckpointError."""
    path = Path(model)
    if path.is_dir():
        return path
    shipped = shipped_models()
    if str(model) in shipped:
        return shipped[str(model)]
    names = ", ".join(shipped) or "none"
    raise CheckpointError(f"{model}: no such model folder, and no shipped model of that name (shipped: {names})")


def _readable(document: Document, self_pairs: bool) -> Document:
    """Without raw anchors, self-pairs only on request, triples in the order of the text, no stand-in without a triple."""
    relations = [r for r in document.relations if self_pairs or r.head != r.tail]
    used = {end for r in relations for end in (r.head, r.tail)}
    kept = [k for k, entity in enumerate(document.entities) if entity.tagged or k in used]
    kept.sort(key=lambda k: (document.entities[k].start, document.entities[k].end))
    place = {k: position for position, k in enumerate(kept)}
    moved = [replace(r, head=place[r.head], tail=place[r.tail]) for r in relations]
    moved.sort(key=lambda r: (r.head, r.tail, r.type))
    return replace(document, entities=tuple(document.entities[k] for k in kept), relations=tuple(moved), anchors=None)
