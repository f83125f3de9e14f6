"""Which settings go with which model, and what is written down of them."""

import pytest

from relknit.config import ModelConfig, build_config, config_to_dict, load_config
from relknit.errors import ConfigError
from relknit.models import RIN
from relknit.models.rin_v1 import RINv1

ONLY = {
    "rin": {"gru": "paper", "entity_feedback": False, "relation_feedback": False},
    "rin_v1": {
        "scorer": "emnlp",
        "cell": "rnn",
        "task_features": False,
        "int_relations": False,
        "int_entities": False,
        "int_words": False,
    },
}
OTHER = {"rin": "rin_v1", "rin_v1": "rin"}
KEYS = [(name, key) for name, keys in ONLY.items() for key in keys]


def test_the_name_chooses_the_model(tiny_model):
    assert type(tiny_model()) is type(tiny_model(name="rin")) is RIN
    assert type(tiny_model(name="rin_v1")) is RINv1


def test_a_section_without_a_name_is_rin_of_emnlp():
    assert build_config({"model": {"num_rounds": 3}}).model == ModelConfig(name="rin", num_rounds=3)


@pytest.mark.parametrize(("owner", "key"), KEYS)
def test_a_key_of_the_other_model_is_refused_even_at_its_default(owner, key):
    default = ModelConfig.model_fields[key].default
    for value in (ONLY[owner][key], default):
        with pytest.raises(ConfigError) as caught:
            build_config({"model": {"name": OTHER[owner], key: value}}, source="my.toml")
        message = str(caught.value)
        assert message.startswith("my.toml: model = {")
        assert message.endswith(f': {key} belongs to name = "{owner}"; leave it out, or choose that model')
        assert "\n" not in message


@pytest.mark.parametrize(("owner", "key"), KEYS)
def test_a_key_of_the_model_itself_is_taken(owner, key):
    config = build_config({"model": {"name": owner, key: ONLY[owner][key]}})
    assert getattr(config.model, key) == ONLY[owner][key]


@pytest.mark.parametrize("name", list(ONLY))
def test_only_the_models_own_keys_are_written_down_and_read_back(name):
    key, value = next(iter(ONLY[name].items()))
    one = {key: value}
    config = build_config({"model": {"name": name, "num_rounds": 4} | one})
    plain = config_to_dict(config)
    assert set(plain["model"]) == set(ModelConfig.model_fields) - set(ONLY[OTHER[name]])
    assert build_config(plain) == config
    assert ModelConfig.model_validate_json(config.model.model_dump_json()) == config.model
    assert config.model.model_dump(exclude_unset=True) == {"name": name, "num_rounds": 4} | one


def test_rin_is_written_down_without_a_key_of_another_model():
    assert list(ModelConfig().model_dump()) == [
        "name",
        "num_rounds",
        "pair_hidden",
        "relation_bias",
        "anchor",
        "typed_entities",
        "threshold",
        "pair_words",
        "gru",
        "entity_feedback",
        "relation_feedback",
    ]


def test_int_that_sees_nothing_is_refused():
    with pytest.raises(ConfigError, match="leave INT at least one of them"):
        build_config({"model": {"name": "rin_v1", "int_relations": False, "int_entities": False, "int_words": False}})


@pytest.mark.parametrize(
    ("key", "value", "expectation"),
    [
        ("scorer", "biaffine", "'additive' or 'emnlp'"),
        ("cell", "lstm", "'gru', 'paper_gru', 'rnn' or 'linear'"),
        ("task_features", 1, "valid boolean"),
        ("int_words", "no", "valid boolean"),
    ],
)
def test_a_wrong_value_is_refused_with_key_value_and_expectation(key, value, expectation):
    with pytest.raises(ConfigError) as caught:
        build_config({"model": {"name": "rin_v1", key: value}}, source="my.toml")
    assert str(caught.value).startswith(f"my.toml: model.{key} = {value!r}: ")
    assert expectation in str(caught.value)


def test_a_variant_is_a_few_lines_of_toml(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('[model]\nname = "rin_v1"\nnum_rounds = 5\ncell = "rnn"\n')
    model = load_config(path, ["model.int_words=false"]).model
    assert (model.num_rounds, model.cell, model.int_words, model.scorer) == (5, "rnn", False, "additive")
