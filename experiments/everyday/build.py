"""Turn a finished run into the model folder that ships: small weights, licence, and a card with measured scores.

    python experiments/everyday/build.py RUN src/relknit/shipped/models/everyday --sources data/sources

Every figure of the card is measured here, on the folder that ships, and is also in its scores.json;
the whole report of the benchmark goes to results/ beside this file.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from knowledgenet import measure_knowledgenet
from measurement import RUNTIME, in_scope

from relknit.benchmark import EverydayReport, benchmark_everyday
from relknit.checkpoint import SavedModel, load_model, save_model, write_calibration, write_json
from relknit.data.readers import read_documents
from relknit.evaluation import evaluate, evaluate_not_asserted
from relknit.metrics import EvaluationReport, Score
from relknit.ops.workers import single_threaded
from relknit.training.calibration import fit_calibration

HERE = Path(__file__).parent
WATTS, GRAMS_PER_KWH = 15, 400


def measure(saved: SavedModel, sources: Path) -> dict[str, EvaluationReport]:
    """Reports of the texts that people wrote."""
    redocred, knowledgenet = (in_scope(sources, name, "test") for name in ("redocred", "knowledgenet"))
    reports = {"Re-DocRED test": evaluate(saved, redocred, from_text=True, runtime=RUNTIME)}
    rows = measure_knowledgenet(saved, knowledgenet).reports
    return reports | {f"KnowledgeNet fold 4, {name}": report for name, report in rows.items()}


def percent(score: Score) -> str:
    """Precision, recall and F1 as cells of a table."""
    return " | ".join(f"{100 * value:.1f}" for value in (score.precision, score.recall, score.f1))


def table(rows: Mapping[str, Score], first: str) -> str:
    """Precision, recall and F1 of each row, in Markdown."""
    lines = [f"| {first} | precision | recall | F1 | gold |", "|---|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {percent(score)} | {score.gold} |" for name, score in rows.items())])


def everyday_rows(report: EverydayReport) -> dict[str, Score]:
    """The scores of the benchmark by name."""
    names = {
        "strict": "strict",
        "text": "text (strict, words in place of spans)",
        "exact": "exact",
        "entities": "entities",
    }
    rows = {f"facts between names, {names[name]}": report.facts.scores[name] for name in ("strict", "text", "exact")}
    return {
        **rows,
        "all facts, strict, pronouns resolved": report.all_facts,
        "entities": report.facts.scores["entities"],
    }


def rates(report: EverydayReport) -> str:
    """Sentences on texts without a fact, and on speed."""
    negatives, named = report.negatives, report.not_asserted["total"]
    speed = report.speed
    assert speed is not None
    return (
        f"In {100 * negatives.false_positive_rate:.1f} % of {negatives.sentences} texts without a fact it finds a triple; of "
        f"{named.texts} facts that texts name and do not assert it predicts {100 * named.fraction:.1f} %. It reads "
        f"{speed.sentences_per_cpu_second:.0f} sentences per CPU-second, on a core that computes "
        f"{speed.products_per_cpu_second:.0f} products of two 512 x 512 matrices in that time."
    )


def points(report: EverydayReport) -> str:
    """Precision and recall from some confidences on."""
    return " ".join(
        f"From {least:.2f} on: precision {100 * point.precision:.0f} %, recall {100 * point.recall:.0f} %."
        for least, point in report.points
    )


def not_asserted(saved: SavedModel) -> tuple[str, dict[str, Any]]:
    """A sentence on the included test of facts that are not asserted, and its record."""
    score = evaluate_not_asserted(saved, runtime=RUNTIME)
    wrong, right = score.total.not_asserted, score.total.look_alikes
    text = f"Of {wrong.texts} texts that deny, ask, wish or doubt a fact, it predicts the fact in {wrong.found}; "
    return f"{text}of {right.texts} similar ones that assert it, in {right.found}.", score.to_dict()


def _sources(mixture: Path) -> dict[str, str]:
    """For each source of a mixture how many sentences it has, and how many of them an epoch has, in words."""
    found = {}
    for name, settings in tomllib.loads(mixture.read_text())["sources"].items():
        lines = (mixture.parent / settings["folder"] / "train.jsonl").read_text().splitlines()
        found |= {f"{name}_count": f"{len(lines):,}", f"{name}_share": f"{100 * settings.get('weight', 1.0):.0f} %"}
    return found


def main() -> None:
    """Build, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sources", type=Path, required=True, help="the folder that sources.py wrote")
    parser.add_argument("--dev", type=Path, required=True, help="the dev split that corpus.py wrote")
    parser.add_argument("--mixture", type=Path, required=True, help="the mixture that the run was trained on")
    parser.add_argument("--note", default="", help="what came before the run, for the card")
    options = parser.parse_args()
    single_threaded()
    run = load_model(options.run)
    save_model(options.out, run, storage="int8")
    dev = read_documents(options.dev).documents
    saved = load_model(options.out)
    write_calibration(
        options.out, fit_calibration(saved.model, dev, max_tokens=saved.trained_on.max_tokens, runtime=RUNTIME)
    )
    saved = load_model(options.out)
    whole, small = (evaluate(one, dev, runtime=RUNTIME).scores["strict"].f1 for one in (run, saved))
    print(f"dev strict: float32 {100 * whole:.2f}, as stored {100 * small:.2f}")
    report, people = benchmark_everyday(saved, runtime=RUNTIME), measure(saved, options.sources)
    asked, record = not_asserted(saved)
    scores = {"everyday test, raw text": report.facts.to_dict() | {"not_asserted": record}}
    scores |= {name: one.to_dict() for name, one in people.items()}
    write_json(options.out / "scores.json", scores, indent=1)
    write_json(HERE / "results" / f"{options.out.name}.json", report.to_dict(), indent=1)
    result, config = (json.loads((options.run / name).read_text()) for name in ("result.json", "config.json"))
    training, minutes = config["training"], result["seconds"] / 60
    is_transformer = saved.model.settings and config["encoder"]["name"] == "transformer"
    error = report.facts.reliability
    card = Template((HERE / "card.md").read_text()).substitute(
        _sources(options.mixture),
        name=options.out.name,
        rounds=saved.model.settings.num_rounds,
        encoder="all-MiniLM-L6-v2, fine-tuned" if is_transformer else "a two-layer BiLSTM (2 x 128)",
        vectors="all-MiniLM-L6-v2, the encoder"
        if is_transformer
        else "word vectors from the word-piece table of all-MiniLM-L6-v2",
        relations=len(saved.model.labels.relations) - 1,
        everyday=table(everyday_rows(report), "test"),
        rates=rates(report),
        genres=table(report.by_genre, "genre"),
        by_relation=table(report.by_relation, "relation"),
        sources=table({name: one.scores["strict"] for name, one in people.items()}, "test"),
        ece="not measured" if error is None else f"{100 * error.error:.1f}",
        points=points(report),
        not_asserted=asked,
        renamed=round(100 * training["rename"]),
        joined=round(100 * training["join"]),
        recased=round(100 * training["vary_case"]),
        rewritten=round(100 * training["not_asserted"]),
        epochs=training["epochs"],
        epoch=result["best_epoch"],
        minutes=round(minutes),
        note=options.note,
        grams=round(minutes / 60 * WATTS / 1000 * GRAMS_PER_KWH, 1),
        max_tokens=saved.trained_on.max_tokens,
        megabytes=f"{sum(p.stat().st_size for p in options.out.iterdir()) / 1e6:.1f}",
    )
    (options.out / "README.md").write_text(card)
    (options.out / "LICENSE").write_text((HERE / "LICENSE").read_text())


if __name__ == "__main__":
    main()
