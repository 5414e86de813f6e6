"""Bytes that are no encoding, each with the fault that a decoder finds first."""

from typing import Any, Final, NamedTuple

from conformance.clients.spec.types import get_type
from conformance.generate.samples import VALUES
from spec.config.algorithms import CONSENSUS_CONFIG
from spec.ledger.ops import CONSENSUS_FIELDS, SEAL
from spec.ledger.types import STATUS, TRANSACTION
from spec.lib.ssz import Descriptor, Union, encode
from spec.lib.ssz.descriptors import get_fixed_size

WRONG_LENGTH: Final = "ssz.wrong_length"
TRUNCATED: Final = "ssz.truncated"
TOO_LONG: Final = "ssz.too_long"
UNEVEN: Final = "ssz.uneven_length"
BOOLEAN: Final = "ssz.bad_boolean"
PADDING: Final = "ssz.bad_padding"
DELIMITER: Final = "ssz.missing_delimiter"
FIRST_OFFSET: Final = "ssz.bad_first_offset"
BOUNDS: Final = "ssz.offset_out_of_bounds"
DECREASING: Final = "ssz.offset_decreasing"
SELECTOR: Final = "ssz.selector_out_of_range"
FORK_SIZE_BYTES: Final = 12  # height and version
BFT_CONFIG_SIZE_BYTES: Final = 40  # three timeouts, two limits of penalties


class Row(NamedTuple):
    """One malformed input."""

    name: str
    """Of the case."""
    data: bytes
    """What is to be decoded."""
    expected: str
    """The code that refuses."""
    why: str
    """The mistake it catches."""


PAYLOAD: Final = dict(TRANSACTION.fields)["payload"]
_EXACT: Final = "A decoder that reads what it needs and ignores the rest accepts many encodings."
_LENGTHS: Final = "Bytes that are missing must not be taken for zeros."
_OFFSETS: Final = "Offsets lie in order and without gaps, or one value has many encodings."
_UNION: Final = "A selector beyond the options must not fall back to one of them."
_WALK: Final = "Offsets are judged before parts, and parts in the order of fields."
_LIMIT: Final = "A limit is checked before its elements are read."


def _encode_offsets(*offsets: int) -> bytes:
    return b"".join(offset.to_bytes(4, "little") for offset in offsets)


ELEMENTARY_ROWS: Final[tuple[tuple[str, Row], ...]] = (
    ("uint8", Row("empty", b"", WRONG_LENGTH, _LENGTHS)),
    ("uint64", Row("short", bytes(7), WRONG_LENGTH, _LENGTHS)),
    ("uint64", Row("long", bytes(9), WRONG_LENGTH, _EXACT)),
    ("uint256", Row("short", bytes(31), WRONG_LENGTH, _LENGTHS)),
    ("boolean", Row("empty", b"", WRONG_LENGTH, _LENGTHS)),
    ("boolean", Row("two", b"\x02", BOOLEAN, "Truth has one encoding: 1.")),
    ("boolean", Row("all_ones", b"\xff", BOOLEAN, "Truth has one encoding: 1.")),
    ("boolean", Row("long", b"\x01\x00", WRONG_LENGTH, _EXACT)),
    ("bytes32", Row("short", bytes(31), WRONG_LENGTH, _LENGTHS)),
    ("bytes32", Row("long", bytes(33), WRONG_LENGTH, _EXACT)),
    ("byte_list_5", Row("beyond_limit", bytes(6), TOO_LONG, _LIMIT)),
    ("bitvector_10", Row("short", b"\xff", WRONG_LENGTH, _LENGTHS)),
    ("bitvector_10", Row("padding", b"\xff\x07", PADDING, "Bits behind the last are zero.")),
    ("bitvector_10", Row("top_bit", b"\x00\x80", PADDING, "Bits behind the last are zero.")),
    ("bitvector_16", Row("long", bytes(3), WRONG_LENGTH, _EXACT)),
    ("bitlist_10", Row("empty", b"", DELIMITER, "A bitlist without its end has no length.")),
    ("bitlist_10", Row("zero", b"\x00", DELIMITER, "A bitlist without its end has no length.")),
    ("bitlist_10", Row("zero_end", b"\xff\x00", DELIMITER, "The last byte holds the end.")),
    ("bitlist_10", Row("beyond_limit", b"\xff\x0f", TOO_LONG, _LIMIT)),
    ("bitlist_10", Row("long_zero_end", bytes(3), DELIMITER, "Without its end it has no length.")),
    ("vector_uint16_3", Row("short", bytes(4), WRONG_LENGTH, _LENGTHS)),
    ("vector_uint16_3", Row("long", bytes(8), WRONG_LENGTH, _EXACT)),
    ("list_uint16_3", Row("uneven", bytes(3), UNEVEN, "Half an element is none.")),
    ("list_uint16_3", Row("beyond_limit", bytes(8), TOO_LONG, _LIMIT)),
    ("list_uint16_3", Row("uneven_beyond_limit", bytes(9), UNEVEN, "Half an element is none.")),
    ("list_byte_list_5_3", Row("half_offset", b"\x04\x00", TRUNCATED, _LENGTHS)),
    ("list_byte_list_5_3", Row("offset_zero", bytes(4), FIRST_OFFSET, _OFFSETS)),
    ("list_byte_list_5_3", Row("offset_uneven", b"\x05\0\0\0\0", FIRST_OFFSET, _OFFSETS)),
    ("list_byte_list_5_3", Row("offset_beyond", b"\x08\0\0\0", BOUNDS, _OFFSETS)),
    ("list_byte_list_5_3", Row("offset_huge", b"\xfc\xff\xff\xff", BOUNDS, _OFFSETS)),
    (
        "list_byte_list_5_3",
        Row("beyond_limit", b"\x10\0\0\0" * 4, TOO_LONG, _LIMIT),
    ),
    (
        "list_byte_list_5_3",
        Row("decreasing", b"\x0c\0\0\0\x0e\0\0\0\x0d\0\0\0\1\2\3", DECREASING, _OFFSETS),
    ),
    (
        "list_byte_list_5_3",
        Row("second_beyond", b"\x08\0\0\0\x09\0\0\0", BOUNDS, _OFFSETS),
    ),
    (
        "list_byte_list_5_3",
        Row("element_too_long", b"\x04\0\0\0" + bytes(6), TOO_LONG, _LIMIT),
    ),
    (
        "list_byte_list_5_3",
        Row("too_long_and_decreasing", _encode_offsets(12, 18, 17) + bytes(8), DECREASING, _WALK),
    ),
    (
        "list_byte_list_5_3",
        Row("decreasing_then_beyond", _encode_offsets(12, 11, 13), DECREASING, _WALK),
    ),
    (
        "list_byte_list_5_3",
        Row("beyond_then_decreasing", _encode_offsets(12, 13, 11), BOUNDS, _WALK),
    ),
    (
        "vector_byte_list_5_2",
        Row("element_too_long", _encode_offsets(8, 8) + bytes(6), TOO_LONG, _LIMIT),
    ),
    ("vector_byte_list_5_2", Row("short", bytes(7), TRUNCATED, _LENGTHS)),
    (
        "vector_byte_list_5_2",
        Row("gap", b"\x09\0\0\0\x09\0\0\0\0", FIRST_OFFSET, _OFFSETS),
    ),
    (
        "vector_byte_list_5_2",
        Row("overlap", b"\x07\0\0\0\x08\0\0\0", FIRST_OFFSET, _OFFSETS),
    ),
)
"""Of elementary types: the type and the row."""


def list_rows(name: str) -> list[Row]:
    """The malformed inputs of a type of the protocol."""
    _, _, value = next(sample for sample in VALUES if sample[0] == name)
    descriptor = get_type(name)
    data = encode(descriptor, value)
    if get_fixed_size(descriptor) is not None:
        return [
            Row("empty", b"", WRONG_LENGTH, _LENGTHS),
            Row("short", data[:-1], WRONG_LENGTH, _LENGTHS),
            Row("long", data + b"\0", WRONG_LENGTH, _EXACT),
        ]
    return [
        Row("empty", b"", TRUNCATED, _LENGTHS),
        Row("one_byte", b"\0", TRUNCATED, _LENGTHS),
        *_VARIABLE[name](data),
    ]


def set_offset(data: bytes, at: int, change: int) -> bytes:
    """The bytes with the offset at a place moved by so many bytes."""
    moved = int.from_bytes(data[at : at + 4], "little") + change
    return data[:at] + moved.to_bytes(4, "little") + data[at + 4 :]


def _spoil_offsets(data: bytes, places: tuple[int, ...]) -> list[Row]:
    """Faults of the offsets that stand at these places of a container."""
    rows = [
        Row("gap", set_offset(data, places[0], 1), FIRST_OFFSET, _OFFSETS),
        Row("overlap", set_offset(data, places[0], -1), FIRST_OFFSET, _OFFSETS),
        Row("first_zero", _write(data, places[0], 0), FIRST_OFFSET, _OFFSETS),
    ]
    last = places[-1]
    if len(places) > 1:
        first = int.from_bytes(data[places[0] : places[0] + 4], "little")
        rows.append(Row("beyond", _write(data, last, len(data) + 1), BOUNDS, _OFFSETS))
        rows.append(Row("huge", _write(data, last, 2**32 - 1), BOUNDS, _OFFSETS))
        rows.append(Row("decreasing", _write(data, last, first - 1), DECREASING, _OFFSETS))
    return rows


def _write(data: bytes, at: int, offset: int) -> bytes:
    return data[:at] + offset.to_bytes(4, "little") + data[at + 4 :]


def _lengthen(data: bytes, at: int, count: int, places: tuple[int, ...]) -> bytes:
    """The bytes with zeros added at a place, and the offsets of what lies behind it moved."""
    grown = data[:at] + bytes(count) + data[at:]
    for place in places:
        grown = set_offset(grown, place, count)
    return grown


def _select(data: bytes, at: int, union: Descriptor[Any]) -> bytes:
    """The bytes with the first selector beyond a union's options at a place."""
    assert isinstance(union, Union), "only unions have selectors"
    return data[:at] + bytes([len(union.options)]) + data[at + 1 :]


def _spoil_transaction(data: bytes) -> list[Row]:
    payload_at = int.from_bytes(data[76:80], "little")
    selector = _select(data, payload_at, PAYLOAD)
    high = data[:payload_at] + b"\xff" + data[payload_at + 1 :]
    return [
        *_spoil_offsets(data, (32, 76)),
        Row("payload_selector", selector, SELECTOR, _UNION),
        Row("payload_selector_high", high, SELECTOR, _UNION),
        Row("payload_absent", data[:payload_at], TRUNCATED, _UNION),
        Row("payload_short", data[:-1], WRONG_LENGTH, _LENGTHS),
        Row("payload_long", data + b"\0", WRONG_LENGTH, _EXACT),
        Row("fixed_part_only", data[:80], BOUNDS, _LENGTHS),
        Row("fixed_part_short", data[:79], TRUNCATED, _LENGTHS),
        Row("key_too_long", _lengthen_key(data), TOO_LONG, _LIMIT),
        Row(
            "approvals_too_many",
            data[:payload_at] + b"\x04" + _encode_offsets(4) + bytes(20 * 33),
            TOO_LONG,
            _LIMIT,
        ),
    ]


def _lengthen_key(data: bytes) -> bytes:
    """The transaction with a public key one byte above the limit of 1,952."""
    payload_at = int.from_bytes(data[76:80], "little")
    key = data[80:85] + bytes(1_953)
    return _write(data, 76, 80 + len(key))[:80] + key + data[payload_at:]


def _spoil_signed_transaction(data: bytes) -> list[Row]:
    signature_at = int.from_bytes(data[4:8], "little")
    too_long = data[:signature_at] + bytes(3_310)
    return [
        *_spoil_offsets(data, (0, 4)),
        Row("signature_too_long", too_long, TOO_LONG, _LIMIT),
        Row("transaction_empty", _write(data[:8] + data[signature_at:], 4, 8), TRUNCATED, _LENGTHS),
    ]


def _spoil_header(data: bytes) -> list[Row]:
    at = len(data) - 1
    return [
        *_spoil_offsets(data, (at - 4,)),
        Row("fields_selector", _select(data, at, CONSENSUS_FIELDS), SELECTOR, _UNION),
        Row("fields_absent", data[:-1], TRUNCATED, _UNION),
        Row("fields_surplus", data + b"\0", WRONG_LENGTH, _EXACT),
        Row("fields_of_another", data[:-1] + b"\x01", WRONG_LENGTH, _LENGTHS),
    ]


def _spoil_body(data: bytes) -> list[Row]:
    return [
        *_spoil_offsets(_BODY_DATA, (0, 4)),
        Row("trailing", data + b"\0", TRUNCATED, _EXACT),
        Row("list_offset_uneven", data + b"\x05\0\0\0\0", FIRST_OFFSET, _OFFSETS),
        Row("list_offset_beyond", data + b"\x08\0\0\0", BOUNDS, _OFFSETS),
        Row("element_empty", data + b"\x04\0\0\0", TRUNCATED, _LENGTHS),
        Row("too_many", data + (4 * 16_385).to_bytes(4, "little") * 16_385, TOO_LONG, _LIMIT),
        Row("ops_too_many", _encode_offsets(8, 8 + 4_100, *[4_100] * 1_025), TOO_LONG, _LIMIT),
    ]


def _spoil_block(data: bytes) -> list[Row]:
    seal_at = int.from_bytes(data[8:12], "little")
    return [
        *_spoil_offsets(data, (0, 4, 8)),
        Row("seal_selector", _select(data, seal_at, SEAL), SELECTOR, _UNION),
        Row("seal_absent", data[:seal_at], TRUNCATED, _UNION),
        Row("seal_surplus", data + b"\0", WRONG_LENGTH, _EXACT),
    ]


def _spoil_receipt(data: bytes) -> list[Row]:
    status_at = int.from_bytes(data[0:4], "little")
    selector = _select(data, status_at, STATUS)
    return [
        *_spoil_offsets(data, (0, 20, 24)),
        Row("status_selector", selector, SELECTOR, _UNION),
        Row("causes_uneven", data + b"\x05\0\0\0\0", FIRST_OFFSET, _OFFSETS),
        Row("causes_too_many", data + _encode_offsets(*[68] * 17), TOO_LONG, _LIMIT),
        Row("reason_too_long", _lengthen_reason(), TOO_LONG, _LIMIT),
    ]


def _lengthen_reason() -> bytes:
    """A receipt with a reason one byte above the limit of 64; its events and causes are none."""
    receipt = next(v for n, m, v in VALUES if (n, m) == ("receipt", "stopped"))
    data = encode(get_type("receipt"), receipt)
    return _lengthen(data, len(data), 65 - len(receipt.status.reason), (20, 24))


def _spoil_commit(data: bytes) -> list[Row]:
    at = 8 + 4 + 32
    many = data[: at + 4] + bytes(68) * 1_025
    return [
        *_spoil_offsets(data, (at,)),
        Row("votes_uneven", data[:-1], UNEVEN, "Half a vote is none."),
        Row("votes_too_many", many, TOO_LONG, _LIMIT),
    ]


def _spoil_chain_config(data: bytes) -> list[Row]:
    return [
        *_spoil_offsets(data, (0, 4)),
        Row("boolean", data[:8] + b"\x02" + data[9:], BOOLEAN, "Truth has one encoding: 1."),
        Row("forks_uneven", data[:-1], UNEVEN, "Half an entry is none."),
        Row("consensus_selector", _spoil_consensus(data), SELECTOR, _UNION),
        *_spoil_limits(data),
    ]


def _spoil_limits(data: bytes) -> list[Row]:
    """Configurations with a list one above its limit, or with two faults."""
    name_at, prefix_at = (int.from_bytes(data[at : at + 4], "little") for at in (0, 4))
    name = _lengthen(data, prefix_at, 33 - (prefix_at - name_at), (4, 113, 197))
    consensus_at = int.from_bytes(data[113:117], "little")
    prefix = _lengthen(data, consensus_at, 17 - (consensus_at - prefix_at), (113, 197))
    forks = data[:-FORK_SIZE_BYTES] + bytes(FORK_SIZE_BYTES * 65)
    beyond = _write(data, 197, len(data) + 1)
    return [
        Row("name_too_long", name, TOO_LONG, _LIMIT),
        Row("prefix_too_long", prefix, TOO_LONG, _LIMIT),
        Row("forks_too_many", forks, TOO_LONG, _LIMIT),
        Row("boolean_and_offset", beyond[:8] + b"\x02" + beyond[9:], BOUNDS, _WALK),
        Row("name_and_boolean", name[:8] + b"\x02" + name[9:], TOO_LONG, _WALK),
    ]


def _spoil_consensus(data: bytes) -> bytes:
    """The configuration with a selector for which there is no algorithm."""
    start = len(data) - FORK_SIZE_BYTES - BFT_CONFIG_SIZE_BYTES - 1
    return _select(data, start, CONSENSUS_CONFIG)


def _spoil_genesis(data: bytes) -> list[Row]:
    return [
        *_spoil_offsets(data, (0, 12, 16)),
        Row("validators_uneven", data + b"\0", UNEVEN, "Half a validator is none."),
    ]


_BODY_DATA: Final = encode(
    get_type("body"), next(v for n, m, v in VALUES if (n, m) == ("body", "typical"))
)
_VARIABLE: Final[dict[str, Any]] = {
    "transaction": _spoil_transaction,
    "signed_transaction": _spoil_signed_transaction,
    "header": _spoil_header,
    "body": _spoil_body,
    "block": _spoil_block,
    "receipt": _spoil_receipt,
    "commit": _spoil_commit,
    "chain_config": _spoil_chain_config,
    "genesis": _spoil_genesis,
}
