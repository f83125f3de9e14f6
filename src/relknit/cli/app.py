"""All commands together. Modules that need torch are imported inside the commands, so that help is quick."""

from __future__ import annotations

from cyclopts import App

from relknit.cli import calibrate, compare, data, demo, evaluate, experiment, extract, predict, score, train, vectors
from relknit.version import __version__

app = App(
    name="relknit",
    help="Knit text into facts: joint entity and relation extraction with evidence for every triple.",
    version=__version__,
    suppress_keyboard_interrupt=False,  # `main` reports it
)
app.command(extract.extract)
app.command(demo.demo)
app.command(train.train)
app.command(evaluate.evaluate)
app.command(predict.predict)
app.command(score.score)
app.command(compare.compare)
app.command(calibrate.calibrate)
app.command(data.app)
app.command(experiment.app)
app.command(vectors.app)
