"""Keys that show what they are: a prefix of the vendor's, or a frame of fixed words."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from nimfleet.secrets.placeholder import is_key_placeholder, is_placeholder


class Kind(StrEnum):
    """Kinds of what is found in text; the values are the names of rules."""

    NGC_KEY = "ngc-key"
    HUGGING_FACE_TOKEN = "hugging-face-token"  # noqa: S105 - the name of a rule
    AWS_KEY = "aws-key"
    PRIVATE_KEY = "private-key"
    ACCESS_TOKEN = "access-token"  # noqa: S105 - the name of a rule
    URL_PASSWORD = "url-password"  # noqa: S105 - the name of a rule
    DOCKER_CONFIG = "docker-config"
    PLAIN_VALUE = "plain-value"


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """A secret in a text, from ``start`` to ``end``. ``what`` says in words what it is; ``public`` is the part that all
    such keys share, and the only one that may be shown; ``encoded`` how many times it is in base64; ``name`` the field or
    variable that it is the value of, where that is what tells."""

    start: int
    end: int
    kind: Kind
    what: str
    public: str = ""
    encoded: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape of keys: ``literals``, one of which is in every text that has one, and the pattern. The group ``secret`` of
    the pattern, where there is one, is the secret part; ``real`` refuses what only looks like one."""

    kind: Kind
    what: str
    literals: tuple[str, ...]
    pattern: str
    prefixes: tuple[str, ...] = ()
    real: Callable[[str], bool] | None = None


# Not inside of a word, but for the letter of an escape such as \n in JSON.
_START = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"
_END = r"(?![A-Za-z0-9])"
_BODY = 64
"""Characters of base64 from which something inside the frame of a private key is one."""


def _private_key(text: str) -> bool:
    body = re.sub(r"\\+[nrt]|\s|-----[^-]*-----|[A-Z][A-Za-z-]+: [^\n\\]*|[\"'>#|]", "", text)
    return len(re.findall(r"[A-Za-z0-9+/=]", body)) >= _BODY and len(set(body)) > 8


def _url_password(text: str) -> bool:
    return not is_placeholder(text) and not text.isdigit()


def _aws(text: str) -> bool:
    return not is_placeholder(text) and not is_key_placeholder(text, text[:4])


def _shape(kind: Kind, what: str, prefixes: str, body: str, literal: str = "") -> Shape:
    """A key with one of some prefixes of the vendor's; ``literal`` is in all of them."""
    known = tuple(prefixes.split())
    pattern = f"{_START}(?:{'|'.join(map(re.escape, known))})(?:{body})"
    return Shape(kind, what, (literal,) if literal else known, pattern, known)


SHAPES = (
    _shape(Kind.NGC_KEY, "an NGC API key", "nvapi-", r"[A-Za-z0-9_-]{20,}"),
    _shape(Kind.HUGGING_FACE_TOKEN, "a Hugging Face token", "hf_", rf"[A-Za-z0-9]{{30,}}{_END}"),
    _shape(Kind.HUGGING_FACE_TOKEN, "a Hugging Face organization token", "api_org_", rf"[A-Za-z0-9]{{30,}}{_END}"),
    Shape(
        Kind.AWS_KEY,
        "an AWS access key ID",
        ("AKIA", "ASIA"),
        rf"{_START}(?:AKIA|ASIA)[A-Z0-9]{{16}}{_END}",
        ("AKIA", "ASIA"),
        _aws,
    ),
    Shape(
        Kind.PRIVATE_KEY,
        "a private key",
        ("PRIVATE KEY",),
        (
            r"(?s)-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----.{0,20000}?(?:-----END [A-Z0-9 ]{0,40}-----|\Z)"
            r"|-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----.{0,4000}"
        ),
        ("-----BEGIN",),
        _private_key,
    ),
    _shape(Kind.PRIVATE_KEY, "an age private key", "AGE-SECRET-KEY-", r"(?:PQ-)?1[0-9A-Z]{40,}"),
    _shape(Kind.ACCESS_TOKEN, "a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", rf"[A-Za-z0-9]{{36,}}{_END}"),
    _shape(Kind.ACCESS_TOKEN, "a GitHub token", "github_pat_", r"[A-Za-z0-9_]{50,}"),
    _shape(Kind.ACCESS_TOKEN, "a GitLab token", "glpat- gldt- glrt-", r"[A-Za-z0-9_.-]{20,}"),
    _shape(Kind.ACCESS_TOKEN, "a Slack token", "xoxb- xoxp- xoxa- xoxe- xoxs-", r"[A-Za-z0-9-]{20,}", "xox"),
    Shape(
        Kind.ACCESS_TOKEN,
        "the address of a Slack webhook",
        ("hooks.slack.com/",),
        (
            r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9]{6,}/[A-Za-z0-9]{6,}/[A-Za-z0-9]{12,})"
        ),
        (),
        lambda text: not is_placeholder(text.rpartition("/")[2]),
    ),
    Shape(
        Kind.ACCESS_TOKEN,
        "a JSON Web Token",
        ("eyJ",),
        rf"{_START}eyJ[A-Za-z0-9_-]{{8,}}\.eyJ[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]{{16,}}",
        ("eyJ",),
    ),
    _shape(Kind.ACCESS_TOKEN, "a Docker Hub token", "dckr_pat_ dckr_oat_", r"[A-Za-z0-9_-]{20,}", "dckr_"),
    _shape(Kind.ACCESS_TOKEN, "an npm token", "npm_", rf"[A-Za-z0-9]{{36}}{_END}"),
    _shape(Kind.ACCESS_TOKEN, "a PyPI token", "pypi-AgE", r"[A-Za-z0-9_-]{50,}"),
    _shape(Kind.ACCESS_TOKEN, "a Google API key", "AIza", rf"[A-Za-z0-9_-]{{35}}{_END}"),
    _shape(Kind.ACCESS_TOKEN, "a Vault token", "hvs.", r"[A-Za-z0-9_-]{24,}"),
    _shape(Kind.ACCESS_TOKEN, "a Grafana token", "glsa_", r"[A-Za-z0-9_]{30,}"),
    _shape(Kind.ACCESS_TOKEN, "an OpenAI or Anthropic key", "sk-proj- sk-ant-", r"[A-Za-z0-9_-]{40,}"),
    _shape(Kind.ACCESS_TOKEN, "a Stripe key", "sk_live_ rk_live_", r"[A-Za-z0-9]{20,}", "k_live_"),
    Shape(
        Kind.ACCESS_TOKEN,
        "a token in an Authorization header",
        ("Bearer ",),
        r"Bearer (?P<secret>[A-Za-z0-9+/=_.~-]{16,})",
        (),
        lambda text: any(map(str.isdigit, text)) and not is_key_placeholder(text) and not is_placeholder(text),
    ),
    Shape(
        Kind.ACCESS_TOKEN,
        "an Azure storage key",
        ("AccountKey=",),
        r"AccountKey=(?P<secret>[A-Za-z0-9+/]{86}==)",
    ),
    Shape(
        Kind.URL_PASSWORD,
        "a password in a URL",
        ("://",),
        r"://[^\s/:@\"'`<>]{0,100}:(?P<secret>[^\s/@\"'`<>]{1,200})@[A-Za-z0-9\[]",
        (),
        _url_password,
    ),
)
_LEGACY_WORDS = "an NGC API key of the older kind"
# base64 of 26 characters, a colon and a UUID: the places of the colon and of the UUID's dashes are fixed.
_LEGACY = re.compile(r"(?:(?<![A-Za-z0-9+/])|(?<=\\[nrt]))[A-Za-z0-9+/]{84}(?![A-Za-z0-9+/=])")
_LEGACY_PLAIN = re.compile(rb"[a-z0-9]{26}:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_NEAR = 400


def shaped(text: str) -> Iterator[Leak]:
    """Keys in ``text`` that can be told by their shape. They may overlap."""
    for shape in SHAPES:
        for literal in shape.literals:
            if literal in text:
                break
        else:
            continue
        # Compiled when one of its literals is met for the first time, which is seldom.
        pattern = re.compile(shape.pattern)
        group = "secret" if "secret" in pattern.groupindex else 0
        for match in pattern.finditer(text):
            found = match.group(group)
            public = next((prefix for prefix in shape.prefixes if found.startswith(prefix)), "")
            if shape.real is not None:
                real = shape.real(found)
            else:
                real = not is_key_placeholder(found, public)
            if real:
                yield Leak(match.start(group), match.end(group), shape.kind, shape.what, public)
                if shape.kind is Kind.AWS_KEY:
                    yield from _secret_half(text, match.start(), match.end())


def is_aws_secret(text: str) -> bool:
    """Whether a text of 40 characters can be an AWS secret access key: random, and no digest."""
    mixed = any(map(str.isupper, text)) and any(map(str.islower, text)) and any(map(str.isdigit, text))
    return bool(_AWS_SECRET.fullmatch(text)) and mixed and len(set(text)) > 15 and not is_key_placeholder(text)


def legacy_keys(text: str, offset: int = 0) -> Iterator[Leak]:
    """NGC keys as they were before ``nvapi-``."""
    for match in _LEGACY.finditer(text):
        try:
            plain = base64.b64decode(match.group(), validate=True)
        except (binascii.Error, ValueError):
            continue
        if _LEGACY_PLAIN.fullmatch(plain) and len(set(plain[:26])) > 5:
            yield Leak(offset + match.start(), offset + match.end(), Kind.NGC_KEY, _LEGACY_WORDS)


def _secret_half(text: str, start: int, end: int) -> Iterator[Leak]:
    """The secret access key beside a key ID."""
    first = max(0, start - _NEAR)
    for match in _AWS_SECRET.finditer(text, first, min(len(text), end + _NEAR)):
        if is_aws_secret(match.group()):
            yield Leak(match.start(), match.end(), Kind.AWS_KEY, "an AWS secret access key")
