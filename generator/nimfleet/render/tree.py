"""The whole tree of an environment: files by path, as text. Pure: the same inputs give the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from nimfleet.catalog.load import load_catalog
from nimfleet.errors import IntentError, Problem, UsageError
from nimfleet.intent.load import LoadedEnvironment, load_environment
from nimfleet.manifest.emit import dump, dump_all
from nimfleet.manifest.mark import MARK
from nimfleet.manifest.pointer import Pointer
from nimfleet.plan.resolve import resolve
from nimfleet.plan.types import EnvironmentPlan
from nimfleet.render import availability, charts, flux, metrics, model, namespaces, nodes, secrets, storage
from nimfleet.render.components import COMPONENTS
from nimfleet.render.objects import File, Object
from nimfleet.suggest import did_you_mean, listing

GENERATED = ("configs", "controllers", "flux", "flux-entry.yaml", "kustomization.yaml", "models", "sources")
"""The names in an environment's folder that rendering owns, and writes whole."""
_DOCUMENT = re.compile(r"^---", re.MULTILINE)
_SECRET = re.compile(r"^kind:\s*[\"']?Secret\b", re.MULTILINE)
_ENCRYPTED = re.compile(r"^sops:", re.MULTILINE)
LAYERS = ("sources", "controllers", "configs")
"""Layers that custom/ may add to, besides models/<name>."""
HEADER = f"{MARK} from environment.yaml: edit that file, or custom/, and render again.\n"


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A file's text, and the part of environment.yaml that asked for it."""

    text: str
    cause: Pointer


@dataclass(frozen=True, slots=True)
class Custom:
    """What stands beside environment.yaml and belongs to others: the second input of rendering.

    ``components`` are the folders under ``custom/`` with a Kustomize Component (``controllers``, ``models/llama``), by
    their paths there; ``loose`` those with YAML files and no kustomization; ``plain_secrets`` are files in
    ``custom/secrets/`` with a Secret that SOPS has not encrypted; ``secrets`` says that the folder has a kustomization;
    ``flux_system`` that `flux bootstrap` has left its folder.
    """

    components: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    plain_secrets: frozenset[str] = frozenset()
    secrets: bool = False
    flux_system: bool = False

    @classmethod
    def of(cls, folder: Path) -> Custom:
        """Look into an environment's folder."""
        custom = folder / "custom"
        components: set[str] = set()
        loose: set[str] = set()
        for parent in (custom, custom / "models"):
            for path in parent.iterdir() if parent.is_dir() else ():
                if path.is_dir() and path != custom / "models":
                    target = components if _has_kustomization(path) else loose if any(path.glob("*.y*ml")) else None
                    if target is not None:
                        target.add(path.relative_to(custom).as_posix())
        return cls(
            components=frozenset(components - {"secrets"}),
            loose=frozenset(loose),
            plain_secrets=frozenset(_plain_secrets(custom / "secrets")),
            secrets="secrets" in components,
            flux_system=_has_kustomization(folder / "flux-system"),
        )


@dataclass(frozen=True, slots=True)
class RenderedTree:
    """Files by path (posix, relative to the environment's folder), sorted; ``notes`` are for the user to read."""

    plan: EnvironmentPlan
    files: Mapping[str, RenderedFile]
    object_count: int
    notes: tuple[str, ...]


def render_environment(folder: Path, display: str | None = None) -> RenderedTree:
    """Render the environment in ``folder``; nothing is written.

    Raises:
        UsageError: there is no readable environment.yaml.
        IntentError: it is not valid, cannot be planned, or custom/ does not fit it; carries all problems.
    """
    path = folder / "environment.yaml"
    if not path.is_file():
        raise UsageError(f"{display or path.as_posix()}: there is no such file; an environment begins with it")
    return render(load_environment(path, display), Custom.of(folder))


def render(loaded: LoadedEnvironment, custom: Custom) -> RenderedTree:
    """Render a loaded environment.

    Raises:
        IntentError: it cannot be planned, names charts that it does not use, or ``custom`` has a Component for
            something that does not exist.
    """
    plan = resolve(loaded, load_catalog())
    _check(loaded, plan, custom)
    parts: list[File] = [
        *namespaces.files(plan),
        *charts.files(COMPONENTS, plan),
        *nodes.files(plan),
        *storage.files(plan),
        *secrets.files(plan),
        *metrics.files(plan),
        *model.files(plan),
        *availability.files(plan),
        *flux.files(plan, custom.secrets),
    ]
    files = {part.path: RenderedFile(HEADER + dump_all(part.objects), part.cause) for part in parts}
    if len(files) != len(parts):
        raise AssertionError("two components render the same file")
    count = sum(len(part.objects) for part in parts)
    for path, kustomization in _kustomizations(files, custom).items():
        files[path] = RenderedFile(HEADER + dump(kustomization), ())
    return RenderedTree(plan, MappingProxyType(dict(sorted(files.items()))), count, tuple(_notes(plan, custom)))


def _check(loaded: LoadedEnvironment, plan: EnvironmentPlan, custom: Custom) -> None:
    problems = []
    used = {component.chart for component in COMPONENTS if component.needed(plan)}
    for chart in plan.intent.charts:
        if chart not in used:
            message = f"chart '{chart}' is not part of this environment, which uses {listing(used)}"
            problems.append(loaded.problem(("charts", chart), message))
    names = {model.name for model in plan.standalone} | {pipeline.name for pipeline in plan.pipelines}
    known = {*LAYERS, *(f"models/{name}" for name in names)}
    folder = loaded.file.rpartition("/")[0]
    for component in sorted(custom.components - known):
        message = (
            f"custom/{component}/ belongs to nothing that is rendered: it would be ignored."
            f"{did_you_mean(component, known)} Rendered here: {listing(known)}."
        )
        problems.append(Problem(f"{folder}/custom/{component}/kustomization.yaml".lstrip("/"), 1, 1, "", message))
    for component in sorted(custom.loose):
        message = (
            f"custom/{component}/ has YAML files and no kustomization.yaml: it would be ignored; add one of kind "
            f"{'Kustomization' if component == 'secrets' else 'Component'} that lists them"
        )
        problems.append(Problem(f"{folder}/custom/{component}".lstrip("/"), 1, 1, "", message))
    for name in sorted(custom.plain_secrets):
        message = (
            f"custom/secrets/{name} holds a Secret that is not encrypted: encrypt it before it is committed "
            f"(sops encrypt --in-place), and change the key if it has been"
        )
        problems.append(Problem(f"{folder}/custom/secrets/{name}".lstrip("/"), 1, 1, "", message))
    if custom.secrets and plan.intent.secrets.method != "sops":
        message = (
            f"custom/secrets/ exists, but secrets.method is '{plan.intent.secrets.method}'; use method sops, or remove "
            "the folder"
        )
        problems.append(loaded.problem(("secrets", "method"), message))
    if problems:
        raise IntentError(tuple(problems))


def _notes(plan: EnvironmentPlan, custom: Custom) -> Iterator[str]:
    if plan.intent.secrets.method == "sops" and not custom.secrets:
        yield (
            f"custom/secrets/ does not exist yet: until it holds the encrypted {plan.intent.secrets.pull_secret} and "
            f"{plan.intent.secrets.auth_secret}, no model can start"
        )
    for planned in plan.models:
        yield from (f"{planned.name}: {note}" for note in planned.notes)


def _kustomizations(files: Mapping[str, RenderedFile], custom: Custom) -> dict[str, Object]:
    """A kustomization.yaml for the root and for each folder that Flux syncs."""
    folders: dict[str, list[str]] = {}
    for path in files:
        folder, _, name = path.rpartition("/")
        if folder and folder != "flux":
            folders.setdefault(folder, []).append(name)
    result = {
        f"{folder}/kustomization.yaml": _kustomization(sorted(names), folder if folder in custom.components else None)
        for folder, names in folders.items()
    }
    root = sorted(path for path in files if path.startswith("flux/"))
    if custom.flux_system:
        root = ["flux-system", *root]
    result["kustomization.yaml"] = _kustomization(root, None)
    return result


def _kustomization(resources: list[str], layer: str | None) -> Object:
    result: Object = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": resources}
    if layer is not None:
        up = "../" * (layer.count("/") + 1)
        result["components"] = [f"{up}custom/{layer}"]
    return result


def _plain_secrets(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.y*ml")) if folder.is_dir() else ():
        documents = _DOCUMENT.split(path.read_text(encoding="utf-8", errors="replace"))
        if any(_SECRET.search(document) and not _ENCRYPTED.search(document) for document in documents):
            yield path.name


def _has_kustomization(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("kustomization.yaml", "kustomization.yml", "Kustomization"))
