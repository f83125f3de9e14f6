"""Tables that the pages of one and of two systems share, and how numbers are written in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

from relknit.metrics import Interval, Score
from relknit.page import amount, table


def percent(ratio: float) -> str:
    """0.8234 as 82.3."""
    return f"{100 * ratio:.1f}"


def interval(of: Interval | None) -> str:
    """Both ends in percent; nothing where there is no interval."""
    return "" if of is None else f"{percent(of.low)} – {percent(of.high)}"


def signed(ratio: float) -> str:
    """-0.029 as −2.9 and 0.014 as +1.4, with a real minus."""
    return f"{100 * ratio:+.1f}".replace("-", "\N{MINUS SIGN}")


def ratios(score: Score) -> list[str]:
    """Precision, recall and F1 in percent, F1 in bold; dashes where there was nothing to score."""
    if score.of_nothing:
        return ["–", "–", "–"]
    return [percent(score.precision), percent(score.recall), f"<b>{percent(score.f1)}</b>"]


def section(title: str, body: str, *, name: str) -> str:
    """A section with a heading that the navigation can point at; `title` and `body` are HTML."""
    return f'<section><h2 id="{name}">{title}</h2>\n{body}\n</section>'


def navigation(names: Iterable[tuple[str, str]]) -> str:
    """Links to the sections of this page, from (id, title)."""
    links = "".join(f'<a href="#{name}">{title}</a>' for name, title in names)
    return f"<nav>{links}</nav>"


def filter_link(text: str, **filters: Any) -> str:
    """A link that sets the filters and goes to the sentences; without the script it does nothing. `text` is plain."""
    return f'<a href="#{escape(urlencode(filters))}"><bdi>{escape(text)}</bdi></a>'


def folded(summary: str, body: str, *, opened: bool = False) -> str:
    """What can be opened and closed; `summary` and `body` are HTML."""
    return f"<details{' open' if opened else ''}><summary>{summary}</summary>\n{body}</details>"


def relations_table(head: Iterable[str], rows: Mapping[str, Iterable[str]], *, most_open: int = 15) -> str:
    """A line for every relation, which links to its sentences; folded where the relations are many."""
    shown = table(head, ((filter_link(name, relation=name), *cells) for name, cells in rows.items()))
    return folded(amount(len(rows), "relation"), shown, opened=len(rows) <= most_open)
