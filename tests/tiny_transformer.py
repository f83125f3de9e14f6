"""A transformer small enough for tests, in a folder as Hugging Face publishes one: a BERT of a few random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PIECES = (*"abcdefghijklmnopqrstuvwxyz.,[]0123", *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz0123"))
WORDS = (
    "ada",
    "left",
    "london",
    "works",
    "for",
    "the",
    "lov",
    "##ela",
    "##ce",
    "##ton",
    "in",
    "born",
    "was",
    "mask",
    "sep",
)


def make_transformer(folder: Path, *, seed: int = 0, positions: int = 64, **settings: Any) -> Path:
    """Write the transformer into the folder. Its tokenizer says to cut and to fill up, as published ones often do."""
    import tokenizers
    import transformers

    vocabulary = {piece: number for number, piece in enumerate((*SPECIAL, *PIECES, *WORDS))}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    tokenizer.enable_truncation(6)
    tokenizer.enable_padding(length=6)
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, mask_token="[MASK]", **names).save_pretrained(
        folder
    )
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
    config = transformers.BertConfig(
        vocab_size=len(vocabulary),
        max_position_embeddings=positions,
        pad_token_id=0,
        initializer_range=0.3,
        **(sizes | settings),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        transformers.BertModel(config).save_pretrained(folder)
    return folder
