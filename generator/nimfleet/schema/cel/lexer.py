"""Text → tokens, after the lexis of the CEL language definition."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nimfleet.schema.cel.errors import CompileError, UnsupportedCel

KEYWORDS: Final = frozenset(["false", "in", "null", "true"])

RESERVED: Final = KEYWORDS | frozenset(
    [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
        "namespace", "return", "var", "void", "while",
    ]
)  # fmt: skip
"""Words that cannot be identifiers."""

_TOKEN: Final = re.compile(
    r"""
    (?P<skip>[ \t\r\n\f]+|//[^\n]*)
  | (?P<string>[bB]?(?:
        \"\"\"(?:[^\\]|\\.)*?\"\"\" | '''(?:[^\\]|\\.)*?'''
      | "(?:[^"\\\r\n]|\\.)*" | '(?:[^'\\\r\n]|\\.)*'
    ))
  | (?P<float>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
  | (?P<int>0x[0-9a-fA-F]+[uU]?|[0-9]+[uU]?)
  | (?P<ident>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<op>&&|\|\||==|!=|<=|>=|\.\?|\[\?|[-+*/%!<>?:.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
# In a raw string a backslash is an ordinary character, so its end is found without escapes.
_RAW: Final = re.compile(
    r"""(?P<prefix>[bB]?[rR])(?:\"\"\"(.*?)\"\"\"|'''(.*?)'''|"([^"\r\n]*)"|'([^'\r\n]*)')""", re.DOTALL
)
_ESCAPE: Final = re.compile(
    r"\\(x[0-9a-fA-F]{2}|X[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.|\Z)", re.S
)
_SIMPLE: Final = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "?": "?", '"': '"', "'": "'", "`": "`",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is ident, int, float, string, bytes, end, or the text of an operator or keyword."""

    kind: str
    at: int
    value: str | int | float | bytes


def tokens(text: str) -> list[Token]:
    """The tokens of ``text``, closed by one of kind ``end``.

    Raises:
        CompileError: a character or literal that is not CEL.
        UnsupportedCel: an unsigned literal.
    """
    out: list[Token] = []
    at = 0
    while at < len(text):
        raw = _RAW.match(text, at) if text[at] in "rRbB" else None
        if raw is not None:
            content = next(part for part in raw.groups()[1:] if part is not None)
            is_bytes = len(raw["prefix"]) == 2
            out.append(Token("bytes", at, content.encode()) if is_bytes else Token("string", at, content))
            at = raw.end()
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            raise CompileError(f"unexpected character {text[at]!r} at offset {at}")
        kind = str(match.lastgroup)
        if kind != "skip":
            out.append(_token(kind, match[0], at))
        at = match.end()
    out.append(Token("end", at, ""))
    return out


def _token(kind: str, text: str, at: int) -> Token:
    match kind:
        case "ident":
            return Token(text if text in KEYWORDS else "ident", at, text)
        case "int":
            if text[-1] in "uU":
                raise UnsupportedCel(f"unsigned integers (`{text}`) are not supported")
            return Token("int", at, int(text, 16 if text.startswith("0x") else 10))
        case "float":
            return Token("float", at, float(text))
        case "string":
            return _string(text, at)
        case _:
            return Token(text, at, text)


def _string(text: str, at: int) -> Token:
    is_bytes = text[0] in "bB"
    body = text[1:] if is_bytes else text
    width = 3 if body[:3] in ('"""', "'''") and len(body) >= 6 else 1
    body = body[width:-width]
    if is_bytes:
        return Token("bytes", at, b"".join(_bytes(body, at)))
    if "\\" not in body:
        return Token("string", at, body)
    return Token("string", at, _ESCAPE.sub(lambda match: _character(match[1], at), body))


def _character(escape: str, at: int) -> str:
    if escape in _SIMPLE:
        return _SIMPLE[escape]
    try:
        if escape[:1] in ("x", "X", "u", "U") and len(escape) > 1:
            return _scalar(int(escape[1:], 16))
        if len(escape) == 3:
            return chr(int(escape, 8))
    except ValueError:
        pass
    raise CompileError(f"unknown escape `\\{escape}` in the string at offset {at}")


def _scalar(code: int) -> str:
    if 0xD800 <= code < 0xE000:
        raise ValueError
    return chr(code)


def _bytes(body: str, at: int) -> list[bytes]:
    """In a byte string, ``\\x`` and octal escapes are bytes; the rest is UTF-8."""
    out: list[bytes] = []
    done = 0
    for match in _ESCAPE.finditer(body):
        out.append(body[done : match.start()].encode())
        escape = match[1]
        if escape[:1] in ("u", "U"):
            raise CompileError(f"`\\{escape[:1]}` is not allowed in the byte string at offset {at}")
        character = _character(escape, at)
        out.append(bytes([ord(character)]) if len(escape) == 3 else character.encode())
        done = match.end()
    out.append(body[done:].encode())
    return out
