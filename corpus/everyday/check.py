"""Check the texts of this folder: python check.py [FILE …]; exit status 1 when a line is wrong.

Checks markup, keys, types, signatures, kinds, duplicates and near copies, and prints counts by genre and relation.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
TYPES = ("person", "organisation", "location", "date", "number", "work", "event", "product", "other")
KINDS = ("denied", "question", "condition", "wish", "hearsay", "plan", "attempt", "fiction")
GENRES = (
    *("news", "business", "biography", "obituary", "court", "sport", "film", "music", "science", "travel"),
    *("history", "local", "minutes", "product", "email", "letter", "encyclopedia", "interview"),
)
MENTION = re.compile(r"\{([^{}#]+)#([a-z]{1,2})([:=])([a-z]+)\}")
LINE = re.compile(r"([+-]) ([a-z]{1,2}) ([a-z_]+) ([a-z]{1,2})(?: ([a-z]+))?")
WORDS = 10, 130


@dataclass
class Text:
    """One annotated text; mentions by key: (start, end, own type or None, key that it refers to or None)."""

    where: str
    genre: str
    plain: str = ""
    mentions: dict[str, tuple[int, int, str | None, str | None]] = field(default_factory=dict)
    facts: list[tuple[str, str, str]] = field(default_factory=list)
    not_asserted: list[tuple[str, str, str, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def wrong(self, message: str) -> None:
        """Note an error with the place of the text."""
        self.errors.append(f"{self.where}: {message}")

    def entity(self, key: str) -> str:
        """The key of the named mention that a mention refers to."""
        seen: set[str] = set()
        while self.mentions[key][3] is not None and key not in seen:
            seen.add(key)
            key = self.mentions[key][3] or key
        return key

    def surface(self, key: str) -> str:
        """The words of a mention."""
        start, end = self.mentions[key][:2]
        return self.plain[start:end]


def read(path: Path, relations: Mapping[str, Any], errors: list[str]) -> Iterator[Text]:
    """The texts of a file; what is wrong with them goes to `errors`."""
    blocks: list[tuple[int, list[str]]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("## "):
            blocks.append((number, [line]))
        elif blocks:
            blocks[-1][1].append(line)
        elif line.strip() and not line.startswith("#"):
            errors.append(f"{path.name}:{number}: expected '## GENRE' before any text")
    for number, lines in blocks:
        text = parse(f"{path.name}:{number}", lines, relations)
        errors += text.errors
        yield text


def parse(where: str, lines: list[str], relations: Mapping[str, Any]) -> Text:
    """One block as a Text."""
    text = Text(where, lines[0][3:].strip())
    if text.genre not in GENRES:
        text.wrong(f"unknown genre {text.genre!r}")
    body: list[str] = []
    statements: list[str] = []
    for line in lines[1:]:
        if LINE.fullmatch(line.strip()):
            statements.append(line.strip())
        elif line.strip() and statements:
            text.wrong(f"not a fact line: {line!r}")
        else:
            body.append(line.rstrip())
    place_mentions(text, "\n".join(body).strip())
    if not WORDS[0] <= len(text.plain.split()) <= WORDS[1]:
        text.wrong(f"{len(text.plain.split())} words, expected {WORDS[0]} to {WORDS[1]}")
    seen: set[tuple[str, str, str]] = set()
    for line in statements:
        add_statement(text, line, relations, seen)
    return text


def place_mentions(text: Text, marked: str) -> None:
    """Set the plain text and its mentions from the marked text."""
    end = 0
    for found in MENTION.finditer(marked):
        surface, key, sign, value = found.groups()
        text.plain += marked[end : found.start()]
        start = len(text.plain)
        text.plain += surface
        end = found.end()
        if key in text.mentions:
            text.wrong(f"key {key} used twice")
        if surface != surface.strip():
            text.wrong(f"mention {surface!r} has white space at its ends")
        if sign == ":" and value not in TYPES:
            text.wrong(f"unknown type {value!r} of {surface!r}")
        text.mentions[key] = (start, len(text.plain), value if sign == ":" else None, value if sign == "=" else None)
    text.plain += marked[end:]
    if set("{}#") & set(text.plain):
        text.wrong("a mention is not written {surface#key:type} or {surface#key=key}: " + text.plain[:60])
    for key, (start, stop, kind, other) in list(text.mentions.items()):
        if other is not None and (other not in text.mentions or other == key):
            text.wrong(f"{key} refers to {other}, which is not another mention")
            text.mentions[key] = (start, stop, kind, None)


def add_statement(text: Text, line: str, relations: Mapping[str, Any], seen: set[tuple[str, str, str]]) -> None:
    """Check one fact line and add it."""
    found = LINE.fullmatch(line)
    if found is None:
        return
    sign, head, relation, tail, kind = found.groups()
    if relation not in relations:
        return text.wrong(f"unknown relation: {line}")
    if head not in text.mentions or tail not in text.mentions:
        return text.wrong(f"no such key: {line}")
    ends = text.entity(head), text.entity(tail)
    for key, side in zip(ends, ("head", "tail"), strict=True):
        if text.mentions[key][2] not in relations[relation][side]:
            expected = "/".join(relations[relation][side])
            text.wrong(f"{line}: {side} {text.surface(key)!r} is {text.mentions[key][2]}, expected {expected}")
    if (sign == "-") != (kind in KINDS):
        text.wrong(f"{line}: '-' needs one of {', '.join(KINDS)}, '+' has none")
    if (ends[0], relation, ends[1]) in seen:
        text.wrong(f"{line}: stated twice")
    seen.add((ends[0], relation, ends[1]))
    if sign == "+":
        text.facts.append((head, relation, tail))
    else:
        text.not_asserted.append((head, relation, tail, kind or ""))
    return None


def grams(text: str, n: int = 4) -> set[tuple[str, ...]]:
    """Its runs of n words."""
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[k : k + n]) for k in range(len(words) - n + 1)}


def near_copies(texts: list[Text]) -> Iterator[str]:
    """Pairs of texts that share more than a third of the shorter one's runs of four words."""
    index: dict[tuple[str, ...], list[int]] = {}
    own = [grams(text.plain) for text in texts]
    for number, runs in enumerate(own):
        shared = Counter(other for run in runs for other in index.get(run, ()))
        for other, count in shared.items():
            least = min(len(runs), len(own[other]))
            if count > 3 and 3 * count > least:
                yield f"{texts[number].where}: near copy of {texts[other].where} ({count} of {least} runs of four words)"
        for run in runs:
            index.setdefault(run, []).append(number)


def main(arguments: list[str]) -> int:
    """Check the files named, or all."""
    relations = tomllib.loads((FOLDER / "relations.toml").read_text(encoding="utf-8"))
    paths = [Path(a) for a in arguments] or sorted(FOLDER.glob("*/*.txt"))
    errors: list[str] = []
    texts = [text for path in paths for text in read(path, relations, errors)]
    errors += near_copies(texts)
    for error in errors:
        print(error)
    genres, facts = Counter(t.genre for t in texts), Counter(r for t in texts for _, r, _ in t.facts)
    pronouns = sum(t.mentions[k][3] is not None for t in texts for h, _, o in t.facts for k in (h, o))
    kinds = Counter(kind for t in texts for *_, kind in t.not_asserted)
    without = sum(not t.facts for t in texts)
    total = sum(facts.values())
    print(f"{len(texts)} texts, {without} without a fact ({without / max(1, len(texts)):.0%}), {total} facts,")
    print(f"{pronouns} ends at a pronoun or description, not asserted: {dict(kinds.most_common())}")
    print("genres:", dict(genres.most_common()))
    print("facts:", dict(facts.most_common()))
    print("unused relations:", sorted(relations.keys() - facts.keys()))
    print(f"{len(errors)} errors")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
