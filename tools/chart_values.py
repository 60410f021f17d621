"""Makes generator/nimfleet/catalog/data/chart_values/*.json from charts' values.yaml and values.schema.json.

    tools/chart_values.py FOLDER

FOLDER has a folder a chart (Chart.yaml, values.yaml and perhaps values.schema.json), and a SOURCES.json that says
where each is from: a list of `chart`, `project`, `path`, `revision` (a tag or null), `commit` and
`chart_version_in_file`. Only names and types of values are kept: no comments, no descriptions, no defaults.

How values.yaml is read:

- a mapping with keys is closed: these are the keys that the chart has;
- an empty mapping is open, as are a subchart's values, `global`, what Kubernetes defines (resources, labels, probes ...)
  and mappings with keys that look like labels;
- a key that only a comment shows (`# key:`) is allowed, with any value.

`switches` are the values that turn subcharts on and off (`condition` of a dependency): Helm takes nothing but true and
false there, and passes over what is neither.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Shape = str | dict[str, Any]
"""A type, or the keys of a closed mapping."""

TARGET = Path(__file__).resolve().parent.parent / "generator/nimfleet/catalog/data/chart_values"

_TYPES = {
    "tag:yaml.org,2002:bool": "boolean",
    "tag:yaml.org,2002:int": "number",
    "tag:yaml.org,2002:float": "number",
    "tag:yaml.org,2002:null": "any",
    "tag:yaml.org,2002:str": "string",
}
_OPEN = re.compile(
    r"(?i)(.*labels|.*annotations|.*selector|.*affinity|.*tolerations|resources|.*resources|.*securitycontext|.*probe"
    r"|strategy|.*strategy|rollingupdate|env|.*env|extra.*|additional.*|dnsconfig|.*disruptionbudget|pdb|lifecycle"
    r"|.*volume|.*volumes|config|hpa|autoscaling|global|data)"
)
_COMMENT = re.compile(r"^(?P<indent> *)#+(?P<space> *)(?P<words>.*?)\s*$")
_COMMENTED = re.compile(
    r"^(?P<indent> *)#+(?P<space> *)(?P<key>[A-Za-z0-9_][A-Za-z0-9_.\-/]*):(?:\s+(?P<value>\S.*)?|$)"
)
_EMPTY = re.compile(r":\s*(?:\{\s*\}|\[\s*\])\s*(?:#.*)?$")
_PROSE = frozenset({"TODO", "NOTE", "Note", "Example", "Ref", "ref", "WARNING", "Warning", "IMPORTANT"})
_SCHEMA_KEYWORDS = ("type", "enum", "required", "pattern", "minimum", "maximum")


@dataclass(slots=True)
class _Mapping:
    """A mapping of values.yaml: the lines that it covers (comments before its first key included)."""

    column: int
    first: int
    last: int
    keys: dict[str, Any] = field(default_factory=dict)
    open: bool = False


def shape_of(values: str, subcharts: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The keys and types of a values.yaml; ``subcharts`` are names (and aliases) of the chart's dependencies."""
    root = yaml.compose(values, Loader=yaml.SafeLoader)
    if root is None:
        return {}
    mappings: list[_Mapping] = []
    texts: list[tuple[int, int]] = []
    shape = _shape(root, "", 0, mappings, texts)
    assert isinstance(shape, dict), "values.yaml is a mapping"
    hidden = {line for first, last in texts for line in range(first, last)}
    for number, match in _commented(values.split("\n"), hidden):
        for mapping in _around(mappings, number, len(match["indent"]), len(match["space"])):
            mapping.keys.setdefault(match["key"], "any")
    for name in subcharts | {"global"}:
        shape[name] = "map"
    result: dict[str, Any] = _sorted(shape)
    return result


def _shape(node: yaml.Node, name: str, first: int, mappings: list[_Mapping], texts: list[tuple[int, int]]) -> Shape:
    if isinstance(node, yaml.SequenceNode):
        return "list"
    if isinstance(node, yaml.ScalarNode):
        if node.style in ("|", ">"):
            texts.append((node.start_mark.line, node.end_mark.line))
        return _TYPES.get(node.tag, "string")
    assert isinstance(node, yaml.MappingNode)
    keys = [key.value for key, _ in node.value]
    if not keys or _OPEN.fullmatch(name) or any("/" in key or "." in key for key in keys):
        return "map"
    block = not node.flow_style
    known = _Mapping(node.value[0][0].start_mark.column, first, node.end_mark.line if block else -1)
    for key, value in node.value:
        known.keys[key.value] = _shape(value, key.value, key.start_mark.line + 1, mappings, texts)
    if not first:
        known.last = sys.maxsize
    mappings.append(known)
    return known.keys


def _commented(lines: list[str], hidden: set[int]) -> Iterator[tuple[int, re.Match[str]]]:
    """The keys in comments with their lines, but for those inside of another commented key, of a commented entry of a
    list, or of an empty value (``custom: []``) above them."""
    parents: list[tuple[int, int]] = []  # indent and space of what the next lines may be inside of
    inside = sys.maxsize  # comments further right are inside of an empty value
    for number, line in enumerate(lines):
        comment = _COMMENT.match(line)
        if comment is None or number in hidden:
            parents.clear()
            if line.strip():
                indent = len(line) - len(line.lstrip(" "))
                inside = indent if _EMPTY.search(line) else sys.maxsize
            continue
        indent, space, words = len(comment["indent"]), len(comment["space"]), comment["words"]
        if indent > inside:
            continue
        while parents and (not words or parents[-1] >= (indent, space)):
            parents.pop()
        match = _COMMENTED.match(line)
        if parents and parents[-1][0] == indent:
            continue
        if match is not None and match["key"] not in _PROSE:
            yield number, match
            if not match["value"]:
                parents.append((indent, space))
        elif words.startswith("- ") and ":" in words:
            parents.append((indent, space))


def _around(mappings: list[_Mapping], line: int, indent: int, space: int) -> Iterator[_Mapping]:
    """The mapping that a commented key belongs to: the innermost at its column, else all around it."""
    covering = [mapping for mapping in mappings if mapping.first <= line < mapping.last]
    for column in (indent, indent + max(0, space - 1), indent + space + 1):
        at = [mapping for mapping in covering if mapping.column == column]
        if at:
            yield max(at, key=lambda mapping: mapping.first)
            if column == indent:
                return
            break
    else:
        yield from covering


def _sorted(shape: Shape) -> Any:
    return {key: _sorted(shape[key]) for key in sorted(shape)} if isinstance(shape, dict) else shape


def schema_of(schema: dict[str, Any]) -> dict[str, Any]:
    """A values.schema.json without texts, defaults and references: what it says about types and keys."""
    definitions = schema.get("$defs", {})

    def reduce(node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            node = definitions[node["$ref"].rpartition("/")[2]]
        result: dict[str, Any] = {key: node[key] for key in _SCHEMA_KEYWORDS if key in node}
        if "properties" in node:
            result["properties"] = {key: reduce(node["properties"][key]) for key in sorted(node["properties"])}
        for key in ("additionalProperties", "items"):
            if isinstance(node.get(key), dict):
                inner = reduce(node[key])
                if inner:
                    result[key] = inner
            elif node.get(key) is False:
                result[key] = False
        return result

    return reduce(schema)


def record(folder: Path, source: dict[str, Any]) -> dict[str, Any]:
    """What is kept of one chart."""
    chart = yaml.safe_load((folder / "Chart.yaml").read_text(encoding="utf-8"))
    subcharts = {
        name for entry in chart.get("dependencies", ()) for name in (entry["name"], entry.get("alias")) if name
    }
    revision = source["revision"] or source["commit"]
    version = str(source["revision"] or source["chart_version_in_file"])
    result: dict[str, Any] = {
        "chart": source["chart"],
        "version": version,
        "source": f"https://github.com/{source['project']}/tree/{revision}/{source['path']}",
        "values": shape_of((folder / "values.yaml").read_text(encoding="utf-8"), frozenset(subcharts)),
    }
    conditions = (str(entry.get("condition") or "") for entry in chart.get("dependencies", ()))
    switches = {path.strip() for condition in conditions for path in condition.split(",")} - {""}
    if switches:
        result["switches"] = sorted(switches)
    schema = folder / "values.schema.json"
    if schema.is_file():
        result["schema"] = schema_of(json.loads(schema.read_text(encoding="utf-8")))
    return result


def write(charts: Path, target: Path = TARGET) -> list[str]:
    """Write a file a chart of ``charts`` into ``target``; their names."""
    names = []
    target.mkdir(parents=True, exist_ok=True)
    for source in json.loads((charts / "SOURCES.json").read_text(encoding="utf-8")):
        text = json.dumps(record(charts / source["chart"], source), indent=1, ensure_ascii=False)
        (target / f"{source['chart']}.json").write_text(text + "\n", encoding="utf-8")
        names.append(source["chart"])
    return names


if __name__ == "__main__":
    print(*write(Path(sys.argv[1])), sep="\n")
