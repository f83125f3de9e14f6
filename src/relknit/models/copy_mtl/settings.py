"""Settings of CopyMTL."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relknit.models.copy_re.settings import CopySettings


class CopyMTLSettings(CopySettings):
    """CopyMTL (AAAI 2020)."""

    name: Literal["copy_mtl"] = "copy_mtl"
    decoder: Literal["one", "multi"] = Field(
        default="one", description="one LSTM cell for all triples (One), or one for each of the five (Mul)"
    )
