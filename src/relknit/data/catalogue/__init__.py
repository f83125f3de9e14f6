"""The benchmark datasets by name: what they are, which are in a local folder, and where the others can be downloaded.

`catalogue.fetch` and `catalogue.get` use the network; nothing here imports them.
"""

from relknit.data.catalogue.entries import DATASETS, Address, Checksum, Dataset, dataset
from relknit.data.catalogue.find import DATA_DIR, dataset_path, find_datasets, sentence_counts

__all__ = [
    "DATASETS",
    "DATA_DIR",
    "Address",
    "Checksum",
    "Dataset",
    "dataset",
    "dataset_path",
    "find_datasets",
    "sentence_counts",
]
