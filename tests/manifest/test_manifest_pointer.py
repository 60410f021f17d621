"""JSON Pointers and identities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.pointer import dotted, from_json_pointer, to_json_pointer


@pytest.mark.parametrize(
    ("pointer", "text"),
    [((), ""), (("a", 0, "b/c", "d~e", ""), "/a/0/b~1c/d~0e/"), (("~1",), "/~01")],
)
def test_pointers_have_their_rfc_6901_text(pointer: tuple[str | int, ...], text: str) -> None:
    assert to_json_pointer(pointer) == text
    assert from_json_pointer(text) == pointer


@given(st.lists(st.text("a~/0", min_size=1).filter(lambda part: not part.isdigit()) | st.integers(0, 99)))
def test_pointers_survive_the_round_trip(parts: list[str | int]) -> None:
    assert from_json_pointer(to_json_pointer(tuple(parts))) == tuple(parts)


def test_text_without_a_slash_is_no_pointer() -> None:
    with pytest.raises(ValueError, match="start with"):
        from_json_pointer("a/b")


def test_dotted_quotes_what_is_not_a_plain_name() -> None:
    assert dotted(("spec", "containers", 0, "nvidia.com/gpu")) == 'spec.containers[0]["nvidia.com/gpu"]'


def test_an_identity_reads_as_kind_namespace_name() -> None:
    value = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "b"}}
    identity = ObjectId.of(value)
    assert identity is not None
    assert str(identity) == "Deployment/b/a"
    assert (identity.group, identity.version, identity.api_version) == ("apps", "v1", "apps/v1")
    assert str(ObjectId("", "v1", "Namespace", "", "nim")) == "Namespace/nim"


@pytest.mark.parametrize(
    "value", [None, [], "x", {}, {"kind": "A"}, {"apiVersion": 1, "kind": "A"}, {"apiVersion": "", "kind": "A"}]
)
def test_what_has_no_kind_and_version_is_no_object(value: object) -> None:
    assert ObjectId.of(value) is None


def test_an_object_without_metadata_still_has_a_kind() -> None:
    assert ObjectId.of({"apiVersion": "v1", "kind": "Pod", "metadata": "x"}) == ObjectId("", "v1", "Pod", "", "")
