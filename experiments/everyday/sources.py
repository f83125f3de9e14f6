"""Give Re-DocRED, KnowledgeNet and DocRED's entities the labels of the everyday corpus.

    python experiments/everyday/sources.py ../shared/data/realtext data/sources

IN holds redocred-sentences, knowledgenet and docred-entities. OUT gets a folder for each source with its splits, and
`scope.json`: which relations and entity types the source annotates. A line may have two more keys than relknit's JSONL:
`annotated`, the relations that are completely annotated in it, and `unknown`, relations of pairs that may hold or not.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from corpus import is_reference
from mapping import REFERENCE, UNKNOWN_TYPE, Labelled, article_length, covered, our_type, read_mapping, relabel

from relknit.data.convert.marked_text import MarkedSpan, MarkedText
from relknit.document import Document
from relknit.document.jsonl import decode_line, parse_document, read_lines
from relknit.document.record import to_record
from relknit.files import replacing

SPLITS: Final = ("train", "dev", "test")
Tally = Counter[tuple[str, str]]


def read_source(path: Path) -> Iterator[tuple[Document, dict[str, Any]]]:
    """The documents of a file, with their records."""
    for number, line in read_lines(path):
        record = decode_line(line, path=path, number=number)
        yield parse_document(record, path=path, line=number), record


def retyped(document: Document, words: Counter[str]) -> Document:
    """The document with our entity types and our tokens; pronouns and descriptions are of type `reference`."""
    marked = MarkedText.of_document(document)
    spans = []
    for span in marked.spans:
        text = marked.text[span.start : span.end]
        cut = article_length(span.type, text)
        spans.append(MarkedSpan(span.start + cut, span.end, our_type(span.type, text[cut:])))
    found = replace(marked, spans=tuple(spans)).to_document(identity=document.id, tally=words)
    words["tokens"] += len(found.tokens)
    return found


def with_references(document: Document) -> Document:
    """KnowledgeNet's document, in which pronouns and descriptions have the type `reference`."""
    entities = (replace(e, type=REFERENCE) if is_reference(e.text) else e for e in document.entities)
    return replace(document, entities=tuple(entities))


def same_text(document: Document) -> str:
    """What two texts have in common that differ in white space and capitals only."""
    return "".join(document.tokens).lower()


def to_line(labelled: Labelled, annotated: Iterable[str] | None) -> dict[str, Any]:
    """The record of a line."""
    record = to_record(labelled.document)
    if annotated is not None:
        record["annotated"] = sorted(annotated)
    if labelled.unknown:
        record["unknown"] = [{"head": r.head, "tail": r.tail, "type": r.type} for r in labelled.unknown]
    return record


def write_source(
    folder: Path, out: Path, source: str, files: dict[str, Path], tally: Tally, words: Counter[str]
) -> None:
    """Write the splits of a source, test first; a text of test or dev is in no later split."""
    seen: set[str] = set()
    for split in reversed(SPLITS):
        if split not in files:
            continue
        lines, here = [], set()
        for document, record in read_source(folder / files[split]):
            if same_text(document) in seen:
                words[f"texts of {split} that another split has"] += 1
                continue
            here.add(same_text(document))
            if source == "knowledgenet":
                document = with_references(document)
            mapped = "redocred" if source == "docred-entities" else source
            labelled = relabel(mapped, retyped(document, words), evident=None, tally=tally)
            lines.append(to_line(labelled, covered(source, record["annotated"]) if "annotated" in record else None))
        seen |= here
        write_lines(out / f"{split}.jsonl", lines)


def write_lines(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """A JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        partial.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def scope(source: str) -> dict[str, Any]:
    """What a source annotates."""
    types = {UNKNOWN_TYPE: read_mapping()["types"][UNKNOWN_TYPE]}
    if source == "knowledgenet":
        return {"relations": "annotated of each line", "entities": False, "types": types}
    relations = read_mapping()["redocred"]["annotated"] if source == "redocred" else []
    return {"relations": relations, "entities": True, "types": types, "not annotated types": [REFERENCE]}


def main() -> None:
    """Write all sources and counts.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    names = {"redocred": "redocred-sentences", "knowledgenet": "knowledgenet", "docred-entities": "docred-entities"}
    counts = {}
    for source, name in names.items():
        tally, words = Tally(), Counter[str]()
        files = {
            split: Path(f"{split}.jsonl.gz")
            for split in SPLITS
            if (options.folder / name / f"{split}.jsonl.gz").exists()
        }
        write_source(options.folder / name, options.out / source, source, files, tally, words)
        (options.out / source / "scope.json").write_text(json.dumps(scope(source), indent=1), encoding="utf-8")
        rules: dict[str, dict[str, int]] = {}
        for (rule, relation), count in sorted(tally.items()):
            rules.setdefault(rule, {})[relation] = count
        counts[source] = {"words": dict(words), "facts": rules}
    (options.out / "counts.json").write_text(json.dumps(counts, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
