"""The frame of every HTML report: one file that asks for nothing else, light and dark, under a strict content policy."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Final

_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<header>
<p class="over">{over}</p>
<h1>{heading}</h1>
<p class="sum">{summary}</p>
</header>
{body}
</main>
{script}</body>
</html>
"""


def page(*, title: str, over: str, heading: str, summary: str, body: str, style: str = "", script: str = "") -> str:
    """A whole page. `title`, `over` and `heading` are plain text; `summary` and `body` are HTML, escaped by the caller.

    The browser is told to run no script and to follow no style but these very two, by their hashes, and to load nothing.
    """
    style = "\n" + resource("relknit.page", "style.css") + style
    policy = f"default-src 'none'; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    if script:
        policy += f"; script-src {_hash(script)}"
    html = _PAGE.format(
        policy=policy,
        title=escape(title),
        style=style,
        over=escape(over),
        heading=escape(heading),
        summary=summary,
        body=body,
        script=f"<script>{script}</script>\n" if script else "",
    )
    # a NUL or half of a character pair, which no page can hold
    return html.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def resource(package: str, name: str) -> str:
    """The text of a file that is part of the package: a style sheet or a script."""
    return (files(package) / name).read_text(encoding="utf-8")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already; all but the first column are numbers."""
    cells = "".join(f"<th>{cell}</th>" for cell in head)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{cells}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'


def amount(count: int, what: str) -> str:
    """ "1 sentence", "2 sentences", as plain text."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def counted(count: int, what: str, marked: str = "") -> str:
    """The same as HTML with the number in bold; `marked` are attributes of the number."""
    number, words = amount(count, what).split(" ", 1)
    return f"<b{marked}>{number}</b> {words}"


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
