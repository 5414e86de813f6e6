"""The typed tree: names resolved, types known, sugar gone. The input of lowering.

Arithmetic here is exact; `Check` marks where a body must stay in range. Reads name cells by number.
"""

from dataclasses import dataclass

from dsl.source import Span
from dsl.types import BROKEN, EnumType, ListType, RecordType, Type, UintType


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
    | ForAll
    | Sum
    | ActionIn
)


def make_broken(span: Span) -> Expr:
    """Return an expression whose error has been reported; it fits everywhere."""
    return Constant(span, BROKEN, value=False)


# Statements


@dataclass(frozen=True, slots=True)
class Let:
    """Gives a local its value; also assignment to a `var`."""

    span: Span
    local: Local
    value: Expr


@dataclass(frozen=True, slots=True)
class Store:
    """Writes a cell."""

    span: Span
    place: Read
    value: Expr


@dataclass(frozen=True, slots=True)
class Update:
    """Adds to or subtracts from a cell."""

    span: Span
    place: Read
    minus: bool
    amount: Expr


@dataclass(frozen=True, slots=True)
class If:
    """Two blocks."""

    span: Span
    condition: Expr
    then: tuple["Stmt", ...]
    otherwise: tuple["Stmt", ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A block per member."""

    span: Span
    subject: Expr
    arms: tuple[tuple[tuple[Local, ...], tuple["Stmt", ...]], ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """Over a list (`items`) or the numbers from `low` to below `high`."""

    span: Span
    local: Local
    items: Expr | None
    low: int
    high: int
    body: tuple["Stmt", ...]


@dataclass(frozen=True, slots=True)
class Fail:
    """Fails with an error unless the condition holds."""

    span: Span
    condition: Expr
    """Must hold."""
    error: str
    args: tuple[Expr, ...]
    declared: bool
    text: str
    """What the author wrote."""


@dataclass(frozen=True, slots=True)
class Return:
    """Leaves the function."""

    span: Span
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Pay:
    """`pay(to, amount)`."""

    span: Span
    to: Expr
    amount: Expr


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression for its effect."""

    span: Span
    value: Expr


@dataclass(frozen=True, slots=True)
class Emit:
    """`emits Event(args) when condition`; happens after the body."""

    span: Span
    event: str
    args: tuple[Expr, ...]
    condition: Expr | None


Stmt = Let | Store | Update | If | Match | Loop | Fail | Return | Pay | Evaluate | Emit


# Contract


@dataclass(frozen=True, slots=True)
class Cell:
    """A state cell; number = place in `Contract.cells`, the first two being balance and inbox."""

    span: Span
    name: str
    type: Type
    role: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """A property with its label and text."""

    span: Span
    name: str
    text: str
    condition: Expr
    lemma: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A checked function."""

    span: Span
    header: Span
    kind: str
    name: str
    generated: bool
    params: tuple[Local, ...]
    result: Type
    payable: bool
    guard: tuple[Stmt, ...]
    """`Let` and declared `Fail` statements, in order."""
    body: tuple[Stmt, ...]
    emits: tuple[Emit, ...]
    result_local: Local | None
    """The local that `result` names in `ensures` and `emits`."""
    ensures: tuple[Claim, ...]
    modifies: tuple[Read, ...] | None
    modifies_texts: tuple[str, ...]
    complete: bool
    open_errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """An event or error."""

    span: Span
    name: str
    params: tuple[tuple[str, Type], ...]


@dataclass(frozen=True, slots=True)
class Probe:
    """An expression of a test: evaluated as a view over the locals it uses."""

    span: Span
    value: Expr
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A test's call: `function` is a name, "init" to deploy."""

    span: Span
    function: str
    args: tuple[Probe, ...]
    sender: Probe | None
    value: Probe | None
    expected: str | None
    """Name of the error it must fail with; None if it must succeed."""
    expected_args: tuple[Probe, ...] | None
    local: Local | None
    """Where its result goes."""


@dataclass(frozen=True, slots=True)
class Remember:
    """A test's `let` of an expression."""

    span: Span
    local: Local
    value: Probe


@dataclass(frozen=True, slots=True)
class Assert:
    """A test's `assert`."""

    span: Span
    condition: Probe


@dataclass(frozen=True, slots=True)
class Advance:
    """`advance_time(ms)` or `advance_height(blocks)`."""

    span: Span
    height: bool
    amount: Probe


Step = Call | Remember | Assert | Advance


@dataclass(frozen=True, slots=True)
class Test:
    """A checked test."""

    span: Span
    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """A checked contract; internal functions are in `functions` too (kind "function")."""

    span: Span
    header: Span
    name: str
    doc: str
    strict: bool
    types: tuple[EnumType | RecordType, ...]
    cells: tuple[Cell, ...]
    events: tuple[Signature, ...]
    errors: tuple[Signature, ...]
    functions: tuple[Function, ...]
    invariants: tuple[Claim, ...]
    transitions: tuple[Claim, ...]
    tests: tuple[Test, ...]
