"""A rule's documentation: its module's docstring, taken apart."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

SECTIONS = ("What it checks", "Why it matters", "Example", "Use instead")


@dataclass(frozen=True, slots=True)
class Page:
    """``summary`` is one line; each section is Markdown without its heading."""

    summary: str
    what: str
    why: str
    example: str
    instead: str

    def sections(self) -> tuple[tuple[str, str], ...]:
        """(heading, text) in the order in which they are written."""
        return tuple(zip(SECTIONS, (self.what, self.why, self.example, self.instead), strict=True))


def read_page(docstring: str) -> Page:
    """Take a docstring apart: a summary line, then the four sections under ``## Heading`` lines.

    Raises:
        ValueError: the summary or a section is missing, empty, out of order, or one too many.
    """
    lines = inspect.cleandoc(docstring).split("\n")
    parts: dict[str, list[str]] = {"": []}
    current = ""
    for line in lines:
        if line.startswith("## "):
            current = line[3:].strip()
            if current in parts:
                raise ValueError(f"section `{current}` is there twice")
            parts[current] = []
        else:
            parts[current].append(line)
    headings = tuple(parts)[1:]
    if headings != SECTIONS:
        found = ", ".join(headings) or "none"
        raise ValueError(f"its docstring must have the sections {', '.join(SECTIONS)}, and has {found}")
    texts = {heading: "\n".join(body).strip() for heading, body in parts.items()}
    summary = texts.pop("")
    if not summary or "\n" in summary:
        raise ValueError("its docstring must begin with a summary of one line")
    for heading, text in texts.items():
        if not text:
            raise ValueError(f"section `{heading}` is empty")
    return Page(summary, *texts.values())
