"""Fixed copies of a dataset: what can be fixed safely is, the rest is copied unchanged and listed with the reason."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from relknit.data.doctor.examine import examine
from relknit.data.doctor.reach import DEFAULT_MAX_TOKENS
from relknit.data.doctor.record_fixes import fix_line
from relknit.data.doctor.source import BrokenLine, DataFile, OnProgress, SourceLine, find_files, read_file
from relknit.data.sentence_keys import annotation_key, exact_key, near_key
from relknit.document import Document
from relknit.document.jsonl import DEFAULT_LIMITS, Limits
from relknit.errors import DataError
from relknit.files import check_target, open_text, replacing

_Reader = Callable[[DataFile], Iterator[SourceLine | BrokenLine]]


@dataclass(frozen=True, slots=True)
class FixedFile:
    """What was done to one file.

    kept:    the copy of the file that `target` replaced, None if there was none
    lines:   lines written
    fixes:   how many words, spans and labels were fixed, by kind of finding
    dropped: how many lines were left out, by kind of finding
    """

    source: str
    target: str
    kept: str | None
    lines: int
    fixes: Mapping[str, int]
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Remaining:
    """A kind that the doctor still finds in the fixed copies: how often, and why it was not fixed."""

    kind: str
    level: str
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class FixReport:
    """What was fixed, file by file, and what remains."""

    files: tuple[FixedFile, ...]
    remaining: tuple[Remaining, ...]

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return asdict(self)


def fix(
    paths: Sequence[str | Path],
    out: str | Path,
    *,
    overwrite: bool = False,
    drop_leaks: bool = False,
    max_tokens: int = DEFAULT_MAX_TOKENS,
    limits: Limits = DEFAULT_LIMITS,
    progress: OnProgress | None = None,
) -> FixReport:
    """Write fixed copies of the files into the folder `out`: all of them or, if anything fails, none.

    Fixed are double-encoded letters, stray spaces, and sentences that a file repeats with the same annotation. Lines with
    nothing to fix are copied unchanged, including broken ones.

    overwrite:  replace files of these names in `out` (which may be the folder of the originals); the replaced file is
                kept beside the new one as NAME.old
    drop_leaks: leave out the sentences of train that are also in dev or test, compared by letters and digits
    Raises DataError for a file that cannot be read or written, and with `drop_leaks` if the file names do not show
    which is train and which is dev or test.
    """
    files = find_files(paths)
    targets = _targets(files, Path(out), overwrite)
    read = partial(read_file, progress=progress, limits=limits)
    held_out = _held_out(files, read) if drop_leaks else frozenset[bytes]()
    with ExitStack() as stack:
        partials = [stack.enter_context(replacing(target)) for target in targets]
        written = [
            _write(file, partial_file, target, held_out, read)
            for file, partial_file, target in zip(files, partials, targets, strict=True)
        ]
        kept = [_keep(target) for target in targets]
    fixed = tuple(replace(file, kept=place) for file, place in zip(written, kept, strict=True))
    report = examine(targets, max_tokens=max_tokens, examples=0, limits=limits, progress=progress)
    remaining = (Remaining(g.kind.name, g.kind.level, g.count, g.kind.why_left) for g in report.groups)
    return FixReport(fixed, tuple(remaining))


def _targets(files: Sequence[DataFile], out: Path, overwrite: bool) -> list[Path]:
    """The path of each copy: under its own name, in a subfolder named like its folder if two files have the same name."""
    if out.exists() and not out.is_dir():
        raise DataError("is a file, expected a folder for the fixed copies; name a folder", path=out)
    names = Counter(file.path.name for file in files)
    targets = []
    for file in files:
        folder = out if names[file.path.name] == 1 else out / file.path.resolve().parent.name
        targets.append(folder / file.path.name)
    for target, count in Counter(targets).items():
        if count > 1:
            raise DataError(f"{count} of the files would be written here; fix them one at a time", path=target)
        check_target(target, suffixes=("",), overwrite=overwrite)
    return targets


def _held_out(files: Sequence[DataFile], read: _Reader) -> frozenset[bytes]:
    """The keys of the sentences of dev and test."""
    splits = {file.split for file in files}
    if "train" not in splits or not splits & {"dev", "test"}:
        message = "to drop leaks, name a train file and a dev or test file (train.jsonl, dev.jsonl, test.jsonl)"
        raise DataError(message, path=files[0].path)
    keys = set()
    for file in files:
        if file.split in ("dev", "test"):
            fixed = (fix_line(line).document for line in read(file) if isinstance(line, SourceLine))
            keys |= {near_key(document) for document in fixed if document.tokens}
    return frozenset(keys)


def _write(file: DataFile, partial_file: Path, target: Path, held_out: frozenset[bytes], read: _Reader) -> FixedFile:
    fixes: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    seen: set[tuple[bytes, bytes]] = set()
    count = 0
    with open_text(partial_file, packed=target.suffix == ".gz") as out:
        for line in read(file):
            text = line.text
            if isinstance(line, SourceLine):
                fixed = fix_line(line)
                reason = _reason_to_drop(fixed.document, seen, held_out if file.split == "train" else frozenset())
                if reason is not None:
                    dropped[reason] += 1
                    continue
                fixes.update(fixed.counts)
                text = text if fixed.record is None else json.dumps(fixed.record, ensure_ascii=False)
            out.write(text + "\n")
            count += 1
    if not count:
        message = "nothing would be left: every sentence is in dev or test; run without --drop-leaks"
        raise DataError(message, path=file.path)
    return FixedFile(str(file.path), str(target), None, count, dict(fixes), dict(dropped))


def _reason_to_drop(document: Document, seen: set[tuple[bytes, bytes]], held_out: frozenset[bytes]) -> str | None:
    if not document.tokens:
        return None
    if held_out and near_key(document) in held_out:
        return "sentence in two splits"
    key = exact_key(document), annotation_key(document)
    if key in seen:
        return "repeated sentence"
    seen.add(key)
    return None


def _keep(target: Path) -> str | None:
    """Copy the existing file at `target` to the first free name with `.old` appended."""
    if not target.exists():
        return None
    number = 1
    while (backup := target.with_name(f"{target.name}.old{number if number > 1 else ''}")).exists():
        number += 1
    try:
        shutil.copy2(target, backup)
    except OSError as error:
        message = f"cannot be kept as {backup.name}: {error.strerror or error}; nothing was changed"
        raise DataError(message, path=target) from None
    return str(backup)
