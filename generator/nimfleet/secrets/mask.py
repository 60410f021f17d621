"""Keeping secrets out of what is printed or kept: messages, lines of files, results in the cache."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from nimfleet.manifest.parse import Document
from nimfleet.secrets.encoded import encoded
from nimfleet.secrets.kubernetes import secret_values
from nimfleet.secrets.scan import leaks_of, secret_parts
from nimfleet.secrets.shapes import shaped

MASK = "***"
_SHORTEST = 4
_PART = 8
"""Characters of a secret that may not be shown: messages cut long values off."""
_CUT = "\N{HORIZONTAL ELLIPSIS}"
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
    return frozenset(value for value in found if len(value.strip()) >= _SHORTEST)


def without(text: str, values: Collection[str]) -> str:
    """``text`` without these values, and without parts of them that begin as they do: a message shows a long value
    cut off, and may show it as JSON does."""
    for value in sorted(values, key=len, reverse=True):
        for form in {value, json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}:
            start = form[:_PART]
            at = text.find(start)
            while at >= 0:
                end = at + len(start)
                if len(form) < _PART and _inside_of_a_word(text, at, end):
                    at = text.find(start, end)
                    continue
                while end < len(text) and end - at < len(form) and text[end] == form[end - at]:
                    end += 1
                text = text[:at] + MASK + text[end:]
                at = text.find(start, at + len(MASK))
            for length in range(_PART - 1, 0, -1):
                text = text.replace(f'"{form[:length]}{_CUT}', f'"{MASK}{_CUT}')
    return text


def _inside_of_a_word(text: str, start: int, end: int) -> bool:
    return text[max(0, start - 1) : start].isalnum() or text[end : end + 1].isalnum()


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
    def _line(line: str, start: int, column: int, parts: Iterable[tuple[int, int, str]]) -> tuple[str, int]:
        out, done, moved = "", 0, column
        content = len(line.rstrip("\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"))
        for begin, end, prefix in parts:
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
