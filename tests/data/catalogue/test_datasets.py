from __future__ import annotations

import re
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from relknit.data.catalogue import DATASETS, dataset
from relknit.errors import ConfigError

UNSEEN = {("nyt", "train"), ("nyt11-hrl", "train"), ("nyt10-hrl", "train")}
FILES = [(entry, split, address) for entry in DATASETS.values() for split, address in entry.files.items()]


def test_the_datasets_of_the_papers_are_known():
    newswire = ["nyt11-hrl", "nyt10-hrl", "conll04"]
    assert list(DATASETS) == ["nyt", "webnlg", "webnlg-exact", *newswire, "scierc", "negatives"]
    assert all(name == entry.name for name, entry in DATASETS.items())


def test_every_address_is_https_and_pinned_to_a_commit():
    for entry, split, address in FILES:
        parts = urlsplit(address.url)
        assert (parts.scheme, parts.netloc) == ("https", "raw.githubusercontent.com"), (entry.name, split)
        assert re.fullmatch(r"/[\w-]+/[\w-]+/[0-9a-f]{40}/[\w/-]+\.json", parts.path), (entry.name, split)


def test_every_address_has_a_sha256_and_a_plausible_size_or_a_git_blob_id():
    for entry, split, address in FILES:
        kind, length = ("git blob id", 40) if (entry.name, split) in UNSEEN else ("SHA-256", 64)
        assert address.checksum.kind == kind
        assert re.fullmatch(rf"[0-9a-f]{{{length}}}", address.checksum.value)
        assert address.size is None if kind == "git blob id" else 100_000 < address.size < 5_000_000


def test_no_file_serves_two_splits_or_datasets():
    addresses = [address for _, _, address in FILES]
    for values in ({a.url for a in addresses}, {a.checksum for a in addresses}):
        assert len(values) == len(addresses) == 21


def test_every_entry_is_complete():
    for entry in DATASETS.values():
        for text in (entry.about, entry.terms, entry.citation):
            assert text.splitlines() == [text]
            assert not text.endswith(".")
        assert list(entry.splits) == ["train", "dev", "test"]
        assert set(entry.files) <= set(entry.splits)
        assert bool(entry.missing) == bool(entry.look) == (entry.name == "negatives")
        assert all(entry.splits[split] for split in entry.files if (entry.name, split) not in UNSEEN)
        assert len({address.name for address in entry.files.values()}) == len(entry.files)


def test_last_words_are_converted_as_last_words():
    for entry in DATASETS.values():
        if entry.source_format == "triples" and entry.files:
            assert entry.anchor == {"last word": "last", "whole": "whole"}[entry.annotation]


def test_an_unknown_name_gets_a_list_of_the_known_ones():
    assert dataset("scierc") is DATASETS["scierc"]
    with pytest.raises(ConfigError, match="'WebNLG'.* webnlg, webnlg-exact,"):
        dataset("WebNLG")


def test_the_registry_can_be_read_without_the_modules_of_the_network():
    script = "import relknit.data.catalogue, sys; print('urllib.request' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
