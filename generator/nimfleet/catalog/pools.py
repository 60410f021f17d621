"""Node pool presets: which EC2 instance families a pool may use, and what its nodes carry.

Sources: karpenter-provider-aws v1.14 instance type reference (families, GPU names); NVIDIA and Neuron device plugin
charts (taint keys and resource names).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Device = Literal["nvidia", "neuron", "none"]


@dataclass(frozen=True, slots=True)
class PoolPreset:
    """A kind of node pool.

    ``families`` are EC2 instance families; ``resource`` is the extended resource that the device plugin registers
    (None for CPU pools); ``taint`` is the key that keeps other pods away.
    """

    name: str
    families: tuple[str, ...]
    device: Device
    resource: str | None
    taint: str | None
    description: str


def _nvidia(family: str, description: str) -> PoolPreset:
    return PoolPreset(family, (family,), "nvidia", "nvidia.com/gpu", "nvidia.com/gpu", description)


def _neuron(family: str, description: str) -> PoolPreset:
    return PoolPreset(family, (family,), "neuron", "aws.amazon.com/neuron", "aws.amazon.com/neuron", description)


PRESETS: Mapping[str, PoolPreset] = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            _nvidia("g5", "NVIDIA A10G, 24 GB"),
            _nvidia("g6", "NVIDIA L4, 24 GB"),
            _nvidia("g6e", "NVIDIA L40S, 48 GB"),
            _nvidia("g7e", "NVIDIA RTX PRO 6000, 96 GB"),
            _nvidia("p4d", "NVIDIA A100, 40 GB"),
            _nvidia("p4de", "NVIDIA A100, 80 GB"),
            _nvidia("p5", "NVIDIA H100, 80 GB"),
            _nvidia("p5en", "NVIDIA H200, 141 GB"),
            _neuron("inf2", "AWS Inferentia2"),
            _neuron("trn1", "AWS Trainium"),
            PoolPreset("cpu", ("m6i", "m7i"), "none", None, None, "x86 CPU"),
        )
    }
)
