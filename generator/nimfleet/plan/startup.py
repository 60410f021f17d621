"""How long a model takes until it serves: one budget for startup probe, Flux timeout and patience.

The figures are assumptions for planning, on the slow side, not measurements of your account:

- a GPU node is launched, joins and registers its GPUs within 6 minutes;
- NIM images are about 15 to 25 GB unpacked; 8 minutes cover pull and unpack on a gp3 root volume of 500 MiB/s;
- an EFS access point is there at once; an FSx for Lustre file system within 15 minutes;
- NGC serves 50 MiB/s; EFS (elastic throughput) and FSx give one reader 100 MiB/s or more, both with margin;
- an engine needs 5 minutes besides reading its weights (CUDA graphs, compilation, warm-up), 3 more with several GPUs.

The NIM operator's own default probe grants 30 s + 120 x 10 s (nimservice_types.go, v3.1.2); we never grant less.
"""

from __future__ import annotations

from math import ceil

from nimfleet.plan.types import Startup

NODE_SECONDS = 6 * 60
FSX_SECONDS = 15 * 60
IMAGE_SECONDS = 8 * 60
NGC_MIB_PER_SECOND = 50
CACHE_MIB_PER_SECOND = 100
ENGINE_SECONDS = 5 * 60
PARALLEL_SECONDS = 3 * 60
PROBE_DELAY = 30
PROBE_PERIOD = 10
PROBE_FAILURES_AT_LEAST = 120


def startup(weights_gib: float, gpus: int, minutes: int | None = None, fsx: bool = False) -> Startup:
    """The budget of a model with ``weights_gib`` GiB to download and read; ``minutes`` overrides what the probe grants."""
    mib = weights_gib * 1024
    load = ceil(mib / CACHE_MIB_PER_SECOND) + ENGINE_SECONDS + (PARALLEL_SECONDS if gpus > 1 else 0)
    if minutes is None:
        # Half as much again: a probe that gives up one minute early restarts a load of twenty.
        failures = max(PROBE_FAILURES_AT_LEAST, ceil((load * 1.5 - PROBE_DELAY) / PROBE_PERIOD))
    else:
        failures = max(1, ceil((minutes * 60 - PROBE_DELAY) / PROBE_PERIOD))
    return Startup(
        node=NODE_SECONDS,
        volume=FSX_SECONDS if fsx else 0,
        image=IMAGE_SECONDS,
        download=ceil(mib / NGC_MIB_PER_SECOND),
        load=load,
        probe_delay=PROBE_DELAY,
        probe_period=PROBE_PERIOD,
        probe_failures=failures,
    )
