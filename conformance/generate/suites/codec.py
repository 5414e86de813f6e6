"""Level 1: valid encodings both ways, and each way in which bytes are no encoding."""

from typing import Any, Final

from conformance.clients.spec.answers import JsonObject, to_hex
from conformance.clients.spec.types import OF_PROTOCOL, get_type
from conformance.clients.spec.views import render_view
from conformance.generate.case import Case, Suite
from conformance.generate.samples import VALUES
from conformance.generate.suites.malformed import ELEMENTARY_ROWS, Row, list_rows
from spec.lib.ssz import encode

ELEMENTARY_VALUES: Final[tuple[tuple[str, str, Any], ...]] = (
    *((f"uint{bits}", "zero", 0) for bits in (8, 16, 32, 64, 128, 256)),
    *((f"uint{bits}", "one", 1) for bits in (8, 16, 32, 64, 128, 256)),
    *((f"uint{bits}", "max", 2**bits - 1) for bits in (8, 16, 32, 64, 128, 256)),
    *((f"uint{bits}", "top_bit", 2 ** (bits - 1)) for bits in (8, 16, 32, 64, 128, 256)),
    ("uint64", "beyond_double", 2**53 + 1),
    ("uint32", "byte_order", 0x01020304),
    ("boolean", "false", False),
    ("boolean", "true", True),
    ("bytes32", "counting", bytes(range(32))),
    ("byte_list_5", "empty", b""),
    ("byte_list_5", "full", b"\x00\x01\x02\x03\x04"),
    ("bitvector_10", "zeros", (False,) * 10),
    ("bitvector_10", "ends", (True, *(False,) * 8, True)),
    ("bitvector_16", "ends", (True, *(False,) * 14, True)),
    ("bitlist_10", "empty", ()),
    ("bitlist_10", "mixed", (True, False, True, True, *(False,) * 5, True)),
    ("bitlist_10", "seven", (True,) * 7),
    ("bitlist_10", "eight", (False,) * 8),
    ("bitlist_10", "full", (True,) * 10),
    ("vector_uint16_3", "counting", (1, 2, 65_535)),
    ("list_uint16_3", "empty", ()),
    ("list_uint16_3", "full", (1, 2, 65_535)),
    ("list_byte_list_5_3", "empty", ()),
    ("list_byte_list_5_3", "empty_elements", (b"", b"", b"")),
    ("list_byte_list_5_3", "mixed", (b"\x01", b"", b"\x02\x03")),
    ("list_byte_list_5_3", "full", (b"\x01\x02\x03\x04\x05",) * 3),
    ("vector_byte_list_5_2", "mixed", (b"", b"\x01\x02")),
    ("vector_byte_list_5_2", "full", (b"\x01\x02\x03\x04\x05",) * 2),
)


def build() -> tuple[Suite, ...]:
    """The suites of elementary types, and one for each type of the protocol."""
    suites = [_build_elementary("codec/basic", "uint"), _build_elementary("codec/composite", "")]
    for name in OF_PROTOCOL:
        values = [(label, value) for type_name, label, value in VALUES if type_name == name]
        cases = [case for label, value in values for case in _build_both(name, label, value)]
        cases += [_build_malformed(name, row) for row in list_rows(name)]
        suites.append(Suite(f"codec/{name}", "codec", "codec", tuple(cases)))
    return tuple(suites)


def _build_elementary(suite: str, prefix: str) -> Suite:
    """Numbers and truth values, or all the others."""
    basic = ("uint", "boolean")
    cases: list[Case] = []
    for name, label, value in ELEMENTARY_VALUES:
        if name.startswith(basic) == bool(prefix):
            cases += _build_both(name, f"{name}_{label}", value)
    for name, row in ELEMENTARY_ROWS:
        if name.startswith(basic) == bool(prefix):
            cases.append(_build_malformed(name, row._replace(name=f"{name}_{row.name}")))
    return Suite(suite, "codec", "codec", tuple(cases))


def _build_both(name: str, label: str, value: Any) -> tuple[Case, Case]:  # noqa: ANN401 - a value
    descriptor = get_type(name)
    data = encode(descriptor, value)
    view = render_view(descriptor, value)
    into: JsonObject = {"type": name, "bytes": to_hex(data)}
    out: JsonObject = {"type": name, "value": view}
    return (
        Case(
            f"decode_{label}",
            f"What encodes a {name} is read field by field, numbers little-endian.",
            "decoding",
            "ssz.decode",
            into,
            view=view,
        ),
        Case(
            f"encode_{label}",
            f"A {name} has one encoding, offsets and all.",
            "encoding",
            "ssz.encode",
            out,
            view=view,
        ),
    )


def _build_malformed(name: str, row: Row) -> Case:
    return Case(
        f"malformed_{row.name}",
        row.why,
        "malformed",
        "ssz.decode",
        {"type": name, "bytes": to_hex(row.data)},
        row.expected,
    )
