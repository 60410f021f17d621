"""nimfleet.toml: what it says, and mistakes with their lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from nimfleet.config.load import load_config, parse_config
from nimfleet.config.model import Config, External, Ignore, NodeGroup, Severity, Taint
from nimfleet.errors import UsageError

WHOLE = """\
kubernetesVersion = "1.34"
exclude = ["charts/**", "vendor"]
policy = "production"

[severity]
"yaml/style" = "info"
'schema/*' = "warning"

[[ignore]]
rule = "schema/no-schema"
path = "clusters/*/custom/**"
object = "Widget/*"
reason = "our own kind"

[[ignore]]
path = "a.yaml"
rule = "yaml/*"

[[external]]
kind = "Secret"
name = "ngc-*"
namespace = "nim-service"
keys = ["NGC_API_KEY"]

[[external]]
name = "gp3"
kind = "StorageClass"

[[nodeGroup]]
name = "system"
instanceTypes = ["m6i.xlarge"]
labels = {role = "system", "a.example.com/b" = ""}
taints = ["dedicated=system:NoSchedule", "cold:NoExecute"]
maxNodes = 3
"""


def test_everything_is_read_with_its_line() -> None:
    assert parse_config(WHOLE) == Config(
        ignores=(
            Ignore("schema/no-schema", "clusters/*/custom/**", "Widget/*", "our own kind", 10),
            Ignore("yaml/*", "a.yaml", "", "", 17),
        ),
        severities=(Severity("yaml/style", "info", 6), Severity("schema/*", "warning", 7)),
        exclude=("charts/**", "vendor"),
        kubernetes_version="1.34",
        policy="production",
        externals=(
            External("Secret", "ngc-*", "nim-service", ("NGC_API_KEY",), 20),
            External("StorageClass", "gp3", line=27),
        ),
        node_groups=(
            NodeGroup(
                "system",
                ("m6i.xlarge",),
                (("a.example.com/b", ""), ("role", "system")),
                (Taint("dedicated", "system", "NoSchedule"), Taint("cold", "", "NoExecute")),
                3,
                30,
            ),
        ),
    )


def test_no_file_and_an_empty_file_are_the_defaults(tmp_path: Path) -> None:
    assert load_config(tmp_path) == Config()
    (tmp_path / "nimfleet.toml").write_text("")
    assert load_config(tmp_path) == Config()


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a = \n", "1:5", "not TOML"),
        ("x = 1\nx = 2\n", "2:6", "not TOML"),
        ("\nexclud = []\n", "2:1", "unknown key `exclud`. Did you mean 'exclude'?"),
        ('[[ignore]]\nrule = "a/b"\npath = "x"\nwhy = "y"\n', "4:1", "unknown key `why` in [[ignore]]"),
        ('[[ignore]]\nrule = "a/b"\n', "1:1", "needs `path`"),
        ('[[ignore]]\npath = "a"\n', "1:1", "needs `rule`"),
        ('[[ignore]]\nrule = "a/b"\npath = ""\n', "3:1", "`path` is empty"),
        ('[[ignore]]\nrule = "a/b"\npath = 3\n', "3:1", "`path` must be text"),
        ('[[ignore]]\nrule = "a/b"\npath = "p"\n[[ignore]]\nrule = "A"\npath = "p"\n', "5:1", "`A` is not the name"),
        ('[[ignore]]\nrule = "a/b"\npath = "../x"\n', "3:1", "relative to the root"),
        ('[[ignore]]\nrule = "a/b"\npath = "/x"\n', "3:1", "relative to the root"),
        ("[ignore]\n", "1:1", "written as [[ignore]]"),
        ('ignore = ["a/b"]\n', "1:1", "written as [[ignore]]"),
        ('ignore = [{rule = "a/b"}]\n', "1:1", "needs `path`"),
        ('\n[severity]\n"a/b" = "off"\n', "3:1", "must be one of error, warning, info"),
        ('[severity]\n"a/b" = []\n', "2:1", "must be one of"),
        ('[severity]\nstyle = "info"\n', "2:1", "`style` is not the name of a rule"),
        ("severity = 3\n", "1:1", "written as [severity]"),
        ('exclude = "charts"\n', "1:1", "must be a list"),
        ("exclude = [1]\n", "1:1", "must be a list"),
        ('exclude = ["../x"]\n', "1:1", "relative to the root"),
        ("kubernetesVersion = 1.34\n", "1:1", "in quotes"),
        ('kubernetesVersion = "1.34.2"\n', "1:1", "minor version"),
        ('policy = "prod"\n', "1:1", "minimal, standard, production, in quotes"),
        ('policy = "standart"\n', "1:1", "Did you mean 'standard'?"),
        ("policy = 3\n", "1:1", "in quotes"),
        ("external = 3\n", "1:1", "written as [[external]]"),
        ('[[external]]\nkind = "Secret"\n', "1:1", "[[external]] needs `name`"),
        ('[[external]]\nkind = "A"\nname = "b"\nkeys = "x"\n', "4:1", "`keys` must be a list"),
        ('[[external]]\nkind = "A"\nname = "b"\nkey = "x"\n', "4:1", "Did you mean 'keys'?"),
        ('[[nodeGroup]]\nname = "a"\n', "1:1", "[[nodeGroup]] needs `instanceTypes`"),
        ('[[nodeGroup]]\nname = "a"\ninstanceTypes = ["t3.large"]\nlabels = {a = 1}\n', "4:1", "`labels` is a table"),
        ('[[nodeGroup]]\nname = "a"\ninstanceTypes = ["g5.12xlrge"]\n', "3:1", "`g5.12xlrge` is no EC2 instance type"),
        ('[[nodeGroup]]\nname = "a"\ninstanceTypes = ["t3.large"]\nmaxNodes = -1\n', "4:1", "whole number"),
        ('[[nodeGroup]]\nname = "a"\ninstanceTypes = ["t3.large"]\ntaints = ["gpu"]\n', "4:1", "`gpu` is not a taint"),
        (
            '[[nodeGroup]]\nname = "a"\ninstanceTypes = ["t3.large"]\ntaints = ["a=b:No"]\n',
            "4:1",
            "effects: NoSchedule",
        ),
        ("a = " + "[" * 100_000, "1:1", "nested too deep"),
    ],
)
def test_a_mistake_has_its_place(text: str, place: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_config(text)
    assert str(caught.value).startswith(f"nimfleet.toml:{place}: ")
    assert words in str(caught.value)


def test_all_mistakes_are_told_at_once_in_order() -> None:
    with pytest.raises(UsageError) as caught:
        parse_config('b = 1\na = 1\n[severity]\n"yaml/style" = "off"\n')
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [
        "nimfleet.toml:1:1",
        "nimfleet.toml:2:1",
        "nimfleet.toml:4:1",
    ]


def test_what_is_not_a_file_of_the_repository_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.toml").write_text("exclude = []\n")
    config = root / "nimfleet.toml"
    config.symlink_to(tmp_path / "outside.toml")
    with pytest.raises(UsageError, match="leaves the repository"):
        load_config(root)
    config.unlink()
    config.symlink_to(config)
    with pytest.raises(UsageError, match="cannot be read"):
        load_config(root)
    config.unlink()
    config.mkdir()
    with pytest.raises(UsageError, match="not a regular file"):
        load_config(root)
    config.rmdir()
    config.write_bytes(b"# caf\xe9\n")
    with pytest.raises(UsageError, match="not UTF-8"):
        load_config(root)
    config.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(UsageError, match="above 1 MiB"):
        load_config(root)
