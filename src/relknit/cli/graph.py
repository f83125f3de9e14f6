"""relknit graph: a knowledge graph of documents in one SQLite file."""

from __future__ import annotations

from cyclopts import App

from relknit.cli.graph_build import add, build, remove
from relknit.cli.graph_explain import explain, proposals
from relknit.cli.graph_show import query, show

app = App(name="graph")
app.command(build)
app.command(add)
app.command(remove)
app.command(show)
app.command(query)
app.command(explain)
app.command(proposals)
