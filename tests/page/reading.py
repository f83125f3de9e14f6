"""Reads pages as a strict reader would, for the tests of everything that writes them."""

import re
from base64 import b64decode
from hashlib import sha256
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "link", "input"}
HASHES = re.compile(r"'sha256-([A-Za-z0-9+/=]+)'")


class Reader(HTMLParser):
    """Complains about tags that are not closed in order; keeps tags, attributes and words."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.words, self.code = [], [], [], [], {}

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("style", "script"):
            self.code[self.open[-1]] = self.code.get(self.open[-1], "") + data
        else:
            self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())

    def values(self, name):
        return [value for key, value in self.attributes if key == name]

    @property
    def policy(self):
        (policy,) = [value for value in self.values("content") if value.startswith("default-src")]
        return policy


def read(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def check_alone(page):
    """The page asks for nothing else, and its policy allows its own style and script by their hashes and nothing more."""
    reader = read(page)
    assert page.startswith("<!DOCTYPE html>")
    assert not {"link", "img", "iframe", "object", "base", "embed"} & set(reader.tags)
    assert not {"src", "action", "style"} & {name for name, _ in reader.attributes}
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    assert all(address.startswith("#") for address in reader.values("href"))
    assert not re.search(r"https?:|url\(|@import", "".join(reader.code.values()))
    assert reader.policy.startswith("default-src 'none'; ")
    assert "unsafe" not in reader.policy
    allowed = {b64decode(found) for found in HASHES.findall(reader.policy)}
    assert allowed == {sha256(code.encode()).digest() for code in reader.code.values()}
    used = set(re.findall(r"var\((--\w+)\)", reader.code["style"]))
    assert used <= set(re.findall(r"(--\w+):", reader.code["style"]))
    return reader
