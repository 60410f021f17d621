"""The converter of charts' values, and what it has made."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from nimfleet.catalog.chart_values import chart_values, known_charts
from nimfleet.catalog.load import load_catalog

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def converter(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """tools/chart_values.py, which is no package."""
    spec = importlib.util.spec_from_file_location("chart_values_under_test", PROJECT / "tools" / "chart_values.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_types_and_closed_mappings(converter: ModuleType) -> None:
    text = 'image:\n  tag: ""\n  pull: true\nreplicas: 2\nratio: 0.5\nargs: []\nname: null\nbare:\n'
    assert converter.shape_of(text) == {
        "args": "list",
        "bare": "any",
        "global": "map",
        "image": {"pull": "boolean", "tag": "string"},
        "name": "any",
        "ratio": "number",
        "replicas": "number",
    }


@pytest.mark.parametrize(
    "text",
    [
        "key: {}",
        "resources:\n  limits:\n    cpu: 1",
        "podLabels:\n  app: x",
        "key:\n  kubernetes.io/os: linux",
        "livenessProbe:\n  periodSeconds: 10",
        "controllerNodeSelector:\n  zone: a",
    ],
)
def test_open_mappings(converter: ModuleType, text: str) -> None:
    shape = converter.shape_of(text)
    assert shape[text.partition(":")[0]] == "map"


def test_subcharts_are_open(converter: ModuleType) -> None:
    shape = converter.shape_of("nfd:\n  worker: 1\nown:\n  key: 1\n", frozenset({"nfd", "node-feature-discovery"}))
    assert shape["nfd"] == shape["node-feature-discovery"] == "map"
    assert shape["own"] == {"key": "number"}


def test_commented_keys_belong_to_the_mapping_at_their_column(converter: ModuleType) -> None:
    text = """\
# top: 1
service:
  # -- words about the port, and a NOTE: this
  port: 80
  #nodePort: 30000
  #   nested: 1
other: |
  # inside: of a text
last:
  key: 1
# end: 1
"""
    shape = converter.shape_of(text)
    assert shape["top"] == shape["end"] == "any"
    assert shape["service"] == {"nested": "any", "nodePort": "any", "port": "number"}
    assert shape["last"] == {"key": "number"}
    assert "inside" not in json.dumps(shape)


def test_commented_keys_inside_of_others_are_not_the_mappings(converter: ModuleType) -> None:
    text = """\
rules:
  default: true
  custom: []
    # - query: x
    #   resources:
    #     template: y
  # resource:
  #   cpu:
  #     query: z
  #   window: 3m
  # - name: entry
  #   value: 1
  # other: 1
  #
  # last: 1
labels: {}
  # role: x
resources: {}
"""
    shape = converter.shape_of(text)
    assert shape["rules"] == {
        "custom": "list",
        "default": "boolean",
        "last": "any",
        "other": "any",
        "resource": "any",
    }
    assert sorted(shape) == ["global", "labels", "resources", "rules"]


def test_a_schema_keeps_types_and_closed_objects_only(converter: ModuleType) -> None:
    schema = {
        "$ref": "#/$defs/values",
        "$defs": {
            "values": {
                "type": "object",
                "additionalProperties": False,
                "description": "Words.",
                "properties": {"log": {"$ref": "#/$defs/log"}, "any": {"additionalProperties": True}},
            },
            "log": {"type": "string", "enum": ["a", "b"], "default": "a", "description": "Words."},
        },
    }
    assert converter.schema_of(schema) == {
        "type": "object",
        "properties": {"any": {}, "log": {"type": "string", "enum": ["a", "b"]}},
        "additionalProperties": False,
    }


def test_a_folder_of_charts_becomes_a_file_a_chart(converter: ModuleType, tmp_path: Path) -> None:
    chart = tmp_path / "charts" / "demo"
    chart.mkdir(parents=True)
    (chart / "Chart.yaml").write_text(
        "name: demo\nversion: 9.9.9\ndependencies:\n  - name: redis\n    alias: cache\n"
        "    condition: cache.enabled, redis.enabled\n"
    )
    (chart / "values.yaml").write_text("cache:\n  size: 1\nport: 80\n")
    source = {
        "chart": "demo",
        "project": "example/demo",
        "path": "charts/demo",
        "revision": "v1.2.3",
        "commit": "abc",
        "chart_version_in_file": "9.9.9",
    }
    (tmp_path / "charts" / "SOURCES.json").write_text(json.dumps([source]))
    assert converter.write(tmp_path / "charts", tmp_path / "out") == ["demo"]
    assert json.loads((tmp_path / "out" / "demo.json").read_text()) == {
        "chart": "demo",
        "version": "v1.2.3",
        "source": "https://github.com/example/demo/tree/v1.2.3/charts/demo",
        "values": {"cache": "map", "global": "map", "port": "number", "redis": "map"},
        "switches": ["cache.enabled", "redis.enabled"],
    }
    (tmp_path / "charts" / "SOURCES.json").write_text(json.dumps([{**source, "revision": None}]))
    converter.write(tmp_path / "charts", tmp_path / "out")
    made = json.loads((tmp_path / "out" / "demo.json").read_text())
    assert (made["version"], made["source"]) == ("9.9.9", "https://github.com/example/demo/tree/abc/charts/demo")


def test_what_is_shipped_is_of_the_catalogs_versions() -> None:
    charts = load_catalog().charts
    assert len(known_charts()) == 16
    for name in known_charts():
        values = chart_values(name)
        assert values is not None
        assert values.version == charts[name].version.removeprefix("v"), name
        assert (values.schema is not None) == charts[name].values_schema, name
        assert values.source.startswith("https://github.com/")
        assert all(switch[-1] == "enabled" for switch in values.switches)
    assert chart_values("nobody-knows") is None


def test_a_name_is_no_path() -> None:
    assert chart_values("../charts") is None
