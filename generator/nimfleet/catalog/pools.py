"""Node pool presets: which EC2 instance families a pool may use, and what its nodes carry.

Sources: karpenter-provider-aws v1.14 instance type reference (families, GPU names); NVIDIA and Neuron device plugin charts
(taint keys and resource names).
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

    ``families`` are EC2 instance families; ``resource`` is the extended resource that the device plugin registers (None for
    CPU pools); ``taint`` is the key that keeps other pods away.
    """

    name: str
    families: tuple[str, ...]
    device: Device
    resource: str | None
    taint: str | None
    description: str


PRESETS: Mapping[str, PoolPreset] = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            PoolPreset("g5", ("g5",), "nvidia", "nvidia.com/gpu", "nvidia.com/gpu", "NVIDIA A10G, 24 GB"),
            PoolPreset("g6", ("g6",), "nvidia", "nvidia.com/gpu", "nvidia.com/gpu", "NVIDIA L4, 24 GB"),
            PoolPreset("g6e", ("g6e",), "nvidia", "nvidia.com/gpu", "nvidia.com/gpu", "NVIDIA L40S, 48 GB"),
            PoolPreset("p5", ("p5",), "nvidia", "nvidia.com/gpu", "nvidia.com/gpu", "NVIDIA H100, 80 GB"),
            PoolPreset(
                "inf2",
                ("inf2",),
                "neuron",
                "aws.amazon.com/neuron",
                "aws.amazon.com/neuron",
                "AWS Inferentia2",
            ),
            PoolPreset("trn1", ("trn1",), "neuron", "aws.amazon.com/neuron", "aws.amazon.com/neuron", "AWS Trainium"),
            PoolPreset("cpu", ("m6i", "m7i"), "none", None, None, "x86 CPU"),
        )
    }
)
