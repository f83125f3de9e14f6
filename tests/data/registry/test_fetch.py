from __future__ import annotations

import socket

import pytest

from relknit.data.registry.fetch import Transfer, download, is_right
from relknit.errors import DataError
from tests.data.registry.local_server import (
    BODY,
    HALF,
    address_of,
    another_part,
    cut_off,
    fails_with,
    hung_up,
    nameless_part,
    ranged,
    sends,
    sends_on_to,
    unannounced,
    without_ranges,
)


def fetch(server, target, *answers, **options):
    return download(server.offer("/file.json", BODY, *answers), target, transfer=server.transfer, **options)


def test_a_file_arrives_whole_and_alone(server, target):
    assert fetch(server, target) is True
    assert target.read_bytes() == BODY
    assert [path.name for path in target.parent.iterdir()] == ["file.json"]
    assert server.slept == []


def test_a_file_that_is_there_and_right_is_not_asked_for_again(server, target):
    fetch(server, target)
    assert fetch(server, target) is False
    assert len(server.asked) == 1


def test_another_file_of_that_name_is_left_alone_unless_told_otherwise(server, target):
    target.parent.mkdir()
    target.write_bytes(b"mine")
    with pytest.raises(DataError, match=r"file\.json: is not the file of http.*move it away or add --overwrite"):
        fetch(server, target)
    assert (target.read_bytes(), server.asked) == (b"mine", [])
    assert fetch(server, target, overwrite=True) is True
    assert target.read_bytes() == BODY


def test_a_file_that_fails_to_be_replaced_stays(server, target):
    target.parent.mkdir()
    target.write_bytes(b"mine")
    with pytest.raises(DataError, match="404"):
        fetch(server, target, fails_with(404), overwrite=True)
    assert target.read_bytes() == b"mine"


def test_what_an_earlier_call_has_left_is_taken_up(server, target, partial):
    fetch(server, target)
    assert target.read_bytes() == BODY
    assert server.asked == [("/file.json", f"bytes={HALF}-")]
    assert not partial.exists()


def test_all_that_is_lacking_may_be_the_name(server, target, partial):
    partial.write_bytes(BODY)
    fetch(server, target)
    assert target.read_bytes() == BODY
    assert server.asked == []


def test_a_server_without_ranges_starts_from_the_beginning(server, target, partial):
    fetch(server, target, without_ranges)
    assert target.read_bytes() == BODY
    assert server.asked == [("/file.json", f"bytes={HALF}-")]


def test_a_whole_file_that_is_wrong_is_thrown_away(server, target, partial):
    partial.write_bytes(BODY[::-1])
    fetch(server, target)
    assert target.read_bytes() == BODY
    assert server.asked == [("/file.json", None)]


def test_more_than_the_file_has_is_thrown_away(server, target, partial):
    partial.write_bytes(BODY + b"!")
    fetch(server, target)
    assert target.read_bytes() == BODY
    assert server.asked == [("/file.json", None)]


def test_a_range_that_the_server_does_not_have_means_from_the_beginning(server, target, partial):
    fetch(server, target, fails_with(416), ranged)
    assert target.read_bytes() == BODY
    assert server.asked == [("/file.json", f"bytes={HALF}-"), ("/file.json", None)]


@pytest.mark.parametrize("answer", [another_part, nameless_part])
def test_a_part_that_does_not_fit_is_not_appended(server, target, partial, answer):
    fetch(server, target, answer, ranged)
    assert target.read_bytes() == BODY


def test_a_connection_that_is_cut_is_taken_up_where_it_ended(server, target):
    fetch(server, target, cut_off, cut_off, ranged)
    assert target.read_bytes() == BODY
    assert server.asked[1:] == [("/file.json", f"bytes={HALF}-"), ("/file.json", f"bytes={HALF + HALF // 2}-")]
    assert server.slept == [1.0, 2.0]


def test_a_connection_that_is_always_cut_ends_in_one_line_and_keeps_what_came(server, target):
    with pytest.raises(DataError, match=r"the connection ended after 192,000 of 204,800 bytes; check the connection"):
        fetch(server, target, cut_off)
    assert server.slept == [1.0, 2.0, 4.0]
    assert not target.exists()
    assert target.with_name("file.json.partial").read_bytes() == BODY[:192_000]


def test_a_server_that_hangs_up_is_asked_again(server, target):
    fetch(server, target, hung_up, ranged)
    assert target.read_bytes() == BODY


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_is_busy_is_asked_again_a_little_later(server, target, status):
    fetch(server, target, fails_with(status), fails_with(status), ranged)
    assert target.read_bytes() == BODY
    assert server.slept == [1.0, 2.0]


def test_a_server_that_stays_busy_is_named_with_the_mend(server, target):
    with pytest.raises(DataError) as caught:
        fetch(server, target, fails_with(503))
    message = str(caught.value)
    assert message.startswith(f"{server.root}/file.json: the server answers 503 ")
    assert message.endswith(
        f'check the connection and run this again, or save that file by hand as "{target}" and run this again'
    )
    assert len(server.asked) == 4


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_server_that_refuses_is_not_asked_twice(server, target, status):
    with pytest.raises(DataError, match=rf"/file\.json: the server answers {status} .*; save that file by hand as"):
        fetch(server, target, fails_with(status))
    assert len(server.asked) == 1
    assert not target.exists()


def test_other_bytes_of_the_same_length_are_refused_and_removed(server, target):
    with pytest.raises(DataError, match="the checksum differs, expected 204,800 bytes with SHA-256"):
        fetch(server, target, sends(BODY[::-1]))
    assert list(target.parent.iterdir()) == []


def test_a_page_in_place_of_the_file_is_refused_before_it_is_read(server, target, partial):
    with pytest.raises(DataError, match="the server offers 17 bytes, expected 204,800 bytes"):
        fetch(server, target, sends(b"<html>Log in</html>"[:17]))
    assert list(target.parent.iterdir()) == []


def test_bytes_beyond_the_announced_size_are_refused(server, target):
    with pytest.raises(DataError, match="more than 204,800 bytes arrived, expected 204,800 bytes with SHA-256"):
        fetch(server, target, unannounced)
    assert list(target.parent.iterdir()) == []


def test_a_file_that_has_changed_since_the_first_half_came_is_refused_and_the_next_call_starts_afresh(
    server, target, partial
):
    partial.write_bytes(b"\0" * HALF)
    with pytest.raises(DataError, match="run this again to start afresh"):
        fetch(server, target)
    assert not partial.exists()
    fetch(server, target)
    assert target.read_bytes() == BODY


def test_a_redirect_is_followed(server, target):
    server.files["/moved.json"] = BODY
    fetch(server, target, sends_on_to(server.root + "/moved.json"))
    assert target.read_bytes() == BODY
    assert [path for path, _ in server.asked] == ["/file.json", "/moved.json"]


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/file.json", "https://127.0.0.1:9/file.json"])
def test_a_redirect_to_a_scheme_that_is_not_allowed_is_refused(server, target, url):
    with pytest.raises(DataError, match=r"the server answers 302 .*not allowed"):
        fetch(server, target, sends_on_to(url))
    assert len(server.asked) == 1
    assert not target.exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/file.json", "file:///etc/hostname", "data:,hello"])
def test_only_https_is_fetched_unless_a_test_says_otherwise(target, url):
    with pytest.raises(DataError, match="expected an address that starts with https://"):
        download(address_of(url), target)
    assert not target.parent.exists()


def test_without_a_network_the_address_and_the_mend_are_one_line(server, target):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DataError) as caught:
        download(address_of(f"http://127.0.0.1:{port}/file.json"), target, transfer=server.transfer)
    message = str(caught.value)
    assert message.startswith(f"http://127.0.0.1:{port}/file.json: cannot be reached (")
    assert f'save that file by hand as "{target}"' in message
    assert "\n" not in message
    assert server.slept == [1.0, 2.0, 4.0]


def test_a_server_that_says_nothing_is_given_up(server, target):
    address = server.offer("/file.json", BODY, server.silent)
    transfer = Transfer(timeout_seconds=0.05, attempts=2, schemes=frozenset({"http"}), sleep=server.slept.append)
    with pytest.raises(DataError, match="timed out"):
        download(address, target, transfer=transfer)
    assert len(server.asked) == 2


def test_progress_tells_the_bytes_had_so_far(server, target, partial):
    seen = []
    fetch(server, target, progress=lambda *step: seen.append(step))
    assert seen[0][0] > HALF
    assert seen == sorted(seen)
    assert seen[-1] == (len(BODY), len(BODY))


def test_progress_goes_back_when_the_server_starts_again(server, target, partial):
    seen = []
    fetch(server, target, without_ranges, progress=lambda done, total: seen.append(done))
    assert seen[0] < HALF
    assert seen[-1] == len(BODY)


def test_a_disk_that_refuses_is_not_taken_for_the_network(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot be written: .*; make room or name another folder"):
        fetch(server, tmp_path / "file" / "deeper" / "file.json")
    assert (server.asked, server.slept) == ([], [])


def test_right_is_the_file_with_that_size_and_that_checksum(tmp_path):
    path, address = tmp_path / "file", address_of("https://example.org/file")
    assert not is_right(path, address)
    assert not is_right(tmp_path, address)
    for body, right in ((BODY, True), (BODY[:-1], False), (BODY[::-1], False)):
        path.write_bytes(body)
        assert is_right(path, address) is right
