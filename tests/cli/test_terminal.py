"""What people read in a terminal, whatever stands in their texts."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import unicodedata

import pytest
from rich.table import Table

from relknit.cli import main, terminal
from relknit.cli.common import print_json


@pytest.mark.parametrize(("sent", "shown"), [("a\x1b[31mb", "a␛[31mb"), ("a\x9b1mb", "a\ufffd1mb"), ("a\x7fb", "a␡b")])
def test_what_steers_a_terminal_is_shown_and_not_sent(sent, shown, capsys):
    table = Table(box=None, show_header=False)
    table.add_row(sent)
    terminal.console().print(sent, markup=False)
    terminal.console().print(table)
    terminal.to_people().print(sent, markup=False)
    out, err = capsys.readouterr()
    assert [line.strip() for line in (out + err).splitlines()] == [shown] * 3


def test_json_holds_no_character_that_steers_a_terminal(capsys):
    text = "".join(map(chr, range(0x20))) + "\x7f" + "".join(map(chr, range(0x80, 0xA2))) + "é\u2028"
    for indent in (2, None):
        print_json({text: text}, indent=indent)
        out = capsys.readouterr().out
        assert json.loads(out) == {text: text}
        assert not any(unicodedata.category(character) == "Cc" for character in out.replace("\n", ""))


def test_line_ends_and_the_colours_of_our_own_stay(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    terminal.console().print("one\ntwo", style="bold")
    assert capsys.readouterr().out == "\x1b[1mone\x1b[0m\n\x1b[1mtwo\x1b[0m\n"


def test_a_text_with_escape_characters_is_extracted_as_it_stands_and_shown_with_signs(capsys):
    assert main(["extract", "The \x1b[31mBridge\x1b[0m is in London, England.", "--explain"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "␛" in out


def test_no_bar_stands_between_the_answers_in_a_terminal():
    here, there = pty.openpty()
    command = [sys.executable, "-m", "relknit", "extract", "Alba Bridge is in London, England."]
    subprocess.run(command, stdout=there, stderr=there, check=True, env={**os.environ, "TERM": "xterm"})
    os.close(there)
    shown = os.read(here, 100_000).decode()
    os.close(here)
    assert "London" in shown
    assert "extracting" not in shown
