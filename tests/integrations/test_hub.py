from __future__ import annotations

import ast
import json
import re
import shutil
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from relknit.calibration.confidence import Calibration
from relknit.calibration.platt import PlattScaling
from relknit.calibration.precision_table import PrecisionTable
from relknit.checkpoint import SavedModel, TrainingData, load_model, save_model
from relknit.errors import CheckpointError, ConfigError, MissingExtraError
from relknit.extractor import Extractor, load
from relknit.integrations.hub import from_pretrained, push_to_hub, save_pretrained
from relknit.sources import shipped_models
from tests.fake_hub import HubError, files_of, install

MODEL_FILES = {"model.safetensors", "model.json", "training_data.json", "vocabulary.json"}
SETTINGS = {"pair_hidden": 4, "relation_bias": -6.0}
SCORES = {"dev": {name: {"f1": 0.5} for name in ("partial", "strict")} | {"counts": {"sentences": 3}}}


@pytest.fixture(scope="module")
def saved(tiny_model, tiny_encoder):
    encoder = tiny_encoder(char_dim=2, shape_dim=2)
    remembered = TrainingData(frozenset({"0" * 10, "1" * 10}), frozenset({"2" * 10}), 7)
    return SavedModel(tiny_model(encoder=encoder, **SETTINGS), remembered)


@pytest.fixture
def folder(tmp_path, saved):
    """A trained model's folder, with a licence and scores."""
    path = tmp_path / "trained"
    save_model(path, saved)
    (path / "LICENSE").write_text("Do as you like.")
    (path / "scores.json").write_text(json.dumps(SCORES))
    return path


@pytest.fixture
def hub(monkeypatch, tmp_path):
    return install(monkeypatch, tmp_path / "cache")


def same_weights(one, other):
    left, right = one.model.state_dict(), other.model.state_dict()
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def test_what_is_saved_is_loaded_again_with_the_same_weights(saved, tmp_path):
    given_back = save_pretrained(saved, tmp_path / "new" / "model")
    assert given_back == tmp_path / "new" / "model"
    assert set(files_of(given_back)) == MODEL_FILES | {"README.md"}
    loaded = from_pretrained(given_back)
    assert isinstance(loaded, Extractor)
    assert same_weights(loaded.saved, saved)
    assert loaded.saved.trained_on == saved.trained_on
    assert loaded.folder == given_back


@pytest.mark.parametrize("form", ["extractor", "folder", "text"])
def test_licence_and_scores_go_with_a_model_in_whatever_form_it_is_given(form, folder, tmp_path):
    model = {"extractor": load(folder), "folder": folder, "text": str(folder)}[form]
    target = save_pretrained(model, tmp_path / "copy")
    assert (target / "LICENSE").read_text() == "Do as you like."
    assert json.loads((target / "scores.json").read_text()) == SCORES
    assert "| dev | 50.0 | 50.0 |" in (target / "README.md").read_text()


def test_a_shipped_model_keeps_its_licence_and_the_card_that_somebody_wrote(tmp_path):
    target = save_pretrained("webnlg", tmp_path / "copy")
    shipped = files_of(shipped_models()["webnlg"])
    copied = files_of(target)
    assert copied["LICENSE"] == shipped["LICENSE"]
    assert copied["README.md"].decode().endswith("---\n\n" + shipped["README.md"].decode())
    assert copied["README.md"].decode().startswith("---\nlibrary_name: relknit\nlicense: other\n")
    stored = load_file(target / "model.safetensors")
    whole = load_file(shipped_models()["webnlg"] / "model.safetensors")
    assert stored.keys() == whole.keys()
    for name, value in whole.items():
        torch.testing.assert_close(stored[name], value, rtol=1e-6, atol=1e-30)


def test_a_card_with_its_own_top_is_copied_as_it_is(folder, tmp_path):
    card = "---\nlicense: mit\n---\n\n# Mine\n"
    (folder / "README.md").write_text(card)
    assert (save_pretrained(folder, tmp_path / "copy") / "README.md").read_text() == card
    with pytest.raises(ConfigError, match=r"licence cc0-1\.0: .*README\.md names one itself; change it there"):
        save_pretrained(folder, tmp_path / "other", licence="cc0-1.0")


def test_a_card_that_is_there_stays_unless_it_may_be_replaced(saved, tmp_path):
    target = tmp_path / "mine"
    target.mkdir()
    (target / "README.md").write_text("what I wrote")
    save_pretrained(saved, target)
    assert (target / "README.md").read_text() == "what I wrote"
    save_pretrained(saved, target, overwrite_card=True)
    assert "# mine" in (target / "README.md").read_text()


def test_another_licence_is_never_replaced(folder, tmp_path):
    target = tmp_path / "mine"
    target.mkdir()
    (target / "LICENSE").write_text("All rights reserved.")
    with pytest.raises(CheckpointError, match=r"mine/LICENSE: differs from the model's own licence"):
        save_pretrained(folder, target)
    assert set(files_of(target)) == {"LICENSE"}, "nothing is written before that is known"
    (target / "LICENSE").write_text("Do as you like.")
    assert set(files_of(save_pretrained(folder, target))) > MODEL_FILES


def test_a_model_can_be_saved_where_it_came_from(folder):
    before = files_of(folder)
    save_pretrained(load(folder), folder)
    after = files_of(folder)
    assert set(after) == set(before) | {"README.md"}
    assert {name: after[name] for name in before} == before


def test_a_licence_that_has_gone_with_its_folder_is_missed(folder, tmp_path):
    extractor = load(folder)
    shutil.rmtree(folder)
    with pytest.raises(CheckpointError, match=r"trained: the model came from there, with its licence, and it is gone"):
        save_pretrained(extractor, tmp_path / "copy")


@pytest.mark.parametrize("licence", ["", "MIT\ntags: [evil]", "see: here", "Apache 2"])
def test_a_licence_that_would_break_the_card_is_refused(licence, saved, tmp_path):
    with pytest.raises(ConfigError, match="expected a name as the hub writes them, such as mit"):
        save_pretrained(saved, tmp_path / "x", licence=licence)
    assert not (tmp_path / "x").exists()


def test_a_card_that_is_no_text_is_named(folder, tmp_path):
    (folder / "README.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CheckpointError, match=r"README\.md: not UTF-8 text"):
        save_pretrained(folder, tmp_path / "copy")


def test_what_is_pushed_is_what_comes_back(hub, folder):
    (folder / "notes.txt").write_text("my private notes")
    address = push_to_hub(load(folder), "ada/facts", token="secret", licence="mit")
    assert address == "hub:ada/facts"
    pushed = hub.repositories["ada/facts", None]
    assert set(pushed) == MODEL_FILES | {"LICENSE", "README.md", "scores.json"}
    assert b"license: mit" in pushed["README.md"]
    assert b'relknit.load("hf:ada/facts")' in pushed["README.md"]
    assert not any(b"secret" in content for content in pushed.values())
    assert same_weights(from_pretrained("hf:ada/facts").saved, load_model(folder))
    assert ("api", "secret") in [call[:2] for call in hub.calls]


def test_a_repository_is_private_unless_asked_otherwise(hub, saved):
    push_to_hub(saved, "ada/secret")
    push_to_hub(saved, "ada/open", private=False)
    assert hub.public == {"ada/open"}


def test_a_model_meant_to_be_private_is_not_put_where_everybody_reads(hub, saved):
    hub.repositories["ada/open", None] = {}
    hub.public.add("ada/open")
    with pytest.raises(CheckpointError, match="ada/open: everybody can read it; add private=False"):
        push_to_hub(saved, "ada/open")
    assert hub.repositories["ada/open", None] == {}
    push_to_hub(saved, "ada/open", private=False)
    assert set(hub.repositories["ada/open", None]) >= MODEL_FILES


def test_a_card_on_the_hub_stays_unless_it_may_be_replaced(hub, saved):
    hub.repositories["ada/facts", None] = {"README.md": b"written on the hub"}
    push_to_hub(saved, "ada/facts", commit_message="again")
    assert hub.repositories["ada/facts", None]["README.md"] == b"written on the hub"
    assert ("upload", "ada/facts", "again") in hub.calls
    push_to_hub(saved, "ada/facts", overwrite_card=True)
    assert hub.repositories["ada/facts", None]["README.md"].startswith(b"---\nlibrary_name: relknit")


@pytest.mark.parametrize("name", ["facts", "ada/facts@v1", "./ada", "a/b/c"])
def test_only_a_repository_can_be_pushed_to(hub, saved, name):
    with pytest.raises(ConfigError, match="not a repository of the hub; expected owner/name"):
        push_to_hub(saved, name)
    assert hub.calls == []


@pytest.mark.parametrize("failure", [OSError("no\nnetwork"), HubError("401: log in"), RuntimeError("service")])
def test_a_push_that_fails_is_one_line_without_the_token(hub, saved, failure):
    hub.failure = failure
    with pytest.raises(CheckpointError, match="ada/facts: the hub did not take the model") as caught:
        push_to_hub(saved, "ada/facts", token="secret")
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert hub.repositories == {}


def test_from_pretrained_takes_what_load_takes_and_a_revision(hub, folder, tmp_path):
    hub.repositories["ada/facts", "v1"] = files_of(folder)
    extractor = from_pretrained(
        "hf:ada/facts", revision="v1", cache_dir=tmp_path / "here", token="t", local_files_only=True
    )
    assert extractor.folder is not None
    assert extractor.folder.is_relative_to(tmp_path / "here")
    assert hub.calls[0][:5] == ("download", "ada/facts", "v1", "t", True)
    assert from_pretrained("webnlg").folder == shipped_models()["webnlg"]
    with pytest.raises(ConfigError, match="no relation 'birth_place'; did you mean 'birthPlace'"):
        from_pretrained("webnlg", relations=["birth_place"])


def test_only_the_hub_has_revisions(hub, folder):
    for name in (folder, str(folder), "webnlg", "nosuch"):
        with pytest.raises(ConfigError, match="only what is on the hub has revisions"):
            from_pretrained(name, revision="v1")
    assert hub.calls == []


def test_a_model_from_the_hub_takes_its_licence_and_card_along(hub, folder, tmp_path):
    hub.repositories["ada/facts", None] = files_of(folder) | {"README.md": b"---\nlicense: mit\n---\nhello"}
    target = save_pretrained(from_pretrained("hf:ada/facts"), tmp_path / "copy")
    assert (target / "LICENSE").read_text() == "Do as you like."
    assert (target / "README.md").read_text().endswith("hello")


def test_pushing_without_the_extra_names_it(saved, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'relknit\[hub\]'"):
        push_to_hub(saved, "ada/facts")
    save_pretrained(saved, tmp_path / "a")
    from_pretrained(tmp_path / "a")


def card_of(saved, folder, **settings):
    return (save_pretrained(saved, folder, **settings) / "README.md").read_text()


def test_the_card_says_what_the_model_knows_of_itself(saved, tmp_path):
    card = card_of(saved, tmp_path / "my-model")
    assert "# my-model" in card
    assert "4 relations: `knows`, `left`, `lives_in`, `needs`." in card
    assert "Entity types: `Person`, `Place`." in card
    assert "2 sentences with 1 name" in card
    assert "7 tokens" in card
    assert "`rin` with K = 2 on a bilstm encoder" in card
    assert str(tmp_path) not in card, "where it was saved is nobody's business"


def test_the_card_says_whether_confidence_is_calibrated(saved, tmp_path):
    assert "Confidence: the model's own probability, never calibrated." in card_of(saved, tmp_path / "a")
    model, table = saved.model, PrecisionTable.of([("left", 0.9, True)] * 1200)
    model.calibration = Calibration(PlattScaling(), PlattScaling(), table)
    try:
        assert "Confidence: calibrated on 1,200 triples found in held-out sentences" in card_of(saved, tmp_path / "b")
    finally:
        model.calibration = None


def test_a_card_saved_where_one_stands_has_the_folders_name(saved, tmp_path, monkeypatch):
    (tmp_path / "my-model").mkdir()
    monkeypatch.chdir(tmp_path / "my-model")
    card = card_of(saved, ".")
    assert "# my-model\n" in card
    assert 'relknit.load("my-model")' in card


def test_an_empty_name_is_not_where_one_stands(saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"folder is '', expected where to write the model"):
        save_pretrained(saved, "")
    assert list(tmp_path.iterdir()) == []


def test_a_card_without_a_licence_asks_its_owner_for_one(saved, tmp_path):
    card = card_of(saved, tmp_path / "a")
    assert "license: unknown\n" in card
    assert "**Not chosen yet.** Owner of this model: choose a licence" in card
    named = card_of(saved, tmp_path / "b", licence="cc-by-4.0")
    assert "license: cc-by-4.0\n" in named
    assert "Not chosen yet" not in named


def test_the_top_of_a_card_is_yaml_of_the_hubs_kind(saved, folder, tmp_path):
    yaml = pytest.importorskip("yaml")
    for number, model in enumerate((saved, folder)):
        _, top, _ = card_of(model, tmp_path / str(number)).split("---\n", 2)
        values = yaml.safe_load(top)
        assert values["library_name"] == "relknit"
        assert "relation-extraction" in values["tags"]
        assert values["license"] == ("unknown", "other")[number]
        assert values.get("license_link") == (None, "LICENSE")[number]


def test_the_code_in_a_card_is_python(saved, tmp_path):
    card = card_of(saved, tmp_path / 'odd "name"')
    code = re.search(r"```python\n(.*?)```", card, re.DOTALL)[1]
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    assert [ast.literal_eval(call.args[0]) for call in calls if getattr(call.func, "attr", "") == "load"] == [
        'odd "name"'
    ]


def test_labels_cannot_break_out_of_the_card(saved, tmp_path):
    model = saved.model
    before = model.labels
    model.labels = replace(before, relations=("a`b\n# evil", "<script>", "x | y", "z"))
    try:
        card = card_of(saved, tmp_path / "a")
    finally:
        model.labels = before
    assert "`a'b # evil`, `<script>`, `x | y`, `z`" in card
    assert "\n# evil" not in card


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        (
            "scores.json",
            {"strict": {"f1": 0.25}, "renamed": {"strict": {"f1": 0.5}}},
            ["evaluation | 25.0", "renamed | 50.0"],
        ),
        ("scores.json", {"my | set": {"text": {"f1": 1}}}, [r"my \| set | 100.0"]),
        ("result.json", {"dev": {"partial": 0.5, "exact": 0.25}, "test": None}, ["dev | 50.0 | 25.0"]),
        ("result.json", {"dev": {"partial": 0.5}, "test": {"exact": 0.75}}, ["dev | 50.0 |  |", "test |  | 75.0"]),
        ("result.json", {"dev": {"partial": 0.5}, "folds": 4}, ["cross-validation in 4 folds | 50.0 |"]),
    ],
)
def test_scores_are_shown_from_whatever_measured_them(name, content, rows, folder, tmp_path):
    (folder / "scores.json").unlink()
    (folder / name).write_text(json.dumps(content))
    card = card_of(folder, tmp_path / "copy")
    assert [row for row in rows if f"| {row}" not in card] == []
    assert "F1, %:" in card


@pytest.mark.parametrize(
    ("name", "content", "rows", "measured"),
    [
        (
            "result.json",
            {"dev": {"exact": 0.5}, "test": {"exact": 0.25}, "negatives": {"dev": 0.01}},
            ["dev | 50.0 | 1.0", "test | 25.0 |  |"],
            True,
        ),
        (
            "scores.json",
            {"exact": {"f1": 0.5}, "negatives": {"sentences": 3, "false_positive_rate": 1 / 3}},
            ["evaluation | 50.0 | 33.3"],
            True,
        ),
        (
            "scores.json",
            {"exact": {"f1": 0.5}, "no_fact": {"sentences": 3, "share": 1 / 3}},  # as version 0.1.0 wrote it
            ["evaluation | 50.0 | 33.3"],
            True,
        ),
        (
            "scores.json",
            {"exact": {"f1": 0.5}, "negatives": {"sentences": 0, "false_positive_rate": None}},
            ["evaluation | 50.0 |"],
            False,
        ),
    ],
)
def test_the_false_positive_rate_is_beside_the_scores(name, content, rows, measured, folder, tmp_path):
    (folder / "scores.json").unlink()
    (folder / name).write_text(json.dumps(content))
    card = card_of(folder, tmp_path / "copy")
    assert [row for row in rows if f"| {row}" not in card] == []
    assert ("negatives: " in card) == measured


def test_the_card_says_how_often_facts_that_are_not_asserted_are_predicted(folder, tmp_path):
    assert "not measured" in card_of(folder, tmp_path / "one").partition("## Limits")[2]
    measured = {"not_asserted": {"texts": 8, "found": 3, "fraction": 0.375}}
    scores = {"test": SCORES["dev"] | {"not_asserted": measured}}
    (folder / "scores.json").write_text(json.dumps(scores))
    card = card_of(folder, tmp_path / "other")
    assert "| test | 50.0 | 50.0 | 37.5 |" in card
    assert "37.5 %" in card.partition("## Limits")[2]


@pytest.mark.parametrize(
    "content", ["", "[1]", "{", '{"dev": {"strict": {"f1": "high"}}}', '{"dev": {"strict": 7}}', '{"a": 1}']
)
def test_scores_that_cannot_be_read_leave_the_card_without(content, folder, tmp_path):
    (folder / "scores.json").write_text(content)
    assert "None known. `relknit evaluate FILE --model MODEL" in card_of(folder, tmp_path / "copy")
