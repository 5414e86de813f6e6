"""Values: one encoding and one view each, and nothing else is accepted."""

import json
from dataclasses import make_dataclass
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.ir.errors import ValueMalformed
from spec.ir.measure import compute_fingerprint, compute_measure, compute_table
from spec.ir.syntax import (
    AddressType,
    BoolType,
    BytesType,
    EnumType,
    ListType,
    MapType,
    MessageType,
    RecordType,
    StringType,
    Type,
    TypeIndex,
    UintType,
)
from spec.ir.value_view import record_from_json, record_to_json, value_from_json, value_to_json
from spec.ir.values import (
    EnumValue,
    MessageValue,
    Value,
    compute_default,
    decode_leaf,
    decode_record,
    decode_value,
    encode_record,
    encode_value,
    get_size,
    has_default,
    is_key_type,
)
from spec.lib import ssz
from spec.lib.result import Err, Ok
from tests.spec.ir.mutations import mutate_bytes
from tests.spec.ir.tables import (
    ADDRESS,
    LIST,
    MAP,
    MESSAGE,
    NESTED,
    OPTION,
    TYPES,
    VALUE_TYPES,
    make_value,
)

seeds = st.integers(0, (1 << 32) - 1)
kinds = st.sampled_from([TYPES[index] for index in VALUE_TYPES])


@given(kinds, seeds)
def test_decoding_undoes_encoding(kind: Type, seed: int) -> None:
    value = make_value(Random(seed), kind)
    data = encode_value(TYPES, kind, value)
    assert decode_value(TYPES, kind, data) == Ok(value)
    assert decode_leaf(TYPES, kind, data) == value
    size = get_size(TYPES, kind)
    assert size is None or len(data) == size


@given(kinds, seeds)
def test_the_view_loses_nothing(kind: Type, seed: int) -> None:
    value = make_value(Random(seed), kind)
    view = json.loads(json.dumps(value_to_json(TYPES, kind, value)))
    assert value_from_json(TYPES, kind, view) == Ok(value)


@settings(max_examples=300)
@given(kinds, seeds)
def test_damaged_encodings_are_refused_or_canonical(kind: Type, seed: int) -> None:
    check_damaged_encodings(kind, seed)


@pytest.mark.slow
def test_a_million_damaged_encodings_are_refused_or_canonical() -> None:
    for seed in range(30_000):
        kind = TYPES[VALUE_TYPES[seed % len(VALUE_TYPES)]]
        check_damaged_encodings(kind, seed)


def check_damaged_encodings(kind: Type, seed: int) -> None:
    rng = Random(seed)
    data = encode_value(TYPES, kind, make_value(rng, kind)) or b"\0"
    for _ in range(34):
        damaged = mutate_bytes(rng, data)
        decoded = decode_value(TYPES, kind, damaged)
        if isinstance(decoded, Ok):
            assert encode_value(TYPES, kind, decoded.value) == damaged
        else:
            assert decoded.error.code == "ir.value_malformed"
            assert decoded.error.reason in decoded.error.message


@given(st.lists(st.sampled_from(VALUE_TYPES), max_size=4), seeds)
def test_records_of_arguments_round_trip(indices: list[TypeIndex], seed: int) -> None:
    rng = Random(seed)
    fields = tuple(TYPES[index] for index in indices)
    values = tuple(make_value(rng, field) for field in fields)
    data = encode_record(TYPES, fields, values)
    assert decode_record(TYPES, fields, data) == Ok(values)
    assert isinstance(decode_record(TYPES, fields, data + b"\0"), Err) or fields
    view = record_to_json(TYPES, fields, values)
    assert record_from_json(TYPES, fields, view) == Ok(values)
    assert isinstance(record_from_json(TYPES, fields, [*view, 0]), Err)


# The encoding is SSZ


def make_descriptor(kind: Type) -> Any:
    """The SSZ descriptor of a type; records and members become dataclasses made here."""
    match kind:
        case UintType(bits):
            return ssz.Uint(bits)
        case BoolType():
            return ssz.Boolean()
        case AddressType() | BytesType():
            return ssz.ByteVector(32 if isinstance(kind, AddressType) else kind.size_bytes)
        case StringType(size):
            return ssz.ByteList(size)
        case RecordType(fields):
            return make_container(fields)
        case ListType(element, length_max):
            return ssz.List(make_descriptor(TYPES[element]), length_max)
        case EnumType(members):
            containers = [make_container(fields) for fields in members]
            return ssz.Union(tuple((container.cls, container) for container in containers))
        case MessageType(size):
            parts = (ssz.ByteVector(32), ssz.ByteVector(8), ssz.Uint(128), ssz.ByteList(size))
            return make_container_of(parts)
        case MapType():
            raise AssertionError("maps have no values")


def make_container(fields: tuple[TypeIndex, ...]) -> Any:
    return make_container_of(tuple(make_descriptor(TYPES[field]) for field in fields))


def make_container_of(parts: tuple[Any, ...]) -> Any:
    names = [f"f{i}" for i in range(len(parts))]
    cls = make_dataclass("Made", names, frozen=True)
    return ssz.Container(cls, tuple(zip(names, parts, strict=True)))


def make_ssz_value(kind: Type, value: Value, descriptor: Any) -> Any:
    match kind, value:
        case RecordType(fields), tuple():
            return fill(fields, value, descriptor)
        case ListType(element, _), tuple():
            return tuple(
                make_ssz_value(TYPES[element], entry, descriptor.element) for entry in value
            )
        case EnumType(members), EnumValue(tag, payload):
            return fill(members[tag], payload, descriptor.options[tag][1])
        case MessageType(), MessageValue(target, selector, coins, arguments):
            return descriptor.cls(target, selector, coins, arguments)
        case _:
            return value


def fill(fields: tuple[TypeIndex, ...], values: tuple[Value, ...], container: Any) -> Any:
    parts = [
        make_ssz_value(TYPES[field], value, descriptor)
        for field, value, (_, descriptor) in zip(fields, values, container.fields, strict=True)
    ]
    return container.cls(*parts)


@given(kinds, seeds)
def test_the_encoding_is_ssz(kind: Type, seed: int) -> None:
    value = make_value(Random(seed), kind)
    descriptor = make_descriptor(kind)
    expected = ssz.encode(descriptor, make_ssz_value(kind, value, descriptor))
    assert encode_value(TYPES, kind, value) == expected


# Strictness, one by one


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (UintType(64), bytes(7)),
        (UintType(64), bytes(9)),
        (BoolType(), b"\2"),
        (BoolType(), b""),
        (AddressType(), bytes(32)),
        (AddressType(), b"\3" + bytes(31)),
        (AddressType(), b"\1" + bytes(30)),
        (BytesType(4), bytes(5)),
        (StringType(3), b"abcd"),
        (StringType(3), b"\xc0\x80"),
        (StringType(3), b"\xed\xa0\x80"),
        (TYPES[OPTION], b""),
        (TYPES[OPTION], b"\3"),
        (TYPES[OPTION], b"\0\0"),
        (TYPES[LIST], bytes(9)),
        (TYPES[LIST], bytes(40)),
        (TYPES[MESSAGE], bytes(59)),
        (TYPES[MESSAGE], b"\1" + bytes(55) + b"\3d\0\0\0"),
        (TYPES[MESSAGE], bytes(56) + b"\x3c\0\0\0"),
        (TYPES[MESSAGE], b"\1" + bytes(55) + b"\x3c\0\0\0" + bytes(65)),
        (TYPES[MAP], b""),
    ],
)
def test_what_is_not_canonical_is_refused(kind: Type, data: bytes) -> None:
    assert isinstance(decode_value(TYPES, kind, data), Err)


@pytest.mark.parametrize(
    ("kind", "view"),
    [
        (UintType(32), "1"),
        (UintType(32), True),
        (UintType(32), 1 << 32),
        (UintType(32), -1),
        (UintType(64), 1),
        (UintType(64), "01"),
        (UintType(64), "-1"),
        (UintType(64), "٣"),
        (UintType(64), str(1 << 64)),
        (UintType(256), "9" * 5000),
        (BoolType(), 0),
        (AddressType(), "0x" + "00" * 32),
        (BytesType(2), "0xABCD"),
        (BytesType(2), "0xabc"),
        (BytesType(2), "abcd"),
        (StringType(3), "abcd"),
        (StringType(3), "\ud800"),
        (TYPES[OPTION], {"tag": 3, "payload": []}),
        (TYPES[OPTION], {"tag": 0, "payload": [], "more": 1}),
        (TYPES[OPTION], {"tag": 1, "payload": []}),
        (TYPES[LIST], ["1"] * 5),
        (TYPES[LIST], "1"),
        (TYPES[NESTED], []),
        (TYPES[MESSAGE], {"target": "0x", "selector": "0x", "value": "0", "arguments": "0x"}),
        (TYPES[MAP], {}),
        (TYPES[ADDRESS], None),
    ],
)
def test_any_other_view_is_refused(kind: Type, view: object) -> None:
    refused = value_from_json(TYPES, kind, view)
    assert isinstance(refused, Err)
    assert isinstance(refused.error, ValueMalformed)


# Defaults, keys, measures


@given(kinds)
def test_a_default_is_all_zeros(kind: Type) -> None:
    value = compute_default(TYPES, kind)
    data = encode_value(TYPES, kind, value)
    if get_size(TYPES, kind) is not None:
        assert data == bytes(len(data))
    assert decode_leaf(TYPES, kind, data) == value
    if has_default(TYPES, kind):
        assert decode_value(TYPES, kind, data) == Ok(value)


def test_addresses_and_what_holds_them_have_no_default() -> None:
    table: tuple[Type, ...] = (
        AddressType(),
        RecordType((TypeIndex(0),)),
        EnumType(((TypeIndex(0),), ())),
        EnumType(((), (TypeIndex(0),))),
        ListType(TypeIndex(0), 3),
        MessageType(8),
        UintType(8),
        MapType(TypeIndex(0), TypeIndex(1)),
        MapType(TypeIndex(0), TypeIndex(6)),
    )
    expected = [False, False, False, True, True, False, True, False, True]
    assert [has_default(table, kind) for kind in table] == expected
    assert compute_default(table, table[8]) == 0


def test_keys_are_scalars_of_one_size() -> None:
    keys = [TYPES.index(kind) for kind in TYPES if is_key_type(kind)]
    assert keys == [0, 1, 2, 3, 4, 5, 6, 8, 21, 23]


@given(kinds, seeds)
def test_no_value_is_larger_than_its_measure(kind: Type, seed: int) -> None:
    measures = compute_table(TYPES, compute_measure)
    measure = compute_measure(kind, measures)
    data = encode_value(TYPES, kind, make_value(Random(seed), kind))
    assert len(data) <= measure.size_bytes_max
    assert measure.is_fixed == (get_size(TYPES, kind) is not None)
    assert not measure.is_fixed or len(data) == measure.size_bytes_max


def test_the_measure_is_reached() -> None:
    measures = compute_table(TYPES, compute_measure)
    full = ((7, EnumValue(0, ())),) * 2
    assert measures[13].size_bytes_max == len(encode_value(TYPES, TYPES[13], full))
    assert measures[13].depth == 3
    assert measures[13].parts_max == 1 + 2 * 3


def test_fingerprints_tell_structures_apart_and_forget_the_table() -> None:
    known = compute_table(TYPES, compute_fingerprint)
    assert len(set(known)) == len(TYPES)
    shuffled: tuple[Type, ...] = (
        UintType(64),
        EnumType(((), (), ())),
        RecordType((TypeIndex(0), TypeIndex(1))),
    )
    assert compute_table(shuffled, compute_fingerprint)[2] == known[10]
