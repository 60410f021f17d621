"""The table of charts against the catalog, which was made of the charts themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nimfleet.catalog
from nimfleet.cluster.charts import CHARTS, DRIVERS, KNOWN_GROUPS, charts_of

DATA = Path(nimfleet.catalog.__file__).parent / "data" / "charts.json"
CATALOG = json.loads(DATA.read_text(encoding="utf-8"))["charts"]


@pytest.mark.parametrize("chart", [entry for entry in CATALOG if entry.get("crds")], ids=lambda entry: entry["name"])
def test_groups_are_those_of_the_crds_in_the_catalog(chart: dict[str, list[str]]) -> None:
    facts = CHARTS[str(chart["name"])]
    listed = {crd.partition(".")[2] for crd in chart["crds"]}
    assert listed <= facts.groups
    assert facts.crd.partition(".")[2] in listed


def test_a_chart_that_brings_crds_names_one_of_them() -> None:
    for name, facts in CHARTS.items():
        assert bool(facts.crd) == bool(facts.groups), name
        assert not facts.groups or facts.crd.partition(".")[2] in facts.groups, name
        assert facts.groups or not (facts.folder or facts.switches or facts.upgrade), name


def test_charts_of_drivers_are_in_the_catalog() -> None:
    assert set(DRIVERS.values()) - {"aws-ebs-csi-driver"} <= {entry["name"] for entry in CATALOG}


def test_every_group_is_brought_by_somebody() -> None:
    assert all(charts_of(group) for group in KNOWN_GROUPS)
    assert set(charts_of("karpenter.sh")) == {"karpenter", "karpenter-crd"}
