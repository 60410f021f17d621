"""Writing a report to a file: whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from nimfleet.errors import UsageError


def check_target(path: Path) -> None:
    """Refuse what cannot be written to, before the work begins.

    Raises:
        UsageError: there is no such folder, or something that is not a file is in the way.
    """
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file")


def save(path: Path, text: str) -> None:
    """Put ``text`` at ``path`` in one step: a reader sees the old file or the new one.

    Raises:
        UsageError: the file cannot be written.
    """
    check_target(path)
    temporary = None
    try:
        target = path.resolve()
        with NamedTemporaryFile(
            "w", encoding="utf-8", dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(text)
        # Temporary files are for their owner only; a report is as readable as any new file.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(target)
    except (OSError, RuntimeError) as error:  # RuntimeError: a link that points to itself
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path}: cannot be written: {reason}") from None
