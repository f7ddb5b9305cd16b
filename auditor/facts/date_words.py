"""Facts of dates in texts: the days that people write out, in the languages shops are written in; read by checks of dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache

from babel.dates import get_month_names

_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "sv", "da", "nb", "fi", "pl", "cs", "pt")
_YEAR = r"(20\d{2})(?!\d)"


@cache
def _months() -> dict[str, int]:
    found: dict[str, int] = {}
    for language in _LANGUAGES:
        tables = (
            get_month_names("wide", "format", language),
            get_month_names("wide", "stand-alone", language),
            get_month_names("abbreviated", "format", language),
        )
        for number, name in (pair for table in tables for pair in table.items()):
            word = str(name).casefold().rstrip(".")
            if len(word) >= 3 and not word.isdigit():
                found.setdefault(word, int(number))
    return found


@cache
def _pattern() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    return re.compile(
        rf"(?<![\d.,/-])(?:(?P<iso>20\d{{2}})-(?P<iso_month>\d{{2}})-(?P<iso_day>\d{{2}})(?!\d)"
        rf"|(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th|er|º)?\s*(?:de\s+|of\s+)?(?P<month>{names})\.?,?\s*(?:de\s+|del\s+)?(?P<year>{_YEAR})"
        rf"|(?P<month2>{names})\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year2>{_YEAR})"
        rf"|(?P<first>\d{{1,2}})(?P<sign>[./-])(?P<second>\d{{1,2}})(?P=sign)(?P<year3>{_YEAR}))",
        re.IGNORECASE,
    )


def days(text: str) -> Iterator[tuple[date, int, int]]:
    """(day, start, end) of every day with a year; one that can be read in two ways (3/4/2026) is left out.

    With points the day stands first; with slashes and hyphens the month may, so one of the two must say which it is.
    """
    for match in _pattern().finditer(text):
        part = match.groupdict()
        if part["iso"]:
            numbers = int(part["iso"]), int(part["iso_month"]), int(part["iso_day"])
        elif part["month"]:
            numbers = int(part["year"]), _months()[part["month"].casefold()], int(part["day"])
        elif part["month2"]:
            numbers = int(part["year2"]), _months()[part["month2"].casefold()], int(part["day2"])
        else:
            first, second = int(part["first"]), int(part["second"])
            if part["sign"] != "." and first <= 12 and second <= 12 and first != second:
                continue
            if part["sign"] != "." and second > 12:
                first, second = second, first
            numbers = int(part["year3"]), second, first
        try:
            yield date(*numbers), match.start(), match.end()
        except ValueError:
            continue
