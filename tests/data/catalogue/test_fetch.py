from __future__ import annotations

import hashlib
import socket
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.catalogue import Address, Checksum
from relknit.data.catalogue.fetch import download, open_https
from relknit.errors import DataError
from tests.data.catalogue.local_server import BODY, opener


@pytest.fixture
def target(tmp_path):
    return tmp_path / "new" / "file.json"


@pytest.mark.parametrize("seen", [True, False])
def test_a_file_arrives_whole_and_alone_and_is_not_requested_again(server, target, seen):
    address = server.offer("/file.json", seen=seen)
    assert download(address, target, opener=opener) is True
    assert target.read_bytes() == BODY
    assert [path.name for path in target.parent.iterdir()] == ["file.json"]
    assert download(address, target, opener=opener) is False
    assert server.asked == ["/file.json"]


def test_another_file_of_that_name_is_replaced_only_on_request(server, target):
    address = server.offer("/file.json")
    target.parent.mkdir()
    target.write_bytes(b"mine")
    with pytest.raises(DataError, match="--overwrite") as caught:
        download(address, target, opener=opener)
    assert caught.value.path == str(target)
    assert (target.read_bytes(), server.asked) == (b"mine", [])
    assert download(address, target, overwrite=True, opener=opener) is True
    assert target.read_bytes() == BODY


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize(
    "answer", [(200, BODY[::-1]), (200, BODY[:-9]), (200, BODY + b"!"), (404, b"sorry"), (503, b"")]
)
def test_anything_but_the_expected_file_is_refused_and_the_existing_file_is_unchanged(server, target, seen, answer):
    address = server.offer("/file.json", seen=seen)
    server.files["/file.json"] = answer
    target.parent.mkdir()
    target.write_bytes(b"mine")
    with pytest.raises(DataError, match="file.json") as caught:
        download(address, target, overwrite=True, opener=opener)
    assert address.url in str(caught.value)
    assert (str(answer[0]) in str(caught.value)) == (answer[0] != 200)
    assert [path.read_bytes() for path in target.parent.iterdir()] == [b"mine"]


def test_a_file_of_unknown_size_has_a_size_limit(server, target, monkeypatch):
    monkeypatch.setattr("relknit.data.catalogue.fetch.MAX_BYTES", 100_000)
    with pytest.raises(DataError, match="100,000 bytes"):
        download(server.offer("/file.json", seen=False), target, opener=opener)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/file.json", "file:///etc/hostname", "data:,hello"])
def test_only_https_is_opened(server, target, url):
    with pytest.raises(DataError, match="https://"):
        download(replace(server.offer("/file.json"), url=url), target)
    assert not target.exists()
    with pytest.raises(DataError, match="https://"):
        open_https(url)


def test_a_server_out_of_reach_is_one_line_with_the_address_and_a_way_out(server, target):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/file.json"
    with pytest.raises(DataError) as caught:
        download(replace(server.offer("/file.json"), url=url), target, opener=opener)
    assert url in str(caught.value)
    assert str(target) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("announced", [True, False])
def test_progress_counts_bytes_towards_the_size_if_it_is_known(server, target, announced):
    server.announces_length = announced
    seen = []
    address = server.offer("/file.json", seen=False)
    download(address, target, opener=opener, progress=lambda done, total: seen.append((done, total)))
    assert len(seen) > 3
    assert seen == sorted(seen)
    assert seen[-1] == (len(BODY), len(BODY) if announced else None)


def test_a_disk_that_refuses_is_not_taken_for_the_network(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError) as caught:
        download(server.offer("/file.json"), tmp_path / "file" / "deeper" / "file.json", opener=opener)
    assert str(caught.value.path).startswith(str(tmp_path))
    assert server.asked == []


@pytest.mark.parametrize(  # as `git hash-object` and `sha256sum` print them
    ("kind", "value"),
    [
        ("git blob id", "d670460b4b4aece5915caf5c68d12f560a9fe3e4"),
        ("SHA-256", "a1fff0ffefb9eace7230c24e50731f0a91c62f9cefdfe77121c2f607125dffae"),
    ],
)
def test_both_kinds_of_checksum_are_those_that_other_programs_print(tmp_path, kind, value):
    path = tmp_path / "file"
    path.write_bytes(b"test content\n")
    assert Checksum(kind, value).matches(path)
    assert Address("https://example.org/file", Checksum(kind, value)).is_at(path)
    assert not Address("https://example.org/file", Checksum(kind, value)).is_at(tmp_path)


@given(content=st.binary(max_size=300), other=st.binary(max_size=300))
def test_a_blob_id_matches_its_own_bytes_and_no_others(tmp_path_factory, content, other):
    path = tmp_path_factory.getbasetemp() / "blob"
    path.write_bytes(other)
    checksum = Checksum("git blob id", hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest())
    assert checksum.matches(path) == (content == other)
