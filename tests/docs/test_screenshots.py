from pathlib import Path

import pytest

import screenshots


@pytest.mark.parametrize("name", screenshots.PICTURES)
def test_every_picture_is_there_small_and_shown(root, name):
    picture = root / "docs" / "images" / f"{name}.png"
    assert 2_000 < picture.stat().st_size <= screenshots.MOST_BYTES
    assert f"(images/{name}.png)" in (root / "docs" / "screens.md").read_text(encoding="utf-8")


def test_every_picture_of_the_page_can_be_made_again(root):
    shown = (root / "docs" / "screens.md").read_text(encoding="utf-8").split("(images/")[1:]
    assert {text.partition(".png)")[0] for text in shown} == set(screenshots.PICTURES)


def test_a_terminal_page_holds_command_output_and_colours(tmp_path):
    page = screenshots.terminal(tmp_path, "relknit <x>", "\x1b[36mblue\x1b[0m & plain", width=40).read_text()
    assert "$ relknit &lt;x&gt;" in page
    assert ">blue<" in page
    assert "&amp; plain" in page
    assert "http" not in page


def test_a_model_of_another_table_is_trained_anew(tmp_path, monkeypatch):
    ran = []

    def relknit(folder, *arguments):
        ran.append(arguments[0])
        if arguments[0] == "train":
            (folder / "runs" / "fixed").mkdir(parents=True)
            (folder / "runs" / "fixed" / "model.safetensors").touch()

    monkeypatch.setattr(screenshots, "relknit", relknit)
    screenshots.prepare(tmp_path)
    screenshots.prepare(tmp_path)
    assert ran == ["data", "data", "train"]
    (tmp_path / "bridges.csv").write_text("another,table\n")
    screenshots.prepare(tmp_path)
    assert ran == ["data", "data", "train"] * 2


@pytest.mark.parametrize(
    ("arguments", "status", "stops"),
    [
        (("extract", "x"), 0, False),
        (("extract", "x"), 1, True),
        (("data", "doctor", "x"), 1, False),
        (("train",), 2, True),
    ],
)
def test_a_command_that_fails_ends_the_program(tmp_path, monkeypatch, arguments, status, stops):
    done = screenshots.subprocess.CompletedProcess((), status, "printed", "No module named relknit")
    monkeypatch.setattr(screenshots.subprocess, "run", lambda *_, **__: done)
    if stops:
        with pytest.raises(SystemExit, match="No module named relknit"):
            screenshots.relknit(tmp_path, *arguments)
    else:
        assert screenshots.relknit(tmp_path, *arguments) == "printed"


def test_a_page_that_is_too_large_a_picture_is_refused(tmp_path, monkeypatch):
    def chromium(command, **_):
        Path(next(c for c in command if "--screenshot" in c).partition("=")[2]).write_bytes(bytes(2_000))

    monkeypatch.setattr(screenshots.shutil, "which", lambda name: name)
    monkeypatch.setattr(screenshots.subprocess, "run", chromium)
    monkeypatch.setattr(screenshots, "MOST_BYTES", 1_000)
    with pytest.raises(SystemExit, match=r"bytes; make its window smaller"):
        screenshots.photograph(screenshots.View(tmp_path / "page.html", 400, 400), tmp_path / "picture.png")


def test_without_a_browser_it_is_said_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(screenshots.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="no chromium on the PATH; install it"):
        screenshots.photograph(screenshots.View(tmp_path / "page.html", 400, 400), tmp_path / "picture.png")
