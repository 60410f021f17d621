"""What may be shown of text that holds secrets."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from secret_samples import KEYS, body, encode, pem

from nimfleet.manifest.parse import parse
from nimfleet.secrets.mask import Hidden, MaskedLines, masked, secrets_of


@pytest.mark.parametrize("name", KEYS)
def test_a_key_in_a_message_is_masked(name: str) -> None:
    key = KEYS[name][1]
    public = len("AGE-SECRET-KEY-") if name == "age" else 8
    for form in (key, encode(key)):
        text = masked(f"must be a number, found `{form}`")
        assert not any(form[start : start + 6] in text for start in range(public, len(form) - 5))
        assert text.startswith("must be a number, found `")
        assert text.endswith("***`")


def test_the_public_prefix_stays() -> None:
    assert masked(f"found {KEYS['nvapi'][1]}") == "found nvapi-***"
    assert masked("nothing to hide") == "nothing to hide"


def test_values_of_a_secret_are_known_as_written_and_as_meant() -> None:
    text = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
        f"data: {{p: {encode('hunter2-of-old')}}}\nstringData: {{q: 'correct horse', user: admin}}\n"
    )
    values = secrets_of(text, parse(text, "a.yaml").documents)
    assert values == {"hunter2-of-old", encode("hunter2-of-old"), "correct horse"}


def test_values_are_masked_cut_off_and_escaped() -> None:
    value = 'a"b\\c' + body(80)
    shown = json.dumps({"password": value})
    assert value[:8] not in Hidden([value]).without(shown)
    cut = json.dumps({"password": body(80)})[:50] + "…"
    assert Hidden([body(80)]).without(cut) == '{"password": "***…'
    barely = json.dumps({"password": body(80)})[:18] + "…"
    assert Hidden([body(80)]).without(barely) == '{"password": "***…'
    assert Hidden(["word"]).without("the words of nimfleet") == "the words of nimfleet"
    assert Hidden(["word"]).without("found `word`") == "found `***`"
    assert Hidden(["nim-service-of-old"]).without("in nim-service") == "in nim-service"


@pytest.mark.parametrize(
    ("column", "moved"),
    [(0, 0), (10, 10), (11, 10), (79, 10), (80, 19), (81, 20)],
)
def test_the_caret_stays_at_its_place(column: int, moved: int) -> None:
    key = KEYS["nvapi"][1]
    assert len(key) == 70
    shown = MaskedLines(f'a: b\nkey: "x", {key} # y\n').show(2, column)
    assert shown == ('key: "x", nvapi-*** # y', moved)


def test_every_line_of_a_private_key_is_masked() -> None:
    lines = MaskedLines(f"a: |\n{pem()}\nb: c\n")
    assert [lines.show(number, 0) for number in range(1, 8)] == [
        ("a: |", 0),
        ("-----BEGIN***", 0),
        ("***", 0),
        ("***", 0),
        ("***", 0),
        ("***", 0),
        ("b: c", 0),
    ]
    assert lines.show(0, 0) is None
    assert lines.show(9, 0) is None


def test_of_a_file_with_a_secret_no_value_is_shown() -> None:
    lines = MaskedLines("kind: Secret\nstringData:\n  anything: word\n")
    assert [lines.show(number, 5) for number in (1, 2, 3)] == [
        ("kind: ***", 5),
        ("stringData:", 5),
        ("  anything: ***", 5),
    ]


@settings(deadline=None)
@given(st.text(max_size=80), st.sampled_from(sorted(KEYS)), st.text(max_size=80), st.integers(0, 300))
def test_no_line_shows_a_key(before: str, name: str, after: str, column: int) -> None:
    key = KEYS[name][1]
    text = f"{before} {key} {after}\n"
    lines = MaskedLines(text)
    for number in range(1, len(text.splitlines()) + 1):
        shown = lines.show(number, column)
        assert shown is not None
        assert key[12:] not in shown[0]
        assert shown[1] >= 0
