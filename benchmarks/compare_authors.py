"""The authors' own code of RIN against ours: a training step, prediction, peak memory, and the score, in one run.

    git clone https://github.com/BDBC-KG-NLP/RIN_EMNLP2020
    python benchmarks/compare_authors.py --repo RIN_EMNLP2020 --json -

Their code is imported from the clone, patched from outside to run on the CPU, and given our sentences; nothing in the
clone is changed, no pickle of it is read and no label file executed. Both models start from the same weights. Before
anything is timed, one batch must give the same loss and gradient on both sides, and their scorer is compared with ours.

Times are those of whole batches. Theirs begin with their loader, which builds the label grids of each batch anew;
"seconds_p50_without_loader" leaves that out, and for prediction "seconds_p50_forward" is their model alone, which ends
at dense scores. Ours end at entities and triples. Every implementation, at one thread and at several, lives in a process
of its own; they take turns step by step, and the number of threads with the lower median is the one reported.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from authors_data import check_clone
from authors_report import PARTS, TASKS, scorers_agree, write
from common import exit_on_error, machine, parse, parser, percentile, ratio, summary
from processes import Answers, Child, Turns, take_turns
from relknit.errors import RelknitError
from sentences import SHIPPED, WEBNLG, default_data

WORKER = "authors_worker.py"
TOLERANCE = 1e-3  # relative, of loss and gradient; float32 leaves about 1e-6


def default_scorer_data() -> str:
    """WebNLG's test split where it lies beside the repository, else the shipped corpus."""
    test = WEBNLG.with_name("test.jsonl.gz")
    return str(test) if test.exists() else SHIPPED


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    options = parser(__doc__, impl="authors,chunked", steps=10)
    options.add_argument("--repo", required=True, help="a clone of the authors' repository")
    options.add_argument("--data", default=default_data(), help=f'a JSONL file, or "{SHIPPED}": the tiled corpus')
    options.add_argument("--scorer-data", default=default_scorer_data(), help="what the scorers are compared on")
    options.add_argument("--batch-size", type=int, default=50)
    return parse(options, argv, "batch_size", more_impls=("authors",), files=("data", "scorer_data"))


def settings(args: argparse.Namespace, repo: Path, **more: Any) -> dict[str, Any]:
    """What a process is told."""
    common = {name: getattr(args, name) for name in ("data", "scorer_data", "batch_size", "rounds", "steps")}
    return {**common, "repo": str(repo), **more}


def check(args: argparse.Namespace, repo: Path) -> dict[str, Any]:
    """ "agreement" and "scorer", from one process; raises RelknitError when the two are not the same model."""
    with Child(settings(args, repo, task="check", impl="authors", threads=args.threads), WORKER) as child:
        child.wait_ready()
        found = child.step()
    agreement = found["agreement"]
    for name in ("loss_difference", "gradient_difference"):
        if not agreement[name] <= TOLERANCE:
            raise RelknitError(f"with the same weights {name} is {agreement[name]:.2%}: these are not the same model")
    return {"agreement": agreement, "scorer": found["scorer"]}


def measure(args: argparse.Namespace, repo: Path, task: str) -> Turns:
    """All answers of every (implementation, threads), the first of them the warm-up, and the sizes."""
    return take_turns(settings(args, repo, task=task), args.impl, [1, args.threads], args.steps, WORKER)


def figures(impl: str, answers: Answers) -> dict[str, Any]:
    """`common.summary`, and the medians of the parts that an implementation names, at the same threads."""
    result = summary(impl, answers)
    rows = answers[impl, result["threads"]][1:]
    named = [name for name in PARTS if f"seconds_{name}" in rows[0]]
    medians = {f"seconds_p50_{name}": percentile([row[f"seconds_{name}"] for row in rows], 0.5) for name in named}
    return {**result, **medians}


def ratios(impls: dict[str, dict[str, Any]]) -> dict[str, float]:
    """How many times slower the first implementation is than the last, whole and in the parts that the first names."""
    measured = list(impls.values())
    first, last = measured[0], measured[-1]
    parts = {
        name: first[f"seconds_p50_{name}"] / last["seconds_p50"] for name in PARTS if f"seconds_p50_{name}" in first
    }
    return {"ratio": ratio(impls), **{f"ratio_{name}": value for name, value in parts.items()}}


def main(argv: Sequence[str] | None = None) -> None:
    """Check, measure and report; raises RelknitError, after the report, when the scorers do not agree."""
    args = arguments(argv)
    repo = check_clone(args.repo)
    found = check(args, repo)
    parts = {}
    for task in TASKS:
        turns = measure(args, repo, task)
        impls = {name: figures(name, turns.answers) for name in args.impl}
        parts[task] = {"impls": impls, **ratios(impls)}
    report = {
        **parts["train"],
        "machine": machine(),
        "sizes": turns.sizes,
        "steps": args.steps,
        "inference": parts["predict"],
        **found,
    }
    write(report, args.json, args.csv)
    if not scorers_agree(found["scorer"]):
        raise RelknitError(
            "the authors' scorer counts otherwise, as nested gold entities make it: see the report's cases"
        )


if __name__ == "__main__":
    exit_on_error(main)
