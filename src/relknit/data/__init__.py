"""Datasets: readers, file formats and their conversion, splits, statistics, the data doctor and the catalogue."""
