from __future__ import annotations

from typing import Any

import pytest

from relknit.config import Config, TrainingConfig, build_config, given_values
from relknit.training.batches import batch_size
from relknit.training.defaults import FEW_SENTENCES, LEAST_DEV, settings_for_size, with_defaults


def settled(*, train: int, dev: int = 0, **given: Any) -> TrainingConfig:
    return with_defaults(build_config({"training": given}), train=train, dev=dev)[0].training


@pytest.mark.parametrize("sentences", [2, 30, 120, 400, 900])
def test_few_sentences_are_passed_over_often_enough_for_the_least_number_of_steps(sentences: int) -> None:
    config = settled(train=sentences)
    steps_per_epoch = -(-sentences // batch_size(config, sentences))
    assert config.epochs * steps_per_epoch >= Config().encoder.least_steps


EVERY_SIZE = ("join", "vary_case", "tune_window")


def test_much_data_with_a_dev_set_gets_the_plain_defaults() -> None:
    config, chosen = with_defaults(Config(), train=5000, dev=500)
    assert set(chosen) == set(EVERY_SIZE)
    assert config.training == TrainingConfig().model_copy(update=chosen)


def test_given_values_win_one_by_one() -> None:
    given = {"epochs": 3, "patience": 2, "rename": 0.0, "folds": 0, "join": 0.0, "vary_case": 0.0, "tune_window": False}
    assert settled(train=30, **given) == TrainingConfig(**given)
    assert settled(train=30, epochs=3).rename > 0


def test_a_value_that_was_given_wins_even_if_it_is_the_plain_default() -> None:
    assert settled(train=30, epochs=40).epochs == 40


def test_what_was_chosen_is_named() -> None:
    config, chosen = with_defaults(Config(), train=30, dev=0)
    assert chosen == {name: getattr(config.training, name) for name in chosen}
    assert {"epochs", "folds", "rename"} <= set(chosen)


@pytest.mark.parametrize(
    ("train", "dev", "cross_validated"),
    [(30, 0, True), (120, 0, True), (120, LEAST_DEV - 1, True), (120, LEAST_DEV, False), (10 * LEAST_DEV, 0, False)],
)
def test_a_small_dev_set_is_replaced_by_cross_validation(train: int, dev: int, cross_validated: bool) -> None:
    assert (settled(train=train, dev=dev).folds > 0) == cross_validated


def test_there_are_no_more_folds_than_sentences_and_none_of_a_single_sentence() -> None:
    assert settled(train=2).folds == 2
    assert settled(train=1).folds == 0


@pytest.mark.parametrize(("sentences", "renamed"), [(30, True), (FEW_SENTENCES - 1, True), (FEW_SENTENCES, False)])
def test_few_sentences_are_renamed(sentences: int, renamed: bool) -> None:
    assert (
        "rename" in settings_for_size(TrainingConfig(), train=sentences, dev=100, least_steps=1, usual_epochs=1)
    ) == renamed


def test_patience_grows_with_the_epochs() -> None:
    config = settled(train=30, dev=100)
    assert config.patience == config.epochs // 4
    assert settled(train=30, dev=100, epochs=20).patience == TrainingConfig().patience


def test_a_configuration_made_in_code_leaves_what_it_does_not_give_to_the_size_of_the_data() -> None:
    config = build_config({"encoder": {"name": "bilstm", "hidden": 8}, "training": {"epochs": 5}})
    again = build_config(given_values(config))
    assert again == config
    assert again.training.model_fields_set == {"epochs"}
    assert build_config(given_values(Config())) == Config()


def test_what_suits_the_model_wins_over_what_suits_the_size_of_the_data() -> None:
    config = build_config({"model": {"name": "copy_re"}})
    assert with_defaults(config, train=2000, dev=200)[0].training.join == 0.0
    given = build_config({"model": {"name": "copy_re"}, "training": {"join": 0.5}})
    assert with_defaults(given, train=2000, dev=200)[0].training.join == 0.5
