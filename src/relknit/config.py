"""Every setting of a run, validated: one TOML file, or `--set section.key=value` on the command line.

    [data]      train = "data/train.jsonl"   dev = …   test = …
    [encoder]   name = "bilstm"   word_dim = 100   …
    [model]     name = "rin"   num_rounds = 2   …
    [training]  epochs = 40   …

What [encoder] and [model] may hold is up to the part of that name (see `relknit.registry`). Unknown keys are errors, and
so are values of another type (a number in quotes, 1 for true) or out of range. Defaults are good for a new dataset;
`experiments/emnlp2020` holds the paper's own values.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AliasChoices, Field, InstanceOf, SerializeAsAny, ValidationError
from pydantic_core import ErrorDetails

from relknit.encoders import ENCODERS
from relknit.errors import ConfigError, short
from relknit.models import MODELS
from relknit.presets import Values, under
from relknit.runtime import Runtime
from relknit.settings import EncoderSettings, FilePath, Fraction, ModelSettings, Section, complaint, read_toml

SELECTABLE: Final = ("partial", "exact", "strict", "text", "entities")  # metrics.SCORES, without importing it
DEFAULTS: Final = {"encoder": "bilstm", "model": "rin"}


def selection_names(select_by: str) -> tuple[str, ...]:
    """The dev scores that `select_by` joins by "+"; raises ValueError for one unknown or named twice."""
    names = tuple(name.strip() for name in select_by.split("+"))
    if not set(names) <= set(SELECTABLE) or len(set(names)) < len(names):
        raise ValueError(f'expected one or more of {", ".join(SELECTABLE)}, each once, joined by "+"')
    return names


def _folds(folds: int) -> int:
    if folds == 1:
        raise ValueError("expected 0, for none, or at least 2")
    return folds


Selection = Annotated[str, AfterValidator(lambda text: "+".join(selection_names(text)))]


class DataConfig(Section):
    """The files of the splits. Without `dev`, a tenth of train (by `training.seed`) is set aside."""

    train: FilePath | None = Field(default=None, description="labelled sentences to learn from (JSONL, plain or .gz)")
    mixture: FilePath | None = Field(
        default=None, description="several datasets that annotate different things, in place of train (TOML)"
    )
    dev: FilePath | None = Field(default=None, description="labelled sentences on which epoch and decoding are chosen")
    test: FilePath | None = Field(default=None, description="labelled sentences that are scored once, at the end")
    negatives: FilePath | None = Field(
        default=None,
        description="a folder of sentences without a triple: train is mixed in, dev and test are scored apart",
        validation_alias=AliasChoices("negatives", "no_fact"),
    )
    old: FilePath | None = Field(
        default=None,
        description="with --from: labelled sentences of the model's own data, to score it before and after",
    )


class TrainingConfig(Section):
    """How to train. `epochs` bounds, `patience` stops earlier; `select_by` is the dev score that chooses the epoch.

    Settings that are not given follow from the number of sentences where `relknit.training.defaults` says so.
    """

    seed: int = Field(default=1, ge=0, lt=2**32, description="of initial weights, the order of batches and dropout")
    epochs: int = Field(default=40, ge=1, description="passes over train; not given: more for few sentences")
    batch_size: int = Field(default=0, ge=0, description="0 = a sixtieth of train, from 4 to 50")
    batch_tokens: int = Field(
        default=0, ge=0, description="batches of at most this many tokens instead; 0 = by sentences"
    )
    similar_lengths: int = Field(
        default=0,
        ge=0,
        description="so many batches at a time are cut from sentences sorted by length, so that each "
        "has sentences of similar length and takes less time; 0 = batches in the order that is drawn",
    )
    learning_rate: float = Field(default=2e-3, gt=0, description="highest rate of Adam")
    encoder_learning_rate: float | None = Field(
        default=None,
        gt=0,
        description="of a pretrained transformer; none = learning_rate; not given: as suits the encoder",
    )
    weight_decay: float = Field(default=0.0, ge=0, le=1, description="fraction of weights (no biases) lost at rate 1")
    schedule: Literal["constant", "one_cycle"] = Field(
        default="one_cycle", description="one_cycle: the learning rate rises to its highest value and falls to almost 0"
    )
    warm_up: Fraction = Field(
        default=0.15, description="fraction of the steps in which one_cycle rises to its highest rate"
    )
    clip_norm: float = Field(default=5.0, gt=0, description="largest norm of the gradient; larger ones are scaled down")
    patience: int = Field(
        default=10,
        ge=1,
        description="epochs without a better dev score before training stops; counted once that score is above 0; not "
        "given: at least a quarter of the epochs",
    )
    select_by: Selection = Field(
        default="partial+exact", description="dev score that chooses the epoch; of several, joined by +, the mean"
    )
    tune_thresholds: bool = Field(
        default=True, description="choose on dev the thresholds of the decoding; false: as the model has them"
    )
    ema_decay: Fraction = Field(
        default=0.99,
        description="decay of the exponential moving average of the weights; 0 = the last weights",
        validation_alias=AliasChoices("ema_decay", "average"),
    )
    rename: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="fraction of train sentences whose entities are renamed each epoch; not given: on for few sentences",
    )
    select_renamed: bool = Field(
        default=False, description="choose on dev as it is and on dev with every entity renamed, both alike"
    )
    join: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="fraction of train sentences that are joined with others to a paragraph each epoch; not given: 0.25",
    )
    vary_case: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="fraction of train sentences in lower case, capitals or title case each epoch; not given: 0.1",
    )
    not_asserted: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="fraction of train sentences that are rewritten each epoch, half so that they no longer assert their facts "
        '("It is not true that ..."), half so that they still do; English only',
    )
    tune_window: bool = Field(
        default=False,
        description="choose on dev, alone and joined to paragraphs, how much text is read at a time; not given: true",
    )
    shuffle: bool = Field(default=True, description="draw the order of the sentences anew in each epoch")
    threads: int = Field(default=0, ge=0, le=256, description="worker threads; 0 = one per core")
    device: str = Field(default="cpu", description="cpu, cuda, or auto: cuda where there is one")
    distil: float | None = Field(
        default=1.0,
        ge=0,
        description="with --from: weight of the model's own predictions as targets of labels that train does not annotate; "
        "0 = these labels are left out of the loss; none = they are learned as absent",
    )
    known_rate: float = Field(
        default=0.15,
        gt=0,
        le=1,
        description="with --from, where train does not annotate labels of the model: the learning rate of the weights that it "
        "has already, as a fraction of that of new ones; an encoder_learning_rate that is set holds for its encoder",
    )
    annotates: tuple[str, ...] | None = Field(
        default=None,
        strict=False,
        description="with --from: the relations and entity types that train annotates; none = those that occur in it",
    )
    dev_fraction: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="fraction of train that is set aside where there is no dev split",
        validation_alias=AliasChoices("dev_fraction", "dev_share"),
    )
    folds: Annotated[int, AfterValidator(_folds)] = Field(
        default=0,
        ge=0,
        description="cross-validation over train and dev with as many folds chooses decoding and calibration, and all of "
        "both is trained on; 0 = dev chooses them, and the epoch; not given: on where dev would be small",
    )

    @property
    def runtime(self) -> Runtime:
        """Where and how the run computes; raises ConfigError for an unknown device."""
        return Runtime(self.device, self.threads)


class Config(Section):
    """All settings of a run."""

    data: DataConfig = DataConfig()
    encoder: SerializeAsAny[InstanceOf[EncoderSettings]] = Field(default_factory=lambda: section_class("encoder")())
    model: SerializeAsAny[InstanceOf[ModelSettings]] = Field(default_factory=lambda: section_class("model")())
    training: TrainingConfig = TrainingConfig()

    def __init__(self, **sections: Any) -> None:
        """Raises ConfigError for an unknown section or value."""
        try:
            super().__init__(**sections)
        except ValidationError as error:
            raise ConfigError(complaint("config", type(self), error.errors()[0])) from None


def section_class(section: str, name: str | None = None) -> Any:
    """The settings of [encoder] or [model] for the part of that name, None for the default, or of another section.

    Raises ConfigError for a name that is not registered.
    """
    if section not in DEFAULTS:
        return Config.model_fields[section].annotation
    registry = {"encoder": ENCODERS, "model": MODELS}[section]
    if name is None or name in registry.names():
        return registry.get(name or DEFAULTS[section]).Settings
    raise ConfigError(f"{section}.name = {short(name)}: expected one of {', '.join(registry.names())}")


def build_config(values: Mapping[str, Any], *, source: str = "configuration") -> Config:
    """Validate plain values; raises ConfigError naming the first wrong key, its value and what was expected."""
    sections = {}
    for section, given in values.items():
        if section not in Config.model_fields:
            raise ConfigError(f"{source}: unknown key {section}; known here: {', '.join(Config.model_fields)}")
        try:
            settings = _class_of(section, given)
            sections[section] = settings.model_validate(given)
        except ConfigError as error:
            raise ConfigError(f"{source}: {error}") from None
        except ValidationError as error:
            first = error.errors()[0]
            raise ConfigError(
                f"{source}: {complaint(section, settings, first)}{_where_known(section, first)}"
            ) from None
    return Config(**sections)


def _where_known(section: str, error: ErrorDetails) -> str:
    """For an unknown key of [encoder] or [model]: the other parts of relknit that have such a setting."""
    if error["type"] != "extra_forbidden" or section not in DEFAULTS:
        return ""
    key, registry = str(error["loc"][-1]), {"encoder": ENCODERS, "model": MODELS}[section]
    having = [name for name in registry.builtin if key in registry.get(name).Settings.model_fields]
    return f"; {key} is a setting of {', '.join(having)}" if having else ""


def load_config(path: str | Path, overrides: Iterable[str] = (), *, preset: Values | None = None) -> Config:
    """Read a TOML file, over the settings of a preset, and apply `section.key=value` overrides; raises ConfigError.

    Relative paths in the file are taken from the file's folder, those in an override from the working directory.
    """
    path = Path(path)
    values = read_toml(path, fix="give a .toml file or a folder of data")
    overrides, preset = list(overrides), preset or {}
    final = apply_overrides(values, overrides)
    for section, table in values.items():
        if section in Config.model_fields and isinstance(table, dict):
            with suppress(ConfigError):  # which `build_config` raises again
                values[section] = _class_of(section, final[section]).anchored(table, path.parent)
    values = under(values, preset, source=str(path))
    return build_config(apply_overrides(values, overrides), source=str(path))


def apply_overrides(values: Mapping[str, Any], overrides: Iterable[str]) -> dict[str, Any]:
    """A copy of `values` with every "section.key=value" set; the value is read as TOML, else as a plain string."""
    result = {key: dict(value) if isinstance(value, dict) else value for key, value in values.items()}
    for override in overrides:
        name, equals, raw = override.partition("=")
        section, dot, key = name.strip().partition(".")
        if not (equals and dot and section and key):
            raise ConfigError(f"--set {override}: expected section.key=value, for example training.epochs=20")
        if not raw.strip():
            raise ConfigError(f"--set {override}: expected a value; none leaves a setting empty that may be")
        table = result.setdefault(section, {})
        if not isinstance(table, dict):
            raise ConfigError(f"--set {override}: {section} is not a section")
        table[key] = _toml_value(raw.strip())
    return result


def config_to_dict(config: Config) -> dict[str, Any]:
    """Plain JSON-ready values of all settings; `build_config` reads them back as an equal Config."""
    return config.model_dump(mode="json")


def given_values(config: Config) -> dict[str, Any]:
    """As `config_to_dict`, but only what was given: the settings that are left out can still follow from the data."""
    values = config.model_dump(mode="json", exclude_unset=True)
    for section in DEFAULTS:
        values[section] = {"name": getattr(config, section).name, **values.get(section, {})}
    return values


def _class_of(section: str, given: Any) -> Any:
    """The settings class of a section, by the `name` in it where there is one."""
    if isinstance(given, Section):
        return type(given)
    name = given.get("name") if isinstance(given, Mapping) else None
    if name is not None and not isinstance(name, str):
        raise ConfigError(f"{section}.name = {short(name)}: expected a name in quotes")
    return section_class(section, name)


def _toml_value(raw: str) -> Any:
    if raw in ("none", "null"):
        return None
    try:
        return tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        return raw
