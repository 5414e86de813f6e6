"""Pools of types and literals while code is made, and the tables they become.

Code is made first, pruned, and only then are the tables numbered, so that they hold what is used
and nothing else, each entry after those it is made of.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from dsl import typed, types
from dsl.check_inline import list_members
from dsl.interface import render_signature
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
        case types.MessageType(size):
            return ("message", size)
        case types.InterfaceType():
            return make_shape(types.ADDRESS)
        case _:
            return (type(kind).__name__,)


SELECTOR_SIZE_BYTES = 8


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


def compute_selector(name: str, params: Sequence[Type]) -> bytes:
    """Return the selector: eight bytes of the hash of the signature, zeros for `init`."""
    if name == "init":
        return bytes(SELECTOR_SIZE_BYTES)
    return sha256(render_signature(name, params).encode()).digest()[:SELECTOR_SIZE_BYTES]


def encode_scalar(kind: Type, value: int | bool | bytes) -> bytes:
    """Return the canonical encoding of a constant: SSZ, little-endian numbers."""
    if isinstance(value, bytes):
        return value
    if isinstance(kind, types.UintType):
        return int(value).to_bytes(kind.bits // 8, "little")
    return bytes([1 if value else 0])


class Tables:
    """The final tables, filled in the order in which things are used."""

    def __init__(self, pool: Pool, interfaces: Sequence[typed.Interface]) -> None:
        self._pool = pool
        self._declared = interfaces
        self.interfaces: list[ir.Interface] = []
        self.interface_names: list[typed.Interface] = []
        self._interface_numbers: dict[int, int] = {}
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

    def _make(self, kind: Type) -> ir.Type:  # noqa: C901  # one case for each kind
        match kind:
            case types.UintType(bits):
                return ir.UintType(bits)
            case types.BoolType():
                return ir.BoolType()
            case types.AddressType() | types.InterfaceType():
                return ir.AddressType()
            case types.MessageType(size):
                return ir.MessageType(size)
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

    def add_interface(self, number: int) -> int:
        """Return the final number of an interface, adding it with all its members."""
        if number not in self._interface_numbers:
            declared = self._declared[number]
            members = tuple(self._make_member(each) for each in declared.members)
            self._interface_numbers[number] = len(self.interfaces)
            self.interfaces.append(ir.Interface(members))
            self.interface_names.append(declared)
        return self._interface_numbers[number]

    def _make_member(self, member: typed.Member) -> ir.Member:
        result = () if isinstance(member.result, types.UnitType) else (self.add(member.result),)
        params = [kind for _, kind in member.params]
        return ir.Member(
            compute_selector(member.name, params),
            tuple(self.add(kind) for kind in params),
            result,
            member.is_view,
        )

    def finish(self, code: Sequence[ir.Node]) -> ir.Code:
        """Return code with final numbers of types and literals."""
        return tuple(self._finish_node(node) for node in code)

    def _finish_node(self, node: ir.Node) -> ir.Node:
        match node:
            case ir.Const(literal):
                return ir.Const(self.add_literal(literal))
            case ir.Call(interface):
                return replace(node, interface=self.add_interface(interface))
            case ir.Prim(ir.PrimOp.IMPLEMENTS, (interface,)):
                return replace(node, immediates=(self.add_interface(interface),))
            case ir.Prim(ir.PrimOp.MESSAGE, (kind, interface, member)):
                final = int(self.add_pooled(ir.TypeIndex(kind)))
                return replace(node, immediates=(final, self.add_interface(interface), member))
            case ir.Check() | ir.MakeRecord() | ir.Variant() | ir.MakeList():
                return replace(node, type=self.add_pooled(node.type))
            case ir.ForAll():
                return replace(node, types=tuple(self.add_pooled(each) for each in node.types))
            case _:
                return node
