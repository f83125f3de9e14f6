"""Dates in English, in whatever order they are written."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

Date = tuple[int, int, int]
"""Year, month and day; month and day are 0 where they are not given."""

_MONTHS: Final = """
    january february march april may june july august september october november december
""".split()  # noqa: SIM905
_MONTH_NUMBERS: Final = MappingProxyType(
    {name: k for k, month in enumerate(_MONTHS, 1) for name in (month, month[:3])} | {"sept": 9}
)
_MONTH: Final = r"(?P<month>[a-z]{3,9})\.?"
_FORMS: Final = tuple(
    re.compile(form)
    for form in (
        r"(?P<year>\d{4})",
        rf"{_MONTH},? (?:of )?(?P<year>\d{{4}})",
        rf"{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})",
        rf"(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH},? (?P<year>\d{{4}})",
        r"(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})",
    )
)


def parse_date(text: str) -> Date | None:
    """The date, as in "1867", "June 1867", "June 13, 2010", "13 June 2010" or "2010-06-13"; None for anything else."""
    text = " ".join(text.casefold().split())
    for form in _FORMS:
        if found := form.fullmatch(text):
            parts = found.groupdict()
            month = _MONTH_NUMBERS.get(parts["month"], 13) if parts.get("month") else int(parts.get("number") or 0)
            day = int(parts.get("day") or 0)
            return (int(parts["year"]), month, day) if month <= 12 and day <= 31 else None
    return None


def contradict(first: Date, second: Date) -> bool:
    """Whether two dates differ in a part that both have."""
    return any(a != b for a, b in zip(first, second, strict=True) if a and b)
