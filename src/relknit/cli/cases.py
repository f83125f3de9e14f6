"""relknit experiment cases: sentences, what is gold in them, and what the models of several rows find there."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from relknit.cli import terminal
from relknit.cli.common import Device, Threads, progress_bar, use_this_process, worker_threads
from relknit.errors import ConfigError

if TYPE_CHECKING:
    from relknit.experiments.cases import Case, Contender, Study
    from relknit.metrics.errors import Extraction

_NEAR = ("wrong type", "wrong direction", "wrong relation", "wrong span")
_STYLES = MappingProxyType({"right": "green", **dict.fromkeys(_NEAR, "cyan"), "missed": "yellow", "invented": "red"})
_MARKDOWN = re.compile(r"[\\`*_\[\]<>|#~]")


def cases(
    *sources: Path,
    ids: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    limit: int | None = None,
    seed: int | None = None,
    budget: str = "short",
    data: Path | None = None,
    out: Path = Path("runs"),
    data_dir: Path | None = None,
    threads: Threads = 0,
    device: Device = "cpu",
    markdown: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Sentences with what is gold in them and what the models of several rows find. Exit status 1 when no model is there.

    Parameters
    ----------
    sources:
        Experiment folders or single configurations. Of a folder with a cases.json its sentences are shown, unless --ids,
        --limit or --data say otherwise.
    ids:
        The sentences to show, by their ids in the data; else those in which the rows differ most.
    limit:
        How many of those in which they differ; 5 unless told otherwise.
    seed:
        The runs with this seed; else the first that is done.
    budget:
        The budget of the runs.
    data:
        A dataset file (JSONL, plain or .gz) in place of the rows' test split; then rows of several data sets are compared.
    out:
        The folder of all runs.
    data_dir:
        Where the data lies, as for `run`.
    markdown:
        Print Markdown.
    as_json:
        Print JSON.
    """
    from relknit.experiments import Settings
    from relknit.experiments.cases import Where, answer, questions

    if markdown and as_json:
        raise ConfigError("--markdown and --json: choose one of them")
    if not sources:
        raise ConfigError("no experiment named; give a folder such as experiments/emnlp2020, or .toml files in it")
    asked = questions(sources, ids=tuple(ids or ()), limit=limit, data=data)
    where, workers = Where(Settings(budget, data_dir), out, seed, data), worker_threads(threads)
    use_this_process()
    studies = [answer(question, where, threads=workers, device=device, watch=progress_bar) for question in asked]
    if as_json:
        sys.stdout.write(json.dumps([study.to_dict() for study in studies], indent=2, ensure_ascii=False) + "\n")
    elif markdown:
        sys.stdout.write("\n".join(line for study in studies for line in _markdown(study)))
    else:
        _show(terminal.console(), studies)
    return 0 if any(study.answered for study in studies) else 1


def _show(console: Console, studies: Sequence[Study]) -> None:
    for study in studies:
        lines = [Text(study.title, style="bold"), *(Text(f"  {line}") for line in _about(study)), Text()]
        for case in study.cases:
            lines += [Text(_title(case), style="bold"), Text(case.sentence), *_of_gold(case), Text()]
            for name, found in case.found.items():
                lines += [*_of_model(name, found), Text()]
        for line in lines:
            console.print(line, soft_wrap=True)


def _about(study: Study) -> list[str]:
    return [*(f"{contender.name}: {_run(contender)}" for contender in study.contenders), *study.notes]


def _run(contender: Contender) -> str:
    return contender.note or f"{contender.budget}, seed {contender.seed}, {contender.folder}"


def _title(case: Case) -> str:
    return f"{case.label}: {case.id}" if case.label else case.id


def _of_gold(case: Case) -> Iterator[Text]:
    yield Text("  gold", style="bold")
    yield Text(f"    {'entities':15}  " + ("; ".join(map(str, case.entities)) or "none"))
    for triple in case.triples:
        yield Text(f"    {'':15}  {triple}")
    if not case.triples:
        yield Text(f"    {'':15}  no triple")


def _of_model(name: str, found: Extraction) -> Iterator[Text]:
    yield Text(f"  {name}", style="bold")
    yield Text(f"    {'entities':15}  " + _entities(found))
    for finding in found.triples:
        yield Text(f"    {finding.kind:15}  {finding}", style=_STYLES[finding.kind])
    if not found.triples:
        yield Text(f"    {'':15}  no triple")


def _entities(found: Extraction) -> str:
    """Those that are right by themselves, the others behind what is wrong with them."""
    groups: dict[str, list[str]] = {}
    for finding in sorted(found.entities, key=lambda finding: list(_STYLES).index(finding.kind)):
        groups.setdefault("" if finding.kind == "right" else f"{finding.kind}: ", []).append(str(finding))
    return " | ".join(kind + "; ".join(shown) for kind, shown in groups.items()) or "none"


def _markdown(study: Study) -> Iterator[str]:
    yield f"## {_plain(study.title)}\n"
    yield from (f"- {_plain(line)}" for line in _about(study))
    yield ""
    for case in study.cases:
        yield f"### {_plain(_title(case))}\n\n> {_plain(case.sentence)}\n"
        yield "**gold**: " + (_plain("; ".join(map(str, case.entities))) or "no entity") + "\n"
        yield from (f"- {_plain(str(triple))}" for triple in case.triples)
        yield ""
        for name, found in case.found.items():
            yield f"**{_plain(name)}**: {_plain(_entities(found))}\n"
            yield from (f"- {finding.kind}: {_plain(str(finding))}" for finding in found.triples)
            yield ""


def _plain(text: str) -> str:
    """Text in which Markdown sees no signs of its own."""
    return _MARKDOWN.sub(lambda sign: "\\" + sign[0], text)
