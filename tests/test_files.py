import os
import stat
import sys

import pytest

from relknit import files
from relknit.errors import DataError
from relknit.files import check_target, replacing

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")


def test_a_file_is_replaced_only_when_all_went_well(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(ValueError, match="no luck"), replacing(path) as partial:
        partial.write_text("half")
        raise ValueError("no luck")
    assert path.read_text() == "old"
    with replacing(path) as partial:
        partial.write_text("new")
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_target_below_a_file_is_named_without_our_temporary_name(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(DataError, match=r"a\.json: cannot be written") as caught,
        replacing(tmp_path / "file" / "a.json") as partial,
    ):
        partial.write_text("x")
    assert "partial" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "expected"), [("a.txt", "ends in .json"), ("held.json", "add --overwrite"), ("folder.json", "is a folder")]
)
def test_a_bad_target_is_refused_before_any_work(tmp_path, name, expected):
    (tmp_path / "held.json").write_text("")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(DataError, match=expected):
        check_target(tmp_path / name, suffixes=(".json",), overwrite=False)


def test_the_folder_of_a_target_is_made(tmp_path):
    check_target(tmp_path / "new" / "deep" / "a.json", suffixes=(".json",), overwrite=False)
    assert (tmp_path / "new" / "deep").is_dir()
    check_target(tmp_path / "new" / "deep" / "a.json", suffixes=(".json",), overwrite=True)


def test_a_target_whose_folder_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"a\.json.*name another file"):
        check_target(tmp_path / "file" / "a.json", suffixes=(".json",), overwrite=False)


def test_a_file_that_is_being_written_has_a_name_that_nobody_can_predict_and_clean_up_knows(tmp_path):
    with replacing(tmp_path / "a.json") as one, replacing(tmp_path / "a.json") as other:
        assert one != other
        assert set(tmp_path.glob(".a.json.*.partial")) == {one, other}


@posix
def test_no_link_is_followed_by_what_is_being_written(tmp_path, monkeypatch):
    victim, partial = tmp_path / "victim", tmp_path / ".a.json.0.partial"
    victim.write_text("mine")
    partial.symlink_to(victim)
    monkeypatch.setattr(files, "partial_path", lambda path: partial)
    with pytest.raises(DataError, match=r"a\.json: cannot be written"), replacing(tmp_path / "a.json") as path:
        path.write_text("overwritten")
    assert victim.read_text() == "mine"


@posix
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o444])
def test_a_replaced_file_keeps_its_permissions(tmp_path, mode):
    path = tmp_path / "a.json"
    path.touch()
    path.chmod(mode)
    with replacing(path) as partial:
        partial.write_text("new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


@posix
def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path):
    before = os.umask(0o027)
    try:
        with replacing(tmp_path / "a.json") as partial:
            partial.write_text("new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o640
