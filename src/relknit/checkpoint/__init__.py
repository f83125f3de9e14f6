"""Model folders: weights as safetensors, everything else as JSON that pydantic validates. Nothing in a folder is executed.

    model.safetensors     weights, with a checksum of themselves and of what they belong to
    model.json            format, version, settings, labels, decoding, calibration where there is one, checksums
    training_data.json    hashes of the sentences and names it was trained on, counts of its labels, length of a window
    *.json                what else the model and its encoder need: the names in their `Files`

folder.py        saving and loading
description.py   what the JSON files hold       label_counts.py   how often labels occur in the training data
json_files.py    JSON files            tensors.py   safetensors files
"""

from relknit.checkpoint.description import TrainingData
from relknit.checkpoint.folder import SavedModel, load_model, save_model, write_calibration
from relknit.checkpoint.json_files import write_json
from relknit.checkpoint.label_counts import LabelCounts

__all__ = ["LabelCounts", "SavedModel", "TrainingData", "load_model", "save_model", "write_calibration", "write_json"]
