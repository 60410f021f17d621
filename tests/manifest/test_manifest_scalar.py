"""Scalars as the API server reads them."""

from __future__ import annotations

import pytest

from nimfleet.manifest.scalar import ScalarError, key_text, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("Null", None),
        ("nULL", "nULL"),
        ("y", True),
        ("Yes", True),
        ("on", True),
        ("N", False),
        ("off", False),
        ("yEs", "yEs"),
        ("0", 0),
        ("-0", 0),
        ("+12", 12),
        ("1_000", 1000),
        ("1__0", 10),
        ("_1", "_1"),
        ("0777", 511),
        ("0o17", 15),
        ("0O17", 15),
        ("0x1F", 31),
        ("-0x1F", -31),
        ("0b101", 5),
        ("08", 8),
        ("0_7", 7),
        ("9223372036854775807", 9223372036854775807),
        ("-9223372036854775809", -9223372036854776000),  # the shortest digits of that float
        ("9007199254740993.0", 9007199254740992),
        ("9223372036854775808", 9223372036854775808.0),
        ("18446744073709551616", 18446744073709551616.0),
        ("1.0", 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5),
        ("1e3", 1000),
        ("1234e5", 123400000),
        ("1e400", "1e400"),
        ("1e", "1e"),
        ("0x", "0x"),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        (".", "."),
        ("=", "="),
        ("<<", "<<"),
        ("true-ish", "true-ish"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_a_plain_scalar_has_the_servers_value(text: str, value: object) -> None:
    got = resolve(text, None)
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    ("text", "tag", "value"),
    [
        ("1", "str", "1"),
        ("yes", "bool", True),
        ("3", "float", 3),
        ("0o7", "int", 7),
        ("aGVsbG8=", "binary", "hello"),
        ("~", "null", None),
    ],
)
def test_an_explicit_tag_decides(text: str, tag: str, value: object) -> None:
    got = resolve(text, f"tag:yaml.org,2002:{tag}")
    assert (got, type(got)) == (value, type(value))


@pytest.mark.parametrize(("text", "tag"), [("x", "int"), ("1.5", "int"), ("1", "bool"), ("1", "null"), ("!", "binary")])
def test_a_tag_that_does_not_fit_is_refused(text: str, tag: str) -> None:
    with pytest.raises(ScalarError):
        resolve(text, f"tag:yaml.org,2002:{tag}")


def test_a_private_tag_leaves_text() -> None:
    assert resolve("12", "!Ref") == "12"


@pytest.mark.parametrize(
    ("text", "plain", "key"), [("yes", True, "true"), ("1", True, "1"), ("1", False, "1"), ("1.5", True, "1.5")]
)
def test_keys_are_text(text: str, plain: bool, key: str) -> None:
    assert key_text(text, None, plain) == key


def test_a_null_key_is_refused() -> None:
    with pytest.raises(ScalarError, match="null"):
        key_text("~", None, True)
