"""Types of the surface language and what they allow."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UintType:
    """`u8` to `u256`."""

    bits: int


@dataclass(frozen=True, slots=True)
class IntType:
    """The exact, unbounded result of arithmetic in guards and properties; never stored."""


@dataclass(frozen=True, slots=True)
class LiteralType:
    """A number that has not met its type yet."""

    value: int


@dataclass(frozen=True, slots=True)
class BoolType:
    """`bool`."""


@dataclass(frozen=True, slots=True)
class AddressType:
    """`address`: no default, no null."""


@dataclass(frozen=True, slots=True)
class BytesType:
    """`bytes[N]`: exactly N bytes."""

    size_bytes: int


@dataclass(frozen=True, slots=True)
class StringType:
    """`string[N]`: at most N bytes of UTF-8."""

    size_bytes_max: int


@dataclass(frozen=True, slots=True)
class TextType:
    """A text literal that has not met its type yet."""

    size_bytes: int


@dataclass(frozen=True, slots=True)
class NoneType:
    """`none` before it has met its option."""


@dataclass(frozen=True, slots=True)
class OptionType:
    """`option[T]`."""

    value: "Type"


@dataclass(frozen=True, slots=True)
class EnumMember:
    """One member of an enum."""

    name: str
    fields: tuple[tuple[str, "Type"], ...]


@dataclass(frozen=True, slots=True)
class EnumType:
    """A named enum; `edges` are the allowed moves (tag to tag) if it was declared by `phases`."""

    name: str
    members: tuple[EnumMember, ...]
    edges: tuple[tuple[int, int], ...] | None


@dataclass(frozen=True, slots=True)
class RecordType:
    """A named record."""

    name: str
    fields: tuple[tuple[str, "Type"], ...]


@dataclass(frozen=True, slots=True)
class ListType:
    """`list[T, N]`."""

    element: "Type"
    length_max: int


@dataclass(frozen=True, slots=True)
class MapType:
    """`map[K, V]`; only state has it."""

    key: "Type"
    value: "Type"


@dataclass(frozen=True, slots=True)
class InterfaceType:
    """A contract of which an interface is expected: an address on chain."""

    name: str


@dataclass(frozen=True, slots=True)
class MessageType:
    """`message[N]`: a call as data, with at most N bytes of arguments."""

    size_bytes_max: int


@dataclass(frozen=True, slots=True)
class UnitType:
    """The result of what returns nothing."""


@dataclass(frozen=True, slots=True)
class BrokenType:
    """The type of what has been reported already; it fits everywhere: no error comes twice."""


Type = (
    UintType
    | IntType
    | LiteralType
    | BoolType
    | AddressType
    | BytesType
    | StringType
    | TextType
    | NoneType
    | OptionType
    | EnumType
    | RecordType
    | ListType
    | MapType
    | InterfaceType
    | MessageType
    | UnitType
    | BrokenType
)

BOOL = BoolType()
ADDRESS = AddressType()
INT = IntType()
UNIT = UnitType()
BROKEN = BrokenType()
U8, U16, U32, U64, U128, U256 = (UintType(bits) for bits in (8, 16, 32, 64, 128, 256))
UINTS = {f"u{each.bits}": each for each in (U8, U16, U32, U64, U128, U256)}
COINS = U128
"""The type of `value`, `balance`, `inbox` and of what `pay` moves."""

SIZE_BYTES_MAX = 4096
"""Longest `bytes` and `string`."""

LIST_LENGTH_MAX = 1024
"""Longest `list`: each element costs gas in every loop over it."""


def compute_max(kind: UintType) -> int:
    """Return the largest value of an unsigned type."""
    return (1 << kind.bits) - 1


def is_number(kind: Type) -> bool:
    """Say whether values of the type take part in arithmetic."""
    return isinstance(kind, UintType | IntType | LiteralType)


def is_key(kind: Type) -> bool:
    """Say whether the type may index a map: a scalar of fixed size."""
    scalars = UintType | BoolType | AddressType | InterfaceType | BytesType | BrokenType
    return isinstance(kind, scalars)


def has_default(kind: Type) -> bool:
    """Say whether the type has a value that stands for "never written"."""
    if isinstance(kind, AddressType | InterfaceType | MessageType):
        return False
    if isinstance(kind, RecordType):
        return all(has_default(each) for _, each in kind.fields)
    if isinstance(kind, EnumType):
        return all(has_default(each) for _, each in kind.members[0].fields)
    return True


def join_types(first: Type, second: Type) -> Type:
    """Return the type of a value that is one of two: an exact integer where either is one."""
    if isinstance(second, IntType) and is_number(first):
        return second
    if isinstance(first, UintType) and isinstance(second, UintType):
        return widen(first, second)
    return first


def get_smallest_uint(value: int) -> UintType:
    """Return the narrowest unsigned type that holds a value, u256 if none does."""
    return next((each for each in UINTS.values() if 0 <= value <= compute_max(each)), U256)


def widen(left: UintType, right: UintType) -> UintType:
    """Return the wider of two unsigned types."""
    return left if left.bits >= right.bits else right


def render_type(kind: Type) -> str:
    """Return the type as an author writes it."""
    match kind:
        case UintType(bits):
            return f"u{bits}"
        case BytesType(size):
            return f"bytes[{size}]"
        case StringType(size):
            return f"string[{size}]"
        case OptionType(value):
            return f"option[{render_type(value)}]"
        case MessageType(size):
            return f"message[{size}]"
        case EnumType(name) | RecordType(name) | InterfaceType(name):
            return name
        case ListType(element, length):
            return f"list[{render_type(element)}, {length}]"
        case MapType(key, value):
            return f"map[{render_type(key)}, {render_type(value)}]"
        case _:
            return _PLAIN[type(kind)]


_PLAIN: dict[type, str] = {
    IntType: "an exact integer",
    LiteralType: "a number",
    BoolType: "bool",
    AddressType: "address",
    TextType: "a text",
    NoneType: "none",
    UnitType: "nothing",
    BrokenType: "something unknown",
}
