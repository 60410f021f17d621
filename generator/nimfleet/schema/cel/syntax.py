"""The tree of an expression. Every node carries ``at``, the offset of its text, for error messages.

Macros are nodes of their own (:class:`Has`, :class:`Fold`, :class:`OptionalMap`): they are recognised by name
and shape when parsing, as the language definition says.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: None, bool, int, float, str or bytes."""

    at: int
    value: bool | int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Ident:
    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Select:
    """``operand.field``, or ``operand.?field`` when optional."""

    at: int
    operand: Node
    field: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """``operand[index]``, or ``operand[?index]`` when optional."""

    at: int
    operand: Node
    index: Node
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """``name(args)``, or ``target.name(args)``."""

    at: int
    name: str
    target: Node | None
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ListLiteral:
    at: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapLiteral:
    at: int
    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """``!operand`` or ``-operand``."""

    at: int
    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """An arithmetic operator, a comparison, or ``in``."""

    at: int
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic:
    """A chain of ``&&`` or ``||``, flattened: its errors are absorbed whatever the grouping."""

    at: int
    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Conditional:
    at: int
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Has:
    """``has(operand.field)``."""

    at: int
    operand: Node
    field: str


@dataclass(frozen=True, slots=True)
class Fold:
    """``target.macro(variable, …)`` for all, exists, exists_one, filter and map; ``transform`` is map's."""

    at: int
    macro: str
    target: Node
    variable: str
    predicate: Node | None
    transform: Node | None = None


@dataclass(frozen=True, slots=True)
class OptionalMap:
    """``target.optMap(variable, body)``; ``flat`` for optFlatMap."""

    at: int
    target: Node
    variable: str
    body: Node
    flat: bool


Node = (
    Literal
    | Ident
    | Select
    | Index
    | Call
    | ListLiteral
    | MapLiteral
    | Unary
    | Binary
    | Logic
    | Conditional
    | Has
    | Fold
    | OptionalMap
)
