"""relknit data convert: from the formats of the field to relknit's own, into one file or into train, dev and test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from rich.markup import escape

from relknit.cli import terminal
from relknit.data.convert import Choice, Source, choose, split_at_spaces
from relknit.data.convert import convert as convert_file
from relknit.data.split import parse_shares, split_documents
from relknit.data.split_files import split_targets, write_splits
from relknit.document.jsonl import write_jsonl
from relknit.errors import ConfigError, DataError
from relknit.files import check_target
from relknit.text.tokenise import tokenise

_OUTPUTS = (".jsonl", ".jsonl.gz")


def convert(
    source: Path,
    out: Path,
    *,
    source_format: Annotated[Source | Literal["auto"], Parameter(name="--from")] = "auto",
    split: str | None = None,
    seed: int = 0,
    anchor: Literal["auto", "whole", "last"] = "auto",
    tokenised: Annotated[bool, Parameter(negative="")] = False,
    whole_texts: Annotated[bool, Parameter(negative="")] = False,
    skip_bad: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Turn a file of another format into relknit's JSONL, or into train, dev and test.

    Parameters
    ----------
    source:
        What to read: a table of sentence, head, relation, tail (.csv, .tsv), JSON or JSONL as rin, triples or spert have
        it, a spaCy DocBin (.spacy), or for brat a folder of .txt and .ann pairs or one file of a pair; to split it, also
        relknit's own JSONL.
    out:
        The .jsonl or .jsonl.gz file to write; with --split a folder for train.jsonl, dev.jsonl and test.jsonl.
    source_format:
        The format of SOURCE; auto goes by its name or first record.
    split:
        Percentages such as 80/10/10 (train/dev/test) or 80/20 (train/test). Copies of a sentence, and sentences of one
        text, come into the same split.
    seed:
        With --split: another number deals the documents out in another way.
    anchor:
        For triples: whether names are whole or each entity's last word.
    tokenised:
        The texts of SOURCE are tokenised already (most benchmarks are): split them at spaces alone.
    whole_texts:
        For brat: keep a text of several lines as one document, instead of one for each sentence.
    skip_bad:
        Leave bad records out and say so, instead of stopping at the first.
    overwrite:
        Replace what is to be written when it exists.
    as_json:
        Print what was done as one JSON object.
    """
    shares = _shares(split, seed)
    if shares is None:
        check_target(out, suffixes=_OUTPUTS, overwrite=overwrite)
        targets = {}
    else:
        targets = split_targets(out, shares, overwrite=overwrite)
    choice = choose(source, source=source_format, anchor=anchor)
    if choice.source == "relknit" and shares is None:
        mend = "add --split 80/10/10 to cut it, or check it with: relknit data check"
        raise DataError(f"is in relknit's own format already; {mend}", path=source)
    skipped: list[DataError] = []
    notes: list[str] = []
    documents = convert_file(
        source,
        source=choice.source,
        anchor=choice.anchor or "auto",
        tokeniser=split_at_spaces if tokenised else tokenise,
        whole_texts=whole_texts,
        on_error=skipped.append if skip_bad else None,
        on_note=notes.append,
    )
    if shares is None:
        written = {out: write_jsonl(out, documents)}
    else:
        origin = _brat_text if choice.source == "brat" and not whole_texts else str
        splits = split_documents(list(documents), shares, seed=seed, origin=origin)
        write_splits(targets, splits)
        written = {path: len(splits[name]) for name, path in targets.items()}
    if as_json:
        report = {"out": str(out), "documents": sum(written.values()), "skipped": [str(error) for error in skipped]}
        parts = {name: {"path": str(path), "documents": written[path]} for name, path in targets.items()}
        shown: dict[str, Any] = asdict(choice) | report | {"notes": notes} | ({"splits": parts} if parts else {})
        print(json.dumps(shown, ensure_ascii=False))
    else:
        _show(source, choice, notes, skipped, written)
    return 0


def _shares(split: str | None, seed: int) -> dict[str, int] | None:
    if split is not None:
        return parse_shares(split)
    if seed:
        raise ConfigError("--seed goes with --split; add the percentages, such as --split 80/10/10")
    return None


def _brat_text(identity: str) -> str:
    """The id of the BRAT text that a document comes from: "paper" for the sentence "paper:120"."""
    text, colon, place = identity.rpartition(":")
    return text if colon and place.isdigit() else identity


def _show(
    source: Path, choice: Choice, notes: list[str], skipped: list[DataError], written: Mapping[Path, int]
) -> None:
    lines = [f"{source} {choice.note}"] if choice.note else []
    lines += [*notes, *(f"left out: {error}" for error in skipped)]
    lines += [f"{count} documents written to {path}" for path, count in written.items()]
    if skipped:
        lines[-1] += f", {len(skipped)} records left out"
    console = terminal.console()
    for line in lines:
        console.print(escape(line), soft_wrap=True)
