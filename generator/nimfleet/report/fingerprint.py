"""Fingerprints: the same finding keeps its fingerprint when lines above it come or go."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from nimfleet.report.finding import Finding


def fingerprints(findings: Iterable[Finding]) -> list[str]:
    """One fingerprint a finding (64 hexadecimal digits), in their order, each only once.

    It is made of rule, file, object and JSON Pointer; where there is no pointer, of the message, too. Findings
    that are alike in all this are counted in their order.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    made = []
    for finding in findings:
        message = "" if finding.pointer else finding.message
        key = (finding.rule, finding.file, finding.object, finding.pointer, message)
        seen[key] += 1
        content = "\0".join((*key, str(seen[key])))
        made.append(hashlib.sha256(content.encode("utf-8", "replace")).hexdigest())
    return made
