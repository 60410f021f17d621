"""A repository that copier has just made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from apiserver import PROJECT


def fresh(folder: Path, answers: str) -> None:
    """``copier copy`` from the last commit of this project into ``folder``, with ``answers`` (YAML)."""
    file = folder.parent / "answers.yaml"
    file.write_text(answers, encoding="utf-8")
    copier = (PROJECT / ".venv" / "bin" / "copier", "copy", "--trust", "--quiet", "--defaults", "--vcs-ref", "HEAD")
    command = [str(word) for word in (*copier, "--data-file", file, PROJECT, folder)]
    # Its clone of this project is gone with the folder, even when it is killed.
    variables = {**os.environ, "TMPDIR": str(folder.parent)}
    subprocess.run(command, check=True, cwd=folder.parent, env=variables, stdout=sys.stderr)
