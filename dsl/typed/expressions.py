"""The typed tree: expressions. Names are resolved, types known, sugar gone.

Arithmetic here is exact; `Check` marks where a body must stay in range. Reads name cells by number.
"""

from dataclasses import dataclass, replace

from dsl.source import Span
from dsl.types import BROKEN, ListType, MessageType, RecordType, Type, UintType


@dataclass(frozen=True, slots=True)
class Local:
    """A parameter, `let`, `var`, loop or bound variable; `id` is unique within a compilation."""

    id: int
    name: str
    type: Type
    mutable: bool


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant of a uint, bool, address, bytes or string type."""

    span: Span
    type: Type
    value: int | bool | bytes


@dataclass(frozen=True, slots=True)
class Use:
    """The value of a local."""

    span: Span
    type: Type
    local: Local


@dataclass(frozen=True, slots=True)
class Context:
    """`caller`, `value`, `now`, `height` or `this`."""

    span: Span
    type: Type
    which: str


@dataclass(frozen=True, slots=True)
class Read:
    """The state at a path; of map type while keys are missing (never a value then)."""

    span: Span
    type: Type
    cell: int
    keys: tuple["Expr", ...]
    fields: tuple[int, ...]
    old: bool


@dataclass(frozen=True, slots=True)
class Past:
    """A checkpointed cell's value at the end of an earlier block; the height is the last key."""

    span: Span
    type: Type
    cell: int
    keys: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Prim:
    """A strict operator; `op` is the lower-case name of a core IR operator."""

    span: Span
    type: Type
    op: str
    args: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` (`is_and`) or `or`: the right side is evaluated only if needed."""

    span: Span
    type: Type
    is_and: bool
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Check:
    """A number that must lie in a uint type."""

    span: Span
    type: UintType
    value: "Expr"


@dataclass(frozen=True, slots=True)
class MakeRecord:
    """A record with all its fields."""

    span: Span
    type: RecordType
    args: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class FieldOf:
    """A field of a record value."""

    span: Span
    type: Type
    value: "Expr"
    index: int


@dataclass(frozen=True, slots=True)
class MakeVariant:
    """A member of an enum or option (`tag` 0 is none, 1 is some)."""

    span: Span
    type: Type
    tag: int
    args: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class MakeList:
    """A list with its elements."""

    span: Span
    type: ListType
    args: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class ItemOf:
    """An element of a list."""

    span: Span
    type: Type
    value: "Expr"
    index: "Expr"


@dataclass(frozen=True, slots=True)
class Choice:
    """`yes if condition else no`."""

    span: Span
    type: Type
    condition: "Expr"
    yes: "Expr"
    no: "Expr"


@dataclass(frozen=True, slots=True)
class Bind:
    """`value` under a name within `body`: from inlining a pure function."""

    span: Span
    type: Type
    local: Local
    value: "Expr"
    body: "Expr"


@dataclass(frozen=True, slots=True)
class MatchValue:
    """A value per member of an enum; each arm binds its payload."""

    span: Span
    type: Type
    subject: "Expr"
    arms: tuple[tuple[tuple[Local, ...], "Expr"], ...]


@dataclass(frozen=True, slots=True)
class Inline:
    """A call of an internal function or own view in a body."""

    span: Span
    type: Type
    function: str
    args: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Collect:
    """`collect()`."""

    span: Span
    type: Type


@dataclass(frozen=True, slots=True)
class ExternalCall:
    """A call of a member of an interface at another contract."""

    span: Span
    type: Type
    interface: str
    member: int
    target: "Expr"
    args: tuple["Expr", ...]
    value: "Expr | None"
    """Coins that go along."""
    gas: int


@dataclass(frozen=True, slots=True)
class MakeMessage:
    """A call of a member as data."""

    span: Span
    type: MessageType
    interface: str
    member: int
    target: "Expr"
    value: "Expr"
    args: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Implements:
    """Whether the contract at an address has every member of an interface."""

    span: Span
    type: Type
    interface: str
    target: "Expr"


@dataclass(frozen=True, slots=True)
class ForAll:
    """A quantifier of a property."""

    span: Span
    type: Type
    binders: tuple[Local, ...]
    body: "Expr"


@dataclass(frozen=True, slots=True)
class Sum:
    """An aggregate: sum of `body` over all values of `keys`, in the state now or before."""

    span: Span
    type: Type
    keys: tuple[Local, ...]
    body: "Expr"
    old: bool
    text: str


@dataclass(frozen=True, slots=True)
class ActionIn:
    """True if the action that ran is one of these."""

    span: Span
    type: Type
    names: tuple[str, ...]


Expr = (
    Constant
    | Use
    | Context
    | Read
    | Past
    | Prim
    | Logic
    | Check
    | MakeRecord
    | FieldOf
    | MakeVariant
    | MakeList
    | ItemOf
    | Choice
    | Bind
    | MatchValue
    | Inline
    | Collect
    | ExternalCall
    | MakeMessage
    | Implements
    | ForAll
    | Sum
    | ActionIn
)


def make_broken(span: Span) -> Expr:
    """Return an expression whose error has been reported; it fits everywhere."""
    return Constant(span, BROKEN, value=False)


def retype(expr: Expr, kind: Type) -> Expr:
    """Return the expression as one of another type with the same structure on chain."""
    return replace(expr, type=kind)  # type: ignore[arg-type]  # every node has a type
