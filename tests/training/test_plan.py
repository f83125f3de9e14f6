from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from relknit.checkpoint import load_model
from relknit.config import Config
from relknit.document import Document, Entity, Relation
from relknit.document.jsonl import write_jsonl
from relknit.errors import CheckpointError, ConfigError, DataError
from relknit.text.names import sentence_hash
from relknit.text.windows import SHORTEST_WINDOW
from relknit.training import make_plan, train
from relknit.training.plan import fingerprint, training_data
from tests.training.tiny_runs import Watcher, contents

Configure = Callable[..., Config]


def sentence(
    number: int, relation: str | None = "likes", *, kind: str | None = "Person", pos: bool = False
) -> Document:
    entities = (Entity(0, 1, kind), Entity(2, 3, kind))
    relations = (Relation(0, 1, relation),) if relation else ()
    tags = ("NNP", "VBZ", "NNP", ".") if pos else None
    return Document(f"s{number}", (f"Ann{number}", "likes", "Bo", "."), entities, relations, pos=tags)


@pytest.fixture
def written(configure: Configure, tmp_path: Path) -> Callable[..., Config]:
    """A configuration on splits written for the test; dev and test are left out unless given."""

    def write(train: Sequence[Document], *, changes: dict[str, Any] | None = None, **others: list[Document]) -> Config:
        paths: dict[str, str | None] = {"dev": None, "test": None}
        for split, documents in {"train": train, **others}.items():
            write_jsonl(tmp_path / f"{split}.jsonl", documents)
            paths[split] = str(tmp_path / f"{split}.jsonl")
        return configure(data=paths, **(changes or {}))

    return write


Written = Callable[..., Config]
MANY = [sentence(k) for k in range(20)]


def test_a_plan_holds_the_documents_of_all_splits(configure: Configure) -> None:
    plan = make_plan(configure())
    assert [len(split) for split in (plan.train, plan.dev, plan.test)] == [24, 10, 10]
    assert plan.saved.model.labels.relations == tuple(sorted({r.type for d in plan.train for r in d.relations}))


def test_the_plan_remembers_its_training_sentences_as_hashes(configure: Configure) -> None:
    plan = make_plan(configure())
    assert plan.saved.trained_on.sentences == {sentence_hash(d.tokens) for d in plan.train}
    assert plan.saved.trained_on.max_tokens == 64 > max(len(d) for d in plan.train)
    longer = replace(plan.train[0], tokens=("word",) * 70, entities=(), relations=(), text=None, offsets=None)
    assert training_data([longer]).max_tokens == 70
    assert training_data(plan.train) == plan.saved.trained_on


def test_planning_leaves_the_random_state_alone_and_draws_by_the_seed(configure: Configure) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    weights = [make_plan(configure(seed=seed)).saved.model.tagger.weight for seed in (1, 1, 2)]
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_no_train_file_is_refused_with_a_fix(configure: Configure) -> None:
    with pytest.raises(ConfigError, match=r"data\.train is not set; give a folder with train\.jsonl"):
        make_plan(configure(data={"train": None}))


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ({"train": [sentence(k, None) for k in range(5)], "dev": MANY}, r"train\.jsonl: no sentence has a relation"),
        ({"train": MANY, "dev": [Document("empty", ())]}, r"dev\.jsonl: no sentence has a word; leave data\.dev out"),
        ({"train": MANY[:1]}, r"train\.jsonl: 1 sentence is too few to set some aside for dev"),
    ],
)
def test_data_that_nothing_can_be_learned_from_or_measured_on_is_refused(
    written: Written, splits: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        make_plan(written(**splits))


def test_without_dev_a_tenth_of_train_is_set_aside_and_said_so(written: Written) -> None:
    plan = make_plan(written(MANY))
    assert (len(plan.train), len(plan.dev), plan.test) == (18, 2, ())
    assert sorted((*plan.train, *plan.dev), key=lambda d: int(d.id[1:])) == MANY
    assert "no dev split: 2 sentences of train were set aside for it" in plan.warnings


def test_what_is_set_aside_follows_from_the_seed(written: Written) -> None:
    chosen = [make_plan(written(MANY, changes={"seed": seed})).dev for seed in (1, 1, 2)]
    assert chosen[0] == chosen[1] != chosen[2]


@pytest.mark.parametrize(("fraction", "count"), [(0.001, 1), (0.5, 10), (0.999, 19)])
def test_something_is_left_on_both_sides_whatever_the_fraction(written: Written, fraction: float, count: int) -> None:
    plan = make_plan(written(MANY, changes={"dev_share": fraction}))
    assert (len(plan.dev), len(plan.train)) == (count, 20 - count)


def test_the_sentences_set_aside_are_not_remembered_as_trained_on(written: Written) -> None:
    plan = make_plan(written(MANY))
    assert not {sentence_hash(d.tokens) for d in plan.dev} & plan.saved.trained_on.sentences


@pytest.mark.parametrize(
    ("splits", "words"),
    [
        (
            {"test": [sentence(1, "hates"), sentence(2, "hates"), sentence(3, "knows")]},
            ("test: 3 triples", "'hates', 'knows'"),
        ),
        ({"dev": [sentence(1, kind="Robot")]}, ("dev: 2 entities", "'Robot'")),
        ({"dev": [sentence(1, None)]}, ("dev: no sentence has a relation",)),
        (
            {"train": [replace(MANY[0], entities=(*MANY[0].entities, Entity(1, 4, "Person"))), *MANY[1:]]},
            ("train: 1 sentences have nested entities",),
        ),
        ({"train": [*MANY, sentence(30, "hates")]}, ("train: 1 relations occur fewer than 3 times", "'hates'")),
        ({"train": [*MANY, sentence(30, kind=None)]}, ("train: 2 of 42 entities have no type", "outside of entities")),
    ],
)
def test_what_of_the_data_cannot_be_learned_or_scored_is_warned_about(
    written: Written, splits: Any, words: tuple[str, ...]
) -> None:
    (warning,) = make_plan(written(**({"train": MANY, "dev": MANY} | splits))).warnings
    assert all(word in warning for word in words)


def test_a_span_given_twice_is_not_taken_for_nested(written: Written) -> None:
    twice = replace(MANY[0], entities=(*MANY[0].entities, Entity(0, 1, "Person")))
    assert not make_plan(written([twice, *MANY[1:]], dev=MANY)).warnings


def test_where_most_entities_have_no_type_none_is_learned_and_that_is_warned_about(written: Written) -> None:
    documents = [*(sentence(k, kind=None) for k in range(6)), *(sentence(k) for k in range(10, 14))]
    plan = make_plan(written(documents, dev=documents))
    assert plan.saved.model.labels.entity_types == ()
    (warning,) = plan.warnings
    assert "12 of 20 entities have no type" in warning
    assert "model.typed_entities" in warning
    plan = make_plan(written(documents, dev=documents, changes={"model": {"typed_entities": "yes"}}))
    assert plan.saved.model.labels.entity_types == ("Person",)
    plan = make_plan(written(documents, dev=documents, changes={"model": {"typed_entities": "no"}}))
    assert not plan.warnings


def test_data_without_types_gives_an_untyped_model_without_a_warning(written: Written) -> None:
    plan = make_plan(written([sentence(k, kind=None) for k in range(9)], dev=[sentence(1, kind=None)]))
    assert plan.saved.model.labels.entity_types == ()
    assert not plan.warnings


def test_types_can_be_left_out_on_purpose(written: Written) -> None:
    plan = make_plan(written(MANY, dev=MANY, changes={"model": {"typed_entities": "no"}}))
    assert plan.saved.model.tags == ("O", "B", "I", "E", "S")


def test_types_cannot_be_asked_of_data_that_has_none(written: Written) -> None:
    config = written([sentence(k, kind=None) for k in range(9)], changes={"model": {"typed_entities": "yes"}})
    with pytest.raises(ConfigError, match=r"typed_entities = 'yes', but no entity of train has a type; use 'auto'"):
        make_plan(config)


def test_bad_lines_stop_the_plan_or_are_left_out_and_counted(written: Written) -> None:
    config = written(MANY, dev=MANY)
    assert config.data.train is not None
    with config.data.train.open("a") as out:
        out.write('{"tokens": "no list"}\n')
    with pytest.raises(DataError, match=r"train\.jsonl:21:"):
        make_plan(config)
    plan = make_plan(config, skip_bad=True)
    assert len(plan.train) == 20
    assert len(plan.warnings) == 1
    assert plan.warnings[0].startswith("train: 1 bad line left out, the first: ")
    assert "train.jsonl:21:" in plan.warnings[0]


def test_part_of_speech_must_be_there_where_the_model_reads_it(written: Written) -> None:
    tagged = [sentence(k, pos=True) for k in range(9)]
    changes = {"encoder": {"pos_dim": 3}}
    assert make_plan(written(tagged, dev=tagged, changes=changes)).dev
    for split in ("dev", "test"):
        splits = {"dev": tagged, "test": tagged, split: MANY}
        with pytest.raises(ConfigError, match=rf"encoder\.pos_dim = 3, but {split} has sentences without pos; add pos"):
            make_plan(written(tagged, changes=changes, **splits))


def test_vectors_of_another_width_are_refused(written: Written, tmp_path: Path) -> None:
    np.savez(tmp_path / "v.npz", words=np.array(["likes"]), vectors=np.ones((1, 7), dtype=np.float32))
    config = written(MANY, dev=MANY, changes={"encoder": {"vectors": str(tmp_path / "v.npz")}})
    with pytest.raises(ConfigError, match=r"encoder\.word_dim = 16, but .*v\.npz has 7; make them equal"):
        make_plan(config)


def test_vectors_become_the_first_word_table(written: Written, tmp_path: Path) -> None:
    np.savez(tmp_path / "v.npz", words=np.array(["likes"]), vectors=np.full((1, 16), 0.5, dtype=np.float32))
    plan = make_plan(written(MANY, dev=MANY, changes={"encoder": {"vectors": str(tmp_path / "v.npz")}}))
    words = plan.saved.model.encoder.words
    assert torch.equal(words.words.weight[words.tables.words["likes"]], torch.full((16,), 0.5))


@pytest.fixture
def base(written: Written, tmp_path: Path) -> Path:
    """A typed model that knows `likes` and `Person`."""
    train(make_plan(written(MANY, dev=MANY, changes={"epochs": 1})), tmp_path / "base", Watcher())
    return tmp_path / "base"


def test_fine_tuning_keeps_the_labels_of_the_model(written: Written, base: Path) -> None:
    plan = make_plan(written(MANY[:5], dev=MANY, changes={"encoder": {"hidden": 3}}), start_from=base)
    assert plan.saved.model.labels.relations == ("likes",)
    assert plan.config.encoder.hidden == 24, "the model's own configuration replaces that of the file"


def test_fine_tuning_remembers_old_and_new_sentences(written: Written, base: Path) -> None:
    new = [sentence(k) for k in range(100, 105)]
    plan = make_plan(written(new, dev=MANY), start_from=base)
    assert plan.saved.trained_on.sentences == {sentence_hash(d.tokens) for d in (*MANY, *new)}


def test_fine_tuning_adds_relations_types_and_words_behind_those_the_model_knows(written: Written, base: Path) -> None:
    known = load_model(base).model
    new = [*MANY, sentence(1, "hates", kind="Robot"), replace(sentence(2), tokens=("Zyx", "likes", "Qqq"))]
    grown = make_plan(written(new, dev=MANY), start_from=base).saved.model
    assert grown.labels.relations == (*known.labels.relations, "hates")
    assert grown.labels.entity_types == (*known.labels.entity_types, "Robot")
    words = grown.encoder.words.tables.words
    assert words.names[: len(known.encoder.words.tables.words)] == known.encoder.words.tables.words.names
    assert "Zyx" in words
    assert "Zyx" not in known.encoder.words.tables.words


def test_a_grown_model_says_what_it_said_before_of_what_it_knew(written: Written, base: Path) -> None:
    known = load_model(base).model
    grown = make_plan(written([*MANY, sentence(1, "hates")], dev=MANY), start_from=base).saved.model.eval()
    count = len(known.labels.relations)
    assert torch.equal(grown.pairs.output.weight[:count], known.pairs.output.weight)
    assert torch.equal(grown.interaction.relation_cell.weight_ih[:, :count], known.interaction.relation_cell.weight_ih)
    assert torch.equal(grown.encoder.lstm.weight_ih_l0, known.encoder.lstm.weight_ih_l0)


def test_fine_tuning_a_typed_model_on_entities_without_types_is_refused(written: Written, base: Path) -> None:
    config = written([*MANY, sentence(1, kind=None)], dev=MANY)
    with pytest.raises(ConfigError, match="give them types"):
        make_plan(config, start_from=base)


def test_fine_tuning_needs_a_model(written: Written, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="nowhere"):
        make_plan(written(MANY), start_from=tmp_path / "nowhere")


def test_fine_tuning_leaves_the_model_it_starts_from_alone(written: Written, base: Path, tmp_path: Path) -> None:
    before = contents(base)
    train(make_plan(written(MANY, changes={"epochs": 1}), start_from=base), tmp_path / "tuned", Watcher())
    assert contents(base) == before


def test_a_fine_tuned_run_is_not_the_run_of_a_fresh_model(written: Written, base: Path) -> None:
    new = written([sentence(k) for k in range(100, 105)], dev=MANY)
    assert fingerprint(make_plan(new)) != fingerprint(make_plan(new, start_from=base))


def test_a_fingerprint_depends_on_what_changes_the_result_and_on_nothing_else(configure: Configure) -> None:
    plan = make_plan(configure())
    same = [make_plan(configure(threads=4)), replace(plan, test=()), replace(plan, warnings=("odd",))]
    renamed = replace(plan.train[0], id="another")  # invented names are drawn by the id
    tagged = replace(plan.train[0], pos=("NN",) * len(plan.train[0]))
    other = [
        make_plan(configure(seed=9)),
        replace(plan, train=plan.train[1:]),
        replace(plan, train=plan.train[::-1]),
        replace(plan, train=(renamed, *plan.train[1:])),
        replace(plan, train=(tagged, *plan.train[1:])),
        replace(plan, train=(*plan.train, plan.dev[0]), dev=plan.dev[1:]),
        replace(plan, dev=plan.dev[1:]),
    ]
    assert {fingerprint(p) for p in same} == {fingerprint(plan)}
    assert len({fingerprint(p) for p in (plan, *other)}) == 8


def test_tokens_that_are_not_where_their_offsets_say_are_warned_about(written: Written) -> None:
    shifted = replace(sentence(1), text="x" * 80, offsets=tuple((k, k + 1) for k in range(len(sentence(1)))))
    plan = make_plan(written([*MANY, shifted], dev=MANY))
    assert any("1 sentences have tokens that are not where their offsets say" in w for w in plan.warnings)


def test_one_line_that_is_a_whole_text_does_not_become_the_window(written: Callable[..., Config]) -> None:
    whole = Document("whole", ("word",) * 3000)
    plan = make_plan(written([*(sentence(k) for k in range(20)), whole], dev=[sentence(0)]))
    assert plan.saved.trained_on.max_tokens == SHORTEST_WINDOW
    assert any("'whole' has 3000 tokens" in warning for warning in plan.warnings)
