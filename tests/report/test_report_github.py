"""GitHub's workflow commands: escaped so that its runner reads back what was meant."""

from __future__ import annotations

import re

from report_samples import clean, whole

from nimfleet.report.github import render_github

COMMAND = re.compile(r"::(?P<command>\w+) (?P<properties>[^:]*)::(?P<data>.*)")


def decode(text: str, *, prop: bool = False) -> str:
    """As the runner does."""
    pairs = [("%0D", "\r"), ("%0A", "\n")] + ([("%3A", ":"), ("%2C", ",")] if prop else []) + [("%25", "%")]
    for code, char in pairs:
        text = text.replace(code, char)
    return text


def commands() -> list[tuple[str, dict[str, str], str]]:
    found = []
    for line in render_github(whole()).splitlines():
        if match := COMMAND.fullmatch(line):
            properties = dict(item.split("=", 1) for item in match["properties"].split(","))
            found.append((match["command"], {k: decode(v, prop=True) for k, v in properties.items()}, match["data"]))
    return found


def test_one_command_a_finding_on_one_line() -> None:
    assert [command for command, _, _ in commands()] == ["error", "warning", "warning", "error", "notice", "warning"]
    assert len(render_github(whole()).splitlines()) == 7


def test_properties_survive_the_runner() -> None:
    _, properties, data = commands()[0]
    assert properties == {"file": "a b%,:é.yaml", "line": "3", "col": "7", "title": "schema/type"}
    assert (
        decode(data)
        == '100% <wrong> & "odd", in two: lines\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}\nobject: Pod/nim/a'
    )
    assert data.startswith("100%25 ")
    assert "%0Aobject" in data


def test_the_cause_is_told() -> None:
    assert decode(commands()[3][2]).endswith("\ncaused by clusters/dev/environment.yaml:9:3")


def test_the_last_line_counts() -> None:
    assert render_github(whole()).splitlines()[-1] == "2 errors, 3 warnings, 1 info, 1 suppressed"
    assert render_github(clean()) == "0 errors, 0 warnings\n"
