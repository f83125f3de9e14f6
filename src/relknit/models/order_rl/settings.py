"""Settings of OrderRL."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from relknit.models.copy_re.settings import CopySettings, Order


class OrderRLSettings(CopySettings):
    """OrderRL (EMNLP 2019): first trained with "nll", then, with --from that model, with "reinforce"."""

    changeable: ClassVar[frozenset[str]] = frozenset({"objective"})

    name: Literal["order_rl"] = "order_rl"
    order: Order = Field(
        default="frequency",
        description='as for copy_re; with objective "reinforce" any order of the triples is as good as another',
    )
    objective: Literal["nll", "reinforce"] = Field(
        default="nll",
        description='the likelihood of the gold triples in their order, or (only with --from a model trained with "nll") '
        "the reward of sampled triples",
    )
