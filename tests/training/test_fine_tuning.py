"""Fine-tuning: who teaches what, what is kept of what was known, and whose licence the new model has."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from relknit.checkpoint import load_model
from relknit.config import Config
from relknit.document import Document, Entity, Prediction, Relation
from relknit.document.jsonl import write_jsonl
from relknit.errors import ConfigError
from relknit.evaluation import quick_scores, without_relations
from relknit.models.base import Labels
from relknit.models.teacher import with_triples
from relknit.training import Plan, make_plan, train
from relknit.training.calibration import fit_calibration
from relknit.training.fine_tuning import KnownWeights, measure_retention, unannotated_labels
from relknit.training.notices import licence_name
from tests.training.tiny_runs import Watcher, contents

LICENCE = "These files are under the\nCreative Commons licence (CC BY-NC-SA 4.0)."
CARD = "---\nlicense: cc-by-nc-sa-4.0\n---\n\n# small\n\nA model of likes."


def sentence(number: int, relation: str) -> Document:
    entities = (Entity(0, 1, "Person"), Entity(2, 3, "Person"))
    return Document(f"s{number}", (f"Ann{number}", relation, "Bo", "."), entities, (Relation(0, 1, relation),))


LIKES = [sentence(k, "likes") for k in range(20)]
HATES = [sentence(k, "hates") for k in range(20)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fine_tuning")


@pytest.fixture
def of(configure: Callable[..., Config], folder: Path) -> Callable[..., Config]:
    """A configuration for these sentences, which are train and dev alike."""

    def build(documents: list[Document], **changes: Any) -> Config:
        path = folder / f"{documents[0].relations[0].type}{len(documents)}.jsonl"
        write_jsonl(path, documents)
        data = {"train": str(path), "dev": str(path), "test": None} | changes.pop("data", {})
        return configure(data=data, **changes)

    return build


@pytest.fixture
def parent(of: Callable[..., Config], folder: Path) -> Path:
    """A model that has learned who likes whom, with a licence and a card."""
    path = folder / "small"
    if not path.exists():
        train(make_plan(of(LIKES, epochs=12)), path, Watcher())
        (path / "LICENSE").write_text(LICENCE)
        (path / "README.md").write_text(CARD)
    return path


@pytest.fixture
def tuning(of: Callable[..., Config], parent: Path) -> Callable[..., Plan]:
    """A plan to fine-tune it on sentences of hate."""
    return lambda **changes: make_plan(of(HATES, epochs=1, **changes), start_from=parent)


def test_what_does_not_occur_in_the_new_data_is_not_annotated(parent: Path) -> None:
    model = load_model(parent).model
    assert unannotated_labels(model, HATES, None) == Labels(("likes",))
    assert unannotated_labels(model, [*HATES, LIKES[0]], None) == Labels(())


def test_the_labels_that_new_data_annotates_can_be_named(parent: Path) -> None:
    model = load_model(parent).model
    assert unannotated_labels(model, HATES, ["likes", "hates", "Person"]) == Labels(())
    assert unannotated_labels(model, [*HATES, LIKES[0]], ["hates"]) == Labels(("likes",), ("Person",))
    with pytest.raises(ConfigError, match="'loves'"):
        unannotated_labels(model, HATES, ["loves"])


def test_the_model_that_is_started_from_teaches_unless_it_is_told_not_to(tuning: Callable[..., Plan]) -> None:
    teacher = tuning(distil=0.5).saved.model.teacher
    assert teacher is not None
    assert (teacher.unannotated.relations, teacher.weight) == (("likes",), 0.5)
    assert tuning(distil=None).saved.model.teacher is None
    assert tuning(annotates=("likes", "hates", "Person")).saved.model.teacher is None


def test_what_is_taught_is_kept_better_than_what_is_not(tuning: Callable[..., Plan], tmp_path: Path) -> None:
    """New sentences in the words of the old ones, where `likes` holds too and is not annotated."""
    kept = {}
    for distil in (1.0, None):
        plan = tuning(distil=distil, data={"old": None})
        unlabelled = [replace(d, relations=(), entities=d.entities) for d in LIKES]
        plan = replace(plan, train=(*HATES, *unlabelled), config=longer(plan.config))
        train(plan, tmp_path / str(distil), Watcher())
        kept[distil] = quick_scores(load_model(tmp_path / str(distil)).model, LIKES, max_tokens=64)["strict"]
    assert kept[1.0] > kept[None] + 0.3


def longer(config: Config) -> Config:
    return config.model_copy(update={"training": config.training.model_copy(update={"epochs": 8})})


def test_known_weights_make_a_fraction_of_each_step_and_those_of_unannotated_labels_none(
    tuning: Callable[..., Plan],
) -> None:
    plan = tuning()
    model, teacher = plan.saved.model, plan.saved.model.teacher
    assert teacher is not None
    known = KnownWeights(model, teacher, 0.25, with_encoder=False)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with known.slowed(), torch.no_grad():
        for weights in model.parameters():
            weights += 1.0
    moved = {name: value - before[name] for name, value in model.state_dict().items()}
    assert moved["pairs.output.bias"].tolist() == pytest.approx([0.0, 1.0])  # likes, hates
    assert moved["pairs.hidden.bias"].tolist() == pytest.approx([0.25] * 12)
    assert moved["interaction.relation_cell.weight_ih"].mean(0).tolist() == pytest.approx([0.0, 1.0])
    assert moved["encoder.lstm.weight_ih_l0"].mean().item() == pytest.approx(1.0)


def test_the_result_has_the_scores_on_old_data_before_and_after(tuning: Callable[..., Plan], tmp_path: Path) -> None:
    write_jsonl(tmp_path / "old.jsonl", LIKES)
    plan = tuning(data={"old": str(tmp_path / "old.jsonl")})
    assert plan.parent is not None
    before = quick_scores(plan.parent.saved.model, LIKES, max_tokens=64)
    result = train(plan, tmp_path / "run", Watcher())
    assert result.retention is not None
    assert (result.retention.measured_on, result.retention.triples) == ("old data", 20)
    assert result.retention.before == before
    assert result.retention.after.keys() == before.keys()
    again = train(tuning(data={"old": str(tmp_path / "old.jsonl")}), tmp_path / "run", Watcher(), resume=True)
    assert again.retention == result.retention, "it is in result.json"


def test_without_old_data_the_new_model_is_compared_with_what_the_old_one_predicts(
    tuning: Callable[..., Plan],
) -> None:
    plan = tuning()
    parent = plan.parent
    assert parent is not None
    same = measure_retention(parent, parent.saved, LIKES, plan.config.training.runtime)
    assert (same.measured_on, same.triples > 0, same.after["strict"]) == ("agreement", True, 1.0)
    parent.saved.model.decoding = replace(parent.saved.model.decoding, threshold=1 - 1e-9, untagged_threshold=None)
    nothing = measure_retention(parent, parent.saved, LIKES, plan.config.training.runtime)
    assert (nothing.triples, nothing.before, nothing.after) == (0, {}, {})


def test_licence_and_card_of_the_model_go_into_the_new_folder(tuning: Callable[..., Plan], tmp_path: Path) -> None:
    train(tuning(), tmp_path / "run", Watcher())
    assert (tmp_path / "run" / "LICENSE").read_text() == LICENCE
    card = (tmp_path / "run" / "README.md").read_text()
    assert card.startswith("---\nlicense: cc-by-nc-sa-4.0\n---\n\n# run\n")
    assert card.count("---\nlicense") == 1
    assert "`hates`" in card
    assert "A model of likes." in card


def test_a_licence_and_a_card_that_are_there_stay(tuning: Callable[..., Plan], tmp_path: Path) -> None:
    own = {"LICENSE": b"mine", "README.md": b"my card"}
    (tmp_path / "run").mkdir()
    for name, content in own.items():
        (tmp_path / "run" / name).write_bytes(content)
    train(tuning(), tmp_path / "run", Watcher())
    assert {name: contents(tmp_path / "run")[name] for name in own} == own


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (LICENCE, "CC BY-NC-SA 4.0"),
        ("CC0 1.0 Universal", "CC0 1.0"),
        ("MIT License\n\nCopyright", "MIT License"),
        ("House rules\nof ours", "House rules"),
        ("", None),
    ],
)
def test_a_licence_is_called_by_its_name(tmp_path: Path, text: str, name: str | None) -> None:
    assert licence_name(tmp_path) is None
    (tmp_path / "LICENSE").write_text(text)
    assert licence_name(tmp_path) == name


def test_a_fine_tuned_run_that_was_interrupted_goes_on_to_the_same_bits(
    of: Callable[..., Config], parent: Path, tmp_path: Path
) -> None:
    def plan() -> Plan:
        return make_plan(of(HATES, epochs=2, rename=0.5), start_from=parent)

    train(plan(), tmp_path / "whole", Watcher())
    stops = iter([False, False, True])
    assert train(plan(), tmp_path / "cut", Watcher(), stop=lambda: next(stops)).interrupted
    train(plan(), tmp_path / "cut", Watcher(), resume=True)
    whole, cut = (load_model(tmp_path / name).model.state_dict() for name in ("whole", "cut"))
    assert all(torch.equal(value, cut[name]) for name, value in whole.items())
    assert json.loads((tmp_path / "cut" / "result.json").read_text())["retention"]["sentences"] == 20


def test_what_dev_does_not_annotate_is_no_error_in_scores_and_calibration(tuning: Callable[..., Plan]) -> None:
    """Dev has sentences of likes without their triples; the model before fine-tuning finds these."""
    plan = tuning()
    assert plan.parent is not None
    model, bare = plan.parent.saved.model, [replace(document, relations=()) for document in LIKES]
    documents, limits = [*bare, LIKES[0]], {"max_tokens": 64}
    assert quick_scores(model, documents, **limits)["strict"] > 0
    assert quick_scores(model, documents, **limits, unannotated=("likes",))["strict"] == 0
    names = [
        relation for one in without_relations([d.prediction for d in LIKES], ("likes",)) for relation in one.relations
    ]
    assert names == []
    found = fit_calibration(model, documents, **limits, unannotated=("likes",))
    assert found.dev.triples == 0
    assert any("'likes'" in warning and "training.annotates" in warning for warning in plan.warnings)


def test_types_for_a_model_without_types_are_warned_of(of: Callable[..., Config], tmp_path: Path) -> None:
    untyped = [replace(d, entities=tuple(replace(e, type=None) for e in d.entities)) for d in LIKES[:10]]
    train(make_plan(of(untyped, epochs=1)), tmp_path / "untyped", Watcher())
    warnings = make_plan(of(HATES), start_from=tmp_path / "untyped").warnings
    assert any("no entity types" in warning for warning in warnings)
    bare = [replace(d, entities=tuple(replace(e, type=None) for e in d.entities)) for d in HATES[:10]]
    warnings = make_plan(of(bare), start_from=tmp_path / "untyped").warnings
    assert not any("no entity types" in warning for warning in warnings)


def test_new_relations_are_no_errors_on_old_data_which_does_not_annotate_them(
    tuning: Callable[..., Plan], of: Callable[..., Config], parent: Path, tmp_path: Path
) -> None:
    """A model that knows both relations, compared with one of one of them on data that annotates that alone."""
    plan, both = tuning(), make_plan(of([*LIKES, *HATES], epochs=12))
    train(both, tmp_path / "both", Watcher())
    saved = load_model(tmp_path / "both")
    assert plan.parent is not None
    only = replace(plan.parent, old=tuple(replace(d, relations=()) for d in HATES) + tuple(LIKES))
    found = quick_scores(saved.model, only.old, max_tokens=64)["strict"]
    assert measure_retention(only, saved, (), plan.config.training.runtime).after["strict"] > found


def test_predicted_triples_join_the_entities_that_are_annotated() -> None:
    document = sentence(1, "hates")
    found = Prediction(
        (Entity(2, 3, None, 0.9), Entity(1, 2, None, 0.8)),
        (Relation(0, 1, "likes", 0.7), Relation(1, 0, "other", 0.7)),
    )
    both = with_triples(document, found, ("likes",))
    assert [(e.token_start, e.token_end) for e in both.entities] == [(0, 1), (2, 3), (1, 2)]
    assert both.relations == (Relation(0, 1, "hates"), Relation(1, 2, "likes"))
    assert with_triples(both, found, ("likes",)).relations == both.relations
