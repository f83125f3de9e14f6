"""A transformer as Hugging Face publishes it, read once, when a training begins. Nothing in it is executed or unpickled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError

from relknit.encoders.transformer.architecture import (
    TransformerParts,
    build_backbone,
    checked_architecture,
    positions,
    without_pooler,
)
from relknit.encoders.transformer.tokenizer_rules import checked_tokenizer, tokenizer_errors
from relknit.encoders.transformer.word_pieces import PieceRules, tokenizer_of, words_begin_with_space
from relknit.errors import ConfigError, one_line, short
from relknit.extras import import_extra
from relknit.sources import find_encoder, hub_errors

_LONGEST: Final = 512  # pieces, where neither transformer nor tokenizer has a bound; attention grows with its square


def read_transformer(source: str) -> TransformerParts:
    """Architecture, tokenizer and weights of an encoder in a folder, in an installed package, or (hf:NAME) on the Hub.

    Nothing is built before its sizes are checked. Raises MissingExtraError, and ConfigError for what cannot be found or
    read, is not an encoder, is of an architecture that is not built here, comes as a pickle or as code, or has weights
    missing.
    """
    transformers = import_extra("transformers", "transformers")
    folder = find_encoder(source)
    try:
        values = json.loads((folder / "config.json").read_bytes())
        if not isinstance(values, dict):
            raise ConfigError(f"config.json is {short(values)}, expected a JSON object")
        if values.get("is_encoder_decoder") or values.get("is_decoder"):
            raise ConfigError(f"{short(values.get('model_type'))} has a decoder; name an encoder, such as a BERT")
        architecture = checked_architecture(values)
        _check_weights(folder, architecture)
        config = transformers.AutoConfig.for_model(**architecture)
        options: dict[str, Any] = {"config": config, "local_files_only": True, "trust_remote_code": False}
        with tokenizer_errors():
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, use_fast=True, **options)
        if not tokenizer.is_fast:
            raise ConfigError("it has no fast tokenizer (tokenizer.json), which gives the word of each piece")
        content = json.loads(tokenizer.backend_tokenizer.to_str())
        checked_tokenizer(content)
        backbone, report = transformers.AutoModel.from_pretrained(
            folder, use_safetensors=True, output_loading_info=True, **options
        )
        missing = [name for name in sorted(report["missing_keys"]) if not name.startswith("pooler.")]
        if missing:
            raise ConfigError(f"its weights lack {missing[0]} ({len(missing)} in all), which would start at random")
        rules = _rules(tokenizer, backbone)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from None
    except hub_errors(KeyError, TypeError, ImportError, SafetensorError) as error:
        cause = one_line(" ".join(str(error).split()), most=300)
        raise ConfigError(f"{source}: expected an encoder with safetensors; {type(error).__name__}: {cause}") from None
    backbone = without_pooler(backbone.float())
    return TransformerParts(
        checked_architecture(json.loads(backbone.config.to_json_string(use_diff=False))),
        words_begin_with_space(content),
        rules,
        {name: value.detach().clone() for name, value in backbone.state_dict().items()},
    )


def _check_weights(folder: Path, architecture: Mapping[str, Any]) -> None:
    """Raise ConfigError where the files hold less than a byte for each weight, which would then be made up in memory."""
    with torch.device("meta"):
        count = sum(weight.numel() for weight in build_backbone(architecture).parameters())
    stored = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    if count > stored:
        raise ConfigError(f"expected an encoder with safetensors of {count} weights, found {stored} bytes of them")


def _rules(tokenizer: Any, backbone: Any) -> PieceRules:
    """Special pieces as the tokenizer itself puts them around a word."""
    padding = tokenizer.pad_token_id or 0
    unknown = next((i for i in (tokenizer.unk_token_id, tokenizer.mask_token_id) if i is not None), padding)
    fast = tokenizer_of(json.loads(tokenizer.backend_tokenizer.to_str()))
    plain = fast.encode(["a"], is_pretokenized=True, add_special_tokens=False).ids
    whole = fast.encode(["a"], is_pretokenized=True, add_special_tokens=True).ids
    start = next((k for k in range(len(whole)) if whole[k : k + len(plain)] == plain), len(whole))
    return PieceRules(
        unknown, padding, tuple(whole[:start]), tuple(whole[start + len(plain) :]), _most(tokenizer, backbone)
    )


def _most(tokenizer: Any, backbone: Any) -> int:
    """No more than the transformer has positions for, and no more than its tokenizer allows."""
    bounds = (tokenizer.model_max_length, positions(backbone))
    return min((int(bound) for bound in bounds if bound is not None and 0 < bound < 10**6), default=_LONGEST)
