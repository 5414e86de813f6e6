"""The typed tree: `can` and `check`, which speak of calls that could be made."""

from dataclasses import dataclass

from dsl.source import Span
from dsl.typed.contracts import Function


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls from one state: one that must succeed (`can`), or two rows that must agree (`check`).

    `view` is a view without a body: its parameters are the bound variables and then, for each call,
    its arguments, its caller and its coins. Its one `ensures` says which calls are meant.
    """

    span: Span
    name: str
    text: str
    view: Function
    left: tuple[str, ...]
    """Names of the actions."""
    right: tuple[str, ...]
    """Empty for `can`."""
    is_check: bool
