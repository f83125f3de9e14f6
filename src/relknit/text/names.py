"""The names a model saw in training, kept as hashes so that a model folder does not carry the data's text."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from relknit.document import Document, Entity

HASH_DIGITS = 10


def normal_name(text: str) -> str:
    """The name in lower case with single spaces: what decides whether two names are the same."""
    return " ".join(text.lower().split())


def entity_name(document: Document, entity: Entity) -> str:
    """The entity's tokens joined by spaces, in lower case."""
    return normal_name(" ".join(document.tokens[entity.token_start : entity.token_end]))


def name_hash(text: str) -> str:
    """The first 10 hexadecimal digits of the blake2b hash of the lower-cased, space-joined name."""
    return blake2b(normal_name(text).encode()).hexdigest()[:HASH_DIGITS]


def sentence_hash(tokens: Sequence[str]) -> str:
    """10 hex digits that identify a sentence, ignoring case and spacing."""
    return name_hash(" ".join(tokens))


def hashed_names(documents: Iterable[Document]) -> frozenset[str]:
    """`name_hash` of every entity name in the documents, for a model to remember what it was trained on."""
    names = {entity_name(document, entity) for document in documents for entity in document.entities}
    return frozenset(map(name_hash, names))


def pack_hashes(hashes: Iterable[str]) -> str:
    """Hashes in one string, sorted: base64 of 5 bytes for each."""
    return b64encode(bytes.fromhex("".join(sorted(hashes)))).decode()


def unpack_hashes(packed: str) -> frozenset[str]:
    """The hashes that `pack_hashes` wrote. Raises ValueError for any other string."""
    digits = b64decode(packed, validate=True).hex()
    if len(digits) % HASH_DIGITS:
        raise ValueError(f"{len(digits) // 2} bytes are not whole hashes of {HASH_DIGITS // 2} bytes each")
    return frozenset(digits[start : start + HASH_DIGITS] for start in range(0, len(digits), HASH_DIGITS))


class KnownNames:
    """A set of names, given as text or as `name_hash`, to look names up in."""

    def __init__(self, names: Iterable[str]) -> None:
        given = frozenset(names)
        self._known = given | frozenset(map(normal_name, given))

    def __contains__(self, name: str) -> bool:
        return normal_name(name) in self._known or name_hash(name) in self._known
