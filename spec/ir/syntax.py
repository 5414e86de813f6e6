"""The core IR as data: types, the thirty-one node kinds, functions, properties, modules.

A contract is deployed as a `Module` with two halves. The *code section* is what every client
executes; the *spec section* states the contract's properties and is never executed by a
transaction. Names are erased; they travel beside the module in the ABI and the source map.

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

Source: IR.md 1 and 3 (node list, typing rules), LANGUAGE.md 4; decision record 0040.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NewType

TypeIndex = NewType("TypeIndex", int)
"""0-based index into the type table; the spec section's types continue the code section's."""
NodeIndex = NewType("NodeIndex", int)
"""0-based index into the node list that the operand stands in."""

FUNCTION_SCOPE = 0xFFFF
"""The header named by a `Leave` that returns from the function itself."""
NO_SOURCE = 0xFFFF
"""`Fold.source` of a fold over a range of numbers."""


# Types


@dataclass(frozen=True, slots=True)
class UintType:
    """An unsigned integer of `bits` in {8, 16, 32, 64, 128, 256}; default 0."""

    bits: int


@dataclass(frozen=True, slots=True)
class BoolType:
    """False or true; default false."""


@dataclass(frozen=True, slots=True)
class AddressType:
    """A typed 32-byte address; no default."""


@dataclass(frozen=True, slots=True)
class BytesType:
    """Exactly `size_bytes` bytes; default zeros. A fixed-size scalar, so it may be a map key."""

    size_bytes: int


@dataclass(frozen=True, slots=True)
class StringType:
    """At most `size_bytes_max` bytes of UTF-8; default empty."""

    size_bytes_max: int


@dataclass(frozen=True, slots=True)
class EnumType:
    """One of `members`, each with the types of its payload; default the first member.

    `option[T]` is the enum with the members `()` (none) and `(T,)` (some).
    """

    members: tuple[tuple[TypeIndex, ...], ...]


@dataclass(frozen=True, slots=True)
class RecordType:
    """A tuple of fields; the empty record is the unit type."""

    fields: tuple[TypeIndex, ...]


@dataclass(frozen=True, slots=True)
class ListType:
    """At most `length_max` elements; default empty."""

    element: TypeIndex
    length_max: int


@dataclass(frozen=True, slots=True)
class MapType:
    """A total map: a key that was never written holds the default of `value`. Only for cells."""

    key: TypeIndex
    value: TypeIndex


@dataclass(frozen=True, slots=True)
class MessageType:
    """A call as data: target, selector, value, encoded arguments of at most `size_bytes_max`."""

    size_bytes_max: int


Type = (
    UintType
    | BoolType
    | AddressType
    | BytesType
    | StringType
    | EnumType
    | RecordType
    | ListType
    | MapType
    | MessageType
)
"""`int`, the unbounded result of arithmetic, is no entry of the table: it is never stored."""


class ContextKind(IntEnum):
    """What a `Context` node reads."""

    CALLER = 0
    """address: who called this function (the sender, or the calling contract)."""
    VALUE = 1
    """u128: the coins that came with the call."""
    NOW = 2
    """u64: the block's time in ms."""
    HEIGHT = 3
    """u64: the block's height."""
    THIS = 4
    """address: the contract itself."""
    GENESIS_ID = 5
    """bytes[32]: the chain."""
    FUNCTION = 6
    """u16 (properties only): the index of the function that ran."""


class PrimOp(IntEnum):
    """Operators of `Prim`. Strict in all operands; total except where said."""

    ADD = 0
    """(number, number) -> int."""
    SUB = 1
    """(number, number) -> int."""
    MUL = 2
    """(number, number) -> int."""
    NEG = 3
    """(number) -> int."""
    DIV = 4
    """(number, number) -> type of the first: floor of the quotient. The divisor must be positive;
    else a failure in a body, and 0 in guards and properties."""
    MOD = 5
    """(number, number) -> type of the first: what DIV leaves, in [0, divisor). The divisor must be
    positive; else a failure in a body, and the first operand in guards and properties."""
    MIN = 6
    """(number, number) -> the wider type."""
    MAX = 7
    """(number, number) -> the wider type."""
    EQ = 8
    """(a, a) -> bool: two numbers of any widths, or two values of one type."""
    LT = 9
    """(number, number) -> bool."""
    LE = 10
    """(number, number) -> bool."""
    AND = 11
    """(bool, bool) -> bool."""
    OR = 12
    """(bool, bool) -> bool."""
    NOT = 13
    """(bool) -> bool."""
    SELECT = 14
    """(bool, a, a) -> a: the second operand if the first is true, else the third."""
    LENGTH = 15
    """(list or string) -> u32."""
    APPEND = 16
    """(list, element) -> list; fails in a body when full, is the list itself in a guard."""
    POP = 17
    """(list) -> list without its last element; fails in a body when empty, is the list in a
    guard."""
    REPLACE = 18
    """(list, number, element) -> list; fails in a body when out of range, is the list in a
    guard."""
    IS_MEMBER = 19
    """(enum) -> bool, immediates (tag,)."""
    HASH = 20
    """(values…) -> bytes[32], immediates (domain,): SHA-256 over the domain, the operands' types'
    fingerprint and their canonical encodings."""
    VERIFY_SIGNATURE = 21
    """(address, bytes[32], bytes[k], bytes[s]) -> bool, immediates (scheme,): the key of that
    address signed the digest; key and signature sizes are the scheme's."""
    IS_CONTRACT = 22
    """(address) -> bool: code is deployed there."""
    IMPLEMENTS = 23
    """(address) -> bool, immediates (interface,): the code there has every member of the
    interface."""
    MESSAGE = 24
    """(target address, value u128, arguments…) -> message, immediates (type, interface, member)."""


class When(IntEnum):
    """Which state a `Get` or `Agg` reads."""

    NOW = 0
    OLD = 1
    """Properties only: the state before the call."""
    AT = 2
    """Checkpointed cells only: the end of the block whose height is the last operand in `keys`;
    fails in a body unless that height is below the current one, and is the default in a guard."""


class Sign(IntEnum):
    """Direction of an `Update`."""

    PLUS = 0
    MINUS = 1


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


# The code section


class FunctionKind(IntEnum):
    """How a function may be entered."""

    INIT = 0
    """Once, by the deployment. At most one, the first function; absent means an empty one."""
    ACTION = 1
    """By a transaction or by another contract; may change state."""
    VIEW = 2
    """By anybody, also off chain; changes nothing."""


class StandardError(IntEnum):
    """Errors every contract shares; a module's own start at `STANDARD_ERROR_COUNT`."""

    NOT_PAYABLE = 0
    """value > 0 was sent to a function that is not payable (raised by the machine, first of
    all)."""
    NOT_ALLOWED = 1
    """The `by` clause does not admit the caller."""
    WRONG_PHASE = 2
    """The contract, or the record concerned, is not in the phase that the action needs."""


STANDARD_ERROR_COUNT = 16
"""Error numbers below this are reserved for `StandardError`."""

INIT_SELECTOR = bytes(8)
"""The selector of every init, and of no other function."""

CELL_BALANCE = 0
"""Every module's first cell: the contract's spendable coins, u128; changed only by `Pay`,
`Collect`, `Send` and the value of payable calls, never by `Set` or `Update`."""
CELL_INBOX = 1
"""Every module's second cell: coins received and not yet collected, u128; changed only by `Collect`
and from outside."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: the canonical encoding of a value of `type`."""

    type: TypeIndex
    data: bytes


@dataclass(frozen=True, slots=True)
class Member:
    """A function of an interface as its callers see it."""

    selector: bytes
    params: tuple[TypeIndex, ...]
    result: tuple[TypeIndex, ...]
    is_view: bool


@dataclass(frozen=True, slots=True)
class Interface:
    """What another contract is expected to offer."""

    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A state variable. Checkpointed cells (maps to uints) remember their value at each block."""

    type: TypeIndex
    is_checkpointed: bool


@dataclass(frozen=True, slots=True)
class Event:
    """The field types of an event."""

    fields: tuple[TypeIndex, ...]


@dataclass(frozen=True, slots=True)
class Error:
    """The field types of a declared error."""

    fields: tuple[TypeIndex, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """An entry point.

    `code[:guard_count]` is the guard: exact arithmetic, no effects, no checks, runs before the
    value is credited. The rest is the body; the last node is `Leave(FUNCTION_SCOPE, …)` with the
    result.
    """

    kind: FunctionKind
    selector: bytes
    """8 bytes: SHA-256 of "name(type,…)" cut short; zeros for init."""
    params: tuple[TypeIndex, ...]
    result: tuple[TypeIndex, ...]
    """No type or one."""
    is_payable: bool
    guard_count: int
    code: Code


@dataclass(frozen=True, slots=True)
class CodeSection:
    """What clients execute."""

    version: int
    types: tuple[Type, ...]
    literals: tuple[Literal, ...]
    interfaces: tuple[Interface, ...]
    cells: tuple[Cell, ...]
    events: tuple[Event, ...]
    errors: tuple[Error, ...]
    functions: tuple[Function, ...]


# The spec section


@dataclass(frozen=True, slots=True)
class Aggregate:
    """sum of `body` over all values of `keys`, for given `params`.

    The body reads maps at exactly the bound keys (behind outer prefixes made of params or
    constants), one key pattern per map, and no scalar cell. Parameters and keys are
    `Var(FUNCTION_SCOPE, i)`: params first, then keys. A counting aggregate's body is select(c, 1,
    0).
    """

    params: tuple[TypeIndex, ...]
    keys: tuple[TypeIndex, ...]
    body: Code


@dataclass(frozen=True, slots=True)
class Property:
    """A boolean expression. A lemma only serves the proofs of others and is not reported alone."""

    code: Code
    is_lemma: bool


@dataclass(frozen=True, slots=True)
class Modified:
    """A leaf, or a field of one, that a function may change.

    Each key is an expression over parameters and the state before the call (`When.OLD`).
    """

    cell: int
    keys: tuple[Code, ...]
    fields: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """What is claimed of one function, beside what its guard says."""

    is_complete: bool
    """Claimed: when no guard fails, the body fails only through `open_errors` or a failing call."""
    open_errors: tuple[int, ...]
    has_frame: bool
    """Claimed: nothing but `modifies` changes (balance and inbox apart)."""
    modifies: tuple[Modified, ...]
    ensures: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class SpecSection:
    """The properties. Types and literals continue the numbering of the code section."""

    types: tuple[Type, ...]
    literals: tuple[Literal, ...]
    aggregates: tuple[Aggregate, ...]
    functions: tuple[FunctionSpec, ...]
    """One for each function of the code section, in order."""
    invariants: tuple[Property, ...]
    """Hold in every state."""
    transitions: tuple[Property, ...]
    """Hold between the states before and after each successful action (not init, not views)."""


@dataclass(frozen=True, slots=True)
class Module:
    """A contract. `code_id` is its hash tree root: H(root of code, root of spec)."""

    code: CodeSection
    spec: SpecSection


# Operands


def get_operands(node: Node) -> tuple[NodeIndex, ...]:
    """The nodes whose values a node uses, in the order of its fields.

    A `Join` uses each only when its arm has run; `Var`, `Out`, `Next`, `Leave` and `Join` name
    their header too, which is no operand: headers have no value.
    """
    match node:
        case Prim(_, _, args) | MakeRecord(_, args) | Variant(_, _, args) | MakeList(_, args):
            return args
        case Check(_, value) | Field(value, _) | Payload(value, _, _):
            return (value,)
        case Item(value, index):
            return (value, index)
        case Get() | Set() | Update():
            return _get_state_operands(node)
        case If() | Match() | Join() | Fold() | Next() | Leave():
            return _get_control_operands(node)
        case Fail() | Pay() | Call() | Send() | Emit() | Agg():
            return _get_effect_operands(node)
        case Const() | Param() | Context() | Var() | Scope() | Out() | Collect() | ForAll():
            return ()


def _get_state_operands(node: Get | Set | Update) -> tuple[NodeIndex, ...]:
    match node:
        case Get(_, _, keys, _):
            return keys
        case Set(_, keys, _, value):
            return (*keys, value)
        case Update(_, keys, _, _, amount):
            return (*keys, amount)


def _get_control_operands(
    node: If | Match | Join | Fold | Next | Leave,
) -> tuple[NodeIndex, ...]:
    match node:
        case If(condition, _, _):
            return (condition,)
        case Match(subject, _):
            return (subject,)
        case Join(_, values) | Next(_, values) | Leave(_, values):
            return values
        case Fold(source, _, _, initials, _):
            return initials if source == NO_SOURCE else (NodeIndex(source), *initials)


def _get_effect_operands(node: Fail | Pay | Call | Send | Emit | Agg) -> tuple[NodeIndex, ...]:
    match node:
        case Fail(condition, _, args):
            return (condition, *args)
        case Pay(to, amount):
            return (to, amount)
        case Call(_, _, target, args, _):
            return (target, *args)
        case Send(message, _):
            return (message,)
        case Emit(_, args) | Agg(_, _, args):
            return args
