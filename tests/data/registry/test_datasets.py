from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from relknit.data.registry import DATASETS, dataset
from relknit.errors import ConfigError

UNSEEN = {("nyt", "train"), ("nyt11-hrl", "train")}
FILES = [pytest.param(entry, split, id=f"{entry.name}-{split}") for entry in DATASETS.values() for split in entry.files]


def test_the_datasets_of_the_papers_are_known():
    assert list(DATASETS) == ["nyt", "webnlg", "webnlg-exact", "nyt11-hrl", "conll04", "scierc", "nofact"]
    assert all(name == entry.name for name, entry in DATASETS.items())


@pytest.mark.parametrize(("entry", "split"), FILES)
def test_an_address_is_https_and_pinned_to_a_commit(entry, split):
    parts = urlsplit(entry.files[split].url)
    assert (parts.scheme, parts.netloc) == ("https", "raw.githubusercontent.com")
    assert re.fullmatch(r"/[\w-]+/[\w-]+/[0-9a-f]{40}/[\w/-]+\.json", parts.path)


@pytest.mark.parametrize(("entry", "split"), FILES)
def test_an_address_has_a_checksum_and_a_size_within_reason_or_the_id_of_what_was_not_seen(entry, split):
    address = entry.files[split]
    if (entry.name, split) in UNSEEN:
        assert address.checksum.kind == "git blob id"
        assert re.fullmatch("[0-9a-f]{40}", address.checksum.value)
        assert address.size is None
    else:
        assert address.checksum.kind == "SHA-256"
        assert re.fullmatch("[0-9a-f]{64}", address.checksum.value)
        assert 100_000 < address.size < 5_000_000


def test_no_file_stands_for_two_splits_or_datasets():
    addresses = [address for entry in DATASETS.values() for address in entry.files.values()]
    for values in ({a.url for a in addresses}, {a.checksum for a in addresses}):
        assert len(values) == len(addresses) == 18


@pytest.mark.parametrize("entry", DATASETS.values(), ids=DATASETS)
def test_an_entry_says_what_it_is_on_what_terms_and_whom_to_cite_each_on_one_line(entry):
    for text in (entry.about, entry.terms, entry.citation):
        assert text
        assert text.splitlines() == [text]
        assert not text.endswith(".")
    assert list(entry.splits) == ["train", "dev", "test"]
    assert set(entry.files) <= set(entry.splits)


@pytest.mark.parametrize("entry", DATASETS.values(), ids=DATASETS)
def test_an_entry_that_lacks_an_address_says_where_to_look(entry):
    assert bool(entry.missing) == bool(entry.look)
    assert all(entry.splits[split] for split in entry.files if (entry.name, split) not in UNSEEN)


def test_files_of_one_dataset_keep_names_that_differ():
    for entry in DATASETS.values():
        assert len({address.name for address in entry.files.values()}) == len(entry.files)
    assert DATASETS["webnlg"].files["dev"].name == "val_triples.json"


def test_what_cannot_be_had_has_no_address():
    assert {name: entry.missing for name, entry in DATASETS.items() if entry.missing} == {
        "nofact": ("train", "dev", "test")
    }
    assert replace(DATASETS["webnlg"], files={}).missing == ("train", "dev", "test")


def test_last_words_are_converted_as_last_words():
    for entry in DATASETS.values():
        if entry.source_format == "triples" and entry.files:
            assert entry.anchor == {"last word": "last", "whole": "whole"}[entry.annotation]


def test_an_unknown_name_is_told_the_known_ones():
    assert dataset("scierc") is DATASETS["scierc"]
    with pytest.raises(ConfigError, match="no dataset is called 'WebNLG', expected one of nyt, webnlg, webnlg-exact,"):
        dataset("WebNLG")


def test_the_registry_can_be_read_without_the_modules_of_the_network():
    script = "import relknit.data.registry, sys; print('urllib.request' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
