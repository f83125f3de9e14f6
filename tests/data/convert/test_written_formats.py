"""Random documents, written in every format that is written and read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.cli import main
from relknit.data.convert import choose, convert, export
from relknit.data.convert.marked_text import MarkedText
from relknit.document import Document
from relknit.document.jsonl import write_jsonl
from relknit.errors import DataError
from tests.data.convert.marks import marked_texts, plain

BY_CHARACTERS = ["labelstudio", "doccano", "prodigy"]
BY_TOKENS = ["docred", "dygie", "gliner"]
ADA = Document("1", ("Ada", "ran"))


def distinct(values):
    return sorted(set(values), key=repr)


def by_tokens(document):
    """Entities with types, and relations between spans: DyGIE++ does not say which of two types of a span it means."""
    spans = [(e.token_start, e.token_end) for e in document.entities]
    entities = [(*span, e.type) for span, e in zip(spans, document.entities, strict=True)]
    return distinct(entities), distinct((spans[r.head], r.type, spans[r.tail]) for r in document.relations)


@pytest.mark.parametrize("target", BY_CHARACTERS)
@given(st.lists(marked_texts(), min_size=1, max_size=3))
def test_texts_offsets_types_and_relations_survive(tmp_path_factory, target, texts):
    path = tmp_path_factory.mktemp("out") / "out.json"
    documents = [marked.to_document(identity=f"d{k}") for k, marked in enumerate(texts)]
    assert export(path, documents, target=target) == len(documents)
    assert choose(path).source == target
    back = list(convert(path))
    assert [d.id for d in back] == [d.id for d in documents]
    for old, new in zip(documents, back, strict=True):
        (text, spans, relations), (text_back, spans_back, back_relations) = map(
            plain, map(MarkedText.of_document, (old, new))
        )
        assert text == text_back
        assert distinct(spans) == distinct(spans_back)
        assert distinct((spans[h], t, spans[e]) for h, e, t in relations) == distinct(
            (spans_back[h], t, spans_back[e]) for h, e, t in back_relations
        )


@pytest.mark.parametrize("target", BY_TOKENS)
@given(st.lists(marked_texts(), min_size=1, max_size=3))
def test_tokens_types_and_relations_survive(tmp_path_factory, target, texts):
    path = tmp_path_factory.mktemp("out") / "out.json"
    documents = [marked.to_document(identity=f"d{k}") for k, marked in enumerate(texts)]
    assert export(path, documents, target=target) == len(documents)
    assert choose(path).source == target
    back = list(convert(path))
    assert [(d.id, d.tokens) for d in back] == [(d.id, d.tokens) for d in documents]
    assert [by_tokens(d) for d in back] == [by_tokens(d) for d in documents]


@pytest.mark.parametrize("target", BY_CHARACTERS + BY_TOKENS)
def test_the_command_writes_the_format_that_is_named(tmp_path, target):
    write_jsonl(tmp_path / "in.jsonl", [ADA])
    out = tmp_path / "out.json"
    assert main(["data", "convert", str(tmp_path / "in.jsonl"), str(out), "--to", target]) == 0
    assert choose(out).source == target
    assert main(["data", "convert", str(tmp_path / "in.jsonl"), str(out), "--to", target]) == 2


def test_an_existing_file_is_unchanged_when_a_document_cannot_be_written(tmp_path):
    path = tmp_path / "out.json"
    path.write_text("old")
    with pytest.raises(DataError, match="lone surrogate"):
        export(path, [ADA, Document("2", ("\ud800",))], target="gliner")
    assert path.read_text() == "old"
