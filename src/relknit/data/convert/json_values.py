"""Values of decoded JSON, checked: what a record lacks or has in another shape is an error that names it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from relknit.errors import DataError, short

_WORDS: Final[Mapping[Any, str]] = MappingProxyType(
    {str: "a string", int: "a whole number", list: "a list", dict: "an object", str | int: "a string or a whole number"}
)


def checked(value: Any, kind: Any, what: str) -> Any:
    """The value, an instance of `kind` (str, int, list, dict or str | int); raises DataError that begins with `what`."""
    if not isinstance(value, kind) or isinstance(value, bool):
        raise DataError(f"{what} is {short(value)}, expected {_WORDS[kind]}")
    return value


def member(item: Any, key: str, kind: Any, what: str) -> Any:
    """`item[key]`, an instance of `kind`; raises DataError if `item` is not an object or has no such value."""
    if key not in checked(item, dict, what):
        raise DataError(f'{what} has no "{key}", expected {_WORDS[kind]}')
    return checked(item[key], kind, f"{key} of {what}")


def items(record: Any, key: str) -> list[Any]:
    """The list `record[key]`, empty if it is absent or null; raises DataError."""
    value = checked(record, dict, "the record").get(key)
    return [] if value is None else list(checked(value, list, key))


def name(item: Any, key: str, what: str) -> str:
    """The string `item[key]`, which is not empty; raises DataError."""
    value = str(member(item, key, str, what))
    if not value.strip():
        raise DataError(f"{key} of {what} is empty, expected a name")
    return value


def identity(record: Any, key: str, default: object) -> str:
    """`record[key]` as an id if it is a string or a whole number, else `default`."""
    value = record.get(key)
    return str(value if isinstance(value, str | int) and not isinstance(value, bool) else default)


def words(value: Any, what: str) -> list[str]:
    """A list of words, none of them empty; raises DataError."""
    for k, word in enumerate(checked(value, list, what)):
        if not isinstance(word, str) or not word:
            raise DataError(f"word {k} of {what} is {short(word)}, expected a non-empty string")
    return list(value)
