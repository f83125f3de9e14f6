"""What is chosen on dev once the weights are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from relknit.document import Document
from relknit.evaluation import quick_scores
from relknit.models import Decoding, JointModel


def choose_decoding(model: JointModel, dev: Sequence[Document], *, max_tokens: int, threads: int = 1) -> Decoding:
    """Keep or drop anchors outside any entity, whichever gives the higher strict F1 on dev (drop on a tie)."""
    original, options = model.decoding, []
    for keep in (False, True):
        model.decoding = replace(original, keep_untagged=keep)
        options.append((quick_scores(model, dev, max_tokens=max_tokens, threads=threads)["strict"], model.decoding))
    model.decoding = original
    return options[1][1] if options[1][0] > options[0][0] else options[0][1]
