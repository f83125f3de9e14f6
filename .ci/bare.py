"""What a wheel without extras can do, and what it says where an extra is missing. Run by `.ci/package`."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

COMMAND = sys.argv[1]
TEXT = "Ada Lovelace was born in London."
EXTRAS = {"transformers": "transformers", "plot": "matplotlib", "spacy": "spacy", "hub": "huggingface_hub"}

relknit = __import__("relknit")
assert "site-packages" in relknit.__file__, f"{relknit.__file__} is not the installed wheel"
present = [module for module in EXTRAS.values() if find_spec(module)]
assert not present, f"not a bare environment: {present}"


def run(*arguments: str, fails: bool = False) -> str:
    """Output of a command, or its one line of error."""
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == fails, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    return (done.stderr if fails else done.stdout).strip()


def names(extra: str, *arguments: str) -> None:
    """The command fails and its last line says which extra would mend it."""
    said = run(*arguments, fails=True).splitlines()[-1]
    assert f"relknit[{extra}]" in said, f"{arguments}: {said!r} does not name the extra {extra}"
    print(f"{extra:13s}{said}")


document = relknit.load()(TEXT)
assert document.triples, "the shipped model finds nothing"
print(*(f"{t.head.text} | {t.relation} | {t.tail.text}" for t in document.triples), sep="\n")
assert document.to_html()
assert "London" in run("extract", TEXT)
assert run("demo")

with TemporaryDirectory() as folder:
    data = Path(folder) / "corpus"
    run("data", "sample", str(data))
    run("data", "doctor", str(data))
    dev = str(data / "dev.jsonl")
    names(
        "transformers",
        "train",
        str(data),
        "--set",
        "encoder.name=transformer",
        "--set",
        "encoder.source=some/encoder",
        "--out",
        f"{folder}/run",
    )
    names("transformers", "vectors", "distill", "a/b", "--out", f"{folder}/v.npz")
    names("spacy", "data", "convert", dev, f"{folder}/d.spacy")
    names("hub", "extract", TEXT, "--model", "somebody/some-model")
print("the wheel without extras works, and every missing extra is named")
