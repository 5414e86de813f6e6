"""The typed tree: statements of bodies and guards."""

from dataclasses import dataclass

from dsl.source import Span
from dsl.typed.expressions import Expr, Local, Read


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
class Send:
    """`send(message, gas = …)`."""

    span: Span
    message: Expr
    gas: int


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


Stmt = Let | Store | Update | If | Match | Loop | Fail | Return | Pay | Send | Evaluate | Emit
