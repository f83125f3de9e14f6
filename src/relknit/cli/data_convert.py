"""relknit data convert: from one file format to another, into one file or into train, dev and test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from relknit.cli import terminal
from relknit.cli.common import Flag, JsonFlag, LimitOptions, Overwrite, SkipBad, print_json
from relknit.data.convert import Choice, choose, split_at_spaces, target_format
from relknit.data.convert import convert as convert_file
from relknit.data.convert.base import MentionRule, PieceRule, format_named
from relknit.data.split import parse_percentages, split_documents
from relknit.data.split_files import split_targets, write_splits
from relknit.display import amount
from relknit.document.jsonl import DEFAULT_LIMITS
from relknit.errors import ConfigError, DataError
from relknit.text.read import read_tokens


def convert(
    source: Path,
    out: Path,
    *,
    source_format: Annotated[str, Parameter(name="--from")] = "auto",
    to: str = "auto",
    split: str | None = None,
    seed: int = 0,
    anchor: Literal["auto", "whole", "last"] = "auto",
    tokenised: Annotated[bool, Flag] = False,
    whole_texts: Annotated[bool, Flag] = False,
    mentions: MentionRule = "auto",
    pieces: PieceRule = "error",
    skip_bad: SkipBad = False,
    overwrite: Overwrite = False,
    as_json: JsonFlag = False,
    limits: LimitOptions = DEFAULT_LIMITS,
) -> int:
    """Convert a file from one format to another, or to train, dev and test.

    Predictions are converted too, to the formats of annotation tools, in which people correct them.

    Parameters
    ----------
    source:
        What to read: a table of sentence, head, relation, tail (.csv, .tsv), an export of Label Studio, doccano, Prodigy
        or INCEpTION, JSON of other systems and benchmarks, a spaCy DocBin (.spacy), for brat a folder of .txt and .ann
        pairs or one file of a pair, or relknit's own JSONL.
    out:
        The file to write, in the format of its name: .jsonl or .jsonl.gz, .spacy, or one of an installed package; with
        --split a folder for train.jsonl, dev.jsonl and test.jsonl.
    source_format:
        The format of SOURCE; auto decides by its name or first record.
    to:
        The format of OUT, if its name does not say: brat (a folder), labelstudio, doccano, prodigy, docred, dygie, gliner.
    split:
        Percentages such as 80/10/10 (train/dev/test) or 80/20 (train/test). Copies of a sentence, and sentences of one
        text, are kept in the same split.
    seed:
        With --split: another number gives another split.
    anchor:
        For triples: whether names are whole or only the last word of each entity.
    tokenised:
        The texts of SOURCE are already tokenised, as in most benchmarks: split them only at spaces.
    whole_texts:
        For brat, webanno and dygie: make one document of a text, instead of one for each sentence.
    mentions:
        For names without offsets that occur several times: take the nearest mention to the other name of the triple, or the
        first, by which benchmarks are scored; auto is first with --tokenised, else nearest.
    pieces:
        For brat: what an entity in several pieces is, such as "North … America": an error, its first piece, or all text from
        the first to the last piece (cover).
    """
    percentages = _percentages(split, seed, to)
    target = target_format(out, to) if percentages is None else format_named("relknit")
    targets: Mapping[str, Path] = {}
    if percentages is None:
        target.check_target(out, overwrite=overwrite)
    else:
        targets = split_targets(out, percentages, overwrite=overwrite)
    choice = choose(source, source=source_format, anchor=anchor, limits=limits)
    skipped: list[DataError] = []
    notes: list[str] = []
    documents = convert_file(
        source,
        source=choice.source,
        anchor=choice.anchor or "auto",
        tokeniser=split_at_spaces if tokenised else read_tokens,
        whole_texts=whole_texts,
        mentions=mentions,
        pieces=pieces,
        limits=limits,
        on_error=skipped.append if skip_bad else None,
        on_note=notes.append,
    )
    if percentages is None:
        written = {out: target.write(out, documents)}
    else:
        origin = _text_of if format_named(choice.source).splits_texts and not whole_texts else str
        splits = split_documents(list(documents), percentages, seed=seed, origin=origin)
        write_splits(targets, splits)
        written = {path: len(splits[name]) for name, path in targets.items()}
    if as_json:
        report = {"out": str(out), "documents": sum(written.values()), "skipped": [str(error) for error in skipped]}
        parts = {name: {"path": str(path), "documents": written[path]} for name, path in targets.items()}
        shown: dict[str, Any] = asdict(choice) | report | {"notes": notes} | ({"splits": parts} if parts else {})
        print_json(shown)
    else:
        _show(source, choice, notes, skipped, written)
    return 0


def _percentages(split: str | None, seed: int, to: str) -> dict[str, int] | None:
    if split is not None:
        if to not in ("auto", "relknit"):
            raise ConfigError(f"--split writes relknit's own format, not {to}; leave --to out")
        return parse_percentages(split)
    if seed:
        raise ConfigError("--seed needs --split; add the percentages, such as --split 80/10/10")
    return None


def _text_of(identity: str) -> str:
    """The id of the text that a document comes from: "paper" for the sentence "paper:120"."""
    text, colon, place = identity.rpartition(":")
    return text if colon and place.isdigit() else identity


def _show(
    source: Path, choice: Choice, notes: list[str], skipped: list[DataError], written: Mapping[Path, int]
) -> None:
    lines = [f"{source}: {choice.note}"] if choice.note else []
    lines += [*notes, *(f"left out: {error}" for error in skipped)]
    lines += [f"{amount(count, 'document')} written to {path}" for path, count in written.items()]
    if skipped:
        lines[-1] += f", {amount(len(skipped), 'record')} left out"
    for line in lines:
        terminal.print_line(line)
