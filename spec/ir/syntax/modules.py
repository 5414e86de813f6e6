"""A module: the code section that clients execute, and the spec section that states properties."""

from dataclasses import dataclass
from enum import IntEnum

from spec.ir.syntax.nodes import Code
from spec.ir.syntax.types import Type, TypeIndex

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
    """A state variable.

    Checkpointed cells (uints, maps to uints) remember their value at the end of each block.
    """

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
