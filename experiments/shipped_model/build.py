r"""Turn a finished run into a model folder that can ship: small weights, licence, and a card with measured scores.

    python experiments/shipped_model/build.py RUN src/relknit/shipped/models/webnlg \
        --data data/webnlg --negatives data/negatives/test.jsonl.gz

Every figure of the card is measured here, on the folder that ships, and is also in its scores.json.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import Any

from relknit.augment.join import joined_in
from relknit.augment.letter_case import recased
from relknit.checkpoint import SavedModel, load_model, save_model, write_calibration, write_json
from relknit.data.readers import read_documents
from relknit.data.whole_names import replace_names
from relknit.document import Document
from relknit.evaluation import evaluate, evaluate_not_asserted
from relknit.metrics.assertion import AssertionScore
from relknit.metrics.breakdown import Negatives
from relknit.models.rin.decoding import Decoding
from relknit.ops.workers import single_threaded
from relknit.training.calibration import fit_calibration
from relknit.training.tune import choose_window

HERE = Path(__file__).parent
SCORES = ("partial", "exact", "strict", "text", "entities")


def measure(saved: SavedModel, data: Path) -> dict[str, dict[str, Any]]:
    """Reports for dev and test: on the given tokens, from raw text, with other names, joined, and in other letter case."""
    reports = {}
    for split in ("dev", "test"):
        documents = read_documents(data / f"{split}.jsonl.gz").documents
        placed = [d for d in documents if d.text is not None and d.offsets is not None and None not in d.offsets]
        reports[f"{split}, given tokens"] = evaluate(saved, documents).to_dict()
        reports[f"{split}, renamed"] = evaluate(saved, documents, renamed=True).to_dict()
        reports[f"{split}, placed, given tokens"] = evaluate(saved, placed).to_dict()
        reports[f"{split}, placed, raw text"] = evaluate(saved, placed, from_text=True).to_dict()
        if split == "test":
            for name, changed in unlike_training(placed).items():
                reports[f"test, placed, {name}"] = evaluate(saved, changed, from_text=True).to_dict()
    return reports


def unlike_training(documents: Sequence[Document]) -> dict[str, list[Document]]:
    """The documents as people may have them: in paragraphs, in other letter case, and with names of other kinds."""
    return {
        "joined in threes": list(joined_in(3, documents)),
        "joined in fives": list(joined_in(5, documents)),
        "lower case": [recased(document, str.lower) for document in documents],
        "capitals": [recased(document, str.upper) for document in documents],
        "names of other kinds": [replace_names(d, random.Random(d.id), names="evaluation") for d in documents],
    }


def table(reports: dict[str, dict[str, Any]]) -> str:
    """The F1 of every score in every condition, in Markdown."""
    rows = ["| | sentences | " + " | ".join(SCORES) + " |", "|---|---|" + "---|" * len(SCORES)]
    for name, report in reports.items():
        cells = " | ".join(f"{100 * report[score]['f1']:.1f}" for score in SCORES)
        rows.append(f"| {name} | {report['counts']['sentences']} | {cells} |")
    return "\n".join(rows)


def false_positives(found: Negatives | None) -> str:
    """A sentence on the false positive rate, or that it was not measured."""
    if found is None:
        return "The false positive rate on sentences without a triple was not measured."
    return (
        f"In {100 * found.false_positive_rate:.1f} % of {found.sentences} sentences of news, fiction and speeches, with "
        "names and without any of its relations, it finds a triple all the same. None of that kind was in its training."
    )


def not_asserted(score: AssertionScore) -> str:
    """A sentence on facts that a text mentions and does not assert."""
    wrong, right = score.total.not_asserted, score.total.look_alikes
    return (
        f"Of {wrong.texts} texts that deny, ask, wish or doubt a fact, it predicts the fact in {wrong.found}; of {right.texts} "
        f"similar ones that assert it, in {right.found}."
    )


def seen_unseen(report: dict[str, Any]) -> str:
    """Strict scores of triples whose names were seen in training and of the others, in Markdown."""
    rows = ["| triples | gold | precision | recall | F1 |", "|---|---|---|---|---|"]
    for name, group in report["seen_unseen"].items():
        cells = " | ".join(f"{100 * group[key]:.1f}" for key in ("precision", "recall", "f1"))
        rows.append(f"| {name} | {group['gold']} | {cells} |")
    return "\n".join(rows)


def _untagged(decoding: Decoding) -> str:
    if decoding.untagged_threshold is None:
        return "as well"
    return "never" if decoding.untagged_threshold == 1 else f"from {decoding.untagged_threshold}"


def _run(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Result and settings of a run."""
    result, config = (json.loads((folder / name).read_text()) for name in ("result.json", "config.json"))
    return result, config


def main() -> None:
    """Build, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder with dev.jsonl.gz and test.jsonl.gz of WebNLG")
    parser.add_argument("--negatives", type=Path, help="sentences without a triple, for the false positive rate")
    options = parser.parse_args()
    single_threaded()
    run = load_model(options.run)
    # dev may prefer the first mention of a word alone, but a user's "Texas" is not the "Wheeler, Texas" that precedes it
    run.model.decoding = replace(run.model.decoding, mentions="name")
    dev = read_documents(options.data / "dev.jsonl.gz").documents
    window = choose_window(run.model, dev, select_by="partial+exact", max_tokens=run.trained_on.max_tokens)
    save_model(options.out, replace(run, trained_on=replace(run.trained_on, max_tokens=window)), storage="int8")
    saved = load_model(options.out)
    calibration = fit_calibration(saved.model, dev, max_tokens=saved.trained_on.max_tokens)
    write_calibration(options.out, calibration)
    saved = load_model(options.out)
    reports = measure(saved, options.data)
    nothing = None
    if options.negatives is not None:
        nothing = evaluate(saved, read_documents(options.negatives).documents).negatives
        reports["test, given tokens"]["negatives"] = nothing.to_dict()
    asked = evaluate_not_asserted(saved)
    reports["test, given tokens"]["not_asserted"] = asked.to_dict()
    write_json(options.out / "scores.json", reports, indent=1)
    result, config = _run(options.run)
    training = config["training"]
    card = Template((HERE / "card.md").read_text()).substitute(
        scores=table(reports),
        seen=seen_unseen(reports["test, given tokens"]),
        negatives=false_positives(nothing),
        ece=f"{100 * reports['test, given tokens']['reliability']['triples']['expected_calibration_error']:.1f}",
        relations=len(saved.model.labels.relations),
        rounds=saved.model.settings.num_rounds,
        not_asserted=not_asserted(asked),
        epoch=result["best_epoch"],
        epochs=training["epochs"],
        renamed=round(100 * training["rename"]),
        joined=round(100 * training["join"]),
        recased=round(100 * training["vary_case"]),
        rewritten=round(100 * training["not_asserted"]),
        threshold=saved.model.decoding.threshold,
        untagged=_untagged(saved.model.decoding),
        minutes=round(result["seconds"] / 60),
        max_tokens=saved.trained_on.max_tokens,
        words=f"{len(saved.model.encoder.words.tables.words):,}",
        keep="kept as one word" if saved.model.decoding.keep_untagged else "dropped",
        megabytes=f"{sum(p.stat().st_size for p in options.out.iterdir()) / 1e6:.1f}",
    )
    (options.out / "README.md").write_text(card)
    (options.out / "LICENSE").write_text((HERE / "LICENSE").read_text())


if __name__ == "__main__":
    main()
