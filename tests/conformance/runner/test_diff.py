"""Differences name every place, and a patch made of them leads from one state to the other."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conformance.runner.diff import (
    ABSENT,
    DIFFERENCES_MAX,
    apply_patch,
    compute_differences,
    escape,
    is_equal,
    unescape,
)

TREES: st.SearchStrategy[Any] = st.recursive(
    st.integers(0, 2) | st.booleans() | st.sampled_from(["1", ""]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("a/~", max_size=2), inner),
    max_leaves=8,
)


@given(TREES, TREES)
def test_values_differ_exactly_when_a_difference_is_found(left: Any, right: Any) -> None:
    assert bool(compute_differences(left, right)) == (not is_equal(left, right))


@given(st.text("a/~01", max_size=6))
def test_a_key_survives_its_way_through_a_pointer(key: str) -> None:
    assert unescape(escape(key)) == key
    assert "/" not in escape(key)


def test_a_boolean_is_no_number_and_a_number_is_no_string() -> None:
    assert compute_differences({"a": True}, {"a": 1})
    assert compute_differences({"a": "1"}, {"a": 1})
    assert not compute_differences({"a": 1.0}, {"a": 1})


def test_differences_name_the_innermost_places() -> None:
    left = {"accounts": {"a/b": {"nonce": "3"}, "c": {}}, "list": [1, 2]}
    right = {"accounts": {"a/b": {"nonce": "4"}}, "list": [1, 3], "more": 1}
    found = [(d.path, d.expected, d.got) for d in compute_differences(left, right)]
    assert found == [
        ("/accounts/a~1b/nonce", '"3"', '"4"'),
        ("/accounts/c", "{}", ABSENT),
        ("/list/1", "2", "3"),
        ("/more", ABSENT, "1"),
    ]


def test_a_flood_of_differences_is_cut() -> None:
    left = {str(number): 0 for number in range(500)}
    assert len(compute_differences(left, {})) == DIFFERENCES_MAX


def test_a_patch_changes_members_and_leaves_the_given_state() -> None:
    state: dict[str, Any] = {"a": {"x": 1, "y~/": 2}, "b": {}}
    patch: list[Any] = [
        {"op": "replace", "path": "/a/x", "value": 9},
        {"op": "remove", "path": "/a/y~0~1"},
        {"op": "add", "path": "/b/z", "value": [1]},
    ]
    assert apply_patch(state, patch) == {"a": {"x": 9}, "b": {"z": [1]}}
    assert state == {"a": {"x": 1, "y~/": 2}, "b": {}}
