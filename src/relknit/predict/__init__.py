"""Documents -> Predictions: windows over what is too long, batches of similar length, merged back in given order.

sizes.py       how much is held at a time, from a memory budget
predictor.py   the work itself, for a list or a stream
merge.py       windows of one document as one prediction
given.py       the same for relations between given entities
evidence.py    where in a text a triple is stated
thresholds.py  only triples of a wanted precision
filters.py     only triples of wanted relations and types
unlike.py      whether a text is unlike the training data
"""

from __future__ import annotations

from relknit.predict.evidence import with_evidence
from relknit.predict.filters import LabelFilter, label_filter
from relknit.predict.merge import merge
from relknit.predict.predictor import Predictor, predict
from relknit.predict.thresholds import thresholds_for

__all__ = ["LabelFilter", "Predictor", "label_filter", "merge", "predict", "thresholds_for", "with_evidence"]
