"""Which pods will never run, or only by luck, on the nodes that the cluster can have."""

from __future__ import annotations


def number(count: int, word: str) -> str:
    """``1 GPU``, ``2 GPUs``."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
