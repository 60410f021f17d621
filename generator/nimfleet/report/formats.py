"""All ways to tell a report, by name; each is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nimfleet.report.model import Report
    from nimfleet.report.rule_info import RuleInfo


class Format(StrEnum):
    """Names of the formats."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"
    GITLAB = "gitlab"


def render(
    format: Format, report: Report, rules: Mapping[str, RuleInfo], *, colour: bool = False, quiet: bool = False
) -> str:
    """The report in ``format``; ``colour`` and ``quiet`` are for text, ``rules`` are all rules by name.

    The result can be written as UTF-8, whatever the names of files are.
    """
    # Imported one by one: a run needs one or two of them.
    match format:
        case Format.TEXT:
            from nimfleet.report.text import render_text  # noqa: PLC0415

            text = render_text(report, colour=colour, quiet=quiet)
        case Format.JSON:
            from nimfleet.report.json_report import render_json  # noqa: PLC0415

            text = render_json(report)
        case Format.SARIF:
            from nimfleet.report.sarif import render_sarif  # noqa: PLC0415

            text = render_sarif(report, rules)
        case Format.JUNIT:
            from nimfleet.report.junit import render_junit  # noqa: PLC0415

            text = render_junit(report, rules)
        case Format.GITHUB:
            from nimfleet.report.github import render_github  # noqa: PLC0415

            text = render_github(report)
        case Format.GITLAB:
            from nimfleet.report.gitlab import render_gitlab  # noqa: PLC0415

            text = render_gitlab(report)
    return text.encode("utf-8", "replace").decode("utf-8")
