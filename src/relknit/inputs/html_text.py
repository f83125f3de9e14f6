"""The text of HTML pages, as the library html-text extracts it (the extra `html`): no script, style or tag."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader

from relknit.document.jsonl import Limits
from relknit.errors import DataError, MissingExtraError
from relknit.extras import import_extra
from relknit.inputs.arguments import InputSource
from relknit.inputs.text_input import TextInput


def html_texts(source: InputSource, raw: BufferedReader, limits: Limits) -> Iterator[TextInput]:
    """One text for each block of a page, such as a heading, a paragraph or the row of a table.

    There are no offsets into the file, as the text is not in it as it is. Raises MissingExtraError without the extra `html`, and
    DataError for a page that is too large or not UTF-8.
    """
    where = source.path or source.name
    try:
        html_text = import_extra("html_text", "html")
    except MissingExtraError as error:
        raise MissingExtraError(f"{where}: is HTML, and {error}; or save the page as text") from None
    content = raw.read(limits.max_file_mb * 1_000_000 + 1)
    limits.check_file(len(content), where)
    try:
        page = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8 text ({error.reason}); save it as UTF-8", path=where) from None
    blocks = [line for line in html_text.extract_text(page).splitlines() if line.strip()] if page.strip() else []
    start = 0
    for number, text in enumerate(blocks or [""], 1):
        yield TextInput(f"{source.name}:{number}", text, source.name, part_of=source.name, part_start=start)
        start += len(text) + 1  # as if the blocks were lines
