"""Everything secret in one text."""

from __future__ import annotations

from collections.abc import Iterable

from nimfleet.secrets.docker import docker_auths
from nimfleet.secrets.encoded import encoded
from nimfleet.secrets.named import named
from nimfleet.secrets.shapes import Kind, Leak, shaped

_NEAR = 1000


def scan(text: str, *, names: bool = True) -> list[Leak]:
    """Secrets in ``text`` in their order; none overlaps another. ``names`` also takes values for secrets because of the
    name of their field, which prose and programs have too often for nothing."""
    return _without_overlaps(leaks_of(text, names=names))


def secret_parts(text: str) -> list[tuple[int, int, str]]:
    """Start and end of everything in ``text`` that is not to be shown, in order and apart from each other, with the public
    prefix that may stay."""
    parts: list[tuple[int, int, str]] = []
    for leak in sorted(leaks_of(text, names=True)):
        if parts and leak.start < parts[-1][1]:
            start, end, public = parts[-1]
            parts[-1] = (start, max(end, leak.end), public if leak.start == start and public == leak.public else "")
        else:
            parts.append((leak.start, leak.end, leak.public))
    return parts


def leaks_of(text: str, *, names: bool) -> list[Leak]:
    """Leaks by how sure they are; they may overlap."""
    by_shape = sorted(shaped(text), key=lambda leak: leak.kind is Kind.URL_PASSWORD)
    more = [*docker_auths(text), *named(text)] if names else []
    return [*by_shape, *encoded(text), *more]


def told_once(text: str, leaks: Iterable[Leak]) -> list[Leak]:
    """The leaks without those that say in base64 again what stands beside them in the same JSON object, as ``auth``
    does in a docker config."""
    kept: list[Leak] = []
    for leak in leaks:
        if kept and leak.encoded and leak.start - kept[-1].end < _NEAR:
            between = text[kept[-1].end : leak.start]
            if "}" not in between and "{" not in between and "auth" in between:
                continue
        kept.append(leak)
    return kept


def _without_overlaps(leaks: Iterable[Leak]) -> list[Leak]:
    """The leaks in the order of the text; of two that overlap, the first one given."""
    taken: list[tuple[Leak, int]] = []
    for rank, leak in sorted(enumerate(leaks), key=lambda entry: (entry[1].start, entry[0])):
        if taken and leak.start < taken[-1][0].end:
            if rank < taken[-1][1]:
                taken[-1] = (leak, rank)
        else:
            taken.append((leak, rank))
    return [leak for leak, _ in taken]
