"""Keys in base64, once or twice: what stands in Secrets, docker configs and annotations."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import lru_cache

from nimfleet.secrets.shapes import Kind, Leak, legacy_keys, shaped

SHORTEST = 27
"""Characters of base64 below which no known key fits."""

# The letter of an escape such as \n in JSON is no part of it.
_RUN = re.compile(rf"(?<!\\)[A-Za-z0-9+/_-]{{{SHORTEST},}}={{0,2}}")
_LAYERS = 2
_Found = tuple[tuple[int, int, Kind, str, int], ...]


def encoded(text: str) -> Iterator[Leak]:
    """Keys in ``text`` that show after decoding; the place is that of the whole run of base64."""
    # Splitting at white space finds the few long words many times faster than a pattern does.
    for word in {word for word in text.split() if len(word) >= SHORTEST}:
        found = _in_word(word)
        if not found:
            continue
        at = text.find(word)
        while at >= 0:
            for start, end, kind, what, layers in found:
                yield Leak(at + start, at + end, kind, what, "", layers)
            at = text.find(word, at + len(word))


def decoded(text: str) -> str | None:
    """What a run of base64 (of either alphabet, padded or not) says, if that is text; line breaks do not count."""
    run = "".join(text.split()).rstrip("=")
    if not run or len(run) % 4 == 1 or not run.isascii():
        return None
    try:
        plain = base64.b64decode(run.replace("-", "+").replace("_", "/") + "=" * (-len(run) % 4), validate=True)
        return plain.decode("ascii") if plain.isascii() else plain.decode("utf-8")
    except (binascii.Error, ValueError):
        return None


@lru_cache(maxsize=1 << 16)
def _in_word(word: str) -> _Found:
    found = [(leak.start, leak.end, leak.kind, leak.what, 0) for leak in legacy_keys(word)]
    for match in _RUN.finditer(word):
        plain = decoded(match.group())
        if plain is None:
            continue
        for kind, what, layers in _in_plain(plain, 1):
            found.append((match.start(), match.end(), kind, what, layers))
            break
    return tuple(found)


def _in_plain(plain: str, layer: int) -> Iterator[tuple[Kind, str, int]]:
    for leak in sorted(shaped(plain), key=lambda leak: leak.kind is Kind.URL_PASSWORD):
        yield leak.kind, leak.what, layer
    for leak in legacy_keys(plain):
        yield leak.kind, leak.what, layer
    if layer < _LAYERS:
        for match in _RUN.finditer(plain):
            below = decoded(match.group())
            if below is not None:
                yield from _in_plain(below, layer + 1)
