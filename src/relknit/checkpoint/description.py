"""What model.json and training_data.json hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, model_validator

from relknit.calibration.confidence import Calibration
from relknit.checkpoint.label_counts import LabelCounts
from relknit.checksums import value_digest
from relknit.models.base import Labels
from relknit.text.names import HASH_DIGITS, pack_hashes, unpack_hashes
from relknit.text.tokenise import TokenRule

FORMAT: Final = "relknit-model"
VERSION: Final = 2
READ: Final = (1, VERSION)
E = TypeVar("E")
M = TypeVar("M")
D = TypeVar("D")


class Description(BaseModel, Generic[E, M, D]):
    """model.json, given the settings of encoder and model and the model's decoding."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    format: Literal["relknit-model"] = FORMAT
    version: Literal[1, 2] = VERSION
    encoder: SerializeAsAny[E]
    model: SerializeAsAny[M]
    labels: Labels
    decoding: SerializeAsAny[D]
    calibration: Calibration | None = None
    sha256: dict[str, str] = {}

    @model_validator(mode="after")
    def _calibrated_relations(self) -> Description[E, M, D]:
        measured = self.calibration.dev.by_relation if self.calibration is not None else {}
        if unknown := sorted(set(measured) - set(self.labels.relations)):
            raise ValueError(f"calibration.dev has {unknown[0]!r:.60}, which is not a relation of the model")
        return self


def _unpacked(hashes: Any) -> Any:
    """Hashes as training_data.json has them; folders from before version 0.2 list longer ones."""
    if isinstance(hashes, str):
        return unpack_hashes(hashes)
    if isinstance(hashes, list):
        return frozenset(one[:HASH_DIGITS] if isinstance(one, str) else one for one in hashes)
    return hashes


Hashes = Annotated[frozenset[str], BeforeValidator(_unpacked)]


@dataclass(frozen=True)
class TrainingData:
    """What a model remembers of its training data: hashes (10 hex digits each) of sentences and entity names.

    max_tokens: texts of more tokens are read in windows of this length. token_rule: how its tokens split compounds, and so how
        texts are split for the model; folders from before version 0.2 do not have it.
    labels: how often each label occurs in it; None for models of versions that did not record it.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    sentences: Hashes = frozenset()
    names: Hashes = frozenset()
    max_tokens: Annotated[int, Field(ge=1, le=10_000_000)] = 80
    labels: LabelCounts | None = None
    token_rule: TokenRule = "treebank"

    def joined(self, other: TrainingData) -> TrainingData:
        """Both together, with the longer window and this one's rule for tokens; labels are counted where both have counts."""
        counts = None if self.labels is None or other.labels is None else self.labels.joined(other.labels)
        return TrainingData(
            self.sentences | other.sentences,
            self.names | other.names,
            max(self.max_tokens, other.max_tokens),
            counts,
            self.token_rule,
        )

    def to_json(self) -> dict[str, Any]:
        """As in training_data.json, sorted, so that equal models are equal files."""
        known = {
            "sentences": pack_hashes(self.sentences),
            "names": pack_hashes(self.names),
            "max_tokens": self.max_tokens,
            "token_rule": self.token_rule,
        }
        return known if self.labels is None else known | {"labels": asdict(self.labels)}


def identity(description: Mapping[str, Any], digests: Mapping[str, str]) -> str:
    """The digest of what weights belong to: settings, labels and other files, and nothing that is chosen afterwards."""
    kept: dict[str, Any] = {key: description[key] for key in ("encoder", "model", "labels")}
    return value_digest({**kept, "files": dict(digests)})
