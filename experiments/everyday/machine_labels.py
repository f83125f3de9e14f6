"""Let a model annotate what the sources do not: a mixture's training sentences with the facts that the model finds.

    python experiments/everyday/machine_labels.py MODEL data/sources data/labelled

A smaller model learns from these sentences what the larger one knows. Where a source annotates a relation and the model
agrees, the fact is kept; where they differ, and where the model is in doubt, it is unknown whether the fact holds.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from relknit.checkpoint import SavedModel, load_model
from relknit.data.readers import read_documents
from relknit.document import Document, Entity, Prediction, Relation
from relknit.document.jsonl import write_jsonl
from relknit.ops.workers import single_threaded
from relknit.predict import predict
from relknit.runtime import Runtime

SOURCES: Final = ("redocred", "knowledgenet", "unlabelled")
LEAST: Final = 0.15
"""Below this confidence a fact is taken for absent."""
SURE: Final = 0.5
"""From this confidence on for present."""

Triple = tuple[tuple[int, int], str, tuple[int, int]]


def merged_entities(gold: Sequence[Entity], found: Sequence[Entity]) -> list[Entity]:
    """The annotated entities, with the type that the model gives them where theirs is open, and found ones beside them."""
    types = {(entity.token_start, entity.token_end): entity.type for entity in found}
    kept = [
        replace(entity, type=types.get((entity.token_start, entity.token_end), "other"), confidence=None)
        if entity.type == "MISC"
        else entity
        for entity in gold
    ]
    taken = {token for entity in kept for token in range(entity.token_start, entity.token_end)}
    free = [
        entity for entity in found if entity.tagged and taken.isdisjoint(range(entity.token_start, entity.token_end))
    ]
    return sorted([*kept, *(replace(entity, confidence=None) for entity in free)], key=lambda one: one.token_start)


def triples(entities: Sequence[Entity], relations: Sequence[Relation]) -> dict[Triple, float]:
    """Relations by spans, with their confidence, 1 where there is none."""
    spans = [(entity.token_start, entity.token_end) for entity in entities]
    return {(spans[r.head], r.type, spans[r.tail]): 1.0 if r.confidence is None else r.confidence for r in relations}


def labelled(document: Document, found: Prediction, annotated: frozenset[str]) -> Document:
    """The document with what it has and what the model finds."""
    gold, model = triples(document.entities, document.relations), triples(found.entities, found.relations)
    open_before = triples(document.entities, document.unknown)
    entities = merged_entities(document.entities, found.entities)
    numbers = {(entity.token_start, entity.token_end): number for number, entity in enumerate(entities)}

    def holds(triple: Triple) -> bool | None:
        confidence = model.get(triple, 0.0)
        if triple[1] not in annotated or triple in open_before:
            return None if LEAST <= confidence < SURE else confidence >= SURE
        in_gold = triple in gold
        if in_gold == (confidence >= SURE):
            return in_gold
        return None if in_gold or confidence >= LEAST else False

    facts, unknown = [], []
    for triple in dict.fromkeys((*gold, *model, *open_before)):
        head, tail = numbers.get(triple[0]), numbers.get(triple[2])
        answer = holds(triple)
        if head is not None and tail is not None and answer is not False:
            (facts if answer else unknown).append(Relation(head, tail, triple[1]))
    return replace(
        document, entities=tuple(entities), relations=tuple(facts), unknown=tuple(unknown), anchors=None, scope=None
    )


def label(model: SavedModel, documents: Sequence[Document], relations: frozenset[str]) -> Iterator[Document]:
    """All documents, labelled; relations: what their source annotates."""
    decoding = replace(model.model.decoding, threshold=LEAST, keep_untagged=False)
    with model.model.evaluating(decoding=decoding, calibration=None):
        found = predict(model.model, documents, max_tokens=128, runtime=Runtime(threads=1), anchors=False)
    for document, prediction in zip(documents, found, strict=True):
        own = None if document.scope is None else document.scope.relations
        yield labelled(document, prediction, relations if own is None else own)


def main() -> None:
    """Label the training sentences of every source."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("sources", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    single_threaded()
    model = load_model(options.model)
    for source in SOURCES:
        documents = read_documents(options.sources / source / "train.jsonl").documents
        settings = tomllib.loads((options.sources / "sources.toml").read_text())["sources"].get(source, {})
        annotated = frozenset(settings.get("relations", ()))
        (options.out / source).mkdir(parents=True, exist_ok=True)
        write_jsonl(options.out / source / "train.jsonl", label(model, documents, annotated))


if __name__ == "__main__":
    main()
