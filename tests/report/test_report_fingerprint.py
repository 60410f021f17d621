"""Fingerprints: steady when lines move, different for different findings."""

from __future__ import annotations

from report_samples import finding

from nimfleet.report.fingerprint import fingerprints


def test_lines_and_wording_do_not_count_where_there_is_a_pointer() -> None:
    assert fingerprints([finding(line=1, message="a")]) == fingerprints([finding(line=9, column=4, message="b")])


def test_file_rule_object_and_pointer_count() -> None:
    different = [
        finding(),
        finding("b.yaml"),
        finding(rule="schema/enum"),
        finding(object="Pod/nim/b"),
        finding(pointer="/spec/x"),
        finding(pointer="", message="a"),
        finding(pointer="", message="b"),
    ]
    assert len(set(fingerprints(different))) == len(different)


def test_twins_are_told_apart_by_their_order() -> None:
    twins = [finding(line=1), finding(line=2)]
    assert len(set(fingerprints(twins))) == 2
    assert fingerprints(twins)[0] == fingerprints(twins[1:])[0]
