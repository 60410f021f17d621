"""What `nimfleet validate` costs on many documents, beside kubeconform on the same files with the same schemas."""

from __future__ import annotations

import itertools
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nimfleet.manifest.emit import dump
from nimfleet.manifest.parse import parse
from nimfleet.repository.build import find_tool
from nimfleet.schema.kubeconform import LOCATION, write_schema
from nimfleet.schema.store import Store

ROOT = Path(__file__).resolve().parent.parent
NIMFLEET = ROOT / ".venv" / "bin" / "nimfleet"
DOCUMENTS, MANY, IN_A_FILE = 10_000, 100_000, 50
_MEBI = 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall time, and MiB at most held by all processes together, pages that they share counted once."""

    wall: float
    memory: float


def documents(*, full: bool) -> None:
    """Print the figures; with ``full``, also those of 100,000 documents."""
    with tempfile.TemporaryDirectory(prefix="nimfleet-bench-") as folder:
        files, schemas = Path(folder) / "files", Path(folder) / "schemas"
        write_documents(files, DOCUMENTS)
        print(f"\n{DOCUMENTS:,} mixed custom resources as environments have them, {os.cpu_count()} cores")
        kubeconform = find_tool("kubeconform", ROOT)
        if kubeconform is None:
            print("  kubeconform is missing, so there is nothing to compare with (`make setup`)")
        else:
            write_schemas(schemas)
            tell("kubeconform", best(kubeconform, "-strict", "-schema-location", f"{schemas}/{LOCATION}", files))
        validate: list[str | Path] = [NIMFLEET, "validate", "--root", files, files]
        tell("nimfleet, parse, build and schema", best(*validate, "--no-cache", "--only", "parse,build,schema"))
        cold = measure(*validate, "--no-cache")
        tell("nimfleet, all stages, cold", cold)
        measure(*validate)
        warm = best(*validate)
        tell("nimfleet, all stages, warm", warm, remark=f"{cold.wall / warm.wall:.0f} times faster (aim: 10)")
        changed = next(iter(sorted(files.rglob("*.yaml"))))
        changed.write_text(changed.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
        one = measure(*validate)
        tell("nimfleet, all stages, one file changed", one, remark=f"{cold.wall / one.wall:.0f} times faster than cold")
        if full:
            write_documents(files, MANY)
            print(f"\n{MANY:,} documents (memory aim: 400 MiB)")
            tell(
                "nimfleet, parse, build and schema",
                measure(*validate, "--no-cache", "--only", "parse,build,schema"),
                MANY,
            )
            tell("nimfleet, all stages but style", measure(*validate, "--no-cache", "--skip", "style"), MANY)


def write_documents(folder: Path, count: int) -> None:
    """``count`` custom resources: those of clusters/, environment after environment, each in a folder of its own, in files
    of 50."""
    folder.mkdir(exist_ok=True)
    environments = custom_resources()
    left = count
    for number in itertools.count():
        texts = environments[number % len(environments)][:left]
        here = folder / f"{number:06}"
        here.mkdir(exist_ok=True)
        for start in range(0, len(texts), IN_A_FILE):
            (here / f"{start:03}.yaml").write_text("".join(texts[start : start + IN_A_FILE]), encoding="utf-8")
        left -= len(texts)
        if not left:
            return


def custom_resources() -> list[list[str]]:
    """The custom resources of each environment in clusters/, as they are written."""
    found: list[list[str]] = []
    for environment in sorted(path.parent for path in (ROOT / "clusters").glob("*/environment.yaml")):
        paths = sorted(environment.rglob("*.yaml"))
        documents = [document for path in paths for document in parse(path.read_text("utf-8"), str(path)).documents]
        # Flux's Kustomizations name paths, which would be missing.
        kinds = [document for document in documents if document.id and "." in document.id.group]
        found.append([dump(each.value) for each in kinds if each.id and "kustomize" not in each.id.group])
    return found


def write_schemas(folder: Path) -> None:
    """The schemas that nimfleet itself uses, where kubeconform finds them."""
    store = Store.open()
    for kind in store.kinds():
        schema = store.find(*kind)
        if schema is not None:
            write_schema(schema, folder)


def tell(name: str, cost: Cost, count: int = DOCUMENTS, remark: str = "") -> None:
    print(
        f"  {name:<40}{cost.wall:7.2f} s wall {count / cost.wall:9,.0f} documents/s {cost.memory:6.0f} MiB  {remark}".rstrip()
    )


def best(*words: str | Path) -> Cost:
    """Of three runs, the fastest."""
    return min((measure(*words) for _ in range(3)), key=lambda cost: cost.wall)


def measure(*words: str | Path) -> Cost:
    """Run a command, whatever its exit code."""
    started = time.perf_counter()
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = [0.0]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            most[0] = max(most[0], sum(map(held, family(process.pid))))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    process.wait()
    wall = time.perf_counter() - started
    done.set()
    watcher.join()
    return Cost(wall, most[0])


def family(process: int) -> Iterator[int]:
    """A process and its descendants, where the system tells (Linux)."""
    yield process
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = path.read_text(encoding="ascii").split()
        except OSError:
            continue
        for child in children:
            yield from family(int(child))


def held(process: int) -> float:
    """MiB that a process holds, what it shares with others counted in part; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / _MEBI
