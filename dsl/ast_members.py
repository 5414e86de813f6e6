"""The syntax tree of declarations: what stands at the level of the contract."""

from dataclasses import dataclass

from dsl.ast import (
    Clause,
    Ensures,
    Expression,
    Identifier,
    Parameter,
    Sending,
    Skipped,
    Statement,
    TypeName,
)
from dsl.source import Span

# Members


@dataclass(frozen=True, slots=True)
class Field:
    """A state cell or a record field."""

    span: Span
    name: Identifier
    type: TypeName
    ghost: bool
    checkpointed: bool


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
    bare: bool = False
    """Its actions stand beside it already: a component brought it."""


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
class Sent:
    """`refund(3) as buyer with value 5`: a call of a plan."""

    span: Span
    call: Expression
    sending: Sending


@dataclass(frozen=True, slots=True)
class Plan:
    """`can … when …` (one call, nothing on the right) or `check … == …`."""

    span: Span
    label: Identifier | None
    binders: tuple[Parameter, ...]
    left: tuple[Sent, ...]
    right: tuple[Sent, ...]
    condition: Expression | None
    is_check: bool


@dataclass(frozen=True, slots=True)
class By:
    """`by anyone`, `by role` or `by (condition)`."""

    span: Span
    name: Identifier | None
    condition: Expression | None


@dataclass(frozen=True, slots=True)
class SignedBy:
    """`signed by owner`."""

    span: Span
    name: Identifier


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
    signed: tuple[SignedBy, ...] = ()
    component: str = ""
    """Alias of the component that brought it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An action or view of an interface; `gas` is None where no cap is written."""

    span: Span
    kind: str
    name: Identifier
    params: tuple[Parameter, ...]
    result: TypeName | None
    payable: bool
    gas: int | None
    ensures: tuple[Ensures, ...]


@dataclass(frozen=True, slots=True)
class Interface:
    """`interface Name:` with what it offers."""

    span: Span
    name: Identifier
    trusted: bool
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Test:
    """`test "title":` with its statements."""

    span: Span
    title: str
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """`component pause: Pausable` in a contract."""

    span: Span
    name: Identifier
    component: Identifier


@dataclass(frozen=True, slots=True)
class Exports:
    """`exports pause.halt, pause`: an alias, with the name of a function or without."""

    span: Span
    paths: tuple[tuple[Identifier, ...], ...]


Declaration = (
    Use
    | Exports
    | State
    | Role
    | Enum
    | Phases
    | Record
    | Signature
    | Const
    | Property
    | Plan
    | Function
    | Interface
    | Test
    | Skipped
)


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract."""

    span: Span
    header: Span
    name: Identifier
    strict: bool
    is_stub: bool
    """`test contract`: it serves the tests of the file."""
    implements: tuple[Identifier, ...]
    doc: str | None
    members: tuple[Declaration, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """Members that contracts take in under an alias."""

    span: Span
    name: Identifier
    doc: str | None
    members: tuple[Declaration, ...]


@dataclass(frozen=True, slots=True)
class Import:
    """`import "path": Name, …`."""

    span: Span
    path: str
    path_span: Span
    names: tuple[Identifier, ...]


Shared = Component | Interface | Enum | Phases | Record | Signature | Const | Function
"""What other files may import; a function at the level of the file is pure."""
Unit = Contract | Import | Shared
"""What stands at the level of the file."""
