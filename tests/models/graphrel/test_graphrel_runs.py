"""GraphRel as a model of a run: training, resuming, calibration, evaluation, extraction from raw text."""

import json

import pytest
import torch

import relknit
from relknit.checkpoint import load_model, write_calibration
from relknit.cli import main
from relknit.config import build_config
from relknit.document.jsonl import write_jsonl
from relknit.evaluation import evaluate
from relknit.training import make_plan, train
from relknit.training.calibration import fit_calibration
from tests.models.graphrel.test_graphrel import sentences
from tests.training.tiny_runs import TINY, Watcher

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def plan(tmp_path):
    documents = sentences(40)
    splits = {"train": documents[:24], "dev": documents[24:34], "test": documents[34:]}
    for split, chosen in splits.items():
        write_jsonl(tmp_path / f"{split}.jsonl", chosen)
    data = {split: str(tmp_path / f"{split}.jsonl") for split in splits}
    model = {"name": "graphrel", "phases": 2, "graph": "chain", "hidden": 12, "dropout": 0.1}
    training = TINY["training"] | {"epochs": 30, "learning_rate": 0.02, "ema_decay": 0.0, "select_by": "partial"}
    return lambda: make_plan(build_config({**TINY, "data": data, "model": model, "training": training}))


def test_a_run_that_is_interrupted_ends_in_the_same_bits_and_its_model_can_be_used(plan, tmp_path, capsys):
    train(plan(), tmp_path / "whole", Watcher())
    steps = iter(range(9))
    assert train(plan(), tmp_path / "cut", Watcher(), stop=lambda: next(steps, None) is None).interrupted
    train(plan(), tmp_path / "cut", Watcher(), resume=True)
    saved, cut = (load_model(tmp_path / name) for name in ("whole", "cut"))
    assert all(torch.equal(value, cut.model.state_dict()[name]) for name, value in saved.model.state_dict().items())
    assert json.loads((tmp_path / "whole" / "model.json").read_text())["model"]["graph"] == "chain"
    scores = evaluate(saved, plan().test).scores
    assert scores["partial"].f1 > 0.5
    assert scores["strict"].applies
    fitted = fit_calibration(saved.model, plan().dev, max_tokens=64)
    calibrated = write_calibration(tmp_path / "whole", fitted, out=tmp_path / "calibrated")
    extract = relknit.load(calibrated)
    triples = extract("Ada1 Lane1 met Bo1 in Old1 Town1 .").triples
    assert triples
    assert all(0 < triple.confidence <= 1 for triple in triples)
    command = ["predict", str(tmp_path / "test.jsonl"), "--model", str(calibrated), "--out", str(tmp_path / "p.jsonl")]
    assert main(command) == 0
    capsys.readouterr()
