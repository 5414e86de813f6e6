"""What is known while one node list is read from front to back.

A `Scan` is the working state of the forward pass over one list; it never outlives the pass.

Source: IR.md 1 (typing and shape rules).
"""

from dataclasses import dataclass, field
from enum import Enum

from spec.ir.errors import IrRule, Part
from spec.ir.linked import IntType, StaticType
from spec.ir.measure import Measure
from spec.ir.syntax import Code, CodeSection, NodeIndex, Type, TypeIndex, UintType
from spec.ir.values import Types


class ListKind(Enum):
    """What a node list is for, which decides what it may contain."""

    FUNCTION = "function"
    INVARIANT = "invariant"
    TRANSITION = "transition"
    ENSURES = "ensures"
    MODIFIES = "modifies"
    AGGREGATE = "aggregate"


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule is broken at the node in hand."""

    rule: IrRule
    found: int
    """The number that breaks it."""


Judged = StaticType | Refused | None
"""The type of a node's value (None: it has none), or why the node is refused."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables a node list may refer to."""

    code: CodeSection
    types: Types
    """Of a function the code section's types, of a property the spec section's behind them."""
    measures: tuple[Measure, ...]
    """Of each type."""
    literals: tuple[TypeIndex, ...]
    """The type of each literal in reach."""
    aggregates: tuple[tuple[tuple[Type, ...], IntType], ...]
    """Parameters and value of each aggregate; none in reach of functions and aggregates."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What one node list is."""

    kind: ListKind
    part: Part
    index: int
    """The entry of `part` that the list belongs to."""
    params: tuple[Type, ...]
    """What `Param` reads; with the result behind the parameters in ensures."""
    variables: tuple[Type, ...]
    """Of an aggregate: what `Var(FUNCTION_SCOPE, i)` reads."""
    result: tuple[Type, ...]
    """Of a function: what its `Leave` gives."""
    guard_count: int
    """Of a function: how many nodes belong to the guard."""
    is_view: bool
    """Of a function."""


@dataclass(slots=True)
class OpenBlock:
    """A block that the pass is inside of; working state."""

    header: int
    """Index of its header; FUNCTION_SCOPE for the list itself."""
    arm: int
    """Which of the header's blocks it is."""
    number: int
    """Counts the blocks of the list in the order in which they open."""
    end: int
    """Index behind its last node."""


@dataclass(frozen=True, slots=True)
class ClosedArm:
    """An arm of an `If` or `Match` that the pass has left."""

    number: int
    end: int
    is_leaving: bool
    """Its last node is a `Leave`."""


@dataclass(slots=True)
class HeaderFacts:
    """What the pass has learnt about a header; working state."""

    end: int
    """Index behind its last block."""
    arms: list[ClosedArm] = field(default_factory=list)
    values: list[StaticType] | None = None
    """Types of a fold's carried values, or of what leaves a scope (None before any leave)."""


@dataclass(slots=True)
class Scan:
    """The forward pass over one list, as working state."""

    tables: Tables
    purpose: Purpose
    nodes: Code
    types: list[StaticType | None] = field(default_factory=list)
    """Of the nodes read so far."""
    block_of: list[int] = field(default_factory=list)
    """The number of the block that each node read so far stands directly in."""
    blocks: list[OpenBlock] = field(default_factory=list)
    """Open blocks, the list itself first."""
    is_open: list[bool] = field(default_factory=list)
    """Of each block number."""
    last_of: list[int] = field(default_factory=list)
    """Of each block number, the last node read so far that stands directly in it; -1 if none
    does."""
    headers: dict[int, HeaderFacts] = field(default_factory=dict)
    is_used: list[bool] = field(default_factory=list)
    """Whether a node's value has been used, of all nodes."""
    used_types: set[int] = field(default_factory=set)
    used_literals: set[int] = field(default_factory=set)

    @property
    def is_spec(self) -> bool:
        """Whether the list belongs to the spec section."""
        return self.purpose.kind is not ListKind.FUNCTION

    @property
    def is_total(self) -> bool:
        """Whether the node in hand cannot fail: in a guard, or in a property."""
        return self.is_spec or len(self.types) < self.purpose.guard_count

    @property
    def last_type(self) -> StaticType | None:
        """The type of the last top-level node: of an expression, its value's."""
        return self.types[self.last_of[0]]

    def get_type(self, index: int) -> Type | None:
        """The type at a type index, None if there is none; the type counts as used."""
        if not 0 <= index < len(self.tables.types):
            return None
        self.used_types.add(index)
        return self.tables.types[index]

    def get_operand(self, index: NodeIndex) -> StaticType:
        """The type of an operand that has been found visible and to have a value."""
        kind = self.types[index]
        assert kind is not None, "operands have values"
        return kind


def get_bits(kind: StaticType) -> int | None:
    """The width of a number's type, None if the type is no number."""
    return kind.bits if isinstance(kind, UintType | IntType) else None


def judge_fit(given: StaticType, wanted: Type, found: int) -> Refused | None:
    """Whether a value of the type `given` may stand where `wanted` is expected.

    It may if the types are equal, or both are uints and `given` is no wider. An int never fits: it
    has to pass a `Check` first. `found` is the operand.
    """
    if given == wanted:
        return None
    if isinstance(given, IntType):
        return Refused(IrRule.INT_ESCAPES, found)
    if isinstance(given, UintType) and isinstance(wanted, UintType) and given.bits <= wanted.bits:
        return None
    return Refused(IrRule.OPERAND_TYPE, found)


def judge_args(scan: Scan, args: tuple[NodeIndex, ...], wanted: tuple[Type, ...]) -> Refused | None:
    """Whether operands fit types one by one; first their number is compared."""
    if len(args) != len(wanted):
        return Refused(IrRule.OPERAND_COUNT, len(args))
    for arg, kind in zip(args, wanted, strict=True):
        refused = judge_fit(scan.get_operand(arg), kind, arg)
        if refused is not None:
            return refused
    return None


def compute_common(first: StaticType, second: StaticType) -> StaticType | None:
    """The type of a value that may be either: the same, or the wider number; None if neither."""
    if first == second:
        return first
    first_bits, second_bits = get_bits(first), get_bits(second)
    if first_bits is None or second_bits is None:
        return None
    if isinstance(first, IntType) or isinstance(second, IntType):
        return IntType(max(first_bits, second_bits))
    return first if first_bits >= second_bits else second
