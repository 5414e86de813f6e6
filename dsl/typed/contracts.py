"""The typed tree: a contract and what it declares."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsl.source import Span
from dsl.typed.expressions import Expr, Local, Read
from dsl.typed.statements import Emit, Stmt
from dsl.typed.tests import Test
from dsl.types import EnumType, RecordType, Type

if TYPE_CHECKING:
    from dsl.typed.plans import Plan
    from dsl.typed.trusts import Trust


@dataclass(frozen=True, slots=True)
class Cell:
    """A state cell; number = place in `Contract.cells`, the first two being balance and inbox."""

    span: Span
    name: str
    type: Type
    role: bool
    checkpointed: bool
    ghost: bool = False
    """Only properties read it, and it is never deployed."""


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
    signer: str = ""
    """The parameter that signs; the last parameter is then the compiler's."""


@dataclass(frozen=True, slots=True)
class Signature:
    """An event or error."""

    span: Span
    name: str
    params: tuple[tuple[str, Type], ...]


@dataclass(frozen=True, slots=True)
class Member:
    """An action or view of an interface."""

    span: Span
    name: str
    is_view: bool
    params: tuple[tuple[str, Type], ...]
    result: Type
    payable: bool
    gas: int
    """The most that a call of it may use, unless the call says otherwise."""


@dataclass(frozen=True, slots=True)
class Interface:
    """What another contract is expected to offer."""

    span: Span
    name: str
    trusted: bool
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """A checked contract; internal functions are in `functions` too (kind "function")."""

    span: Span
    header: Span
    name: str
    doc: str
    strict: bool
    types: tuple[EnumType | RecordType, ...]
    interfaces: tuple[Interface, ...]
    """Those that the file declares, then those of the contracts that its tests deploy."""
    cells: tuple[Cell, ...]
    events: tuple[Signature, ...]
    errors: tuple[Signature, ...]
    functions: tuple[Function, ...]
    invariants: tuple[Claim, ...]
    transitions: tuple[Claim, ...]
    tests: tuple[Test, ...]
    plans: tuple["Plan", ...] = ()
    trusts: tuple["Trust", ...] = ()
    """What trusted interfaces ensure."""
