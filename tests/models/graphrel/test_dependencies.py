"""Heads from a spaCy pipeline."""

import pytest
import torch

from relknit.document import Document, Entity, Relation
from relknit.encoders.bilstm.bilstm import BiLSTMEncoder
from relknit.errors import ConfigError
from relknit.models.graphrel.dependencies import DependencyParser, is_installed
from relknit.models.graphrel.graphrel import GraphRel
from relknit.models.graphrel.settings import GraphRelSettings

spacy = pytest.importorskip("spacy")

WORDS = ("Ada", "left", "New", "York", "isn't")
HEADS = [1, 1, 3, 1, 1]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """A pipeline whose parser has learned one sentence."""
    from spacy.training import Example

    nlp = spacy.blank("en")
    parser = nlp.add_pipe("parser", config={"model": {"tok2vec": small_features()}})
    reference = spacy.tokens.Doc(nlp.vocab, words=list(WORDS), heads=HEADS, deps=["nsubj", "ROOT", "nn", "dobj", "x"])
    example = Example(spacy.tokens.Doc(nlp.vocab, words=list(WORDS)), reference)
    parser.cfg["min_action_freq"] = 1
    nlp.initialize(lambda: [example])
    for _ in range(40):
        nlp.update([example])
    folder = tmp_path_factory.mktemp("pipelines") / "tiny"
    nlp.to_disk(folder)
    return str(folder)


def small_features():
    return {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 8,
        "depth": 1,
        "embed_size": 50,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": False,
    }


def test_given_tokens_are_parsed_as_they_are(pipeline):
    parser = DependencyParser(pipeline)
    assert parser.heads(WORDS) == tuple(HEADS)
    assert parser.heads(()) == ()


def test_a_model_with_a_dependency_graph_reads_these_heads(pipeline, tiny_encoder):
    document = Document("1", WORDS, (Entity(0, 1), Entity(2, 4)), (Relation(0, 1, "left"),))
    encoder = BiLSTMEncoder.from_documents(tiny_encoder(pos_dim=0), [document])
    settings = GraphRelSettings(graph="auto", pipeline=pipeline, hidden=2)
    model = GraphRel(settings, encoder, GraphRel.labels_of(settings, [document]))
    assert model.settings.graph == "dependency"
    assert model.prepare(document).heads.tolist() == HEADS
    assert model.collate([model.prepare(document)] * 2).heads.tolist() == [*HEADS, *(5 + k for k in HEADS)]
    assert torch.isfinite(model.loss(model.collate([model.prepare(document, labelled=True)]))["relation"])


def test_a_pipeline_is_installed_if_it_is_a_package_or_a_folder(pipeline):
    assert is_installed(pipeline)
    assert not is_installed("no_such_pipeline")


def test_a_pipeline_that_cannot_be_loaded_or_has_no_parser_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"model\.pipeline = 'no_such_pipeline'"):
        DependencyParser("no_such_pipeline")
    spacy.blank("en").to_disk(tmp_path / "bare")
    with pytest.raises(ConfigError, match="parser"):
        DependencyParser(str(tmp_path / "bare"))
