"""Every command and option, from the command line itself, so that the page cannot be older than the program."""

from __future__ import annotations

import re
from typing import Final

from builder.pages import outside_code

_INTRODUCTION: Final = """# Commands

What is below is made from the program; `relknit COMMAND --help` prints the same. Results go to standard output, progress and
warnings to standard error. Exit status: 0 for done, 1 for a finding that needs you (errors in data, a row that failed), 2 for a
mistake in the command or in a file (one line says which, and what mends it), 130 for an interruption.

Settings that `relknit train --set section.key=value` takes are on [a page of their own](settings.md).
"""


def commands_page() -> str:
    """The page as Markdown."""
    from relknit.cli.app import app

    text = app.generate_docs(output_format="markdown", recursive=True)
    commands = text.partition("\n## relknit ")[2]
    commands = commands.replace(" *[default: False]*", "")  # of a flag, which goes without saying
    commands = re.sub(r"^\*\*(Parameters|Commands)\*\*:$", r"\1:", commands, flags=re.MULTILINE)
    return f"{_INTRODUCTION}\n## relknit {outside_code(commands, _escaped)}\n"


def _escaped(text: str) -> str:
    return text.replace("<", r"\<")
