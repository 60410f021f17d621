"""What can go wrong with an expression: when it is compiled, and when it is evaluated."""

from __future__ import annotations

from typing import Final

from nimfleet.errors import NimfleetError


class CompileError(NimfleetError):
    """An expression that an API server would refuse too: bad syntax, an unknown field, a type mismatch."""


class UnsupportedCel(CompileError):  # noqa: N818 - what it reports is no mistake of the user
    """Valid CEL that nimfleet cannot evaluate; the text names the function, macro or syntax."""


class EvalError(Exception):
    """An evaluation that ends in an error, such as ``no such key: x``."""


ERRORS: Final = (EvalError, LookupError, ArithmeticError)
"""All exceptions that stand for an error of CEL; compiled code lets Python raise most of them."""


def describe(error: BaseException) -> str:
    """The API server's words for one of :data:`ERRORS`."""
    if isinstance(error, KeyError):
        return f"no such key: {error.args[0]}"
    if isinstance(error, IndexError):
        return "index out of bounds"
    if isinstance(error, ZeroDivisionError):
        return "division by zero"
    return str(error)
