"""Texts from files, folders, records and standard input, each with an id and its position.

arguments.py      what an argument of the command line refers to
reading.py        every text of the inputs, in order and in constant memory
record_texts.py   the records of JSONL, CSV and TSV
html_text.py      the text of HTML pages
"""

from relknit.inputs.arguments import InputSource, find_inputs
from relknit.inputs.reading import read_inputs
from relknit.inputs.text_input import InputOptions, TextInput

__all__ = ["InputOptions", "InputSource", "TextInput", "find_inputs", "read_inputs"]
