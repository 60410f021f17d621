"""Running the real kustomize on an overlay, without network and without leaving the repository."""

from __future__ import annotations

import os
import posixpath
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from nimfleet.manifest.parse import ParseResult, parse
from nimfleet.repository.files import Files
from nimfleet.repository.kustomization import kustomization_in
from nimfleet.repository.overlay import Overlay, implicit_resources
from nimfleet.repository.substitute import substitute

TIMEOUT_SECONDS = 60
_ERROR_LENGTH = 600


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
        output = substitute(output, dict(overlay.changes.variables))
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
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return "", f"kustomize did not finish within {TIMEOUT_SECONDS} seconds"
    except OSError as error:
        return "", f"kustomize could not be started: {error.strerror}"
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip()
        return "", _shorten(words) or f"kustomize ended with exit code {done.returncode}"
    return done.stdout.decode("utf-8", "replace"), ""


def _from_root(error: str, root: Path, ran_in: Path) -> str:
    """kustomize's words with paths relative to the root: where the repository lies says nothing to a
    reader."""
    return error.replace(f"{os.path.relpath(root, ran_in)}/", "").replace(f"{root}/", "")


def _shorten(words: str) -> str:
    lines = [line for line in words.splitlines() if not line.startswith("# Warning")]
    text = " ".join(" ".join(lines).removeprefix("Error: ").split())
    return text if len(text) <= _ERROR_LENGTH else text[: _ERROR_LENGTH - 3] + "..."
