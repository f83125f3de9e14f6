"""From the common formats of the field to Documents, and from Documents to the formats in which people correct them."""

from relknit.data.convert.api import Choice, choose, convert, export, target_format
from relknit.data.convert.assemble import split_at_spaces
from relknit.data.convert.base import FORMATS, Format, ReadOptions, RecordFormat

__all__ = [
    "FORMATS",
    "Choice",
    "Format",
    "ReadOptions",
    "RecordFormat",
    "choose",
    "convert",
    "export",
    "split_at_spaces",
    "target_format",
]
