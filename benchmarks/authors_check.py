"""Whether the authors' code and ours are the same model and keep the same score."""

from __future__ import annotations

import random
from typing import Any

import torch
from torch import Tensor, nn

import authors_scorer
from authors_model import Authors, batches, build_ours, parameter_pairs
from authors_patch import AuthorsCode
from relknit.checkpoint import load_model
from relknit.data.corpus import load_corpus
from relknit.predict import predict
from relknit.sources import shipped_models
from sentences import SHIPPED, documents


def check(code: AuthorsCode, settings: dict[str, Any]) -> dict[str, Any]:
    """Whether both are the same model and the same score: parameters, loss and gradients of one batch, and counts."""
    return {"agreement": agreement(code, settings), "scorer": scorer_check(code, settings)}


def agreement(code: AuthorsCode, settings: dict[str, Any]) -> dict[str, Any]:
    """Both models with the same weights on the same batch, without dropout: relative differences of loss and gradient."""
    model = build_ours(settings).eval()  # no dropout; what it learns from stays the same
    part = batches(settings)[0]
    authors = Authors(code, settings, model, [part])
    authors.trainer.args.max_grad_norm = float("inf")  # leaves the gradients as they are
    authors.trainer.model.input_dropout.p = 0.0
    loss = model.loss(model.collate([model.prepare(document, labelled=True) for document in part]))
    sum(loss.values()).backward()
    other = sum(authors.trainer.update(authors.loader[0]))
    pairs = parameter_pairs(model, authors.model)
    mine, their = (torch.cat([_gradient(p).flatten() for p in side]) for side in zip(*pairs, strict=True))
    return {
        "parameters": {"relknit": _count(model), "authors": _count(authors.model)},
        "loss_difference": abs(float(sum(loss.values()).detach()) - other) / abs(other),
        "gradient_difference": float((mine - their).norm() / their.norm()),
    }


def _gradient(parameter: nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def scorer_check(code: AuthorsCode, settings: dict[str, Any]) -> dict[str, Any]:
    """Their scorer and ours on what the shipped model says, and on gold that was damaged at random."""
    data = settings["scorer_data"]
    gold = list(load_corpus("test") if data == SHIPPED else documents(data))
    gold = [document for document in gold if len(document)]
    saved = load_model(shipped_models()["webnlg"])
    found = predict(saved.model, gold, max_tokens=saved.trained_on.max_tokens)
    source = random.Random(1)
    more = [*gold, *authors_scorer.made_up(300, source)]
    relations = sorted({r.type for document in more for r in document.relations})
    predictions = [authors_scorer.predicted(document, p) for document, p in zip(gold, found, strict=True)]
    spoilt = [authors_scorer.damaged(document, source, relations) for document in more]
    return {
        "shipped model": authors_scorer.compare(code, predictions),
        "damaged gold": authors_scorer.compare(code, spoilt),
    }
