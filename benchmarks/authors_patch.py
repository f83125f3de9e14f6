"""The authors' code, imported from a clone and made to run on the CPU, with everything as before once it is done with."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from unittest.mock import patch

import torch

from relknit.errors import RelknitError

_PACKAGES: Final = ("loader", "trainer", "Joint_model", "utils")  # the names that a clone takes in sys.modules


@dataclass(frozen=True)
class AuthorsCode:
    """The three modules that are used: how they batch, train and predict, and score."""

    loader: ModuleType
    trainer: ModuleType
    scorer: ModuleType


@contextmanager
def on_cpu() -> Iterator[None]:
    """While it lasts, `.cuda()` gives back what it was called on, and reading a pickle raises RelknitError.

    Their code calls `.cuda()` on tensors and models without asking whether there is such a device; it calls nothing of
    torch.cuda, which is left alone. None of what is used here reads a pickle, so that the refusal only keeps it so.
    """
    with ExitStack() as stack:
        for owner in (torch.Tensor, torch.nn.Module):
            stack.enter_context(patch.object(owner, "cuda", _stay))
        for name in ("load", "loads"):
            stack.enter_context(patch.object(pickle, name, _refuse))
        yield


@contextmanager
def authors_code(repo: Path) -> Iterator[AuthorsCode]:
    """Their modules, ready to run on the CPU until the context ends; what they print goes to standard error.

    repo: as `authors_data.check_clone` gives it. Raises RelknitError when Python finds a module of that name elsewhere.
    """
    shadowed = _forget()
    with (
        on_cpu(),
        redirect_stdout(sys.stderr),  # they announce their batches; our standard output holds figures alone
        patch.object(sys, "path", [str(repo), *sys.path]),
        patch.object(sys, "dont_write_bytecode", True),  # the clone is the user's: leave nothing in it
    ):
        try:
            modules = [import_module(name) for name in ("loader", "trainer", "utils.scorer")]
            for module in modules:
                if not Path(module.__file__ or "").resolve().is_relative_to(repo):
                    raise RelknitError(
                        f"{module.__name__} came from {module.__file__}, not from {repo}; remove the former"
                    )
            yield AuthorsCode(*modules)
        finally:
            _forget()
            sys.modules.update(shadowed)


def _forget() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] in _PACKAGES]
    return {name: sys.modules.pop(name) for name in names}


def _stay(self: Any, *_: object, **__: object) -> Any:
    return self


def _refuse(*_: object, **__: object) -> None:
    raise RelknitError("the authors' code asked for a pickle file, which can run anything; none is read here")
