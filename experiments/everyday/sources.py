"""Give Re-DocRED, KnowledgeNet and DocRED's entities the labels of the everyday corpus.

    python experiments/everyday/sources.py data/releases data/sources

IN holds the authors' own files (SOURCES.md says where they are from):

    redocred/dev_revised.json, test_revised.json, rel_info.json; train_revised.json is added to train if it is there
    knowledgenet/train.json, or human_readable-v10-notest.zip
    docred/test.json

OUT gets a folder for each source with its splits, sources.toml (sections for a mixture) and counts.json (how many facts each
rule takes). No text of a test or dev split is in the training split of any source.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, reduce
from pathlib import Path
from typing import Any, Final

from mapping import (
    HERE,
    UNKNOWN_TYPE,
    Target,
    article_length,
    covered,
    is_pronoun,
    our_type,
    read_mapping,
    relabel,
    signatures,
)

from relknit.data.convert import ReadOptions, convert
from relknit.data.convert.docred import DocRedText, parse_docred, relation_names
from relknit.data.convert.marked_text import MarkedText
from relknit.data.readers.records import read_records
from relknit.data.retokenise import retokenised
from relknit.document import Document, Entity, Relation
from relknit.document.coreference import REFERENCE
from relknit.document.jsonl import write_jsonl
from relknit.document.scope import Scope

SPLITS: Final = ("train", "dev", "test")
Tally = Counter[tuple[str, str]]
Splits = dict[str, list[Document]]


@cache
def split_lists() -> dict[str, dict[str, list[str]]]:
    """splits.toml."""
    return tomllib.loads((HERE / "splits.toml").read_text(encoding="utf-8"))


def split_of(source: str, title: str) -> str:
    """The split of a document."""
    return next((split for split, titles in split_lists()[source].items() if title in titles), "train")


def retyped(document: Document, words: Counter[str], types: dict[Entity, str] | None = None) -> Document:
    """The document in our tokens and with our entity types.

    words: counts tokens and words split. types: of entities whose type is known better.
    """
    known = types or {}
    marked = MarkedText.of_document(retokenised(document))
    spans = []
    for entity, span in zip(document.entities, marked.spans, strict=True):
        text = marked.text[span.start : span.end]
        cut = article_length(span.type, text)
        kind = our_type(span.type, text[cut:])
        kind = known.get(entity, kind) if kind == UNKNOWN_TYPE else kind
        spans.append(span._replace(start=span.start + cut, type=kind))
    found = replace(marked, spans=tuple(spans)).to_document(identity=document.id, tally=words)
    words["tokens"] += len(found.tokens)
    return found


def without_overlaps(document: Document, words: Counter[str]) -> Document:
    """The document with the longer one of two entities that have a word in common, in the order of the text."""
    kept: list[int] = []
    taken: set[int] = set()
    sizes = [(e.token_start - e.token_end, e.token_start, k) for k, e in enumerate(document.entities)]
    for *_, k in sorted(sizes):
        own = range(document.entities[k].token_start, document.entities[k].token_end)
        if taken.isdisjoint(own):
            kept.append(k)
            taken.update(own)
    words["overlapping mentions"] += len(document.entities) - len(kept)
    kept.sort(key=lambda k: document.entities[k].token_start)
    place = {k: number for number, k in enumerate(kept)}

    def moved(relations: tuple[Relation, ...]) -> tuple[Relation, ...]:
        inside = (r for r in relations if r.head in place and r.tail in place)
        return tuple(replace(r, head=place[r.head], tail=place[r.tail]) for r in inside)

    return replace(
        document,
        entities=tuple(document.entities[k] for k in kept),
        relations=moved(document.relations),
        unknown=moved(document.unknown),
    )


def read_docred(path: Path, names: dict[str, str]) -> Iterator[DocRedText]:
    """The texts of a file of DocRED, with the names of relations."""
    for record in read_records(path):
        text = parse_docred(record, ReadOptions())
        yield replace(text, labels=tuple(label._replace(relation=names[label.relation]) for label in text.labels))


def decided_types(text: DocRedText) -> dict[int, str]:
    """Our type of the vertices of type MISC whose facts in the whole text leave one."""
    every = frozenset(read_mapping()["types"][UNKNOWN_TYPE])
    possible: defaultdict[int, list[frozenset[str]]] = defaultdict(list)
    for label in text.labels:
        target = Target.of(read_mapping()["redocred"]["relations"].get(label.relation, {}))
        if target.is_ in read_mapping()["rules"]["decides_type"]:
            head, tail = (label.tail, label.head) if target.reversed else (label.head, label.tail)
            possible[head].append(signatures()[target.is_].head)
            possible[tail].append(signatures()[target.is_].tail)
    found = {vertex: reduce(frozenset.__and__, kinds, every) for vertex, kinds in possible.items()}
    return {vertex: next(iter(kinds)) for vertex, kinds in found.items() if len(kinds) == 1}


def redocred_sentence(text: DocRedText, k: int, tally: Tally, words: Counter[str]) -> Document:
    """Sentence k with our labels."""
    document = text.sentence(k, lambda label: True)
    evident = text.sentence(k, lambda label: k in label.evidence).relations
    stated = text.sentence(k).relations
    types = {
        Entity(mention.start, mention.end, mention.type): kind
        for vertex, kind in decided_types(text).items()
        for mention in text.vertices[vertex]
        if mention.sentence == k
    }
    elsewhere = [relation for relation in document.relations if relation not in stated]
    mapped = relabel("redocred", retyped(document, words, types), evident=evident, elsewhere=elsewhere, tally=tally)
    return without_overlaps(mapped, words)


def redocred(folder: Path, tally: Tally, words: Counter[str]) -> Splits:
    """Re-DocRED by sentences."""
    found: Splits = {split: [] for split in SPLITS}
    names = relation_names(folder / "rel_info.json")
    for name in ("dev_revised.json", "test_revised.json", "train_revised.json"):
        if name == "train_revised.json" and not (folder / name).exists():
            continue
        for text in read_docred(folder / name, names):
            split = split_of("redocred", text.title)
            found[split] += [redocred_sentence(text, k, tally, words) for k, own in enumerate(text.sentences) if own]
    return found


def docred_entities(folder: Path, words: Counter[str]) -> Splits:
    """The sentences of DocRED's test split, whose relations are not published: entities only."""
    texts = (parse_docred(record, ReadOptions()) for record in read_records(folder / "test.json"))
    sentences = (text.sentence(k) for text in texts for k, own in enumerate(text.sentences) if own)
    return {"train": [without_overlaps(retyped(document, words), words) for document in sentences]}


def knowledgenet(folder: Path, tally: Tally, words: Counter[str]) -> Splits:
    """KnowledgeNet by passages; pronouns have the type `reference`. Fold 4 is the test split."""
    files = [folder / name for name in ("train.json", "human_readable-v10-notest.zip")]
    found: Splits = {split: [] for split in SPLITS}
    for document in convert(next((path for path in files if path.exists()), files[0])):
        fold, text, _ = document.id.split(":")
        assert document.scope is not None
        assert document.scope.relations is not None
        entities = (replace(e, type=REFERENCE) if is_pronoun(e.text) else e for e in document.entities)
        mapped = relabel("knowledgenet", retyped(replace(document, entities=tuple(entities)), words), tally=tally)
        scope = Scope(covered("knowledgenet", document.scope.relations))
        split = "test" if fold == "4" else split_of("knowledgenet", text)
        found[split].append(without_overlaps(replace(mapped, scope=scope), words))
    return found


def same_text(document: Document) -> str:
    """What texts have in common that differ in white space and capitals only."""
    return "".join(document.tokens).lower()


def drop_leaks(sources: dict[str, Splits], counts: dict[str, Counter[str]]) -> None:
    """Remove from the training splits, and then from dev, every text that a later split of any source has."""
    seen: set[str] = set()
    for split in reversed(SPLITS):
        here: set[str] = set()
        for source, splits in sources.items():
            documents = splits.get(split, [])
            splits[split] = [document for document in documents if same_text(document) not in seen]
            counts[source][f"texts of {split} that a later split has"] += len(documents) - len(splits[split])
            here.update(map(same_text, documents))
        seen |= here


def section(source: str, splits: Splits) -> str:
    """What a source annotates, as a section of a mixture; relations without a training fact are left out."""
    facts = {relation.type for document in splits["train"] for relation in document.relations}
    lines = [f"[sources.{source}]", f'folder = "{source}"']
    if source == "knowledgenet":
        lines.append('entities = "some"')
    else:
        annotated = read_mapping()["redocred"]["annotated"] if source == "redocred" else []
        lines.append(f"relations = {json.dumps([name for name in annotated if name in facts])}")
        lines.append(f'missing_types = ["{REFERENCE}"]')
    if any(entity.type == UNKNOWN_TYPE for document in splits["train"] for entity in document.entities):
        lines.append(f"types = {{ {UNKNOWN_TYPE} = {json.dumps(read_mapping()['types'][UNKNOWN_TYPE])} }}")
    return "\n".join(lines) + "\n"


def counts_of(tally: Tally, words: Counter[str], splits: Splits) -> dict[str, Any]:
    """Facts by rule and relation, texts by split, and what happened to words."""
    rules: dict[str, dict[str, int]] = {}
    for (rule, relation), count in sorted(tally.items()):
        rules.setdefault(rule, {})[relation] = count
    return {"texts": {name: len(found) for name, found in splits.items()}, "words": dict(words), "facts": rules}


def main() -> None:
    """Write all sources."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    tallies: defaultdict[str, Tally] = defaultdict(Tally)
    words: defaultdict[str, Counter[str]] = defaultdict(Counter)
    sources = {
        "redocred": redocred(options.folder / "redocred", tallies["redocred"], words["redocred"]),
        "knowledgenet": knowledgenet(options.folder / "knowledgenet", tallies["knowledgenet"], words["knowledgenet"]),
        "docred-entities": docred_entities(options.folder / "docred", words["docred-entities"]),
    }
    drop_leaks(sources, words)
    for source, splits in sources.items():
        (options.out / source).mkdir(parents=True, exist_ok=True)
        for split, documents in splits.items():
            if documents:
                write_jsonl(options.out / source / f"{split}.jsonl", documents)
    counts = {name: counts_of(tallies[name], words[name], splits) for name, splits in sources.items()}
    (options.out / "counts.json").write_text(json.dumps(counts, indent=1), encoding="utf-8")
    sections = "\n".join(section(source, splits) for source, splits in sources.items())
    (options.out / "sources.toml").write_text(sections, encoding="utf-8")


if __name__ == "__main__":
    main()
