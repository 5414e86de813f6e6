"""The syntax tree: what the author wrote, before any name is resolved.

Every node carries its span. Nodes are immutable; later passes build their own trees.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dsl.source import Span


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name where it stands."""

    span: Span
    text: str


# Types


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as written: a name with arguments in square brackets."""

    span: Span
    name: str
    arguments: tuple["TypeName | TypeNumber", ...]


@dataclass(frozen=True, slots=True)
class TypeNumber:
    """A number where a type takes one, as in `string[32]`."""

    span: Span
    value: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A name with its type: parameter, field, or bound variable."""

    span: Span
    name: Identifier
    type: TypeName


# Expressions


@dataclass(frozen=True, slots=True)
class Name:
    """A name used as a value."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number; `bytes_length` is the byte length if written in full hexadecimal pairs."""

    span: Span
    value: int
    bytes_length: int | None


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    span: Span
    value: bool


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal, its escapes resolved."""

    span: Span
    value: str


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """`[a, b, c]`."""

    span: Span
    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call; named in record literals."""

    span: Span
    name: Identifier | None
    value: "Expression"


@dataclass(frozen=True, slots=True)
class Call:
    """`callee(arguments)`."""

    span: Span
    callee: "Expression"
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`sum(body for a: address if condition)`; only aggregates take one."""

    span: Span
    callee: "Expression"
    body: "Expression"
    binders: tuple[Parameter, ...]
    condition: "Expression | None"


@dataclass(frozen=True, slots=True)
class Index:
    """`base[key]`."""

    span: Span
    base: "Expression"
    key: "Expression"


@dataclass(frozen=True, slots=True)
class Member:
    """`base.name`."""

    span: Span
    base: "Expression"
    name: Identifier


@dataclass(frozen=True, slots=True)
class Unary:
    """`not x` or `-x`."""

    span: Span
    operator: str
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`."""

    span: Span
    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Choice:
    """`yes if condition else no`."""

    span: Span
    yes: "Expression"
    condition: "Expression"
    no: "Expression"


@dataclass(frozen=True, slots=True)
class Membership:
    """`x in (a, b)`."""

    span: Span
    value: "Expression"
    options: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Forall:
    """`forall a: address: body`."""

    span: Span
    binders: tuple[Parameter, ...]
    body: "Expression"


@dataclass(frozen=True, slots=True)
class ActionIn:
    """`action in (mint, burn)`, in transitions."""

    span: Span
    names: tuple[Identifier, ...]


Expression = (
    Name
    | Integer
    | Boolean
    | Text
    | ListLiteral
    | Call
    | Comprehension
    | Index
    | Member
    | Unary
    | Binary
    | Choice
    | Membership
    | Forall
    | ActionIn
)

# Statements


@dataclass(frozen=True, slots=True)
class Sending:
    """`as alice with value 5`: who sends a call of a test, with how many coins."""

    span: Span
    sender: Expression
    value: Expression | None


@dataclass(frozen=True, slots=True)
class Let:
    """`let x = …` or `var x = …`."""

    span: Span
    name: Identifier
    type: TypeName | None
    value: Expression
    mutable: bool
    sending: Sending | None


@dataclass(frozen=True, slots=True)
class Assign:
    """`target operator value`, the operator being `=`, `+=`, `-=`, `*=`, `//=` or `%=`."""

    span: Span
    target: Expression
    operator: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Do:
    """An expression as a statement: a call."""

    span: Span
    expression: Expression
    sending: Sending | None


@dataclass(frozen=True, slots=True)
class If:
    """Branches in order, then the statements of `else`."""

    span: Span
    branches: tuple[tuple[Expression, tuple["Statement", ...]], ...]
    otherwise: tuple["Statement", ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A member with names for its fields; `name` is None for `else`."""

    span: Span
    type_name: Identifier | None
    name: Identifier | None
    fields: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class Arm:
    """One alternative of a `match`."""

    span: Span
    pattern: Pattern
    body: tuple["Statement", ...]


@dataclass(frozen=True, slots=True)
class Match:
    """`match subject:` with its arms."""

    span: Span
    subject: Expression
    arms: tuple[Arm, ...]


@dataclass(frozen=True, slots=True)
class For:
    """`for x in items:` or `for i in range(lo, hi):`; `index` is the second name, if any."""

    span: Span
    name: Identifier
    index: Identifier | None
    items: Expression
    body: tuple["Statement", ...]


@dataclass(frozen=True, slots=True)
class Require:
    """`require condition, Error(arguments)`."""

    span: Span
    condition: Expression
    error: Expression


@dataclass(frozen=True, slots=True)
class Return:
    """`return value`."""

    span: Span
    value: Expression | None


@dataclass(frozen=True, slots=True)
class Pass:
    """`pass`."""

    span: Span


@dataclass(frozen=True, slots=True)
class Assert:
    """`assert condition`, in tests."""

    span: Span
    condition: Expression


@dataclass(frozen=True, slots=True)
class Expect:
    """`expect Error: call as sender`, in tests."""

    span: Span
    error: Expression
    call: Expression
    sending: Sending | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """What recovery dropped; the error has been reported."""

    span: Span


Statement = (
    Let | Assign | Do | If | Match | For | Require | Return | Pass | Assert | Expect | Skipped
)

# Clauses


@dataclass(frozen=True, slots=True)
class Fails:
    """`fails Error(arguments) when condition`; without a condition the failure is open."""

    span: Span
    error: Expression
    condition: Expression | None


@dataclass(frozen=True, slots=True)
class Modifies:
    """`modifies place, place`."""

    span: Span
    places: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Ensures:
    """`ensures label: condition`."""

    span: Span
    label: Identifier | None
    condition: Expression


@dataclass(frozen=True, slots=True)
class Emits:
    """`emits Event(arguments) when condition`."""

    span: Span
    event: Expression
    condition: Expression | None


Clause = Fails | Modifies | Ensures | Emits

# Members


@dataclass(frozen=True, slots=True)
class Field:
    """A state cell or a record field."""

    span: Span
    name: Identifier
    type: TypeName
    ghost: bool


@dataclass(frozen=True, slots=True)
class State:
    """A `state:` block."""

    span: Span
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """`role minter` or `roles minters`."""

    span: Span
    name: Identifier
    many: bool


@dataclass(frozen=True, slots=True)
class Variant:
    """One member of an enum."""

    span: Span
    name: Identifier
    fields: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Enum:
    """`enum Name: A, B(x: u64)`."""

    span: Span
    name: Identifier
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Phases:
    """`phases Name: A -> B -> C | D`: chains of groups."""

    span: Span
    name: Identifier
    chains: tuple[tuple[tuple[Identifier, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Record:
    """`record Name:` with its fields."""

    span: Span
    name: Identifier
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """An event or an error."""

    span: Span
    name: Identifier
    params: tuple[Parameter, ...]
    event: bool


@dataclass(frozen=True, slots=True)
class Const:
    """`const NAME: type = value`."""

    span: Span
    name: Identifier
    type: TypeName
    value: Expression


@dataclass(frozen=True, slots=True)
class Property:
    """An `invariant` or a `transition`."""

    span: Span
    label: Identifier | None
    condition: Expression
    transition: bool
    lemma: bool


@dataclass(frozen=True, slots=True)
class By:
    """`by anyone`, `by role` or `by (condition)`."""

    span: Span
    name: Identifier | None
    condition: Expression | None


@dataclass(frozen=True, slots=True)
class PhaseMove:
    """`in Held -> Paid`; `after` is None if the phase stays."""

    span: Span
    before: tuple[Identifier, ...]
    after: Identifier | None


@dataclass(frozen=True, slots=True)
class Function:
    """`init`, `action`, `view` or `function`."""

    span: Span
    header: Span
    kind: str
    name: Identifier
    params: tuple[Parameter, ...]
    result: TypeName | None
    payable: bool
    by: tuple[By, ...]
    moves: tuple[PhaseMove, ...]
    doc: str | None
    lines: tuple[Clause | Statement, ...]


@dataclass(frozen=True, slots=True)
class Test:
    """`test "title":` with its statements."""

    span: Span
    title: str
    body: tuple[Statement, ...]


Declaration = (
    State | Role | Enum | Phases | Record | Signature | Const | Property | Function | Test | Skipped
)


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract."""

    span: Span
    header: Span
    name: Identifier
    strict: bool
    implements: tuple[Identifier, ...]
    doc: str | None
    members: tuple[Declaration, ...]


def _is_node(value: object) -> bool:
    return hasattr(value, "__dataclass_fields__") and not isinstance(value, Span)


def compute_depth(node: object) -> int:
    """Return how many nodes lie on the longest way down, without recursion."""
    deepest = 0
    pending: list[tuple[object, int]] = [(node, 0)]
    while pending:
        current, depth = pending.pop()
        deepest = max(deepest, depth)
        if isinstance(current, tuple):
            pending.extend((each, depth) for each in current)
        elif _is_node(current):
            for name in current.__slots__:  # type: ignore[attr-defined]  # every node has slots
                pending.append((getattr(current, name), depth + 1))  # noqa: PERF401  # hot
    return deepest


def walk(node: object) -> Iterator[object]:
    """Yield a node and all nodes below it, without recursion."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, tuple):
            pending.extend(reversed(current))
        elif _is_node(current):
            yield current
            slots = current.__slots__  # type: ignore[attr-defined]  # every node has slots
            pending.extend([getattr(current, name) for name in reversed(slots)])
