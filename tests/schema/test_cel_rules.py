"""Where rules run, what they see, and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from schema_helpers import crd, schema_of, widget

from nimfleet.schema.cel.rules import evaluate, rule_tree
from nimfleet.schema.check import Violation, check
from nimfleet.schema.importer import ImportFailedError, import_crds
from nimfleet.schema.model import Schema
from nimfleet.schema.store import Store

STRING = {"type": "string"}
INTEGER = {"type": "integer"}


def with_rules(node: dict[str, Any], *rules: str | dict[str, Any]) -> dict[str, Any]:
    entries = [{"rule": rule, "message": f"broken: {rule}"} if isinstance(rule, str) else rule for rule in rules]
    return {**node, "x-kubernetes-validations": entries}


def schema(*rules: str | dict[str, Any], **properties: Any) -> Schema:
    return schema_of(crd(with_rules({"type": "object", "properties": properties}, *rules)))


def found(spec: Any, of: Schema, old: Any = None) -> list[tuple[str, str]]:
    violations = check(widget(spec), of, None if old is None else widget(old))
    assert {violation.keyword for violation in violations} <= {"cel"}
    return [("/".join(map(str, violation.pointer)), violation.message) for violation in violations]


def test_rules_run_where_they_stand() -> None:
    item = with_rules({"type": "object", "properties": {"n": INTEGER}}, "self.n > 0")
    of = schema(
        "has(self.list)",
        list={"type": "array", "items": item},
        map={"type": "object", "additionalProperties": with_rules(STRING, "self != ''")},
        deep={"type": "object", "properties": {"s": with_rules(STRING, "self.size() < 3")}},
    )
    good = {"list": [{"n": 1}], "map": {"a": "x"}, "deep": {"s": "ab"}}
    assert found(good, of) == []
    bad = {"list": [{"n": 1}, {"n": 0}], "map": {"a": "", "b": "x"}, "deep": {"s": "abc"}}
    assert found(bad, of) == [
        ("spec/deep/s", "broken: self.size() < 3"),
        ("spec/list/1", "broken: self.n > 0"),
        ("spec/map/a", "broken: self != ''"),
    ]
    assert found({}, of) == [("spec", "broken: has(self.list)")]


def test_rules_in_branches_of_all_of() -> None:
    branch = with_rules({"properties": {"b": with_rules({}, "self > 1")}}, "self.a < self.b")
    of = schema_of(
        crd(
            {
                "type": "object",
                "properties": {"a": INTEGER, "b": with_rules(INTEGER, "self < 9")},
                "allOf": [branch, {"properties": {"a": with_rules({}, "self > 0")}}],
            }
        )
    )
    assert found({"a": 1, "b": 2}, of) == []
    assert found({"a": 0, "b": 0}, of) == [
        ("spec", "broken: self.a < self.b"),
        ("spec/a", "broken: self > 0"),
        ("spec/b", "broken: self > 1"),
    ]
    assert found({"a": 1, "b": 9}, of) == [("spec/b", "broken: self < 9")]


def test_rules_see_defaults_and_no_stray_nulls() -> None:
    of = schema("self.a == 'x' && !has(self.b)", a={"type": "string", "default": "x"}, b=STRING)
    assert found({"b": None}, of) == []
    assert found({"a": "y"}, of) == [("spec", "broken: self.a == 'x' && !has(self.b)")]


def test_null_has_no_rules() -> None:
    of = schema(a=with_rules({"type": "string", "nullable": True}, "self != ''"))
    assert found({"a": None}, of) == []
    assert found({"a": ""}, of) == [("spec/a", "broken: self != ''")]


def test_the_root_shows_only_its_name_and_its_spec() -> None:
    root = with_rules({}, "self.metadata.name == 'one' && self.kind == 'Widget' && !has(self.status)")
    of = schema_of(crd(root=root, status={"type": "object", "properties": {"a": INTEGER}}))
    assert found(None, of) == []
    # The server drops status before it looks.
    assert check(widget(status={"a": 1}), of) == []
    assert [v.keyword for v in check(widget(metadata={"name": "two"}), of)] == ["cel"]
    labels = schema_of(crd(root=with_rules({}, "has(self.metadata.labels)")))
    assert "undefined field `labels`" in labels.unchecked_rules[0].reason


def test_rules_of_status() -> None:
    status = with_rules({"type": "object", "properties": {"a": INTEGER}}, "self.a > 0")
    assert check(widget(status={"a": 0}), schema_of(crd(status=status))) == []
    (violation,) = check(widget(status={"a": 0}), schema_of(crd(status=status, subresource=False)))
    assert violation.pointer == ("status",)


@pytest.mark.parametrize(
    ("spec", "keyword", "rules_run"),
    [
        ({"a": "abc"}, None, True),
        ({"a": "ABC"}, "pattern", True),
        ({"a": "abcdef"}, "maxLength", False),
        ({"a": 1}, "type", False),
        ({"a": "abc", "zz": 1}, "unknown-field", False),
        ({"a": "abc", "e": "no"}, "enum", False),
        ({}, "required", False),
        ({"a": "abc", "n": 0}, "minimum", True),
    ],
)
def test_which_errors_keep_rules_from_running(spec: dict[str, Any], keyword: str | None, rules_run: bool) -> None:
    node = {
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"type": "string", "pattern": "^[a-z]*$", "maxLength": 5},
            "e": {"type": "string", "enum": ["yes"]},
            "n": {"type": "integer", "minimum": 1},
        },
    }
    keywords = {violation.keyword for violation in check(widget(spec), schema_of(crd(with_rules(node, "false"))))}
    assert keywords == ({keyword} if keyword else set()) | ({"cel"} if rules_run else set())


def test_duplicates_and_labels_do_not_keep_rules_from_running() -> None:
    of = schema("false", a={"type": "array", "items": STRING, "x-kubernetes-list-type": "set"})
    document = widget({"a": ["x", "x"]}, metadata={"name": "one", "labels": {"a": "?"}})
    assert {violation.keyword for violation in check(document, of)} == {"cel", "list-type", "metadata"}


def test_messages() -> None:
    of = schema(
        {"rule": "false"},
        {"rule": "false", "message": " as written. "},
        {"rule": "false", "message": "static", "messageExpression": "'n is %d'.format([self.n])"},
        {"rule": "false", "message": "static", "messageExpression": "string(1 / (self.n - 7))"},
        {"rule": "false", "message": "empty", "messageExpression": "' '"},
        {"rule": "false", "message": "two lines", "messageExpression": "'a\\nb'"},
        {"rule": "1 / (self.n - 7) == 1", "message": "no verdict"},
        {"rule": "self.m.missing == 'a'", "message": "no key"},
        {"rule": "[1][self.n] == 1"},
        n=INTEGER,
        m={"type": "object", "additionalProperties": STRING},
    )
    assert [message for _, message in found({"n": 7, "m": {}}, of)] == [
        "failed rule: false",
        "as written",
        "n is 7",
        "static",
        "empty",
        "two lines",
        "no verdict (the rule cannot be evaluated: division by zero)",
        "no key (the rule cannot be evaluated: no such key: missing)",
        "failed rule: [1][self.n] == 1 (the rule cannot be evaluated: index out of bounds)",
    ]


def test_field_path() -> None:
    of = schema(
        {"rule": "self.n > 0", "message": "m", "fieldPath": ".n"},
        {"rule": "self.n > 0", "message": "m", "fieldPath": ".map['a.b\\'c'].d"},
        n=INTEGER,
    )
    pointers = [violation.pointer for violation in check(widget({"n": 0}), of)]
    assert pointers == [("spec", "map", "a.b'c", "d"), ("spec", "n")]


def test_rules_about_changes_need_an_old_value() -> None:
    of = schema("self.a == oldSelf.a", b=with_rules(STRING, "self == oldSelf"), a=STRING)
    assert found({"a": "x", "b": "x"}, of) == []
    assert found({"a": "x", "b": "x"}, of, {"a": "x", "b": "x"}) == []
    assert found({"a": "x", "b": "y"}, of, {"a": "z", "b": "x"}) == [
        ("spec", "broken: self.a == oldSelf.a"),
        ("spec/b", "broken: self == oldSelf"),
    ]
    # A value that appears or goes has no predecessor.
    assert found({"a": "x", "b": "y"}, of, {"a": "x"}) == []
    assert found({"a": "x"}, of, {"a": "x", "b": "y"}) == []
    # What did not evaluate then is an error now.
    assert found({}, of, {"a": "x"}) == [
        ("spec", "broken: self.a == oldSelf.a (the rule cannot be evaluated: no such key: a)")
    ]


def test_the_old_object_has_its_defaults_too() -> None:
    of = schema("self.a == oldSelf.a", a={"type": "string", "default": "x"})
    assert found({"a": "x"}, of, {}) == []
    assert len(found({"a": "y"}, of, {"a": None})) == 1


def test_items_find_their_predecessors_by_key_only() -> None:
    item = with_rules({"type": "object", "properties": {"k": STRING, "v": INTEGER}}, "self.v >= oldSelf.v")
    plain: dict[str, Any] = {"type": "array", "items": item}
    keyed = {**plain, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}
    of = schema(
        keyed=keyed, plain=plain, map={"type": "object", "additionalProperties": with_rules(INTEGER, "self >= oldSelf")}
    )
    old = [{"k": "a", "v": 5}, {"k": "b", "v": 1}]
    new = [{"k": "c", "v": 0}, {"k": "b", "v": 1}, {"k": "a", "v": 4}]
    assert found({"keyed": new}, of, {"keyed": old}) == [("spec/keyed/2", "broken: self.v >= oldSelf.v")]
    assert found({"plain": new}, of, {"plain": old}) == []
    assert found({"map": {"a": 1, "b": 0}}, of, {"map": {"a": 2}}) == [("spec/map/a", "broken: self >= oldSelf")]


def test_optional_old_self() -> None:
    rule = {"rule": "self.a == 'first' || oldSelf.hasValue()", "message": "m", "optionalOldSelf": True}
    of = schema(
        rule, {"rule": "oldSelf.orValue(self).a == self.a", "message": "same", "optionalOldSelf": True}, a=STRING
    )
    assert found({"a": "first"}, of) == []
    assert found({"a": "other"}, of) == [("spec", "m")]
    assert found({"a": "first"}, of, {"a": "first"}) == []
    assert found({"a": "other"}, of, {"a": "first"}) == [("spec", "same")]


def test_rules_that_cannot_be_evaluated_are_listed_and_passed_over() -> None:
    of = schema("url(self.a).getHost() == 'x'", "self.nope == 1", "self.a == 'x'", a=STRING)
    assert found({"a": "y"}, of) == [("spec", "broken: self.a == 'x'")]
    assert [(rule.where, rule.expression, rule.unsupported) for rule in of.unchecked_rules] == [
        ("spec", "url(self.a).getHost() == 'x'", True),
        ("spec", "self.nope == 1", False),
    ]


def _import(tmp_path: Path, definition: dict[str, Any], **options: Any) -> Any:
    file = tmp_path / "crd.yaml"
    file.write_text(yaml.safe_dump(definition), encoding="utf-8")
    return import_crds(str(file), tmp_path / "store", **options)


def test_import_refuses_what_it_cannot_evaluate(tmp_path: Path) -> None:
    unsupported = crd({"type": "object", "properties": {"a": with_rules(STRING, "url(self).getHost() == 'x'")}})
    with pytest.raises(
        ImportFailedError, match=r"at spec\.a cannot be evaluated: the function `url` .*--allow-unchecked"
    ):
        _import(tmp_path, unsupported)
    assert not (tmp_path / "store").exists()
    (written,) = _import(tmp_path, unsupported, allow_unchecked=True)
    assert [rule.expression for rule in written.unchecked] == ["url(self).getHost() == 'x'"]
    stored = Store.open(tmp_path / "store").find("example.com", "v1", "Widget")
    assert stored is not None
    assert [rule.reason for rule in stored.unchecked_rules] == ["the function `url` is not supported"]
    assert check(widget({"a": "anything"}), stored) == []


def test_import_refuses_what_an_api_server_refuses(tmp_path: Path) -> None:
    mistaken = crd({"type": "object", "properties": {"a": with_rules(STRING, "self == 1")}})
    with pytest.raises(ImportFailedError, match="mixes string and int"):
        _import(tmp_path, mistaken, allow_unchecked=True)


NIM: dict[str, Any] = {
    "apiVersion": "apps.nvidia.com/v1alpha1",
    "kind": "NIMService",
    "metadata": {"name": "x", "namespace": "nim"},
    "spec": {
        "authSecret": "s",
        "image": {"repository": "r", "tag": "1"},
        "storage": {"nimCache": {"name": "x"}},
        "expose": {"service": {"port": 8000}},
    },
}


def test_a_real_rule() -> None:
    schema = Store.open().find("apps.nvidia.com", "v1alpha1", "NIMService")
    assert schema is not None
    spec = {**NIM["spec"], "replicas": 2, "scale": {"enabled": True, "hpa": {"maxReplicas": 2, "minReplicas": 1}}}
    assert check(NIM, schema) == []
    (violation,) = check({**NIM, "spec": spec}, schema)
    assert violation == Violation(("spec",), "cel", "spec.replicas cannot be set when spec.scale.enabled is true")


def test_trees_visit_only_nodes_with_rules() -> None:
    node = {"type": "object", "properties": {"a": STRING, "b": with_rules(STRING, "self == ''")}}
    tree = rule_tree(schema_of(crd(node)).document)
    assert list(tree.properties) == ["spec"]
    assert list(tree.properties["spec"].properties) == ["b"]
    assert evaluate({"spec": {"b": "x"}}, tree) == [(("spec", "b"), "broken: self == ''")]
