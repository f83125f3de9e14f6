"""relknit vectors: word vectors for the BiLSTM encoder."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from relknit.cli import terminal
from relknit.cli.common import Flag, JsonFlag, Overwrite, print_json, progress_bar, use_this_process
from relknit.data.readers import find_splits, read_documents
from relknit.data.vectors import join_vectors, load_vectors, save_vectors
from relknit.document.jsonl import read_lines
from relknit.encoders.bilstm.vocabulary import word_counts, word_vocabulary
from relknit.errors import ConfigError
from relknit.files import check_target
from relknit.runtime import Runtime

app = App(name="vectors")

_DATA = (".jsonl", ".jsonl.gz")


@app.command
def distill(
    encoder: str,
    *,
    out: Path,
    dim: int = 100,
    words: Annotated[list[Path] | None, Parameter(consume_multiple=True, negative="")] = None,
    std: float = 0.2,
    own: Annotated[bool, Flag] = False,
    contextual: Annotated[bool, Flag] = False,
    device: str = "cpu",
    threads: int = 0,
    overwrite: Overwrite = False,
    as_json: JsonFlag = False,
) -> int:
    """Make word vectors from a transformer, for `encoder.vectors`. Needs the extra `transformers`.

    Parameters
    ----------
    encoder:
        A Hugging Face encoder: its folder, an installed package that holds one, or hf:NAME for one of the Hub.
    out:
        The .npz file to write.
    dim:
        Components of a vector; set `encoder.word_dim` to the same.
    words:
        Which words: text files with one on each line, .jsonl files, data folders (their train split), or .npz vectors.
    own:
        Also include the words of the transformer's vocabulary; always included without --words.
    std:
        Standard deviation of the components; 0 keeps the transformer's own scale.
    contextual:
        Read each word with the whole transformer instead of looking its pieces up; slower.
    device:
        cpu, cuda, or auto: a GPU where there is one.
    threads:
        Worker threads, 0 for one per core.
    """
    from relknit.encoders.transformer.distill import distill_vectors, whole_words
    from relknit.encoders.transformer.pretrained import read_transformer

    if not 0 <= std < math.inf:
        raise ConfigError(f"--std {std}: expected a number, 0 (the transformer's own scale) or more")
    check_target(out, suffixes=(".npz",), overwrite=overwrite)
    runtime = Runtime(device, threads)
    use_this_process()
    given = _words(words or [])
    parts = read_transformer(encoder)
    chosen = list(dict.fromkeys([*given, *whole_words(parts)])) if own or not words else given
    with progress_bar("distilling", len(chosen)) as progress:
        shown: dict[str, Any] = {"runtime": runtime, "progress": progress}
        vectors = distill_vectors(parts, chosen, dim=dim, std=std or None, contextual=contextual, **shown)
    save_vectors(out, vectors)
    _report(len(chosen), dim, out, as_json=as_json)
    return 0


@app.command
def join(*sources: Path, out: Path, overwrite: Overwrite = False, as_json: JsonFlag = False) -> int:
    """Set the vectors of several files side by side, each rescaled to the same standard deviation, for `encoder.vectors`.

    Parameters
    ----------
    sources:
        .npz or text files of vectors; the words are those of the first.
    out:
        The .npz file to write.
    """
    check_target(out, suffixes=(".npz",), overwrite=overwrite)
    joined = join_vectors([load_vectors(source) for source in sources])
    save_vectors(out, joined)
    _report(len(joined.words), joined.dim, out, as_json=as_json)
    return 0


def _report(words: int, dim: int, out: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({"out": str(out), "words": words, "dim": dim})
    else:
        use = f"set encoder.vectors={out} and encoder.word_dim={dim}"
        terminal.print_line(f"{words} words of {dim} components in {out}; {use}")


def _words(sources: list[Path]) -> list[str]:
    """The words of all sources, each once: those of data by falling count, as a model looks them up."""
    found: dict[str, None] = {}
    for source in sources:
        if source.suffix == ".npz":
            found |= dict.fromkeys(load_vectors(source).words)
        elif source.is_dir() or source.name.endswith(_DATA):
            file = find_splits(source)["train"] if source.is_dir() else source
            counts = word_counts(read_documents(file).documents, repair=True)
            found |= dict.fromkeys(word_vocabulary(counts, min_count=1).names[2:])
        else:
            found |= dict.fromkeys(word for _, line in read_lines(source) if (word := line.strip()))
    return list(found)
