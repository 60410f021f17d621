"""Keeping secrets out of what is printed or kept: messages, lines of files, results in the cache."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from nimfleet.manifest.parse import Document
from nimfleet.secrets.encoded import encoded
from nimfleet.secrets.kubernetes import secret_values
from nimfleet.secrets.scan import leaks_of, secret_parts
from nimfleet.secrets.shapes import shaped

MASK = "***"
_SHORTEST = 4
_PART = 8
"""Characters below which a value counts only as a word of its own."""
_LONG = 12
"""Characters that a value and a text share only when the text shows a part of the value."""
_CUT = "\N{HORIZONTAL ELLIPSIS}"
_BARELY = re.compile(rf'"[^"]{{1,{_SHORTEST - 1}}}{_CUT}')
_HOLDER = re.compile(r"""\bkind["']?\s*:\s*["']?(?:Sealed)?Secret\b""")


@lru_cache(maxsize=4096)
def masked(text: str) -> str:
    """``text`` without everything in it that has the shape of a secret; the public prefix stays."""
    leaks = [*shaped(text), *encoded(text)]
    if not leaks:
        return text
    out, done = "", 0
    for leak in sorted(leaks):
        if leak.end > done:
            out += text[done : max(done, leak.start)] + leak.public + MASK
            done = leak.end
    return out + text[done:]


def secrets_of(text: str, documents: Iterable[Document] = ()) -> frozenset[str]:
    """Every text that must not be shown of a file: what is found in its text, and the values of its Secrets."""
    text = text.removeprefix("\ufeff")
    found = {text[leak.start : leak.end] for leak in leaks_of(text, names=True)}
    if _HOLDER.search(text):
        for document in documents:
            if document.id is not None and document.id.kind in ("Secret", "SealedSecret"):
                value = document.value
                for prefix in ((), ("spec", "template"), ("spec",)):
                    for entry in secret_values(value, *prefix):
                        if entry.real:
                            found.update((entry.written, entry.plain))
    # Of a block, a message may begin with any line, indented otherwise.
    found.update([line.strip() for value in found for line in value.splitlines()])
    return frozenset(value for value in found if len(value.strip()) >= _SHORTEST)


class Hidden:
    """Values that are not to be shown, found in a text however many there are."""

    def __init__(self, values: Collection[str] = ()) -> None:
        self._by_start: dict[str, set[str]] = {}
        for value in values:
            # A message may show a value as JSON or as Python does.
            for form in {value, json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}:
                if len(form) >= _SHORTEST:
                    self._by_start.setdefault(form[:_SHORTEST], set()).add(form)

    def without(self, text: str) -> str:
        """``text`` without these values, and without parts of them that begin as they do: messages cut long values off."""
        if not self._by_start:
            return text
        out, done, at = "", 0, 0
        while at + _SHORTEST <= len(text):
            forms = self._by_start.get(text[at : at + _SHORTEST])
            end = max((_shown(text, at, form) for form in forms), default=0) if forms else 0
            if end:
                out += text[done:at] + MASK
                at = done = end
            else:
                at += 1
        return _BARELY.sub(f'"{MASK}{_CUT}', out + text[done:])


def _shown(text: str, at: int, form: str) -> int:
    """Where the part of ``form`` ends that ``text`` shows at ``at``; 0 where it is none."""
    end = at
    while end < len(text) and end - at < len(form) and text[end] == form[end - at]:
        end += 1
    if end - at == len(form):
        inside_of_a_word = text[max(0, at - 1) : at].isalnum() or text[end : end + 1].isalnum()
        return 0 if len(form) < _PART and inside_of_a_word else end
    return end if end - at >= _LONG or text.startswith(_CUT, end) else 0


class MaskedLines:
    """The lines of a file as they may be shown."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._secret = bool(_SECRET_FILE.search(text))
        self._lines = text.splitlines(keepends=True)
        self._starts: list[int] = []
        self._parts: list[tuple[int, int, str]] | None = None

    def show(self, number: int, column: int) -> tuple[str, int] | None:
        """Line ``number`` (from 1) and the column (from 0) that ``column`` (from 0) is moved to; None when there is no
        such line."""
        if not 1 <= number <= len(self._lines):
            return None
        if self._parts is None:
            # Only files with findings are shown.
            self._parts = secret_parts(self._text)
            start = 0
            for line in self._lines:
                self._starts.append(start)
                start += len(line)
        line, moved = self._line(self._lines[number - 1], self._starts[number - 1], column, self._parts)
        if self._secret:
            key, colon, value = line.partition(":")
            if colon and value.strip():
                return f"{key}: {MASK}", min(moved, len(key) + 2)
            return (line, moved) if colon else (MASK, 0)
        return line, moved

    @staticmethod
    def _line(line: str, start: int, column: int, parts: Sequence[tuple[int, int, str]]) -> tuple[str, int]:
        out, done, moved = "", 0, column
        content = len(line.rstrip("\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"))
        for begin, end, prefix in parts[bisect_right(parts, start, key=lambda part: part[1]) :]:
            if begin >= start + len(line):
                break
            first, last = max(begin - start, 0), min(end - start, content)
            if last <= first:
                continue
            public = prefix if begin >= start else ""
            if column >= last:
                moved += len(public) + len(MASK) - (last - first)
            elif column > first:
                moved = len(out) + first - done
            out += line[done:first] + public + MASK
            done = last
        return out + line[done:content], moved


# A Secret, what kustomize makes one of, or a patch of one's data.
_SECRET_FILE = re.compile(
    r"""\bkind["']?\s*:\s*["']?Secret\b | \bsecretGenerator["']?\s*: | \bpath["']?\s*:\s*["']?/(?:data|stringData)\b""",
    re.VERBOSE,
)
