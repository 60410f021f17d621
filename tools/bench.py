"""`make bench`: what rendering and validating cost; `make bench FULL=1` takes more documents. Figures are printed,
never tested: machines differ.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench_documents import documents

import nimfleet
from nimfleet.render.tree import render_environment
from nimfleet.render.write import write

ROOT = Path(__file__).resolve().parent.parent
NIMFLEET = ROOT / ".venv" / "bin" / "nimfleet"
ENVIRONMENTS, MODELS = 100, 20


def main() -> None:
    bare = cpu(sys.executable, "-c", "pass")
    line("interpreter start", bare, "s CPU")
    line("nimfleet --help", min(wall(NIMFLEET, "--help") for _ in range(5)), "s wall", "aim: 0.25")
    render = cpu(NIMFLEET, "render", "--check", "--root", ROOT) - bare
    line("render --check, three environments, beyond the start", render, "s CPU", "aim: 0.50")
    validate()
    fleet()
    documents(full=bool(os.environ.get("FULL")))


def validate() -> None:
    """`nimfleet validate clusters`: the whole, and its stages; kustomize and kubeconform run in `build` and `second-opinion`."""
    line(
        "validate clusters, whole command",
        min(wall(NIMFLEET, "validate", ROOT / "clusters") for _ in range(3)),
        "s wall",
    )
    for stage in nimfleet.validate(ROOT / "clusters").stages:
        line(f"  {stage.name}", stage.seconds, "s wall", str(stage.status))


def fleet() -> None:
    """Render a synthetic fleet, cold, and validate it."""
    source = (ROOT / "clusters" / "prod" / "environment.yaml").read_text(encoding="utf-8")
    head, _, _ = source.partition("\nmodels:\n")
    # A fleet costs more than the budget of one environment.
    head = re.sub(r"\n  budget:\n(?:    .*\n)+", "\n", head)
    # ... and a pool that no model uses is worth a remark.
    head = head.replace("  p5: {}\n", "").replace("  g6: {}\n", "")
    model = "  model-{0}:\n    model: meta/llama-3.1-8b-instruct\n    pool: g6e\n    precision: bf16\n    replicas: 2\n"
    body = "".join(model.format(number) for number in range(MODELS))
    folder = Path(tempfile.mkdtemp(prefix="nimfleet-bench-"))
    try:
        names = [f"env-{number}" for number in range(ENVIRONMENTS)]
        for name in names:
            target = folder / "clusters" / name
            target.mkdir(parents=True)
            text = head.replace("name: prod\n", f"name: {name}\n", 1) + "\nmodels:\n" + body
            (target / "environment.yaml").write_text(text, encoding="utf-8")
        started = time.perf_counter()
        objects = 0
        for name in names:
            objects += render_environment(folder / "clusters" / name).object_count
        rendered = time.perf_counter() - started
        started = time.perf_counter()
        for name in names:
            tree = render_environment(folder / "clusters" / name)
            write(folder / "clusters" / name, tree.files)
        written = time.perf_counter() - started
        started = time.perf_counter()
        report = nimfleet.validate(folder, root=folder, policy="production")
        validated = time.perf_counter() - started
    finally:
        shutil.rmtree(folder)
    label = f"fleet of {ENVIRONMENTS} environments x {MODELS} models, {objects} objects"
    line(label, rendered, "s wall", f"{objects / rendered:.0f} objects/s (aim: 2000)")
    line("  the same, written to disk", written, "s wall", f"{objects / written:.0f} objects/s")
    findings = len(report.findings)
    line("  the same, validated cold, all stages and rules", validated, "s wall", f"{findings} findings (aim: 10)")
    for stage in report.stages:
        line(f"    {stage.name}", stage.seconds, "s wall", str(stage.status))


def line(name: str, seconds: float, unit: str, remark: str = "") -> None:
    print(f"{name:<64}{seconds:6.2f} {unit:<7} {remark}".rstrip())


def cpu(*words: str | Path) -> float:
    """CPU seconds of a command and of what it waits for, the better of two runs."""
    best = float("inf")
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([str(word) for word in words], check=False, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def wall(*words: str | Path) -> float:
    started = time.perf_counter()
    subprocess.run([str(word) for word in words], check=False, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
