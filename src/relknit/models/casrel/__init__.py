"""CasRel, first published as HBT: subjects of a sentence, then for each subject and relation its objects.

casrel.py     the model: subjects, the loss, and how it predicts
objects.py    the object taggers
types.py      entity types
decoding.py   its thresholds
spans.py      starts and ends as spans and back
settings.py   the [model] section
"""

PARTS = {"casrel": "casrel:CasRel"}
