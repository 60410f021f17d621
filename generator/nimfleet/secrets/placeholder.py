"""Telling values that stand for a secret from secrets."""

from __future__ import annotations

import re

_REFERENCE = re.compile(
    r"""
    \$[({]\s*[A-Za-z_] | ^\${1,2}[A-Za-z_]\w*$    # ${NAME}, $(NAME), $NAME
    | \$\{\{ | \{\{ | \{% | \#\{    # templates of workflows, Helm, external-secrets, Jinja
    | ^%[sdvq]$ | %\([A-Za-z_]+\)s    # printf and Python's formats
    | ^ENC\[ | ^(?:ref\+|secret:|secrets:|vault:|op://|aws-?sm:|ssm:|arn:|file:|projects/[^/]+/secrets/)
    | ^(?:env|var|data|local|module|os|process\.env|secrets|inputs|steps)\.[A-Za-z_.]+   # of Terraform, workflows
    """,
    re.VERBOSE,
)
_FILL_IN = re.compile(
    r"""
    ^<[^>]*>$ | ^\[[^\]]*\]$ | ^@[^@]*@$ | ^__.*__$
    | change.?(?:me|it|this) | replace | your[-_ ]? | to.?do\b | fix.?me | place.?holder | example | sample | dummy | redacted
    | insert | \bfake | not.?a.?(?:real.?)?(?:key|secret|password|token)
    | goes.?here | ^my[-_ ] | ^my(?:secret|password|pass|token|key|apikey)$ | \.\.\.
    | \N{HORIZONTAL ELLIPSIS} | x{4} | \*{3} | ^(?:xxx|tbd)$
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NEUTRAL = re.compile(
    r"""
    none|null|nil|n/a|true|false|yes|no|on|off|empty|unset|undefined|default|hidden|masked|omitted|string|str|text|bar|foo|x+
    |value|pass|passwd|password|pwd|secret|token|key|api[-_]?key|admin|user|username|test|testing|required|optional|auto|disabled
    |enabled|file|env
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Documented by vendors, and so in everybody's examples.
_DOCUMENTED = re.compile(r"EXAMPLE(?:KEY)?$|^eyJ[\w-]+\.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9l")
_SEQUENCE = re.compile(r"0123456789|1234567890|abcdefghij|ABCDEFGHIJ|9876543210")
_NAME_PART = re.compile(
    r"(?:^|[-_./])(?:secret|password|passwd|token|key|apikey|credentials?|auth|creds|pat)s?(?:$|[-_./])"
)
_KEBAB = re.compile(r"[a-z0-9]+(?:[-./][a-z0-9]+)+|[A-Z0-9]+(?:_[A-Z0-9]+)+|[a-z0-9]+(?:_[a-z0-9]+)+")


def is_placeholder(value: str) -> bool:
    """Whether a person, or a program that fills it in, is to put a secret where ``value`` is: nothing, `changeme`,
    `<KEY>`, `${KEY}`, `{{ .key }}`, the examples of vendors."""
    value = value.strip().strip("\"'")
    if len(set(value)) <= 2:
        return True
    return is_reference(value) or is_fill_in(value) or is_neutral(value)


def is_fill_in(value: str) -> bool:
    """Whether ``value`` asks a person to put something else there, or is a vendor's example."""
    return bool(_FILL_IN.search(value) or _DOCUMENTED.search(value))


def is_neutral(value: str) -> bool:
    """Whether ``value`` is a word that says nothing: a setting, or the name of what should be there."""
    return bool(_NEUTRAL.fullmatch(value))


def is_reference(value: str) -> bool:
    """Whether ``value`` is filled in by a program: a variable, a template, the name of something in a store."""
    return bool(_REFERENCE.search(value))


def is_key_placeholder(key: str, prefix: str = "") -> bool:
    """The same for something with the shape of a key; ``prefix`` is the part that all such keys share. A word inside
    counts only where it cannot be chance: a random key may spell anything."""
    body = key[len(prefix) :]
    if len(set(body)) <= 5 or _SEQUENCE.search(body) or _DOCUMENTED.search(key) or _KEY_BEGINS.match(body):
        return True
    words = [word for word in re.split(r"[-_.]", body) if word]
    return sum(bool(_KEY_WORD.fullmatch(word)) for word in words) > 1


_KEY_BEGINS = re.compile(
    r"(?:your|placeholder|replace|insert|example|changeme|redacted|dummy|xxxx|fake)", re.IGNORECASE
)
_KEY_WORD = re.compile(
    r"(?:your|my|the|key|here|api|token|example|placeholder|replace|me|changeme|redacted|dummy|sample|fake|test|goes|ngc|x+)",
    re.IGNORECASE,
)


def is_name(value: str) -> bool:
    """Whether ``value`` is the name of a secret rather than one: ``ngc-api-secret``, ``NGC_API_KEY``."""
    return bool(_KEBAB.fullmatch(value) and _NAME_PART.search(value.lower()))
