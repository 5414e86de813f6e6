"""The generic SSZ vectors of the Ethereum consensus specifications."""

import json
import re
from dataclasses import dataclass, fields
from typing import Any, Final

import pytest

from spec.lib.result import Err, Ok
from spec.lib.ssz import (
    Bitlist,
    Bitvector,
    Boolean,
    ByteList,
    Container,
    Descriptor,
    List,
    Uint,
    Vector,
    decode,
    encode,
    hash_tree_root,
)
from spec.lib.ssz.decoding import unpack_bits
from tests.foreign import get_vectors


@dataclass(frozen=True, slots=True)
class SingleField:
    A: int


@dataclass(frozen=True, slots=True)
class Small:
    A: int
    B: int


@dataclass(frozen=True, slots=True)
class Fixed:
    A: int
    B: int
    C: int


@dataclass(frozen=True, slots=True)
class Var:
    A: int
    B: tuple[int, ...]
    C: int


@dataclass(frozen=True, slots=True)
class Complex:
    A: int
    B: tuple[int, ...]
    C: int
    D: bytes
    E: Var
    F: tuple[Fixed, ...]
    G: tuple[Var, ...]


FIXED: Final = Container(Fixed, (("A", Uint(8)), ("B", Uint(64)), ("C", Uint(32))))
VAR: Final = Container(Var, (("A", Uint(16)), ("B", List(Uint(16), 1024)), ("C", Uint(8))))
STRUCTS: Final[dict[str, Descriptor[object]]] = {
    "SingleFieldTestStruct": Container(SingleField, (("A", Uint(8)),)),
    "SmallTestStruct": Container(Small, (("A", Uint(16)), ("B", Uint(16)))),
    "FixedTestStruct": FIXED,
    "VarTestStruct": VAR,
    "ComplexTestStruct": Container(
        Complex,
        (
            ("A", Uint(16)),
            ("B", List(Uint(16), 128)),
            ("C", Uint(8)),
            ("D", ByteList(256)),
            ("E", VAR),
            ("F", Vector(FIXED, 4)),
            ("G", Vector(VAR, 2)),
        ),
    ),
}
# Progressive containers are no type of ours.
LEFT_OUT: Final = ("ProgressiveTestStruct",)

# Cases of a file that hold, of all; those of an impossible type (a vector of nothing), left out.
COUNTS: Final = {
    "basic_vector": (191, 192, 1, 0),
    "bitlist": (214, 214, 0, 0),
    "bitvector": (42, 43, 1, 0),
    "boolean": (3, 3, 0, 0),
    "containers": (62, 63, 0, 1),
}


def make_descriptor(handler: str, name: str) -> Descriptor[object]:
    """The type that a case's name says; an impossible one is an AssertionError."""
    words = name.split("_")
    match handler:
        case "boolean":
            return Boolean()
        case "bitlist":
            return Bitlist(int(words[1]))
        case "bitvector":
            return Bitvector(int(words[1]))
        case "basic_vector":
            width = re.fullmatch(r"uint(\d+)", words[1])
            return Vector(Uint(int(width[1])) if width else Boolean(), int(words[2]))
        case _:
            return STRUCTS[words[0]]


def make_value(descriptor: Descriptor[object], view: Any) -> object:
    """The value that a vector writes as JSON."""
    match descriptor:
        case Bitvector(length):
            return unpack_bits(bytes.fromhex(view[2:]), length)
        case Bitlist():
            digits = f"{int.from_bytes(bytes.fromhex(view[2:]), 'little'):b}"
            return tuple(digit == "1" for digit in reversed(digits[1:]))
        case Uint():
            return int(view)
        case ByteList():
            return bytes.fromhex(view[2:])
        case Vector(element) | List(element):
            return tuple(make_value(element, item) for item in view)
        case Container(cls, parts):
            assert [field.name for field in fields(cls)] == list(view)
            return cls(*(make_value(part, view[name]) for name, part in parts))
        case _:
            return view


@pytest.mark.parametrize("handler", list(COUNTS))
def test_foreign_vectors_hold(handler: str) -> None:
    cases = json.loads((get_vectors("ssz_generic") / f"{handler}.json").read_text())["cases"]
    passed = impossible = left_out = 0
    for case in cases:
        name, data = case["name"], bytes.fromhex(case["serialized"][2:])
        if name.startswith(LEFT_OUT):
            left_out += 1
            continue
        if re.match(r"(vec_\w+?|bitvec)_0(_|$)", name):
            with pytest.raises(AssertionError):
                make_descriptor(handler, name)
            impossible += 1
            continue
        descriptor = make_descriptor(handler, name)
        decoded = decode(descriptor, data)
        if case["suite"] == "invalid":
            assert isinstance(decoded, Err), name
            assert re.fullmatch(r"ssz\.[a-z_]+", decoded.error.code), name
            assert decoded.error.message
        else:
            value = make_value(descriptor, case["value"])
            assert decoded == Ok(value), name
            assert encode(descriptor, value) == data, name
            assert hash_tree_root(descriptor, value).hex() == case["meta"]["root"][2:], name
        passed += 1
    assert (passed, len(cases), impossible, left_out) == COUNTS[handler]
