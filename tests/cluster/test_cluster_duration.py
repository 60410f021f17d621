"""Durations, as Go reads them."""

from __future__ import annotations

from typing import Any

import pytest

from nimfleet.cluster.duration import in_words, seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", 90),
        ("1h30m", 5400),
        ("1.5m", 90),
        ("10m", 600),
        ("0s", 0),
        ("0", 0),
        ("1500ms", 1.5),
        ("-1m", -60),
        ("10", None),
        ("", None),
        ("5 m", None),
        ("1d", None),
        ("60min", None),
        ("Never", None),
        ("${timeout}", None),
        (None, None),
        (10, None),
    ],
)
def test_durations(text: Any, expected: float | None) -> None:
    assert seconds(text) == expected


def test_durations_in_words() -> None:
    assert in_words(90) == "90 s"
    assert in_words(601) == "11 min"
