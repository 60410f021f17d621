"""Ask a real kube-apiserver about thousands of documents, and compare nimfleet's verdict with each of its.

Prints the agreement by kind and by mutation, and each disagreement as a small document with both verdicts.
Exit code: 0 when they agree on everything, 1 when not, 3 when the server cannot be built here.
"""

from __future__ import annotations

import argparse
import copy
import gzip
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from apiserver import PROJECT, ApiServer, running
from oracle import (
    Case,
    UnexpectedAnswerError,
    Verdict,
    crds,
    creates,
    judge,
    ours,
    store_objects,
    stricter,
    theirs,
    updates,
)

from nimfleet.manifest.parse import parse

RECORDED = Path(__file__).resolve().parent / "recorded"
LONGEST = 3000
"""Characters of a document that is recorded."""
SHRUNK = 25
"""Disagreements that are made smaller; the others are printed as they are."""

Outcome = tuple[Case, Verdict | UnexpectedAnswerError, Verdict | UnexpectedAnswerError]


def main() -> int:
    """See the module."""
    arguments = _arguments()
    built = subprocess.run([str(PROJECT / "tools/e2e/build.sh")], check=False, stdout=subprocess.DEVNULL)
    if built.returncode:
        return built.returncode
    begun = time.monotonic()
    with running() as server:
        server.install(crds())
        minor = ".".join(server.version.removeprefix("v").split(".")[:2])
        print(f"kube-apiserver {server.version} with {len(crds())} CRDs is ready after {_since(begun)}", flush=True)
        made = creates(minor, arguments.creates, arguments.seed)
        outcomes = _judged(server, minor, _chosen(made, arguments.only), "creates")
        # Only now, for an object that exists cannot be created.
        changes = updates(store_objects(server, minor), minor, arguments.updates, arguments.seed)
        outcomes += _judged(server, minor, _chosen(changes, arguments.only), "updates")
        wrong = [outcome for outcome in outcomes if _disagree(outcome)]
        for title in ("kind", "mutation"):
            _table(title, *(Counter(getattr(case, title) for case, _, _ in some) for some in (outcomes, wrong)))
        for number, outcome in enumerate(wrong):
            _show(server, minor, outcome, small=number < SHRUNK)
        _sum_up(outcomes, wrong)
        if arguments.record:
            _record(outcomes, server.version)
    return 1 if wrong else 0


def _judged(server: ApiServer, minor: str, cases: list[Case], what: str) -> list[Outcome]:
    begun = time.monotonic()
    mine = [_mine(case, minor) for case in cases]
    between = time.monotonic()
    theirs_ = judge(server, cases)
    print(f"{len(cases)} {what}: nimfleet took {between - begun:.1f} s, the server {_since(between)}", flush=True)
    return list(zip(cases, mine, theirs_, strict=True))


def _disagree(outcome: Outcome) -> bool:
    _, mine, other = outcome
    if isinstance(mine, UnexpectedAnswerError) or isinstance(other, UnexpectedAnswerError):
        return True
    return mine.refused != other.refused and not stricter(mine, other)


def _sum_up(outcomes: Sequence[Outcome], wrong: Sequence[Outcome]) -> None:
    verdicts = [
        (mine, other) for _, mine, other in outcomes if isinstance(mine, Verdict) and isinstance(other, Verdict)
    ]
    refused = sum(1 for _, other in verdicts if other.refused)
    deliberate = sum(1 for mine, other in verdicts if stricter(mine, other))
    changes = sum(1 for case, _, _ in outcomes if case.old is not None)
    agreed = len(outcomes) - len(wrong)
    print(
        f"\n{len(outcomes) - changes} creates and {changes} updates of {len({case.kind for case, _, _ in outcomes})} kinds, "
        f"{refused} of them refused by the server. The verdicts agree on {agreed}: "
        f"{100 * agreed / max(1, len(outcomes)):.2f} %"
        + (f" (with {deliberate} that nimfleet refuses on purpose: a list for a text)" if deliberate else "")
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creates", type=int, default=6000)
    parser.add_argument("--updates", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only cases whose kind or mutation has this text")
    parser.add_argument("--record", action="store_true", help="write a part of the cases to recorded/")
    return parser.parse_args()


def _chosen(cases: Iterable[Case], only: str) -> list[Case]:
    return [case for case in cases if only in f"{case.kind} {case.mutation}"]


def _since(begun: float) -> str:
    return f"{time.monotonic() - begun:.1f} s"


def _mine(case: Case, minor: str) -> Verdict | UnexpectedAnswerError:
    try:
        return ours(case.text, minor, case.old)
    except UnexpectedAnswerError as error:
        return error


def _table(title: str, total: Counter[str], wrong: Counter[str]) -> None:
    print(f"\n{title:70} documents  disagree")
    for name in sorted(total, key=lambda name: (-wrong[name], name)):
        print(f"{name:70} {total[name]:9}  {wrong[name] or '-':>8}")


def _show(server: ApiServer, minor: str, disagreement: Outcome, *, small: bool) -> None:
    case, one, other = disagreement
    if small and isinstance(one, Verdict) and isinstance(other, Verdict):
        case = _shrink(server, minor, case)
        one, other = _mine(case, minor), theirs(server, case)
    print(f"\n--- {case.kind}, {case.mutation}\n{case.text}")
    if case.old is not None:
        print(f"    replaces: {json.dumps(case.old, ensure_ascii=False)}")
    for who, verdict in (("nimfleet", one), ("server", other)):
        said = verdict if isinstance(verdict, UnexpectedAnswerError) else "; ".join(verdict.reasons) or "takes it"
        print(f"    {who}: {str(said)[:1500]}")


def _shrink(server: ApiServer, minor: str, case: Case) -> Case:
    """The case with all fields gone that the disagreement does not need."""
    parsed = parse(case.text, "case.yaml")
    if parsed.problems or len(parsed.documents) != 1 or not isinstance(parsed.documents[0].value, dict):
        return case
    value = parsed.documents[0].value
    direction = _direction(server, minor, case)
    pointers = list(_pointers(value, ()))
    for pointer in pointers:
        smaller = copy.deepcopy(value)
        container: Any = smaller
        try:
            for key in pointer[:-1]:
                container = container[key]
            del container[pointer[-1]]
        except (KeyError, IndexError, TypeError):
            continue
        candidate = Case(case.kind, case.mutation, json.dumps(smaller, ensure_ascii=False), case.old)
        if _direction(server, minor, candidate) == direction:
            value = smaller
            case = candidate
    return case


def _direction(server: ApiServer, minor: str, case: Case) -> tuple[bool, bool] | None:
    try:
        found = ours(case.text, minor, case.old).refused, theirs(server, case).refused
    except UnexpectedAnswerError:
        return None
    return found if found[0] != found[1] else None


def _pointers(value: Any, pointer: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Outer places first; items of lists from the last one."""
    items = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value))[::-1]
        if isinstance(value, list)
        else []
    )
    for key, _ in items:
        yield (*pointer, key)
    for key, child in items:
        yield from _pointers(child, (*pointer, key))


def _record(outcomes: Sequence[Outcome], version: str) -> None:
    """Keep a part that covers every kind and every mutation, accepted and refused, small documents first."""
    chosen: dict[int, None] = {}
    by_group: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, (case, _, verdict) in enumerate(outcomes):
        if isinstance(verdict, Verdict) and len(case.text) < LONGEST and not _disagree(outcomes[index]):
            by_group["kind", case.kind, str(verdict.refused)].append(index)
            by_group["mutation", case.mutation, str(verdict.refused)].append(index)
    for (what, *_), members in sorted(by_group.items()):
        count = 2 if what == "kind" else 4
        members.sort(key=lambda index: (len(outcomes[index][0].text) // 300, outcomes[index][0].text))
        chosen |= dict.fromkeys(members[:: max(1, len(members) // count)][:count])
    RECORDED.mkdir(exist_ok=True)
    for old in RECORDED.glob("*.jsonl"):
        old.unlink()
    lines = [json.dumps({"server": version})]
    for index in sorted(chosen, key=lambda index: _key(outcomes[index][0])):
        case, _, verdict = outcomes[index]
        assert isinstance(verdict, Verdict)
        record: dict[str, Any] = {
            "kind": case.kind,
            "mutation": case.mutation,
            "refused": verdict.refused,
            "text": case.text,
        }
        if case.old is not None:
            record["old"] = case.old
        lines.append(json.dumps(record, ensure_ascii=False))
    text = "\n".join(lines) + "\n"
    path = RECORDED / f"{version}.jsonl"
    path.write_text(text, encoding="utf-8")
    packed = len(gzip.compress(text.encode(), mtime=0))
    print(f"recorded {len(lines) - 1} documents in {path.relative_to(PROJECT)}: {len(text)} bytes, {packed} compressed")


def _key(case: Case) -> tuple[str, str, str]:
    return case.kind, case.mutation, case.text


if __name__ == "__main__":
    sys.exit(main())
