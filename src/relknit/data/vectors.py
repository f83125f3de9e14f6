"""Pretrained word vectors: GloVe-style text ("word 0.1 0.2 …") or .npz with `words` and `vectors`."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tokenize import TokenError

import numpy as np
from numpy.typing import NDArray

from relknit.document.jsonl import read_lines
from relknit.errors import DataError
from relknit.files import replacing


@dataclass(frozen=True)
class WordVectors:
    """`words[k]` has the vector `vectors[k]`, (n, d) float32, usually commonest first."""

    words: tuple[str, ...]
    vectors: NDArray[np.float32]

    @property
    def dim(self) -> int:
        """d, the width of a vector."""
        return int(self.vectors.shape[1])

    def rescaled(self, std: float) -> WordVectors:
        """The same directions with all components scaled to this standard deviation; raises DataError where all are equal."""
        own = float(self.vectors.std(dtype=np.float64))
        if self.vectors.min() == self.vectors.max():
            found = f"the components of all {len(self.words)} vectors are {self.vectors.flat[0]:g}"
            raise DataError(
                f"{found}, so they cannot be rescaled to a standard deviation of {std:g}; use vectors that differ"
            )
        return WordVectors(self.words, self.vectors * np.float32(std / own))


def join_vectors(parts: Sequence[WordVectors], *, std: float = 0.2) -> WordVectors:
    """Vectors of the words of the first, each the words' vectors in all parts side by side, all parts of one standard deviation.

    The vector of a word that a part lacks is zero. Raises DataError without parts, and for one whose components are all equal.
    """
    if not parts:
        raise DataError("no vectors to join; give one file or more")
    words = parts[0].words
    columns = []
    for part in (part.rescaled(std) for part in parts):
        rows = {word: row for row, word in reversed(list(enumerate(part.words)))}  # the first of repeated words
        column = np.zeros((len(words), part.dim), dtype=np.float32)
        for number, word in enumerate(words):
            if word in rows:
                column[number] = part.vectors[rows[word]]
        columns.append(column)
    return WordVectors(words, np.concatenate(columns, axis=1))


def load_vectors(path: str | Path) -> WordVectors:
    """Read vectors from `.npz`, or from text (plain or .gz) with or without word2vec's header of count and width.

    Raises DataError naming file, line (of text) and fix.
    """
    path = Path(path)
    return _load_npz(path) if path.suffix == ".npz" else _load_text(path)


def save_vectors(path: Path, vectors: WordVectors) -> None:
    """Write `.npz` with `words` and `vectors`, atomically; `load_vectors` reads it back. Raises DataError."""
    with replacing(path) as partial, partial.open("wb") as out:
        np.savez(out, words=np.array(vectors.words, dtype=np.str_), vectors=vectors.vectors)


def _load_npz(path: Path) -> WordVectors:
    try:
        with zipfile.ZipFile(path) as archive:
            words, vectors = _array(archive, "words"), _array(archive, "vectors")
        names = words.tolist()
    except FileNotFoundError:
        raise DataError("no such file; check the path of the vectors", path=path) from None
    except KeyError as error:
        raise DataError(f"{error.args[0]}; save `words` and `vectors` with numpy.savez", path=path) from None
    except (OSError, EOFError, NotImplementedError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        message = f"not a readable .npz of plain arrays: {error}; save it again with numpy.savez"
        raise DataError(message, path=path) from None
    if words.ndim != 1 or words.dtype.kind != "U" or vectors.dtype.kind not in "fiu":
        found = f"words are {words.dtype}{words.shape}, vectors {vectors.dtype}"
        raise DataError(f"{found}; expected a list of strings and numbers", path=path)
    if vectors.ndim != 2 or vectors.shape[0] != words.shape[0] or not vectors.size:
        message = f"{words.size} words and vectors of shape {vectors.shape}; expected one row per word, at least one"
        raise DataError(message, path=path)
    with np.errstate(over="ignore"):  # what does not fit float32 becomes infinite and is refused below
        table = vectors.astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if bad.size:
        raise DataError(f"the vector of {names[bad[0]]!r} has a number that is not finite; remove it", path=path)
    return WordVectors(tuple(names), table)


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[np.generic]:
    """An array of the archive; no memory is taken for what its header promises. Raises ValueError."""
    entry = archive.getinfo(f"{name}.npy")
    if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is encrypted or compressed in a way that numpy does not use")
    stream = BytesIO(archive.read(entry))
    is_first_version = np.lib.format.read_magic(stream) == (1, 0)
    read_header = np.lib.format.read_array_header_1_0 if is_first_version else np.lib.format.read_array_header_2_0
    try:
        shape, by_column, dtype = read_header(stream)
    except (SyntaxError, TokenError):
        raise ValueError(f"the header of {name} is damaged") from None
    values: NDArray[np.generic] = np.frombuffer(stream.read(), dtype)
    return values.reshape(shape, order="F" if by_column else "C")


def _load_text(path: Path) -> WordVectors:
    words: list[str] = []
    rows: list[NDArray[np.float32]] = []
    for number, line in read_lines(path):
        word, *parts = line.rstrip().split(" ")
        if number == 1 and len(parts) == 1 and word.isdecimal() and parts[0].isdecimal():
            continue  # the header of word2vec's text format: count and width
        if rows and word and len(parts) > rows[0].size and not any(map(_like_a_number, parts[: -rows[0].size])):
            word = " ".join([word, *parts[: -rows[0].size]])  # GloVe's ". . ." and "at name@domain.com"
            parts = parts[-rows[0].size :]
        row = _numbers(parts)
        if not word or not row.size:
            raise DataError(f"expected a word and numbers, found {line[:60]!r}", path=path, line=number)
        if rows and row.shape != rows[0].shape:
            raise DataError(f"{row.size} numbers, the lines before have {rows[0].size}", path=path, line=number)
        if not np.isfinite(row).all():
            raise DataError(f"the vector of {word!r} has a number that is not finite", path=path, line=number)
        words.append(word)
        rows.append(row)
    if not rows:
        raise DataError("no vectors in it; expected lines of a word and numbers", path=path)
    return WordVectors(tuple(words), np.stack(rows))


def _numbers(parts: Sequence[str]) -> NDArray[np.float32]:
    """(d,), or (0,) if one of them is not a number; what does not fit float32 is infinite."""
    try:
        with np.errstate(over="ignore"):
            return np.array(parts, dtype=np.float32)
    except ValueError:
        return np.zeros(0, dtype=np.float32)


def _like_a_number(part: str) -> bool:
    """Whether it is a number or the rest of a damaged one, which is not part of a word."""
    return not part or part[0].isdigit() or _numbers([part]).size == 1
