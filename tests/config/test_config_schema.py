"""The published schema of nimfleet.toml agrees with the reader."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from nimfleet.config.load import (
    EXTERNAL_KEYS,
    IGNORE_KEYS,
    NODE_GROUP_KEYS,
    SEVERITIES,
    TAINT_EFFECTS,
    TOP_KEYS,
    parse_config,
)
from nimfleet.config.model import POLICIES
from nimfleet.errors import UsageError

PROJECT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((PROJECT / "schemas" / "nimfleet" / "config-v1.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
IGNORE = '[[ignore]]\nrule = "a/b"\npath = "p"\nreason = "r"\n'


def test_it_is_a_schema_with_the_keys_that_are_read() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert sorted(SCHEMA["properties"]) == sorted(TOP_KEYS)
    assert sorted(SCHEMA["properties"]["ignore"]["items"]["properties"]) == sorted(IGNORE_KEYS)
    assert sorted(SCHEMA["properties"]["external"]["items"]["properties"]) == sorted(EXTERNAL_KEYS)
    group = SCHEMA["properties"]["nodeGroup"]["items"]["properties"]
    assert sorted(group) == sorted(NODE_GROUP_KEYS)
    assert all(effect in group["taints"]["items"]["pattern"] for effect in TAINT_EFFECTS)
    assert SCHEMA["properties"]["policy"]["enum"] == list(POLICIES)
    assert SCHEMA["properties"]["severity"]["additionalProperties"]["enum"] == list(SEVERITIES)


def test_the_documented_file_fits_and_is_read() -> None:
    text = (PROJECT / "docs" / "configuration.md").read_text().split("```toml\n")[1].split("```")[0]
    VALIDATOR.validate(tomllib.loads(text))
    config = parse_config(text)
    assert config.kubernetes_version == "1.34"
    assert (len(config.ignores), len(config.severities), len(config.exclude)) == (1, 1, 2)


@pytest.mark.parametrize(
    "text",
    [
        'exclud = ["a"]\n',
        'exclude = "a"\n',
        'exclude = ["../a"]\n',
        'exclude = ["/a"]\n',
        'exclude = [" "]\n',
        "kubernetesVersion = 1.34\n",
        'kubernetesVersion = "v1.34"\n',
        '[severity]\n"a/b" = "off"\n',
        '[severity]\na = "info"\n',
        IGNORE + 'why = "x"\n',
        IGNORE.replace("a/b", "a"),
        IGNORE.replace('path = "p"\n', ""),
        IGNORE.replace('"p"', '"a/../b"'),
        'policy = "strict"\n',
        '[[external]]\nkind = "Secret"\n',
        '[[external]]\nkind = "Secret"\nname = " "\n',
        '[[nodeGroup]]\nname = "a"\ninstanceTypes = []\n',
        '[[nodeGroup]]\nname = "a"\ninstanceTypes = ["t3.large"]\ntaints = ["a"]\n',
        '[[nodeGroup]]\nname = "a"\ninstanceTypes = ["g5.12xlrge"]\n',
        '[[nodeGroup]]\nname = "a"\ninstanceTypes = ["t3.large"]\nmaxNodes = -1\n',
    ],
)
def test_both_refuse_the_same(text: str) -> None:
    assert not VALIDATOR.is_valid(tomllib.loads(text))
    with pytest.raises(UsageError):
        parse_config(text)


def test_both_take_the_same() -> None:
    for text in (
        "",
        IGNORE,
        IGNORE + 'object = "Pod/*"\n',
        'exclude = ["a..b", "**/x"]\n',
        '[severity]\n"a/*" = "info"\n',
    ):
        VALIDATOR.validate(tomllib.loads(text))
        parse_config(text)
