"""Files that were never seen: their git blob id is known, their size is what the server says, if it does."""

from __future__ import annotations

import pytest

from relknit.data.registry.fetch import download, is_right
from relknit.errors import DataError
from tests.data.registry.local_server import (
    BODY,
    HALF,
    address_by_id,
    another_part,
    cut_off,
    cut_off_without_length,
    fails_with,
    hung_up,
    more_than_announced,
    ranged,
    sends,
    without_length,
    without_ranges,
)

ID = address_by_id("").checksum.value


def fetch(server, target, *answers, **options):
    address = server.offer("/file.json", BODY, *answers, address=address_by_id)
    return download(address, target, transfer=server.transfer, **options)


def test_a_file_arrives_whole_and_is_not_asked_for_again(server, target):
    assert fetch(server, target) is True
    assert target.read_bytes() == BODY
    assert [path.name for path in target.parent.iterdir()] == ["file.json"]
    assert fetch(server, target) is False
    assert server.asked == [("/file.json", None)]
    assert server.slept == []


def test_another_file_of_that_name_is_left_alone_and_told_the_id(server, target):
    target.parent.mkdir()
    target.write_bytes(b"mine")
    with pytest.raises(DataError, match=rf"is not the file of http.*\(a file with git blob id {ID}\); move it away"):
        fetch(server, target)
    assert (target.read_bytes(), server.asked) == (b"mine", [])


@pytest.mark.parametrize("body", [BODY[::-1], BODY + b"!", b"<html>Log in</html>", b""])
def test_wrong_bytes_are_refused_and_removed_whatever_their_number(server, target, body):
    with pytest.raises(DataError, match=f"the checksum differs, expected a file with git blob id {ID}; the file has"):
        fetch(server, target, sends(body))
    assert list(target.parent.iterdir()) == []
    assert len(server.asked) == 1


def test_a_connection_that_is_cut_is_taken_up_where_it_ended(server, target):
    fetch(server, target, cut_off, cut_off, ranged)
    assert target.read_bytes() == BODY
    assert server.asked[1:] == [("/file.json", f"bytes={HALF}-"), ("/file.json", f"bytes={HALF + HALF // 2}-")]
    assert server.slept == [1.0, 2.0]


def test_a_connection_that_is_always_cut_keeps_what_came(server, target):
    with pytest.raises(DataError, match=r"the connection ended after 192,000 of 204,800 bytes; check the connection"):
        fetch(server, target, cut_off)
    assert target.with_name("file.json.partial").read_bytes() == BODY[:192_000]
    fetch(server, target, ranged)
    assert target.read_bytes() == BODY
    assert server.asked[-1] == ("/file.json", "bytes=192000-")


def test_a_server_that_hangs_up_is_asked_again(server, target):
    fetch(server, target, hung_up, ranged)
    assert target.read_bytes() == BODY


def test_all_that_is_lacking_may_be_the_name(server, target, partial):
    partial.write_bytes(BODY)
    fetch(server, target)
    assert target.read_bytes() == BODY
    assert server.asked == []


def test_a_server_without_ranges_starts_from_the_beginning(server, target, partial):
    fetch(server, target, without_ranges)
    assert target.read_bytes() == BODY
    assert server.asked == [("/file.json", f"bytes={HALF}-")]


def test_a_part_that_does_not_fit_is_not_appended(server, target, partial):
    fetch(server, target, another_part, ranged)
    assert target.read_bytes() == BODY


def test_as_much_as_the_file_has_but_wrong_is_thrown_away_when_the_server_has_no_more(server, target, partial):
    partial.write_bytes(BODY[::-1])
    fetch(server, target, fails_with(416), ranged)
    assert target.read_bytes() == BODY
    assert server.asked == [("/file.json", f"bytes={len(BODY)}-"), ("/file.json", None)]


def test_a_wrong_first_half_is_refused_and_the_next_call_starts_afresh(server, target, partial):
    partial.write_bytes(b"\0" * HALF)
    with pytest.raises(DataError, match="the checksum differs, .*run this again to start afresh"):
        fetch(server, target)
    assert not partial.exists()
    fetch(server, target)
    assert target.read_bytes() == BODY


def test_bytes_beyond_what_the_server_announced_are_refused(server, target, partial):
    with pytest.raises(DataError, match=f"more than 204,800 bytes arrived, expected a file with git blob id {ID}"):
        fetch(server, target, more_than_announced)
    assert list(target.parent.iterdir()) == []


def test_a_server_that_does_not_say_how_much_it_sends_is_judged_by_the_checksum(server, target):
    assert fetch(server, target, without_length) is True
    assert target.read_bytes() == BODY
    assert server.slept == []


def test_a_cut_that_nobody_announced_is_taken_up_too(server, target):
    fetch(server, target, cut_off_without_length, ranged)
    assert target.read_bytes() == BODY
    assert server.asked == [("/file.json", None), ("/file.json", f"bytes={HALF}-")]
    assert server.slept == [1.0]


def test_a_cut_that_nobody_announces_again_and_again_is_one_line_with_the_mend(server, target):
    with pytest.raises(DataError) as caught:
        fetch(server, target, cut_off_without_length)
    assert (
        f"the connection ended after 102,400 bytes, which are not yet a file with git blob id {ID}; check the"
        in str(caught.value)
    )
    assert "\n" not in str(caught.value)
    assert not target.exists()
    assert len(server.asked) == 4


def test_progress_has_the_total_of_the_server_or_none(server, target):
    seen = []
    fetch(server, target, cut_off_without_length, ranged, progress=lambda *step: seen.append(step))
    assert {total for done, total in seen if done <= HALF} == {None}
    assert {total for done, total in seen if done > HALF} == {len(BODY)}
    assert seen[-1] == (len(BODY), len(BODY))


def test_only_https_is_fetched_here_too(target):
    with pytest.raises(DataError, match="expected an address that starts with https://"):
        download(address_by_id("http://127.0.0.1:9/file.json"), target)
    assert not target.parent.exists()


def test_right_is_the_file_with_that_id(tmp_path):
    path, address = tmp_path / "file", address_by_id("https://example.org/file")
    assert not is_right(path, address)
    assert not is_right(tmp_path, address)
    for body, right in ((BODY, True), (BODY[:-1], False), (BODY[::-1], False)):
        path.write_bytes(body)
        assert is_right(path, address) is right
