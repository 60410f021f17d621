"""What is known without kustomize is exactly what kustomize says."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nimfleet.manifest.parse import parse
from nimfleet.repository.files import Files
from nimfleet.repository.load import Loader
from nimfleet.repository.overlay import Changes, Overlay, graph_of
from nimfleet.repository.simple import simple_output

PROJECT = Path(__file__).resolve().parents[2]
KUSTOMIZE = PROJECT / ".bin" / "kustomize"
pytestmark = pytest.mark.skipif(not KUSTOMIZE.exists(), reason="kustomize is not installed")

LIST = "---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
HEAD = "---\napiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: {}\n"

WORDS = r"""
y n yes No on OFF true True null ~ 0777 0o17 0x1F 1_000 12:30:45 2024-01-01 1e3 1.0 1.50 -0 .5 5. +1 .inf 10m
512Mi 1.34 v1 0.20.0 9007199254740993 18446744073709551616 1.0e-7 2001-01-01T00:00:00Z 0b11 = << &a *a !t %x
@x `x |x >x ?x -x [] {} '' "" "y" 'n' "1" #x a#b a:b
"""

# Words that YAML 1.1, YAML 1.2 and Go read in ways of their own.
SCALARS = st.one_of(
    st.text("0123456789_.:+-eExobnyYNfF~", min_size=1, max_size=7),
    st.sampled_from(WORDS.split()),
    st.text("abc \"'{}[],:#&*!|>%@`$-?", min_size=1, max_size=8),
)


def kustomize(folder: Path) -> list[object] | None:
    done = subprocess.run([KUSTOMIZE, "build", str(folder)], check=False, capture_output=True, text=True)
    return None if done.returncode else [document.value for document in parse(done.stdout, "").documents]


def simple(root: Path, folder: str = "", variables: tuple[tuple[str, str], ...] | None = None) -> list[object] | None:
    files = Files(root)
    overlay = Overlay(folder, Changes(variables=variables))
    graph = graph_of(files, overlay)
    if graph.problems or graph.unread:
        return None
    found = simple_output(overlay, graph)
    return None if found is None else [document.value for document in found.documents]


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def as_sets(values: list[object] | None) -> list[str] | None:
    return None if values is None else sorted(json.dumps(value, sort_keys=True) for value in values)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(SCALARS, st.sampled_from(("  key: {}", "  - {}", "  {}: x", "  key: {} # c", "  key: [{}, 1]"))),
        max_size=60,
    )
)
def test_whatever_is_taken_as_simple_is_what_kustomize_makes_of_it(scalars: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary).resolve()
        taken: dict[str, object] = {}
        for number, (scalar, form) in enumerate(scalars):
            folder = root / f"d{number}"
            text = HEAD.format(f"n{number}") + "spec:\n" + form.format(scalar) + "\n"
            write(folder, {"kustomization.yaml": LIST + "  - a.yaml\n", "a.yaml": text})
            found = simple(root, folder.name)
            if found is not None:
                taken[folder.name] = found
        # One run for all that is simple: a process each would take too long.
        write(root, {"kustomization.yaml": LIST + "".join(f"  - {name}\n" for name in taken)})
        if taken:
            together = [value for found in taken.values() for value in found]  # type: ignore[attr-defined]
            assert as_sets(kustomize(root)) == as_sets(together)


def test_our_environments_are_simple_and_the_same() -> None:
    loader = Loader(PROJECT, [PROJECT / "clusters"], Files(PROJECT))
    loader.start()
    repository = loader.finish()
    assert repository.overlays
    for overlay in repository.overlays:
        found = simple(PROJECT, overlay.folder)
        assert found is not None, overlay.folder
        assert as_sets(found) == as_sets(kustomize(PROJECT / overlay.folder))


THING = HEAD.format("a")


@pytest.mark.parametrize(
    "files",
    [
        {"kustomization.yaml": LIST + "  - a.yaml\nnamespace: x\n", "a.yaml": THING},
        {"kustomization.yaml": LIST + "  - a.yaml\n  - a.yaml\n", "a.yaml": THING},
        {"kustomization.yaml": LIST + "  - a.yaml\n  - b.yaml\n", "a.yaml": THING, "b.yaml": THING},
        {
            "kustomization.yaml": LIST + "  - a.yaml\n  - b.yaml\n",
            "a.yaml": THING,
            "b.yaml": THING + "  namespace: default\n",
        },
        {"kustomization.yaml": LIST + "  - a.yaml\n", "a.yaml": THING.replace("name: a", "generateName: a")},
        {"kustomization.yaml": LIST + "  - a.yaml\n", "a.yaml": THING.replace("Thing", "ThingList") + "items: []\n"},
        {"kustomization.yaml": LIST + "  - a.yaml\n", "a.yaml": "---\n"},
        {"kustomization.yaml": LIST + "  - a.yaml\n", "a.yaml": THING + "  annotations:\n    a: 1\n"},
        {
            "kustomization.yaml": LIST + "  - a.yaml\n",
            "a.yaml": THING + '  annotations:\n    config.kubernetes.io/local-config: "true"\n',
        },
        {"kustomization.yaml": LIST.replace("v1beta1", "v1") + "  - a.yaml\n", "a.yaml": THING},
        {"kustomization.yaml": LIST.replace("Kustomization", "Component") + "  - a.yaml\n", "a.yaml": THING},
        {"kustomization.yaml": LIST + "  - a.yaml\n" + LIST + "  - a.yaml\n", "a.yaml": THING},
        {
            "kustomization.yaml": LIST + "  - b\n",
            "b/kustomization.yaml": LIST + "  - a.yaml\nnamePrefix: x\n",
            "b/a.yaml": THING,
        },
    ],
)
def test_what_is_not_certain_is_left_to_kustomize(files: Mapping[str, str], tmp_path: Path) -> None:
    write(tmp_path, files)
    assert simple(tmp_path) is None


def test_variables_are_left_to_kustomize_where_there_is_one(tmp_path: Path) -> None:
    write(tmp_path, {"kustomization.yaml": LIST + "  - a.yaml\n", "a.yaml": THING + "spec:\n  x: ${A}\n"})
    assert simple(tmp_path) is not None
    assert simple(tmp_path, variables=(("A", "b"),)) is None
    (tmp_path / "a.yaml").write_text(THING)
    assert simple(tmp_path, variables=(("A", "b"),)) is not None


def test_folders_within_folders_are_simple(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "kustomization.yaml": LIST + "  - b\n  - a.yaml\n",
            "a.yaml": THING,
            "b/kustomization.yaml": LIST + "  - c.yaml\n",
            "b/c.yaml": HEAD.format("c") + HEAD.format("d"),
        },
    )
    assert as_sets(simple(tmp_path)) == as_sets(kustomize(tmp_path))
