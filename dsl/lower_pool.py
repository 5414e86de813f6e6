"""Pools of types and literals while code is made, and the tables they become.

Code is made first, pruned, and only then are the tables numbered, so that they hold what is used
and nothing else, each entry after those it is made of.
"""

from collections.abc import Sequence
from dataclasses import replace

from dsl import types
from dsl.check_inline import list_members
from dsl.types import Type
from spec.ir import syntax as ir


def make_shape(kind: Type) -> tuple[object, ...]:
    """Return the structure of a type: two surface types of one structure are one IR type."""
    match kind:
        case types.EnumType() | types.OptionType():
            members = list_members(kind)
            return ("enum", *(tuple(make_shape(f) for _, f in m.fields) for m in members))
        case types.RecordType(fields=fields):
            return ("record", *(make_shape(each) for _, each in fields))
        case types.ListType(element, length):
            return ("list", make_shape(element), length)
        case types.MapType(key, value):
            return ("map", make_shape(key), make_shape(value))
        case types.UintType(bits):
            return ("uint", bits)
        case types.BytesType(size):
            return ("bytes", size)
        case types.StringType(size):
            return ("string", size)
        case _:
            return (type(kind).__name__,)


class Pool:
    """Provisional numbers of types and literals."""

    def __init__(self) -> None:
        self.types: list[Type] = []
        self._numbers: dict[tuple[object, ...], int] = {}
        self.literals: list[tuple[int, bytes]] = []
        self._literal_numbers: dict[tuple[int, bytes], int] = {}

    def get_type(self, kind: Type) -> ir.TypeIndex:
        """Return the provisional number of a type."""
        shape = make_shape(kind)
        if shape not in self._numbers:
            self._numbers[shape] = len(self.types)
            self.types.append(kind)
        return ir.TypeIndex(self._numbers[shape])

    def get_literal(self, kind: Type, value: int | bool | bytes) -> int:
        """Return the provisional number of a constant."""
        key = (self.get_type(kind), encode_scalar(kind, value))
        if key not in self._literal_numbers:
            self._literal_numbers[key] = len(self.literals)
            self.literals.append(key)
        return self._literal_numbers[key]


def encode_scalar(kind: Type, value: int | bool | bytes) -> bytes:
    """Return the canonical encoding of a constant: SSZ, little-endian numbers."""
    if isinstance(value, bytes):
        return value
    if isinstance(kind, types.UintType):
        return int(value).to_bytes(kind.bits // 8, "little")
    return bytes([1 if value else 0])


class Tables:
    """The final tables, filled in the order in which things are used."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.types: list[ir.Type] = []
        self.names: list[Type] = []
        self._numbers: dict[tuple[object, ...], int] = {}
        self.literals: list[ir.Literal] = []
        self._literal_numbers: dict[int, int] = {}

    def add(self, kind: Type) -> ir.TypeIndex:
        """Return the final number of a type, adding it behind its parts."""
        shape = make_shape(kind)
        if shape not in self._numbers:
            entry = self._make(kind)
            self._numbers[shape] = len(self.types)
            self.types.append(entry)
            self.names.append(kind)
        return ir.TypeIndex(self._numbers[shape])

    def _make(self, kind: Type) -> ir.Type:
        match kind:
            case types.UintType(bits):
                return ir.UintType(bits)
            case types.BoolType():
                return ir.BoolType()
            case types.AddressType():
                return ir.AddressType()
            case types.BytesType(size):
                return ir.BytesType(size)
            case types.StringType(size):
                return ir.StringType(size)
            case types.EnumType() | types.OptionType():
                members = list_members(kind)
                return ir.EnumType(tuple(tuple(self.add(f) for _, f in m.fields) for m in members))
            case types.RecordType(fields=fields):
                return ir.RecordType(tuple(self.add(each) for _, each in fields))
            case types.ListType(element, length):
                return ir.ListType(self.add(element), length)
            case types.MapType(key, value):
                return ir.MapType(self.add(key), self.add(value))
            case _:
                raise AssertionError(f"{kind} is no type of the IR")  # impossible

    def add_pooled(self, number: int) -> ir.TypeIndex:
        """Return the final number of a pooled type."""
        return self.add(self._pool.types[number])

    def add_literal(self, number: int) -> int:
        """Return the final number of a pooled literal."""
        if number not in self._literal_numbers:
            kind, data = self._pool.literals[number]
            literal = ir.Literal(self.add_pooled(kind), data)
            self._literal_numbers[number] = len(self.literals)
            self.literals.append(literal)
        return self._literal_numbers[number]

    def finish(self, code: Sequence[ir.Node]) -> ir.Code:
        """Return code with final numbers of types and literals."""
        return tuple(self._finish_node(node) for node in code)

    def _finish_node(self, node: ir.Node) -> ir.Node:
        match node:
            case ir.Const(literal):
                return ir.Const(self.add_literal(literal))
            case ir.Check() | ir.MakeRecord() | ir.Variant() | ir.MakeList():
                return replace(node, type=self.add_pooled(node.type))
            case ir.ForAll():
                return replace(node, types=tuple(self.add_pooled(each) for each in node.types))
            case _:
                return node
