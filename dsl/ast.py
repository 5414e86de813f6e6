"""The syntax tree: what the author wrote, before any name is resolved.

Every node carries its span. Nodes are immutable; later passes build their own trees.
"""

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
class Deploy:
    """`deploy Token("Gold", 100)`, in tests: another contract."""

    span: Span
    made: "Expression"


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
    | Deploy
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


SENDING_OPTIONS = ("value", "signer", "nonce", "deadline")
"""What may follow `with` in a test, in the order of the fields of `Sending`."""


@dataclass(frozen=True, slots=True)
class Sending:
    """`as alice with value 5`: who sends a call of a test, with how many coins.

    Of a signed action also who signs, with which nonce and deadline, where that is not the usual.
    """

    span: Span
    sender: Expression
    value: Expression | None
    signer: Expression | None
    nonce: Expression | None
    deadline: Expression | None


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
