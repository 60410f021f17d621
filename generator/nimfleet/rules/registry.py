"""The registry of rules: one module a rule, found by its place in this package, refused when it is not
whole."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from nimfleet.manifest.pointer import Pointer
from nimfleet.report.finding import Severity
from nimfleet.repository.model import Place
from nimfleet.rules.page import Page, read_page

Subject = TypeVar("Subject")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule returns: where, what, and about which object. Rule and severity are added by the runner."""

    place: Place
    message: str
    object: str = ""
    pointer: Pointer = ()


@dataclass(frozen=True, slots=True, eq=False)
class Rule(Generic[Subject]):
    """One rule. ``subject`` is the type of what ``check`` looks at; ``source`` is where the fact comes
    from."""

    name: str
    severity: Severity
    source: str
    subject: type[Subject]
    page: Page
    check: Callable[[Subject], Iterable[Hit]]

    @property
    def family(self) -> str:
        """The part of the name before the slash."""
        return self.name.partition("/")[0]


class RegistryError(Exception):
    """A rule that is not whole, or has a name that is taken: a defect of nimfleet."""


_REGISTERED: dict[str, Rule[Any]] = {}


def rule(
    name: str, *, subject: type[Subject], severity: Severity, source: str
) -> Callable[[Callable[[Subject], Iterable[Hit]]], Callable[[Subject], Iterable[Hit]]]:
    """Register the function as the rule ``name`` (``family/kebab-case``); its page is its module's docstring.

    Raises:
        RegistryError: the name is taken or not that of the module, or the docstring lacks a section.
    """

    def register(check: Callable[[Subject], Iterable[Hit]]) -> Callable[[Subject], Iterable[Hit]]:
        add(_REGISTERED, name, subject=subject, severity=severity, source=source, check=check)
        return check

    return register


def add(
    registered: dict[str, Rule[Any]],
    name: str,
    *,
    subject: type[Subject],
    severity: Severity,
    source: str,
    check: Callable[[Subject], Iterable[Hit]],
) -> None:
    """Put one rule into ``registered``.

    Raises:
        RegistryError: as :func:`rule`.
    """
    if not _NAME.fullmatch(name):
        raise RegistryError(f"`{name}` is not family/kebab-case")
    if name in registered:
        raise RegistryError(f"rule {name} is registered twice")
    module = check.__module__
    family, _, short = name.partition("/")
    if not module.endswith(f".{family}.{short.replace('-', '_')}"):
        raise RegistryError(f"rule {name} is in module {module}, which is named for another")
    try:
        page = read_page(sys.modules[module].__doc__ or "")
    except ValueError as error:
        raise RegistryError(f"rule {name}: {error}") from error
    registered[name] = Rule(name, severity, source, subject, page, check)


@lru_cache(maxsize=1)
def all_rules() -> Mapping[str, Rule[Any]]:
    """Every rule by name, sorted."""
    package = sys.modules["nimfleet.rules"]
    for family in pkgutil.iter_modules(package.__path__):
        if family.ispkg:
            importlib.import_module(f"nimfleet.rules.{family.name}")
            found = sys.modules[f"nimfleet.rules.{family.name}"]
            for module in pkgutil.iter_modules(found.__path__):
                importlib.import_module(f"nimfleet.rules.{family.name}.{module.name}")
    return MappingProxyType(dict(sorted(_REGISTERED.items())))


def rules_about(subject: type[Subject]) -> Sequence[Rule[Subject]]:
    """The rules that look at subjects of this type, by name."""
    return _by_subject().get(subject, ())


@lru_cache(maxsize=1)
def _by_subject() -> Mapping[type[Any], Sequence[Rule[Any]]]:
    found: dict[type[Any], list[Rule[Any]]] = {}
    for entry in all_rules().values():
        found.setdefault(entry.subject, []).append(entry)
    return found
