"""Write the files that are made from code and catalog, or check that they are current (--check)."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

from nimfleet.catalog.load import load_catalog
from nimfleet.intent.json_schema import environment_schema
from nimfleet.rules.docs import rule_pages

ROOT = Path(__file__).resolve().parent.parent


def generated() -> dict[str, str]:
    """Text of every generated file by its path in the repository."""
    schema = json.dumps(environment_schema(load_catalog()), indent=2, ensure_ascii=False) + "\n"
    questions: dict[str, str] = _tool("copier_questions").generated_files()
    detection, faults = _tool("detection"), _tool("fault_table")
    return {
        "schemas/nimfleet/environment-v1.json": schema,
        **rule_pages(),
        **questions,
        detection.PAGE: detection.page(),
        faults.PAGE: faults.page(),
    }


def _tool(name: str) -> Any:
    """Another file of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def main() -> int:
    check = sys.argv[1:] == ["--check"]
    if not check and _tool("detection").record():
        print("wrote tests/cases/kubeconform.json")
    files = generated()
    stale = [
        path for path, text in files.items() if not (ROOT / path).is_file() or (ROOT / path).read_text("utf-8") != text
    ]
    orphans = [
        path for path in (ROOT / "docs" / "rules").rglob("*.md") if path.relative_to(ROOT).as_posix() not in files
    ]
    if check:
        for path in stale:
            print(f"{path}: not what the code says; run `make generate`", file=sys.stderr)
        for orphan in orphans:
            print(
                f"{orphan.relative_to(ROOT)}: nothing generates this page any more; run `make generate`",
                file=sys.stderr,
            )
        return 1 if stale or orphans else 0
    for path in stale:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(files[path], encoding="utf-8")
        print(f"wrote {path}")
    for orphan in orphans:
        orphan.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
