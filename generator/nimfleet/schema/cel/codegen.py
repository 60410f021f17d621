"""Tree → Python function, checked against types on the way.

Two spellings of one expression exist. The fast one uses Python's own ``and``, ``or``, ``all`` and ``any``,
which is right as long as nothing fails: what they skip cannot change the answer. When something fails, the
absorbing spelling is made and run instead, in which ``a && b`` is false when either side is, whatever becomes
of the other. Text of the user enters the generated code only as the ``repr`` of a string, number or bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nimfleet.schema.cel import functions, regex, values
from nimfleet.schema.cel.errors import ERRORS, CompileError, EvalError, UnsupportedCel
from nimfleet.schema.cel.functions import NAMESPACES, OVERLOADS, TYPE_NAMES, Overload
from nimfleet.schema.cel.parser import parse
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
from nimfleet.schema.cel.types import (
    BOOL,
    BYTES,
    CONVERTED,
    DOUBLE,
    DYN,
    INT,
    NULL,
    SCALARS,
    STRING,
    TYPE,
    Type,
)
from nimfleet.schema.cel.values import ARITHMETIC, ORDERED

Function = Callable[..., Any]

_RUNTIME: Final[dict[str, Any]] = {
    "__builtins__": {"all": all, "any": any, "len": len, "sum": sum},
    "_and": values.absorbing_and,
    "_or": values.absorbing_or,
    "_all": values.absorbing_all,
    "_exists": values.absorbing_exists,
    "_bool": values.as_bool,
    "_i64": values.int64,
    "_idiv": values.int_divide,
    "_imod": values.int_modulo,
    "_fdiv": values.double_divide,
    "_union": values.add_set,
    "_arithmetic": values.arithmetic,
    "_negate": values.negate,
    "_compare": values.compare,
    "_equal": values.equal,
    "_contains": values.contains,
    "_select": values.select,
    "_has": values.has_field,
    "_index_list": values.index_list,
    "_index": values.index,
    "_iterate": values.iterate,
    "_opt_select": values.optional_select,
    "_opt_index": values.optional_index,
    "_opt_map": values.optional_map,
    "_call": functions.call,
}
_NATIVE_ARITHMETIC: Final = {
    ("+", "int"): "_i64({0} + {1})",
    ("-", "int"): "_i64({0} - {1})",
    ("*", "int"): "_i64({0} * {1})",
    ("/", "int"): "_idiv({0}, {1})",
    ("%", "int"): "_imod({0}, {1})",
    ("+", "double"): "({0} + {1})",
    ("-", "double"): "({0} - {1})",
    ("*", "double"): "({0} * {1})",
    ("/", "double"): "_fdiv({0}, {1})",
    ("+", "string"): "({0} + {1})",
    ("+", "bytes"): "({0} + {1})",
    ("+", "list"): "({0} + {1})",
}
_PATTERNS: Final[dict[str, Callable[[str, str], Any]]] = {"matches": regex.matches, "find": regex.find}
_ITEMS: Final = {
    "join": frozenset(["string"]),
    "sum": frozenset(["int", "double", "duration"]),
    **dict.fromkeys(["isSorted", "min", "max"], ORDERED),
}
"""What the lists that these functions take may hold."""
_LITERALS: Final[dict[type, Type]] = {
    type(None): NULL, bool: BOOL, int: INT, float: DOUBLE, str: STRING, bytes: BYTES,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Code:
    """Python code of one expression, and the type of its value."""

    text: str
    type: Type


@dataclass(slots=True)
class Program:
    """One compiled expression. Call :meth:`run`."""

    uses_old: bool
    _fast: Function
    _make_absorbing: Callable[[], Function]
    _absorbing: Function | None = None

    def run(self, value: Any, old: Any = None) -> Any:
        """The value of the expression.

        Raises:
            one of :data:`nimfleet.schema.cel.errors.ERRORS`: the evaluation ends in an error.
        """
        try:
            return self._fast(value, old)
        except ERRORS:
            return self.run_absorbing(value, old)

    def run_absorbing(self, value: Any, old: Any = None) -> Any:
        """The same by the slow spelling alone."""
        if self._absorbing is None:
            self._absorbing = self._make_absorbing()
        return self._absorbing(value, old)


def compile_expression(
    text: str, self_type: Type, result: Type | None = None, *, optional_old: bool = False
) -> Program:
    """Compile ``text``, in which ``self`` and ``oldSelf`` are values of ``self_type`` as JSON has them.

    ``result`` is the type that the expression must have. With ``optional_old``, ``oldSelf`` is an optional.

    Raises:
        CompileError: an API server would refuse it too.
        UnsupportedCel: nimfleet cannot evaluate it.
    """
    tree = parse(text)
    old_type = Type("optional", self_type) if optional_old else self_type
    scope = {"self": self_type, "oldSelf": old_type}
    generator = _Generator(scope, absorbing=False)
    code = generator.emit(tree)
    if result is not None and code.type.kind != result.kind:
        raise CompileError(f"the expression must be a {result}, but is a {code.type}")

    def absorbing() -> Function:
        slow = _Generator(scope, absorbing=True)
        return slow.function(slow.emit(tree))

    return Program("oldSelf" in generator.used, generator.function(code), absorbing)


@dataclass(slots=True)
class _Generator:
    """Emits one expression; collects what the code refers to in ``names``, and which of ``self`` and
    ``oldSelf`` occur in ``used``.
    """

    scope: Mapping[str, Type]
    absorbing: bool
    names: dict[str, Any] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    _python: dict[str, str] = field(default_factory=dict)
    _variables: int = 0

    def function(self, code: Code) -> Function:
        roots = "".join(
            f"{name} = {self._bind(_converter(self.scope[name]))}({name})\n  "
            for name in sorted(self.used)
            if _needs_conversion(self.scope[name])
        )
        namespace = {**_RUNTIME, **self.names}
        source = f"def rule(self, oldSelf):\n  {roots}return {code.text}\n"
        try:
            exec(compile(source, "<cel>", "exec", dont_inherit=True, optimize=0), namespace)  # noqa: S102 - see the module
        except (SyntaxError, RecursionError, MemoryError) as error:
            raise UnsupportedCel(f"the expression is nested too deeply ({error})") from error
        made: Function = namespace["rule"]
        return made

    def _bind(self, value: Any) -> str:
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name

    def emit(self, node: Node) -> Code:
        match node:
            case Literal():
                kind = _LITERALS[type(node.value)]
                finite = not isinstance(node.value, float) or abs(node.value) != float("inf")
                return Code(repr(node.value) if finite else self._bind(node.value), kind)
            case Ident():
                return self._ident(node)
            case Select():
                return self._select(node)
            case Has():
                return self._has(node)
            case Index():
                return self._index(node)
            case Logic():
                return self._logic(node)
            case Conditional():
                return self._conditional(node)
            case Unary():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case Fold():
                return self._fold(node)
            case Call():
                return self._call(node)
            case ListLiteral():
                return self._list(node)
            case MapLiteral():
                return self._map(node)
            case OptionalMap():
                return self._optional_map(node)

    def _ident(self, node: Ident) -> Code:
        found = self.scope.get(node.name)
        if found is not None:
            if node.name not in self._python:
                self.used.add(node.name)
            return Code(self._python.get(node.name, node.name), found)
        if node.name in TYPE_NAMES:
            return Code(self._bind(TYPE_NAMES[node.name]), TYPE)
        raise CompileError(f"unknown name `{node.name}` at offset {node.at}")

    def _condition(self, node: Node) -> str:
        code = self.emit(node)
        if code.type.kind == "bool":
            return code.text
        if code.type.kind == "dyn":
            return f"_bool({code.text})"
        raise CompileError(f"expected a bool at offset {node.at}, found a {code.type}")

    # Fields and indices

    def _property(self, type_: Type, name: str, at: int) -> tuple[str, Type]:
        found = type_.fields.find(name) if type_.fields else None
        if found is None:
            raise CompileError(f"undefined field `{name}` at offset {at}")
        return found

    def _select(self, node: Select) -> Code:
        operand = self.emit(node.operand)
        kind = operand.type.kind
        if node.optional or kind == "optional":
            return self._optional_select(node.field, operand, node.at)
        if kind == "object":
            name, found = self._property(operand.type, node.field, node.at)
            if found.nullable or operand.type.nullable:
                return self._converted(f"_select({operand.text}, {name!r})", _not_null(found))
            return self._converted(f"{operand.text}[{name!r}]", found)
        if kind == "map" and operand.type.key == "string":
            return Code(f"{operand.text}[{node.field!r}]", _element(operand.type))
        if kind == "dyn":
            return Code(f"_select({operand.text}, {node.field!r})", DYN)
        raise CompileError(f"a {operand.type} has no fields, so `.{node.field}` at offset {node.at} cannot be")

    def _optional_select(self, field_name: str, operand: Code, at: int) -> Code:
        inner = operand.type.item or DYN if operand.type.kind == "optional" else operand.type
        name, found = field_name, _element(inner) if inner.kind == "map" else DYN
        if inner.kind == "object":
            name, found = self._property(inner, field_name, at)
        elif inner.kind not in ("map", "dyn"):
            raise CompileError(f"a {inner} has no fields, so `.?{field_name}` at offset {at} cannot be")
        if _needs_conversion(found):
            raise UnsupportedCel(f"`.?{field_name}` of a {found} is not supported")
        return Code(f"_opt_select({operand.text}, {name!r})", Type("optional", _not_null(found)))

    def _has(self, node: Has) -> Code:
        operand = self.emit(node.operand)
        kind = operand.type.kind
        if kind == "object":
            name, found = self._property(operand.type, node.field, node.at)
            if operand.type.nullable:
                return Code(f"_has({operand.text}, {name!r})", BOOL)
            if found.nullable:
                return Code(f"({operand.text}.get({name!r}) is not None)", BOOL)
            return Code(f"({name!r} in {operand.text})", BOOL)
        if kind == "map" and operand.type.key == "string":
            return Code(f"({node.field!r} in {operand.text})", BOOL)
        if kind == "optional":
            return Code(f"{self._optional_select(node.field, operand, node.at).text}.present", BOOL)
        if kind == "dyn":
            return Code(f"_has({operand.text}, {node.field!r})", BOOL)
        raise CompileError(f"a {operand.type} has no fields, so has() at offset {node.at} cannot be")

    def _index(self, node: Index) -> Code:
        operand, index = self.emit(node.operand), self.emit(node.index)
        inner = operand.type
        if node.optional or inner.kind == "optional":
            inner = inner.item or DYN if inner.kind == "optional" else inner
            return Code(f"_opt_index({operand.text}, {index.text})", Type("optional", _element(inner)))
        if inner.kind == "list" and index.type.kind == "int":
            constant = isinstance(node.index, Literal) and not index.text.startswith("-")
            text = f"{operand.text}[{index.text}]" if constant else f"_index_list({operand.text}, {index.text})"
            return Code(text, _element(inner))
        if inner.kind == "map" and index.type.kind == inner.key:
            return Code(f"{operand.text}[{index.text}]", _element(inner))
        if inner.kind == "dyn" or (inner.kind in ("list", "map") and index.type.kind == "dyn"):
            return Code(f"_index({operand.text}, {index.text})", _element(inner))
        raise CompileError(f"a {inner} cannot be indexed with a {index.type} (offset {node.at})")

    def _converted(self, text: str, type_: Type) -> Code:
        if not _needs_conversion(type_):
            return Code(text, type_)
        return Code(f"{self._bind(_converter(type_))}({text})", type_)

    # Operators

    def _logic(self, node: Logic) -> Code:
        parts = [self._condition(operand) for operand in node.operands]
        word = "and" if node.operator == "&&" else "or"
        if self.absorbing:
            return Code(f"_{word}({', '.join(f'lambda: {part}' for part in parts)})", BOOL)
        return Code(f"({f' {word} '.join(parts)})", BOOL)

    def _conditional(self, node: Conditional) -> Code:
        condition = self._condition(node.condition)
        then, otherwise = self.emit(node.then), self.emit(node.otherwise)
        joined = _join(then.type, otherwise.type, node.at, "the branches of `? :`")
        return Code(f"({then.text} if {condition} else {otherwise.text})", joined)

    def _unary(self, node: Unary) -> Code:
        if node.operator == "!":
            return Code(f"(not {self._condition(node.operand)})", BOOL)
        operand = self.emit(node.operand)
        match operand.type.kind:
            case "int":
                return Code(f"_i64(-{operand.text})", INT)
            case "double":
                return Code(f"(-{operand.text})", DOUBLE)
            case "dyn":
                return Code(f"_negate({operand.text})", DYN)
        raise CompileError(f"`-` at offset {node.at} needs a number, found a {operand.type}")

    def _binary(self, node: Binary) -> Code:
        left, right = self.emit(node.left), self.emit(node.right)
        match node.operator:
            case "==" | "!=":
                return self._equality(node, left, right)
            case "in":
                return self._membership(node, left, right)
            case "<" | "<=" | ">" | ">=":
                return self._comparison(node, left, right)
            case _:
                return self._arithmetic(node, left, right)

    def _equality(self, node: Binary, left: Code, right: Code) -> Code:
        _join(left.type, right.type, node.at, f"`{node.operator}`")
        kinds = {left.type.kind, right.type.kind}
        if "null" in kinds:
            text = f"({left.text} is None)" if right.type.kind == "null" else f"({right.text} is None)"
            return Code(text if node.operator == "==" else f"(not {text})", BOOL)
        if "dyn" not in kinds and kinds <= SCALARS:
            return Code(f"({left.text} {node.operator} {right.text})", BOOL)
        compare = self._equal(left.type, right.type)
        text = f"{compare}({left.text}, {right.text})"
        return Code(text if node.operator == "==" else f"(not {text})", BOOL)

    def _equal(self, left: Type, right: Type) -> str:
        """The name of a function that compares values of these types."""
        if "dyn" in (left.kind, right.kind) or _plain_item(left) or _plain_item(right):
            if left.kind == "list" and left.list_type in ("set", "map"):
                return self._bind(_typed_equal(left))
            return "_equal"
        return self._bind(_typed_equal(left))

    def _membership(self, node: Binary, left: Code, right: Code) -> Code:
        kind = right.type.kind
        if kind == "map":
            if left.type.kind not in (right.type.key, "dyn"):
                raise CompileError(f"`in` at offset {node.at}: a {right.type} has no {left.type} keys")
            text = (
                f"({left.text} in {right.text})" if left.type.kind != "dyn" else f"_contains({right.text}, {left.text})"
            )
            return Code(text, BOOL)
        if kind == "list":
            item = right.type.item or left.type
            _join(left.type, item, node.at, "`in`")
            if left.type.kind in SCALARS and item.kind == left.type.kind:
                return Code(f"({left.text} in {right.text})", BOOL)
            if "dyn" in (left.type.kind, item.kind):
                return Code(f"_contains({right.text}, {left.text})", BOOL)
            compare = self._equal(item, left.type)
            return Code(f"{self._bind(_contains_with)}({compare}, {right.text}, {left.text})", BOOL)
        if kind == "dyn":
            return Code(f"_contains({right.text}, {left.text})", BOOL)
        raise CompileError(f"`in` at offset {node.at} needs a list or a map, found a {right.type}")

    def _comparison(self, node: Binary, left: Code, right: Code) -> Code:
        kinds = {left.type.kind, right.type.kind}
        if (len(kinds) == 1 and kinds <= ORDERED) or kinds == {"int", "double"}:
            return Code(f"({left.text} {node.operator} {right.text})", BOOL)
        if "dyn" in kinds and kinds <= ORDERED | {"dyn"}:
            return Code(f"_compare({node.operator!r}, {left.text}, {right.text})", BOOL)
        raise CompileError(f"`{node.operator}` at offset {node.at} cannot order {left.type} and {right.type}")

    def _arithmetic(self, node: Binary, left: Code, right: Code) -> Code:
        operator, kinds = node.operator, (left.type.kind, right.type.kind)
        if "dyn" in kinds:
            return Code(f"_arithmetic({operator!r}, {left.text}, {right.text})", DYN)
        known = ARITHMETIC.get((operator, *kinds))
        if known is None:
            raise CompileError(f"`{operator}` at offset {node.at} does not apply to {left.type} and {right.type}")
        result = Type(known[1])
        native = _NATIVE_ARITHMETIC.get((operator, kinds[0])) if kinds[0] == kinds[1] else None
        if kinds[0] == "list":
            result = _join(left.type, right.type, node.at, "`+`")
            if left.type.list_type == "map":
                raise UnsupportedCel("`+` of lists of type map is not supported")
            if left.type.list_type == "set":
                native = "_union({0}, {1})"
        if native is None:
            return Code(f"{self._bind(known[0])}({left.text}, {right.text})", result)
        return Code(native.format(left.text, right.text), result)

    # Collections and macros

    def _list(self, node: ListLiteral) -> Code:
        items = [self.emit(item) for item in node.items]
        joined = None
        for code, item in zip(items, node.items, strict=True):
            joined = code.type if joined is None else _join(joined, code.type, item.at, "the items of a list")
        return Code(f"[{', '.join(code.text for code in items)}]", Type("list", joined))

    def _mixed(self, node: Node) -> Code:
        """An argument of format(): the only lists whose items may have different types."""
        if not isinstance(node, ListLiteral):
            return self.emit(node)
        return Code(f"[{', '.join(self.emit(item).text for item in node.items)}]", Type("list", DYN))

    def _map(self, node: MapLiteral) -> Code:
        parts: list[str] = []
        joined: Type | None = None
        key_type: Type | None = None
        for key_node, value_node in node.entries:
            key, value = self.emit(key_node), self.emit(value_node)
            if key.type.kind not in ("string", "int"):
                raise UnsupportedCel(f"maps with keys of type {key.type} are not supported")
            key_type = key.type if key_type is None else _join(key_type, key.type, key_node.at, "the keys of a map")
            joined = value.type if joined is None else _join(joined, value.type, value_node.at, "the values of a map")
            parts.append(f"{key.text}: {value.text}")
        kind = "string" if key_type is None else key_type.kind
        return Code(f"{{{', '.join(parts)}}}", Type("map", joined, key=kind))

    def _variable(self, name: str, type_: Type) -> tuple[str, _Generator]:
        """A Python name for a variable, and a generator that knows it."""
        self._variables += 1
        python = f"v{self._variables}"
        inner = _Generator(
            {**self.scope, name: type_},
            self.absorbing,
            self.names,
            self.used,
            {**self._python, name: python},
            self._variables,
        )
        return python, inner

    def _fold(self, node: Fold) -> Code:
        target = self.emit(node.target)
        kind = target.type.kind
        if kind == "list":
            items, item = target.text, _element(target.type)
        elif kind == "map":
            items, item = target.text, Type(target.type.key)
        elif kind == "dyn":
            items, item = f"_iterate({target.text})", DYN
        else:
            raise CompileError(f"{node.macro}() at offset {node.at} needs a list or a map, found a {target.type}")
        variable, inner = self._variable(node.variable, item)
        predicate = "" if node.predicate is None else inner._condition(node.predicate)
        transform = None if node.transform is None else inner.emit(node.transform)
        self._variables = inner._variables
        match node.macro:
            case "all" | "exists" if self.absorbing:
                return Code(f"_{node.macro}({items}, lambda {variable}: {predicate})", BOOL)
            case "all" | "exists":
                word = "all" if node.macro == "all" else "any"
                return Code(f"{word}({predicate} for {variable} in {items})", BOOL)
            case "exists_one":
                return Code(f"(sum(1 for {variable} in {items} if {predicate}) == 1)", BOOL)
            case "filter":
                text = f"[{variable} for {variable} in {items} if {predicate}]"
                return Code(text, Type("list", item))
            case _:
                assert transform is not None  # noqa: S101 - the parser gives every map() one
                condition = f" if {predicate}" if predicate else ""
                return Code(f"[{transform.text} for {variable} in {items}{condition}]", Type("list", transform.type))

    def _optional_map(self, node: OptionalMap) -> Code:
        target = self.emit(node.target)
        if target.type.kind != "optional":
            raise CompileError(f"optMap() at offset {node.at} needs an optional, found a {target.type}")
        variable, inner = self._variable(node.variable, target.type.item or DYN)
        body = inner.emit(node.body)
        self._variables = inner._variables
        result = body.type if node.flat else Type("optional", body.type)
        return Code(f"_opt_map({target.text}, lambda {variable}: {body.text}, flat={node.flat})", result)

    # Functions

    def _call(self, node: Call) -> Code:
        name, target = node.name, node.target
        if isinstance(target, Ident) and target.name in NAMESPACES and target.name not in self.scope:
            qualified = f"{target.name}.{name}"
            if (qualified, False) in OVERLOADS:
                name, target = qualified, None
        method = target is not None
        nodes = node.args if target is None else (target, *node.args)
        args = tuple(self._mixed(arg) if name == "format" else self.emit(arg) for arg in nodes)
        overloads = OVERLOADS.get((name, method))
        if overloads is None:
            raise UnsupportedCel(f"the function `{name}` is not supported")
        arg_types = tuple(arg.type for arg in args)
        fitting = [overload for overload in overloads if _fits(overload, arg_types)]
        if not fitting:
            found = ", ".join(str(kind) for kind in arg_types)
            raise CompileError(f"no overload of {name}() at offset {node.at} takes ({found})")
        if name == "format":
            _check_format(nodes[0])
        elif name == "type" and arg_types[0].kind != "dyn":
            return Code(self._bind(values.type_name(arg_types[0].kind)), TYPE)
        elif name in ("indexOf", "lastIndexOf") and arg_types[0].kind == "list":
            _join(arg_types[0].item or DYN, arg_types[1], node.at, f"{name}()")
        elif name in _ITEMS and arg_types[0].item and arg_types[0].item.kind not in _ITEMS[name] | {"dyn"}:
            raise CompileError(f"{name}() at offset {node.at} does not take a {arg_types[0]}")
        elif name in _PATTERNS and isinstance(nodes[1], Literal) and arg_types[0].kind == "string":
            return self._pattern(name, args[0].text, str(nodes[1].value), fitting[0])
        return self._overload(name, method, args, fitting)

    def _overload(self, name: str, method: bool, args: tuple[Code, ...], fitting: list[Overload]) -> Code:
        arg_types = tuple(arg.type for arg in args)
        texts = [arg.text for arg in args]
        exact = [
            overload
            for overload in fitting
            if all(want in ("any", arg.kind) for want, arg in zip(overload.kinds, arg_types, strict=True))
        ]
        results = [overload.type(arg_types) for overload in fitting]
        if not exact:
            known = results[0] if len({str(result) for result in results}) == 1 else DYN
            return Code(f"_call({name!r}, {method}, {', '.join(texts)})", known)
        chosen = exact[0]
        result = chosen.type(arg_types)
        if chosen.inline:
            return Code(chosen.inline.format(*texts), result)
        return Code(f"{self._bind(chosen.run)}({', '.join(texts)})", result)

    def _pattern(self, name: str, text: str, pattern: str, overload: Overload) -> Code:
        """A constant pattern is compiled with the expression: a bad one is a mistake of the rule."""
        try:
            regex.compile_pattern(pattern)
        except EvalError as error:
            raise CompileError(str(error)) from error
        return Code(f"{self._bind(regex.cached(_PATTERNS[name], pattern))}({text})", overload.type(()))


def _fits(overload: Overload, args: tuple[Type, ...]) -> bool:
    return len(overload.kinds) == len(args) and all(
        want == "any" or arg.kind in (want, "dyn") for want, arg in zip(overload.kinds, args, strict=True)
    )


def _check_format(template: Node) -> None:
    if not isinstance(template, Literal):
        raise UnsupportedCel("format() of a string that is not a literal is not supported")
    for clause in functions.format_clauses(str(template.value)):
        if clause not in functions.FORMAT_CLAUSES:
            raise UnsupportedCel(f"the clause `%{clause}` of format() is not supported")


def _not_null(type_: Type) -> Type:
    if not type_.nullable:
        return type_
    return Type(type_.kind, type_.item, type_.key, type_.fields, False, type_.list_type, type_.list_keys)


def _element(container: Type) -> Type:
    """What an index or a macro gives: nullable items other than objects are known only when they run."""
    item = container.item
    if item is None or container.kind == "dyn" or (item.nullable and item.kind != "object"):
        return DYN
    return item


def _join(left: Type, right: Type, at: int, what: str) -> Type:
    """The type of a value that is one of the two.

    Raises:
        CompileError: they cannot be mixed.
    """
    if left.kind == "dyn" or right.kind == "dyn":
        return DYN
    if left.kind == "null" and right.kind not in SCALARS - {"null"}:
        return right
    if right.kind == "null" and left.kind not in SCALARS - {"null"}:
        return left
    if left.kind != right.kind or (left.kind == "map" and left.item and right.item and left.key != right.key):
        raise CompileError(f"{what} at offset {at} mixes {left} and {right}")
    if left.kind in ("list", "map", "optional"):
        if left.item is None:
            return right
        if right.item is not None:
            _join(left.item, right.item, at, what)
    return left


def _needs_conversion(type_: Type) -> bool:
    """Whether a value as JSON has it is not yet one of the expression; objects convert field by field."""
    if type_.kind in ("list", "map", "optional") and type_.item is not None:
        return _needs_conversion(type_.item)
    return type_.kind in CONVERTED


def _converter(type_: Type) -> Callable[[Any], Any]:
    """A function from a value as JSON has it to one of the expression; converted ones pass through."""
    match type_.kind:
        case "double":
            return float
        case "bytes":
            return lambda value: values.base64(value) if isinstance(value, str) else value
        case "duration":
            return lambda value: values.duration(value, long_units=True) if isinstance(value, str) else value
        case "timestamp":
            return lambda value: values.timestamp(value) if isinstance(value, str) else value
    assert type_.item is not None  # noqa: S101 - only containers with a known item need conversion
    inner = _converter(type_.item)
    if type_.kind == "list":
        return lambda value: [None if item is None else inner(item) for item in value]
    if type_.kind == "map":
        return lambda value: {key: None if item is None else inner(item) for key, item in value.items()}
    return lambda value: values.Optional(inner(value.value), True) if value.present else value


def _plain_item(type_: Type) -> bool:
    """A container whose items are not known well enough to compare them by type."""
    if type_.kind in ("list", "map", "optional"):
        return type_.item is None or type_.item.kind == "dyn" or _plain_item(type_.item)
    return False


def _contains_with(compare: Callable[[Any, Any], bool], items: list[Any], item: Any) -> bool:
    return any(compare(other, item) for other in items)


def _typed_equal(type_: Type) -> Callable[[Any, Any], bool]:
    """Equality as the server has it for data with a schema (k8s.io/apiserver, pkg/cel/common/values):

    lists of type set and map ignore the order, and an object with a null in it equals nothing.
    """

    def equal(left: Any, right: Any) -> bool:
        return _equal_values(left, right, type_)

    return equal


def _equal_values(left: Any, right: Any, type_: Type) -> bool:
    if left is None or right is None:
        return left is right
    if type_.kind == "list" and isinstance(left, list) and isinstance(right, list):
        return _equal_lists(left, right, type_)
    if type_.kind == "map" and type_.item is not None and isinstance(left, dict) and isinstance(right, dict):
        return len(left) == len(right) and all(
            key in right and _equal_values(item, right[key], type_.item) for key, item in left.items()
        )
    if type_.kind == "object" and isinstance(left, dict) and isinstance(right, dict):
        return len(left) == len(right) and all(
            _equal_property(left, right, name, type_.fields.by_name(name) if type_.fields else None) for name in left
        )
    if type_.kind in CONVERTED:
        convert = _converter(type_)
        return bool(convert(left) == convert(right))
    return values.equal(left, right)


def _equal_property(left: Mapping[str, Any], right: Mapping[str, Any], name: str, known: Type | None) -> bool:
    if known is None:  # kept, but without a schema
        return name not in right or values.equal(left[name], right[name])
    return right.get(name) is not None and left[name] is not None and _equal_values(left[name], right[name], known)


def _equal_lists(left: list[Any], right: list[Any], type_: Type) -> bool:
    if len(left) != len(right):
        return False
    item = type_.item or DYN
    if type_.list_type == "set":
        return all(any(values.equal(other, wanted) for other in left) for wanted in right)
    if type_.list_type == "map":
        by_key = {_key(entry, type_.list_keys): entry for entry in left}
        found = [(by_key.get(_key(entry, type_.list_keys)), entry) for entry in right]
        return all(entry is not None and _equal_values(entry, wanted, item) for entry, wanted in found)
    return all(_equal_values(a, b, item) for a, b in zip(left, right, strict=True))


def _key(entry: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(entry.get(name) for name in names) if isinstance(entry, dict) else ()
