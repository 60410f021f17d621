"""Which values a chart has: names and types, made by tools/chart_values.py from the charts' own values.yaml.

A shape is the name of a type (``boolean``, ``number``, ``string``, ``list``, ``map`` for a mapping with any keys, ``any``), or a
mapping from the keys of a closed mapping to their shapes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parent / "data" / "chart_values"

Shape = str | Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class ChartValues:
    """The values of ``chart`` at ``version`` (without a leading v).

    ``schema`` is its values.schema.json without texts, which Helm enforces; None where the chart has none. ``switches``
    are paths of the values that turn its subcharts on and off.
    """

    chart: str
    version: str
    source: str
    values: Mapping[str, Shape]
    schema: Mapping[str, Any] | None
    switches: tuple[tuple[str, ...], ...] = ()


@cache
def chart_values(chart: str) -> ChartValues | None:
    """What is known of the values of the chart with this name; None when nothing is."""
    if chart not in known_charts():
        return None
    record = json.loads((_FOLDER / f"{chart}.json").read_bytes())
    return ChartValues(
        chart=record["chart"],
        version=record["version"].removeprefix("v"),
        source=record["source"],
        values=record["values"],
        schema=record.get("schema"),
        switches=tuple(tuple(path.split(".")) for path in record.get("switches", ())),
    )


@cache
def known_charts() -> frozenset[str]:
    """The charts whose values are known."""
    return frozenset(path.stem for path in _FOLDER.glob("*.json"))
