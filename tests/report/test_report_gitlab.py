"""GitLab's Code Quality: the fields that its documentation asks for."""

from __future__ import annotations

import json

import jsonschema
from report_samples import clean, whole

from nimfleet.report.gitlab import render_gitlab

# Written by hand from GitLab's documentation of the format: there is no published schema.
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!/|\\./)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def test_it_has_what_gitlab_reads() -> None:
    issues = json.loads(render_gitlab(whole()))
    jsonschema.validate(issues, SCHEMA)
    assert [issue["severity"] for issue in issues] == ["major", "minor", "minor", "major", "info", "minor"]
    assert issues[3]["location"] == {"path": "clusters/dev/x.yaml", "lines": {"begin": 4}}
    assert issues[3]["description"] == "is wrong; object: Pod/nim/a; caused by clusters/dev/environment.yaml:9:3"
    assert len({issue["fingerprint"] for issue in issues}) == 6


def test_nothing_found_is_an_empty_list() -> None:
    assert json.loads(render_gitlab(clean())) == []
