"""What `compare_authors.py` found, as plain lines, JSON and CSV."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Final

from common import append_row, write_json

TASKS: Final = {"train": "training step", "predict": "prediction of a batch"}
# parts of a step that only the authors' code has, by name; "seconds_p50_<name>" and "ratio_<name>" are theirs
PARTS: Final = {"without_loader": "without its loader", "forward": "model alone"}
SCORES: Final = ("partial", "exact")


def scorer_lines(scorer: dict[str, Any]) -> list[str]:
    """What both scorers counted, a line for each source and score."""
    lines = []
    for source, scores in scorer.items():
        for name in SCORES:
            score = scores[name]
            verdict = "equal" if score["equal"] else f"DIFFERENT, the authors' scorer: {_counted(score['authors'])}"
            lines.append(f"{source}, {name}: {_counted(score)}: {verdict}")
    return lines


def scorers_agree(scorer: dict[str, Any]) -> bool:
    """Whether all counts of all sources are equal."""
    return all(scores[name]["equal"] for scores in scorer.values() for name in SCORES)


def lines(report: dict[str, Any]) -> list[str]:
    """The whole report in a few plain lines."""
    result = []
    for task, part in _tasks(report):
        for name, impl in part["impls"].items():
            shown = [f"{impl['seconds_p50']:.4f} s"]
            parts = {words: impl.get(f"seconds_p50_{key}") for key, words in PARTS.items()}
            shown += [f"{words} {seconds:.4f} s" for words, seconds in parts.items() if seconds is not None]
            shown += [f"{impl['threads']} threads", f"peak {impl['peak_mb']:.0f} MB"]
            result.append(f"{TASKS[task]}, {name}: {', '.join(shown)}")
        ratios = {words: part.get(f"ratio_{key}") for key, words in PARTS.items()}
        shown = [
            f"{part['ratio']:.1f}",
            *(f"{words} {value:.1f}" for words, value in ratios.items() if value is not None),
        ]
        result.append(f"{TASKS[task]}, ratio: {', '.join(shown)}")
    agreement = report["agreement"]
    loss, gradient = agreement["loss_difference"], agreement["gradient_difference"]
    result.append(f"same weights, same batch: loss differs by {loss:.1e}, gradient by {gradient:.1e}")
    return result + scorer_lines(report["scorer"])


def write(report: dict[str, Any], json_path: str | None, csv_path: str | None) -> None:
    """The report as JSON ("-": standard output; None: plain lines), and a CSV row per task and implementation."""
    if json_path is None:
        print("\n".join(lines(report)))
    else:
        write_json(report, json_path)
    if csv_path is not None:
        for task, part in _tasks(report):
            for name, impl in part["impls"].items():
                append_row(Path(csv_path), _row(task, name, impl, report))


def _tasks(report: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [("train", report), ("predict", report["inference"])]


def _row(task: str, name: str, impl: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
    kept = ("threads", "seconds_p20", "seconds_p50", "seconds_p80", "peak_mb")
    row: dict[str, Any] = {"date": date.today().isoformat(), "task": task, "implementation": name}
    row |= {key: round(impl[key], 4) for key in kept}
    parts = {key: impl.get(key) for key in (f"seconds_p50_{name}" for name in PARTS)}
    row |= {key: "" if seconds is None else round(seconds, 4) for key, seconds in parts.items()}
    return {**row, "steps": report["steps"], **report["sizes"], **report["machine"]}


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {counts[name]}" for name in ("correct", "predicted", "gold"))
