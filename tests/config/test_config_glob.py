"""Globs over paths of the repository."""

from __future__ import annotations

import pytest

from nimfleet.config.glob import covers


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a.yaml", "a.yaml"),
        ("./a.yaml", "a.yaml"),
        ("charts", "charts/x/y.yaml"),
        ("charts/", "charts/y.yaml"),
        ("charts/**", "charts/x/y.yaml"),
        ("**/y.yaml", "y.yaml"),
        ("**/y.yaml", "a/b/y.yaml"),
        ("a/**/y.yaml", "a/y.yaml"),
        ("a/**/y.yaml", "a/b/c/y.yaml"),
        ("clusters/*/custom", "clusters/dev/custom/a.yaml"),
        ("a?.yaml", "ab.yaml"),
        ("**", "a/b"),
        ("a+(b).yaml", "a+(b).yaml"),
    ],
)
def test_covered(pattern: str, path: str) -> None:
    assert covers([pattern], path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a.yaml", "b/a.yaml"),
        ("a.yaml", "aXyaml"),
        ("chart", "charts/y.yaml"),
        ("*.yaml", "a/b.yaml"),
        ("a?.yaml", "a/.yaml"),
        ("**/y.yaml", "a/xy.yaml"),
        ("clusters/*/custom", "clusters/a/b/custom"),
    ],
)
def test_not_covered(pattern: str, path: str) -> None:
    assert not covers([pattern], path)


def test_one_of_several_is_enough() -> None:
    assert covers(["b", "a/*"], "a/x")
    assert not covers([], "a")
