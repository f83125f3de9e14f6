"""The file format of relknit: a JSON object a line, plain or gzip, UTF-8.

    {"id": "1", "tokens": ["Ada", "lived", "in", "London"],
     "entities": [{"token_start": 0, "token_end": 1, "type": null}, {"token_start": 3, "token_end": 4, "type": null}],
     "relations": [{"head": 0, "tail": 1, "type": "residence"}],
     "text": "Ada lived in London", "offsets": [[0, 3], [4, 9], [10, 12], [13, 19]], "pos": ["NNP", ...]}

`entities` and `relations` may be empty; `text`, `offsets`, `pos` and `id` may be absent; ends are exclusive;
`head == tail` is allowed. Output adds `confidence`, `"tagged": false` on untagged entities, each entity's `text` with its
clean `name` and its characters `start` and `end`, `evidence` of relations ([head, tail] of all places that state it),
`"inferred": true` on those that are stated of a pronoun or a description, and `anchors` ([head token, relation, tail token,
confidence]). Unknown keys are ignored, so output can be read back, corrected and trained on. Files of version 0.1.0, with
other names for these, are still read.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import Any, Final

from relknit.document.annotation import AnchorTriple, Entity, Relation
from relknit.document.model import Document
from relknit.document.record import to_record
from relknit.errors import ConfigError, DataError, short
from relknit.files import open_text, replacing

_MEGABYTE: Final = 1_000_000
_MOST_MEGABYTES: Final = 1_000_000
_MOST_COPIED: Final = 10  # times the length of the line, and 10 MB


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an input file is read at once, so that memory stays bounded for any file.

    Attributes
    ----------
    max_line_mb:
        The longest line that is read, in MB.
    max_file_mb:
        The largest file that is read whole or unpacked (a JSON array, .gz, .spacy, a BRAT text), in MB.

    Raises ConfigError for a limit that is not 1 to 1,000,000 MB.
    """

    max_line_mb: int = 64
    max_file_mb: int = 1024

    def __post_init__(self) -> None:
        for name in ("max_line_mb", "max_file_mb"):
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= _MOST_MEGABYTES:
                raise ConfigError(f"{name} is {short(value)}, expected 1 to {_MOST_MEGABYTES} (MB)")

    def check_file(self, size: int, path: str | Path) -> None:
        """Raise DataError if a file is too large that takes `size` bytes in memory."""
        if size > self.max_file_mb * _MEGABYTE:
            message = f"contains more than {self.max_file_mb} MB; check the file, or raise the limit (--max-file-mb)"
            raise DataError(message, path=path)

    def lines(self, stream: BufferedIOBase, path: Path) -> Iterator[bytes]:
        """The lines of a stream; raises DataError for one that is too long."""
        most, number = self.max_line_mb * _MEGABYTE, 0
        while raw := stream.readline(most + 1):
            number += 1
            if len(raw) > most:
                message = f"the line is longer than {self.max_line_mb} MB; check it, or raise the limit (--max-line-mb)"
                raise DataError(message, path=path, line=number)
            yield raw


DEFAULT_LIMITS: Final = Limits()


def read_lines(path: str | Path, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[tuple[int, str]]:
    """(line number from 1, line) of a plain or gzip text file, blank lines left out.

    Raises DataError when the file is missing, unreadable, not UTF-8, truncated in the middle of a gzip stream, or exceeds
    the limits.
    """
    path = Path(path)
    number = unpacked = 0
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            for number, content in enumerate(limits.lines(gzip.GzipFile(fileobj=raw) if packed else raw, path), 1):
                if packed:
                    unpacked += len(content)
                    limits.check_file(unpacked, path)
                line = content.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                if line.strip():
                    yield number, line
    except FileNotFoundError:
        raise DataError("no such file; check the path", path=path) from None
    except IsADirectoryError:
        raise DataError("is a folder, expected one file; name a file in it", path=path) from None
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8 text ({error.reason}); save the file as UTF-8", path=path, line=number) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        message = f"the gzip stream is damaged ({error}); get the file again"
        raise DataError(message, path=path, line=number + 1) from None
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", path=path) from None


def parse_document(record: Any, *, path: str | Path | None = None, line: int | None = None) -> Document:
    """Check one decoded JSON record and turn it into a Document; raises DataError that names the value and the fix."""
    try:
        return _document(record, line)
    except DataError as error:
        raise DataError(error.message, path=path, line=line) from None


def _document(record: Any, line: int | None) -> Document:
    if not isinstance(record, dict):
        raise DataError(f"expected a JSON object, found {short(record)}; write one object a line")
    tokens = _tokens(record)
    _check_positions(record, tokens)
    record = upgraded(record)
    entities = tuple(_entity(item, k, len(tokens)) for k, item in enumerate(_list(record, "entities")))
    relations = tuple(_relation(item, k, len(entities)) for k, item in enumerate(_list(record, "relations")))
    text = record.get("text")
    if text is not None and not isinstance(text, str):
        raise DataError(f"text is {short(text)}, expected a string; remove it or write the raw sentence")
    offsets = _offsets(record, tokens, text)
    _check_nesting(entities, tokens, offsets, len(text or ""))
    identity = record.get("id")
    if identity is not None and (isinstance(identity, bool) or not isinstance(identity, str | int | float)):
        raise DataError(f"id is {short(identity)}, expected a string")
    return Document(
        id=str(line if identity is None else identity),
        tokens=tokens,
        entities=entities,
        relations=relations,
        text=text,
        offsets=offsets,
        pos=_pos(record, tokens),
        anchors=_anchors(record, len(tokens)),
    )


def upgraded(record: dict[str, Any]) -> dict[str, Any]:
    """A decoded record with the current keys; version 0.1.0 had "start" and "end" for tokens, "chars" for characters."""
    entities = record.get("entities")
    if not isinstance(entities, list) or not any(map(_is_old, entities)):
        return record
    return record | {"entities": [_upgraded_entity(item) if _is_old(item) else item for item in entities]}


def _check_positions(record: dict[str, Any], tokens: Sequence[str]) -> None:
    """Raise DataError where "start" and "end" of an entity without token positions are not those of version 0.1.0."""
    entities = _list(record, "entities")
    old = [(k, entity) for k, entity in enumerate(entities) if _is_old(entity)]
    if old and any(isinstance(entity, dict) and "token_start" in entity for entity in entities):
        raise DataError(f"entity {old[0][0]} has no token_start and token_end, which others here have; add them")
    for k, entity in old:
        start, end, text = entity["start"], entity["end"], entity.get("text")
        if "chars" in entity or not (isinstance(text, str) and type(start) is type(end) is int):
            continue
        if "".join(tokens[start:end]) != "".join(text.split()):
            found = f"tokens {start} to {end} are {short(' '.join(tokens[start:end]))} and its text is {short(text)}"
            raise DataError(f"entity {k} has no token_start and token_end; {found}; add them")


def _is_old(entity: Any) -> bool:
    if not isinstance(entity, dict) or "token_start" in entity or "token_end" in entity:
        return False
    return "start" in entity and "end" in entity


def _upgraded_entity(entity: dict[str, Any]) -> dict[str, Any]:
    others = {key: value for key, value in entity.items() if key not in ("start", "end", "chars")}
    characters = entity.get("chars")
    if characters is not None:
        is_pair = isinstance(characters, list) and len(characters) == 2
        others |= dict(zip(("start", "end"), characters if is_pair else (characters, None), strict=True))
    return {"token_start": entity["start"], "token_end": entity["end"]} | others


def parse_line(line: str, *, path: str | Path | None = None, number: int | None = None) -> Document:
    """Decode and check one JSONL line; raises DataError."""
    return parse_document(decode_line(line, path=path, number=number), path=path, line=number)


def decode_line(line: str, *, path: str | Path | None = None, number: int | None = None) -> Any:
    """The JSON value of one line.

    Raises DataError if it is not JSON, an object repeats a key, or a string has a lone surrogate.
    """
    try:
        value = json.loads(line, object_pairs_hook=each_key_once)
        lone = lone_surrogate(value) if "\\u" in line else None  # only an escape can produce one
        message = "" if lone is None else f"{lone} is a lone surrogate; write the character itself"
    except json.JSONDecodeError as error:
        message = f"not valid JSON at column {error.colno}: {error.msg}; write one object a line"
    except RecursionError:
        message = "not valid JSON: nested too deeply; write one object a line"
    except ValueError as error:
        message = f"not valid JSON: {error}"
    if message:
        raise DataError(message, path=path, line=number)
    return value


def lone_surrogate(value: Any) -> str | None:
    """The first lone surrogate in a JSON value, escaped, as UTF-8 cannot encode it; None if there is none."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        return ascii(error.object[error.start])
    return None


def each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs, for json's `object_pairs_hook`; raises ValueError for a repeated key."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {short(key)} is repeated; keep one")
            seen.add(key)
    return found


def write_jsonl(path: str | Path, documents: Iterable[Document]) -> int:
    """Write documents atomically (a temporary file beside `path`, then a rename); `.gz` compresses. Returns the count.

    Raises DataError when the file cannot be written; an existing file is then unchanged.
    """
    path, count = Path(path), 0
    with replacing(path) as partial:
        try:
            with open_text(partial, packed=path.suffix == ".gz") as out:
                for document in documents:
                    out.write(json.dumps(to_record(document), ensure_ascii=False) + "\n")
                    count += 1
        except UnicodeEncodeError as error:
            lone = ascii(error.object[error.start])
            message = f"{lone} is a lone surrogate, which UTF-8 cannot encode; fix the text"
            raise DataError(message, path=path, line=count + 1) from None
    return count


def _list(record: dict[str, Any], key: str) -> list[Any]:
    value = record.get(key, [])
    if not isinstance(value, list):
        raise DataError(f"{key} is {short(value)}, expected a list")
    return value


def _tokens(record: dict[str, Any]) -> tuple[str, ...]:
    if "tokens" not in record:
        fix = "files of other formats are read by: relknit data convert"
        raise DataError(f'no "tokens", expected a list of words; {fix}')
    tokens = record["tokens"]
    if not isinstance(tokens, list):
        raise DataError(f"tokens is {short(tokens)}, expected a list of strings")
    for k, token in enumerate(tokens):
        if not isinstance(token, str) or not token:
            raise DataError(f"token {k} is {short(token)}, expected a non-empty string")
    return tuple(tokens)


def _integer(item: dict[str, Any], key: str, what: str) -> int:
    if key not in item:
        raise DataError(f'{what} has no "{key}"')
    value = item[key]
    if type(value) is not int:
        raise DataError(f"{what} has {key} {short(value)}, expected a whole number")
    return value


def _confidence_of(value: Any, what: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise DataError(f"{what} has confidence {short(value)}, expected a number from 0 to 1")
    return float(value)


def _entity(item: Any, k: int, length: int) -> Entity:
    what = f"entity {k}"
    if not isinstance(item, dict):
        raise DataError(f'{what} is {short(item)}, expected {{"token_start", "token_end", "type"}}')
    start, end = (_integer(item, key, what) for key in ("token_start", "token_end"))
    if not 0 <= start < end <= length:
        raise DataError(f"{what} spans tokens [{start}, {end}), but the line has {length} tokens; the end is exclusive")
    label = item.get("type")
    if label is not None and (not isinstance(label, str) or not label):
        raise DataError(f"{what} has type {short(label)}, expected a string or null")
    tagged = item.get("tagged", True)
    if not isinstance(tagged, bool):
        raise DataError(f"{what} has tagged {short(tagged)}, expected true or false")
    return Entity(start, end, label, _confidence_of(item.get("confidence"), what), tagged)


def _check_nesting(
    entities: Sequence[Entity], tokens: Sequence[str], offsets: Sequence[tuple[int, int] | None] | None, characters: int
) -> None:
    """Raise DataError where the texts of all entities would take far more memory than the line itself."""
    length = characters + sum(map(len, tokens)) + len(tokens)
    most = _MOST_COPIED * (length + _MEGABYTE)
    if len(entities) * length <= most:
        return
    before, size, end = [0], 0, 0
    for token, place in zip(tokens, offsets or [None] * len(tokens), strict=True):
        size, end = size + len(token) + 1, end if place is None else place[1]
        before.append(size + end)
    copied = sum(before[entity.token_end] - before[entity.token_start] for entity in entities)
    if copied > most:
        raise DataError(
            f"{len(entities)} nested entities have {copied} characters in {length}; expected at most {most}"
        )


def _relation(item: Any, k: int, entities: int) -> Relation:
    what = f"relation {k}"
    if not isinstance(item, dict):
        raise DataError(f'{what} is {short(item)}, expected {{"head", "tail", "type"}}')
    head, tail = (_integer(item, key, what) for key in ("head", "tail"))
    for end in (head, tail):
        if not 0 <= end < entities:
            raise DataError(f"{what} points at entity {end}, but the line has {entities} entities; they count from 0")
    label = item.get("type")
    if not isinstance(label, str) or not label:
        shown = f"type {short(label)}" if "type" in item else "no type"
        raise DataError(f"{what} has {shown}, expected the name of a relation")
    confidence = _confidence_of(item.get("confidence"), what)
    inferred = item.get("inferred", False)
    if not isinstance(inferred, bool):
        raise DataError(f"{what} has inferred {short(inferred)}, expected true or false")
    return Relation(head, tail, label, confidence, evidence=_evidence(item, entities, what), inferred=inferred)


def _evidence(item: dict[str, Any], entities: int, what: str) -> tuple[tuple[int, int], ...]:
    pairs = item.get("evidence", ())
    for pair in pairs if isinstance(pairs, list | tuple) else [pairs]:
        is_pair = isinstance(pair, list | tuple) and len(pair) == 2
        if not is_pair or any(type(k) is not int or not 0 <= k < entities for k in pair):
            raise DataError(f"{what} has evidence {short(pair)}, expected [head, tail] of the {entities} entities")
    return tuple((head, tail) for head, tail in pairs)


def _pos(record: dict[str, Any], tokens: tuple[str, ...]) -> tuple[str, ...] | None:
    pos = record.get("pos")
    if pos is None:
        return None
    if not isinstance(pos, list) or not all(isinstance(tag, str) for tag in pos):
        raise DataError(f"pos is {short(pos)}, expected a list of strings")
    if len(pos) != len(tokens):
        raise DataError(f"pos has {len(pos)} tags for {len(tokens)} tokens; give one a token or leave pos out")
    return tuple(pos)


def _offsets(
    record: dict[str, Any], tokens: tuple[str, ...], text: str | None
) -> tuple[tuple[int, int] | None, ...] | None:
    offsets = record.get("offsets")
    if offsets is None:
        return None
    if text is None:
        raise DataError('offsets need "text"; add the text or leave offsets out')
    if not isinstance(offsets, list) or len(offsets) != len(tokens):
        raise DataError(f"offsets must be a list with one entry for each of the {len(tokens)} tokens")
    result: list[tuple[int, int] | None] = []
    end = 0
    for k, pair in enumerate(offsets):
        if pair is None:
            result.append(None)
            continue
        whole = isinstance(pair, list) and len(pair) == 2 and all(type(x) is int for x in pair)
        if not whole or not 0 <= pair[0] < pair[1] <= len(text):
            expected = f"expected [start, end] within the {len(text)} characters of text"
            raise DataError(f"offset {k} is {short(pair)}, {expected}")
        if pair[0] < end:
            why = f"but a token before it ends at {end}; tokens must be in reading order"
            raise DataError(f"offset {k} is {short(pair)}, {why}")
        end = pair[1]
        result.append((pair[0], end))
    return tuple(result)


def _anchors(record: dict[str, Any], length: int) -> tuple[AnchorTriple, ...] | None:
    if record.get("anchors") is None:
        return None
    return tuple(_anchor(item, k, length) for k, item in enumerate(_list(record, "anchors")))


def _anchor(item: Any, k: int, length: int) -> AnchorTriple:
    if not isinstance(item, list) or len(item) not in (3, 4):
        raise DataError(f"anchor {k} is {short(item)}, expected [head token, relation, tail token, confidence]")
    head, label, tail, confidence = item if len(item) == 4 else (*item, None)
    for end in (head, tail):
        if type(end) is not int or not 0 <= end < length:
            raise DataError(f"anchor {k} points at token {short(end)}, but the line has {length} tokens")
    if not isinstance(label, str) or not label:
        raise DataError(f"anchor {k} has relation {short(label)}, expected a name")
    return AnchorTriple(head, label, tail, _confidence_of(confidence, f"anchor {k}"))
