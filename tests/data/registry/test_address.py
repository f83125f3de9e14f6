from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.registry.address import Address, Checksum, git_blob, sha256

# as `git hash-object` and `sha256sum` print them
KNOWN = [
    (
        b"",
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ),
    (
        b"test content\n",
        "d670460b4b4aece5915caf5c68d12f560a9fe3e4",
        "a1fff0ffefb9eace7230c24e50731f0a91c62f9cefdfe77121c2f607125dffae",
    ),
]


@pytest.mark.parametrize(("content", "blob", "sha"), KNOWN)
def test_both_kinds_of_checksum_are_those_that_other_programs_print(tmp_path, content, blob, sha):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert git_blob(blob).matches(path)
    assert sha256(sha).matches(path)


def test_a_value_of_one_kind_does_not_pass_for_the_other(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"test content\n")
    _, blob, sha = KNOWN[1]
    assert not git_blob(sha).matches(path)
    assert not sha256(blob).matches(path)
    assert not git_blob(hashlib.sha1(b"test content\n").hexdigest()).matches(path)


@given(content=st.binary(max_size=300), other=st.binary(max_size=300))
def test_a_blob_id_fits_its_own_bytes_and_no_others(tmp_path_factory, content, other):
    path = tmp_path_factory.getbasetemp() / "blob"
    path.write_bytes(other)
    checksum = git_blob(hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest())
    assert checksum.matches(path) == (content == other)


@pytest.mark.parametrize("checksum", [git_blob("0" * 40), sha256("0" * 64)])
def test_a_file_that_cannot_be_read_is_left_to_the_caller(tmp_path, checksum):
    with pytest.raises(FileNotFoundError):
        checksum.matches(tmp_path / "absent")


def test_an_address_names_its_file_and_may_know_no_size():
    address = Address("https://example.org/a/train.json", git_blob("f" * 40))
    assert (address.name, address.size) == ("train.json", None)
    assert address.checksum == Checksum("git blob id", "f" * 40)
