"""Telling at a glance that yamllint has nothing to remark.

yamllint reads some hundred KiB a second. Most manifests are so plain that its rules can be seen to hold line by
line: one scalar a line, steps of two spaces, no odd spacing. What is not certainly so, and every configuration
with rules beyond those looked at here, is for yamllint itself. Tests hold this against yamllint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_TIDY = re.compile(
    r"(?P<indent>(?:  )*)(?P<dash>- )?"
    r"(?:(?P<key>[A-Za-z0-9_][A-Za-z0-9_./-]*):(?: (?P<value>[!-~](?:[ -~]*[!-~])?))?|(?P<item>[!-~](?:[ -~]*[!-~])?))"
)
_COMMENT = re.compile(r"(?:  )*# [!-~](?:[ -~]*[!-~])?")
_SCALAR = re.compile(r"""[A-Za-z0-9_./$(+~=^;<\\][ -~]*|-[!-~][ -~]*|"[^"\\]*"|'[^']*'|\{\}|\[\]""")
_TRUTHY: Final = frozenset(("yes", "no", "on", "off", "true", "false", "y", "n"))
_LISTS: Final = {"whatever": (0, 2), "consistent": (0, 2), True: (2,), False: (0,)}
# What a rule must be set to for this module to know what it wants.
_KNOWN: Final[Mapping[str, Mapping[str, Any]]] = {
    "anchors": {},
    "braces": {"forbid": False, "min-spaces-inside-empty": -1, "max-spaces-inside-empty": -1},
    "brackets": {"forbid": False, "min-spaces-inside-empty": -1, "max-spaces-inside-empty": -1},
    "colons": {},
    "commas": {},
    "comments": {},
    "comments-indentation": {},
    "empty-lines": {},
    "hyphens": {},
    "indentation": {},
    "key-duplicates": {},
    "line-length": {},
    "new-line-at-end-of-file": {},
    "new-lines": {"type": "unix"},
    "trailing-spaces": {},
    "truthy": {},
}
_DOCUMENT = re.compile(r"^---$", re.MULTILINE)
_NESTED = re.compile(r":\n  [A-Za-z0-9_]")
_REMEMBERED = 50_000
_ANYWHERE: Final = -1  # a comment, in place of an indent
_AT_THE_TOP: Final = -2  # a comment that is indented well only before a document's content
_Seen = tuple[int, bool, bool, bool]  # indent, with a dash, with a key, with the value on other lines


def _parts(text: str) -> list[tuple[str, int]]:
    """The documents of a text, with the number of lines before each."""
    starts = sorted({0, *(match.start() for match in _DOCUMENT.finditer(text))})
    parts = []
    lines = 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        parts.append((text[start:end], lines))
        lines += text.count("\n", start, end)
    return parts


class Glance:
    """Knows what one configuration wants of plain files."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        enabled = {name: options for name, options in rules.items() if options is not False}
        self._usable = all(
            name in _KNOWN and all(options.get(key) == value for key, value in _KNOWN[name].items())
            for name, options in enabled.items()
        )
        self._width = enabled.get("line-length", {}).get("max", 1 << 20)
        self._comments = "comments-indentation" not in enabled
        truthy = enabled.get("truthy")
        self._forbidden = _TRUTHY - set(truthy["allowed-values"]) if truthy else frozenset()
        self._forbidden_keys = self._forbidden if truthy and truthy["check-keys"] else frozenset()
        indentation = enabled.get("indentation", {"spaces": "consistent", "indent-sequences": "whatever"})
        self._spaces = indentation["spaces"]
        self._usable = self._usable and self._spaces in ("consistent", 2)
        self._lists = indentation["indent-sequences"]
        for name in ("colons", "hyphens"):
            self._usable = self._usable and enabled.get(name, {}).get("max-spaces-after", 1) in (-1, 1)
        self._known: dict[str, _Seen | None] = {}

    def clean(self, text: str) -> bool:
        """Whether yamllint certainly has no remark on the text; False is no verdict."""
        if not self._usable or not text.endswith("\n") or text[0] in " \n":
            return False
        stack: list[tuple[int, bool]] = []
        indent, in_list = 0, False
        waiting = False
        fresh = True  # nothing yet in this document
        step = -1
        steps = _LISTS.get(self._lists, ())
        known = self._known
        for line in text[:-1].split("\n"):
            if line == "---":
                stack.clear()
                indent, in_list, waiting, fresh = 0, False, False, True
                continue
            seen = known[line] if line in known else self._look(line)
            if seen is None:
                return False
            here, dash, inner, opens = seen
            if here < 0:
                if here == _AT_THE_TOP and not fresh:
                    return False
                continue
            if fresh:
                if here:
                    return False
                fresh, in_list = False, dash
            if waiting:
                if here > indent or (dash and here == indent and not in_list):
                    wide = here - indent
                    if dash:
                        if wide not in steps or (self._lists != "whatever" and step not in (-1, wide)):
                            return False
                        step = wide
                    elif wide != 2:
                        return False
                    stack.append((indent, in_list))
                    indent, in_list = here, dash
                waiting = False
            while indent != here or dash is not in_list:
                if indent < here or not stack:
                    return False
                indent, in_list = stack.pop()
            if dash:
                if not inner:
                    continue
                stack.append((indent, in_list))
                indent, in_list = here + 2, False
            waiting = opens
        return True

    def remains(self, text: str) -> list[tuple[str, int]]:
        """The parts of a text that yamllint must look at, each with the number of lines before it; none when it
        is clean. Together they are judged as they would be in the whole.

        yamllint's rules look at one document at a time, but for the beginning and the end of the file, the first
        step of indents (where any is good, as long as it is used throughout), and its own directives.
        """
        parts = _parts(text)
        dirty = [not self.clean(part) for part, _ in parts]
        if not any(dirty):
            return []
        alone = "yamllint" in text or self._lists == "consistent" or not self._usable
        if alone or (self._spaces != 2 and (dirty[0] or not _NESTED.search(parts[0][0]))):
            return [(text, 0)]
        last = len(parts) - 1
        return [part for number, part in enumerate(parts) if dirty[number] or number in (0, last)]

    def _look(self, line: str) -> _Seen | None:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[line] = seen = self._read(line)
        return seen

    def _read(self, line: str) -> _Seen | None:
        if len(line) > self._width:
            return None
        if _COMMENT.fullmatch(line):
            if self._comments:
                return (_ANYWHERE, False, False, False)
            return (_AT_THE_TOP, False, False, False) if line[0] == "#" else None
        match = _TIDY.fullmatch(line)
        if match is None:
            return None
        indent, dash, key, value, item = match.groups()
        content = item if key is None else value
        if (key is None and not dash) or (key is not None and key.lower() in self._forbidden_keys):
            return None
        if content is not None and not self._scalar(content):
            return None
        return (len(indent), dash is not None, key is not None, key is not None and value is None)

    def _scalar(self, text: str) -> bool:
        if not _SCALAR.fullmatch(text) or text.startswith(("---", "...")):
            return False
        if text[0] in "\"'":
            return True
        plain = ": " not in text and " #" not in text and text[-1] != ":"
        # Words with other capitals than `true` are truthy, too.
        lower = text.lower()
        return plain and not (
            lower in _TRUTHY and bool(self._forbidden) and (lower in self._forbidden or lower != text)
        )


def remarks(text: str, settings: Any, glance: Glance, path: str) -> list[tuple[int, int, str, str]]:
    """What yamllint remarks on a text that holds YAML: line, column, words and rule, in order."""
    remains = glance.remains(text)
    if not remains:
        return []
    from yamllint import linter  # noqa: PLC0415 - slow to import, and often not needed

    whole = "".join(part for part, _ in remains)
    if text.lstrip("# \t").startswith("yamllint"):
        problems = linter.run(whole, settings, path)
    else:
        # `run` without its search for syntax errors, which takes as long and has been done; only it knows
        # `# yamllint disable-file`.
        problems = linter.get_cosmetic_problems(whole, settings, path)
    shifts: list[tuple[int, int]] = []  # lines of `whole` before a part, and how many more there are in the text
    before = 0
    for part, lines in remains:
        shifts.append((before, lines - before))
        before += part.count("\n")
    found = []
    for problem in problems:
        if problem.rule:
            shift = next(shift for begun, shift in reversed(shifts) if problem.line > begun)
            found.append((problem.line + shift, problem.column, problem.desc, problem.rule))
    return found
