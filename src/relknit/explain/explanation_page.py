"""An explanation as HTML: a table of entities and one of triples, with a sign and a colour for each change."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from relknit.document.layout import lay_out
from relknit.page import render

if TYPE_CHECKING:
    from relknit.explain.trace import Change, Explanation

STYLE: Final = "explain/explain.css"
"""The style sheet of the tables; it touches nothing else in a page."""

SIGNS: Final[Mapping[Change, str]] = MappingProxyType(
    {"appeared": "+", "vanished": "×", "rose": "▲", "fell": "▼", "stayed": "", "absent": ""}
)
_HEADING: Final = 80  # characters of the text


def explanation_page(explanation: Explanation) -> str:
    """A self-contained page; every word of the text is escaped."""
    text = lay_out(explanation.document, ()).text
    heading = text if len(text) <= _HEADING else text[: _HEADING - 1] + "…"
    return render(
        "explain/explanation_page.html",
        explanation=explanation,
        text=text,
        signs=SIGNS,
        heading=heading or "an empty text",
    )


def explanation_element(explanation: Explanation) -> str:
    """One element with its own style, for a notebook."""
    text = lay_out(explanation.document, ()).text
    return render("explain/tables.html", explanation=explanation, text=text, style=True, signs=SIGNS)


def explanation_below(explanation: Explanation) -> str:
    """The tables alone, for a page that shows the text and includes `STYLE`."""
    return render("explain/tables.html", explanation=explanation, text=None, style=False, signs=SIGNS)
