"""How a fault is put into one of our environments, and where it is expected to be found."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nimfleet.engine import validate
from nimfleet.render.tree import render_environment
from nimfleet.render.write import write
from nimfleet.report.model import Report

PROJECT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENTS = ("dev", "staging", "prod")

Edit = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A finding: ``file`` is relative to the environment (to the repository with ``/`` before it). ``mark`` is text that
    is in the changed file exactly once; the line of its last line is the line of the finding."""

    rule: str
    file: str
    mark: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, named for what is wrong: ``edits`` put it into ``environment``, and ``expect`` is everything that nimfleet
    finds then. A near miss expects nothing.

    ``drift`` keeps the comparison with environment.yaml, for faults in what a user writes; ``before`` compares with the
    untouched environment, for faults in a change.
    """

    name: str
    environment: str
    edits: tuple[Edit, ...]
    expect: tuple[Found, ...] = ()
    drift: bool = False
    before: bool = False


def fault(
    name: str,
    environment: str,
    *edits: Edit | Found,
    drift: bool = False,
    before: bool = False,
) -> Fault:
    """A fault: its edits, and then what is found."""
    found = tuple(item for item in edits if isinstance(item, Found))
    changes = tuple(item for item in edits if not isinstance(item, Found))
    assert changes, name
    return Fault(name, environment, changes, found, drift, before)


def at(rule: str, file: str, mark: str) -> Found:
    """Expect a finding of ``rule`` at ``mark`` in ``file``."""
    return Found(rule, file, mark)


def path_of(folder: Path, file: str) -> Path:
    """A file of the environment in ``folder``; with ``/`` before it, of its repository."""
    return folder.parent.parent / file[1:] if file.startswith("/") else folder / file


def replace(file: str, old: str, new: str) -> Edit:
    """Replace the only occurrence of ``old``."""

    def edit(folder: Path) -> None:
        path = path_of(folder, file)
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} has {text.count(old)} times {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def after(file: str, line: str, new: str) -> Edit:
    """Put lines after the only occurrence of ``line`` (which may be several lines)."""
    return replace(file, line + "\n", f"{line}\n{new}\n")


def drop(file: str, old: str) -> Edit:
    """Remove whole lines that are there exactly once."""
    return replace(file, old + "\n", "")


def everywhere(file: str, old: str, new: str) -> Edit:
    """Replace each occurrence of ``old``, of which there must be several."""

    def edit(folder: Path) -> None:
        path = path_of(folder, file)
        text = path.read_text(encoding="utf-8")
        assert text.count(old) > 1, f"{file} has {text.count(old)} times {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def add(file: str, text: str) -> Edit:
    """A new file; a manifest also has to be listed, see :func:`resource`."""

    def edit(folder: Path) -> None:
        path = path_of(folder, file)
        assert not path.exists(), file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return edit


def resource(file: str, text: str) -> Edit:
    """A new manifest, listed in the kustomization of its folder."""
    folder_of, _, name = file.rpartition("/")
    new = add(file, "---\n" + text.lstrip("\n"))
    listed = replace(f"{folder_of}/kustomization.yaml", "resources:\n", f"resources:\n  - {name}\n")

    def edit(folder: Path) -> None:
        new(folder)
        listed(folder)

    return edit


def append(file: str, text: str) -> Edit:
    """One more document at the end of a file."""

    def edit(folder: Path) -> None:
        path = path_of(folder, file)
        path.write_text(path.read_text(encoding="utf-8") + "---\n" + text.lstrip("\n"), encoding="utf-8")

    return edit


def delete(file: str) -> Edit:
    """Remove a file, and its line in the kustomization of its folder if there is one."""

    def edit(folder: Path) -> None:
        path = path_of(folder, file)
        path.unlink()
        listing = path.parent / "kustomization.yaml"
        if listing.exists():
            text = listing.read_text(encoding="utf-8")
            listing.write_text(text.replace(f"  - {path.name}\n", ""), encoding="utf-8")

    return edit


def rendered(folder: Path) -> None:
    """Render the environment anew, after its environment.yaml or custom/ were changed."""
    write(folder, render_environment(folder, f"clusters/{folder.name}").files)


def inject(item: Fault, root: Path) -> Path:
    """Make a repository with the environment of ``item`` in ``root``, put the fault in; return the environment."""
    folder = _copy(item.environment, root)
    for edit in item.edits:
        edit(folder)
    return folder


def _copy(environment: str, root: Path) -> Path:
    folder = root / "clusters" / environment
    shutil.copytree(PROJECT / "clusters" / environment, folder)
    (root / ".git").mkdir()
    return folder


def judge(item: Fault, root: Path) -> tuple[Report, set[tuple[str, str, int]]]:
    """What nimfleet says of ``item``, and the rules, files and lines that are expected."""
    folder = inject(item, root / "after")
    base = None
    if item.before:
        base = root / "before"
        _copy(item.environment, base)
    skip = ("style", "second-opinion") if item.drift else ("style", "drift", "second-opinion")
    report = validate(root / "after", base, root=root / "after", policy="production", skip=skip)
    return report, places(folder, item.expect)


def line_of(folder: Path, found: Found) -> int:
    """The line that ``found`` is about; of a file that was removed, the line that it had."""
    path = path_of(folder, found.file)
    if not path.exists():
        path = PROJECT / "clusters" / folder.name / found.file
    text = path.read_text(encoding="utf-8")
    assert text.count(found.mark) == 1, f"{found.file} has {text.count(found.mark)} times {found.mark!r}"
    return text[: text.index(found.mark) + len(found.mark.rstrip("\n"))].count("\n") + 1


def places(folder: Path, expect: Sequence[Found]) -> set[tuple[str, str, int]]:
    """What is expected, as rule, file of the repository, and line."""
    return {
        (
            found.rule,
            path_of(folder, found.file).relative_to(folder.parent.parent).as_posix(),
            line_of(folder, found),
        )
        for found in expect
    }
