"""One kind's schema: what is known of it at once, and its document and validators, made when first needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jsonschema_rs

    from nimfleet.schema.cel.rules import Node, Unchecked
    from nimfleet.schema.defaults import Tree
    from nimfleet.schema.native import NativeCheck


class Schema:
    """The schema of one group, version and kind.

    ``release`` says where it comes from (``k8s-nim-operator@3.1.2``, ``kubernetes@1.34``), ``scope`` is
    ``Namespaced`` or ``Cluster``, ``served`` is false for a version that an API server answers with "no such
    kind", ``cel_rules`` counts its rules in CEL, and ``path`` is the stored file (None for core kinds).
    Instances compare by identity; the store hands out one per file.
    """

    __slots__ = (
        "_default_tree",
        "_document",
        "_has_embedded",
        "_list_tree",
        "_load",
        "_native",
        "_rule_tree",
        "_unchecked",
        "_validator",
        "cel_rules",
        "group",
        "kind",
        "path",
        "plural",
        "release",
        "scope",
        "served",
        "version",
    )

    def __init__(
        self,
        *,
        group: str,
        version: str,
        kind: str,
        plural: str,
        scope: str,
        served: bool,
        cel_rules: int,
        release: str,
        path: Path | None,
        load: Callable[[], dict[str, Any]],
    ) -> None:
        self.group = group
        self.version = version
        self.kind = kind
        self.plural = plural
        self.scope = scope
        self.served = served
        self.cel_rules = cel_rules
        self.release = release
        self.path = path
        self._load = load
        self._document: dict[str, Any] | None = None
        self._validator: jsonschema_rs.Draft202012Validator | None = None
        self._default_tree: Tree | None = None
        self._list_tree: Tree | None = None
        self._rule_tree: Node | None = None
        self._unchecked: tuple[Unchecked, ...] | None = None
        self._has_embedded: bool | None = None
        self._native: NativeCheck | bool | None = False

    def __repr__(self) -> str:
        return f"Schema({self.api_version} {self.kind}, {self.release})"

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def kubernetes_minor(self) -> str:
        """``1.34`` for a kind of Kubernetes itself, and nothing for a custom resource."""
        project, _, version = self.release.partition("@")
        return version if project == "kubernetes" else ""

    @property
    def document(self) -> dict[str, Any]:
        """The JSON Schema (2020-12). Callers must not change it."""
        if self._document is None:
            self._document = self._load()
        return self._document

    @property
    def validator(self) -> jsonschema_rs.Draft202012Validator:
        """``document`` compiled; regular expressions run in linear time, formats are the server's."""
        if self._validator is None:
            self._validator = compile_validator(self.document)
        return self._validator

    @property
    def default_tree(self) -> Tree:
        """The nodes that have a default, see :mod:`nimfleet.schema.defaults`."""
        if self._default_tree is None:
            from nimfleet.schema.defaults import default_tree  # noqa: PLC0415 - only documents being checked need it

            self._default_tree = default_tree(self.document)
        return self._default_tree

    @property
    def list_tree(self) -> Tree:
        """The lists that are sets or maps, see :mod:`nimfleet.schema.defaults`."""
        if self._list_tree is None:
            from nimfleet.schema.defaults import list_tree  # noqa: PLC0415 - as above

            self._list_tree = list_tree(self.document)
        return self._list_tree

    @property
    def rule_tree(self) -> Node:
        """The nodes that have rules in CEL, see :mod:`nimfleet.schema.cel.rules`."""
        if self._rule_tree is None:
            from nimfleet.schema.cel.rules import rule_tree  # noqa: PLC0415 - as above

            self._rule_tree = rule_tree(self.document)
        return self._rule_tree

    @property
    def unchecked_rules(self) -> tuple[Unchecked, ...]:
        """The rules that cannot be evaluated, for whoever reports what was not checked. Compiles all rules;
        none in schemas that ``nimfleet schemas import`` took without ``--allow-unchecked``.
        """
        if self._unchecked is None:
            if self.cel_rules:
                from nimfleet.schema.cel.rules import unchecked  # noqa: PLC0415 - as above

                self._unchecked = tuple(unchecked(self.rule_tree))
            else:
                self._unchecked = ()
        return self._unchecked

    @property
    def status_subresource(self) -> bool:
        """Whether the server drops ``status`` from what users send."""
        return bool(self.document.get("x-nimfleet", {}).get("statusSubresource"))

    @property
    def has_embedded(self) -> bool:
        """Whether whole resources stand anywhere inside of this one."""
        if self._has_embedded is None:
            from nimfleet.schema.metadata import has_embedded  # noqa: PLC0415 - as above

            self._has_embedded = has_embedded(self.document)
        return self._has_embedded

    @property
    def native(self) -> NativeCheck | None:
        """What the server's own code checks beyond the schema of a kind of Kubernetes itself; None when that
        is nothing that nimfleet knows, and for custom resources.
        """
        if isinstance(self._native, bool):
            from nimfleet.schema.native import native_check  # noqa: PLC0415 - as above

            core = self.release.startswith("kubernetes@")
            self._native = native_check(self.group, self.kind) if core else None
        return self._native


def compile_validator(document: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """Compile a schema as the server reads it; never fetches a reference.

    Raises:
        ValueError: the schema is not valid, for example a pattern that RE2 would not take either.
    """
    import jsonschema_rs  # noqa: PLC0415 - heavy; listing kinds does not need it

    from nimfleet.schema.formats import FORMATS  # noqa: PLC0415 - as above

    return jsonschema_rs.Draft202012Validator(
        document,
        formats=FORMATS,
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),
        offline=True,
    )
