"""Why a public key or a signature is refused: a closed union, `SignatureError`.

The fields hold lengths and names, never key material, so an error may be logged.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

Part = Literal["public key", "R"]
"""Which encoded point an error speaks of."""
Scalar = Literal["r", "s"]
"""Which scalar of a signature an error speaks of."""


@dataclass(frozen=True, slots=True)
class SchemeUnknown:
    """No signature scheme has this number."""

    code: ClassVar[str] = "signature.scheme_unknown"
    scheme: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.scheme} is not the number of a signature scheme"


@dataclass(frozen=True, slots=True)
class KeyLengthWrong:
    """The public key doesn't have the length of its scheme."""

    code: ClassVar[str] = "signature.key_length_wrong"
    found_bytes: int
    expected_bytes: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the public key has {self.found_bytes} bytes, "
            f"and its scheme takes {self.expected_bytes}"
        )


@dataclass(frozen=True, slots=True)
class SignatureLengthWrong:
    """The signature doesn't have the length of its scheme."""

    code: ClassVar[str] = "signature.length_wrong"
    found_bytes: int
    expected_bytes: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the signature has {self.found_bytes} bytes, "
            f"and its scheme takes {self.expected_bytes}"
        )


@dataclass(frozen=True, slots=True)
class PointNotCanonical:
    """A point is written in another way than its only permitted one."""

    code: ClassVar[str] = "signature.point_not_canonical"
    part: Part

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the encoding of the {self.part} is not the canonical one"


@dataclass(frozen=True, slots=True)
class PointNotOnCurve:
    """A well-formed encoding belongs to no point of the curve."""

    code: ClassVar[str] = "signature.point_not_on_curve"
    part: Part

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the {self.part} is not a point of the curve"


@dataclass(frozen=True, slots=True)
class PointOfSmallOrder:
    """An Ed25519 point is one of the eight whose order divides 8, the identity included."""

    code: ClassVar[str] = "signature.small_order"
    part: Part

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the {self.part} is a point of small order, which would sign for many messages"


@dataclass(frozen=True, slots=True)
class ScalarOutOfRange:
    """A scalar of the signature is not a residue of the group's order (for ECDSA: or is zero)."""

    code: ClassVar[str] = "signature.scalar_out_of_range"
    scalar: Scalar

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the scalar {self.scalar} of the signature is not within the group's order"


@dataclass(frozen=True, slots=True)
class SNotLow:
    """An ECDSA signature carries the larger of the two values of s that would verify."""

    code: ClassVar[str] = "signature.s_not_low"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "the scalar s of the signature is above half of the group's order: take n - s"


@dataclass(frozen=True, slots=True)
class NotAuthentic:
    """Everything is well-formed, but this key did not sign this message with this signature."""

    code: ClassVar[str] = "signature.not_authentic"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "the signature does not belong to this message and public key"


SignatureError = (
    SchemeUnknown
    | KeyLengthWrong
    | SignatureLengthWrong
    | PointNotCanonical
    | PointNotOnCurve
    | PointOfSmallOrder
    | ScalarOutOfRange
    | SNotLow
    | NotAuthentic
)
