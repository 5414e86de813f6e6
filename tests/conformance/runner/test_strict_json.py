"""Strangers' JSON is refused with a reason; the canonical form is RFC 8785's."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.runner.strict_json import (
    DEPTH_MAX,
    JsonRefusedError,
    canonical,
    compute_hash,
    parse,
    parse_object,
)
from tests.foreign import get_vectors

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("aé€😀\n"), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1,]",
        "nul",
        '{"a":1,"a":2}',
        "NaN",
        "-Infinity",
        "1e999",
        "9007199254740992",
        "-9007199254740992",
        "1" * 5000,
        "[" * (DEPTH_MAX + 1) + "]" * (DEPTH_MAX + 1),
        "[" * 1_000_000,
        '{"a":' * 100_000,
        '"' + "[" * 100 + "{" * 1_000_000,
    ],
)
def test_what_the_formats_exclude_is_refused(text: str) -> None:
    with pytest.raises(JsonRefusedError):
        parse(text)


def test_depth_counts_brackets_outside_strings_only() -> None:
    assert parse(json.dumps(["[" * 200, '\\"[[', {"{" * 100: 1}]))
    nested = "[" * DEPTH_MAX + "]" * DEPTH_MAX
    assert canonical(parse(nested)) == nested


@pytest.mark.parametrize("text", ["[]", "1", '"{}"', "null"])
def test_a_line_of_the_formats_is_an_object(text: str) -> None:
    with pytest.raises(JsonRefusedError, match="object"):
        parse_object(text)


@given(VALUES)
def test_the_canonical_form_reads_back_and_is_its_own_canonical_form(value: Any) -> None:
    text = canonical(value)
    assert canonical(json.loads(text, parse_int=float)) == text


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_the_authors_vectors_of_rfc_8785_pass(name: str) -> None:
    folder = get_vectors("rfc8785_jcs")
    value = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    expected = (folder / f"testdata_output_{name}.json").read_text(encoding="utf-8")
    assert canonical(value) == expected


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (1e21, "1e+21"),
        (999999999999999900000.0, "999999999999999900000"),
        (295147905179352830000.0, "295147905179352830000"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (333333333.33333329, "333333333.3333333"),
        (0.1, "0.1"),
        (-4.5, "-4.5"),
    ],
)
def test_numbers_are_written_as_ecmascript_does(number: float, text: str) -> None:
    assert canonical(number) == text


def test_keys_are_sorted_by_utf_16_units() -> None:
    assert canonical({"\ue000": 1, "😀": 2}) == '{"😀":2,"\ue000":1}'


@pytest.mark.parametrize("value", [math.inf, math.nan, 2**53, "\ud800", {"\udc00": 1}, b"x", {1}])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(JsonRefusedError):
        canonical(value)


def test_the_hash_does_not_depend_on_the_order_of_keys() -> None:
    assert compute_hash({"a": 1, "b": "2"}) == compute_hash({"b": "2", "a": 1})
    assert compute_hash({"a": 1}) != compute_hash({"a": True})
