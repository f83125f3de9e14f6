"""What every model of whole triples has to do, on a few sentences whose triples overlap."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

import relknit
from relknit.checkpoint import load_model
from relknit.config import Config, build_config
from relknit.document import Document, Entity, Prediction, Relation
from relknit.document.jsonl import write_jsonl
from relknit.evaluation import evaluate, quick_scores
from relknit.models.base import JointModel
from relknit.training import make_plan, train
from tests.training.tiny_runs import TINY, Watcher

RELATIONS = ("knows", "likes", "lives_in", "part_of")
ENCODER = TINY["encoder"] | {"input_dropout": 0.0, "word_dropout": 0.0}
TRAINING = TINY["training"] | {"batch_size": 5, "learning_rate": 0.03, "ema_decay": 0.0, "select_by": "partial"}


def sentence(number: int) -> Document:
    """One or two triples that share an entity; with `number` 3 in 5 two relations of one pair; 4 in 5 none."""
    person, friend, town = f"Ada{number}", f"Bo{number}", f"Old{number}"
    verb = ("knows", "joined", "left", "married", "ignores")[number % 5]
    tokens = (person, "Byron", verb, friend, "in", town, "Town", ".")
    entities = (Entity(0, 2), Entity(3, 4), Entity(5, 7))
    relations = {
        0: (Relation(0, 1, "knows"),),
        1: (Relation(0, 1, "knows"), Relation(1, 2, "lives_in")),
        2: (Relation(0, 2, "lives_in"),),
        3: (Relation(0, 1, "knows"), Relation(0, 1, "likes")),
        4: (),
    }[number % 5]
    used = [n for n in range(3) if any(n in (r.head, r.tail) for r in relations)]
    place = {n: position for position, n in enumerate(used)}
    kept = tuple(Relation(place[r.head], place[r.tail], r.type) for r in relations)
    return Document(f"s{number}", tokens, tuple(entities[n] for n in used), kept)


SENTENCES = tuple(sentence(number) for number in range(20))
ODD = (
    Document("empty", ()),
    Document("one", ("Ada1",)),
    Document("long", tuple(f"w{k % 7}" for k in range(200))),
    sentence(1),
)


def configuration(folder: Path, model: dict[str, Any], **training: Any) -> Config:
    """A tiny run on SENTENCES, with an unknown relation on dev."""
    strange = Document("new", ("Ada1", "saw", "Bo2"), (Entity(0, 1), Entity(2, 3)), (Relation(0, 1, "saw"),))
    data = {split: str(folder / f"{split}.jsonl") for split in ("train", "dev", "test")}
    for split, documents in {"train": SENTENCES, "dev": (*SENTENCES, strange), "test": SENTENCES}.items():
        write_jsonl(folder / f"{split}.jsonl", documents)
    values = {"data": data, "encoder": ENCODER, "model": model, "training": TRAINING | training}
    return build_config(values)


def new_model(folder: Path, model: dict[str, Any]) -> JointModel:
    """Not trained, in evaluation mode."""
    built: JointModel = make_plan(configuration(folder, model)).saved.model
    return built.eval()


def ensure_it_learns_saves_and_loads(folder: Path, model: dict[str, Any], *, ceiling: float, epochs: int) -> None:
    """20 sentences are learned to the ceiling of the form; model and confidence survive the folder; raw text is read."""
    result = train(make_plan(configuration(folder, model, epochs=epochs, patience=epochs)), folder / "run", Watcher())
    assert result.test is not None
    assert result.test["partial"] >= ceiling - 0.02
    saved = load_model(folder / "run")
    assert quick_scores(saved.model, SENTENCES, max_tokens=64) == result.test
    report = evaluate(saved, SENTENCES)
    assert report.reliability is not None
    found = relknit.load(folder / "run")("Ada0 Byron knows Bo0 in Old0 Town .").triples
    assert [triple.relation for triple in found] == ["knows"]
    assert 0 < (found[0].confidence or 0) <= 1


def ensure_a_resumed_run_ends_in_the_same_weights(folder: Path, model: dict[str, Any]) -> None:
    def plan() -> Any:
        return make_plan(configuration(folder, model, epochs=2))

    train(plan(), folder / "whole", Watcher())
    steps = iter(range(4))
    assert train(plan(), folder / "cut", Watcher(), stop=lambda: next(steps, None) is None).interrupted
    train(plan(), folder / "cut", Watcher(), resume=True)
    whole, cut = (load_model(folder / name).model.state_dict() for name in ("whole", "cut"))
    assert all(torch.equal(value, cut[name]) for name, value in whole.items())


def ensure_predictions_do_not_depend_on_the_batch(model: JointModel) -> None:
    """Nor on its order; empty, one-word and long sentences are predicted like others."""
    documents = (*ODD, *SENTENCES[:6])
    together = predictions(model, documents)
    for document, prediction in zip(documents, together, strict=True):
        (alone,) = predictions(model, [document])
        assert spans_of(alone) == spans_of(prediction)


def ensure_losses_of_shards_add_up(model: JointModel) -> None:
    """A batch's loss is the mean of its sentences' losses."""
    examples = [model.prepare(document, labelled=True) for document in (*SENTENCES[:7], *ODD[1:])]

    def total(batch: Sequence[Any]) -> float:
        generator = torch.Generator().manual_seed(0)
        return torch.stack(list(model.loss(model.collate(batch), generator).values())).sum().item()

    whole, each = total(examples), [total([example]) for example in examples]
    assert abs(whole - sum(each) / len(each)) < 1e-4 * abs(whole)


def predictions(model: JointModel, documents: Sequence[Document]) -> list[Prediction]:
    return model.predict(model.collate([model.prepare(document) for document in documents]))


def spans_of(prediction: Prediction) -> set[tuple[Any, ...]]:
    ends = [(entity.token_start, entity.token_end, entity.type) for entity in prediction.entities]
    return {(ends[r.head], r.type, ends[r.tail]) for r in prediction.relations} | set(ends)


def unsure(model: JointModel) -> JointModel:
    """The model with larger random weights, so that it predicts something."""
    torch.manual_seed(3)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not name.startswith("encoder.") and parameter.dim() > 1:
                parameter.normal_(std=4.0)
    return model
