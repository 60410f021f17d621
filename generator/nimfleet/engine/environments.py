"""The environments that a validation touches: what they render to, and which part of the repository is
theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from nimfleet.errors import IntentError, Problem, UsageError
from nimfleet.report.finding import Location
from nimfleet.repository.environments import CLUSTERS, ENVIRONMENT_FILE
from nimfleet.repository.files import Files

if TYPE_CHECKING:
    from nimfleet.intent.load import LoadedEnvironment
    from nimfleet.render.tree import RenderedTree


@dataclass(slots=True)
class EnvironmentState:
    """One folder with an environment.yaml. ``tree`` is None when it cannot be rendered; ``problems`` say why.

    ``unread`` tells that the file itself is broken, which the parse stage reports.
    """

    folder: str
    loaded: LoadedEnvironment | None = None
    tree: RenderedTree | None = None
    problems: tuple[Problem, ...] = ()
    unread: bool = False
    intents: dict[str, Location] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Path of its environment.yaml."""
        return f"{self.folder}/{ENVIRONMENT_FILE}"

    @property
    def kubernetes_version(self) -> str | None:
        """Minor version of the cluster, when the file could be read."""
        return self.loaded.environment.cluster.kubernetes_version if self.loaded else None

    def owns(self, path: str) -> bool:
        """Whether the environment renders to a file at this path."""
        return self.tree is not None and path.removeprefix(f"{self.folder}/") in self.tree.files


def find_environments(files: Files, paths: Iterable[str]) -> list[str]:
    """Folders of the environments that hold one of ``paths``, or are below one; sorted."""
    found: set[str] = set()
    for path in paths:
        parts = PurePosixPath(path).parts
        for index, part in enumerate(parts[:-1]):
            if part == CLUSTERS:
                folder = "/".join(parts[: index + 2])
                if (files.root / folder / ENVIRONMENT_FILE).is_file():
                    found.add(folder)
    return sorted(found)


def load_state(files: Files, folder: str) -> EnvironmentState:
    """Load and render one environment in memory; whatever is wrong with it ends in the state, not in an
    exception."""
    state = EnvironmentState(folder)
    source = files.read(state.file)
    if source.text is None or source.problems:
        state.unread = True
        return state
    # These bring pydantic, which a repository without environments need not pay for.
    from nimfleet.intent.load import parse_environment  # noqa: PLC0415
    from nimfleet.render.tree import Custom, render  # noqa: PLC0415

    where: Path = files.root / folder
    try:
        state.loaded = parse_environment(source.text, state.file, folder=where.name)
        state.tree = render(state.loaded, Custom.of(where))
    except IntentError as error:
        state.problems = error.problems
    except UsageError as error:
        state.problems = (Problem(state.file, 1, 1, "", str(error)),)
    if state.loaded is not None and state.tree is not None:
        for name, rendered in state.tree.files.items():
            position = state.loaded.position(rendered.cause)
            state.intents[f"{folder}/{name}"] = Location(state.file, position.line, position.column)
    return state


def environment_of(states: Sequence[EnvironmentState], folder: str) -> EnvironmentState | None:
    """The environment that ``folder`` belongs to, or None."""
    return next((state for state in states if folder == state.folder or folder.startswith(f"{state.folder}/")), None)
