"""Which file of the repository is which page of the site, and where its links lead there."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

_LINK: Final = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^()\s]+)\)")
_CODE_SPAN: Final = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_FENCE: Final = re.compile(r"\s*(`{3,}|~{3,})")
_ELSEWHERE: Final = re.compile(r"[a-z]+:", re.IGNORECASE)


class PageError(Exception):
    """A page that cannot be built as it stands; the message names page, line and reason."""


def find_pages(root: Path) -> dict[Path, str]:
    """Every Markdown file that is a page, and its name on the site."""
    pages = {path: path.name for path in sorted((root / "docs").glob("*.md"))}
    pages |= {root / "CHANGELOG.md": "changelog.md", root / "CONTRIBUTING.md": "contributing.md"}
    pages |= {root / "benchmarks" / "README.md": "benchmarks.md", root / "experiments" / "README.md": "experiments.md"}
    pages |= {path: f"log-{path.parent.name}.md" for path in sorted(root.glob("experiments/*/LOG.md"))}
    shipped = root / "src" / "relknit" / "shipped"
    pages |= {path: f"model-{path.parent.name}.md" for path in sorted(shipped.glob("models/*/README.md"))}
    return pages | {shipped / "corpus" / "README.md": "corpus.md"}


def gather(root: Path, out: Path) -> list[str]:
    """Copy all pages, the images they show and the examples into a folder; returns the names of the pages.

    Links between pages stay links; one to another file of the repository becomes its path, for the site does not hold it.
    Raises PageError for a link to nothing.
    """
    pages = find_pages(root)
    for path, name in pages.items():
        text = path.read_text(encoding="utf-8")
        (out / name).write_text(rewrite_links(text, path, root, pages, out), encoding="utf-8")
    shutil.copytree(root / "docs" / "examples", out / "examples")
    return list(pages.values())


def links(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    """Every Markdown link outside code, with the number of its line."""
    for number, line, is_code in _lines(text):
        if not is_code:
            spans = [found.span() for found in _CODE_SPAN.finditer(line)]
            for found in _LINK.finditer(line):
                if not any(start < found.start() < end for start, end in spans):
                    yield number, found


def rewrite_links(text: str, path: Path, root: Path, pages: Mapping[Path, str], out: Path) -> str:
    """The text of a page with its links as they are on the site."""
    found = {(number, match.group()): match for number, match in links(text)}
    result = []
    for number, line, _ in _lines(text):
        for (where, written), match in found.items():
            if where == number:
                line = line.replace(written, _on_site(match, number, path, root, pages, out))
        result.append(line)
    return "\n".join(result) + "\n"


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Markdown with `change` applied to all that is neither in a fence nor in a code span."""
    result = []
    for _, line, is_code in _lines(text):
        if is_code:
            result.append(line)
            continue
        parts, end = [], 0
        for span in _CODE_SPAN.finditer(line):
            parts += [change(line[end : span.start()]), span.group()]
            end = span.end()
        result.append("".join([*parts, change(line[end:])]))
    return "\n".join(result)


def _lines(text: str) -> Iterator[tuple[int, str, bool]]:
    """Number, line, and whether it is in a fence or opens or closes one."""
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        found = _FENCE.match(line)
        closes = bool(fence) and line.strip().startswith(fence) and not line.strip().strip(fence[0])
        yield number, line, bool(fence or found)
        if closes:
            fence = ""
        elif found and not fence:
            fence = found[1]


def _on_site(match: re.Match[str], number: int, path: Path, root: Path, pages: Mapping[Path, str], out: Path) -> str:
    target, hash_sign, anchor = match["target"].partition("#")
    if not target or _ELSEWHERE.match(target):
        return match.group()
    file = (path.parent / target).resolve()
    if not file.exists():
        raise PageError(f"{path.relative_to(root)}:{number}: link to {target}, which does not exist")
    if match["image"]:
        (out / "images").mkdir(exist_ok=True)
        shutil.copyfile(file, out / "images" / file.name)
        return f"![{match['text']}](images/{file.name})"
    if file in pages:
        return f"[{match['text']}]({pages[file]}{hash_sign}{anchor})"
    if file.is_relative_to(root / "docs" / "examples") and file.is_file():
        return f"{{download}}`{match['text']} <{file.relative_to(root / 'docs')}>`"
    where = f"`{file.relative_to(root)}`"
    return where if match["text"].strip("`") == where.strip("`") else f"{match['text']} ({where})"
