"""What the API server's own code checks about the kinds of Kubernetes, beyond their schemas.

One module a family of kinds. Facts: k8s.io/kubernetes, pkg/apis/*/validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nimfleet.manifest.pointer import Pointer

NativeCheck = Callable[[Mapping[str, Any]], Iterator[tuple[Pointer, str]]]
"""Pointer and message of everything that is wrong with a document whose schema is satisfied."""


def native_check(group: str, kind: str) -> NativeCheck | None:
    """The check of a kind, or None."""
    return None
