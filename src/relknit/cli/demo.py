"""relknit demo: the shipped model on a few sentences of our own."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from relknit.cli import terminal
from relknit.cli.common import use_this_process, worker_threads
from relknit.cli.show import show_document

# Half of these hold names that the model's training data does not have. What it gets wrong stays visible.
SENTENCES = (
    "Alan Bean, who was born in Wheeler, Texas, was a crew member of Apollo 12.",
    "The Acharya Institute of Technology in Bangalore was established in 2000.",
    "Aarhus Airport is operated by Aktieselskab and serves the city of Aarhus, Denmark.",
    "Bionico is a dessert from Mexico which contains granola and sour cream.",
    "Ilse Marrentin was born in Vardholm and wrote The Glass Orchard.",
    "Quellin Stadium, the home ground of FC Tarvanna, is located in Oskarby.",
    "The Brenholt Bridge in Sutherby, Norway was designed by Tomas Weyland.",
    "Nadia Okoro met Peter Lindqvist on Tuesday to talk about the weather.",
)


def demo(*, model: Annotated[str, Parameter(help="A model folder or the name of a shipped model.")] = "webnlg") -> int:
    """Extract triples from a few sentences and show them, right and wrong alike."""
    from relknit.extractor import Extractor

    use_this_process()
    extractor = Extractor.load(model, threads=worker_threads(0))
    console = terminal.console()
    for document in extractor.batch(SENTENCES):
        show_document(console, document)
    console.print(
        "The last four sentences hold names that the model has never seen; what is wrong above is what it gets wrong.",
        style="dim",
    )
    return 0
