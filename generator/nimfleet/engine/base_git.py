"""What git knows about the base of a comparison. Reads only: no fetch, no filter, no lock, no hook."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nimfleet.errors import UsageError
from nimfleet.repository.files import MAX_BYTES

_TIMEOUT_SECONDS = 120
# A hostile or broken configuration of the checkout must not run programs; Git LFS would reach the network.
_CONFIG = ("core.fsmonitor=false", "filter.lfs.clean=", "filter.lfs.process=", "filter.lfs.required=false")
_NO_NETWORK = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# Others would lead to another repository than the one at hand, as hooks of git do, or make git say more.
_KEPT = ("GIT_CEILING_DIRECTORIES", "GIT_CONFIG", "GIT_EXEC_PATH")
_FILES = ("100644", "100755")


class GitError(Exception):
    """git cannot be run or says no; the text is its last line."""


@dataclass(frozen=True, slots=True)
class Commit:
    """The commit to compare with, and the words that people know it by."""

    id: str
    name: str


def resolve(root: Path, ref: str) -> Commit:
    """The commit that ``ref`` names in the checkout that ``root`` is in.

    Raises:
        UsageError: there is no such ref, ``root`` is in no checkout, or git cannot be run.
    """
    try:
        commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    except GitError as error:
        raise UsageError(f"base {ref} is neither a folder nor a git ref of {root}: {error}") from error
    return Commit(commit.strip(), ref)


def default_base(root: Path, branches: Iterable[str]) -> Commit | str:
    """Where the checkout left the branch that Flux syncs: its merge base with HEAD, as far as refs here tell.

    A remote's branch counts before the local one of that name, because it is what Flux has seen; on the
    branch itself, pushed, that is HEAD. A text is the reason why there is nothing to compare with.
    """
    try:
        shallow, head = _git(root, "rev-parse", "--is-shallow-repository", "HEAD").split()
    except GitError as error:
        return (
            "no base to compare with: this is not in a git checkout with a commit"
            if _is_absence(error)
            else (f"not run: git cannot tell the base: {error}; `--base none` leaves the stage out")
        )
    names = sorted(set(branches))
    if not names:
        return "no base to compare with: nothing here says which branch Flux syncs; `--base REF` does"
    if len(names) > 1:
        return f"not run: environments here sync different branches ({', '.join(names)}); say which with `--base REF`"
    branch = names[0]
    patterns = (f"refs/remotes/origin/{branch}", f"refs/remotes/*/{branch}", f"refs/heads/{branch}")
    found = _git(root, "for-each-ref", "--format=%(refname)", *patterns).split()
    if not found:
        remotes = _git(root, "remote").split()
        if remotes:
            return (
                f"not run: {remotes[0]}/{branch}, which Flux syncs, is not in this clone; fetch it (in CI: the "
                "whole history, for instance `fetch-depth: 0`), or name another with `--base REF`"
            )
        return (
            f"no base to compare with: there is no branch {branch} here, which Flux syncs; `--base REF` names another"
        )
    preferred = (f"refs/remotes/origin/{branch}", *sorted(name for name in found if name.startswith("refs/remotes/")))
    ref = next((name for name in preferred if name in found), found[0])
    short = ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")
    try:
        base = _git(root, "merge-base", "HEAD", ref).strip()
    except GitError:
        way_out = "fetch more of it (in CI: `fetch-depth: 0`)" if shallow == "true" else "name one with `--base REF`"
        return f"not run: HEAD and {short} have no common commit in this clone; {way_out}"
    return Commit(base, "HEAD" if base == head else short)


def changed(root: Path, commit: Commit) -> frozenset[str]:
    """Paths below ``root`` that differ between the commit and the files that are there now.

    Files that git ignores are not among them.

    Raises:
        UsageError: git cannot tell.
    """
    try:
        differ = _git(
            root,
            "diff",
            "--name-only",
            "-z",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--ignore-submodules=all",
            "--relative",
            commit.id,
            "--",
        )
        new = _git(root, "ls-files", "-z", "--others", "--exclude-standard")
    except GitError as error:
        raise UsageError(f"base {commit.name}: {error}") from error
    return frozenset(path for path in (differ + new).split("\0") if path)


def ignored(root: Path, paths: Sequence[str]) -> frozenset[str]:
    """Those of ``paths`` (relative to ``root``) that git ignores and does not track; none where git cannot tell."""
    if not paths:
        return frozenset()
    try:
        listing = _run(
            root, ("check-ignore", "-z", "--stdin"), stdin="\0".join(paths).encode("utf-8", "surrogateescape")
        )
    except GitError:
        return frozenset()
    return frozenset(path for path in listing.decode("utf-8", "surrogateescape").split("\0") if path)


def extract(root: Path, commit: Commit, target: Path) -> None:
    """Write the files of the commit (of the part of it that is below ``root``) into ``target``.

    Blobs are written as they are stored, which is what Flux reads. Links and submodules are left out: what
    a link leads to is there under its own name, or is not in the repository. So are files that are too
    large to be read.

    Raises:
        UsageError: git cannot be run, or a blob is not in this clone.
    """
    try:
        # Without --full-tree, paths are those below the folder that git runs in.
        listing = _git(root, "ls-tree", "-r", "-z", "-l", commit.id)
    except GitError as error:
        raise UsageError(f"base {commit.name}: {error}") from error
    wanted: dict[str, list[str]] = {}
    for entry in listing.split("\0"):
        fields, _, path = entry.partition("\t")
        parts = fields.split()
        if len(parts) == 4 and parts[0] in _FILES and parts[3].isdigit() and int(parts[3]) <= MAX_BYTES:
            if path.startswith("/") or ".." in path.split("/"):
                raise UsageError(f"base {commit.name} holds {path}, which leaves the repository")
            wanted.setdefault(parts[2], []).append(path)
    with tempfile.TemporaryFile() as blobs:
        try:
            _run(root, ("cat-file", "--batch"), stdin="\n".join(wanted).encode() + b"\n", stdout=blobs)
        except GitError as error:
            raise UsageError(f"base {commit.name}: {error}") from error
        blobs.seek(0)
        _write(blobs, wanted, commit, target)


def _write(blobs: BinaryIO, wanted: Mapping[str, Sequence[str]], commit: Commit, target: Path) -> None:
    folders: set[Path] = set()
    for paths in wanted.values():
        header = blobs.readline().split()
        if len(header) != 3:
            words = f"{paths[0]} is not in this clone, which has only part of the repository's content"
            raise UsageError(f"base {commit.name}: {words}; fetch it, or compare with a folder")
        content = blobs.read(int(header[2]))
        blobs.read(1)
        for path in paths:
            file = target / path
            if file.parent not in folders:
                file.parent.mkdir(parents=True, exist_ok=True)
                folders.add(file.parent)
            file.write_bytes(content)


def _environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(_KEPT)}
    return own | _NO_NETWORK


def _is_absence(error: GitError) -> bool:
    words = str(error)
    return any(part in words for part in ("not a git repository", "unknown revision", "ambiguous argument", "on PATH"))


def _git(root: Path, *arguments: str) -> str:
    return _run(root, arguments).decode("utf-8", "surrogateescape")


def _run(root: Path, arguments: Sequence[str], stdin: bytes = b"", stdout: BinaryIO | None = None) -> bytes:
    configured = [part for setting in _CONFIG for part in ("-c", setting)]
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *configured, *arguments],
            input=stdin,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=subprocess.PIPE,
            timeout=_TIMEOUT_SECONDS,
            check=False,
            env=_environment(),
        )
    except FileNotFoundError:
        raise GitError("git is not on PATH") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git did not finish within {_TIMEOUT_SECONDS} seconds") from None
    if done.returncode:
        lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        # Of several lines, advice comes after what is wrong.
        fatal = next((line for line in lines if line.startswith("fatal:")), lines[-1] if lines else "no such commit")
        raise GitError(fatal.removeprefix("fatal:").strip())
    return done.stdout or b""
