import re
from typing import Annotated

import pytest
from cyclopts import App, Parameter

from builder.commands import commands_page
from relknit.cli.app import app


def commands(app, path=()):
    """Every command below an app with its path; those that only lead to others are left out."""
    for name in app:
        if not name.startswith("-"):
            yield from commands(app[name], (*path, name))
    if app.default_command is not None:
        yield path, app


def options(command):
    """Every option and argument of a command: its names and its help."""
    for argument in command.assemble_argument_collection(parse_docstring=True):
        if argument.parameter.show is not False:
            yield tuple(argument.names), argument.parameter.help or ""


def missing(app, page):
    """What a page does not say about the commands of an app."""
    found = []
    for path, command in commands(app):
        name = " ".join((app.name[0], *path))
        start = re.search(rf"^#+ {name}$", page, re.MULTILINE)
        if start is None:
            found.append(f"{name} has no heading")
            continue
        section = re.split(r"^#", page[start.end() :], maxsplit=1, flags=re.MULTILINE)[0]
        if not (command.help or "").strip():
            found.append(f"{name} says nothing about itself")
        for names, help in options(command):
            line = next(
                (line for line in section.splitlines() if any(f"`{n}" in line or f" {n}" in line for n in names)), None
            )
            if line is None:
                found.append(f"{name} {names[0]} is not there")
            elif not help.strip():
                found.append(f"{name} {names[0]} is not explained")
    return found


@pytest.fixture(scope="module")
def page():
    return commands_page()


def test_every_command_and_option_is_documented(page):
    assert missing(app, page) == []


def test_all_commands_are_looked_at(page):
    paths = {path for path, _ in commands(app)}
    assert {("extract",), ("train",), ("data", "doctor"), ("data", "convert"), ("experiment", "run")} <= paths
    count = sum(len(list(options(command))) for _, command in commands(app))
    assert count > 60
    assert page.count("\n* `") >= count


def toy(help):
    app = App(name="toy", help="A toy.")

    @app.command
    def knit(*, loops: Annotated[int, Parameter(help=help)] = 3):
        """Knit."""

    return app


def test_an_option_without_an_explanation_is_found():
    page = "## toy knit\n\nKnit.\n\n* `--loops INT`\n"
    assert missing(toy(""), page) == ["toy knit --loops is not explained"]
    assert missing(toy("How many."), page) == []


def test_an_option_or_command_that_the_page_lacks_is_found():
    assert missing(toy("How many."), "## toy knit\n\nKnit.\n") == ["toy knit --loops is not there"]
    assert missing(toy("How many."), "## toy purl\n") == ["toy knit has no heading"]


def test_angle_brackets_are_no_html(page):
    prose = re.sub(r"`[^`]*`|```.*?```", "", page, flags=re.DOTALL)
    assert re.findall(r"(?<!\\)<\w", prose) == []
