"""Datasets: readers, file formats and their conversion, splits, mixtures, statistics, the data doctor and the catalogue."""

from relknit.data.mixture import Mixture, SourceSettings

__all__ = ["Mixture", "SourceSettings"]
