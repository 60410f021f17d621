"""`make demo`: from one `copier copy` to a repository with two environments that are rendered and proven.

Everything happens in demo/my-gitops; the folder is made anew each time.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "demo"
TARGET = DEMO / "my-gitops"
BIN = ROOT / ".venv" / "bin"

DEV = """\
git_url: ssh://git@github.com/example/my-gitops
efs_file_system_id: fs-0123456789abcdef0
"""
STAGING = """\
environment: staging
region: us-east-1
zones: us-east-1a, us-east-1b
models:
  - nvidia/llama-3.1-nemotron-nano-8b-v1
  - nvidia/llama-3.2-nv-embedqa-1b-v2
  - nvidia/llama-3.2-nv-rerankqa-1b-v2
pools: [g6]
efs_file_system_id: fs-0fedcba9876543210
secrets_method: external-secrets
exposure: ingress
ingress_domain: nim.staging.example.com
vpc_id: vpc-0123456789abcdef0
prometheus: true
"""


def main() -> int:
    if TARGET.exists():
        shutil.rmtree(TARGET)
    DEMO.mkdir(exist_ok=True)
    copy("dev", DEV)
    git("init", "--quiet", "--initial-branch=main")
    commit("Add environment dev")
    shared = snapshot()
    copy("staging", STAGING)
    if snapshot() != shared:
        print("demo: the second copy changed a shared file", file=sys.stderr)
        return 1
    commit("Add environment staging")
    say("Render both environments again: nothing changes, since `copier copy` has rendered them")
    run(BIN / "nimfleet", "render")
    say("What they run, and what it costs")
    run(BIN / "nimfleet", "show")
    say("Prove both")
    code = run(BIN / "nimfleet", "validate", ".", check=False)
    say("Where every pod of staging finds a node")
    run(BIN / "nimfleet", "schedule", "clusters/staging")
    say("In which order Flux brings dev up on an empty cluster")
    run(BIN / "nimfleet", "bootstrap-order", "clusters/dev")
    say("Written")
    for line in written():
        print(line)
    print(f"\nThe repository is {TARGET.relative_to(ROOT)}; its README.md says how to bootstrap Flux on it.")
    return code


def copy(name: str, answers: str) -> None:
    say(f"copier copy, environment {name}")
    data = DEMO / f"answers-{name}.yaml"
    data.write_text(answers, encoding="utf-8")
    run(
        *(
            BIN / "copier",
            "copy",
            "--trust",
            "--quiet",
            "--defaults",
            "--vcs-ref",
            "HEAD",
            "--data-file",
            data,
            ROOT,
            TARGET,
        ),
        cwd=DEMO,
    )


def written() -> list[str]:
    """One line a top-level file or environment folder: what it is, and how many files it has."""
    lines = []
    for path in sorted(TARGET.iterdir()):
        if path.name == ".git":
            continue
        if path.name != "clusters":
            count = sum(1 for child in path.rglob("*") if child.is_file()) if path.is_dir() else 0
            lines.append(f"  {path.name}{f'/ ({count} files)' if count else ''}")
            continue
        for environment in sorted(path.iterdir()):
            lines.append(f"  clusters/{environment.name}/")
            for part in sorted(environment.iterdir()):
                count = sum(1 for child in part.rglob("*") if child.is_file()) if part.is_dir() else 0
                lines.append(f"    {part.name}{f'/ ({count} files)' if count else ''}")
    return lines


def snapshot() -> dict[str, bytes]:
    """Every file outside of clusters/ and .git/."""
    return {
        path.relative_to(TARGET).as_posix(): path.read_bytes()
        for path in TARGET.rglob("*")
        if path.is_file() and path.relative_to(TARGET).parts[0] not in {"clusters", ".git"}
    }


def commit(message: str) -> None:
    git("add", "--all")
    git("-c", "user.name=demo", "-c", "user.email=demo@example.com", "commit", "--quiet", "--message", message)


def git(*words: str) -> None:
    run("git", *words)


def say(words: str) -> None:
    print(f"\n== {words}", flush=True)


def run(*words: str | Path, cwd: Path | None = None, check: bool = True) -> int:
    result = subprocess.run([str(word) for word in words], cwd=cwd or TARGET, check=False)
    if check and result.returncode:
        sys.exit(f"demo: {Path(words[0]).name} ended with exit code {result.returncode}")
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
