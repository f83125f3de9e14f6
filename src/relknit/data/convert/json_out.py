"""JSON of other formats, written completely or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from relknit.errors import DataError
from relknit.files import open_text, replacing


def write_records(path: Path, records: Iterable[dict[str, Any]], *, array: bool = False) -> int:
    """Write records one a line, or as one array with `array`; a name that ends in .gz is compressed. Returns the count.

    Raises DataError when the file cannot be written; an existing file is then unchanged.
    """
    count = 0
    with replacing(path) as partial, open_text(partial, packed=path.suffix == ".gz") as out:
        out.write("[" if array else "")
        for record in records:
            separator = ",\n" if array and count else ""
            try:
                out.write(separator + json.dumps(record, ensure_ascii=False) + ("" if array else "\n"))
            except UnicodeEncodeError as error:
                lone = ascii(error.object[error.start])
                message = f"{lone} is a lone surrogate, which UTF-8 cannot encode; fix the text"
                raise DataError(message, path=path, line=count + 1) from None
            count += 1
        out.write("]\n" if array else "")
    return count
