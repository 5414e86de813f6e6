"""The typed tree: the steps of `test` blocks."""

from dataclasses import dataclass

from dsl.source import Span
from dsl.typed.expressions import Expr, Local


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
    contract: str
    """Name of the contract of the tests that is deployed; empty for the contract under test."""
    target: Probe | None
    """Address of what is called, None for the contract under test."""
    function: str
    args: tuple[Probe, ...]
    sender: Probe | None
    value: Probe | None
    expected: str | None
    """Name of the error it must fail with; None if it must succeed."""
    expected_args: tuple[Probe, ...] | None
    local: Local | None
    """Where its result goes."""
    signing: "Signing | None" = None
    """How a signed action is signed."""


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signs, with which nonce and deadline; None for the usual."""

    owner: int
    """Which argument the action is signed by."""
    signer: Probe | None
    nonce: Probe | None
    deadline: Probe | None


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
