"""From the common formats of the field to Documents, and from Documents to those that people correct them in."""

from relknit.data.convert.api import Choice, Source, choose, convert
from relknit.data.convert.assemble import split_at_spaces
from relknit.data.convert.export import export

__all__ = ["Choice", "Source", "choose", "convert", "export", "split_at_spaces"]
