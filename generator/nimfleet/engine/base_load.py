"""Loading the base: what did not change since is neither parsed nor built again."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from nimfleet.repository.build import Built
from nimfleet.repository.kustomization import Graph, Role, kustomization_in, references
from nimfleet.repository.load import Loader
from nimfleet.repository.overlay import Overlay

Unchanged = Callable[[str], bool]


class BaseLoader(Loader):
    """Loads the base at ``root`` with the help of ``head``, the loader of the repository as it is now.

    ``unchanged`` tells of a path whether its file is the same in both.
    """

    def __init__(self, root: Path, paths: Sequence[Path], head: Loader, unchanged: Unchanged) -> None:
        self._head = head
        self._unchanged = unchanged
        super().__init__(root, paths, files=head.files.carried(root, unchanged))
        self.kustomize = head.kustomize

    def _begin(self, pool: ThreadPoolExecutor, kustomize: Path, overlay: Overlay, graph: Graph) -> Future[Built]:
        known = self._head.output(overlay.key)
        if known is not None and not known[0].error:
            before, after = _inputs(graph), _inputs(known[1])
            if before == after and all(map(self._unchanged, before)):
                if self._head.is_simple(overlay.key):
                    self._simple.add(overlay.key)
                future: Future[Built] = Future()
                future.set_result(known[0])
                return future
        return super()._begin(pool, kustomize, overlay, graph)


def _inputs(graph: Graph) -> frozenset[str]:
    """Every file that the build reads."""
    found = {*graph.resources, *graph.patches}
    for folder in graph.folders:
        source = kustomization_in(graph.files, folder)
        if source is None:
            continue
        found.add(source.path)
        for document in source.documents:
            for reference in references(document):
                if reference.role is Role.OTHER:
                    found.add(posixpath.normpath(posixpath.join(folder, reference.target)))
    return frozenset(found)
