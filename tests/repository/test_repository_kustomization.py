"""References of kustomizations, and Flux's substitutions."""

from __future__ import annotations

import pytest

from nimfleet.manifest.parse import parse
from nimfleet.repository.kustomization import Role, is_remote, references
from nimfleet.repository.substitute import substitute


@pytest.mark.parametrize(
    "target",
    [
        "https://github.com/a/b//c?ref=main",
        "http://example.com/x.yaml",
        "ssh://git@example.com/a",
        "git::https://example.com/a",
        "git@github.com:a/b",
        "user@host.example:a/b",
        "github.com/a/b",
        "GitHub.com/a/b",
        "gitlab.example.com/a/b.git",
        "example.com/a//b",
        "a/b?ref=v1",
        "oci://example.com/a",
        "file:///etc",
    ],
)
def test_what_kustomize_would_fetch_is_remote(target: str) -> None:
    assert is_remote(target)


@pytest.mark.parametrize(
    "target", ["a.yaml", "../base", "./a/b", "example.com", "example.com/v1", "a@b.yaml", "v1.2.3/x"]
)
def test_local_paths_are_not_remote(target: str) -> None:
    assert not is_remote(target)


def test_every_kind_of_reference_is_found_with_its_place() -> None:
    text = """
resources: [a.yaml]
bases: [b]
components: [c]
crds: [d.json]
patches: [{path: e.yaml}, {patch: "inline"}]
patchesStrategicMerge: [f.yaml, "apiVersion: v1\\nkind: X"]
patchesJson6902: [{path: g.yaml}]
replacements: [{path: h.yaml}]
configMapGenerator: [{name: x, files: [i, key=j], envs: [k], env: l}]
secretGenerator: [{name: y, files: [m]}]
openapi: {path: n.json}
generators: [o.yaml]
"""
    (document,) = parse(text, "kustomization.yaml").documents
    found = {reference.target: reference for reference in references(document)}
    assert "".join(sorted(target[0] for target in found)) == "abcdefghijklmno"
    assert found["j"].pointer == ("configMapGenerator", 0, "files", 1)
    roles = {role: {target for target in found if found[target].role is role} for role in Role}
    assert roles[Role.PATCH] == {"e.yaml", "f.yaml", "g.yaml"}
    assert roles[Role.COMPONENT] == {"c"}
    assert roles[Role.RESOURCE] == {"a.yaml", "b"}


def test_nonsense_in_a_kustomization_is_ignored_here() -> None:
    (document,) = parse("resources: 5\npatches: [5]\nconfigMapGenerator: [x]\nopenapi: []\n", "f").documents
    assert list(references(document)) == []


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("${A}", "1"),
        ("x${A}y${A}", "x1y1"),
        ("$${A}", "${A}"),
        ("${B:=2}", "2"),
        ("${B:-2}", "2"),
        ("${EMPTY:=2}", "2"),
        ("${EMPTY=2}", ""),
        ("${A:=2}", "1"),
        ("${B:=}", ""),
        ("${B}", "${B}"),
        ("$A", "$A"),
        ("${1}", "${1}"),
        ("${B:-${A}}", "1"),
        ("x${B:=${C:-${A}}-y}z", "x1-yz"),
        ("${A:=${B}}", "1"),
        ("$${B=${A}}", "${B=1}"),
        ("${B:={}}", "${B:={}}"),
        ("${B:=${A}", "${B:=1"),
    ],
)
def test_substitution_is_that_of_flux(text: str, want: str) -> None:
    assert substitute(text, {"A": "1", "EMPTY": ""}) == want
