"""What a method of the client returns: an accept with a value, or a reject with its rules."""

from dataclasses import dataclass
from typing import Any

JsonObject = dict[str, Any]  # JSON is what it is; the schemas say what may stand where


@dataclass(frozen=True, slots=True)
class Accept:
    """The input is valid."""

    value: Any = None  # JSON of the method's result; None where it returns nothing


@dataclass(frozen=True, slots=True)
class Reject:
    """The input is refused."""

    rule: str
    """Code of the first check that fails."""
    also: tuple[str, ...] = ()
    """Codes of the others that fail."""


Answer = Accept | Reject


class RequestError(Exception):
    """A request that no vector makes: a method or an argument that isn't there."""


def to_hex(data: bytes) -> str:
    """Bytes as the formats write them."""
    return "0x" + data.hex()


def to_bytes(value: object) -> bytes:
    """Bytes that the formats wrote.

    Raises:
        RequestError: it isn't `0x` and lower-case hex.
    """
    if isinstance(value, str) and value.startswith("0x") and value == value.lower():
        try:
            return bytes.fromhex(value[2:])
        except ValueError as error:
            raise RequestError(f"{value[:40]!r} is no hex") from error
    raise RequestError(f"expected 0x and lower-case hex, found {str(value)[:40]!r}")
