"""Suppressions and severities in a whole run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nimfleet import validate
from nimfleet.engine import Report, Severity, Status
from nimfleet.errors import UsageError
from nimfleet.report.finding import Location

Write = Callable[[Mapping[str, str]], Path]
GOOD = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: nim\n"
BAD = GOOD + "extra: 1\n"
IGNORE = '[[ignore]]\nrule = "schema/unknown-field"\npath = "a.yaml"\nreason = "why"\n'


def rules(report: Report) -> list[tuple[str, str, int]]:
    return [(finding.rule, finding.file, finding.line) for finding in report.findings]


@pytest.mark.parametrize(
    "ignore",
    [
        IGNORE,
        IGNORE.replace("unknown-field", "*"),
        IGNORE.replace("a.yaml", "**"),
        IGNORE + 'object = "Namespace/nim"\n',
        IGNORE + 'object = "Namespace/*"\n',
    ],
)
def test_an_ignore_that_fits_suppresses_and_is_told(ignore: str, write: Write) -> None:
    report = validate(write({"a.yaml": BAD, "nimfleet.toml": ignore}))
    assert report.ok
    assert rules(report) == []
    [suppressed] = report.suppressed
    assert (suppressed.finding.rule, suppressed.finding.line) == ("schema/unknown-field", 5)
    assert (suppressed.reason, suppressed.where) == ("why", Location("nimfleet.toml", 2, 1))
    schema = next(stage for stage in report.stages if stage.name == "schema")
    assert (schema.status, "finding" in schema.detail) == (Status.PASSED, False)


@pytest.mark.parametrize(
    "ignore",
    [
        IGNORE.replace("a.yaml", "b.yaml"),
        IGNORE.replace("unknown-field", "type"),
        IGNORE + 'object = "Namespace/other"\n',
    ],
)
def test_an_ignore_that_does_not_fit_is_unused(ignore: str, write: Write) -> None:
    report = validate(write({"a.yaml": BAD, "nimfleet.toml": ignore}))
    assert rules(report) == [("schema/unknown-field", "a.yaml", 5), ("suppression/unused", "nimfleet.toml", 2)]
    assert report.suppressed == ()


def test_an_ignore_needs_a_reason_and_a_rule_that_exists(write: Write) -> None:
    config = '[[ignore]]\nrule = "schema/unknown-field"\npath = "a.yaml"\n' + IGNORE.replace("field", "feild")
    report = validate(write({"a.yaml": BAD, "nimfleet.toml": config}))
    assert rules(report) == [
        ("schema/unknown-field", "a.yaml", 5),
        ("suppression/without-reason", "nimfleet.toml", 2),
        ("suppression/unknown-rule", "nimfleet.toml", 5),
    ]
    assert "Did you mean 'schema/unknown-field'?" in report.findings[2].message


@pytest.mark.parametrize("rule", ["yaml/syntax", "intent/*", "internal/rule-crashed", "suppression/unused"])
def test_what_was_not_read_cannot_be_suppressed(rule: str, write: Write) -> None:
    config = f'[[ignore]]\nrule = "{rule}"\npath = "**"\nreason = "why"\n'
    report = validate(write({"a.yaml": "a: b: c\n", "nimfleet.toml": config}))
    assert rules(report) == [("yaml/syntax", "a.yaml", 1), ("suppression/not-possible", "nimfleet.toml", 2)]


def test_a_family_with_some_rules_that_can_be_suppressed_leaves_the_others(write: Write) -> None:
    config = '[[ignore]]\nrule = "yaml/*"\npath = "**"\nreason = "why"\n'
    files = {"a.yaml": "a: b: c\n", "b.yaml": GOOD + "  name: nim\n", "nimfleet.toml": config}
    report = validate(write(files))
    assert rules(report) == [("yaml/syntax", "a.yaml", 1)]
    assert [entry.finding.rule for entry in report.suppressed] == ["yaml/duplicate-key"]


def test_nothing_is_unused_for_files_that_were_not_asked_for(write: Write) -> None:
    root = write({"x/a.yaml": GOOD, "y/b.yaml": GOOD, "nimfleet.toml": IGNORE.replace("a.yaml", "x/**")})
    assert rules(validate(root / "y")) == []
    assert rules(validate(root / "x")) == [("suppression/unused", "nimfleet.toml", 2)]
    assert rules(validate(root)) == [("suppression/unused", "nimfleet.toml", 2)]


def test_a_broken_file_does_not_make_its_comments_unused(write: Write) -> None:
    text = "# nimfleet: ignore schema/type -- why\na: b: c\n"
    assert rules(validate(write({"a.yaml": text}))) == [("yaml/syntax", "a.yaml", 2)]


def test_a_rule_that_was_not_asked_for_leaves_its_suppression_alone(write: Write) -> None:
    root = write({"a.yaml": GOOD, "nimfleet.toml": IGNORE})
    assert rules(validate(root)) == [("suppression/unused", "nimfleet.toml", 2)]
    assert rules(validate(root, skip=["schema"])) == []
    # Without the build, objects are not what Flux would apply.
    assert rules(validate(root, skip=["build"])) == []


def test_severities_change_and_one_rule_counts_more_than_its_family(write: Write) -> None:
    config = '[severity]\n"schema/unknown-field" = "warning"\n"schema/*" = "info"\n'
    root = write({"a.yaml": BAD, "b.yaml": GOOD.replace("nim", "NIM"), "nimfleet.toml": config})
    report = validate(root)
    assert [(f.rule, f.severity) for f in report.findings] == [
        ("schema/unknown-field", Severity.WARNING),
        ("schema/metadata", Severity.INFO),
    ]
    assert report.ok
    assert all(stage.status is not Status.FAILED for stage in report.stages)


@pytest.mark.parametrize(
    ("name", "rule"), [("yaml/stile", "unknown-rule"), ("yamll/*", "unknown-rule"), ("yaml/syntax", "not-possible")]
)
def test_a_severity_must_name_a_rule_that_can_have_another(name: str, rule: str, write: Write) -> None:
    root = write({"a.yaml": GOOD, "nimfleet.toml": f'[severity]\n"{name}" = "info"\n'})
    assert rules(validate(root)) == [(f"suppression/{rule}", "nimfleet.toml", 2)]


def test_excluded_files_are_not_read_and_counted(write: Write) -> None:
    root = write({"a.yaml": GOOD, "charts/b.yaml": "a: b: c\n", "nimfleet.toml": 'exclude = ["charts"]\n'})
    report = validate(root)
    assert report.findings == ()
    parse = next(stage for stage in report.stages if stage.name == "parse")
    assert "1 excluded by nimfleet.toml" in parse.detail
    assert (parse.checked, parse.unchecked) == (1, 1)
    # What is named on the command line is read.
    assert rules(validate(root / "charts" / "b.yaml")) == [("yaml/syntax", "charts/b.yaml", 1)]


def test_the_kubernetes_version_is_the_default_of_the_repository(write: Write) -> None:
    text = "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata:\n  name: x\n"
    root = write({"a.yaml": text, "nimfleet.toml": 'kubernetesVersion = "1.31"\n'})
    assert [finding.rule for finding in validate(root, kubernetes_version="1.34").findings] != [
        finding.rule for finding in validate(root).findings
    ]


def test_a_kubernetes_version_that_nobody_has_is_bad_usage(write: Write) -> None:
    root = write({"a.yaml": GOOD, "nimfleet.toml": 'kubernetesVersion = "1.99"\n'})
    with pytest.raises(UsageError, match=r"1\.99"):
        validate(root)


def test_mistakes_in_the_file_are_bad_usage(write: Write) -> None:
    root = write({"a.yaml": GOOD, "nimfleet.toml": "ignor = 1\n"})
    with pytest.raises(UsageError, match=r"nimfleet\.toml:1:1"):
        validate(root)


def test_a_comment_in_environment_yaml_is_about_what_is_rendered_from_that_line(dev: Path) -> None:
    # The generated file is changed by hand, so that it has a finding whose cause is a line of environment.yaml.
    [service, *_] = sorted((dev / "clusters" / "dev" / "models").glob("*/nimservice.yaml"))
    service.write_text(service.read_text().replace("spec:\n", "spec:\n  unheard: 1\n", 1))
    before = validate(dev)
    [finding] = [found for found in before.findings if found.rule == "schema/unknown-field"]
    assert finding.intent is not None
    environment = dev / finding.intent.file
    lines = environment.read_text().splitlines()
    lines[finding.intent.line - 1] += " # nimfleet: ignore schema/unknown-field -- an experiment"
    environment.write_text("\n".join(lines) + "\n")
    after = validate(dev)
    assert "schema/unknown-field" not in [found.rule for found in after.findings]
    [suppressed] = after.suppressed
    assert suppressed.where.file == finding.intent.file
    assert suppressed.where.line == finding.intent.line
