"""Word vectors from a transformer: each word the mean of its pieces, along the directions in which words differ most.

So every word has a vector, and no word vectors have to be downloaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from relknit.data.vectors import WordVectors
from relknit.encoders.transformer.architecture import TransformerParts
from relknit.encoders.transformer.settings import TransformerSettings
from relknit.encoders.transformer.transformer import TransformerEncoder
from relknit.encoders.transformer.word_pieces import tokenizer_of
from relknit.errors import ConfigError
from relknit.ops import workers
from relknit.runtime import Runtime

BATCH = 256  # words that are read at a time


def distill_vectors(
    parts: TransformerParts,
    words: Sequence[str],
    *,
    dim: int = 100,
    std: float | None = 0.2,
    contextual: bool = False,
    runtime: Runtime = Runtime(),
    progress: Callable[[int], None] = lambda done: None,
) -> WordVectors:
    """A vector of `dim` components for each of the words, in their order.

    std: standard deviation of all components together; None keeps the transformer's own scale.
    contextual: the output of the transformer for a word by itself, instead of its input embeddings; slower.
    runtime: its device and threads read the words, in float32.
    progress: called with how many words more are done, from worker threads.
    Raises ConfigError when there are fewer words, or a narrower transformer, than `dim`, DataError when the words do not differ.
    """
    if not words:
        raise ConfigError("no words to make vectors for; give a list of words, or data that has some")
    device = runtime.torch_device()
    encoder = TransformerEncoder(TransformerSettings(words="mean"), parts).eval().to(device)

    def features(some: Sequence[str]) -> NDArray[np.float64]:
        found = _features(encoder, some, device, contextual=contextual)
        progress(len(some))
        return found

    batches = [words[first : first + BATCH] for first in range(0, len(words), BATCH)]
    rows = workers.run(features, batches, runtime.workers if device.type == "cpu" else 1)
    reduced = principal_components(np.concatenate(rows), dim)
    vectors = WordVectors(tuple(words), reduced.astype(np.float32))
    return vectors if std is None else vectors.rescaled(std)


def whole_words(parts: TransformerParts) -> list[str]:
    """The words that are one piece of the transformer's by themselves, in its order, which is usually commonest first."""
    encoder = TransformerEncoder(TransformerSettings(repair=False), parts)
    tokenizer = tokenizer_of(parts.tokenizer)  # with its decoder
    numbers = sorted(tokenizer.get_vocab(with_added_tokens=False).values())
    found: dict[str, None] = {}
    for number in numbers:
        word = tokenizer.decode([number], skip_special_tokens=True).strip()
        if any(map(str.isalnum, word)) and encoder.pieces([word])[0] == [number]:
            found[word] = None
    return list(found)


@torch.inference_mode()
def _features(
    encoder: TransformerEncoder, words: Sequence[str], device: torch.device, *, contextual: bool
) -> NDArray[np.float64]:
    sentences = [encoder.prepare([word]) for word in words]
    if contextual:
        rows = encoder(encoder.collate(sentences).to(device))
    else:
        table = encoder.backbone.get_input_embeddings().weight
        rows = torch.stack([table[sentence.pieces].mean(0) for sentence in sentences])
    features: NDArray[np.float64] = rows.double().cpu().numpy()
    return features


def principal_components(rows: NDArray[np.float64], dim: int) -> NDArray[np.float64]:
    """(n, d) -> (n, dim): the rows about their mean, along the `dim` directions of largest variance, the largest first.

    Each direction points to where its largest weight is positive, so that equal rows give equal components everywhere.
    Raises ConfigError when dim is more than n or d, or less than 1.
    """
    if not 1 <= dim <= min(rows.shape):
        raise ConfigError(
            f"dim is {dim}, expected 1 to {min(rows.shape)}: {len(rows)} words of {rows.shape[1]} components"
        )
    centred = rows - rows.mean(0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    chosen = directions[:, ::-1][:, :dim]
    largest = np.abs(chosen).argmax(0)
    result: NDArray[np.float64] = centred @ (chosen * np.sign(chosen[largest, np.arange(dim)]))
    return result
