"""The whole report of an earlier run, when nothing at all has changed since.

Everything that a validation reads lies in the repository, but for nimfleet itself and its tools. So a digest of all
that (:func:`state`) stands for the report. Folders that hold no manifests (hidden ones, ``node_modules``) are told by
sizes and times, everything else by content.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from nimfleet.engine.cache import FOLDER, MISSING, Cache, stamp
from nimfleet.report.finding import Finding, Location, Severity, Suppressed
from nimfleet.report.model import Report, Stage, Status
from nimfleet.repository.build import find_tool
from nimfleet.repository.files import MAX_BYTES

MAX_FILES: Final = 50_000
"""Files beyond which looking at all of them is no gain."""
MAX_CONTENT: Final = 256 * 1024 * 1024
"""Bytes beyond which reading everything is no gain."""
MAX_FINDINGS: Final = 10_000

_APART = frozenset({".git", FOLDER})
_BY_TIME = frozenset({"node_modules", "venv", "__pycache__"})
_ELSEWHERE = frozenset(
    ("GIT_COMMON_DIR", "GIT_DIR", "GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE")
)
_TOOLS = ("kubeconform", "kustomize")


def state(root: Path) -> str | None:
    """A digest of all files below ``root`` and of the tools; None where there are too many files or one cannot be
    looked at. What git keeps for itself is no part of it."""
    digest = hashlib.sha256()
    for name in _TOOLS:
        tool = find_tool(name, root)
        digest.update(f"{name}={stamp(tool) if tool else ''}\n".encode())
    # yamllint's configuration may name files from here.
    digest.update(os.fsencode(Path.cwd()))
    pending = [(str(root), False)]
    seen = read = 0
    try:
        while pending:
            folder, by_time = pending.pop()
            with os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    if folder == str(root) and entry.name in _APART:
                        continue
                    seen += 1
                    if seen > MAX_FILES:
                        return None
                    status = entry.stat(follow_symlinks=False)
                    digest.update(os.fsencode(entry.path) + b"\0%o\0%d\0" % (status.st_mode, status.st_size))
                    if stat.S_ISDIR(status.st_mode):
                        pending.append((entry.path, by_time or entry.name[0] == "." or entry.name in _BY_TIME))
                    elif stat.S_ISLNK(status.st_mode):
                        digest.update(os.fsencode(Path(entry.path).readlink()))
                    elif by_time or not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
                        digest.update(b"%d\0%d\0%d" % (status.st_mtime_ns, status.st_ctime_ns, status.st_ino))
                    else:
                        read += status.st_size
                        if read > MAX_CONTENT:
                            return None
                        digest.update(hashlib.sha256(Path(entry.path).read_bytes()).digest())
    except OSError:
        return None
    return digest.hexdigest()


def git_state(root: Path) -> str | None:
    """A digest of what git knows around ``root``, as far as ``--base auto`` asks for it; None where that is not
    simple to tell (linked work trees, settings in the environment)."""
    settings = {name: value for name, value in os.environ.items() if name.startswith("GIT_")}
    if _ELSEWHERE & settings.keys():
        return None
    folder = next((parent / ".git" for parent in (root, *root.parents) if os.path.lexists(parent / ".git")), None)
    if folder is None:
        return "no git"
    if not folder.is_dir() or folder.is_symlink():
        return None
    home = Path.home()
    digest = hashlib.sha256(repr(sorted(settings.items())).encode("utf-8", "surrogateescape"))
    for path in (folder / "index", home / ".gitconfig", home / ".config" / "git" / "config"):
        digest.update(stamp(path).encode())
    files = [folder / name for name in ("HEAD", "config", "packed-refs", "shallow")]
    files += sorted(path for path in (folder / "refs").rglob("*") if path.is_file())
    try:
        for path in files:
            content = path.read_bytes() if path.is_file() else b""
            digest.update(os.fsencode(path) + b"\0" + hashlib.sha256(content).digest())
    except OSError:
        return None
    return digest.hexdigest()


class Memo:
    """The report of one question to a repository in one state; ``question`` is what was asked for.

    ``git`` tells that the report depends on what git knows, too."""

    def __init__(self, cache: Cache, root: Path, question: Sequence[str], *, git: bool) -> None:
        self._cache = cache
        self._root = root
        self._git = git
        # One report a question is kept, that of the last state.
        self._key = cache.key("report", *question)
        self._state = self._now() if cache else None

    def report(self, strict: bool) -> Report | None:
        """The report, if it is known."""
        found: Any = MISSING if self._state is None else self._cache.get(self._key)
        if found is MISSING:
            return None
        try:
            known, tracked, findings, stages, suppressed = found
            if known != self._state or (tracked and tracked != _index(self._root)):
                return None
            return Report(
                tuple(map(_finding, findings)),
                tuple(Stage(name, Status(status), *rest) for name, status, *rest in stages),
                self._root,
                strict,
                tuple(Suppressed(_finding(item), reason, Location(*where)) for item, reason, where in suppressed),
            )
        except (TypeError, ValueError):
            return None

    def keep(self, report: Report, *, by_index: bool = False) -> None:
        """Remember a report, unless another run could come to another one: a tool failed, or a file changed
        meanwhile. (That a tool is missing is part of the state.) ``by_index`` is for a report that depends on which
        files git tracks."""
        unsaid = [stage.name for stage in report.stages if stage.status is Status.NOT_RUN]
        if self._state is None or ("second-opinion" in unsaid and find_tool("kubeconform", self._root)):
            return
        rules = {finding.rule for finding in report.findings}
        if "build/failed" in rules or "internal/rule-crashed" in rules or len(report.findings) > MAX_FINDINGS:
            return
        tracked = _index(self._root) if by_index else ""
        if self._now() != self._state or tracked is None:
            return
        findings = [_listed(finding) for finding in report.findings]
        stages = [[s.name, str(s.status), s.detail, s.checked, s.unchecked] for s in report.stages]
        suppressed = [[_listed(item.finding), item.reason, _place(item.where)] for item in report.suppressed]
        self._cache.put(self._key, [self._state, tracked, findings, stages, suppressed])

    def _now(self) -> str | None:
        files, git = state(self._root), git_state(self._root) if self._git else ""
        return None if files is None or git is None else f"{files} {git}"


def _index(root: Path) -> str | None:
    """Tells versions of git's index around ``root`` apart; None where it is not simple to find."""
    folder = next((parent / ".git" for parent in (root, *root.parents) if os.path.lexists(parent / ".git")), None)
    if folder is None or not folder.is_dir() or folder.is_symlink() or _ELSEWHERE & os.environ.keys():
        return None
    return " ".join(map(stamp, (folder / "index", folder / "info" / "exclude")))


def _listed(finding: Finding) -> list[Any]:
    own = [finding.file, finding.line, finding.column, finding.rule, str(finding.severity)]
    intent = None if finding.intent is None else _place(finding.intent)
    return [*own, finding.object, finding.pointer, finding.message, intent]


def _place(location: Location) -> list[Any]:
    return [location.file, location.line, location.column]


def _finding(listed: Sequence[Any]) -> Finding:
    file, line, column, rule, severity, item, pointer, message, intent = listed
    where = None if intent is None else Location(*intent)
    return Finding(file, line, column, rule, Severity(severity), item, pointer, message, where)
