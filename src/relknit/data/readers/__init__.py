"""From dataset files and folders to Documents, and from other JSON to raw records."""

from relknit.data.readers.documents import ReadResult, read_documents
from relknit.data.readers.splits import find_splits

__all__ = ["ReadResult", "find_splits", "read_documents"]
