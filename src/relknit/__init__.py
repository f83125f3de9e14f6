"""relknit: joint entity and relation extraction with evidence for every triple.

>>> import relknit
>>> extract = relknit.load()
>>> extract("Marie Curie was born in Warsaw, Poland.").triples  # doctest: +SKIP

The names of `__all__` are the public API. Each is imported when it is first used, so that `import relknit` is quick and imports
neither torch nor anything else.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from relknit.checkpoint.model_info import ModelInfo, info
    from relknit.config import Config
    from relknit.document import Document, Entity, Prediction, Relation, Span, Triple
    from relknit.encoders.base import Encoder
    from relknit.errors import CheckpointError, ConfigError, DataError, MissingExtraError, RelknitError
    from relknit.evaluation import evaluate, score
    from relknit.explain import Explanation
    from relknit.extractor import Extractor, load
    from relknit.metrics import EvaluationReport
    from relknit.models.base import JointModel
    from relknit.runtime import Runtime
    from relknit.text.coverage import Coverage
    from relknit.training.result import TrainingResult
    from relknit.training.start import train
    from relknit.version import __version__

__all__ = [
    "CheckpointError",
    "Config",
    "ConfigError",
    "Coverage",
    "DataError",
    "Document",
    "Encoder",
    "Entity",
    "EvaluationReport",
    "Explanation",
    "Extractor",
    "JointModel",
    "MissingExtraError",
    "ModelInfo",
    "Prediction",
    "Relation",
    "RelknitError",
    "Runtime",
    "Span",
    "TrainingResult",
    "Triple",
    "__version__",
    "evaluate",
    "info",
    "load",
    "score",
    "train",
]

_MODULES: Final = MappingProxyType(
    {
        "checkpoint.model_info": "ModelInfo info",
        "config": "Config",
        "document": "Document Entity Prediction Relation Span Triple",
        "encoders.base": "Encoder",
        "errors": "CheckpointError ConfigError DataError MissingExtraError RelknitError",
        "evaluation": "evaluate score",
        "explain": "Explanation",
        "extractor": "Extractor load",
        "metrics": "EvaluationReport",
        "models.base": "JointModel",
        "runtime": "Runtime",
        "text.coverage": "Coverage",
        "training.result": "TrainingResult",
        "training.start": "train",
        "version": "__version__",
    }
)
_HOMES: Final = MappingProxyType({name: module for module, names in _MODULES.items() for name in names.split()})

if not TYPE_CHECKING:  # so that a type checker knows the names above and no others

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
