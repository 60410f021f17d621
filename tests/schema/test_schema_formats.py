"""Formats as the API server judges them."""

from __future__ import annotations

import pytest

from nimfleet.schema.formats import ENFORCED


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date-time", "2026-08-05T10:00:00Z", "2026-08-05"),
        ("date-time", "2024-02-29T10:00:00.123+02:00", "2023-02-29T10:00:00Z"),
        ("date", "2026-08-05", "2026-13-01"),
        ("byte", "aGVsbG8=", "aGVsbG8"),
        ("byte", "aGk=", "a b="),
        ("byte", "AAAA", ""),
        ("uri", "https://example.com/x?y=z", "example.com"),
        ("uri", "/rooted", "http://exa mple"),
        ("duration", "1m30s", "soon"),
        ("ipv4", "10.0.0.1", "10.0.0.256"),
        ("ipv6", "::1", "10.0.0.1"),
        ("cidr", "10.0.0.0/8", "10.0.0.0"),
        ("cidr", "fd00::/8", "10.0.0.0/33"),
        ("hostname", "a.example.com", "-a"),
        ("email", "a@example.com", "a"),
        ("mac", "00:1b:44:11:3a:b7", "00:1b:44"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
    ],
)
def test_format(name: str, good: str, bad: str) -> None:
    assert ENFORCED[name](good)
    assert not ENFORCED[name](bad)
