"""Every setting of a run, validated: one TOML file, or `--set section.key=value` on the command line.

    [data]      train = "data/train.jsonl"   dev = …   test = …
    [encoder]   word_dim = 100   …
    [model]     num_rounds = 2   …
    [training]  epochs = 40   …

Unknown keys are errors, and so are values of another type (a number in quotes, 1 for true) or out of range. Defaults
are good for a new dataset; `experiments/emnlp2020` holds the paper's own values.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import ErrorDetails

from relknit.errors import ConfigError

SELECTABLE: Final = ("partial", "exact", "strict", "text", "entities")  # metrics.SCORES, which lies above this module


def selection_names(select_by: str) -> tuple[str, ...]:
    """The dev scores that `select_by` joins by "+"; raises ValueError for one unknown or named twice."""
    names = tuple(name.strip() for name in select_by.split("+"))
    if not set(names) <= set(SELECTABLE) or len(set(names)) < len(names):
        raise ValueError(f'expected one or more of {", ".join(SELECTABLE)}, each once, joined by "+"')
    return names


Share = Annotated[float, Field(ge=0, lt=1)]
FilePath = Annotated[Path, Field(strict=False)]  # TOML has no paths, only strings
Selection = Annotated[str, AfterValidator(lambda text: "+".join(selection_names(text)))]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class DataConfig(_Section):
    """Where the splits lie. Without `dev`, a tenth of train (by `training.seed`) is set aside."""

    train: FilePath | None = None
    dev: FilePath | None = None
    test: FilePath | None = None
    no_fact: FilePath | None = Field(
        default=None, description="a folder of sentences without a triple: train is mixed in, dev and test scored apart"
    )


class EncoderConfig(_Section):
    """The BiLSTM encoder and what a word looks like to it. Widths are per word; 0 leaves a part out."""

    name: Literal["bilstm"] = "bilstm"
    word_dim: int = Field(default=100, ge=0, le=4096)
    vectors: FilePath | None = None
    max_vectors: int = Field(
        default=20_000, ge=0, description="how many pretrained words outside train are kept, commonest first"
    )
    vector_scale: float | None = Field(
        default=None, gt=0, description="standard deviation the pretrained vectors are rescaled to"
    )
    min_count: int = Field(default=1, ge=1, description="train words rarer than this have no vector of their own")
    repair: bool = Field(default=True, description="undo double-encoded letters before look-up")
    pos_dim: int = Field(default=0, ge=0, le=4096)
    char_dim: int = Field(
        default=30, ge=0, le=4096, description="width of a character; 0 = no characters, never-seen words are UNK"
    )
    char_filters: int = Field(default=50, ge=1, le=4096)
    shape_dim: int = Field(default=10, ge=0, le=4096)
    hidden: int = Field(default=128, ge=1, le=4096, description="LSTM units a direction")
    num_layers: int = Field(default=2, ge=1, le=16)
    input_dropout: Share = 0.3
    layer_dropout: Share = 0.3
    word_dropout: Share = 0.04

    @model_validator(mode="after")
    def _sees_something(self) -> EncoderConfig:
        if not (self.word_dim or self.char_dim or self.shape_dim or self.pos_dim):
            raise ValueError("word_dim, char_dim, shape_dim and pos_dim are all 0; give at least one of them a width")
        return self


class TransformerConfig(_Section):
    """A pretrained transformer in the BiLSTM's place; needs the extra `transformers`.

    A model folder keeps all that `source` gave, so that it is looked for only when a training begins.
    """

    name: Literal["transformer"]
    source: str | None = Field(default=None, description="a Hugging Face encoder: its folder, or its name on the hub")
    words: Literal["first", "mean"] = Field(
        default="first", description="what stands for a word: its first piece, or the mean of its pieces"
    )
    repair: bool = Field(default=True, description="undo double-encoded letters and treebank brackets first")
    dropout: Share = Field(default=0.1, description="on the features of words; the transformer keeps its own inside")
    frozen: bool = Field(default=False, description="the transformer's weights stay as they are")
    gradient_checkpointing: bool = Field(
        default=False, description="less memory in training for a third more time; batches are computed in one share"
    )


def _encoder_name(section: Any) -> Any:
    """The `name` in an [encoder] section, which tells what else may stand there."""
    if isinstance(section, Mapping):
        name = section.get("name", "bilstm")
        return name if isinstance(name, str) else "no name"
    return getattr(section, "name", "bilstm")


AnyEncoderConfig: TypeAlias = Annotated[
    Annotated[EncoderConfig, Tag("bilstm")] | Annotated[TransformerConfig, Tag("transformer")],
    Discriminator(
        _encoder_name,
        custom_error_type="encoder_name",
        custom_error_message="expected 'bilstm' or 'transformer'",
    ),
]
_ENCODERS: Final[Mapping[str, type[_Section]]] = MappingProxyType(
    {"bilstm": EncoderConfig, "transformer": TransformerConfig}
)


class ModelConfig(_Section):
    """Which model, and its ablations as values: "rin" is EMNLP's equations 1 to 9, "rin_v1" section 4 of the first version.

    A key of the other model is refused, and left out of what is written down.
    """

    name: Literal["rin", "rin_v1"] = "rin"
    num_rounds: int = Field(default=2, ge=0, le=64, description="K; 0 is RIN without interaction")
    pair_hidden: int = Field(default=100, ge=1, le=4096, description="with scorer additive: of each word's half")
    relation_bias: float | None = Field(default=-6.0, description="initial bias of every relation; none = torch's own")
    anchor: Literal["last", "first"] = "last"
    typed_entities: Literal["auto", "yes", "no"] = Field(
        default="auto", description="auto: where at least half of the entities have a type"
    )
    threshold: float = Field(default=0.5, gt=0, lt=1)
    pair_words: Literal["all", "entities"] = Field(
        default="all",
        description="whose pairs C_r learns and judges in the end: all words, or those in entities (learning: gold ones)",
    )

    # of "rin" alone
    gru: Literal["torch", "paper"] = Field(default="torch", description="torch's cell with biases, or eq. 4 as printed")
    entity_feedback: bool = Field(default=True, description="false: w/o ER, H_e is left out of H^k")
    relation_feedback: bool = Field(default=True, description="false: w/o RC, H_r is left out of H^k")

    # of "rin_v1" alone
    scorer: Literal["additive", "emnlp"] = Field(
        default="additive", description="eqs. 9 and 10 as printed, or EMNLP's 7"
    )
    cell: Literal["gru", "paper_gru", "rnn", "linear"] = Field(
        default="gru", description="torch's, eqs. 4 to 7 as printed, vanilla; linear: −γ, two maps in place of all"
    )
    task_features: bool = Field(default=True, description="false: no f_r and f_g, H itself goes on")
    int_relations: bool = Field(default=True, description="false: −ỹ, INT does not see the strongest relations")
    int_entities: bool = Field(default=True, description="false: −ȳ, INT does not see the tags")
    int_words: bool = Field(default=True, description="false: −H, INT does not see the words")

    _only: ClassVar[dict[str, frozenset[str]]] = {
        "rin": frozenset({"gru", "entity_feedback", "relation_feedback"}),
        "rin_v1": frozenset({"scorer", "cell", "task_features", "int_relations", "int_entities", "int_words"}),
    }

    @property
    def _foreign(self) -> frozenset[str]:
        return frozenset().union(*(keys for name, keys in self._only.items() if name != self.name))

    @model_validator(mode="after")
    def _fits_together(self) -> ModelConfig:
        for key in sorted(self.model_fields_set & self._foreign):
            owner = next(name for name, keys in self._only.items() if key in keys)
            raise ValueError(f'{key} belongs to name = "{owner}"; leave it out, or choose that model')
        if not (self.int_relations or self.int_entities or self.int_words):
            raise ValueError("int_relations, int_entities and int_words are all false; leave INT at least one of them")
        return self

    @model_serializer(mode="wrap")
    def _own(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in plain(self).items() if key not in self._foreign}


class TrainingConfig(_Section):
    """How to train. `epochs` bounds, `patience` stops earlier; `select_by` is the dev score that chooses the epoch."""

    seed: int = Field(default=1, ge=0, lt=2**32)
    epochs: int = Field(default=40, ge=1)
    batch_size: int = Field(default=0, ge=0, description="0 = a sixtieth of train, from 4 to 50")
    batch_tokens: int = Field(
        default=0, ge=0, description="batches of at most this many tokens instead; 0 = by sentences"
    )
    learning_rate: float = Field(default=2e-3, gt=0)
    encoder_learning_rate: float | None = Field(
        default=None, gt=0, description="of a pretrained transformer, such as 5e-5; none = learning_rate"
    )
    weight_decay: float = Field(default=0.0, ge=0, le=1, description="share of weights (no biases) lost at rate 1")
    schedule: Literal["constant", "one_cycle"] = "one_cycle"
    warm_up: Share = Field(default=0.15, description="share of the steps in which one_cycle rises to its highest rate")
    clip_norm: float = Field(default=5.0, gt=0)
    patience: int = Field(default=10, ge=1)
    select_by: Selection = "partial+exact"
    tune_thresholds: bool = Field(
        default=True, description="choose on dev how sure a pair has to be; false: model.threshold, as in the paper"
    )
    average: Share = Field(
        default=0.99, description="decay of the running average of the weights; 0 = the last weights"
    )
    rename: float = Field(
        default=0.0, ge=0, le=1, description="share of train sentences whose entities are renamed each epoch"
    )
    select_renamed: bool = Field(
        default=False, description="choose on dev as it is and on dev with every entity renamed, both alike"
    )
    shuffle: bool = True
    threads: int = Field(default=0, ge=0, le=256, description="worker threads; 0 = one per core")
    device: str = Field(default="cpu", description="cpu, cuda, or auto: cuda where there is one")
    dev_share: float = Field(default=0.1, gt=0, lt=1)


class Config(_Section):
    """One run, whole."""

    data: DataConfig = DataConfig()
    encoder: AnyEncoderConfig = EncoderConfig()
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()


def build_config(values: Mapping[str, Any], *, source: str = "configuration") -> Config:
    """Validate plain values; raises ConfigError naming the first wrong key, its value and what was expected."""
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"{source}: {_complaint(error.errors()[0])}") from None


def load_config(path: str | Path, overrides: Iterable[str] = ()) -> Config:
    """Read a TOML file and apply `section.key=value` overrides; raises ConfigError.

    Relative paths in the file are taken from the file's folder, those in an override from the working directory.
    """
    path = Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; give a .toml file or a folder of data") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a folder; give a .toml file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    _anchor_paths(values, path.parent)
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


def _toml_value(raw: str) -> Any:
    if raw in ("none", "null"):
        return None
    try:
        return tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        return raw


def _anchor_paths(values: Mapping[str, Any], folder: Path) -> None:
    for section, keys in (("data", ("train", "dev", "test", "no_fact")), ("encoder", ("vectors",))):
        table = values.get(section)
        if isinstance(table, dict):
            table |= {key: str(folder / table[key]) for key in keys if isinstance(table.get(key), str)}
    encoder = values.get("encoder")
    if isinstance(encoder, dict) and isinstance(encoder.get("source"), str):
        source = folder / encoder["source"]
        if source.is_dir():  # else it is a name on the hub
            encoder["source"] = str(source)


def _complaint(error: ErrorDetails) -> str:
    """Key, value, expectation."""
    loc = error["loc"]
    if loc[0] == "encoder":
        loc = (loc[0], *loc[2:])  # without the tag by which pydantic tells the encoders apart
    key = ".".join(str(part) for part in loc)
    if error["type"] == "encoder_name":
        return f"encoder.name = {error['input']['name']!r}: {error['msg']}"
    if error["type"] == "extra_forbidden":
        return f"unknown key {key}; known here: {', '.join(_known_keys(error['loc'][:-1]))}"
    if error["type"] == "model_type":
        return f"{key} = {error['input']!r}: expected a section of keys and values, [{key}] in TOML"
    if error["type"] == "value_error":
        return f"{key} = {error['input']!r}: {error['ctx']['error']}"
    return f"{key} = {error['input']!r}: {error['msg']}"


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    section: type[BaseModel] = Config
    if loc[:1] == ("encoder",):
        return list(_ENCODERS[str(loc[1])].model_fields)
    for part in loc:
        annotation = section.model_fields[str(part)].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            section = annotation
    return list(section.model_fields)
