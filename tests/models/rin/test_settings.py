"""Which settings go with which model, and what is written down of them."""

import pytest

from relknit.config import build_config, config_to_dict, load_config
from relknit.errors import ConfigError
from relknit.models.rin.rin import RIN
from relknit.models.rin.rin_v1 import RINv1
from relknit.models.rin.settings import RINSettings

OWN = {"rin": {"gru": "paper"}, "rin_v1": {"cell": "rnn"}}
OTHER = {"rin": "rin_v1", "rin_v1": "rin"}


def test_the_name_chooses_the_model(tiny_model):
    assert type(tiny_model()) is type(tiny_model(name="rin")) is RIN
    assert type(tiny_model(name="rin_v1")) is RINv1


def test_a_section_without_a_name_is_rin_of_emnlp():
    assert build_config({"model": {"num_rounds": 3}}).model == RINSettings(num_rounds=3)


@pytest.mark.parametrize("name", list(OWN))
def test_a_key_of_the_other_model_is_refused(name):
    (key,) = OWN[OTHER[name]]
    with pytest.raises(ConfigError, match=f"my.toml: unknown key model.{key}"):
        build_config({"model": {"name": name} | OWN[OTHER[name]]}, source="my.toml")


@pytest.mark.parametrize("name", list(OWN))
def test_only_the_models_own_keys_are_written_down_and_read_back(name):
    given = {"name": name, "num_rounds": 4} | OWN[name]
    config = build_config({"model": given})
    plain = config_to_dict(config)
    assert not set(plain["model"]) & set(OWN[OTHER[name]])
    assert build_config(plain) == config
    assert config.model.model_dump(exclude_unset=True) == given


def test_int_that_sees_nothing_is_refused():
    with pytest.raises(ConfigError, match="leave INT at least one of them"):
        build_config({"model": {"name": "rin_v1", "int_relations": False, "int_entities": False, "int_words": False}})


@pytest.mark.parametrize(("key", "value"), [("scorer", "biaffine"), ("task_features", 1), ("int_words", "no")])
def test_a_wrong_value_is_refused_with_key_and_value(key, value):
    with pytest.raises(ConfigError, match=f"my.toml: model.{key} = {value!r}: "):
        build_config({"model": {"name": "rin_v1", key: value}}, source="my.toml")


def test_a_variant_is_a_few_lines_of_toml(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('[model]\nname = "rin_v1"\nnum_rounds = 5\ncell = "rnn"\n')
    model = load_config(path, ["model.int_words=false"]).model
    assert (model.num_rounds, model.cell, model.int_words) == (5, "rnn", False)
