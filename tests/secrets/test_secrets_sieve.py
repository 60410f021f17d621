"""The sieve lets nothing through that a scan finds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from secret_samples import KEYS, encode, pem

from nimfleet.secrets.scan import scan
from nimfleet.secrets.sieve import Sieve

LINES = st.sampled_from(
    [
        "kind: ConfigMap",
        "image: nvcr.io/nim/meta/llama-3.1-8b-instruct:1.8.4",
        "- name: API_KEY",
        "value: Zq7wTn3kLp9v",
        "password: |",
        "  Zq7wTn3kLp9v",
        "",
        '{"auths":{"a":{"auth":"cm9ib3Q6WnE3d1RuM2s="}}}',
        "https://user:Zq7wTn3kLp9v@example.com",
        *(key for _, key in KEYS.values()),
        *(encode(key) for _, key in KEYS.values()),
        *pem().splitlines(),
    ]
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.lists(LINES, max_size=6).map("\n".join), max_size=6))
def test_what_passes_holds_no_secret(texts: list[str]) -> None:
    sieve = Sieve()
    for text in texts:
        if sieve.passes(text):
            assert scan(text) == []


def test_known_lines_pass_at_once() -> None:
    sieve = Sieve()
    assert sieve.passes("kind: ConfigMap\nname: a\n")
    assert sieve.passes("name: a\nkind: ConfigMap")
    assert not sieve.passes(f"name: a\n{KEYS['nvapi'][1]}")
    assert not sieve.passes(f"name: a\n{KEYS['nvapi'][1]}")
