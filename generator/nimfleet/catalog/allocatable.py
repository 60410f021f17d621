"""What Karpenter lets pods use of a node, as its instance type provider computes it.

Source ``karpenter-allocatable`` (pkg/providers/instancetype/types.go): AL2023, ENI-limited pod density and
the chart's default ``settings.vmMemoryOverheadPercent``. Daemon sets are not taken off here.
"""

from __future__ import annotations

from math import ceil, floor

VM_MEMORY_OVERHEAD = 0.075
KUBE_RESERVED_BASE_MIB = 255
KUBE_RESERVED_POD_MIB = 11
EVICTION_MEMORY_MIB = 100
ARM64_RESERVED_MIB = 64
KUBE_RESERVED_STORAGE_GIB = 1
EVICTION_STORAGE_PERCENT = 10


def memory_mib(total_mib: int, arch: str, max_pods: int) -> int:
    """Allocatable memory in MiB of a node with ``total_mib`` MiB and room for ``max_pods`` pods."""
    size = total_mib - (ARM64_RESERVED_MIB if arch == "arm64" else 0)
    capacity = size - ceil(size * VM_MEMORY_OVERHEAD)
    return capacity - (KUBE_RESERVED_POD_MIB * max_pods + KUBE_RESERVED_BASE_MIB) - EVICTION_MEMORY_MIB


def cpu_millis(vcpu: int) -> int:
    """Allocatable thousandths of a CPU: kubelet and system take 6 % of the first core, then less."""
    reserved = 60.0 + 10 * min(1, vcpu - 1) + 5 * min(2, max(0, vcpu - 2)) + 2.5 * max(0, vcpu - 4)
    return floor(vcpu * 1000 - reserved)
