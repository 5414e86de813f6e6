"""Arithmetic on numbers that are written in the source: exact, before anything has a type."""

from dataclasses import dataclass

NUMBER_BITS_MAX = 1024
"""Widest intermediate number; the core IR has the same limit."""


@dataclass(frozen=True, slots=True)
class Unfoldable:
    """Why two numbers have no result."""

    code: str
    message: str


def fold_numbers(operator: str, left: int, right: int) -> int | Unfoldable:
    """Return `left operator right` for one of `+ - * // %`."""
    if operator in ("//", "%") and right <= 0:
        return Unfoldable("QC0211", "the divisor of a constant must be positive")
    if operator == "*" and left.bit_length() + right.bit_length() > NUMBER_BITS_MAX:
        return Unfoldable("QC0205", "this number is larger than u256")
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "//":
            return left // right
        case _:
            return left % right
