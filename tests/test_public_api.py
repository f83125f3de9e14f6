"""What `import relknit` offers, and how it is used from Python."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import relknit
from relknit.data.corpus import corpus_path, load_corpus

PUBLIC = """
    CheckpointError Config ConfigError Coverage DataError Document Encoder Entity EvaluationReport Explanation Extractor
    JointModel MissingExtraError ModelInfo Prediction Relation RelknitError Runtime Span TrainingResult Triple __version__
    evaluate info load score train
""".split()  # noqa: SIM905
SMALL = """
    encoder.word_dim=8 encoder.char_dim=0 encoder.shape_dim=0 encoder.hidden=8 encoder.num_layers=1 model.pair_hidden=8
    model.num_rounds=1 training.epochs=1 training.batch_size=40 training.threads=1 training.folds=0 training.rename=0
    training.join=0 training.vary_case=0 training.tune_window=false
""".split()  # noqa: SIM905
PAGE = Path(__file__).parents[1] / "docs" / "public-api.rst"


def test_the_public_names_are_these_and_each_has_a_docstring():
    assert relknit.__all__ == dir(relknit) == PUBLIC
    for name in PUBLIC:
        assert name == "__version__" or getattr(relknit, name).__doc__, name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'relknit' has no attribute 'knit'"):
        _ = relknit.knit


def test_importing_relknit_imports_nothing_else_of_it():
    code = "import relknit, sys; print(*(name for name in sys.modules if name.startswith(('relknit.', 'torch', 'pydantic'))))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


@pytest.mark.skipif(not PAGE.is_file(), reason="the documentation is not here")
def test_the_page_of_the_public_api_has_every_name():
    assert sorted([*re.findall(r"auto\w+:: relknit\.(\w+)$", PAGE.read_text(), re.MULTILINE), "__version__"]) == PUBLIC


def test_a_model_is_trained_loaded_and_evaluated_in_three_lines(tmp_path, one_thread):
    result = relknit.train(corpus_path(), tmp_path / "run", settings=SMALL)
    report = relknit.evaluate(tmp_path / "run", corpus_path() / "test.jsonl")
    assert report.scores["strict"].f1 == pytest.approx(result.test["strict"], abs=1e-6)
    document = relknit.load(tmp_path / "run", runtime=relknit.Runtime(threads=1))("Ada ran.")
    assert isinstance(document, relknit.Document)


def test_a_training_tells_its_observer_and_can_be_stopped_and_resumed(tmp_path, one_thread):
    told = []

    class Observer:
        def batch(self, state, batches, loss):
            told.append("batch")

        def epoch(self, record):
            told.append("epoch")

        def warn(self, message):
            told.append(message)

    config = relknit.Config.model_validate({"data": {"train": corpus_path() / "train.jsonl"}})
    options = {"settings": SMALL, "observer": Observer()}
    assert relknit.train(config, tmp_path, stop=lambda: True, **options).interrupted
    assert not relknit.train(config, tmp_path, resume=True, **options).interrupted
    assert any("no dev split" in message for message in told)
    assert {"batch", "epoch"} <= set(told)


def test_documents_and_files_are_scored_alike(tmp_path):
    gold = load_corpus("dev")
    for one, other in ((gold, gold), (corpus_path() / "dev.jsonl", gold)):
        assert relknit.score(one, other).scores["strict"].f1 == 1.0
    with pytest.raises(relknit.DataError):
        relknit.score(gold, gold[:3])


@pytest.mark.parametrize(
    "call",
    [
        lambda: relknit.Config(foo=1),
        lambda: relknit.load("webnlg", runtime="cpu"),
        lambda: relknit.score([], [], rule="middle"),
    ],
)
def test_wrong_values_are_configuration_errors(call):
    with pytest.raises(relknit.ConfigError):
        call()
