"""What every look at a repository begins with: where it is, what it decides, its files and its environments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nimfleet.config.load import load_config
from nimfleet.config.model import Config
from nimfleet.engine.environments import EnvironmentState, find_environments, load_state
from nimfleet.errors import UsageError
from nimfleet.repository.files import Files
from nimfleet.repository.load import Loader
from nimfleet.repository.root import repository_root
from nimfleet.schema.core import core_schemas


@dataclass(frozen=True, slots=True)
class Opened:
    """A repository that nothing has been read of but nimfleet.toml. ``paths`` are those asked for, as they were given, and
    ``real`` the same without symbolic links; ``kubernetes`` is the version for objects outside of environments."""

    root: Path
    paths: tuple[str | Path, ...]
    real: tuple[Path, ...]
    config: Config
    kubernetes: str | None

    def loader(self) -> Loader:
        """Reads the files.

        Raises:
            UsageError: there is no YAML file.
        """
        loader = Loader(self.root, self.real, Files(self.root, self.config.exclude))
        if not loader.sources:
            raise UsageError(f"no YAML file in {', '.join(map(str, self.paths))}")
        return loader

    def asked(self, loader: Loader) -> list[str]:
        """The paths relative to the root; ``""`` is the root."""
        return [loader.files.relative(path) for path in self.real]

    def environments(self, loader: Loader) -> list[EnvironmentState]:
        """The environments that hold one of the files, or are asked for."""
        named = [source.path for source in loader.sources] + [f"{path}/." for path in self.asked(loader) if path]
        return [load_state(loader.files, folder) for folder in find_environments(loader.files, named)]


def opened(
    paths: Sequence[str | Path], root: str | Path | None = None, kubernetes_version: str | None = None
) -> Opened:
    """The repository of ``paths``.

    Raises:
        UsageError: there is no path, or one, the root, nimfleet.toml or the version cannot be used.
    """
    if not paths:
        raise UsageError("no path to validate")
    given = [Path(path) for path in paths]
    top = repository_root(given, Path(root) if root is not None else None)
    config = load_config(top)
    version = kubernetes_version or config.kubernetes_version
    if version is not None:
        core_schemas(version)
    return Opened(top, tuple(paths), tuple(path.resolve(strict=True) for path in given), config, version)
