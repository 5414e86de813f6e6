"""The typed tree: what a trusted interface says of its calls."""

from dataclasses import dataclass

from dsl.source import Span
from dsl.typed.contracts import Function


@dataclass(frozen=True, slots=True)
class Application:
    """A view of the interface that an `ensures` of it asks."""

    member: int
    """Of the interface."""
    is_old: bool
    """Asked before the call, else after it."""


@dataclass(frozen=True, slots=True)
class Trust:
    """One `ensures` of a member of a trusted interface.

    `view` is a view without a body: its parameters are the member's, its result if it has one, the
    variables that `forall` binds, and an answer for each application. Its first `ensures` is the
    claim; the others are `x == x` for each argument x of each application, in order. An
    application's arguments use the answers of earlier ones alone.
    """

    span: Span
    interface: str
    member: int
    text: str
    view: Function
    binder_count: int
    applications: tuple[Application, ...]
