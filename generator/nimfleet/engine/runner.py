"""Running rules: hits become findings, and a rule that crashes becomes one too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from nimfleet.engine.hush import Hush
from nimfleet.engine.policy import Policy
from nimfleet.errors import NimfleetError
from nimfleet.manifest.pointer import to_json_pointer
from nimfleet.report.finding import Finding, Location, Severity, Suppressed
from nimfleet.report.model import Stage, Status
from nimfleet.repository.model import Place
from nimfleet.rules.registry import Hit, Rule, all_rules, rules_about
from nimfleet.rules.subjects import Crash
from nimfleet.secrets.mask import masked

_CRASHED = "internal/rule-crashed"
_NOWHERE = Place(".", 1, 1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stage says of itself; ``not_run`` is the reason why it could not, ``skipped`` why nobody
    wanted it."""

    detail: str = ""
    checked: int = 0
    unchecked: int = 0
    not_run: str = ""
    skipped: str = ""


@dataclass(slots=True)
class Runner:
    """Collects findings and stages of one validation.

    ``policy`` is what the repository has decided about findings; ``intents`` are the places in
    environment.yaml that caused generated files; ``left_out`` are the stages that nobody asked for; ``hush`` keeps
    secrets out of what is told.
    """

    policy: Policy = field(default_factory=Policy)
    intents: Mapping[str, Location] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    hush: Hush = field(default_factory=Hush)
    findings: set[Finding] = field(default_factory=set)
    suppressed: set[Suppressed] = field(default_factory=set)
    stages: list[Stage] = field(default_factory=list)
    by_index: bool = False
    """Whether something was passed over because git does not track it."""

    def judge(self, subject: Any, where: Place = _NOWHERE) -> None:
        """Run every rule about subjects of this type; ``where`` is blamed when a rule crashes."""
        self.take(hits(subject, where))

    def take(self, found: Iterable[tuple[str, Hit]]) -> None:
        """Make findings of what rules have hit; see :func:`hits`."""
        for name, hit in found:
            self._add(all_rules()[name], hit)

    def wants(self, stage: str) -> bool:
        """Whether the stage was asked for."""
        return stage not in self.left_out

    def stage(self, name: str, work: Callable[[], Outcome]) -> None:
        """Run one stage. An exception in it is a finding, unless its text is written for the user.

        Raises:
            NimfleetError: the input cannot be worked on at all.
        """
        if not self.wants(name):
            self.stages.append(Stage(name, Status.SKIPPED, "not asked for"))
            return
        before = len(self.findings)
        errors = self._errors()
        started = perf_counter()
        try:
            outcome = work()
        except NimfleetError:
            raise
        except Exception as error:
            self.crashed(f"stage {name}", error, _NOWHERE)
            outcome = Outcome("broke off")
        seconds = perf_counter() - started
        found = len(self.findings) - before
        if outcome.not_run:
            status, detail = Status.NOT_RUN, outcome.not_run
        elif outcome.skipped:
            status, detail = Status.SKIPPED, outcome.skipped
        else:
            status = Status.FAILED if self._errors() > errors else Status.PASSED
            detail = f"{outcome.detail}; {found} finding{'s' if found != 1 else ''}" if found else outcome.detail
        self.stages.append(Stage(name, status, detail, outcome.checked, outcome.unchecked, seconds))

    def crashed(self, what: str, error: Exception, where: Place) -> None:
        """Report an exception of nimfleet's own."""
        self.take(_crash(what, error, where))

    def sorted(self) -> tuple[Finding, ...]:
        """The findings in file order."""
        return tuple(sorted(self.findings))

    def _add(self, rule: Rule[Any], hit: Hit) -> None:
        place = hit.place
        decided = self.policy.decide(
            Finding(
                file=place.file,
                line=place.line,
                column=place.column,
                rule=rule.name,
                severity=rule.severity,
                object=masked(hit.object),
                pointer=masked(to_json_pointer(hit.pointer)),
                message=self.hush.of(place.file)(hit.message),
                intent=self.intents.get(place.file),
            )
        )
        if isinstance(decided, Suppressed):
            self.suppressed.add(decided)
        else:
            self.findings.add(decided)

    def _errors(self) -> int:
        return sum(finding.severity is Severity.ERROR for finding in self.findings)


def hits(subject: Any, where: Place = _NOWHERE) -> list[tuple[str, Hit]]:
    """What every rule about subjects of this type has to say, with the rule's name. A rule that crashes is a
    hit, too."""
    found: list[tuple[str, Hit]] = []
    for rule in rules_about(type(subject)):
        try:
            found += [(rule.name, hit) for hit in rule.check(subject)]
        except NimfleetError:
            raise
        except Exception as error:
            found += _crash(f"rule {rule.name}", error, where)
    return found


def _crash(what: str, error: Exception, where: Place) -> list[tuple[str, Hit]]:
    subject = Crash(what, f"{type(error).__name__}: {error}", where)
    return [(_CRASHED, hit) for hit in all_rules()[_CRASHED].check(subject)]
