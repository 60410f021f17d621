"""Tokens → tree: a Pratt parser. Macros are expanded here, as the language definition has it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from nimfleet.schema.cel.errors import CompileError, UnsupportedCel
from nimfleet.schema.cel.lexer import KEYWORDS, RESERVED, Token, tokens
from nimfleet.schema.cel.syntax import (
    Binary,
    Call,
    Conditional,
    Fold,
    Has,
    Ident,
    Index,
    ListLiteral,
    Literal,
    Logic,
    MapLiteral,
    Node,
    OptionalMap,
    Select,
    Unary,
)

_TERNARY: Final = 1
_BINDING: Final = {
    "||": 2, "&&": 3,
    "<": 4, "<=": 4, ">": 4, ">=": 4, "==": 4, "!=": 4, "in": 4,
    "+": 5, "-": 5,
    "*": 6, "/": 6, "%": 6,
}  # fmt: skip
_FOLDS: Final = {
    "all": "all",
    "exists": "exists",
    "exists_one": "exists_one",
    "existsOne": "exists_one",
    "filter": "filter",
}
_UNSUPPORTED_MACROS: Final = frozenset(["transformList", "transformMap", "transformMapEntry"])
MAX_DEPTH: Final = 100
"""Nesting that is accepted. Python's own parser, which reads the generated code, allows 200 brackets."""


@lru_cache(maxsize=1024)
def parse(text: str) -> Node:
    """The tree of an expression.

    Raises:
        CompileError: not CEL; the text says where.
        UnsupportedCel: CEL that nimfleet cannot evaluate.
    """
    parser = _Parser(tokens(text))
    node = parser.expression(0)
    parser.expect("end")
    return node


class _Parser:
    def __init__(self, stream: list[Token]) -> None:
        self._tokens = stream
        self._next = 0
        self._depth = 0

    def take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    @property
    def peek(self) -> str:
        return self._tokens[self._next].kind

    def skip(self, kind: str) -> bool:
        if self._tokens[self._next].kind == kind:
            self._next += 1
            return True
        return False

    def expect(self, kind: str) -> Token:
        token = self.take()
        if token.kind != kind:
            wanted = "the end" if kind == "end" else f"`{kind}`"
            raise CompileError(f"expected {wanted} at offset {token.at}, found {_words(token)}")
        return token

    def expression(self, binding: int) -> Node:
        """An expression whose operators all bind tighter than ``binding``."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnsupportedCel(f"expressions nested deeper than {MAX_DEPTH} levels are not supported")
        left = self.unary()
        while True:
            token = self._tokens[self._next]
            operator = token.kind
            if operator == "?":
                if binding >= _TERNARY:
                    break
                self._next += 1
                then = self.expression(_TERNARY)
                self.expect(":")
                left = Conditional(token.at, left, then, self.expression(0))
                continue
            strength = _BINDING.get(operator, 0)
            if strength <= binding:
                break
            self._next += 1
            right = self.expression(strength)
            if operator in ("&&", "||"):
                left = Logic(token.at, operator, (*_operands(left, operator), *_operands(right, operator)))
            else:
                left = Binary(token.at, operator, left, right)
        self._depth -= 1
        return left

    def unary(self) -> Node:
        token = self._tokens[self._next]
        if token.kind not in ("!", "-"):
            return self.member()
        self._next += 1
        number = self._tokens[self._next]
        if token.kind == "-" and number.kind in ("int", "float"):
            self._next += 1
            assert isinstance(number.value, int | float)  # noqa: S101 - narrows for mypy, the lexer made it so
            return self._members(Literal(token.at, _bounded(-number.value, number)))
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnsupportedCel(f"expressions nested deeper than {MAX_DEPTH} levels are not supported")
        operand = self.unary()
        self._depth -= 1
        return Unary(token.at, token.kind, operand)

    def member(self) -> Node:
        return self._members(self._primary())

    def _members(self, node: Node) -> Node:
        while True:
            token = self._tokens[self._next]
            match token.kind:
                case ".":
                    self._next += 1
                    name = self._field()
                    if self.peek == "(":
                        node = self._call(token.at, name, node)
                    else:
                        node = Select(token.at, node, name)
                case ".?":
                    self._next += 1
                    node = Select(token.at, node, self._field(), optional=True)
                case "[" | "[?":
                    self._next += 1
                    index = self.expression(0)
                    self.expect("]")
                    node = Index(token.at, node, index, optional=token.kind == "[?")
                case "{" if isinstance(node, Ident | Select):
                    raise UnsupportedCel(f"constructing messages (offset {token.at}) is not supported")
                case _:
                    return node

    def _field(self) -> str:
        token = self.take()
        if token.kind != "ident":
            raise CompileError(f"expected a name at offset {token.at}, found {_words(token)}")
        return str(token.value)

    def _primary(self) -> Node:
        token = self.take()
        match token.kind:
            case "(":
                node = self.expression(0)
                self.expect(")")
                return node
            case "[":
                return ListLiteral(token.at, tuple(self._sequence("]")))
            case "[?":
                raise UnsupportedCel("optional entries (`[?x]`) are not supported")
            case "{":
                return MapLiteral(token.at, tuple(self._entries()))
            case "int" | "float":
                assert isinstance(token.value, int | float)  # noqa: S101 - as above
                return Literal(token.at, _bounded(token.value, token))
            case "string" | "bytes":
                return Literal(token.at, token.value)
            case "true" | "false":
                return Literal(token.at, token.kind == "true")
            case "null":
                return Literal(token.at, None)
            case "." if self.peek == "ident":
                return self._primary()  # a leading dot names the root scope, and rules know no other
            case "ident":
                name = str(token.value)
                if name in RESERVED:
                    raise CompileError(f"`{name}` at offset {token.at} is a reserved word")
                return self._call(token.at, name, None) if self.peek == "(" else Ident(token.at, name)
            case "end":
                raise CompileError(f"the expression ends at offset {token.at} where a value is expected")
            case _:
                raise CompileError(f"unexpected `{token.value!s}` at offset {token.at}")

    def _sequence(self, closing: str) -> list[Node]:
        """Expressions up to ``closing``; a list may end in a comma, arguments may not."""
        out: list[Node] = []
        while not self.skip(closing):
            if out:
                self.expect(",")
                if closing == "]" and self.skip(closing):
                    break
            if self.peek == "?":
                raise UnsupportedCel("optional entries (`[?x]`) are not supported")
            out.append(self.expression(0))
        return out

    def _entries(self) -> list[tuple[Node, Node]]:
        out: list[tuple[Node, Node]] = []
        while not self.skip("}"):
            if out:
                self.expect(",")
                if self.skip("}"):
                    break
            if self.peek == "?":
                raise UnsupportedCel("optional entries (`{?x: y}`) are not supported")
            key = self.expression(0)
            self.expect(":")
            out.append((key, self.expression(0)))
        return out

    def _call(self, at: int, name: str, target: Node | None) -> Node:
        self.expect("(")
        args = self._sequence(")")
        if target is None:
            return _has(at, args) if name == "has" else Call(at, name, None, tuple(args))
        return _macro(at, name, target, args) or Call(at, name, target, tuple(args))


def _words(token: Token) -> str:
    if token.kind == "end":
        return "the end"
    return f"the keyword `{token.value!s}`" if token.kind in KEYWORDS else f"`{token.value!s}`"


def _bounded(value: int | float, token: Token) -> int | float:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise CompileError(f"the number at offset {token.at} does not fit into 64 bits")
    return value


def _operands(node: Node, operator: str) -> tuple[Node, ...]:
    return node.operands if isinstance(node, Logic) and node.operator == operator else (node,)


def _has(at: int, args: list[Node]) -> Node:
    if len(args) == 1 and isinstance(args[0], Select) and not args[0].optional:
        return Has(at, args[0].operand, args[0].field)
    raise CompileError(f"has() at offset {at} needs one argument of the form `value.field`")


def _macro(at: int, name: str, target: Node, args: list[Node]) -> Node | None:
    """The macro ``target.name(args)``, or None when it is a plain call."""
    if name in _UNSUPPORTED_MACROS or (name in _FOLDS and len(args) == 3):
        raise UnsupportedCel(f"the macro `{name}` with two variables is not supported")
    fold = "map" if name == "map" and len(args) in (2, 3) else _FOLDS.get(name) if len(args) == 2 else None
    optional = name in ("optMap", "optFlatMap") and len(args) == 2
    if fold is None and not optional:
        return None
    variable = args[0]
    if not isinstance(variable, Ident):
        raise CompileError(f"the first argument of {name}() at offset {at} must be a plain name")
    if optional:
        return OptionalMap(at, target, variable.name, args[1], name == "optFlatMap")
    if fold == "map":
        return Fold(at, "map", target, variable.name, args[1] if len(args) == 3 else None, args[-1])
    return Fold(at, str(fold), target, variable.name, args[1])
