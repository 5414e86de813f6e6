"""A validated module with everything that its code implies worked out once.

`validate.link` makes it; the machine, the code-generating engine and the verifier read it. Nothing
here can be made from a module that `validate` refuses.

Source: IR.md 1 (one pass to validate, one program counter to execute), decision record 0040.
"""

from dataclasses import dataclass

from spec.ir.syntax import Code, Function, Module, Type
from spec.ir.values import Types, Value


@dataclass(frozen=True, slots=True)
class IntType:
    """The type of a result of arithmetic: |value| < 2**bits. It stands in no type table."""

    bits: int


StaticType = Type | IntType
"""The type of a node's value. Types equal in structure are equal: a table holds each only once."""


@dataclass(frozen=True, slots=True)
class LinkedCode:
    """A node list with its static facts, one entry per node in each tuple."""

    nodes: Code
    types: tuple[StaticType | None, ...]
    """The type of the node's value; None if it has none."""
    ends: tuple[int, ...]
    """For a header the index behind its last block, for any other node the index behind it."""
    charges: tuple[int, ...]
    """Gas taken on reaching the node: the cost of the basic block that starts there, else 0."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Types of a function or a member, as fingerprints that mean the same in every module."""

    params: tuple[bytes, ...]
    result: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LinkedFunction:
    """An entry point, ready to run."""

    declared: Function
    params: tuple[Type, ...]
    result: tuple[Type, ...]
    signature: Signature
    code: LinkedCode
    gas_bound: int
    """No run charges more, calls included."""


@dataclass(frozen=True, slots=True)
class LinkedMember:
    """A member of an interface, ready to call."""

    selector: bytes
    params: tuple[Type, ...]
    result: tuple[Type, ...]
    signature: Signature
    is_view: bool


@dataclass(frozen=True, slots=True)
class LinkedAggregate:
    """An aggregate, ready to evaluate."""

    params: tuple[Type, ...]
    keys: tuple[Type, ...]
    body: LinkedCode


@dataclass(frozen=True, slots=True)
class LinkedModified:
    """A place a function may change, with its key expressions."""

    cell: int
    keys: tuple[LinkedCode, ...]
    fields: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LinkedFunctionSpec:
    """What is claimed of one function."""

    modifies: tuple[LinkedModified, ...]
    ensures: tuple[LinkedCode, ...]


@dataclass(frozen=True, slots=True)
class LinkedSpec:
    """The properties, in the order of the spec section."""

    aggregates: tuple[LinkedAggregate, ...]
    functions: tuple[LinkedFunctionSpec, ...]
    invariants: tuple[LinkedCode, ...]
    transitions: tuple[LinkedCode, ...]


@dataclass(frozen=True, slots=True)
class LinkedModule:
    """A contract that may be deployed."""

    module: Module
    types: Types
    """The code section's types, then the spec section's."""
    literals: tuple[Value, ...]
    """The values of the code section's literals, then of the spec section's."""
    fingerprints: tuple[bytes, ...]
    """Of each type."""
    interfaces: tuple[tuple[LinkedMember, ...], ...]
    functions: tuple[LinkedFunction, ...]
    spec: LinkedSpec
