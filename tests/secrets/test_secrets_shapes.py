"""Keys are found wherever they stand, and nothing else is taken for one."""

from __future__ import annotations

import hashlib
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from secret_samples import KEYS, body, encode, pem

from nimfleet.secrets.scan import scan
from nimfleet.secrets.shapes import Kind, is_aws_secret

AROUND = st.text(alphabet=string.printable, max_size=60)
SEPARATORS = ["", " ", "\n", '"', "'", "=", ": ", "\\n", "(", ",", "/"]


def _hidden(name: str) -> int:
    """Where in a sample the secret begins."""
    return {"bearer": len("Bearer "), "azure": len("AccountKey=")}.get(name, 0)


@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_found_alone(name: str) -> None:
    kind, key = KEYS[name]
    [leak] = scan(key)
    start = _hidden(name)
    assert (leak.kind, leak.start, leak.end) == (kind, start, len(key))
    assert len(leak.public) < 16
    assert key[start:].startswith(leak.public)


@settings(deadline=None)
@given(before=AROUND, after=AROUND, name=st.sampled_from(sorted(KEYS)), left=st.sampled_from(SEPARATORS[1:]))
def test_a_key_is_found_wherever_it_stands(before: str, after: str, name: str, left: str) -> None:
    kind, key = KEYS[name]
    if name == "legacy" and left == "/":
        left = " "  # part of the alphabet of base64: the run would be a longer one
    text = f"{before}{left}{key} {after}"
    at = len(before) + len(left)
    covering = [leak for leak in scan(text) if leak.start <= at + _hidden(name) and leak.end >= at + len(key)]
    assert [leak.kind for leak in covering] in ([kind], ["url-password"]), text


@settings(deadline=None)
@given(before=AROUND, name=st.sampled_from(sorted(set(KEYS) - {"aws-id", "aws-session"})), layers=st.integers(1, 2))
def test_a_key_is_found_in_base64(before: str, name: str, layers: int) -> None:
    kind, key = KEYS[name]
    for _ in range(layers):
        key = encode(key)
    leaks = scan(f"{before}\n{key}\n")
    assert any(leak.kind == kind and leak.encoded in (0, layers) for leak in leaks)


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_text_can_be_scanned(text: str) -> None:
    for leak in scan(text):
        assert 0 <= leak.start < leak.end <= len(text)


@pytest.mark.parametrize(
    "kind", ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"]
)
@pytest.mark.parametrize("form", ["plain", "escaped", "base64", "indented"])
def test_private_keys_in_every_form(kind: str, form: str) -> None:
    text = pem(kind)
    match form:
        case "escaped":
            text = text.replace("\n", "\\n")
        case "base64":
            text = encode(text)
        case "indented":
            text = text.replace("\n", "\n    ")
    [leak] = scan(f"a:\n    {text}\nb: c\n")
    assert leak.kind is Kind.PRIVATE_KEY
    assert leak.end - leak.start == len(text)


@pytest.mark.parametrize(
    "kind", ["CERTIFICATE", "PUBLIC KEY", "CERTIFICATE REQUEST", "AGE ENCRYPTED FILE", "PGP MESSAGE"]
)
def test_what_is_public_in_pem_is_no_secret(kind: str) -> None:
    assert scan(pem(kind)) == []
    assert scan(encode(pem(kind))) == []


def test_the_secret_half_of_an_aws_key_is_found_beside_the_id() -> None:
    secret = "q7/Z" + body(35) + "9"
    text = f"id: {KEYS['aws-id'][1]}\nother: {secret}\n"
    assert [leak.kind for leak in scan(text)] == [Kind.AWS_KEY, Kind.AWS_KEY]
    assert scan(f"other: {secret}\n") == []
    assert [leak.kind for leak in scan(f"AWS_SECRET_ACCESS_KEY={secret}\n")] == [Kind.AWS_KEY]
    assert not is_aws_secret("3f786850e387550fdab836ed7e6dc881de23001b")


@pytest.mark.parametrize(
    "text",
    [
        "sha256:" + hashlib.sha256(b"x").hexdigest(),
        hashlib.sha256(b"profile").hexdigest(),
        "89e6c98d92887913cadf06b2adb97f26cde4849b",
        "arn:aws:iam::111122223333:role/nim-operator-and-a-long-name",
        "fs-0123456789abcdef0::fsap-0123456789abcdef0",
        "nvcr.io/nim/meta/llama-3.1-8b-instruct:1.8.4",
        "nvapi-your-key-here-from-ngc",
        "nvapi-" + "x" * 64,
        "nvapi-<your-key>",
        "nvapi-${NGC_API_KEY}",
        "hf_transfer_is_a_package_of_hugging_face",
        "hf_" + "x" * 34,
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "ghp_" + "0123456789" * 4,
        "https://user:password@example.com",
        "https://user:${PASSWORD}@example.com",
        "https://$USER:$TOKEN@example.com",
        "http://localhost:8080/@scope/package",
        "https://example.com:443/path@1.2",
        "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
        "grep -q 'BEGIN PRIVATE KEY' file",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
    ],
)
def test_what_is_no_secret(text: str) -> None:
    assert scan(text) == []
    assert scan(f"value: {text}\n") == []
    assert scan(encode(text)) == []
