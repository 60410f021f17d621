"""The syntax of Go templates as external-secrets reads them (engine v2), and what of it is wrong in one.

It is checked what parsing refuses: actions, texts, parentheses, pipelines, control structures, names of functions and
variables. Whether a function takes its arguments shows only when the template is filled in. Sources: Go, text/template;
external-secrets v2.9.0, runtime/template/v2 (its functions, and sprig's without ``env`` and ``expandenv``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

from nimfleet.suggest import did_you_mean

_BUILTIN = "and call eq ge gt html index js le len lt ne not or print printf println slice urlquery"
_OWN = (
    "certSANs filterCertChain filterPEM fromProperties fromYaml fullPemToPkcs12 fullPemToPkcs12Pass jwkPrivateKeyPem "
    "jwkPublicKeyPem pemToPkcs12 pemToPkcs12Pass pemTruststoreToPKCS12 pemTruststoreToPKCS12Pass pkcs12cert "
    "pkcs12certPass pkcs12key pkcs12keyPass rsaDecrypt toYaml"
)
_SPRIG = (
    "abbrev abbrevboth add add1 add1f addf adler32sum ago all any append atoi b32dec b32enc b64dec b64enc base bcrypt "
    "biggest buildCustomCert camelcase cat ceil chunk clean coalesce compact concat contains date dateInZone dateModify "
    "date_in_zone date_modify decryptAES deepCopy deepEqual default derivePassword dict dig dir div divf duration "
    "durationRound empty encryptAES ext fail first float64 floor fromJson genCA genCAWithKey genPrivateKey "
    "genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey get getHostByName has hasKey "
    "hasPrefix hasSuffix hello hexdec htmlDate htmlDateInZone htpasswd indent initial initials int int64 isAbs join "
    "kebabcase keys kindIs kindOf last list lower max maxf merge mergeOverwrite min minf mod mul mulf mustAppend "
    "mustChunk mustCompact mustDateModify mustDeepCopy mustFirst mustFromJson mustHas mustInitial mustLast mustMerge "
    "mustMergeOverwrite mustPrepend mustPush mustRegexFind mustRegexFindAll mustRegexMatch mustRegexReplaceAll "
    "mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse mustSlice mustToDate mustToJson mustToPrettyJson "
    "mustToRawJson mustUniq mustWithout must_date_modify nindent nospace now omit osBase osClean osDir osExt osIsAbs "
    "pick pluck plural prepend push quote randAlpha randAlphaNum randAscii randBytes randInt randNumeric "
    "regexFind regexFindAll regexMatch regexQuoteMeta regexReplaceAll regexReplaceAllLiteral regexSplit repeat replace "
    "rest reverse round semver semverCompare seq set sha1sum sha256sum sha512sum shuffle slice snakecase sortAlpha "
    "split splitList splitn squote sub subf substr swapcase ternary title toDate toDecimal toJson toPrettyJson "
    "toRawJson toString toStrings trim trimAll trimPrefix trimSuffix trimall trunc tuple typeIs typeIsLike typeOf "
    "uniq unixEpoch unset until untilStep untitle upper urlJoin urlParse uuidv4 values without wrap wrapWith"
)
FUNCTIONS: Final = frozenset(f"{_BUILTIN} {_OWN} {_SPRIG}".split())
"""The functions that a template may call."""

_KEYWORDS = frozenset({"block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"})
_CONSTANTS = frozenset({"true", "false", "nil"})
_LEFT_OUT = frozenset({"env", "expandenv"})
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<text>"(?:[^"\\\n]|\\.)*" | `[^`]*`)
      | (?P<number>'(?:[^'\\\n]|\\.)+' | [+-]?(?:\d|\.\d)[\w.]*(?:(?<=[eEpP])[+-]\d+)?)
      | (?P<field>\.[^\W\d]\w*)
      | (?P<dot>\.)
      | (?P<variable>\$\w*)
      | (?P<word>[^\W\d]\w*)
      | (?P<sign>:=|[=|(),])""",
    re.VERBOSE,
)
_COMMENT = re.compile(r"/\*.*?\*/(?:\s+-)?\}\}", re.DOTALL)
_TRIMMED_START = re.compile(r"-\s+")
_END = re.compile(r"(?:\s+-)?\}\}")
# Where a variable may be used is not asked, but whether it is set anywhere.
_ASSIGNED = re.compile(r"(\$\w+)\s*(?:,\s*(\$\w+)\s*)?:?=")
_DASHED = re.compile(r"\.[^\W\d]\w*(?:-\w+)+$")
_LONGEST_NAME = 253
# Only what can be called, or looked up, may take the value of a pipe.
_VALUES = ("text", "number", "dot")


class _RefusedError(Exception):
    """Why a template does not parse."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


@dataclass(slots=True)
class _Block:
    """An open control structure."""

    word: str
    after_else: bool = False


@dataclass(slots=True)
class _Reader:
    """What is known of a template while its actions are read."""

    variables: frozenset[str]
    blocks: list[_Block] = field(default_factory=list)

    def action(self, tokens: Sequence[_Token]) -> None:
        """One action without its delimiters, and without white space around it."""
        word = tokens[0].text if tokens and tokens[0].kind == "word" else ""
        if word not in _KEYWORDS:
            self._pipeline(tokens, "an action")
            return
        rest = _stripped(tokens[1:])
        if word in ("break", "continue", "end"):
            if rest:
                raise _RefusedError(f"`{rest[0].text}` stands behind `{word}`, which takes nothing")
            if word != "end" and not any(block.word == "range" for block in self.blocks):
                raise _RefusedError(f"`{word}` stands outside of a `range`")
            if word == "end":
                if not self.blocks:
                    raise _RefusedError("there is an `{{ end }}` that ends nothing: remove it")
                self.blocks.pop()
        elif word == "else":
            self._else(rest)
        elif word in ("define", "block", "template"):
            if not rest or rest[0].kind != "text":
                raise _RefusedError(f"`{word}` has no name in quotes")
            argument = _stripped(rest[1:])
            if word == "block" or argument:
                self._pipeline(argument, f"`{word}`")
            if word != "template":
                self.blocks.append(_Block(word))
        else:
            self._pipeline(rest, f"`{word}`")
            self.blocks.append(_Block(word))

    def _else(self, rest: Sequence[_Token]) -> None:
        block = self.blocks[-1] if self.blocks else _Block("")
        if block.word not in ("if", "with", "range") or block.after_else:
            raise _RefusedError("there is an `{{ else }}` without an `{{ if }}` before it")
        if not rest:
            block.after_else = True
            return
        if rest[0].text != block.word or block.word == "range":
            raise _RefusedError(f"`{rest[0].text}` stands behind `else`")
        self._pipeline(_stripped(rest[1:]), f"`{rest[0].text}`")

    def _pipeline(self, tokens: Sequence[_Token], where: str) -> None:
        position = _declared(tokens)
        position = self._commands(tokens, position, where)
        if position < len(tokens):
            raise _RefusedError("there is a `)` without a `(`: remove it")

    def _commands(self, tokens: Sequence[_Token], position: int, where: str) -> int:
        """Commands with pipes between them, up to the end or a closing parenthesis."""
        stage = 0
        while True:
            stage += 1
            operands = 0
            while True:
                while position < len(tokens) and tokens[position].kind == "space":
                    position += 1
                if position >= len(tokens) or tokens[position].text in ("|", ")"):
                    break
                token = tokens[position]
                if stage > 1 and not operands and (token.kind in _VALUES or token.text in _CONSTANTS):
                    raise _RefusedError(f"what stands behind a `|` must be a function, and {_shown(token)} is none")
                position = self._operand(tokens, position)
                operands += 1
            closed = position >= len(tokens) or tokens[position].text == ")"
            if not operands and (stage == 1 or not closed):  # Go passes over a last `|`
                raise _RefusedError(f"there is no value in {where}" if stage == 1 else "there is nothing behind a `|`")
            if closed:
                return position
            position += 1

    def _operand(self, tokens: Sequence[_Token], position: int) -> int:
        """One value with the fields that are taken of it; what follows must be apart from it."""
        token = tokens[position]
        if token.kind == "word":
            if token.text in _KEYWORDS:
                raise _RefusedError(f"`{token.text}` begins an action, and stands in the middle of one")
            if token.text in _LEFT_OUT:
                raise _RefusedError(
                    f"external-secrets leaves the function `{token.text}` out: take the value from `data`"
                )
            if token.text not in FUNCTIONS and token.text not in _CONSTANTS:
                raise _RefusedError(
                    f"external-secrets has no function `{token.text}`.{did_you_mean(token.text, FUNCTIONS)}"
                )
        elif token.kind == "variable" and token.text != "$" and token.text not in self.variables:
            raise _RefusedError(f"the variable `{token.text}` is not defined before")
        elif token.text == "(" and token.kind == "sign":
            position = self._commands(tokens, position + 1, "`()`")
            if position >= len(tokens):
                raise _RefusedError("there is a `(` without a `)`: close it")
        elif token.kind == "sign":
            _unexpected(token)
        position += 1
        has_fields = token.kind not in _VALUES and token.text not in _CONSTANTS
        while has_fields and position < len(tokens) and tokens[position].kind == "field":
            position += 1
        if position < len(tokens) and tokens[position].kind != "space" and tokens[position].text not in ("|", ")"):
            _unexpected(tokens[position])
        return position


def fault(template: str) -> str:
    """Why external-secrets refuses a template; ``""`` when it parses."""
    try:
        actions = [action for action in _actions(template) if action is not None]
        reader = _Reader(frozenset(name for match in _ASSIGNED.finditer(template) for name in match.groups() if name))
        for action in actions:
            reader.action(action)
        if reader.blocks:
            raise _RefusedError(f"`{{{{ {reader.blocks[-1].word} … }}}}` has no `{{{{ end }}}}`: add it")
    except _RefusedError as reason:
        return str(reason)
    except RecursionError:  # parentheses without end, of which nothing is said
        return ""
    return ""


def _actions(template: str) -> Iterator[Sequence[_Token] | None]:
    """The tokens of each action; None for a comment."""
    position = template.find("{{")
    while position >= 0:
        position += 2
        if trimmed := _TRIMMED_START.match(template, position):
            position = trimmed.end()
        if template.startswith("/*", position):
            comment = _COMMENT.match(template, position)
            if comment is None:
                raise _RefusedError("a comment `/* … */` is not closed, or more than it stands in its action")
            yield None
            position = comment.end()
        else:
            tokens, position = _tokens(template, position)
            yield _stripped(tokens)
        position = template.find("{{", position)


def _tokens(template: str, position: int) -> tuple[list[_Token], int]:
    """The tokens of one action that begins at ``position``, and where it ends."""
    tokens: list[_Token] = []
    while True:
        if end := _END.match(template, position):
            return tokens, end.end()
        match = _TOKEN.match(template, position)
        if match is None:
            _stuck(template, position)
        position = match.end()
        tokens.append(_Token(match.lastgroup or "", match[0]))


def _stuck(template: str, position: int) -> NoReturn:
    """Say why nothing that Go knows is at ``position``."""
    if position >= len(template):
        raise _RefusedError("a `{{` is not closed: write `}}` behind it")
    character = template[position]
    if character == "}":
        raise _RefusedError("a `{{` is closed with one `}`: write `}}`")
    if character in '"`':
        raise _RefusedError("a text in quotes has no end: close it")
    line = re.compile(r"[^\s{}|()]*").match(template, position)
    dashed = _DASHED.search(template[max(0, position - _LONGEST_NAME) : position] + (line[0] if line else ""))
    if character == "-" and dashed:
        name = dashed[0]
        raise _RefusedError(f'`{name}` is no name for Go, because of the dash: write `index . "{name[1:]}"`')
    raise _RefusedError(f"`{character}` cannot stand in an action")


def _declared(tokens: Sequence[_Token]) -> int:
    """Behind ``$x :=``, ``$x =`` or ``$x, $y :=`` at the start of a pipeline; 0 when there is none."""
    significant = [(index, token) for index, token in enumerate(tokens) if token.kind != "space"][:4]
    texts = [token.text for _, token in significant]
    kinds = [token.kind for _, token in significant]
    if kinds[:1] == ["variable"] and texts[1:2] in ([":="], ["="]):
        return significant[1][0] + 1
    if len(texts) == 4 and kinds[0] == kinds[2] == "variable" and texts[1] == "," and texts[3] in (":=", "="):
        return significant[3][0] + 1
    return 0


def _stripped(tokens: Sequence[_Token]) -> Sequence[_Token]:
    start, end = 0, len(tokens)
    while start < end and tokens[start].kind == "space":
        start += 1
    while end > start and tokens[end - 1].kind == "space":
        end -= 1
    return tokens[start:end]


def _shown(token: _Token) -> str:
    return "a text" if token.kind == "text" else f"`{token.text}`"


def _unexpected(token: _Token) -> NoReturn:
    raise _RefusedError(f"{_shown(token)} stands where white space or a value is to be")
