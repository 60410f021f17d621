"""What is read of .sops.yaml, of SOPS' metadata and of templates."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nimfleet.secrets.docker import Credentials, credentials
from nimfleet.secrets.kubernetes import is_sops, secret_values
from nimfleet.secrets.sops import creation_rules, missing_metadata
from nimfleet.secrets.templates import docker_fault, fields

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["creation_rules", "sops", "data", "stringData", "age", "path_regex", "auths", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(ANYTHING)
def test_any_value_can_be_read(value: Any) -> None:
    for rule in creation_rules(value):
        rule.covers("a/b.yaml")
        assert isinstance(rule.missed() + rule.excess(), list)
    assert isinstance(missing_metadata(value), list)
    assert isinstance(is_sops(value), bool)
    for entry in secret_values(value):
        assert not (entry.real and entry.placeholder)


@pytest.mark.parametrize(
    ("entry", "missed", "excess"),
    [
        ({"encrypted_regex": "^(data|stringData)$"}, [], []),
        ({"encrypted_regex": "^data$"}, ["stringData"], []),
        ({"encrypted_regex": "data"}, ["stringData"], ["metadata"]),
        ({"encrypted_regex": "(?i)data$"}, [], ["metadata"]),
        ({"unencrypted_regex": "^(kind|apiVersion|metadata)$"}, [], []),
        ({}, [], ["apiVersion", "kind", "metadata"]),
    ],
)
def test_what_a_rule_encrypts(entry: dict[str, str], missed: list[str], excess: list[str]) -> None:
    [rule] = creation_rules({"creation_rules": [entry]})
    assert (rule.missed(), rule.excess()) == (missed, excess)


def test_the_fields_that_say_what_to_encrypt() -> None:
    [none, both] = creation_rules(
        {"creation_rules": [{"age": "age1x"}, {"encrypted_regex": "^data$", "unencrypted_suffix": "_x"}]}
    )
    assert none.selectors == ()
    assert both.selectors == ("encrypted_regex", "unencrypted_suffix")


def test_the_path_of_a_rule_is_searched_for() -> None:
    [first, second, third] = creation_rules({"creation_rules": [{"path_regex": "secrets/"}, {}, {"path_regex": "("}]})
    assert first.covers("clusters/dev/custom/secrets/a.yaml")
    assert not first.covers("a.yaml")
    assert second.covers("a.yaml")
    assert (third.fault, third.covers("a.yaml")) == ("path_regex", False)


@pytest.mark.parametrize(
    ("rule", "recipients"),
    [
        ({}, False),
        ({"age": ""}, False),
        ({"age": "age1x"}, True),
        ({"kms": "arn:aws:kms:x"}, True),
        ({"key_groups": [{"pgp": ["x"]}]}, True),
        ({"key_groups": [{}]}, False),
        ({"key_groups": [{"merge": [{"age": ["age1x"]}]}]}, True),
    ],
)
def test_who_can_decrypt(rule: dict[str, Any], recipients: bool) -> None:
    [entry] = creation_rules({"creation_rules": [rule]})
    assert entry.recipients == recipients


@pytest.mark.parametrize(
    ("template", "needed"),
    [
        ("{{ .key }}", {"key"}),
        ("a {{ .one }} b {{ .two | b64enc }}", {"one", "two"}),
        ('{{ printf "$oauthtoken:%s" .key | b64enc }}', {"key"}),
        ('{{ index . "a-b" }}', {"a-b"}),
        ('{{ "text with .dots" }}', set()),
        ("{{- .key -}}", {"key"}),
        ("{{ (fromJson .key).inner }}", {"key"}),
        ("{{ range .keys }}{{ .name }}{{ end }}", set()),
        ("{{ $x := .key }}{{ $x.name }}", set()),
        ("{{ if .key }}{{ .other }}{{ end }}", set()),
        ("no template .here", set()),
    ],
)
def test_the_fields_that_a_template_needs(template: str, needed: set[str]) -> None:
    assert fields(template) == needed


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ('{"auths":{"nvcr.io":{"password":"{{ .key }}"}}}', ""),
        ('{"auths":{"nvcr.io":{"password":{{ .key | toJson }}}}}', ""),
        ('{"auths":{"nvcr.io":{{ .entry }}}}', ""),
        ("{{ .config }}", ""),
        ('{"auths":{"nvcr.io":{"password":"{{ .key }}"}}', "is no JSON (Expecting ',' delimiter)"),
        ('{"nvcr.io":{}}', "has no `auths`"),
        ("[]", "has no `auths`"),
        ('{"auths":{}}', "has `auths` without a registry"),
    ],
)
def test_templates_of_docker_configs(template: str, fault: str) -> None:
    assert docker_fault(template) == fault


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ("", Credentials.NONE),
        ('{"auths":{}}', Credentials.NONE),
        ('{"auths":{"a":{"password":"changeme"}}}', Credentials.PLACEHOLDER),
        ('{"auths":{"a":{"password":"${PASSWORD}"}}}', Credentials.NONE),
        ('{"auths":{"a":{"username":"$oauthtoken","password":"Zq7wTn3k"}}}', Credentials.REAL),
        ('{"a":{"auth":"cm9ib3Q6WnE3d1RuM2s="}}', Credentials.REAL),
        ('{"auths":{"a":{"auth":"cm9ib3Q6Y2hhbmdlbWU="}}}', Credentials.PLACEHOLDER),
        ('{"auths":{"a":{"identitytoken":"Zq7wTn3k"}}}', Credentials.REAL),
    ],
)
def test_credentials_of_docker_configs(config: str, found: Credentials) -> None:
    assert credentials(config) is found
