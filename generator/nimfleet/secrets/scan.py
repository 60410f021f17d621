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
    by_shape = sorted(shaped(text), key=lambda leak: leak.kind is Kind.URL_PASSWORD)
    if not names:
        return _without_overlaps([*by_shape, *encoded(text)])
    return _without_overlaps([*by_shape, *encoded(text), *docker_auths(text), *named(text)])


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
    taken: list[Leak] = []
    for leak in leaks:
        if all(leak.end <= other.start or other.end <= leak.start for other in taken[-_NEAR:]):
            taken.append(leak)
    return sorted(taken)
