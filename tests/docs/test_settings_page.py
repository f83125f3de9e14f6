import pytest
from pydantic import BaseModel, Field

from builder.settings import _row, settings_page
from relknit import config
from relknit.encoders.bilstm.settings import BiLSTMSettings
from relknit.encoders.transformer.settings import TransformerSettings
from relknit.models.rin.settings import RINSettings, RINv1Settings

SECTIONS = (
    config.DataConfig,
    BiLSTMSettings,
    TransformerSettings,
    RINSettings,
    RINv1Settings,
    config.TrainingConfig,
)


@pytest.fixture(scope="module")
def page():
    return settings_page()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_setting_has_a_row(page, section):
    assert len(section.model_fields) > 3
    for key in section.model_fields:
        assert f"| `{key}` |" in page


def test_every_section_of_a_configuration_is_there(page):
    for name in config.Config.model_fields:
        assert f"## [{name}]" in page


def test_rows_have_four_cells(page):
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len(rows) > 40
    assert {line.replace(r"\|", "").count("|") for line in rows} == {5}


class Toy(BaseModel):
    """Settings with something of everything."""

    count: int = Field(default=1, ge=0, le=9, description="how many | how often")
    on: bool = True
    share: float | None = Field(default=None, gt=0, lt=1)
    name: str


@pytest.mark.parametrize(
    ("key", "row"),
    [
        ("count", r"| `count` | `1` | int, ≥ 0, ≤ 9 | how many \| how often |"),
        ("on", "| `on` | `true` | bool |  |"),
        ("share", "| `share` | `none` | float or none, > 0, < 1 |  |"),
        ("name", "| `name` |  | str |  |"),
    ],
)
def test_a_row_says_default_limits_and_meaning(key, row):
    assert _row(key, Toy.model_fields[key]) == row
