"""The benchmark datasets by name: what they are, which lie in a local folder, where the others can be had.

`registry.fetch` and `registry.get`, the only modules of relknit that use the network, are imported by those who mean to.
"""

from relknit.data.registry.address import Address, Checksum
from relknit.data.registry.datasets import DATASETS, Dataset, dataset
from relknit.data.registry.find import DATA_DIR, LocalDataset, dataset_path, find_datasets, sentence_counts

__all__ = [
    "DATASETS",
    "DATA_DIR",
    "Address",
    "Checksum",
    "Dataset",
    "LocalDataset",
    "dataset",
    "dataset_path",
    "find_datasets",
    "sentence_counts",
]
