"""What a repository has decided about findings: suppressed with a reason, or of another severity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from nimfleet.config.comments import Comment, comments
from nimfleet.config.glob import compile_glob
from nimfleet.config.model import CONFIG_FILE, Config, Ignore
from nimfleet.report.finding import Finding, Location, Severity, Suppressed
from nimfleet.report.model import Stage, Status, stage_of
from nimfleet.repository.model import Place
from nimfleet.rules.fixed import is_fixed, why_fixed
from nimfleet.rules.suppression import SuppressionFault, Wrong
from nimfleet.suggest import did_you_mean

_VERB = "ignore"


class Policy:
    """Decides about one finding at a time, and knows in the end which suppressions were of no use.

    ``texts`` are (path, text) of the files that may hold suppressions; ``rules`` the names of all rules.
    """

    def __init__(
        self, config: Config | None = None, texts: Iterable[tuple[str, str]] = (), rules: Collection[str] = ()
    ) -> None:
        self._config = config or Config()
        self._rules = rules
        self._comments = [comment for file, text in texts for comment in comments(text, file)]
        self._used: set[tuple[int, str]] = set()
        self._at: dict[tuple[str, int], list[tuple[int, Comment]]] = defaultdict(list)
        for number, comment in enumerate(self._comments):
            if comment.verb == _VERB and comment.reason:
                self._at[comment.file, comment.target].append((number, comment))
        self._ignores = [
            (-1 - number, ignore, compile_glob(ignore.path))
            for number, ignore in enumerate(self._config.ignores)
            if ignore.reason
        ]

        # What is said of one rule counts more than what is said of its family.
        self._severities = sorted(self._config.severities, key=lambda entry: not entry.rule.endswith("/*"))

    def decide(self, finding: Finding) -> Finding | Suppressed:
        """The finding with the severity that it has in this repository, or with the reason why it does not
        count."""
        if is_fixed(finding.rule):
            return finding
        # Every suppression that fits is of use, not only the first.
        reasons = [*self._in_comments(finding), *self._in_config(finding)]
        if reasons:
            return Suppressed(finding, *reasons[0])
        for entry in self._severities:
            if _names(entry.rule, finding.rule):
                finding = replace(finding, severity=Severity(entry.severity))
        return finding

    def faults(
        self, stages: Iterable[Stage], findings: Iterable[Finding], read: Collection[str], *, whole: bool, built: bool
    ) -> Iterator[SuppressionFault]:
        """What is wrong with the suppressions themselves, once every finding has been decided.

        ``read`` are the files that were asked for; ``whole`` tells that they are the whole repository,
        ``built`` that overlays were to be built. A suppression counts as unused only where its rule had the
        chance to find something.
        """
        ran = _ran(stages, built=built)
        broken = {finding.file for finding in findings if is_fixed(finding.rule)}
        for number, comment in enumerate(self._comments):
            if comment.file in read:
                yield from self._comment_faults(number, comment, ran, comment.file in broken)
        for number, ignore in enumerate(self._config.ignores):
            yield from self._ignore_faults(-1 - number, ignore, ran, read, whole)
        for entry in self._config.severities:
            place = Place(CONFIG_FILE, entry.line, 1)
            yield from self._name_faults(entry.rule, place, "be given another severity", families=True)

    def _in_comments(self, finding: Finding) -> Iterator[tuple[str, Location]]:
        places = [(finding.file, finding.line)]
        if finding.intent is not None:
            places.append((finding.intent.file, finding.intent.line))
        for place in places:
            for number, comment in self._at.get(place, ()):
                if finding.rule in comment.rules:
                    self._used.add((number, finding.rule))
                    yield comment.reason, Location(comment.file, comment.line, comment.column)

    def _in_config(self, finding: Finding) -> Iterator[tuple[str, Location]]:
        for number, ignore, path in self._ignores:
            if not _names(ignore.rule, finding.rule):
                continue
            files = [finding.file] if finding.intent is None else [finding.file, finding.intent.file]
            if not any(path.fullmatch(file) for file in files):
                continue
            if ignore.object and not fnmatchcase(finding.object, ignore.object):
                continue
            self._used.add((number, ignore.rule))
            yield ignore.reason, Location(CONFIG_FILE, ignore.line, 1)

    def _comment_faults(
        self, number: int, comment: Comment, ran: Callable[[str], bool], broken: bool
    ) -> Iterator[SuppressionFault]:
        place = Place(comment.file, comment.line, comment.column)
        if comment.verb != _VERB:
            hint = did_you_mean(comment.verb, [_VERB])
            words = f"`{comment.verb}` means nothing to nimfleet.{hint} Write `# nimfleet: ignore family/rule -- why`"
            yield SuppressionFault(Wrong.MALFORMED, place, words)
            return
        if not comment.rules:
            words = "this comment names no rule. Write `# nimfleet: ignore family/rule -- why`"
            yield SuppressionFault(Wrong.MALFORMED, place, words)
            return
        if not comment.reason:
            yield _without_reason(place, f"# nimfleet: ignore {', '.join(comment.rules)} -- why")
        for rule in comment.rules:
            wrong = list(self._name_faults(rule, place, "be suppressed", families=False))
            yield from wrong
            if not wrong and comment.reason and not broken and ran(rule) and (number, rule) not in self._used:
                words = f"nothing here needs `{rule}` to be suppressed (line {comment.target}); remove it"
                yield SuppressionFault(Wrong.UNUSED, place, words)

    def _ignore_faults(
        self, number: int, ignore: Ignore, ran: Callable[[str], bool], read: Collection[str], whole: bool
    ) -> Iterator[SuppressionFault]:
        place = Place(CONFIG_FILE, ignore.line, 1)
        if not ignore.reason:
            yield _without_reason(place, 'reason = "why"')
        wrong = list(self._name_faults(ignore.rule, place, "be suppressed", families=True))
        yield from wrong
        if wrong or not ignore.reason or (number, ignore.rule) in self._used:
            return
        rules = [rule for rule in self._rules if _names(ignore.rule, rule) and not is_fixed(rule)]
        if not whole and not any(compile_glob(ignore.path).fullmatch(path) for path in read):
            return
        if all(ran(rule) for rule in rules):
            about = f" of {ignore.object}" if ignore.object else ""
            words = f"no finding of `{ignore.rule}`{about} in `{ignore.path}` needs to be suppressed; remove this"
            yield SuppressionFault(Wrong.UNUSED, place, words)

    def _name_faults(self, name: str, place: Place, what: str, *, families: bool) -> Iterator[SuppressionFault]:
        family, _, short = name.partition("/")
        if short == "*":
            if not families:
                words = f"a comment names rules one by one; `{name}` can stand in {CONFIG_FILE}"
                yield SuppressionFault(Wrong.UNKNOWN_RULE, place, words)
                return
            known = {rule.partition("/")[0] for rule in self._rules}
            members = [rule for rule in self._rules if _names(name, rule)]
            if family not in known:
                words = f"there is no family of rules `{family}`.{did_you_mean(family, known)}"
                yield SuppressionFault(Wrong.UNKNOWN_RULE, place, words)
            elif all(map(is_fixed, members)):
                words = f"the rules of family `{family}` cannot {what}"
                yield SuppressionFault(Wrong.NOT_POSSIBLE, place, words)
        elif name not in self._rules:
            words = f"there is no rule `{name}`.{did_you_mean(name, self._rules)} `nimfleet rules` lists them"
            yield SuppressionFault(Wrong.UNKNOWN_RULE, place, words)
        elif is_fixed(name):
            yield SuppressionFault(Wrong.NOT_POSSIBLE, place, f"`{name}` cannot {what}: {why_fixed(name)}")


def _names(pattern: str, rule: str) -> bool:
    """Whether ``family/rule`` or ``family/*`` names ``rule``."""
    return pattern == rule or (pattern.endswith("/*") and rule.startswith(pattern[:-1]))


def _without_reason(place: Place, example: str) -> SuppressionFault:
    return SuppressionFault(Wrong.WITHOUT_REASON, place, f"this suppression does nothing without a reason: `{example}`")


def _ran(stages: Iterable[Stage], *, built: bool) -> Callable[[str], bool]:
    """Tells of a rule whether its stage did its work. Where overlays are not built, what Flux would apply
    is not known, so that findings of later stages may be missing."""
    status = {stage.name: stage.status for stage in stages}
    done = (Status.PASSED, Status.FAILED)
    unbuilt = not built or status.get("build") is Status.NOT_RUN

    def ran(rule: str) -> bool:
        stage = stage_of(rule)
        if unbuilt and stage not in ("style", "parse"):
            return False
        return status.get(stage, Status.PASSED) in done

    return ran
