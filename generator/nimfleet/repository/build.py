"""Running the real kustomize on an overlay, without network and without leaving the repository."""

from __future__ import annotations

import os
import posixpath
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import yaml

from nimfleet.manifest.parse import ParseResult, parse
from nimfleet.repository.files import Files
from nimfleet.repository.kustomization import kustomization_in
from nimfleet.repository.overlay import Overlay, implicit_resources
from nimfleet.repository.substitute import substitute_all

TIMEOUT_SECONDS = 60
MAX_OUTPUT = 64 * 1024 * 1024
"""Bytes of one overlay's output; etcd of a small cluster holds less."""
_ERROR_LENGTH = 600
_MOST_WORDS = 100_000


@dataclass(frozen=True, slots=True)
class Built:
    """Output of one overlay. ``error`` is kustomize's own words when it failed (then there is no output)."""

    result: ParseResult
    error: str = ""


def find_tool(name: str, root: Path) -> Path | None:
    """The binary ``name``: on PATH, else in ``.bin/`` of the repository, where ``make setup`` puts it."""
    found = shutil.which(name) or shutil.which(name, path=str(root / ".bin"))
    return Path(found) if found else None


def build(binary: Path, files: Files, overlay: Overlay) -> Built:
    """Build ``overlay``, whose graph must have been found harmless, and read the output.

    The ``file`` of the output's documents is the overlay's folder.
    """
    output, error, _ = run(binary, files, overlay, origins=False)
    if error:
        return Built(ParseResult((), ()), error)
    if overlay.changes.variables is not None:
        output = substitute_all(output, dict(overlay.changes.variables))
    return Built(parse(output, overlay.name))


def run(binary: Path, files: Files, overlay: Overlay, *, origins: bool) -> tuple[str, str, str]:
    """Output and error of kustomize, and the folder that it ran in (perhaps gone by now).

    With ``origins`` each object is annotated with the files that made it, relative to that folder.

    Origins are a second run and not the only one, because annotations that kustomize adds change what
    patches see.
    """
    folder = files.root / overlay.folder
    explicit = kustomization_in(files, overlay.folder) is not None
    if explicit and not origins and not overlay.changes.fields and not overlay.changes.components:
        output, error = _kustomize(binary, folder)
        return output, _from_root(error, files.root, folder), str(folder)
    with tempfile.TemporaryDirectory(prefix="nimfleet-") as temporary:
        wrapper = Path(temporary).resolve()
        content = dict(overlay.changes.fields)
        names = [overlay.folder] if explicit else implicit_resources(files, overlay.folder)
        content["resources"] = [os.path.relpath(files.root / name, wrapper) for name in names]
        if overlay.changes.components:
            content["components"] = [
                os.path.relpath(files.root / posixpath.join(overlay.folder, name), wrapper)
                for name in overlay.changes.components
            ]
        if origins:
            content["buildMetadata"] = ["originAnnotations", "transformerAnnotations"]
        (wrapper / "kustomization.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        output, error = _kustomize(binary, wrapper)
        error = _from_root(error.replace(str(wrapper), overlay.name), files.root, wrapper)
        return output, error, str(wrapper)


def _kustomize(binary: Path, folder: Path) -> tuple[str, str]:
    command = [str(binary), "build", "--load-restrictor", "LoadRestrictionsNone", str(folder)]
    # Belt and braces: whatever the check before has missed still reaches no network.
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": tempfile.gettempdir(),
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_TERMINAL_PROMPT": "0",
    }
    try:
        return _bounded(command, environment)
    except OSError as error:
        return "", f"kustomize could not be started: {error.strerror}"


def _bounded(command: list[str], environment: dict[str, str]) -> tuple[str, str]:
    """Output and error of a command that is stopped when it takes too long or says too much."""
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(TIMEOUT_SECONDS, stop)
        timer.daemon = True
        timer.start()
        try:
            output = process.stdout.read(MAX_OUTPUT + 1) if process.stdout else b""
            if len(output) > MAX_OUTPUT:
                process.kill()
            code = process.wait()
        finally:
            timer.cancel()
            process.kill()
        if late.is_set():
            return "", f"kustomize did not finish within {TIMEOUT_SECONDS} seconds"
        if len(output) > MAX_OUTPUT:
            return "", f"kustomize wrote more than {MAX_OUTPUT >> 20} MiB, and was stopped"
        if code:
            errors.seek(0)
            words = errors.read(_MOST_WORDS).decode("utf-8", "replace").strip()
            return "", _shorten(words) or f"kustomize ended with exit code {code}"
        return output.decode("utf-8", "replace"), ""


def _from_root(error: str, root: Path, ran_in: Path) -> str:
    """kustomize's words with paths relative to the root: where the repository lies says nothing to a
    reader."""
    return error.replace(f"{os.path.relpath(root, ran_in)}/", "").replace(f"{root}/", "")


def _shorten(words: str) -> str:
    lines = [line for line in words.splitlines() if not line.startswith("# Warning")]
    text = " ".join(" ".join(lines).removeprefix("Error: ").split())
    return text if len(text) <= _ERROR_LENGTH else text[: _ERROR_LENGTH - 3] + "..."
