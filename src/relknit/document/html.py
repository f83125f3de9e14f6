"""Documents as HTML: the text with its entities in colour, and its triples, without a script or an address.

Every entity has a number, by which the table of triples points at it; under the mouse both light up. Copied text is the
document's own, for numbers and types are drawn by the style. Light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Final

from relknit.document.model import Document, Entity, Relation
from relknit.files import replacing

COLOURS: Final = 8
_LINKED: Final = 99  # entities of a document that light up together with their triples; any number is shown
_IN_MEMORY: Final = 4_000_000  # bytes of a page; a longer one waits on disk
_HEAD: Final = """<!DOCTYPE html>
<html lang="und">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body class="relknit-page">
<main>
<h1 dir="auto">{title}</h1>
"""
_TAIL: Final = "</main>\n</body>\n</html>\n"


def element_html(document: Document) -> str:
    """One element with its own style, for a notebook or a page of somebody else's."""
    return f"<div>\n<style>\n{_style(len(document.entities))}\n</style>\n{_Shown(document, {}).html()}\n</div>"


def page_html(documents: Iterable[Document], *, title: str = "relknit") -> str:
    """A whole page with all documents, one below the other; a type has one colour throughout."""
    with PageWriter() as page:
        for document in documents:
            page.add(document)
        return page.html(title)


class PageWriter:
    """A page of any number of documents that are added one by one and wait in a temporary file; a context manager.

    style: rules for what will be put below the documents.
    """

    def __init__(self, *, style: str = "") -> None:
        self._style = style
        self._types: dict[str, int] = {}
        self._body = SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="")  # noqa: SIM115  (__exit__ closes it)

    def __enter__(self) -> PageWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self._body.close()

    def add(self, document: Document, *, below: str = "") -> None:
        """One more document, below the others, under its id. below: HTML that follows its triples."""
        self._body.write(_Shown(document, self._types).html(name=document.id, more=below) + "\n")

    def html(self, title: str) -> str:
        """The page as it is now."""
        return "".join(self._parts(title))

    def save(self, path: Path, title: str) -> None:
        """Write the page atomically; raises DataError, and what stood at `path` is then still there."""
        with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="") as out:
            out.writelines(self._parts(title))

    def _parts(self, title: str) -> Iterator[str]:
        yield _HEAD.format(title=safe_html(title), style=_style(_LINKED) + self._style)
        self._body.seek(0)
        yield from self._body
        yield _TAIL


def _style(entities: int) -> str:
    """The style sheet, with the rules by which entities of these numbers light up with their triples."""
    rules = (
        f".relknit:has(.n{k}:hover, tr:hover .n{k}) .n{k}{{outline:2px solid var(--accent)}}"
        for k in range(1, min(entities, _LINKED) + 1)
    )
    sheet = (files("relknit.document") / "document.css").read_text(encoding="utf-8")
    return sheet + "\n".join(rules)


def safe_html(text: str) -> str:
    """A text for any place in a page: marks of HTML escaped; a NUL or half a character pair, which no page holds, replaced."""
    return escape(text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode())


class _Shown:
    """One document on its way to HTML. types: the colours of entity types so far, which grows."""

    def __init__(self, document: Document, types: dict[str, int]) -> None:
        self.document = document
        self.text, self.places, self.is_own = _layout(document)
        for entity in document.entities:
            if entity.type is not None:
                types.setdefault(entity.type, len(types) % COLOURS)
        self.types = types

    def html(self, *, name: str | None = None, more: str = "") -> str:
        document = self.document
        caption = "" if name is None else f'<p class="name" dir="auto">{safe_html(name)}</p>\n'
        note = "" if self.is_own else '<p class="note">shown as words, for the data does not place them in a text</p>\n'
        triples = "\n".join(self._triple(relation) for relation in document.relations)
        sure = "<th>confidence</th>" if any(r.confidence is not None for r in document.relations) else ""
        head = f"<tr><th>head</th><th>relation</th><th>tail</th>{sure}</tr>"
        table = f'<div class="triples"><table>\n<thead>{head}</thead>\n<tbody>\n{triples}\n</tbody></table></div>'
        below = table if document.relations else '<p class="note">no triples</p>'
        return (
            f'<article class="relknit">\n{caption}<div class="text" dir="auto">{self._marked()}</div>\n'
            f"{note}{below}\n{more}</article>"
        )

    def _marked(self) -> str:
        """The text with a mark around every entity; one that crosses another is in as many parts as it takes."""
        starts: dict[int, list[int]] = {}
        for k in sorted(range(len(self.places)), key=lambda k: -self.places[k][1]):  # the longer one outside
            starts.setdefault(self.places[k][0], []).append(k)
        parts: list[str] = []
        opened: list[int] = []
        position = 0
        for border in sorted({border for place in self.places for border in place}):
            parts.append(safe_html(self.text[position:border]))
            position = border
            keep = next((i for i, k in enumerate(opened) if self.places[k][1] <= border), len(opened))
            crossing = [k for k in opened[keep:] if self.places[k][1] > border]
            parts += ["</mark>"] * (len(opened) - keep)
            del opened[keep:]
            for k in (*crossing, *starts.get(border, ())):
                parts.append(self._mark(k))
                opened.append(k)
        return "".join(parts) + "</mark>" * len(opened) + safe_html(self.text[position:])

    def _mark(self, k: int) -> str:
        entity = self.document.entities[k]
        label = f"{k + 1}" if entity.type is None else f"{k + 1} {entity.type}"
        return f'<mark class="{self._class(k)}" dir="auto" data-label="{safe_html(label)}" title="{safe_html(self._facts(k))}">'

    def _triple(self, relation: Relation) -> str:
        head, tail = (f"<td>{self._end(k)}</td>" for k in (relation.head, relation.tail))
        sure = ""
        if relation.confidence is not None:
            share = min(max(relation.confidence, 0.0), 1.0)
            bar = f'<span class="bar" style="--share:{share:.3f}"></span>'
            sure = f'<td class="sure">{bar}{relation.confidence:.2f}</td>'
        return f'<tr>{head}<td class="relation"><bdi>{safe_html(relation.type)}</bdi></td>{tail}{sure}</tr>'

    def _end(self, k: int) -> str:
        start, end = self.places[k]
        words = safe_html(self.text[start:end])
        where = f'<span class="where">{start}–{end}</span>' if self.is_own else ""
        chip = f'<span class="chip {self._class(k)}" title="{safe_html(self._facts(k))}">{k + 1}</span>'
        return f"{chip} <bdi>{words}</bdi> {where}"

    def _class(self, k: int) -> str:
        entity = self.document.entities[k]
        colour = k % COLOURS if entity.type is None else self.types[entity.type]
        return f"n{k + 1} c{colour}" + ("" if entity.tagged else " loose")

    def _facts(self, k: int) -> str:
        """What is known of an entity, for whoever points at it."""
        entity = self.document.entities[k]
        facts = [f"entity {k + 1}"]
        facts += [entity.type] if entity.type is not None else []
        facts += [f"characters {self.places[k][0]}–{self.places[k][1]}"] if self.is_own else []
        facts += [f"tokens {entity.start}–{entity.end}"]
        facts += [f"confidence {entity.confidence:.2f}"] if entity.confidence is not None else []
        facts += [] if entity.tagged else ["no tagged entity, only the end of a triple"]
        return " · ".join(facts)


def _layout(document: Document) -> tuple[str, list[tuple[int, int]], bool]:
    """A text, where each entity stands in it, and whether it is the document's own: else its tokens joined by spaces."""
    spans = [document.span(entity) for entity in document.entities]
    if document.text is not None:
        own = [(s.start, s.end) for s in spans if s.start is not None and s.end is not None]
        if len(own) == len(spans):
            return document.text, own, True
    starts = [0]
    for token in document.tokens:
        starts.append(starts[-1] + len(token) + 1)

    def place(entity: Entity) -> tuple[int, int]:
        return starts[entity.start], starts[entity.end] - 1

    return " ".join(document.tokens), [place(entity) for entity in document.entities], False
