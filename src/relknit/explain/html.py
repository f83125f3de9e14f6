"""An explanation as HTML: tables of what came, went, rose and fell, in words and signs as well as in colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from relknit.document import Span
from relknit.document.html import safe_html
from relknit.explain.trace import Change, Course, Explanation
from relknit.page import counted, page, resource, table

SIGNS: Final[Mapping[Change, str]] = MappingProxyType(
    {"appeared": "+", "vanished": "×", "rose": "▲", "fell": "▼", "stayed": "", "absent": ""}
)
_HEADING: Final = 80  # characters of the text


def explanation_page(explanation: Explanation) -> str:
    """A whole page that needs nothing else; every word of the text is escaped."""
    text = _text(explanation)
    heading = text if len(text) <= _HEADING else text[: _HEADING - 1] + "…"
    triples = sum(triple.course.confidences[-1] is not None for triple in explanation.triples)
    summary = f"{counted(explanation.rounds, 'round')} of interaction · {counted(triples, 'triple')} in the end"
    return page(
        title=f"How it came to: {heading}",
        over="relknit explain",
        heading=heading or "an empty text",
        summary=summary,
        body=_element(_words(explanation) + _tables(explanation)),
        style=explanation_style(),
    )


def explanation_element(explanation: Explanation) -> str:
    """One element with its own style, for a notebook."""
    style = f"<style>\n{explanation_style()}</style>\n"
    return _element(style + _words(explanation) + _tables(explanation))


def explanation_below(explanation: Explanation) -> str:
    """The tables alone, to stand below the text in a page that has `explanation_style`."""
    return _element(_tables(explanation))


def explanation_style() -> str:
    """The rules of the tables; they touch nothing else in the page."""
    return resource("relknit.explain", "explain.css")


def _element(inner: str) -> str:
    return f'<div class="relknit-explain">\n{inner}</div>\n'


def _words(explanation: Explanation) -> str:
    return f'<p class="words"><bdi>{safe_html(_text(explanation))}</bdi></p>\n'


def _tables(explanation: Explanation) -> str:
    after = [f"round {k}" for k in range(1, explanation.rounds + 1)]
    triples = ((_triple(t.head, t.relation, t.tail), *_cells(t.course)) for t in explanation.triples)
    entities = ((_span(e.span), *_cells(e.course)) for e in explanation.entities)
    return _section("Triples, round by round", ("triple", "encoder alone", *after), triples) + _section(
        "Entities, round by round", ("entity", "encoder alone", *after), entities
    )


def _section(title: str, head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    listed = [tuple(row) for row in rows]
    shown = table(head, listed) if listed else "<p>None in any round.</p>"
    return f"<section><h2>{title}</h2>{shown}</section>\n"


def _cells(course: Course) -> Iterator[str]:
    changes: tuple[Change, ...] = ("stayed", *course.changes)
    for confidence, change in zip(course.confidences, changes, strict=True):
        value = "–" if confidence is None else f"{confidence:.2f}"
        sign = f'<span class="sign" title="{change}">{SIGNS[change]}</span>' if SIGNS[change] else ""
        yield f'<span class="{change if confidence is not None or sign else "absent"}">{sign} {value}</span>'


def _triple(head: Span, relation: str, tail: Span) -> str:
    return f"{_span(head)} <b><bdi>{safe_html(relation)}</bdi></b> {_span(tail)}"


def _span(span: Span) -> str:
    kind = "" if span.type is None else f' <span class="type">{safe_html(span.type)}</span>'
    place = "" if span.start is None else f' <span class="place">{span.start}–{span.end}</span>'
    return f"<bdi>{safe_html(span.text)}</bdi>{kind}{place}"


def _text(explanation: Explanation) -> str:
    document = explanation.document
    return " ".join(document.tokens) if document.text is None else document.text
