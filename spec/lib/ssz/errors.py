"""Why bytes are no encoding of a type: one class for each reason, with its evidence.

Positions (`at`) are 0-based, in bytes, from the start of what was given to `decode`.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class WrongLength:
    """A value of fixed size has fewer or more bytes than its type."""

    code: ClassVar[str] = "ssz.wrong_length"
    at: int
    expected_bytes: int
    actual_bytes: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the value at byte {self.at} has {self.actual_bytes} bytes, "
            f"its type has {self.expected_bytes}"
        )


@dataclass(frozen=True, slots=True)
class Truncated:
    """The bytes end within the fixed part of a value."""

    code: ClassVar[str] = "ssz.truncated"
    at: int
    needed_bytes: int
    actual_bytes: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the value at byte {self.at} needs at least {self.needed_bytes} bytes, "
            f"there are {self.actual_bytes}"
        )


@dataclass(frozen=True, slots=True)
class TooLong:
    """A list has more elements, bytes or bits than its limit."""

    code: ClassVar[str] = "ssz.too_long"
    at: int
    limit: int
    actual: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the list at byte {self.at} has {self.actual} elements, its limit is {self.limit}"


@dataclass(frozen=True, slots=True)
class UnevenLength:
    """The bytes of a list are no whole number of elements."""

    code: ClassVar[str] = "ssz.uneven_length"
    at: int
    element_bytes: int
    actual_bytes: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the list at byte {self.at} has {self.actual_bytes} bytes, "
            f"no multiple of the {self.element_bytes} of an element"
        )


@dataclass(frozen=True, slots=True)
class BadBoolean:
    """A boolean is encoded by a byte other than 0 and 1."""

    code: ClassVar[str] = "ssz.bad_boolean"
    at: int
    byte: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the boolean at byte {self.at} is {self.byte}, neither 0 nor 1"


@dataclass(frozen=True, slots=True)
class BadPadding:
    """A bit behind the last of a bitvector is set."""

    code: ClassVar[str] = "ssz.bad_padding"
    at: int
    byte: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the bitvector's last byte, {self.byte:#04x} at {self.at}, has bits behind its end"


@dataclass(frozen=True, slots=True)
class MissingDelimiter:
    """A bitlist has no bit that marks its end."""

    code: ClassVar[str] = "ssz.missing_delimiter"
    at: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the bitlist at byte {self.at} is empty or ends with a zero byte: no end is marked"


@dataclass(frozen=True, slots=True)
class BadFirstOffset:
    """The first offset does not point to the end of the fixed part."""

    code: ClassVar[str] = "ssz.bad_first_offset"
    at: int
    expected: int | None
    """Where the fixed part ends; None in a list, where it follows from the offset: any positive
    multiple of 4."""
    actual: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        expected = "a positive multiple of 4" if self.expected is None else str(self.expected)
        return f"the first offset of the value at byte {self.at} is {self.actual}, not {expected}"


@dataclass(frozen=True, slots=True)
class OffsetOutOfBounds:
    """An offset points behind the end of its value."""

    code: ClassVar[str] = "ssz.offset_out_of_bounds"
    at: int
    offset: int
    length_bytes: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"an offset of the value at byte {self.at} is {self.offset}, "
            f"the value has {self.length_bytes} bytes"
        )


@dataclass(frozen=True, slots=True)
class OffsetDecreasing:
    """An offset points before the one that precedes it."""

    code: ClassVar[str] = "ssz.offset_decreasing"
    at: int
    offset: int
    previous: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"an offset of the value at byte {self.at} is {self.offset}, "
            f"the one before it is {self.previous}"
        )


@dataclass(frozen=True, slots=True)
class SelectorOutOfRange:
    """A union's selector names none of its options."""

    code: ClassVar[str] = "ssz.selector_out_of_range"
    at: int
    selector: int
    option_count: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the selector of the union at byte {self.at} is {self.selector}, "
            f"it has {self.option_count} options"
        )


SszError = (
    WrongLength
    | Truncated
    | TooLong
    | UnevenLength
    | BadBoolean
    | BadPadding
    | MissingDelimiter
    | BadFirstOffset
    | OffsetOutOfBounds
    | OffsetDecreasing
    | SelectorOutOfRange
)
"""Every reason for which `decode` refuses."""
