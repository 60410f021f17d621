"""Reading a repository: files first, then the overlays in the order in which Flux would come to know of
them."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.parse import Document, ParseResult
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.blame import blamed
from nimfleet.repository.build import Built, build, find_tool
from nimfleet.repository.files import KUSTOMIZATION_NAMES, Files, SourceFile
from nimfleet.repository.kustomization import (
    GROUP,
    BuildProblem,
    Graph,
    Role,
    is_component,
    kustomization_in,
    references,
)
from nimfleet.repository.model import KubeObject, Place, Repository, at
from nimfleet.repository.overlay import (
    Changes,
    Overlay,
    graph_of,
    implicit_resources,
    is_flux_kustomization,
    overlay_of,
)
from nimfleet.repository.provenance import Provenance
from nimfleet.repository.simple import simple_output
from nimfleet.repository.surroundings import surroundings

_WORKERS = 2
_MAX_WAVES = 20
_Key = tuple[str, Changes]
_PATH: Pointer = ("spec", "path")


class Loader:
    """Loads in two steps, so that other work can be done while kustomize runs: make one, ``start``,
    ``finish``."""

    def __init__(self, root: Path, paths: Sequence[Path], files: Files | None = None) -> None:
        self.root = root
        self.files = Files(root) if files is None else files
        self.sources: tuple[SourceFile, ...] = tuple(self.files.discover(paths))
        self._asked_for = {source.path for source in self.sources}
        self.kustomize = find_tool("kustomize", root)
        self.problems: list[BuildProblem] = []
        self.others: Counter[str] = Counter()
        self._manifests = [document for source in self.sources for document in self._manifests_of(source)]
        self._around = surroundings(self.sources)
        self._folders = [source.folder for source in self.sources if source.name in KUSTOMIZATION_NAMES]
        self._components = {
            source.folder
            for source in self.sources
            if source.name in KUSTOMIZATION_NAMES and any(map(is_component, source.documents))
        }
        self._inputs = self._kustomize_inputs()
        self._graphs: dict[_Key, Graph] = {}
        self._overlays: dict[tuple[_Key, ObjectId | None], Overlay] = {}
        self._running: dict[_Key, Future[Built]] = {}
        self._built: dict[_Key, Built] = {}
        self._asked: dict[_Key, Callable[[], Place] | None] = {}
        self._simple: set[_Key] = set()
        """Overlays whose output are the documents of files, which know their places themselves."""
        self._pool: ThreadPoolExecutor | None = None
        self._raw_flux: list[tuple[Document, Overlay | None]] = []

    @property
    def builds(self) -> bool:
        """Whether there is anything for kustomize to build."""
        return bool(self._folders) or any(is_flux_kustomization(document.id) for document in self._manifests)

    def start(self) -> None:
        """Begin to build the overlays that nothing else leads to."""
        if self.kustomize is None:
            return
        self._pool = ThreadPoolExecutor(_WORKERS)
        included = self._components | self._included()
        flux = [document for document in self._manifests if is_flux_kustomization(document.id)]
        flux_overlays = [(document, self._of_document(document)) for document in flux]
        asked = {overlay.folder for _, overlay in flux_overlays if overlay is not None}
        # What Flux lists itself in a folder without a kustomization is included, as if one did.
        included |= {
            name for folder in asked if self._is_implicit(folder) for name in implicit_resources(self.files, folder)
        }
        for folder in self._folders:
            if folder not in included and folder not in asked:
                self._submit(Overlay(folder, Changes()))
        listed = set(self._inputs[Role.RESOURCE])
        for document, overlay in flux_overlays:
            if overlay is not None and document.file not in listed:
                self._submit(overlay, partial(at(document), _PATH))
        self._raw_flux = flux_overlays

    def finish(self) -> Repository:
        """Wait for the builds, follow the Flux Kustomizations that they bring, and put everything
        together."""
        if self._pool is not None:
            with self._pool:
                self._collect()
                for document, overlay in self._raw_flux:
                    # Not in any output, for instance because what includes it does not build.
                    if overlay is not None and not self._seen(overlay.folder):
                        self._submit(overlay, partial(at(document), _PATH))
                self._collect()
                for folder in self._folders:
                    # Asked for by a Flux Kustomization that is not built, or in a circle of kustomizations.
                    if folder not in self._components and not self._visited(folder):
                        self._submit(Overlay(folder, Changes()))
                self._collect()
        objects, covered = self._built_objects()
        objects.extend(self._plain_objects(covered))
        overlays = tuple(self._overlays[key] for key in sorted(self._overlays, key=_order))
        return Repository(
            self.root,
            self.files,
            self.sources,
            tuple(objects),
            overlays,
            tuple(sorted(set(self.problems), key=lambda p: (p.file, p.line, p.column, p.code, p.message))),
            dict(sorted(self.others.items())),
        )

    def _manifests_of(self, source: SourceFile) -> Iterable[Document]:
        for document in source.documents:
            if source.name in KUSTOMIZATION_NAMES:
                self.others["kustomization"] += 1
            elif document.id is None:
                self.others["not Kubernetes"] += 1
            elif document.id.group == GROUP:
                self.others["kustomization"] += 1
            else:
                yield document

    def _kustomize_inputs(self) -> dict[Role, set[str]]:
        """Files that any kustomization here uses, by what they are to it."""
        found: dict[Role, set[str]] = {role: set() for role in Role}
        for source in self.sources:
            if source.name in KUSTOMIZATION_NAMES:
                for document in source.documents:
                    for reference in references(document):
                        local = posixpath.normpath(posixpath.join(source.folder, reference.target))
                        found[reference.role].add(local)
        return found

    def _included(self) -> set[str]:
        """Folders that need not be built alone, as another kustomization includes them."""
        paths = self._inputs[Role.RESOURCE] | self._inputs[Role.COMPONENT]
        return {"" if path == "." else path for path in paths}

    def _is_implicit(self, folder: str) -> bool:
        if not self.files.inside(folder) or not (self.root / folder).is_dir():
            return False
        return kustomization_in(self.files, folder) is None

    def _of_document(self, document: Document) -> Overlay | None:
        return overlay_of(document.id, document.value, self._around) if document.id is not None else None

    def _seen(self, folder: str) -> bool:
        return any(key[0] == folder for key in self._graphs)

    def _visited(self, folder: str) -> bool:
        return any(folder in graph.folders for graph in self._graphs.values())

    def _submit(self, overlay: Overlay, asked: Callable[[], Place] | None = None) -> None:
        """Begin to build ``overlay`` unless it is known; ``asked`` tells where its path is written."""
        if (overlay.key, overlay.flux) in self._overlays:
            return
        self._overlays[overlay.key, overlay.flux] = overlay
        if overlay.key in self._graphs:
            return
        graph = graph_of(self.files, overlay)
        self._graphs[overlay.key] = graph
        self._asked[overlay.key] = asked
        for problem in graph.problems:
            if problem.file:
                self.problems.append(problem)
            else:
                # The path of the Flux Kustomization itself is wrong.
                self.problems.append(self._about(overlay.key, problem.code, problem.message))
        for path in graph.unread:
            if path not in self._asked_for:
                # Of the others, stage parse tells.
                fault = self.files.read(path).problems[0]
                words = f"`{path}` cannot be read, so nothing of it is built: {fault.message}"
                self.problems.append(BuildProblem("failed", path, fault.line, fault.column, words))
        if not graph.problems and not graph.unread and self._pool is not None and self.kustomize is not None:
            self._running[overlay.key] = self._begin(self._pool, self.kustomize, overlay, graph)

    def _begin(self, pool: ThreadPoolExecutor, kustomize: Path, overlay: Overlay, graph: Graph) -> Future[Built]:
        """Begin to build; a subclass may know the output of some overlays (``graph`` is all that goes in)."""
        known = simple_output(overlay, graph)
        if known is None:
            return pool.submit(build, kustomize, self.files, overlay)
        self._simple.add(overlay.key)
        future: Future[Built] = Future()
        future.set_result(Built(known))
        return future

    def output(self, key: _Key) -> tuple[Built, Graph] | None:
        """What an overlay was built to, and all that went in; None when it was not built."""
        built = self._built.get(key)
        return None if built is None else (built, self._graphs[key])

    def is_simple(self, key: _Key) -> bool:
        """Whether the output of an overlay are the documents of files."""
        return key in self._simple

    def _about(self, key: _Key, code: str, message: str) -> BuildProblem:
        """A problem of a whole overlay: at its kustomization, else where a Flux Kustomization names its
        path."""
        source = kustomization_in(self.files, key[0]) if (self.root / key[0]).is_dir() else None
        asked = self._asked[key]
        owners = sorted(str(flux) for other, flux in self._overlays if other == key and flux is not None)
        owner = owners[0] if owners else ""
        if source is None and asked is not None:
            place = asked()
            return BuildProblem(code, place.file, place.line, place.column, message, ("spec", "path"), owner)
        return BuildProblem(code, source.path if source else key[0] or ".", 1, 1, message, (), owner)

    def _collect(self) -> None:
        """Wait until no build is left, following what the outputs bring."""
        for _ in range(_MAX_WAVES):
            if not self._running:
                return
            wave, self._running = self._running, {}
            for key, future in wave.items():
                self._built[key] = built = future.result()
                if built.error:
                    inner = blamed(self.files, key[0], self._graphs[key].resources, built.error)
                    said = inner.words if inner is not None and inner.words else built.error
                    problem = self._about(key, "failed", f"kustomize cannot build `{key[0] or '.'}`: {said}")
                    if inner is not None:
                        where = inner.position
                        problem = replace(problem, file=inner.file, line=where.line, column=where.column)
                    self.problems.append(problem)
                for document in built.result.documents:
                    if document.id is not None and is_flux_kustomization(document.id):
                        overlay = self._of_document(document)
                        if overlay is not None and key in self._simple:
                            self._submit(overlay, partial(at(document), _PATH))
                        elif overlay is not None:
                            place = self._provenance(key).place
                            self._submit(overlay, partial(place, document.id, document.value, _PATH))

    def _provenance(self, key: _Key) -> Provenance:
        overlay = next(self._overlays[entry] for entry in self._overlays if entry[0] == key)
        if self.kustomize is None:
            raise AssertionError("an output exists, so kustomize does")
        return Provenance(self.kustomize, self.files, overlay, self._graphs[key])

    def _built_objects(self) -> tuple[list[KubeObject], set[str]]:
        objects: list[KubeObject] = []
        covered: set[str] = set()
        first: dict[_Key, Overlay] = {}
        for entry in sorted(self._overlays, key=_order):
            first.setdefault(entry[0], self._overlays[entry])
        for key, overlay in first.items():
            built = self._built.get(key, Built(ParseResult((), ()), "not built"))
            if built.error and overlay.changes.variables is None:
                continue
            # Files of a failed overlay are checked as they stand, except where Flux would first fill in
            # variables.
            covered.update(self._graphs[key].resources)
            provenance = self._provenance(key)
            for document in built.result.documents:
                if document.id is not None:
                    simple = key in self._simple
                    place = at(document) if simple else _built_at(provenance, document.id, document)
                    objects.append(KubeObject(document.id, document, overlay, overlay.folder, place))
            for problem in built.result.problems:
                file = posixpath.join(overlay.folder, "kustomization.yaml")
                self.problems.append(
                    BuildProblem("failed", file, 1, 1, f"what `{overlay.name}` builds to is {problem.message}")
                )
        return objects, covered

    def _plain_objects(self, covered: set[str]) -> Iterable[KubeObject]:
        inputs = self._inputs[Role.PATCH] | self._inputs[Role.OTHER]
        for document in self._manifests:
            if document.id is not None and document.file not in covered and document.file not in inputs:
                folder = document.file.rpartition("/")[0]
                yield KubeObject(document.id, document, None, folder, at(document))
            elif document.file in inputs:
                self.others["kustomize patch or input"] += 1


def _built_at(provenance: Provenance, identity: ObjectId, document: Document) -> Callable[[Pointer], Place]:
    return lambda pointer: provenance.place(identity, document.value, pointer)


def _order(entry: tuple[_Key, ObjectId | None]) -> tuple[str, str, str, str]:
    (folder, changes), flux = entry
    return (folder, changes.key, repr(changes.variables), str(flux or ""))
