"""Seeded damage: what disks, editors, broken downloads and careless scripts do to a file.

    damaged("a bit flipped", "model.json", b"...", seed=17)      the same bytes whenever and wherever it is called

Kinds in BYTES take any file; those in JSON take a JSON file, one with a JSON value per line, or a safetensors file.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from typing import Any

Draw = random.Random


def _place(draw: Draw, content: bytes) -> int:
    return draw.randrange(max(1, len(content)))


def _stretch(draw: Draw, content: bytes) -> tuple[int, int]:
    """Start and end of some bytes: mostly a few, sometimes many."""
    start = _place(draw, content)
    return start, min(len(content), start + draw.choice((1, 2, 3, 8, 40, 300)))


def a_bit_flipped(draw: Draw, content: bytes) -> bytes:
    damaged = bytearray(content)
    damaged[_place(draw, content)] ^= 1 << draw.randrange(8)
    return bytes(damaged)


def some_bytes_replaced(draw: Draw, content: bytes) -> bytes:
    damaged = bytearray(content)
    for _ in range(draw.choice((1, 2, 20))):
        damaged[_place(draw, content)] = draw.randrange(256)
    return bytes(damaged)


def a_digit_or_letter_changed(draw: Draw, content: bytes) -> bytes:
    """What keeps most files readable: one ASCII letter or digit becomes another one."""
    damaged = bytearray(content)
    for _ in range(500):
        at = _place(draw, content)
        if chr(damaged[at]) in "0123456789":
            damaged[at] = draw.choice(b"0123456789")
            break
        if chr(damaged[at]).isascii() and chr(damaged[at]).isalpha():
            damaged[at] = draw.choice(b"abcdefghijklmnopqrstuvwxyzABCXYZ")
            break
    return bytes(damaged)


def cut_off(draw: Draw, content: bytes) -> bytes:
    return content[: draw.choice((_place(draw, content), len(content) - draw.choice((1, 2, 9)), 0))]


def beginning_lost(draw: Draw, content: bytes) -> bytes:
    return content[draw.choice((1, 2, 8, _place(draw, content))) :]


def bytes_removed(draw: Draw, content: bytes) -> bytes:
    start, end = _stretch(draw, content)
    return content[:start] + content[end:]


def bytes_repeated(draw: Draw, content: bytes) -> bytes:
    start, end = _stretch(draw, content)
    return content[:end] + content[start:end] + content[end:]


def bytes_put_in(draw: Draw, content: bytes) -> bytes:
    at = _place(draw, content)
    chosen = [*b'" [ } , \n \r\n \x00 \xff null - \\ud800 \\ e9'.split(b" "), b"9" * 30]
    random_bytes = bytes(draw.randrange(256) for _ in range(draw.choice((1, 5, 60))))
    return content[:at] + draw.choice((*chosen, random_bytes)) + content[at:]


def bytes_zeroed(draw: Draw, content: bytes) -> bytes:
    start, end = _stretch(draw, content)
    return content[:start] + bytes(end - start) + content[end:]


def bytes_swapped(draw: Draw, content: bytes) -> bytes:
    """Two stretches of one length change places."""
    size = draw.choice((1, 4, 32, 64))
    one, other = sorted((_place(draw, content), _place(draw, content)))
    if one + size > other:
        return content
    middle = content[one + size : other]
    return content[:one] + content[other : other + size] + middle + content[one : one + size] + content[other + size :]


def lines_swapped(draw: Draw, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    one, other = (draw.randrange(max(1, len(lines))) for _ in range(2))
    if lines:
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def lines_joined(draw: Draw, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    at = draw.randrange(max(1, len(lines)))
    return b"".join([*lines[:at], *(line.rstrip(b"\r\n") for line in lines[at : at + 1]), *lines[at + 1 :]])


def followed_by_itself(draw: Draw, content: bytes) -> bytes:
    return content + content[: draw.choice((1, 10, len(content)))]


def byte_order_mark(draw: Draw, content: bytes) -> bytes:
    return draw.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) + content


def saved_as_utf_16(draw: Draw, content: bytes) -> bytes:
    return content.decode("latin-1").encode(draw.choice(("utf-16", "utf-16-le", "utf-16-be")))


BYTES: dict[str, Callable[[Draw, bytes], bytes]] = {
    function.__name__.replace("_", " "): function
    for function in (
        *(a_bit_flipped, some_bytes_replaced, a_digit_or_letter_changed, cut_off, beginning_lost, bytes_removed),
        *(bytes_repeated, bytes_put_in, bytes_zeroed, bytes_swapped, lines_swapped, lines_joined, followed_by_itself),
        *(byte_order_mark, saved_as_utf_16),
    )
}

_HERE = "\x01here\x01"
OTHER_VALUES = {
    "another type": ("null", "true", "false", "0", "7", "0.5", '""', '"text"', "[]", "{}", '["a"]', "[[]]", '{"a": 1}'),
    "a huge number": ("1e999", "-1e999", "1e308", "9" * 25, "9" * 400, "9" * 5000, str(2**31), str(2**63), "1e-400"),
    "not a number": ("NaN", "Infinity", "-Infinity", "nan", "0x10", "1.", "01", "+1"),
    "a negative number": ("-1", "-0", "-0.0", "-0.5", "-999999999", str(-(2**63))),
    "deep nesting": ("[" * 50 + "]" * 50, "[" * 900 + "]" * 900, '{"a":' * 400 + "1" + "}" * 400, "[" * 50_000),
    "a very long string": ('"' + "x" * 20_000 + '"', '"' + "a " * 9000 + '"', '"' + "\\u0000" * 300 + '"'),
    "a strange string": ('"\\ud83d"', '"\\u2028\\r\\n\\t"', '"\\ud83d\\ude00"', '" "', '"../../x"', '"\\u202e"'),
}


def _descend(draw: Draw, value: Any) -> tuple[Any, Any]:
    """A container somewhere in the value, and one of its keys; (None, None) where nothing is in it."""
    found: tuple[Any, Any] = (None, None)
    while isinstance(value, dict | list) and value:
        key = draw.choice(list(value)) if isinstance(value, dict) else draw.randrange(len(value))
        found = (value, key)
        if draw.random() < 0.3:
            break
        value = value[key]
    return found


def _object(draw: Draw, value: Any) -> dict[str, Any] | None:
    """One of the objects in the value that have a key."""
    objects = []
    stack = [value]
    while stack:
        inner = stack.pop()
        if isinstance(inner, dict) and inner:
            objects.append(inner)
        stack += inner.values() if isinstance(inner, dict) else inner if isinstance(inner, list) else ()
    return draw.choice(objects) if objects else None


def _other_value(kind: str) -> Callable[[Draw, str], str]:
    def damage(draw: Draw, text: str) -> str:
        value = json.loads(text)
        container, key = _descend(draw, value)
        raw = draw.choice(OTHER_VALUES[kind])
        if container is None:
            return raw
        container[key] = _HERE
        return json.dumps(value, ensure_ascii=False).replace(json.dumps(_HERE), raw)

    return damage


def a_key_removed(draw: Draw, text: str) -> str:
    value = json.loads(text)
    if (inner := _object(draw, value)) is not None:
        del inner[draw.choice(list(inner))]
    return json.dumps(value)


def a_key_renamed(draw: Draw, text: str) -> str:
    value = json.loads(text)
    if (inner := _object(draw, value)) is not None:
        key = draw.choice(list(inner))
        inner[draw.choice((key.upper(), key + " ", key[:-1], "extra", ""))] = inner.pop(key)
    return json.dumps(value)


def a_key_repeated(draw: Draw, text: str) -> str:
    """The key comes a second time with another value, which is what most readers then take."""
    value = json.loads(text)
    inner = _object(draw, value)
    if inner is None:
        return text
    inner[_HERE] = draw.choice((None, 0, 1, "x", [], {}, *inner.values()))
    return json.dumps(value).replace(json.dumps(_HERE), json.dumps(draw.choice([k for k in inner if k != _HERE])))


def an_item_moved(draw: Draw, text: str) -> str:
    """Two items of a list change places, one comes twice, or one is lost."""
    value = json.loads(text)
    for _ in range(30):
        container, key = _descend(draw, value)
        if isinstance(container, list):
            other = draw.randrange(len(container))
            how = draw.choice(("swap", "repeat", "drop"))
            if how == "swap":
                container[key], container[other] = container[other], container[key]
            elif how == "repeat":
                container.insert(other, container[key])
            else:
                del container[key]
            break
    return json.dumps(value)


_TEXT: dict[str, Callable[[Draw, str], str]] = {
    **{kind: _other_value(kind) for kind in OTHER_VALUES},
    "a key removed": a_key_removed,
    "a key renamed": a_key_renamed,
    "a key repeated": a_key_repeated,
    "an item moved": an_item_moved,
}
JSON = tuple(_TEXT)
KINDS = (*BYTES, *JSON)


def damaged(kind: str, name: str, content: bytes, seed: int) -> bytes:
    """Damage of a kind to a file of that name."""
    if kind in BYTES:
        return BYTES[kind](Draw(f"{kind} {seed}"), content)
    if name.endswith(".safetensors"):  # its header, whose length is made to fit again
        size = int.from_bytes(content[:8], "little")
        header = _in_json(kind, content[8 : 8 + size], seed)
        header += b" " * (-len(header) % 8)
        return len(header).to_bytes(8, "little") + header + content[8 + size :]
    if name.endswith(".jsonl"):
        lines = content.splitlines(keepends=True)
        at = Draw(seed).randrange(len(lines))
        lines[at] = _in_json(kind, lines[at].rstrip(b"\n"), seed) + b"\n"
        return b"".join(lines)
    return _in_json(kind, content, seed)


def _in_json(kind: str, content: bytes, seed: int) -> bytes:
    return _TEXT[kind](Draw(f"{kind} {seed}"), content.decode("utf-8")).encode("utf-8", "surrogatepass")


def packed(content: bytes) -> bytes:
    """The content as gzip, the same bytes at any time."""
    return gzip.compress(content, compresslevel=1, mtime=0)
