"""`make bench`: what rendering and validating cost. Figures are printed, never tested: machines differ."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NIMFLEET = ROOT / ".venv" / "bin" / "nimfleet"
ENVIRONMENTS, MODELS = 100, 20


def main() -> None:
    bare = cpu(sys.executable, "-c", "pass")
    print(f"{'interpreter start':<58}{bare:6.2f} s CPU")
    figure("nimfleet --help", cpu(NIMFLEET, "--help"), "wall 0.25", wall=True)
    trees = cpu(NIMFLEET, "render", "--check", "--root", ROOT) - bare
    print(f"{'render --check, three environments, beyond the start':<58}{trees:6.2f} s CPU   (aim: 0.50)")
    validate()
    fleet()


def figure(name: str, seconds: float, aim: str, wall: bool = False) -> None:
    best = min(wall_time(NIMFLEET, "--help") for _ in range(5)) if wall else seconds
    print(f"{name:<58}{best:6.2f} s wall  (aim: {aim.split()[-1]})")


def validate() -> None:
    """`nimfleet validate clusters` without the time that kustomize and kubeconform take."""
    from nimfleet import validate as run

    started = time.perf_counter()
    report = run(ROOT / "clusters", root=ROOT)
    total = time.perf_counter() - started
    print(f"{'validate clusters, in process':<58}{total:6.2f} s wall")
    for stage in report.stages:
        print(f"  {stage.name:<56}{stage.seconds:6.2f} s wall  {stage.status}")
    tools = cpu(NIMFLEET, "validate", "clusters", cwd=ROOT, children_too=True)
    print(f"{'validate clusters, whole command with its tools':<58}{tools:6.2f} s CPU")


def fleet() -> None:
    """Render a synthetic fleet, cold."""
    from nimfleet.render.tree import render_environment
    from nimfleet.render.write import write

    source = (ROOT / "clusters" / "prod" / "environment.yaml").read_text(encoding="utf-8")
    head, _, _ = source.partition("\nmodels:\n")
    model = "  model-{0}:\n    model: meta/llama-3.1-8b-instruct\n    pool: g6e\n    precision: bf16\n"
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
    finally:
        shutil.rmtree(folder)
    label = f"fleet of {ENVIRONMENTS} environments x {MODELS} models: {objects} objects"
    print(f"{label:<58}{rendered:6.2f} s wall  {objects / rendered:.0f} objects/s (aim: 2000)")
    print(f"{'  the same, written to disk':<58}{written:6.2f} s wall  {objects / written:.0f} objects/s")


def cpu(*words: str | Path, cwd: Path | None = None, children_too: bool = False) -> float:
    """CPU seconds of a command (and what it waits for), the better of two runs."""
    del children_too
    best = float("inf")
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([str(word) for word in words], cwd=cwd, check=False, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def wall_time(*words: str | Path) -> float:
    started = time.perf_counter()
    subprocess.run([str(word) for word in words], check=False, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
