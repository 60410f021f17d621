"""`nimfleet validate`, `rules` and `explain` as commands."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from nimfleet.rules.registry import all_rules

NIMFLEET = Path(sys.executable).parent / "nimfleet"
GOOD = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: nim\n"


def nimfleet(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([NIMFLEET, *words], cwd=cwd, capture_output=True, text=True, check=False)


def on_a_terminal(*words: str, cwd: Path, **environment: str) -> str:
    """What is printed when standard output is a terminal."""
    main, terminal = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [NIMFLEET, *words], cwd=cwd, stdout=terminal, env={**kept, "TERM": "xterm", **environment}
    )
    os.close(terminal)
    read = b""
    try:
        while chunk := os.read(main, 4096):
            read += chunk
    except OSError:
        pass  # Linux says so when the other end is closed.
    finally:
        process.wait()
        os.close(main)
    return read.decode()


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    (tmp_path / "a.yaml").write_text(GOOD + "extra: 1\n")
    return tmp_path


def test_one_run_prints_text_and_writes_files(bad: Path) -> None:
    result = nimfleet("validate", "--output", "sarif=r.sarif", "--output", "junit=r.xml", cwd=bad)
    assert result.returncode == 1
    assert "schema/unknown-field" in result.stdout
    assert json.loads((bad / "r.sarif").read_text())["version"] == "2.1.0"
    assert (bad / "r.xml").read_text().startswith("<?xml")


def test_the_exit_code_does_not_depend_on_the_format(bad: Path) -> None:
    for format in ("sarif", "github"):
        assert nimfleet("validate", "--format", format, cwd=bad).returncode == 1
    (bad / "a.yaml").write_text(GOOD)
    result = nimfleet("validate", "--quiet", cwd=bad)
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--output", "r.sarif"), "write FORMAT=FILE"),
        (("--output", "sarif="), "write FORMAT=FILE"),
        (("--output", "sarf=r"), "Did you mean 'sarif'?"),
        (("--output", "sarif=no/r"), "there is no folder no"),
        (("--quiet", "--format", "json"), "--quiet is for --format text"),
    ],
)
def test_bad_usage_is_told_before_anything_is_read(words: tuple[str, ...], message: str, bad: Path) -> None:
    result = nimfleet("validate", *words, cwd=bad)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr


def test_colours_are_for_terminals_that_want_them(bad: Path) -> None:
    assert "\x1b[" not in nimfleet("validate", cwd=bad).stdout
    assert "\x1b[1;31merror\x1b[0m" in on_a_terminal("validate", cwd=bad)
    assert "\x1b[" not in on_a_terminal("validate", cwd=bad, NO_COLOR="1")
    assert "\x1b[" not in on_a_terminal("validate", cwd=bad, TERM="dumb")


def test_rules_lists_all_and_one_family(tmp_path: Path) -> None:
    text = nimfleet("rules", cwd=tmp_path).stdout
    assert [line.split()[0] for line in text.splitlines()[1:-2]] == list(all_rules())
    assert text.splitlines()[-1].startswith(f"{len(all_rules())} rules;")
    families = json.loads(nimfleet("rules", "yaml", "--format", "json", cwd=tmp_path).stdout)["families"]
    assert list(families) == ["yaml"]
    assert {rule["rule"]: rule["suppressible"] for rule in families["yaml"]}["yaml/syntax"] is False


def test_explain_tells_a_rule_or_a_family(tmp_path: Path) -> None:
    assert nimfleet("explain", "yaml/style", cwd=tmp_path).stdout.startswith("# yaml/style\n")
    [rule] = json.loads(nimfleet("explain", "yaml/style", "--format", "json", cwd=tmp_path).stdout)["rules"]
    assert list(rule["sections"]) == ["What it checks", "Why it matters", "Example", "Use instead"]
    for name in ("yaml", "yaml/*"):
        rules = json.loads(nimfleet("explain", name, "--format", "json", cwd=tmp_path).stdout)["rules"]
        assert [rule["rule"] for rule in rules] == [known for known in all_rules() if known.startswith("yaml/")]
    result = nimfleet("rules", "yamll", cwd=tmp_path)
    assert (result.returncode, "Did you mean 'yaml'?" in result.stderr) == (2, True)
