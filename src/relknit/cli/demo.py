"""relknit demo: the shipped model on a few sentences of our own."""

from __future__ import annotations

from relknit.cli import terminal
from relknit.cli.common import JsonFlag, Model, RuntimeOptions, print_json, use_this_process
from relknit.cli.show import show_document
from relknit.runtime import Runtime
from relknit.sources import DEFAULT_MODEL

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


def demo(*, model: Model = DEFAULT_MODEL, as_json: JsonFlag = False, runtime: RuntimeOptions = Runtime()) -> int:
    """Extract triples from a few sentences and show them, correct and wrong alike.

    --json prints one JSON object per sentence (JSON Lines).
    """
    from relknit.extractor import load

    use_this_process()
    extractor, console = load(model, runtime=runtime), terminal.console()
    for document in extractor.batch(SENTENCES):
        if as_json:
            print_json(document.to_dict(), indent=None)
        else:
            show_document(console, document)
    if as_json:
        return 0
    note = (
        "The last four sentences hold names that the model has never seen; what is wrong above is what it gets wrong."
    )
    console.print(note, style="dim")
    return 0
