"""Reading ``nimfleet.toml``: every mistake with its line, all of them at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nimfleet.config.model import CONFIG_FILE, POLICIES, Config, External, Ignore, NodeGroup, Severity, Taint
from nimfleet.errors import UsageError
from nimfleet.suggest import did_you_mean

MAX_BYTES = 1024 * 1024
SEVERITIES = ("error", "warning", "info")
TOP_KEYS = ("exclude", "external", "ignore", "kubernetesVersion", "nodeGroup", "policy", "severity")
IGNORE_KEYS = ("object", "path", "reason", "rule")
EXTERNAL_KEYS = ("keys", "kind", "name", "namespace")
NODE_GROUP_KEYS = ("instanceTypes", "labels", "maxNodes", "name", "taints")
TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")

_RULE = re.compile(r"[a-z0-9-]+/(?:[a-z0-9-]+|\*)")
_MINOR = re.compile(r"1\.\d{1,3}")
_INSTANCE_TYPE = re.compile(r"[a-z][a-z0-9-]*\.(?:nano|micro|small|medium|large|[0-9]*xlarge|metal(?:-[0-9]+xl)?)")
_HEADER = re.compile(r"\s*\[\[?\s*(?P<name>[A-Za-z0-9_-]+)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*(?:"(?P<basic>[^"]*)"|'(?P<literal>[^']*)'|(?P<bare>[A-Za-z0-9_-]+))\s*=""")
_SYNTAX = re.compile(r"^(?P<words>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)$", re.DOTALL)

_Key = tuple[str | int, ...]


def load_config(root: Path) -> Config:
    """``nimfleet.toml`` of the repository at ``root``; the defaults when there is none.

    Raises:
        UsageError: the file cannot be read, is not TOML, or says something that nimfleet does not know; one
            line a mistake, each with its place.
    """
    path = root / CONFIG_FILE
    if not path.exists() and not path.is_symlink():
        return Config()
    try:
        if not path.resolve(strict=True).is_relative_to(root.resolve()):
            raise UsageError(f"{CONFIG_FILE}: this symbolic link leaves the repository; nothing outside it is read")
        if not path.is_file():
            raise UsageError(f"{CONFIG_FILE}: this is not a regular file")
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{CONFIG_FILE}: this file is above {MAX_BYTES >> 20} MiB")
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{CONFIG_FILE}: not UTF-8 text") from None
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UsageError(f"{CONFIG_FILE}: this file cannot be read: {reason}") from None
    return parse_config(text)


def parse_config(text: str) -> Config:
    """The text of a ``nimfleet.toml`` as data.

    Raises:
        UsageError: as :func:`load_config`.
    """
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _SYNTAX.match(str(error))
        place = f"{match['line']}:{match['column']}" if match else "1:1"
        words = match["words"] if match else str(error)
        raise UsageError(f"{CONFIG_FILE}:{place}: not TOML: {words}") from None
    except RecursionError:
        raise UsageError(f"{CONFIG_FILE}:1:1: not TOML: nested too deep") from None
    reader = _Reader(_lines(text))
    config = reader.config(value)
    if reader.mistakes:
        raise UsageError("\n".join(f"{CONFIG_FILE}:{line}:1: {words}" for line, words in sorted(reader.mistakes)))
    return config


def _lines(text: str) -> dict[_Key, int]:
    """The line of each key and table. tomllib does not tell; written in the usual way they are easy to find,
    and what is not found has the line of its table."""
    found: dict[_Key, int] = {}
    table: _Key = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HEADER.fullmatch(line):
            name = match["name"]
            table = (name,)
            found.setdefault(table, number)
            if line.lstrip().startswith("[["):
                table = (name, counts.get(name, 0))
                counts[name] = counts.get(name, 0) + 1
                found[table] = number
        elif match := _KEY.match(line):
            name = match["basic"] or match["literal"] or match["bare"] or ""
            found.setdefault((*table, name), number)
    return found


class _Reader:
    def __init__(self, lines: Mapping[_Key, int]) -> None:
        self._lines = lines
        self.mistakes: set[tuple[int, str]] = set()

    def config(self, value: Mapping[str, Any]) -> Config:
        self._unknown(value, TOP_KEYS, (), "")
        ignores = self._tables(value, "ignore")
        externals = self._tables(value, "external")
        groups = self._tables(value, "nodeGroup")
        return Config(
            ignores=tuple(self._ignore(item, index) for index, item in enumerate(ignores)),
            severities=self._severities(value.get("severity", {})),
            exclude=self._exclude(value.get("exclude", [])),
            kubernetes_version=self._version(value.get("kubernetesVersion")),
            policy=self._policy(value.get("policy")),
            externals=tuple(self._external(item, index) for index, item in enumerate(externals)),
            node_groups=tuple(self._node_group(item, index) for index, item in enumerate(groups)),
        )

    def _wrong(self, key: _Key, words: str) -> None:
        self.mistakes.add((self._line(key), words))

    def _line(self, key: _Key) -> int:
        for length in range(len(key), 0, -1):
            if key[:length] in self._lines:
                return self._lines[key[:length]]
        return 1

    def _unknown(self, value: Iterable[str], known: tuple[str, ...], at: _Key, where: str) -> None:
        for key in value:
            if key not in known:
                self._wrong(
                    (*at, key), f"unknown key `{key}`{where}.{did_you_mean(key, known)} It has {', '.join(known)}"
                )

    def _tables(self, value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
        found = value.get(name, [])
        if isinstance(found, list) and all(isinstance(item, dict) for item in found):
            return found
        self._wrong((name,), f"`{name}` is written as [[{name}]] with its keys below")
        return []

    def _text(self, value: Mapping[str, Any], key: str, at: _Key, *, required: bool) -> str:
        text = value.get(key)
        if text is None and not required:
            return ""
        if text is None:
            self._wrong(at, f"[[{at[0]}]] needs `{key}`")
        elif not isinstance(text, str):
            self._wrong((*at, key), f"`{key}` must be text in quotes")
        elif required and not text.strip():
            self._wrong((*at, key), f"`{key}` is empty")
        else:
            return text.strip()
        return ""

    def _ignore(self, value: Mapping[str, Any], index: int) -> Ignore:
        at: _Key = ("ignore", index)
        self._unknown(value, IGNORE_KEYS, at, " in [[ignore]]")
        rule = self._text(value, "rule", at, required=True)
        if rule:
            self._rule(rule, (*at, "rule"))
        path = self._text(value, "path", at, required=True)
        if path:
            self._glob(path, (*at, "path"))
        return Ignore(
            rule=rule,
            path=path,
            object=self._text(value, "object", at, required=False),
            reason=self._text(value, "reason", at, required=False),
            line=self._line((*at, "rule")),
        )

    def _rule(self, rule: str, at: _Key) -> None:
        if not _RULE.fullmatch(rule):
            self._wrong(at, f"`{rule}` is not the name of a rule: family/rule, or family/* for a whole family")

    def _glob(self, pattern: str, at: _Key) -> None:
        if pattern.startswith("/") or "\\" in pattern or ".." in pattern.split("/"):
            self._wrong(at, f"`{pattern}` must be relative to the root of the repository, with forward slashes")

    def _severities(self, value: Any) -> tuple[Severity, ...]:
        if not isinstance(value, dict):
            self._wrong(("severity",), '`severity` is written as [severity] with lines such as "yaml/style" = "info"')
            return ()
        found = []
        for rule, severity in value.items():
            at: _Key = ("severity", rule)
            self._rule(rule, at)
            if severity not in SEVERITIES:
                self._wrong(at, f"the severity of {rule} must be one of {', '.join(SEVERITIES)}, in quotes")
            else:
                found.append(Severity(rule, severity, self._line(at)))
        return tuple(found)

    def _texts(self, value: Mapping[str, Any], key: str, at: _Key) -> tuple[str, ...]:
        found = value.get(key, [])
        if not isinstance(found, list) or not all(isinstance(item, str) and item.strip() for item in found):
            self._wrong((*at, key), f"`{key}` must be a list of texts in quotes")
            return ()
        return tuple(found)

    def _external(self, value: Mapping[str, Any], index: int) -> External:
        at: _Key = ("external", index)
        self._unknown(value, EXTERNAL_KEYS, at, " in [[external]]")
        return External(
            kind=self._text(value, "kind", at, required=True),
            name=self._text(value, "name", at, required=True),
            namespace=self._text(value, "namespace", at, required=False),
            keys=self._texts(value, "keys", at),
            line=self._line((*at, "kind")),
        )

    def _node_group(self, value: Mapping[str, Any], index: int) -> NodeGroup:
        at: _Key = ("nodeGroup", index)
        self._unknown(value, NODE_GROUP_KEYS, at, " in [[nodeGroup]]")
        name = self._text(value, "name", at, required=True)
        instance_types = self._texts(value, "instanceTypes", at)
        if not instance_types:
            self._wrong(at, "[[nodeGroup]] needs `instanceTypes`, a list of EC2 instance types")
        for written in instance_types:
            if not _INSTANCE_TYPE.fullmatch(written):
                self._wrong((*at, "instanceTypes"), f"`{written}` is no EC2 instance type, such as g5.12xlarge")
        labels = value.get("labels", {})
        if not isinstance(labels, dict) or not all(isinstance(label, str) for label in labels.values()):
            self._wrong((*at, "labels"), '`labels` is a table of texts, such as {"node.example.com/pool" = "gpu"}')
            labels = {}
        nodes = value.get("maxNodes", 0)
        if not isinstance(nodes, int) or isinstance(nodes, bool) or nodes < 0:
            self._wrong((*at, "maxNodes"), "`maxNodes` must be a whole number, not below 0 (0: no limit)")
            nodes = 0
        taints = self._taints(value, at)
        return NodeGroup(name, instance_types, tuple(sorted(labels.items())), taints, nodes, self._line((*at, "name")))

    def _taints(self, value: Mapping[str, Any], at: _Key) -> tuple[Taint, ...]:
        found = []
        for written in self._texts(value, "taints", at):
            rest, colon, effect = written.rpartition(":")
            key, _, content = rest.partition("=")
            if not colon or not key or effect not in TAINT_EFFECTS:
                words = "is not a taint: write key=value:effect, such as nvidia.com/gpu=true:NoSchedule"
                self._wrong((*at, "taints"), f"`{written}` {words} (effects: {', '.join(TAINT_EFFECTS)})")
                continue
            found.append(Taint(key, content, effect))
        return tuple(found)

    def _policy(self, value: Any) -> str | None:
        if value is None or value in POLICIES:
            return None if value is None else str(value)
        hint = did_you_mean(value, POLICIES) if isinstance(value, str) else ""
        self._wrong(("policy",), f"`policy` must be one of {', '.join(POLICIES)}, in quotes.{hint}")
        return None

    def _exclude(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            self._wrong(("exclude",), "`exclude` must be a list of globs, each text in quotes")
            return ()
        for pattern in value:
            self._glob(pattern, ("exclude",))
        return tuple(value)

    def _version(self, value: Any) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str) or not _MINOR.fullmatch(value):
            self._wrong(("kubernetesVersion",), '`kubernetesVersion` must be a minor version in quotes, such as "1.34"')
            return None
        return value
