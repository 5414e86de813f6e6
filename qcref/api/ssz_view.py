"""JSON of the chain's own objects, by their SSZ types: one rule instead of a view per class.

Integers wider than 32 bits are decimal strings and bytes lower-case hex with 0x, as in vectors; a
union shows its alternative's name under `kind`.

Source: UX.md (everywhere).
"""

from qcref.abi import Json
from spec.lib.ssz import (
    Bitlist,
    Bitvector,
    Boolean,
    ByteList,
    ByteVector,
    Container,
    Descriptor,
    List,
    Uint,
    Union,
    Vector,
)

NUMBER_BITS_MAX = 32
"""Wider integers lose digits in some parsers of JSON."""


def render_object(descriptor: Descriptor[object], value: object) -> Json:
    """The view of a value of an SSZ type."""
    match descriptor:
        case Uint(bits):
            assert isinstance(value, int)
            return int(value) if bits <= NUMBER_BITS_MAX else str(int(value))
        case Boolean():
            return bool(value)
        case ByteVector() | ByteList():
            assert isinstance(value, bytes)
            return "0x" + value.hex()
        case Vector(element=element) | List(element=element):
            assert isinstance(value, tuple)
            return [render_object(element, each) for each in value]
        case Bitvector() | Bitlist():
            assert isinstance(value, tuple)
            return [bool(bit) for bit in value]
        case Container(fields=fields):
            return {name: render_object(kind, getattr(value, name)) for name, kind in fields}
        case Union(options=options):
            return _render_union(options, value)
        case _:
            raise AssertionError("every type has a view")


def _render_union(
    options: tuple[tuple[type[object] | None, Descriptor[object] | None], ...], value: object
) -> Json:
    for cls, option in options:
        if cls is not None and option is not None and type(value) is cls:
            view = render_object(option, value)
            fields = view if isinstance(view, dict) else {"value": view}
            return {"kind": _render_kind(cls.__name__), **fields}
    return None


def _render_kind(name: str) -> str:
    """`NoSeal` as `no_seal`."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
