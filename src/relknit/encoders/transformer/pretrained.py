"""A transformer as Hugging Face publishes it, read once, when a training begins. Nothing in it is executed or unpickled."""

from __future__ import annotations

import json
from typing import Any, Final

from safetensors import SafetensorError

from relknit.encoders.transformer.architecture import (
    TransformerParts,
    checked_architecture,
    positions,
    without_pooler,
)
from relknit.encoders.transformer.word_pieces import PieceRules, tokenizer_of, words_begin_with_space
from relknit.errors import ConfigError, one_line
from relknit.extras import import_extra
from relknit.sources import find_encoder

_UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError, ImportError, RuntimeError, SafetensorError)
_LONGEST: Final = 512  # pieces, where neither transformer nor tokenizer has a bound; attention grows with its square


def read_transformer(source: str) -> TransformerParts:
    """Architecture, tokenizer and weights of an encoder in a folder, in an installed package, or (hf:NAME) on the Hub.

    Raises MissingExtraError, and ConfigError for what cannot be found or read, is not an encoder, is of an architecture
    that is not built here, comes as a pickle or as code, or has weights missing.
    """
    transformers = import_extra("transformers", "transformers")
    found = find_encoder(source)
    options = {"local_files_only": found.is_local, "trust_remote_code": False, "revision": found.revision or "main"}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(found.name, use_fast=True, **options)
        backbone, report = transformers.AutoModel.from_pretrained(
            found.name, use_safetensors=True, output_loading_info=True, **options
        )
    except _UNREADABLE as error:
        reason = one_line(" ".join(str(error).split()), most=300)
        raise ConfigError(f"{source}: expected an encoder with safetensors; {type(error).__name__}: {reason}") from None
    missing = [name for name in sorted(report["missing_keys"]) if not name.startswith("pooler.")]
    _check(source, tokenizer, backbone, missing)
    backbone = without_pooler(backbone.float())
    try:
        architecture = checked_architecture(json.loads(backbone.config.to_json_string(use_diff=False)))
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from None
    return TransformerParts(
        architecture,
        words_begin_with_space(json.loads(tokenizer.backend_tokenizer.to_str())),
        _rules(tokenizer, backbone),
        {name: value.detach().clone() for name, value in backbone.state_dict().items()},
    )


def _check(source: str, tokenizer: Any, backbone: Any, missing: list[str]) -> None:
    if missing:
        reason = f"its weights lack {missing[0]} ({len(missing)} in all), which would start at random"
    elif backbone.config.is_encoder_decoder or getattr(backbone.config, "is_decoder", False):
        reason = f"{backbone.config.model_type} has a decoder"
    elif not tokenizer.is_fast:
        reason = "it has no fast tokenizer (tokenizer.json), which gives the word of each piece"
    else:
        return
    raise ConfigError(f"{source}: {reason}; name another encoder, such as a BERT")


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
