"""A folder of data and a model trained on it through the command line, once for all tests of the commands."""

import pytest
import torch

from relknit.cli import main
from relknit.data.corpus import load_corpus
from relknit.document.jsonl import write_jsonl

SMALL = """
    encoder.word_dim=24 encoder.char_dim=8 encoder.char_filters=8 encoder.shape_dim=4 encoder.hidden=24 encoder.num_layers=1
    encoder.input_dropout=0 encoder.layer_dropout=0 encoder.word_dropout=0 model.pair_hidden=24 model.num_rounds=1
    model.relation_bias=-3 training.epochs=60 training.batch_size=2 training.learning_rate=0.008 training.patience=60
    training.average=0 training.threads=1 training.folds=0 training.rename=0
    training.join=0 training.vary_case=0 training.tune_window=false
""".split()  # noqa: SIM905  (a list of forty quoted words is harder to read)


@pytest.fixture(scope="session")
def sentences():
    """Twelve sentences of the shipped corpus that hold at least one fact."""
    return [d for d in load_corpus("train") if d.relations][:12]


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory, sentences):
    """The twelve sentences as train, dev and test."""
    folder = tmp_path_factory.mktemp("data")
    for split in ("train", "dev", "test"):
        write_jsonl(folder / f"{split}.jsonl", sentences)
    return folder


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory, data_folder):
    """A small model that has learned the twelve sentences by heart."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    assert main(["train", str(data_folder), "--out", str(folder), "--set", *SMALL]) == 0
    return folder


@pytest.fixture(autouse=True)
def our_own_process_again():
    """The commands set up the process they believe is theirs; give it back as the other tests expect it."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)
