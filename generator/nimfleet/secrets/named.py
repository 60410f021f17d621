"""Values that are secrets because of the name of their field or variable, in files of any format.

The text is read, not documents: so a value is found in comments, in scripts inside of YAML and in files that do not parse,
and its place is exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nimfleet.secrets.names import ENDINGS, is_sensitive, may_name
from nimfleet.secrets.placeholder import is_name, is_placeholder, is_reference
from nimfleet.secrets.shapes import Kind, Leak, is_aws_secret

_UPPER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_ANCHOR = re.compile(
    rf"""(?P<ending>{"|".join(ENDINGS)})\\?["']?
    (?: (?P<pair>[ \t]*,?[ \t]*(?:\#[^\n]*)?\r?\n?[ \t]*\\?["']?value\\?["']?[ \t]*[:=])
      | (?P<assigned>[ \t]*(?::=|=>|[:=])(?![:=]))
      | (?P<flag>[ \t]+|,[ \t]*(?=["']))
    )[ \t]*""",
    re.VERBOSE,
)
_KEY_CHARACTER = re.compile(r"[A-Za-z0-9_.\-]+$")
_NAMED = re.compile(r"""(?:^|[^A-Za-z0-9_])(?:name|path)\\?["']?[ \t]*[:=][ \t]*\\?["']?[\w/.~-]*$""")
_BLOCK = re.compile(r"[|>][+-]?[0-9]?[+-]?[ \t]*(?:\#[^\n]*)?\r?\n")
_ADORNED = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]+)+")
_BARE = re.compile(r"[^\s,;}\])\"'`\\]+")
_PATH = re.compile(r"(?:\.{0,2}|~)/[\w.@{}-]*(?:/[\w.@{}-]*)*")
_CALL = re.compile(r"[A-Za-z_][\w.]*[(\[].*[)\]]")
_CODE = re.compile(r"[A-Za-z_]+(?:\.[A-Za-z_]+)+$|[A-Za-z]+(?:-[A-Za-z]+)+$")
_VERSION = re.compile(r"[\^~=<>v]{0,3}\d+(?:\.(?:\d+|[x*])){1,3}(?:-[a-z]+\.?\d*)?")
_SENTENCE = re.compile(r"[A-Za-z0-9][ \t]+$")
_NETRC = re.compile(r"\blogin[ \t]+\S+[ \t]+$")
_LONGEST = 4096
_PASSWORD = re.compile(r"(?:passw(?:or)?d|passphrase|pwd)$", re.IGNORECASE)
_AWS_NAME = re.compile(r"secret[-_.]?access[-_.]?key$", re.IGNORECASE)


def named(text: str) -> Iterator[Leak]:
    """Secrets in ``text`` that their names tell."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = text.translate(_UPPER)
    if not may_name(lower):
        return
    for match in _ANCHOR.finditer(lower):
        key_end = match.end("ending")
        line_start = text.rfind("\n", 0, match.start()) + 1
        head = _KEY_CHARACTER.search(text, max(line_start, match.start() - 100), key_end)
        key_start = head.start() if head else match.start()
        name = text[key_start:key_end]
        before = text[line_start:key_start]
        if not _is_key(match, before, name) or not is_sensitive(name.lstrip("-")):
            continue
        assigned = (match["assigned"] or "").strip() == "="
        found = _value(text, match.end(), before, one_word=assigned)
        if found is None:
            continue
        start, end, quoted = found
        value = text[start:end]
        prose = "#" in before or "//" in before or bool(match["assigned"] == ":" and _SENTENCE.search(before))
        if is_secret_value(name, value, strict=prose, whole=quoted or not prose):
            if _AWS_NAME.search(name) and is_aws_secret(value):
                yield Leak(start, end, Kind.AWS_KEY, "an AWS secret access key", "", 0, name.lstrip("-"))
            else:
                yield Leak(start, end, Kind.PLAIN_VALUE, f"the value of `{name.lstrip('-')}`", "", 0, name.lstrip("-"))


def is_secret_value(name: str, value: str, *, strict: bool = False, whole: bool = True) -> bool:
    """Whether ``value`` of a field whose name promises a secret is one, and neither stands for one nor names one.

    ``strict`` is for prose (comments): the value must look random. ``whole`` tells that white space belongs to it.
    """
    value = value.strip()
    password = bool(_PASSWORD.search(name))
    if len(value) < 4 or is_placeholder(value) or is_name(value) or "://" in value:
        return False
    if _VERSION.fullmatch(value) or (_PATH.fullmatch(value) and not is_aws_secret(value)):
        return False
    digit, letter = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    if any(map(str.isspace, value)):
        return (
            whole
            and password
            and not strict
            and len(value) <= 100
            and value.count(" ") <= 8
            and not is_reference(value)
        )
    if not letter:
        return password and not strict
    if _CALL.fullmatch(value):
        return False
    if _CODE.match(value) and not digit:
        return password and not strict and re.fullmatch(r"[a-z]+(?:-[a-z]+)+", value) is not None
    if password and not strict:
        return True
    cases = value != value.lower() and value != value.upper()
    return len(value) >= 8 and (digit or (cases and len(value) >= 24))


def _is_key(match: re.Match[str], before: str, name: str) -> bool:
    if match["pair"] is not None:
        return bool(_NAMED.search(before))
    if match["flag"] is not None:
        return name.startswith("--") or bool(_NETRC.search(before))
    return not before.endswith(("$", "${", "/", "@", "<"))


def _value(text: str, start: int, before: str, *, one_word: bool) -> tuple[int, int, bool] | None:
    """Where the value that begins at ``start`` is, and whether it is quoted; None where there is none on the line.
    ``one_word`` is for shells, where what comes after white space is another word."""
    if adorned := _ADORNED.match(text, start):
        start = adorned.end()
    end_of_line = text.find("\n", start, start + _LONGEST)
    end_of_line = min(len(text), start + _LONGEST) if end_of_line < 0 else end_of_line
    for quote in ('\\"', '"', "'"):
        if text.startswith(quote, start):
            begin = start + len(quote)
            end = text.find(quote, begin, end_of_line)
            return begin, end_of_line if end < 0 else end, True
    if block := _BLOCK.match(text, start):
        return _block(text, block.end(), before)
    if start >= len(text) or text[start] in "*{[`(\n\r":
        return None
    if not one_word and before.strip(" \t-") in ("", "#") and "{" not in before:
        line = text[start:end_of_line]
        comment = re.search(r"[ \t]+#", line)
        line = (line[: comment.start()] if comment else line).rstrip().rstrip(";")
        return start, start + len(line), False
    bare = _BARE.match(text, start, end_of_line)
    return None if bare is None else (start, bare.end(), False)


def _block(text: str, start: int, before: str) -> tuple[int, int, bool] | None:
    """A YAML block scalar: the lines that stand further right than its key."""
    indent = len(before) - len(before.lstrip(" -"))
    line = re.compile(rf"(?:[ \t]*\r?\n)*[ ]{{{indent + 1},}}\S[^\n]*")
    first = line.match(text, start)
    if first is None:
        return None
    end = first.end()
    while end - start < _LONGEST and (more := line.match(text, end + 1)):
        end = more.end()
    begin = start + len(text[start : first.end()]) - len(text[start : first.end()].lstrip())
    return begin, end, True
