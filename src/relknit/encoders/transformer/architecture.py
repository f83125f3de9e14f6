"""The transformers that can be built, and the bounds of their sizes: a closed list, so that no folder gets anything else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from torch import Tensor, nn

from relknit.encoders.transformer.word_pieces import PieceRules
from relknit.errors import ConfigError, one_line, short
from relknit.extras import import_extra
from relknit.sources import hub_errors

_COMMON: Final = {
    "vocab_size": 4_000_000,
    "hidden_size": 16_384,
    "num_hidden_layers": 128,
    "num_attention_heads": 256,
    "intermediate_size": 65_536,
    "hidden_act": ("gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "relu", "silu", "swish", "tanh"),
    "hidden_dropout_prob": 1.0,
    "attention_probs_dropout_prob": 1.0,
    "max_position_embeddings": 65_536,
    "type_vocab_size": 64,
    "layer_norm_eps": 1.0,
    "initializer_range": 10.0,
    "pad_token_id": 4_000_000,
    "position_embedding_type": ("absolute",),
    "embedding_size": 16_384,
}
_ALBERT: Final = {"num_hidden_groups": 128, "inner_group_num": 16, "classifier_dropout_prob": 1.0}
_DISTILBERT: Final = {
    "dim": 16_384,
    "n_layers": 128,
    "n_heads": 256,
    "hidden_dim": 65_536,
    "dropout": 1.0,
    "attention_dropout": 1.0,
    "activation": ("gelu", "relu", "silu"),
    "sinusoidal_pos_embds": bool,
}
_ROBERTA: Final = {"bos_token_id": 4_000_000, "eos_token_id": 4_000_000}
ARCHITECTURES: Final[Mapping[str, Mapping[str, Any]]] = {
    "albert": _COMMON | _ALBERT,
    "bert": _COMMON,
    "camembert": _COMMON | _ROBERTA,
    "distilbert": _COMMON | _DISTILBERT,
    "electra": _COMMON,
    "mpnet": _COMMON | _ROBERTA | {"relative_attention_num_buckets": 1024},
    "roberta": _COMMON | _ROBERTA,
    "xlm-roberta": _COMMON | _ROBERTA,
}
"""model_type -> the values that are kept of its configuration, each with its bound, its choices, or bool."""


@dataclass(frozen=True)
class TransformerParts:
    """What a transformer encoder is built from, beside its settings.

    architecture: the values of a Hugging Face configuration. tokenizer: what tokenizer.json holds. weights: initial
    ones; None: random ones, for a model whose own are loaded next.
    """

    architecture: dict[str, Any]
    tokenizer: dict[str, Any]
    rules: PieceRules
    weights: dict[str, Tensor] | None = None


def checked_architecture(values: Mapping[str, Any]) -> dict[str, Any]:
    """The sizes and kinds of a Hugging Face configuration that are built from; all else is left out.

    Nothing that names code to run, a kernel, or a number format is among them. Raises ConfigError for an architecture that is
    not on the list, and for values out of bounds.
    """
    kind = values.get("model_type")
    if not isinstance(kind, str) or kind not in ARCHITECTURES:
        raise ConfigError(f"model_type is {short(kind)}, expected one of {', '.join(ARCHITECTURES)}")
    kept = {name: values[name] for name in sorted(ARCHITECTURES[kind]) if values.get(name) is not None}
    for name, value in kept.items():
        if not _allowed(value, ARCHITECTURES[kind][name]):
            raise ConfigError(f"{name} is {short(value)}, which is out of bounds for {kind}")
        if isinstance(ARCHITECTURES[kind][name], float):
            kept[name] = float(value)  # transformers refuses an int, such as 0
    return {"model_type": kind, **kept}


def _allowed(value: Any, bound: Any) -> bool:
    if bound is bool:
        return isinstance(value, bool)
    if isinstance(bound, tuple):
        return value in bound
    if isinstance(bound, int):
        return type(value) is int and 0 <= value <= bound
    return type(value) in (int, float) and math.isfinite(value) and 0 <= value <= bound


def build_backbone(architecture: Mapping[str, Any]) -> Any:
    """The transformer itself, float32, on the CPU or wherever torch makes tensors at present, without a pooler.

    Raises ConfigError for values that do not fit together.
    """
    transformers = import_extra("transformers", "transformers")
    values = checked_architecture(architecture)
    try:
        settings = transformers.AutoConfig.for_model(**values)
        backbone = transformers.AutoModel.from_config(settings, trust_remote_code=False)
    except hub_errors(TypeError, KeyError, ZeroDivisionError, AssertionError) as error:
        version, reason = transformers.__version__, one_line(" ".join(str(error).split()), most=200)
        raise ConfigError(f"no encoder that transformers {version} can build ({reason}); try another version") from None
    return without_pooler(backbone.float())


def without_pooler(backbone: Any) -> Any:
    """The same transformer without the layer for whole sentences that some have on top, which is not used here."""
    if isinstance(getattr(backbone, "pooler", None), nn.Module):
        backbone.pooler = None
    return backbone


def lowest_parts(backbone: Any, layers: int) -> list[nn.Module]:
    """The embeddings and so many of the lowest layers. Raises ConfigError for a transformer that has fewer, or one for all."""
    owner = getattr(backbone, "encoder", None) or getattr(backbone, "transformer", None)
    stack = getattr(owner, "layer", None)
    if not isinstance(stack, nn.ModuleList):
        raise ConfigError(
            f"encoder.frozen_layers = {layers}: this transformer has no layers of their own; leave it out"
        )
    if layers > len(stack):
        raise ConfigError(f"encoder.frozen_layers = {layers}: this transformer has {len(stack)} layers")
    return [backbone.embeddings, *stack[:layers]]


def positions(backbone: Any) -> int | None:
    """How many pieces the transformer has positions for, less those that some keep for padding; None for no bound."""
    bounds = [getattr(backbone.config, "max_position_embeddings", None)]
    for name, module in backbone.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            bounds.append(module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1))
    return min((int(bound) for bound in bounds if bound is not None), default=None)
