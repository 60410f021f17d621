"""What registers webhooks and APIs with the server (pkg/apis/admissionregistration, kube-aggregator)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.cel.errors import CompileError, UnsupportedCel
from nimfleet.schema.cel.parser import parse
from nimfleet.schema.cel.syntax import Fold, Ident, Literal, OptionalMap
from nimfleet.schema.metadata import label_key_problem
from nimfleet.schema.native.common import (
    LABEL_1035,
    SUBDOMAIN,
    Object,
    Problem,
    items,
    mapping,
    one_of,
    port_number,
    say,
    selector,
    unique,
)

_REVIEWS: Final = ("v1", "v1beta1")
_OPERATIONS: Final = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_MOST_CONDITIONS: Final = 64
_TYPES: Final = (
    "bool",
    "bytes",
    "double",
    "dyn",
    "int",
    "list",
    "map",
    "null_type",
    "optional",
    "string",
    "type",
    "uint",
)
_VARIABLES: Final = frozenset(["authorizer", "object", "oldObject", "request", *_TYPES])
_LONGEST_TIMEOUT: Final = 30


def _configuration(value: Object, *, mutating: bool) -> Iterator[Problem]:
    hooks = [mapping(hook) for hook in items(value.get("webhooks"))]
    for index, hook in enumerate(hooks):
        yield from _webhook(hook, ("webhooks", index), mutating=mutating)
    yield from unique([hook.get("name") for hook in hooks], ("webhooks",), "name")


validating_webhooks = partial(_configuration, mutating=False)
mutating_webhooks = partial(_configuration, mutating=True)


def _webhook(hook: Object, where: Pointer, *, mutating: bool) -> Iterator[Problem]:
    name = hook.get("name")
    if not isinstance(name, str) or not SUBDOMAIN.fullmatch(name) or name.count(".") < 2:
        yield say((*where, "name"), f"must be a domain of at least three parts, found `{name or ''}`")
    for index, rule in enumerate(items(hook.get("rules"))):
        yield from _rule(mapping(rule), (*where, "rules", index))
    options = {"failurePolicy": ("Fail", "Ignore"), "matchPolicy": ("Exact", "Equivalent")}
    if mutating:
        options["reinvocationPolicy"] = ("Never", "IfNeeded")
    for field, allowed in options.items():
        yield from _exactly(hook.get(field), allowed, (*where, field))
    if hook.get("sideEffects") is None:
        yield say((*where, "sideEffects"), "is required")
    yield from _exactly(hook.get("sideEffects"), ("None", "NoneOnDryRun"), (*where, "sideEffects"))
    timeout = hook.get("timeoutSeconds")
    if isinstance(timeout, int) and not 1 <= timeout <= _LONGEST_TIMEOUT:
        yield say((*where, "timeoutSeconds"), f"must be between 1 and {_LONGEST_TIMEOUT}, found {timeout}")
    for field in ("namespaceSelector", "objectSelector"):
        yield from selector(hook.get(field), (*where, field))
    yield from _conditions(
        [mapping(entry) for entry in items(hook.get("matchConditions"))], (*where, "matchConditions")
    )
    yield from _client(mapping(hook.get("clientConfig")), (*where, "clientConfig"))
    yield from _reviews(items(hook.get("admissionReviewVersions")), (*where, "admissionReviewVersions"))


def _conditions(conditions: list[Object], where: Pointer) -> Iterator[Problem]:
    """Whether expressions can be read, and which of the server's variables they use; not the types of what they do."""
    if len(conditions) > _MOST_CONDITIONS:
        yield say(where, f"must hold at most {_MOST_CONDITIONS}, found {len(conditions)}")
    for index, condition in enumerate(conditions):
        place, text = (*where, index), str(condition.get("expression") or "").strip()
        if problem := label_key_problem(str(condition.get("name") or "")):
            yield say((*place, "name"), problem)
        if not text:
            yield say((*place, "expression"), "is required")
            continue
        try:
            tree = parse(text)
        except UnsupportedCel:
            continue
        except CompileError as error:
            yield say((*place, "expression"), f"cannot be read: {error}")
        else:
            if isinstance(tree, Literal) and not isinstance(tree.value, bool):
                yield say((*place, "expression"), f"must be true or false, found `{text}`")
            for name in sorted(_free(tree) - _VARIABLES):
                yield say((*place, "expression"), f"uses `{name}`, which nobody defines")
    yield from unique([condition.get("name") for condition in conditions], where, "name")


def _free(node: Any) -> set[str]:
    """The names that an expression uses without defining them itself."""
    if isinstance(node, Ident):
        return {node.name}
    if isinstance(node, tuple):
        return {name for part in node for name in _free(part)}
    if not is_dataclass(node):
        return set()
    found = {name for field in fields(node) for name in _free(getattr(node, field.name))}
    return found - {node.variable} if isinstance(node, Fold | OptionalMap) else found


def _exactly(value: Any, options: tuple[str, ...], pointer: Pointer) -> Iterator[Problem]:
    """Like ``one_of``, but an empty text is refused as well."""
    yield from one_of(value, options, pointer)
    if value == "":
        yield say(pointer, "must not be empty")


def _reviews(versions: list[Any], where: Pointer) -> Iterator[Problem]:
    if not set(_REVIEWS) & {version for version in versions if isinstance(version, str)}:
        yield say(where, "must hold `v1` (or `v1beta1`)")
    for index, version in enumerate(versions):
        if version in versions[:index]:
            yield say((*where, index), f"is there twice, found `{version}`")
        elif not isinstance(version, str) or not LABEL_1035.fullmatch(version):
            yield say((*where, index), f"must be a version such as `v1`, found `{version or ''}`")


def _rule(rule: Object, where: Pointer) -> Iterator[Problem]:
    for field in ("operations", "apiGroups", "apiVersions", "resources"):
        values = items(rule.get(field))
        if not values:
            yield say((*where, field), "must hold at least one")
        if field != "resources" and "*" in values and len(values) > 1:
            yield say((*where, field), "must hold nothing beside `*`")
        if field in ("apiVersions", "resources"):
            for index, entry in enumerate(values):
                if not entry:
                    yield say((*where, field, index), "must not be empty")
    for index, operation in enumerate(items(rule.get("operations"))):
        if operation not in _OPERATIONS:
            shown = ", ".join(f"`{option}`" for option in _OPERATIONS)
            yield say((*where, "operations", index), f"must be one of {shown}, found `{operation or ''}`")
    yield from _exactly(rule.get("scope"), ("*", "Cluster", "Namespaced"), (*where, "scope"))
    yield from _resources([str(entry or "") for entry in items(rule.get("resources"))], (*where, "resources"))


def _resources(names: list[str], where: Pointer) -> Iterator[Problem]:
    """Nothing may be named that a wildcard before it covers already."""
    if "*/*" in names and len(names) > 1:
        yield say(where, "must hold nothing beside `*/*`")
    # The server remembers only the last one without a subresource.
    plain = [name for name in names if name and "/" not in name]
    if "*" in names and plain and plain[-1] != "*":
        yield say(where, "must hold no other resource beside `*`")
    before: list[str] = []
    for index, name in enumerate(names):
        resource, slash, subresource = name.partition("/")
        if slash:
            for cover in (f"{resource}/*", f"*/{subresource}"):
                if cover in before:
                    yield say((*where, index), f"`{name}` is covered by `{cover}` already")
        before.append(name)


def _client(config: Object, where: Pointer) -> Iterator[Problem]:
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        yield say(where, "must have exactly one of url and service")
    elif url is not None:
        yield from _url(str(url), (*where, "url"))
    else:
        yield from _service(mapping(service), (*where, "service"))


def _url(url: str, pointer: Pointer) -> Iterator[Problem]:
    try:
        parts = urlsplit(url)
        good = bool(parts.scheme == "https" and parts.netloc and not set(parts.netloc) & {"@", " "})
        good = good and not parts.fragment and not parts.query and (parts.port or 0) >= 0
    except ValueError:
        good = False
    if not good or any(char < " " or char == "\x7f" for char in url):
        yield say(pointer, f"must be https://host[/path] without user, query and fragment, found `{url}`")


def _service(service: Object, where: Pointer) -> Iterator[Problem]:
    for field in ("name", "namespace"):
        if not service.get(field):
            yield say((*where, field), "is required")
    yield from port_number(service.get("port"), (*where, "port"))
    path = service.get("path")
    if isinstance(path, str) and path not in ("", "/"):
        steps = path[1:].removesuffix("/").split("/")
        if not path.startswith("/") or not all(SUBDOMAIN.fullmatch(step) for step in steps):
            yield say((*where, "path"), f"must begin with `/`, and its parts must be DNS names, found `{path}`")


def api_service(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    group, version = spec.get("group") or "", spec.get("version") or ""
    metadata = mapping(value.get("metadata"))
    for field in ("name", "generateName"):
        if metadata.get(field) and metadata[field] != f"{version}.{group}":
            yield say(("metadata", field), f"must be `{version}.{group}`, the version and the group")
    if not isinstance(version, str) or not LABEL_1035.fullmatch(version):
        yield say(("spec", "version"), f"must be a version such as `v1`, found `{version}`")
    if group and not SUBDOMAIN.fullmatch(str(group)):
        yield say(("spec", "group"), f"must be a DNS subdomain, found `{group}`")
    elif not group and version != "v1":
        yield say(("spec", "group"), "is required")
    for field, most in (("groupPriorityMinimum", 20000), ("versionPriority", 1000)):
        number = spec.get(field) or 0
        if isinstance(number, int) and not 1 <= number <= most:
            yield say(("spec", field), f"must be between 1 and {most}, found {number}")
    insecure, bundle = spec.get("insecureSkipTLSVerify") is True, bool(spec.get("caBundle"))
    if spec.get("service") is None:
        if insecure or bundle:
            yield say(("spec",), "must have neither caBundle nor insecureSkipTLSVerify without a service")
        return
    service = mapping(spec["service"])
    for field in ("name", "namespace"):
        if not service.get(field):
            yield say(("spec", "service", field), "is required")
    yield from port_number(service.get("port"), ("spec", "service", "port"))
    if insecure and bundle:
        yield say(("spec", "insecureSkipTLSVerify"), "must not be true beside a caBundle")
