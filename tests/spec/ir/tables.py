"""The tables that all modules of these tests share, and random values of their types."""

from random import Random

from spec.crypto.address import AddressKind
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    AddressType,
    Aggregate,
    BoolType,
    BytesType,
    Cell,
    EnumType,
    Error,
    Event,
    Get,
    Interface,
    ListType,
    MapType,
    Member,
    MessageType,
    NodeIndex,
    Prim,
    PrimOp,
    RecordType,
    StringType,
    Type,
    TypeIndex,
    UintType,
    Var,
    When,
)
from spec.ir.values import EnumValue, MessageValue, Value

T = TypeIndex
U8, U64, U128, U256, BOOL, ADDRESS, BYTES32, STRING, PLAIN, OPTION = (T(i) for i in range(10))
RECORD, NESTED, LIST, RECORDS, MAP, INNER, MAP2, MAP_RECORD, MAP_PLAIN, MAP_COUNT = (
    T(i) for i in range(10, 20)
)
MESSAGE, SIGNATURE, UNIT, U32 = (T(i) for i in range(20, 24))
TYPES: tuple[Type, ...] = (
    UintType(8),
    UintType(64),
    UintType(128),
    UintType(256),
    BoolType(),
    AddressType(),
    BytesType(32),
    StringType(12),
    EnumType(((), (), ())),
    EnumType(((), (ADDRESS,), (U64, STRING))),
    RecordType((U64, PLAIN)),
    RecordType((RECORD, OPTION, U256)),
    ListType(U64, 4),
    ListType(RECORD, 2),
    MapType(ADDRESS, U256),
    MapType(ADDRESS, U128),
    MapType(U64, INNER),
    MapType(BYTES32, RECORD),
    MapType(PLAIN, OPTION),
    MapType(ADDRESS, U64),
    MessageType(64),
    BytesType(64),
    RecordType(()),
    UintType(32),
)
VALUE_TYPES = tuple(T(i) for i, kind in enumerate(TYPES) if not isinstance(kind, MapType))
CELL_TYPES = (
    U128,
    U128,
    *(T(i) for i in range(len(TYPES)) if i not in {U128, INNER, MAP_COUNT}),
    MAP_COUNT,
    MAP_COUNT,
)
CELLS = tuple(
    Cell(kind, is_checkpointed=index == len(CELL_TYPES) - 1)
    for index, kind in enumerate(CELL_TYPES)
)
KEYS = tuple(bytes([AddressKind.KEY]) + bytes([i]) * 31 for i in range(3))
CONTRACTS = tuple(bytes([AddressKind.CONTRACT]) + bytes([i]) * 31 for i in range(3))
ADDRESSES = KEYS + CONTRACTS
POKE = b"poke\0\0\0\0"
PEEK = b"peek\0\0\0\0"
INTERFACES = (
    Interface(
        (
            Member(POKE, (U64,), (U64,), is_view=False),
            Member(PEEK, (ADDRESS,), (U256,), is_view=True),
        )
    ),
)
EVENTS = (Event((U64, STRING)), Event(()))
ERRORS = (Error(()), Error((U256, OPTION)))
BALANCES = CELL_TYPES.index(MAP)
NESTED_BALANCES = CELL_TYPES.index(MAP2)
AGGREGATES = (
    Aggregate(
        (),
        (ADDRESS,),
        (Var(FUNCTION_SCOPE, 0), Get(BALANCES, When.NOW, (NodeIndex(0),), ())),
    ),
    Aggregate(
        (U64,),
        (ADDRESS,),
        (
            Var(FUNCTION_SCOPE, 0),
            Var(FUNCTION_SCOPE, 1),
            Get(NESTED_BALANCES, When.NOW, (NodeIndex(0), NodeIndex(1)), ()),
            Get(BALANCES, When.NOW, (NodeIndex(1),), ()),
            Prim(PrimOp.SUB, (), (NodeIndex(2), NodeIndex(3))),
        ),
    ),
)
AGGREGATE_PARAMS: tuple[tuple[TypeIndex, ...], ...] = ((), (U64,))
INT_BITS_MAX = 1024
DEPTH_MAX = 5


def make_value(rng: Random, kind: Type) -> Value:
    """A value of the type, often at a boundary."""
    match kind:
        case UintType(bits):
            top = (1 << bits) - 1
            return rng.choice((0, 1, 2, 3, top, top - 1, rng.randrange(top + 1), rng.randrange(9)))
        case BoolType():
            return rng.random() < 0.5
        case AddressType():
            return rng.choice(ADDRESSES)
        case BytesType(size):
            return rng.choice((bytes(size), b"\xff" * size, rng.randbytes(size)))
        case StringType(size):
            text = rng.choice(("", "a", "é", "zwölf bytes", "\0")).encode()
            return text[:size] if len(text) <= size else b""
        case EnumType(members):
            tag = rng.randrange(len(members))
            return EnumValue(tag, make_values(rng, members[tag]))
        case RecordType(fields):
            return make_values(rng, fields)
        case ListType(element, length_max):
            length = rng.choice((0, 1, length_max, rng.randrange(length_max + 1)))
            return make_values(rng, (element,) * length)
        case MessageType(size):
            arguments = rng.randbytes(rng.choice((0, 8, 32, size)))
            return MessageValue(
                rng.choice(ADDRESSES), rng.choice((POKE, PEEK)), rng.randrange(3), arguments
            )
        case _:
            raise AssertionError("maps have no values")


def make_values(rng: Random, kinds: tuple[TypeIndex, ...]) -> tuple[Value, ...]:
    return tuple(make_value(rng, TYPES[kind]) for kind in kinds)
