"""Settings of [training] that follow from the size of the data, the encoder and the model, where they are not given.

What was measured is in experiments/small_data/LOG.md.
"""

from __future__ import annotations

from typing import Any, Final

from relknit.config import Config, TrainingConfig
from relknit.training.batches import batch_size

LEAST_DEV: Final = 50
FOLDS: Final = 3
FEW_SENTENCES: Final = 500
RENAME: Final = 0.3
JOIN: Final = 0.25
VARY_CASE: Final = 0.1


def with_defaults(config: Config, *, train: int, dev: int) -> tuple[Config, dict[str, Any]]:
    """The configuration with the settings that suit it in place of those not given, and those of them that differ.

    train, dev: numbers of sentences; a dev of 0 is one that is not given. Not for fine-tuning, whose model is trained already.
    """
    training, encoder = config.training, config.encoder
    suited = encoder.suited_training
    usual = suited.get("epochs", training.epochs)
    suited |= settings_for_size(training, train=train, dev=dev, least_steps=encoder.least_steps, usual_epochs=usual)
    suited |= config.model.suited_training
    chosen = {
        name: value
        for name, value in suited.items()
        if name not in training.model_fields_set and value != getattr(training, name)
    }
    return config.model_copy(update={"training": training.model_copy(update=chosen)}), chosen


def settings_for_size(
    config: TrainingConfig, *, train: int, dev: int, least_steps: int, usual_epochs: int
) -> dict[str, Any]:
    """The settings of [training] for so many sentences in train and dev; those that `config` was given count as they are.

    Cross-validation replaces a dev set of fewer than LEAST_DEV sentences; there are at least `usual_epochs`, and
    enough for `least_steps` steps; patience is at least a quarter of them; fewer than FEW_SENTENCES are renamed. Much data
    gets the plain defaults.
    """
    given = config.model_fields_set
    set_aside = 0 if dev else round(config.dev_fraction * train)
    folds = min(FOLDS, train + dev) if (dev or set_aside) < LEAST_DEV and train + dev > 1 else 0
    folds = config.folds if "folds" in given else folds
    learned = train + dev if folds else train - set_aside
    epochs = max(usual_epochs, -(-least_steps * batch_size(config, learned) // max(1, learned)))
    epochs = config.epochs if "epochs" in given else epochs
    suited: dict[str, Any] = {"folds": folds, "epochs": epochs, "patience": max(config.patience, epochs // 4)}
    suited |= {"join": JOIN, "vary_case": VARY_CASE, "tune_window": True}
    return suited | ({"rename": RENAME} if learned < FEW_SENTENCES else {})
