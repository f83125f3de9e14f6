"""All commands together. What takes long to import, such as torch, is imported inside the commands, so that help is quick."""

from __future__ import annotations

from cyclopts import App

from relknit.cli import calibrate, compare, demo, evaluate, extract, info, predict, score, train


def _version() -> str:
    from relknit.version import __version__

    return __version__


app = App(
    name="relknit",
    help="Knit text into facts: joint entity and relation extraction with evidence for every triple.",
    version=_version,
    suppress_keyboard_interrupt=False,  # `main` reports it
)
app.command(extract.extract)
app.command(demo.demo)
app.command(info.info)
app.command(train.train)
app.command(evaluate.evaluate)
app.command(predict.predict)
app.command(score.score)
app.command(compare.compare)
app.command(calibrate.calibrate)
app.command("relknit.cli.benchmark:app", name="benchmark", help="Score models and predictions on shipped texts.")
app.command("relknit.cli.data:app", name="data", help="List, download, check, convert and count datasets.")
app.command("relknit.cli.graph:app", name="graph", help="Make, update and query a knowledge graph of documents.")
app.command(
    "relknit.cli.experiment:app",
    name="experiment",
    help="Train the rows of a paper's tables, and compare them with its figures.",
)
app.command("relknit.cli.make_vectors:app", name="vectors", help="Make word vectors for the BiLSTM encoder.")
