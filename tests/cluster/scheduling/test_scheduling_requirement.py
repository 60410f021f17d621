"""The requirement algebra against sets over a finite universe, in which a label may be absent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nimfleet.cluster.scheduling.requirement import Requirement, from_labels, from_operator, read

UNIVERSE = (None, "a", "b", "0", "1", "2", "3", "07", "-1", "x1")
WORDS = st.sampled_from([value for value in UNIVERSE if value is not None])
BOUNDS = st.integers(-2, 4)
Expression = tuple[str, tuple[str, ...]]


@st.composite
def expressions(draw: st.DrawFn) -> Expression:
    operator = draw(st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "Gte", "Lte"]))
    if operator in ("In", "NotIn"):
        return operator, tuple(draw(st.lists(WORDS, min_size=1, max_size=4)))
    if operator in ("Exists", "DoesNotExist"):
        return operator, ()
    return operator, (str(draw(BOUNDS)),)


def holds(expression: Expression, value: str | None) -> bool:
    """What Kubernetes says of a node whose label has this value, written down without the algebra."""
    operator, values = expression
    if operator == "In":
        return value is not None and value in values
    if operator == "NotIn":
        return value is None or value not in values
    if operator == "Exists":
        return value is not None
    if operator == "DoesNotExist":
        return value is None
    try:
        number = int(value) if value is not None else None
    except ValueError:
        return False
    if number is None:
        return False
    bound = int(values[0])
    return {"Gt": number > bound, "Lt": number < bound, "Gte": number >= bound, "Lte": number <= bound}[operator]


def made(expression: Expression) -> Requirement:
    found = from_operator(*expression)
    assert found is not None
    return found


def models(requirement: Requirement) -> set[str | None]:
    return {value for value in UNIVERSE if requirement.allows(value)}


@given(expressions())
def test_one_operator_is_its_set(expression: Expression) -> None:
    assert models(made(expression)) == {value for value in UNIVERSE if holds(expression, value)}


@given(st.lists(expressions(), min_size=1, max_size=5))
def test_together_is_the_intersection_of_the_sets(wishes: list[Expression]) -> None:
    joint = made(wishes[0])
    for wish in wishes[1:]:
        joint = joint & made(wish)
    expected = {value for value in UNIVERSE if all(holds(wish, value) for wish in wishes)}
    assert models(joint) == expected
    if expected:
        assert joint.possible


@given(expressions(), expressions(), expressions())
def test_order_does_not_count(a: Expression, b: Expression, c: Expression) -> None:
    left, right = (made(a) & made(b)) & made(c), made(c) & (made(b) & made(a))
    assert models(left) == models(right)
    assert left.possible == right.possible
    assert models(left & left) == models(left)


@given(st.lists(expressions(), min_size=1, max_size=5))
def test_impossible_means_that_no_value_and_no_absence_will_do(wishes: list[Expression]) -> None:
    joint = made(wishes[0])
    for wish in wishes[1:]:
        joint = joint & made(wish)
    if not joint.possible:
        numbers = (str(number) for number in range(-5, 8))
        assert not any(joint.allows(value) for value in (*UNIVERSE, *numbers))


@given(st.lists(expressions(), min_size=1, max_size=4), expressions())
def test_a_further_wish_never_makes_the_impossible_possible(wishes: list[Expression], more: Expression) -> None:
    joint = made(wishes[0])
    for wish in wishes[1:]:
        joint = joint & made(wish)
    assert joint.possible or not (joint & made(more)).possible


def test_bounds_that_leave_no_number_are_impossible() -> None:
    assert not (made(("Gt", ("2",))) & made(("Lt", ("3",)))).possible
    assert (made(("Gte", ("2",))) & made(("Lte", ("2",)))).allows("2")


def test_nonsense_is_no_requirement() -> None:
    assert from_operator("Gt", ["two"]) is None
    assert from_operator("Gt", ["1", "2"]) is None
    assert from_operator("in", ["a"]) is None
    assert read({"operator": "Exists"}) is None
    assert read("Exists") is None


def test_old_names_of_labels_are_read_as_the_new() -> None:
    found = read({"key": "beta.kubernetes.io/arch", "operator": "In", "values": ["arm64"]})
    assert found is not None
    assert found[0] == "kubernetes.io/arch"
    assert [key for _, key, _ in from_labels({"failure-domain.beta.kubernetes.io/zone": "a"})] == [
        "topology.kubernetes.io/zone"
    ]


def test_a_label_that_lost_its_quotes_means_its_text() -> None:
    found = from_labels({"a": True, "b": 4, "c": None, "d": [], 5: "x"})
    assert [(key, sorted(requirement.values)) for key, _, requirement in found] == [("a", ["true"]), ("b", ["4"])]


def test_reads_like_a_person_would_say_it() -> None:
    assert str(made(("In", ("b", "a")))) == "In [a, b]"
    assert str(made(("NotIn", ("a",)))) == "NotIn [a]"
    assert str(made(("Exists", ()))) == "Exists"
    assert str(made(("DoesNotExist", ()))) == "DoesNotExist"
    assert str(made(("Gt", ("2",))) & made(("Lt", ("9",)))) == "Gte 3 and Lte 8"
