import pytest

from relknit.cli.common import memory_bytes
from relknit.errors import ConfigError


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (None, None),
        ("123456", 123_456),
        ("10B", 10),
        ("64KB", 64_000),
        ("200MB", 200_000_000),
        ("200 mb", 200_000_000),
        ("1.5GB", 1_500_000_000),
        (" 2gb ", 2_000_000_000),
    ],
)
def test_a_memory_budget_is_read_as_it_is_written(written, meant):
    assert memory_bytes(written) == meant


@pytest.mark.parametrize(
    "written", ["", "MB", "much", "-1", "-1MB", "1e9", "5TB", "1,5GB", "200MiB", "٣MB", "nan", "inf"]
)
def test_anything_else_is_refused_with_an_example(written):
    with pytest.raises(ConfigError, match="expected a size such as 200MB, 1.5GB or 200000000"):
        memory_bytes(written)
