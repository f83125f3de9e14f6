"""From the common formats of the field to Documents."""

from relknit.data.convert.api import Choice, choose, convert
from relknit.data.convert.assemble import split_at_spaces

__all__ = ["Choice", "choose", "convert", "split_at_spaces"]
