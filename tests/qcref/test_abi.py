"""What people write becomes exact values, and exact values become what people read."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.compile import compile_source
from dsl.lower_pool import compute_selector
from dsl.types import AddressType, UintType
from qcref.abi import AbiType, Json, find_entry, parse_arguments, parse_text, render_value
from spec.ir.value_view import record_from_json
from spec.ir.values import MessageValue, get_fields
from spec.lib.result import Err, Ok

POINT: AbiType = {
    "kind": "record",
    "name": "Point",
    "fields": [{"name": "x", "type": "u64"}, {"name": "up", "type": "bool"}],
}
SHAPE: AbiType = {
    "kind": "enum",
    "name": "Shape",
    "members": [
        {"name": "empty", "fields": []},
        {"name": "dot", "fields": [{"name": "at", "type": POINT}]},
    ],
}
OPTION: AbiType = {
    "kind": "enum",
    "name": "option[u64]",
    "members": [
        {"name": "none", "fields": []},
        {"name": "some", "fields": [{"name": "value", "type": "u64"}]},
    ],
}
POINTS: AbiType = {"kind": "list", "element": POINT, "length_max": 3}
ADDRESS = b"\x01" * 32
MESSAGE: AbiType = "message[96]"
TRANSFER = compute_selector("transfer", (AddressType(), UintType(256)))
EXACT: dict[str, Json] = {
    "target": "0x" + ADDRESS.hex(),
    "selector": "0x" + TRANSFER.hex(),
    "value": "0",
    "arguments": "0x" + ADDRESS.hex() + (5).to_bytes(32, "little").hex(),
}
"""`Token(alice).transfer(alice, 5)`, as the specification writes it."""
READ: dict[str, Json] = {**EXACT, "target": "who"}


def _parse(kind: AbiType, written: Json) -> Json:
    parsed = parse_arguments([{"name": "a", "type": kind}], [written], _resolve)
    assert isinstance(parsed, Ok), parsed
    return parsed.value[0]


def _resolve(name: str) -> bytes | None:
    return ADDRESS if name == "alice" else None


@pytest.mark.parametrize(
    ("kind", "written", "view", "read"),
    [
        ("u8", "7", 7, 7),
        ("u8", 7, 7, 7),
        ("u32", "4_294_967_295", (1 << 32) - 1, (1 << 32) - 1),
        ("u64", "1_000", "1000", "1000"),
        ("u256", 5, "5", "5"),
        ("bool", "true", True, True),
        ("bool", False, False, False),
        ("address", "alice", "0x" + ADDRESS.hex(), "who"),
        ("string[4]", "Gold", "Gold", "Gold"),
        (POINT, {"x": "1", "up": True}, ["1", True], {"x": "1", "up": True}),
        (POINT, ["1", True], ["1", True], {"x": "1", "up": True}),
        (SHAPE, "empty", {"tag": 0, "payload": []}, "empty"),
        (
            SHAPE,
            {"dot": {"at": ["1", True]}},
            {"tag": 1, "payload": [["1", True]]},
            {"dot": {"at": {"x": "1", "up": True}}},
        ),
        (OPTION, None, {"tag": 0, "payload": []}, None),
        (OPTION, "none", {"tag": 0, "payload": []}, None),
        (OPTION, "9", {"tag": 1, "payload": ["9"]}, "9"),
        (POINTS, [["1", True]], [["1", True]], [{"x": "1", "up": True}]),
        (
            MESSAGE,
            {"target": "alice", "call": "transfer(address,u256)", "arguments": ["alice", "5"]},
            EXACT,
            READ,
        ),
        (MESSAGE, {**READ, "target": "alice"}, EXACT, READ),
    ],
    ids=itertools.count(),
)
def test_values_are_written_and_read(kind: AbiType, written: Json, view: Json, read: Json) -> None:
    assert _parse(kind, written) == view
    assert render_value(kind, view, lambda _: "who") == read


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("u8", "256"),
        ("u8", "-1"),
        ("u8", ""),
        ("u8", "1e2"),
        ("u8", "0x1"),
        ("u8", "_1"),
        ("u8", "1_"),
        ("u8", "1__0"),
        ("u8", "٣"),
        ("u8", "9" * 5_000),
        ("u8", True),
        ("u8", None),
        ("bool", "yes"),
        ("bool", 1),
        ("address", "mallory"),
        ("address", 5),
        ("string[4]", 5),
        (POINT, {"x": "1"}),
        (POINT, {"x": "1", "up": True, "more": 1}),
        (POINT, ["1"]),
        (POINT, "1"),
        (SHAPE, "full"),
        (SHAPE, {"empty": [], "dot": []}),
        (OPTION, "x"),
        (POINTS, {"0": []}),
        (MESSAGE, "alice"),
        (MESSAGE, {"target": "alice", "call": "f()"}),
        (MESSAGE, {"target": "alice", "call": "f(,)", "arguments": []}),
        (MESSAGE, {"target": "alice", "call": "f((u8))", "arguments": [["1"]]}),
        (MESSAGE, {"target": "alice", "call": "f(u8)", "arguments": ["256"]}),
        (MESSAGE, {"target": "alice", "call": "f(u8)", "arguments": []}),
        (MESSAGE, {"target": "alice", "call": "f(string[2])", "arguments": ["Gold"]}),
        (MESSAGE, {"target": "mallory", "call": "f()", "arguments": []}),
        (MESSAGE, {"target": "alice", "call": "f()", "arguments": [], "value": "-1"}),
        (MESSAGE, {"target": "alice", "call": "f()", "selector": "0x00", "arguments": []}),
        (MESSAGE, {"target": "alice", "call": ["f()"], "arguments": []}),
        ({"kind": "map", "key": "u8", "value": "u8"}, {}),
    ],
    ids=itertools.count(),
)
def test_what_is_no_value_of_the_type_is_refused(kind: AbiType, written: Json) -> None:
    parsed = parse_arguments([{"name": "a", "type": kind}], [written], _resolve)
    assert isinstance(parsed, Err)
    assert parsed.error.code == "abi.argument_invalid"
    assert parsed.error.message.startswith("a")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "up", "dot", "at"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from([POINT, SHAPE, OPTION, POINTS, "u8", "u256", "bool"]), JSON_VALUES)
def test_any_json_is_a_value_or_refused(kind: AbiType, written: Json) -> None:
    parsed = parse_arguments([{"name": "a", "type": kind}], [written], _resolve)
    if isinstance(parsed, Ok):
        read = render_value(kind, parsed.value[0], lambda _: "who")
        assert _parse(kind, read) == parsed.value[0], "what is read can be written"


@pytest.mark.parametrize(
    ("kind", "word", "value"),
    [
        ("string[9]", "[1]", "[1]"),
        (POINTS, "[]", []),
        (POINTS, "[", "["),
        (SHAPE, "empty", "empty"),
        (OPTION, "null", None),
        (POINT, '{"x": "1", "up": true}', {"x": "1", "up": True}),
        (POINTS, "[" * 100_000, "[" * 100_000),
    ],
    ids=itertools.count(),
)
def test_a_word_is_json_where_the_type_has_parts(kind: AbiType, word: str, value: Json) -> None:
    assert parse_text(kind, word) == value


TAKES_CALLS = """
interface Token:
    action transfer(to: address, amount: u256)

contract Keeper:
    state:
        token: option[Token]
        kept: option[message[96]]
    action keep(t: Token, m: message[96]) by anyone:
        token = some(t)
        kept = some(m)
"""


def test_interfaces_and_messages_are_arguments_that_the_machine_takes() -> None:
    unit = compile_source(TAKES_CALLS, "keeper.qc").unit
    assert unit is not None
    entry = find_entry(unit.abi, "functions", "name", "keep")
    assert entry is not None
    fields = entry["params"]
    assert isinstance(fields, list)
    message = '{"target": "alice", "call": "transfer(address,u256)", "arguments": ["alice", "5"]}'
    written = [parse_text("address", "alice"), parse_text(MESSAGE, message)]
    parsed = parse_arguments(fields, written, _resolve)
    assert isinstance(parsed, Ok), parsed
    linked = unit.linked
    keep = next(each.declared for each in linked.functions if len(each.params) == len(fields))
    values = record_from_json(linked.types, get_fields(linked.types, keep.params), parsed.value)
    assert isinstance(values, Ok), values
    arguments = ADDRESS + (5).to_bytes(32, "little")
    assert values.value == (ADDRESS, MessageValue(ADDRESS, TRANSFER, 0, arguments))
