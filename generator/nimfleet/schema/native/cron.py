"""Schedules of CronJobs, as the server's parser takes them (github.com/robfig/cron/v3, ParseStandard)."""

from __future__ import annotations

import re
from typing import Final

from nimfleet.schema.cel.errors import EvalError
from nimfleet.schema.cel.values import duration

_MONTHS: Final = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_DAYS: Final = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_FIELDS: Final[tuple[tuple[str, int, int, dict[str, int]], ...]] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_DESCRIPTORS: Final = frozenset(["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"])
_PART: Final = re.compile(
    r"(?:[*?](?:-[^/]*)?|(?P<first>\+?[0-9]+|[A-Za-z]+)(?:-(?P<last>\+?[0-9]+|[A-Za-z]+))?)(?:/(?P<step>\+?[0-9]+))?"
)
"""One item of a field. The parser takes signs, and does not look at what follows ``*-``."""


# The areas of the IANA database, and its zones that have none.
_AREAS: Final = frozenset(
    [
        "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Brazil", "Canada", "Chile",
        "Etc", "Europe", "Indian", "Mexico", "Pacific", "US",
    ]
)  # fmt: skip
_ZONES: Final = frozenset(
    [
        "CET", "CST6CDT", "Cuba", "EET", "EST", "EST5EDT", "Egypt", "Eire", "Factory", "GB", "GB-Eire", "GMT", "GMT+0",
        "GMT-0", "GMT0", "Greenwich", "HST", "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan", "Kwajalein",
        "Libya", "MET", "MST", "MST7MDT", "NZ", "NZ-CHAT", "Navajo", "PRC", "PST8PDT", "Poland", "Portugal", "ROC",
        "ROK", "Singapore", "Turkey", "UCT", "UTC", "Universal", "W-SU", "WET", "Zulu",
    ]
)  # fmt: skip
_ZONE_PART: Final = re.compile(r"(?!-)[A-Za-z._0-9+-]{1,14}")


def zone_problem(text: str) -> str | None:
    """What is wrong with the name of a time zone; the cities of an area are not looked at."""
    area, *rest = text.split("/")
    good = area in _AREAS if rest else area in _ZONES
    if good and all(_ZONE_PART.fullmatch(part) and part not in (".", "..") for part in rest):
        return None
    return "must be a time zone of the IANA database such as `Europe/Berlin`"


def schedule_problem(text: str) -> str | None:
    """What is wrong with a schedule; None when it is good."""
    if text.startswith(("TZ=", "CRON_TZ=")):
        return "must not name a time zone; use timeZone"
    if text.startswith("@every "):
        try:
            duration(text.removeprefix("@every "))
        except EvalError as error:
            return f"must be `@every` and a duration ({error})"
        return None
    if text.startswith("@"):
        return None if text in _DESCRIPTORS else "must be five fields or a descriptor such as `@daily`"
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return f"must have five fields (minute, hour, day, month, day of the week), has {len(fields)}"
    for field, (name, low, high, names) in zip(fields, _FIELDS, strict=True):
        for part in filter(None, field.split(",")):
            if not _good(part, low, high, names):
                return f"has a bad {name} `{part}`: it must be between {low} and {high}"
    return None


def _good(part: str, low: int, high: int, names: dict[str, int]) -> bool:
    match = _PART.fullmatch(part)
    if match is None:
        return False
    first, last, step = match["first"], match["last"], match["step"]
    if step is not None and int(step) == 0:
        return False
    if first is None:
        return True
    start = _number(first, names)
    end = start if last is None else _number(last, names)
    return start is not None and end is not None and low <= start <= end <= high


def _number(text: str, names: dict[str, int]) -> int | None:
    return int(text) if text.lstrip("+").isdigit() else names.get(text.lower())
