"""CRDs of the kinds in schemas/, as the control plane gets them."""

from __future__ import annotations

import copy
from collections import defaultdict
from functools import lru_cache
from typing import Any

from nimfleet.schema.rebuild import crd_from_schemas
from nimfleet.schema.store import Release, Store

FLUX = ("source-controller", "kustomize-controller", "helm-controller")
"""Projects whose CRDs are there before Flux starts, as `flux bootstrap` applies them."""

NOT_OBSERVED = {"observedGeneration": -1}
"""The default of ``status`` in the CRDs of these projects, which is how Flux tells what nobody has looked at yet from what is
ready. (Schemas have no defaults of ``status``.)"""

Crd = dict[str, Any]


@lru_cache(maxsize=1)
def store() -> Store:
    """The schemas of this project."""
    return Store.open()


def newest(project: str) -> str:
    """The newest version of a project that is stored, releases before branches."""
    return next(release.version for release in store().releases() if release.project == project)


@lru_cache
def crds(project: str, version: str) -> tuple[Crd, ...]:
    """The CRDs of one release, by name; a release that is not stored is an error of the test."""
    release = next(r for r in store().releases() if (r.project, r.version) == (project, version))
    documents: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for entry in release.entries:
        documents[entry.group, entry.kind].append(_document(release, entry.group, entry.version, entry.kind))
    default = NOT_OBSERVED if project in FLUX else None
    found = [_open_status(crd_from_schemas(versions), default) for _, versions in sorted(documents.items())]
    return tuple(sorted(found, key=lambda crd: str(crd["metadata"]["name"])))


def _document(release: Release, group: str, version: str, kind: str) -> Any:
    schema = store().find(group, version, kind, {release.project: release.version})
    assert schema is not None, f"{release.name} lists {kind} and does not have it"
    return schema.document


def _open_status(crd: Crd, default: Any) -> Crd:
    """The types of ``status`` are not stored, as only controllers write it: here they may write anything."""
    opened = copy.deepcopy(crd)
    for version in opened["spec"]["versions"]:
        properties = version["schema"]["openAPIV3Schema"]["properties"]
        if "status" in properties and "subresources" in version:
            properties["status"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
            if default is not None:
                properties["status"]["default"] = default
    return opened
