"""What may be the value of a label: Karpenter's requirement algebra.

A requirement allows either some values (``In``) or all but some (``NotIn``), perhaps only whole numbers between bounds.
``NotIn`` and ``DoesNotExist`` take a node without the label, all others do not. Karpenter forgets that ``Exists`` was asked
for where ``NotIn`` is asked for, too; here the node needs the label then, as the Kubernetes scheduler says.

Source: sigs.k8s.io/karpenter 1.14, pkg/scheduling/requirement.go and requirements.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.scheduling.labels import normal
from nimfleet.manifest.walk import get, sequence, text
from nimfleet.suggest import listing

_NONE: frozenset[str] = frozenset()
_NUMBER = re.compile(r"[+-]?[0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Requirement:
    """``values`` are those that are allowed or, with ``complement``, those that are not. ``least`` and ``most`` bound whole
    numbers (both inclusive); with a bound, other values are not allowed. ``absent``: a node without the label will do."""

    complement: bool
    values: frozenset[str] = _NONE
    least: int | None = None
    most: int | None = None
    absent: bool = False

    @property
    def possible(self) -> bool:
        """Whether any node will do."""
        return self.complement or self.absent or bool(self.values)

    def allows(self, value: str | None) -> bool:
        """Whether a node whose label has ``value`` (None: that has no such label) is allowed."""
        if value is None:
            return self.absent
        return (value in self.values) != self.complement and _within(value, self.least, self.most)

    def __and__(self, other: Requirement) -> Requirement:
        """What both allow."""
        absent = self.absent and other.absent
        least = _largest(self.least, other.least)
        most = _smallest(self.most, other.most)
        if least is not None and most is not None and least > most:
            return Requirement(False, absent=absent)
        if self.complement and other.complement:
            return Requirement(True, self.values | other.values, least, most, absent)
        if self.complement:
            values = other.values - self.values
        elif other.complement:
            values = self.values - other.values
        else:
            values = self.values & other.values
        if least is not None or most is not None:
            values = frozenset(value for value in values if _within(value, least, most))
        return Requirement(False, values, absent=absent)

    def __str__(self) -> str:
        if not self.complement:
            return f"In [{listing(self.values)}]" if self.values else "DoesNotExist"
        words = [f"NotIn [{listing(self.values)}]"] if self.values else []
        if self.least is not None:
            words.append(f"Gte {self.least}")
        if self.most is not None:
            words.append(f"Lte {self.most}")
        return " and ".join(words) or "Exists"


EXISTS = Requirement(True)
DOES_NOT_EXIST = Requirement(False, absent=True)


def one_of(values: Iterable[str]) -> Requirement:
    """``In``."""
    return Requirement(False, frozenset(values))


def is_open(value: str) -> bool:
    """Whether a variable is in it that Flux fills in from elsewhere."""
    return "${" in value


def none_of(values: Iterable[str]) -> Requirement:
    """``NotIn``."""
    return Requirement(True, frozenset(values), absent=True)


def from_operator(operator: str, values: Iterable[Any]) -> Requirement | None:
    """The requirement of an operator and its values; None for an operator or a bound that does not exist, which the
    API server refuses. A variable that Flux has not filled in yet may be any value."""
    words = [value if isinstance(value, str) else str(value) for value in values]
    match operator:
        case "In":
            return EXISTS if any(is_open(word) for word in words) else one_of(words)
        case "NotIn":
            return none_of(word for word in words if not is_open(word))
        case "Exists":
            return EXISTS
        case "DoesNotExist":
            return DOES_NOT_EXIST
    if operator not in ("Gt", "Lt", "Gte", "Lte") or len(words) != 1 or _NUMBER.fullmatch(words[0]) is None:
        return None
    bound = int(words[0])
    match operator:
        case "Gt":
            return Requirement(True, least=bound + 1)
        case "Gte":
            return Requirement(True, least=bound)
        case "Lt":
            return Requirement(True, most=bound - 1)
    return Requirement(True, most=bound)


def read(expression: Any) -> tuple[str, Requirement] | None:
    """Key (normalised) and requirement of an entry of ``matchExpressions`` or of a NodePool's ``requirements``; None
    where it is malformed."""
    key = text(get(expression, "key"))
    requirement = from_operator(text(get(expression, "operator")), sequence(get(expression, "values")))
    return None if not key or requirement is None else (normal(key), requirement)


def from_labels(labels: Mapping[Any, Any]) -> list[tuple[str, str, Requirement]]:
    """The key as it is written, its normal form and ``In [value]`` of each label. Numbers and truth values, which the API server
    refuses, are read as the text that was meant."""
    return [
        (key, normal(key), _label(str(value).lower() if isinstance(value, bool) else str(value)))
        for key, value in labels.items()
        if isinstance(key, str) and key and isinstance(value, str | int)
    ]


def _label(value: str) -> Requirement:
    return EXISTS if is_open(value) else one_of((value,))


def _within(value: str, least: int | None, most: int | None) -> bool:
    if least is None and most is None:
        return True
    if _NUMBER.fullmatch(value) is None:
        return False
    number = int(value)
    return (least is None or number >= least) and (most is None or number <= most)


def _largest(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else max(a, b)


def _smallest(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else min(a, b)
