"""Fine-tuning: what the model that a training starts from teaches the new one."""

from __future__ import annotations

from collections.abc import Sequence

from relknit.config import TrainingConfig
from relknit.document import Document
from relknit.errors import ConfigError, short
from relknit.models.base import JointModel, Labels
from relknit.models.teacher import Teacher


def teacher_of(parent: JointModel, train: Sequence[Document], config: TrainingConfig) -> Teacher | None:
    """The parent as the teacher of the labels that the training documents do not annotate; None where there are none.

    Raises ConfigError for a label in `annotates` that neither the parent nor the data has.
    """
    if config.distil is None:
        return None
    found = Labels.of(train)
    if config.annotates is not None:
        known = {*parent.labels.relations, *parent.labels.entity_types, *found.relations, *found.entity_types}
        for name in config.annotates:
            if name not in known:
                raise ConfigError(
                    f"training.annotates has {short(name)}, which is no label of the model or of train; leave it out"
                )
        found = Labels(config.annotates, config.annotates)
    unannotated = parent.labels.without(found)
    return Teacher(parent, unannotated, config.distil) if unannotated.relations or unannotated.entity_types else None
