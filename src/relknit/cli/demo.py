"""relknit demo: the shipped model on a few sentences of our own."""

from __future__ import annotations

from relknit.cli import terminal
from relknit.cli.common import JsonFlag, Model, RuntimeOptions, print_json, use_this_process
from relknit.cli.show import show_document
from relknit.runtime import Runtime
from relknit.sources import DEFAULT_MODEL

# All names but those of the first sentence are invented. What it gets wrong stays visible.
SENTENCES = (
    "Marie Curie was born in Warsaw, Poland, and won the Nobel Prize in Physics in 1903.",
    "Ines Halvorsen founded the bakery chain Kornblume in Bergen in 1998. She is married to the architect Tomas Reyes.",
    "Priya Nair, chief executive of Solway Textiles, studied chemistry at Quellin University.",
    "The Brenholt Bridge in Sutherby, Norway, was designed by Tomas Weyland and opened in 1931.",
    "Ilse Marrentin, a judge from Vardholm, died on 4 March 2012 at the age of 81.",
    "The River Isk flows into the Baltic Sea at Oskarby, a town of 12,400 people.",
    "Dunmore Mills, which employs 240 people, belongs to the Harlow Group of Leeds.",
    "Solway Textiles denied that it had bought Dunmore Mills.",
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
    note = "What is wrong above is what the model gets wrong; a confidence of 0.8 is correct in about four of five triples."
    console.print(note, style="dim")
    return 0
