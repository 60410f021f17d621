"""nimfleet renders and proves GitOps repositories that run NVIDIA NIM on Amazon EKS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nimfleet.version import __version__

if TYPE_CHECKING:
    from nimfleet.engine import Report, validate

__all__ = ["Report", "__version__", "validate"]


def __getattr__(name: str) -> Any:
    # Lazy, so that `nimfleet --help` does not pay for the validation engine.
    if name in {"validate", "Report"}:
        from nimfleet import engine  # noqa: PLC0415

        return getattr(engine, name)
    raise AttributeError(f"module 'nimfleet' has no attribute {name!r}")
