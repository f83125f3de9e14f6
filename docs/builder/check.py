"""The built site as a browser will see it: every link and anchor leads somewhere, and nothing is loaded from elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

_LOADED: Final = {
    "audio": ("src",),
    "iframe": ("src",),
    "img": ("src", "srcset"),
    "link": ("href",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
}
_IN_STYLES: Final = re.compile(r"(?:url\(|@import)\s*[\"']?\s*((?:https?:)?//[^\s\"')]+)", re.IGNORECASE)


@dataclass
class _Page(HTMLParser):
    """What a page holds: ids, where its links lead, what a browser loads for it."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser for every tag."""
        values = {name: value for name, value in attrs if value is not None}
        self.ids |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        self.loaded += [values[name] for name in _LOADED.get(tag, ()) if name in values]


def check_site(folder: Path) -> list[str]:
    """One line for everything wrong in a folder of HTML; an empty list means that nothing is."""
    pages = {path: _read(path) for path in sorted(folder.rglob("*.html"))}
    found = [] if pages else [f"{folder}: no page"]
    for path, page in pages.items():
        name = path.relative_to(folder)
        found += [f"{name}: loads {url}" for url in page.loaded if not _is_local(url)]
        targets = [*page.links, *(url for url in page.loaded if _is_local(url))]
        found += [f"{name}: {target} leads nowhere" for target in targets if not _exists(target, path, pages)]
        found += [f"{name}: a style loads {url}" for url in _IN_STYLES.findall(path.read_text(encoding="utf-8"))]
    for path in sorted(folder.rglob("*.css")):
        styles = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(folder)}: loads {url}" for url in _IN_STYLES.findall(styles)]
    return found


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    return page


def _is_local(url: str) -> bool:
    return not urlsplit(url).netloc and urlsplit(url).scheme in ("", "data")


def _exists(target: str, path: Path, pages: dict[Path, _Page]) -> bool:
    url = urlsplit(target)
    if url.scheme or url.netloc:
        return True
    file = (path.parent / unquote(url.path)).resolve() if url.path else path
    if file.is_dir():
        file /= "index.html"
    if not url.fragment or file not in pages:
        return file.is_file()
    return unquote(url.fragment) in pages[file].ids
