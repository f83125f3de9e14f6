"""Documents as HTML: the text with its entities in colour, and its triples, without a script or an external resource.

Every entity has a number, to which the table of triples refers; the mouse highlights both. Copied text is the document's
own, because the style adds numbers and types. Light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Final

from relknit.display import confidence_text
from relknit.document.annotation import Annotation
from relknit.document.layout import TextLayout, lay_out
from relknit.files import replacing
from relknit.page import Mark, render, stream

COLOURS: Final = 8
_LINKED: Final = 99  # entities of a document that are highlighted with their triples; all are shown
_IN_MEMORY: Final = 4_000_000  # bytes of a page; a longer one is kept on disk


def element_html(document: Annotation) -> str:
    """One element with its own style, for a notebook or a page of the caller's."""
    return render("document/element.html", rules=_links(len(document.entities)), article=_article(document, {}))


def page_html(documents: Iterable[Annotation], *, title: str = "relknit") -> str:
    """A whole page with all documents, one below the other; a type has one colour throughout."""
    with PageWriter() as page:
        for document in documents:
            page.add(document)
        return page.html(title)


class PageWriter:
    """A page of any number of documents that are added one by one and kept in a temporary file; a context manager.

    styles: style sheets of the package for what will be put below the documents
    """

    def __init__(self, *, styles: Iterable[str] = ()) -> None:
        self._styles = list(styles)
        self._colours: dict[str, int] = {}
        self._body = SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="")  # noqa: SIM115  (__exit__ closes it)

    def __enter__(self) -> PageWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self._body.close()

    def add(self, document: Annotation, *, below: str = "") -> None:
        """One more document, below the others, under its id. below: HTML that follows its triples."""
        self._body.write(_article(document, self._colours, name=document.id, below=below))

    def html(self, title: str) -> str:
        """The page as it is now."""
        return "".join(self._parts(title))

    def save(self, path: Path, title: str) -> None:
        """Write the page atomically; raises DataError, and the existing file is then unchanged."""
        with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="") as out:
            out.writelines(self._parts(title))

    def _parts(self, title: str) -> Iterator[str]:
        self._body.seek(0)
        rules = _links(_LINKED)
        return stream("document/document_page.html", heading=title, more=self._styles, rules=rules, articles=self._body)


def _links(entities: int) -> str:
    """The style that highlights entities of these numbers with their triples."""
    rule = ".relknit:has(.n{0}:hover, tr:hover .n{0}) .n{0} {{ outline: 2px solid var(--accent); }}\n"
    return "".join(rule.format(k) for k in range(1, min(entities, _LINKED) + 1))


def _article(document: Annotation, colours: dict[str, int], *, name: str | None = None, below: str = "") -> str:
    """One document. colours: those of entity types so far, which grows."""
    layout = lay_out(document)
    for entity in document.entities:
        if entity.type is not None:
            colours.setdefault(entity.type, len(colours) % COLOURS)
    return render(
        "document/article.html",
        document=document,
        layout=layout,
        marks=[_mark(document, k, layout, colours) for k in range(len(document.entities))],
        name=name,
        below=below,
    )


def _mark(document: Annotation, k: int, layout: TextLayout, colours: dict[str, int]) -> Mark:
    """Entity k, with all that is known of it in the tooltip."""
    entity, (start, end) = document.entities[k], layout.spans[k]
    colour = k % COLOURS if entity.type is None else colours[entity.type]
    facts = (
        f"entity {k + 1}",
        entity.type,
        f"characters {start}–{end}" if layout.is_own else None,
        f"tokens {entity.token_start}–{entity.token_end}",
        None if entity.confidence is None else f"confidence {confidence_text(entity.confidence)}",
        None if entity.tagged else "untagged: only part of a triple",
    )
    style = f"n{k + 1} c{colour}" + ("" if entity.tagged else " untagged")
    label = f"{k + 1}" if entity.type is None else f"{k + 1} {entity.type}"
    return Mark(start, end, style, label, " · ".join(fact for fact in facts if fact is not None))
