"""Every setting and every option says what it means."""

import dataclasses

import pytest

from relknit.cli.app import app
from relknit.cli.filters import Filters
from relknit.config import Config
from relknit.document.jsonl import Limits
from relknit.encoders import ENCODERS
from relknit.models import MODELS
from relknit.runtime import Runtime


def sections():
    """The classes of all sections of a configuration, those of the built-in parts included."""
    parts = [registry.get(name).Settings for registry in (ENCODERS, MODELS) for name in registry.builtin]
    own = [field.annotation for name, field in Config.model_fields.items() if name not in ("encoder", "model")]
    return [*own, *parts]


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.__name__)
def test_every_setting_has_a_description(section):
    assert section.model_fields
    without = [name for name, field in section.model_fields.items() if not field.description and name != "name"]
    assert without == []


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.__name__)
def test_every_section_is_on_the_page_of_settings(section, root):
    page = (root / "docs" / "settings.md").read_text(encoding="utf-8")
    assert f"autopydantic_model:: {section.__module__}.{section.__name__}\n" in page


@pytest.mark.parametrize("options", [Runtime, Limits, Filters])
def test_every_value_of_a_group_of_options_is_in_its_docstring(options):
    for field in dataclasses.fields(options):
        assert f"    {field.name}:\n" in options.__doc__


def commands(group, name=""):
    """Every command below an app, by its whole name."""
    for key in (key for key in group if not key.startswith("-")):
        inner = group[key]
        if inner.default_command is None:
            yield from commands(inner, f"{name} {key}")
        else:
            yield f"{name} {key}".strip(), inner


@pytest.mark.parametrize("name", [name for name, _ in commands(app)])
def test_every_option_of_a_command_has_a_help_text(name, capsys):
    command = dict(commands(app))[name]
    arguments = command.assemble_argument_collection(parse_docstring=True)
    without = [argument.name for argument in arguments if argument.show and not argument.parameter.help]
    assert arguments
    assert without == []
