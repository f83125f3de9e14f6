from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.config import (
    SELECTABLE,
    Config,
    TrainingConfig,
    apply_overrides,
    build_config,
    config_to_dict,
    load_config,
    selection_names,
)
from relknit.encoders.bilstm.settings import BiLSTMSettings
from relknit.encoders.transformer.settings import TransformerSettings
from relknit.errors import ConfigError
from relknit.metrics import SCORES


def refused(values: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        build_config(values, source="my.toml")
    message = str(caught.value)
    assert message.startswith("my.toml: ")
    assert "\n" not in message
    return message.removeprefix("my.toml: ")


def test_no_values_give_the_defaults() -> None:
    assert build_config({}) == Config()
    assert build_config({"training": {}}) == Config()


@pytest.mark.parametrize(
    ("section", "key"),
    [("data", "tests"), ("encoder", "word_dims"), ("model", "rounds"), ("training", "lr"), ("training", "a.b")],
)
def test_an_unknown_key_is_refused_with_the_known_ones(section: str, key: str) -> None:
    message = refused({section: {key: 1}})
    assert message.startswith(f"unknown key {section}.{key}; known here: ")
    known = message.split(": ")[1].split(", ")
    assert known == list(type(getattr(Config(), section)).model_fields)


def test_an_unknown_section_is_refused_with_the_known_ones() -> None:
    assert refused({"trainer": {"epochs": 3}}) == "unknown key trainer; known here: data, encoder, model, training"


@pytest.mark.parametrize(
    ("section", "key", "value", "expectation"),
    [
        ("training", "epochs", 0, "greater than or equal to 1"),
        ("training", "batch_size", -1, "greater than or equal to 0"),
        ("training", "learning_rate", 0.0, "greater than 0"),
        ("training", "learning_rate", float("inf"), "finite number"),
        ("training", "learning_rate", float("nan"), "finite number"),
        ("training", "seed", 2**40, "less than 4294967296"),
        ("training", "average", 1.0, "less than 1"),
        ("training", "dev_share", 1.0, "less than 1"),
        ("training", "schedule", "cosine", "'constant' or 'one_cycle'"),
        ("encoder", "word_dim", -5, "greater than or equal to 0"),
        ("encoder", "vector_scale", 0.0, "greater than 0"),
        ("model", "name", "lstm", "rin, rin_v1"),
        ("model", "num_rounds", 65, "less than or equal to 64"),
        ("model", "typed_entities", True, "'auto', 'yes' or 'no'"),
        # another type
        ("training", "epochs", "20", "valid integer"),
        ("training", "epochs", 20.0, "valid integer"),
        ("training", "epochs", True, "valid integer"),
        ("training", "epochs", None, "valid integer"),
        ("training", "learning_rate", "0.1", "valid number"),
        ("training", "shuffle", 1, "valid boolean"),
        ("training", "select_by", 3, "valid string"),
        ("data", "train", ["a", "b"], "path"),
        ("model", "anchor", 1, "'last' or 'first'"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_with_key_value_and_expectation(
    section: str, key: str, value: Any, expectation: str
) -> None:
    message = refused({section: {key: value}})
    assert message.startswith(f"{section}.{key} = {value!r}: ")
    assert expectation in message


def test_a_whole_number_will_do_where_any_number_will() -> None:
    assert build_config({"training": {"clip_norm": 1}}).training.clip_norm == 1.0


@pytest.mark.parametrize("value", [3, "fast", [1]])
def test_a_section_that_is_not_a_table_is_refused(value: Any) -> None:
    message = refused({"training": value})
    assert message == f"training = {value!r}: expected a section of keys and values, [training] in TOML"


def test_an_encoder_that_sees_nothing_is_refused() -> None:
    message = refused({"encoder": {"word_dim": 0, "char_dim": 0, "shape_dim": 0}})
    assert message.endswith("word_dim, char_dim, shape_dim and pos_dim are all 0; give at least one of them a width")
    assert BiLSTMSettings(word_dim=0, char_dim=0, shape_dim=0, pos_dim=3).pos_dim == 3


# encoders


def test_an_encoder_without_a_name_is_a_bilstm() -> None:
    assert build_config({"encoder": {"hidden": 7}}).encoder == BiLSTMSettings(hidden=7)
    assert Config().encoder.name == "bilstm"


def test_a_transformer_has_settings_of_its_own() -> None:
    config = build_config({"encoder": {"name": "transformer", "source": "someone/small-bert", "words": "mean"}})
    assert config.encoder == TransformerSettings(source="someone/small-bert", words="mean")
    assert build_config(config_to_dict(config)) == config


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "transformer", "hidden": 7}, "unknown key encoder.hidden; known here: name, source, words, repair"),
        ({"source": "x"}, "unknown key encoder.source; known here: name, word_dim, vectors"),
        ({"name": "transformer", "words": "last"}, "encoder.words = 'last': Input should be 'first' or 'mean'"),
        ({"name": "transformer", "dropout": 1.0}, "encoder.dropout = 1.0: Input should be less than 1"),
        ({"name": "bert"}, "encoder.name = 'bert': expected one of bilstm, transformer"),
        ({"name": ["bilstm"]}, "encoder.name = ['bilstm']: expected a name in quotes"),
        (3, "encoder = 3: expected a section of keys and values, [encoder] in TOML"),
    ],
)
def test_what_an_encoder_cannot_be_is_refused(values: Any, message: str) -> None:
    assert refused({"encoder": values}).startswith(message)


def test_an_encoders_folder_is_taken_from_the_files_folder_and_a_name_stays_a_name(tmp_path: Path) -> None:
    (tmp_path / "mini").mkdir()
    path = tmp_path / "my.toml"
    for source, expected in (("mini", str(tmp_path / "mini")), ("someone/mini", "someone/mini"), ("other", "other")):
        path.write_text(f'[encoder]\nname = "transformer"\nsource = "{source}"\n', encoding="utf-8")
        encoder = load_config(path).encoder
        assert isinstance(encoder, TransformerSettings)
        assert encoder.source == expected


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().training.epochs = 3  # type: ignore[misc]


# select_by


def test_every_score_can_be_selected_by() -> None:
    assert SELECTABLE == SCORES


@given(st.lists(st.sampled_from(SCORES), min_size=1, unique=True))
def test_scores_may_be_joined_in_any_number_and_order(names: list[str]) -> None:
    joined = "+".join(names)
    assert TrainingConfig(select_by=joined).select_by == joined
    assert selection_names(joined) == tuple(names)


def test_spaces_around_the_plus_do_not_matter() -> None:
    assert TrainingConfig(select_by=" partial + exact").select_by == "partial+exact"


@pytest.mark.parametrize(
    "select_by", ["", "f1", "partial+", "+", "partial+f1", "partial,exact", "exact+exact", "EXACT"]
)
def test_an_unknown_selection_is_refused_with_the_scores(select_by: str) -> None:
    assert refused({"training": {"select_by": select_by}}) == (
        f"training.select_by = {select_by!r}: expected one or more of partial, exact, strict, text, entities, "
        'each once, joined by "+"'
    )


# --set


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("20", 20),
        ("2e-3", 0.002),
        ("1_000", 1000),
        ("true", True),
        ("none", None),
        ("null", None),
        ('"20"', "20"),
        ("'none'", "none"),
        ("partial+exact", "partial+exact"),
        ("data/train.jsonl", "data/train.jsonl"),
        ("a folder/train=1.jsonl", "a folder/train=1.jsonl"),
        ("''", ""),
        ("[1, 2]", [1, 2]),
        ("1\nother = 2", 1),
        ("  7  ", 7),
    ],
)
def test_an_override_is_read_as_toml_else_as_a_plain_string(raw: str, value: Any) -> None:
    result = apply_overrides({}, [f"training.key={raw}"])
    assert result == {"training": {"key": value}}
    assert type(result["training"]["key"]) is type(value)


def test_overrides_replace_add_and_the_last_one_counts() -> None:
    values = {"training": {"epochs": 5, "seed": 2}}
    overrides = ["training.epochs=9", "model.num_rounds=0", "training.epochs=7", " encoder.hidden = 8"]
    result = apply_overrides(values, overrides)
    assert result == {"training": {"epochs": 7, "seed": 2}, "model": {"num_rounds": 0}, "encoder": {"hidden": 8}}
    assert values == {"training": {"epochs": 5, "seed": 2}}, "the values given stay as they were"


@pytest.mark.parametrize("override", ["epochs=3", "training.epochs", "training.=3", ".epochs=3", "=3", "", "training"])
def test_an_override_without_key_and_value_is_refused_with_an_example(override: str) -> None:
    with pytest.raises(ConfigError) as caught:
        apply_overrides({}, [override])
    assert str(caught.value) == f"--set {override}: expected section.key=value, for example training.epochs=20"


@pytest.mark.parametrize("value", ["", "  "])
def test_an_override_without_a_value_says_how_to_leave_a_setting_empty(value: str) -> None:
    with pytest.raises(ConfigError, match="expected a value; none leaves a setting empty that may be"):
        apply_overrides({}, [f"encoder.vectors={value}"])


def test_an_override_into_a_value_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"--set training\.epochs=3: training is not a section"):
        apply_overrides({"training": 3}, ["training.epochs=3"])


def test_an_overridden_value_is_validated_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[training]\nepochs = 3\n")
    with pytest.raises(ConfigError, match=r"a\.toml: training\.epochs = 'many': .*valid integer"):
        load_config(tmp_path / "a.toml", ["training.epochs=many"])


def test_none_leaves_a_split_out(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[data]\ntest = "test.jsonl"\n')
    assert load_config(tmp_path / "a.toml", ["data.test=none", "model.relation_bias=none"]).data.test is None


# files


def test_relative_paths_are_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    absolute = tmp_path / "elsewhere" / "test.jsonl"
    (tmp_path / "a.toml").write_text(
        f'[data]\ntrain = "d/train.jsonl"\ndev = "../dev.jsonl"\ntest = \'{absolute}\'\n[encoder]\nvectors = "v.npz"\n'
    )
    config = load_config(tmp_path / "a.toml")
    assert config.data.train == tmp_path / "d" / "train.jsonl"
    assert config.data.dev == tmp_path / ".." / "dev.jsonl"
    assert config.data.test == absolute
    assert config.encoder.vectors == tmp_path / "v.npz"


def test_relative_paths_in_an_override_are_taken_from_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("")
    assert load_config(tmp_path / "a.toml", ["data.train=d/train.jsonl"]).data.train == Path("d/train.jsonl")


def test_a_path_that_is_not_a_string_is_left_to_validation(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[data]\ntrain = 3\n")
    with pytest.raises(ConfigError, match=r"data\.train = 3: .*path"):
        load_config(tmp_path / "a.toml")


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes("[training]\nepochs = 3\n".encode("utf-8-sig"))
    assert load_config(tmp_path / "a.toml").training.epochs == 3


@pytest.mark.parametrize("content", [b"epochs", b"a = 1\na = 2", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"a\.toml: not valid TOML"):
        load_config(tmp_path / "a.toml")


def test_an_absent_file_and_a_folder_are_named_with_a_fix(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.toml", tmp_path):
        with pytest.raises(ConfigError, match=r"give a \.toml file or a folder of data") as caught:
            load_config(path)
        assert str(path) in str(caught.value)


# there and back

CONFIGS = st.builds(
    lambda data, encoder, model, training: {"data": data, "encoder": encoder, "model": model, "training": training},
    st.fixed_dictionaries({}, optional={"train": st.sampled_from(["a.jsonl", "b/c.jsonl.gz"]), "dev": st.none()}),
    st.fixed_dictionaries(
        {},
        optional={
            "hidden": st.integers(1, 999),
            "vectors": st.none() | st.just("v.npz"),
            "vector_scale": st.none() | st.floats(0.01, 10),
            "repair": st.booleans(),
            "input_dropout": st.floats(0, 0.99),
        },
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "relation_bias": st.none() | st.floats(-9, 9),
            "anchor": st.sampled_from(["last", "first"]),
            "num_rounds": st.integers(0, 64),
        },
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "seed": st.integers(0, 2**32 - 1),
            "learning_rate": st.floats(1e-9, 10),
            "select_by": st.sampled_from(["exact", "partial+exact", "text+strict+entities"]),
            "shuffle": st.booleans(),
        },
    ),
)


@given(CONFIGS)
def test_a_configuration_comes_back_from_its_plain_values(values: dict[str, Any]) -> None:
    config = build_config(values)
    assert build_config(config_to_dict(config)) == config


ONLY_RIN_V1 = {"scorer", "cell", "task_features", "int_relations", "int_entities", "int_words"}


def test_plain_values_hold_every_setting_of_the_model_in_json_types() -> None:
    plain = config_to_dict(build_config({"data": {"train": Path("a.jsonl")}, "model": {"relation_bias": None}}))
    assert plain["data"] == {
        "train": "a.jsonl",
        "mixture": None,
        "dev": None,
        "test": None,
        "negatives": None,
        "old": None,
    }
    assert plain["model"]["relation_bias"] is None
    kinds = {type(value) for section in plain.values() for value in section.values()}
    assert kinds <= {str, int, float, bool, type(None)}
    for name, section in plain.items():
        settings = set(type(getattr(Config(), name)).model_fields)
        assert set(section) == settings - (ONLY_RIN_V1 if name == "model" else set())
