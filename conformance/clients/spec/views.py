"""Readable JSON of typed values and back, by the same descriptors that encode them.

    Uint of at most 32 bits    a number                ByteVector, ByteList    0x hex
    wider Uint                 a decimal string        Bitvector, Bitlist      a string of 0 and 1
    Boolean                    true, false             Vector, List            an array
    Container                  an object by field      Union                   {"name_of_option": …}

The name of a union's option is its class in snake case; the option None is null. Depth is that of a
descriptor, which is our own source, so both functions recurse along it.
"""

import re
from typing import Any, Final

from conformance.clients.spec.answers import RequestError, to_bytes, to_hex
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

NUMBER_BITS_MAX: Final = 32  # of a type whose values are JSON numbers
_DECIMAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,77})\Z")
_BEFORE_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def render_view(descriptor: Descriptor[Any], value: Any) -> Any:  # noqa: ANN401 - a typed value
    """The view of a value.

    Args:
        descriptor: its type.
        value: a value of that type.
    """
    match descriptor:
        case Uint(bits):
            return value if bits <= NUMBER_BITS_MAX else str(value)
        case Boolean():
            return value
        case ByteVector() | ByteList():
            return to_hex(value)
        case Bitvector() | Bitlist():
            return "".join("1" if bit else "0" for bit in value)
        case Vector(element) | List(element):
            return [render_view(element, item) for item in value]
        case Container(_, fields):
            return {name: render_view(field, getattr(value, name)) for name, field in fields}
        case Union():
            return _render_option(descriptor, value)
    raise AssertionError(f"{descriptor!r} is no descriptor")


def read_view(descriptor: Descriptor[Any], view: Any) -> Any:  # noqa: ANN401 - JSON to a value
    """The value of a view.

    Args:
        descriptor: its type.
        view: JSON as `render_view` makes it.

    Raises:
        RequestError: the view is none of this type.
    """
    match descriptor:
        case Uint(bits):
            return _read_number(bits, view)
        case Boolean():
            return _check(isinstance(view, bool), view, "true or false")
        case ByteVector() | ByteList():
            return to_bytes(view)
        case Bitvector() | Bitlist():
            text = _check(isinstance(view, str) and set(view) <= {"0", "1"}, view, "bits")
            return tuple(bit == "1" for bit in text)
        case Vector(element) | List(element):
            items = _check(isinstance(view, list), view, "an array")
            return tuple(read_view(element, item) for item in items)
        case Container(cls, fields):
            names = [name for name, _ in fields]
            fits = isinstance(view, dict) and sorted(view) == sorted(names)
            members = _check(fits, view, f"an object of {', '.join(names)}")
            return cls(*(read_view(field, members[name]) for name, field in fields))
        case Union():
            return _read_option(descriptor, view)
    raise AssertionError(f"{descriptor!r} is no descriptor")


def get_option_name(cls: type[Any]) -> str:
    """The name of a union's option: its class in snake case."""
    return _BEFORE_CAPITAL.sub("_", cls.__name__).lower()


def _render_option(union: Union[Any], value: Any) -> Any:  # noqa: ANN401 - a typed value
    for cls, option in union.options:
        if cls is None and value is None:
            return None
        if cls is not None and option is not None and type(value) is cls:
            return {get_option_name(cls): render_view(option, value)}
    raise AssertionError(f"{value!r} is no option")


def _read_option(union: Union[Any], view: Any) -> Any:  # noqa: ANN401 - JSON to a value
    for cls, option in union.options:
        if cls is None or option is None:
            if view is None:
                return None
        elif isinstance(view, dict) and list(view) == [get_option_name(cls)]:
            return read_view(option, view[get_option_name(cls)])
    raise RequestError(f"expected an option of a union, found {str(view)[:80]}")


def _read_number(bits: int, view: Any) -> int:  # noqa: ANN401 - JSON
    if bits <= NUMBER_BITS_MAX:
        fits = isinstance(view, int) and not isinstance(view, bool)
        number = int(_check(fits, view, "a number"))
    else:
        fits = isinstance(view, str) and _DECIMAL.match(view) is not None
        number = int(_check(fits, view, "a string of decimal digits"))
    _check(0 <= number < 1 << bits, view, f"a number of {bits} bits")
    return number


def _check(fits: bool, view: Any, expected: str) -> Any:  # noqa: ANN401 - JSON
    if not fits:
        raise RequestError(f"expected {expected}, found {str(view)[:80]}")
    return view
