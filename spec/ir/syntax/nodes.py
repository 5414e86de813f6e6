"""The thirty-one node kinds.

Code is a list of nodes in A-normal form. A node's operands are indices of earlier nodes *of the
same list* that are visible from it (see below). Control flow is header-first: a header node says
how many of the nodes after it belong to its blocks, so one forward pass validates and one program
counter executes.

    header          its blocks, in order, right behind it           values leave by
    If              then_count nodes, else_count nodes              Join
    Match           one block per member, arm_counts nodes each     Join
    Fold            body_count nodes, run once per element          Next -> Out
    Scope           body_count nodes                                Leave -> Out
    ForAll          body_count nodes (properties only)              its own value

Visibility: a node sees the nodes before it in its own block and in the blocks that enclose it. It
does not see into a closed block: `Join`, `Out` and the value of `ForAll` are the only ways out.

Source: IR.md 1 and 3 (node list, typing rules); decision record 0040.
"""

from dataclasses import dataclass
from typing import NewType

from spec.ir.syntax.operators import ContextKind, PrimOp, Sign, When
from spec.ir.syntax.types import TypeIndex

NodeIndex = NewType("NodeIndex", int)
"""0-based index into the node list that the operand stands in."""

FUNCTION_SCOPE = 0xFFFF
"""The header named by a `Leave` that returns from the function itself."""
NO_SOURCE = 0xFFFF
"""`Fold.source` of a fold over a range of numbers."""
NO_VALUE = 0xFFFF
"""`Call.value` of a call without coins."""


# Pure nodes


@dataclass(frozen=True, slots=True)
class Const:
    """The value of `literals[literal]`."""

    literal: int


@dataclass(frozen=True, slots=True)
class Param:
    """Parameter `index`; in properties one past the last is the function's result."""

    index: int


@dataclass(frozen=True, slots=True)
class Context:
    """A fact about the call or the block."""

    which: ContextKind


@dataclass(frozen=True, slots=True)
class Prim:
    """An operator applied to operands, with the immediates that the operator names."""

    op: PrimOp
    immediates: tuple[int, ...]
    args: tuple[NodeIndex, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """`value` as a number of the uint type `type`; fails when it is out of range.

    The only range check there is. Not allowed in guards and properties.
    """

    type: TypeIndex
    value: NodeIndex


@dataclass(frozen=True, slots=True)
class MakeRecord:
    """A record of the type, one operand per field."""

    type: TypeIndex
    args: tuple[NodeIndex, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """Field `index` of a record."""

    value: NodeIndex
    index: int


@dataclass(frozen=True, slots=True)
class Variant:
    """Member `tag` of an enum with its payload."""

    type: TypeIndex
    tag: int
    args: tuple[NodeIndex, ...]


@dataclass(frozen=True, slots=True)
class Payload:
    """Payload field `index` of member `tag`; only inside that arm of a `Match` on `value`."""

    value: NodeIndex
    tag: int
    index: int


@dataclass(frozen=True, slots=True)
class MakeList:
    """A list of the type with these elements."""

    type: TypeIndex
    args: tuple[NodeIndex, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """Element `index` of a list; out of range it fails in a body and is all zeros in a guard."""

    value: NodeIndex
    index: NodeIndex


# Nodes that touch the state


@dataclass(frozen=True, slots=True)
class Get:
    """The value at a path: one key operand per map level, then constants into nested records.

    It never ends at a map. With `When.AT` the height stands behind the keys.
    """

    cell: int
    when: When
    keys: tuple[NodeIndex, ...]
    fields: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Set:
    """Stores `value` at a path."""

    cell: int
    keys: tuple[NodeIndex, ...]
    fields: tuple[int, ...]
    value: NodeIndex


@dataclass(frozen=True, slots=True)
class Update:
    """Adds or subtracts `amount` at a path of uint type; fails when the result is out of range."""

    cell: int
    keys: tuple[NodeIndex, ...]
    fields: tuple[int, ...]
    sign: Sign
    amount: NodeIndex


# Nodes of control flow


@dataclass(frozen=True, slots=True)
class If:
    """Header of two blocks: the first runs when `condition` holds, else the second."""

    condition: NodeIndex
    then_count: int
    else_count: int


@dataclass(frozen=True, slots=True)
class Match:
    """Header of one block per member of the enum `subject`; the block of its tag runs."""

    subject: NodeIndex
    arm_counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """The value that the arm which ran of `header` leaves behind.

    `values` has one operand for each arm that does not end in a `Leave`, in order, each visible at
    the end of its arm. Joins stand directly behind the last arm of their header.
    """

    header: NodeIndex
    values: tuple[NodeIndex, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """Header of a loop with carried values.

    Over the list `source` if it is not `NO_SOURCE` (variable 0 is the element; `low` and `high` are
    0), else over the numbers low, …, high - 1 (variable 0 is the number, a u32). Variables 1… are
    the carried values, first `initials`, then what `Next` gives. `Out` reads them after the loop.
    """

    source: int
    low: int
    high: int
    initials: tuple[NodeIndex, ...]
    body_count: int


@dataclass(frozen=True, slots=True)
class Var:
    """Variable `index` of an enclosing `Fold` or `ForAll`, or of an aggregate's body.

    For an aggregate `header` is `FUNCTION_SCOPE`: its parameters first, then the bound keys.
    """

    header: int
    index: int


@dataclass(frozen=True, slots=True)
class Next:
    """Ends the body of the fold `header`, which it must stand directly in."""

    header: NodeIndex
    values: tuple[NodeIndex, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """Header of a block that can be left early; its last node is a `Leave` of this scope."""

    body_count: int


@dataclass(frozen=True, slots=True)
class Leave:
    """Ends its block and the enclosing scope `header` (or the function) with `values`.

    A fold's body cannot be left. At least one arm of an `If` or `Match` must not end in a `Leave`:
    when all arms of the source return, the last one falls through to a `Leave` behind the join.
    """

    header: int
    values: tuple[NodeIndex, ...]


@dataclass(frozen=True, slots=True)
class Out:
    """Value `index` of a closed `Scope` (what `Leave` gave) or `Fold` (carried value `index`)."""

    header: NodeIndex
    index: int


# Nodes with effects beyond the state


@dataclass(frozen=True, slots=True)
class Fail:
    """Fails with error number `error` and `args` when `condition` holds.

    Error numbers below `STANDARD_ERROR_COUNT` are `StandardError`s, the others index `errors`.
    """

    condition: NodeIndex
    error: int
    args: tuple[NodeIndex, ...]


@dataclass(frozen=True, slots=True)
class Pay:
    """Moves `amount` (u128) from the contract's balance to `to`.

    It reaches a key's balance, or a contract's inbox: no code runs. Fails when the balance is
    short. Its value is the unit record.
    """

    to: NodeIndex
    amount: NodeIndex


@dataclass(frozen=True, slots=True)
class Collect:
    """Moves the whole inbox to the balance; its value is the amount (u128)."""


@dataclass(frozen=True, slots=True)
class Call:
    """Calls a member of an interface at `target` with at most `gas`; its value is the result.

    A callee that fails, is absent, is already active, or lacks the member fails the caller.
    """

    interface: int
    member: int
    target: NodeIndex
    args: tuple[NodeIndex, ...]
    gas: int
    value: int
    """The node of the coins that go along, `NO_VALUE` if none do."""


@dataclass(frozen=True, slots=True)
class Send:
    """Performs a message with at most `gas`; the result is dropped."""

    message: NodeIndex
    gas: int


@dataclass(frozen=True, slots=True)
class Emit:
    """Records event number `event`."""

    event: int
    args: tuple[NodeIndex, ...]


# Nodes of properties only


@dataclass(frozen=True, slots=True)
class ForAll:
    """Header of one block; true when the block's last node is true for all values of `types`.

    That is the last node directly in the block: for `forall x: forall y: …` the inner header.
    """

    types: tuple[TypeIndex, ...]
    body_count: int


@dataclass(frozen=True, slots=True)
class Agg:
    """Aggregate number `aggregate` at `args` in the state `when` (NOW or OLD): an int."""

    aggregate: int
    when: When
    args: tuple[NodeIndex, ...]


Node = (
    Const
    | Param
    | Context
    | Prim
    | Check
    | MakeRecord
    | Field
    | Variant
    | Payload
    | MakeList
    | Item
    | Get
    | Set
    | Update
    | If
    | Match
    | Join
    | Fold
    | Var
    | Next
    | Scope
    | Leave
    | Out
    | Fail
    | Pay
    | Collect
    | Call
    | Send
    | Emit
    | ForAll
    | Agg
)

Code = tuple[Node, ...]
"""A node list. As an expression of the spec section its value is that of its last top-level
node."""
