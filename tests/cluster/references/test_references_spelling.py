"""One name, or two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nimfleet.cluster.references.spelling import distance, misspelt

NAMES = st.text("abc-1", max_size=8)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ngc-secret", "ngc-secrets"),
        ("llama-8b", "llama8b"),
        ("llama_8b", "llama-8b"),
        ("Llama-8b", "llama-8b"),
        ("embeding", "embedding"),
        ("aws-secrets-manager", "aws-secrets-manger"),
        ("rernaking", "reranking"),
        ("corporate-ca", "corporat-ca"),
    ],
)
def test_one_name(one: str, other: str) -> None:
    assert misspelt(one, other)
    assert misspelt(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("llama-8b", "llama-70b"),
        ("server-a", "server-b"),
        ("hf-token-a", "hf-token-b"),
        ("llama-blue", "llama-green"),
        ("reranker", "reranking"),
        ("web", "webs"),
        ("dev-db", "prod-db"),
        ("ngc-secret", "ngc-api-secret"),
        ("cache-1", "cache-2"),
        ("same", "same"),
        ("llm", "vlm"),
    ],
)
def test_two_names(one: str, other: str) -> None:
    assert not misspelt(one, other)


def slow(one: str, other: str) -> int:
    """The same by its definition, without a table."""
    if not one or not other:
        return len(one) + len(other)
    if one[-1] == other[-1]:
        return slow(one[:-1], other[:-1])
    least = 1 + min(slow(one[:-1], other), slow(one, other[:-1]), slow(one[:-1], other[:-1]))
    if len(one) > 1 and len(other) > 1 and one[-1] == other[-2] and one[-2] == other[-1]:
        least = min(least, 1 + slow(one[:-2], other[:-2]))
    return least


@given(st.text("ab", max_size=5), st.text("abc", max_size=5))
def test_distance_is_what_its_definition_says(one: str, other: str) -> None:
    assert distance(one, other) == slow(one, other)


@given(NAMES, NAMES)
def test_it_does_not_matter_which_is_first(one: str, other: str) -> None:
    assert misspelt(one, other) == misspelt(other, one)
