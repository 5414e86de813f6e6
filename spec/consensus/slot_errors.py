"""Why a block of a slot is refused: what PoS and DPoS share.

Source: STYLE.md 6; decision record 0073.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class SlotNotOfTime:
    """A block's time is the beginning of its slot."""

    code: ClassVar[str] = "slots.slot_not_of_time"
    slot: int
    time_ms: int
    expected_ms: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"slot {self.slot} begins at {self.expected_ms} ms, the block says {self.time_ms}"


@dataclass(frozen=True, slots=True)
class FieldsWrong:
    """The header carries fields of another algorithm."""

    code: ClassVar[str] = "slots.fields_wrong"
    found: str
    expected: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the header has {self.found}, this chain's have {self.expected}"


@dataclass(frozen=True, slots=True)
class ProducerOutOfTurn:
    """The slot belongs to another validator, or to one that is no longer listed."""

    code: ClassVar[str] = "slots.producer_out_of_turn"
    slot: int
    owner: int
    proposer: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"slot {self.slot} is validator {self.owner}'s, not 0x{self.proposer.hex()}'s"


@dataclass(frozen=True, slots=True)
class SealNotSignature:
    """A block of a slot is sealed by its producer's signature."""

    code: ClassVar[str] = "slots.seal_not_signature"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "the seal is no signature"


@dataclass(frozen=True, slots=True)
class SealInvalid:
    """The seal is not the signature of the slot's owner."""

    code: ClassVar[str] = "slots.seal_invalid"
    owner: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"validator {self.owner} did not seal this block"


@dataclass(frozen=True, slots=True)
class RevealWrong:
    """The reveal is not the layer below the producer's latest."""

    code: ClassVar[str] = "pos.reveal_wrong"
    validator: int
    layer: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the reveal is not layer {self.layer} of validator {self.validator}'s onion"


SlotError = (
    SlotNotOfTime | FieldsWrong | ProducerOutOfTurn | SealNotSignature | SealInvalid | RevealWrong
)
