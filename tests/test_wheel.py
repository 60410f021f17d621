"""The wheel, installed far from the clone, renders and validates with the data that it carries."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(PROJECT)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    [path] = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment variables for a Python that has the wheel, and of this environment only the dependencies."""
    target = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    # A folder on PYTHONPATH, unlike site-packages, has no .pth files read: the editable install stays out.
    dependencies = sysconfig.get_paths()["purelib"]
    tools = f"{PROJECT / '.bin'}{os.pathsep}{os.environ['PATH']}"
    return {"PYTHONPATH": f"{target}{os.pathsep}{dependencies}", "PATH": tools}


def nimfleet(environment: dict[str, str], cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = "from nimfleet.cli.main import main; main()"
    command = [sys.executable, "-S", "-c", program, *words]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False)


def test_the_wheel_has_schemas_catalog_template_and_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for expected in (
        "nimfleet/_data/schemas/index.json",
        "nimfleet/_data/project/copier.yml",
        "nimfleet/_data/project/template/Makefile",
        "nimfleet/catalog/data/models.json",
        "nimfleet/py.typed",
    ):
        assert expected in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any("/tests/" in name or name.startswith("tests/") for name in names)


def test_render_and_validate_far_from_the_clone(installed: dict[str, str], tmp_path: Path) -> None:
    for name in ("dev", "staging", "prod"):
        folder = tmp_path / "clusters" / name
        folder.mkdir(parents=True)
        source = PROJECT / "clusters" / name / "environment.yaml"
        (folder / "environment.yaml").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    rendered = nimfleet(installed, tmp_path, "render")
    assert rendered.returncode == 0, rendered.stderr
    for path in (PROJECT / "clusters").rglob("*.yaml"):
        assert (tmp_path / path.relative_to(PROJECT)).read_bytes() == path.read_bytes()
    validated = nimfleet(installed, tmp_path, "validate")
    assert validated.returncode == 0, validated.stdout + validated.stderr


def test_the_packaged_template_is_found(installed: dict[str, str], tmp_path: Path) -> None:
    result = nimfleet(installed, tmp_path, "template")
    assert (Path(result.stdout.strip()) / "copier.yml").is_file()
    assert str(PROJECT) not in result.stdout
