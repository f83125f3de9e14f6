import json

import pytest

import relknit
from relknit.checkpoint import LabelCounts, SavedModel, TrainingData, load_model, save_model
from relknit.cli import main
from tests.checkpoint.folders import change


def test_labels_are_counted_as_the_data_uses_them(tiny_documents):
    counts = LabelCounts.of(tiny_documents)
    used = [relation.type for document in tiny_documents for relation in document.relations]
    assert counts.by_relation == {name: used.count(name) for name in set(used)}
    assert counts.by_entity_type == {"Person": 3, "Place": 2}
    assert ("Person", "left", "Place") in counts.signatures
    assert counts.joined(counts).by_relation == {name: 2 * used.count(name) for name in set(used)}


def test_counts_come_back_from_a_model_folder_and_are_unknown_where_none_were_recorded(saved, tmp_path, tiny_documents):
    counts = LabelCounts.of(tiny_documents)
    known = TrainingData(max_tokens=9, labels=counts)
    save_model(tmp_path, SavedModel(saved.model, known))
    assert load_model(tmp_path).trained_on == known
    assert relknit.info(tmp_path).relations["left"] == counts.by_relation["left"]
    assert known.joined(TrainingData()).labels is None
    save_model(tmp_path, SavedModel(saved.model, TrainingData()))
    assert set(relknit.info(tmp_path).relations.values()) == {None}


def test_a_count_below_one_is_a_damaged_folder(saved, tmp_path, tiny_documents):
    save_model(tmp_path, SavedModel(saved.model, TrainingData(labels=LabelCounts.of(tiny_documents))))
    change(tmp_path / "model.json", "sha256", to=...)
    change(tmp_path / "training_data.json", "labels", "entities", 0, 1, to=0)
    with pytest.raises(relknit.CheckpointError, match="labels"):
        relknit.info(tmp_path)


CARD = """---
library_name: relknit
license: cc0-1.0
---
# A model

## Limits

- English
  only.
- Short texts.

## More

- Not a limit.
"""


def test_licence_and_limits_come_from_the_card_and_scores_from_the_folder(pristine, folder):
    (folder / "README.md").write_text(CARD)
    (folder / "result.json").write_text(json.dumps({"test": {"strict": 0.5}, "negatives": {"test": 0.1}}))
    found = relknit.info(folder)
    assert found.licence == "cc0-1.0"
    assert found.limits == ("English only.", "Short texts.")
    assert found.scores == {"test": {"strict": 0.5, "negatives": 0.1}}
    assert found.size >= (folder / "model.safetensors").stat().st_size
    without = relknit.info(pristine)
    assert (without.licence, without.limits, without.scores) == (None, (), {})


def test_a_stated_licence_and_a_licence_file_are_found(folder):
    (folder / "LICENSE").write_text("Terms")
    assert relknit.info(folder).licence == "see LICENSE"
    (folder / "README.md").write_text("# A model\n\n**Licence: CC BY 4.0** (see LICENSE)\n")
    assert relknit.info(folder).licence == "CC BY 4.0"
    (folder / "README.md").write_text("---\nlicense: other\nlicense_name: terms\n---\n# A model\n")
    assert relknit.info(folder).licence == "see LICENSE"


def test_the_command_prints_the_same_for_people_and_as_json(folder, saved, capsys):
    assert main(["info", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(relknit.info(folder).to_dict()))
    assert main(["info", str(folder)]) == 0
    printed = capsys.readouterr().out
    for relation in saved.model.labels.relations:
        assert relation in printed
    assert "not recorded" in printed
    assert "windows of 6 tokens" in printed


def test_a_model_that_is_not_there_is_one_line(capsys):
    assert main(["info", "nowhere"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_extractor_says_in_one_line_what_it_is(folder, saved):
    extractor = relknit.load(folder)
    assert extractor.relations == saved.model.labels.relations
    assert extractor.entity_types == saved.model.labels.entity_types
    shown = repr(extractor)
    assert "\n" not in shown
    for part in (
        "'model'",
        f"{len(extractor.relations)} relations",
        "2 entity types",
        "rin on bilstm",
        "6 tokens",
        "cpu",
    ):
        assert part in shown
