"""Success and failure as values.

Invalid input never raises: a total function returns `Ok(value)` or `Err(error)`, and the caller
decides by `isinstance` or `match`. There is no `unwrap`, no `and_then`: branches stay visible.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)
E_co = TypeVar("E_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Ok(Generic[T_co]):
    """The computation succeeded with `value`."""

    value: T_co


@dataclass(frozen=True, slots=True)
class Err(Generic[E_co]):
    """The input was refused for the reason `error`; nothing was changed."""

    error: E_co


Result = Ok[T_co] | Err[E_co]
