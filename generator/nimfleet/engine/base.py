"""Stage transition: the repository compared with what the cluster holds, a git ref or a folder."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nimfleet.engine.environments import EnvironmentState, environment_of
from nimfleet.engine.runner import Outcome, Runner
from nimfleet.engine.schemas import nowhere
from nimfleet.errors import UsageError
from nimfleet.repository.load import Loader
from nimfleet.repository.model import KubeObject, Repository
from nimfleet.rules.subjects import Change

_TIMEOUT_SECONDS = 120
# Filters could run programs and fetch from the network (Git LFS).
_NO_FILTERS = ("-c", "filter.lfs.smudge=", "-c", "filter.lfs.process=", "-c", "filter.lfs.required=false")


@contextmanager
def base_root(root: Path, base: str | Path) -> Iterator[Path]:
    """A folder with the repository as it was at ``base``, which is a folder, else a git ref.

    Raises:
        UsageError: there is no such folder or ref, or git cannot be run.
    """
    folder = Path(base)
    if str(base) and folder.is_dir():
        yield folder.resolve()
        return
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}", ref=str(base))
    archive = _git(root, *_NO_FILTERS, "archive", "--format=tar", commit.decode().strip(), ref=str(base))
    with tempfile.TemporaryDirectory(prefix="nimfleet-") as temporary:
        target = Path(temporary).resolve()
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            # Links are left out: what they lead to is in the archive under its own name, or not in the
            # repository.
            files = [member for member in tar.getmembers() if member.isfile() or member.isdir()]
            for member in files:
                if member.name.startswith("/") or ".." in Path(member.name).parts:
                    raise UsageError(f"base {base}: the archive holds {member.name}, which leaves the repository")
            tar.extractall(target, members=files)  # noqa: S202 - names were checked above
        yield target


def transition(
    runner: Runner,
    repository: Repository,
    states: Sequence[EnvironmentState],
    paths: Sequence[str],
    base: str | Path,
) -> Outcome:
    """Judge every object of the base against what it is now."""
    with base_root(repository.root, base) as folder:
        existing = [folder / path for path in paths if (folder / path).exists()]
        if not existing:
            return Outcome(f"nothing of this is in {base}")
        loader = Loader(folder, existing)
        loader.start()
        before = loader.finish()
        pairs = list(_pairs(before.objects, repository.objects, states))
        for old, new in pairs:
            runner.judge(Change(old, new, str(base)), nowhere(new or old))
    unbuilt = sum(problem.code == "failed" for problem in before.problems)
    detail = f"{len(pairs)} objects of {base} compared"
    if unbuilt:
        detail += f"; {unbuilt} of its overlays cannot be built, so what they held is not known"
    return Outcome(detail, checked=len(pairs), unchecked=unbuilt)


def _pairs(
    before: Sequence[KubeObject], after: Sequence[KubeObject], states: Sequence[EnvironmentState]
) -> Iterator[tuple[KubeObject, KubeObject | None]]:
    """Each old object with the same one now: in the same folder, else anywhere in the same environment."""
    here: dict[tuple[str, tuple[str, str, str, str]], KubeObject] = {}
    anywhere: dict[tuple[str, tuple[str, str, str, str]], list[KubeObject]] = defaultdict(list)
    for item in after:
        here.setdefault((item.folder, item.id.unversioned), item)
        anywhere[_cluster(states, item), item.id.unversioned].append(item)
    for old in before:
        new = here.get((old.folder, old.id.unversioned))
        if new is None:
            new = next(iter(anywhere.get((_cluster(states, old), old.id.unversioned), ())), None)
        yield old, new


def _cluster(states: Sequence[EnvironmentState], item: KubeObject) -> str:
    state = environment_of(states, item.folder)
    return state.folder if state else ""


def _git(root: Path, *arguments: str, ref: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise UsageError(f"base {ref} is not a folder, and git, which could know it, is not on PATH") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"base {ref}: git did not finish within {_TIMEOUT_SECONDS} seconds") from None
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()
        words = reason[-1] if reason else "there is no such commit"
        raise UsageError(f"base {ref} is neither a folder nor a git ref of {root}: {words}")
    return done.stdout
