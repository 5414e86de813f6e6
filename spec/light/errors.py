"""Why a light client refuses a header, a checkpoint or a proof: one closed union.

Where a full node would refuse too, the error is the ledger's or the consensus's own.

Source: STYLE.md 6; decision record 0110.
"""

from dataclasses import dataclass
from typing import ClassVar

from spec.consensus.errors import ConsensusError
from spec.ledger.errors import BlockError
from spec.lib.ssz import SszError
from spec.lib.trie_proof import ProofError


@dataclass(frozen=True, slots=True)
class OptionsUnsafe:
    """A client's own options would make it trust too much, or nothing."""

    code: ClassVar[str] = "light.options_unsafe"
    detail: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the options are not safe: {self.detail}"


@dataclass(frozen=True, slots=True)
class AnchorMismatch:
    """What should open the trust is not the block that the user trusts."""

    code: ClassVar[str] = "light.anchor_mismatch"
    found: bytes
    expected: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the block is 0x{self.found.hex()}, trusted is 0x{self.expected.hex()}"


@dataclass(frozen=True, slots=True)
class TrustExpired:
    """What is trusted is so old that its validators may have left with their stake."""

    code: ClassVar[str] = "light.trust_expired"
    trusted_ms: int
    now_ms: int
    trusting_ms: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the trusted header is of {self.trusted_ms} ms and trusted for {self.trusting_ms} ms; "
            f"it is {self.now_ms} ms: take a new trusted block from somebody you trust"
        )


@dataclass(frozen=True, slots=True)
class HeaderFromFuture:
    """The header's time has not come."""

    code: ClassVar[str] = "light.header_from_future"
    time_ms: int
    time_ms_max: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the header is of {self.time_ms} ms, at most {self.time_ms_max} ms is believed now"


@dataclass(frozen=True, slots=True)
class HeightNotAbove:
    """The header is not above the trusted one."""

    code: ClassVar[str] = "light.height_not_above"
    height: int
    trusted_height: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"height {self.height} is not above the trusted height {self.trusted_height}"


@dataclass(frozen=True, slots=True)
class HeightNotWanted:
    """Another height was asked for."""

    code: ClassVar[str] = "light.height_not_wanted"
    height: int
    wanted: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the block is of height {self.height}, the one of height {self.wanted} is needed"


@dataclass(frozen=True, slots=True)
class TimeBeforeTrusted:
    """Times never fall along a chain."""

    code: ClassVar[str] = "light.time_before_trusted"
    time_ms: int
    trusted_ms: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the header is of {self.time_ms} ms, before the trusted one of {self.trusted_ms} ms"


@dataclass(frozen=True, slots=True)
class SetMalformed:
    """A list of seats is no validator set."""

    code: ClassVar[str] = "light.set_malformed"
    detail: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the seats are no validator set: {self.detail}"


@dataclass(frozen=True, slots=True)
class SetMismatch:
    """The seats shown are not those that the header names."""

    code: ClassVar[str] = "light.set_mismatch"
    found: bytes
    expected: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the set shown has root 0x{self.found.hex()}, expected 0x{self.expected.hex()}"


@dataclass(frozen=True, slots=True)
class ParentNotTrusted:
    """The header of the next height does not stand on the trusted block."""

    code: ClassVar[str] = "light.parent_not_trusted"
    parent: bytes
    trusted: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the header's parent is 0x{self.parent.hex()}, trusted is 0x{self.trusted.hex()}"


@dataclass(frozen=True, slots=True)
class TrustTooLow:
    """Too few of those whom the client trusts signed: a block between must be verified first."""

    code: ClassVar[str] = "light.trust_too_low"
    weight: int
    total: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.weight} of {self.total} trusted power signed; a header between is needed"


@dataclass(frozen=True, slots=True)
class HeadersTooMany:
    """More at once than a client takes."""

    code: ClassVar[str] = "light.headers_too_many"
    count: int
    count_max: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.count} headers at once, at most {self.count_max} are taken"


@dataclass(frozen=True, slots=True)
class LeafMalformed:
    """A proved leaf is not of the form that its key says."""

    code: ClassVar[str] = "light.leaf_malformed"
    part: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the leaf of the {self.part} does not decode"


@dataclass(frozen=True, slots=True)
class VoteNotForTarget:
    """A vote among those that should carry a checkpoint is for another link."""

    code: ClassVar[str] = "light.vote_not_for_target"
    validator: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the vote of validator {self.validator} is for another link"


@dataclass(frozen=True, slots=True)
class VotesNotAscending:
    """Voters stand once each, ascending."""

    code: ClassVar[str] = "light.votes_not_ascending"
    validator: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"validator {self.validator} is repeated or out of order among the votes"


@dataclass(frozen=True, slots=True)
class VotesTooMany:
    """More votes than two sets have members."""

    code: ClassVar[str] = "light.votes_too_many"
    count: int
    count_max: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.count} votes at once, two sets have at most {self.count_max} members"


@dataclass(frozen=True, slots=True)
class KeyMalformed:
    """What should name a leaf names none."""

    code: ClassVar[str] = "light.key_malformed"
    key: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"0x{self.key.hex()} is no key: 32 bytes, of an account the whole address"


@dataclass(frozen=True, slots=True)
class PartNotProved:
    """The branch does not lead from the part to the header's root."""

    code: ClassVar[str] = "light.part_not_proved"
    part: str
    place: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the branch does not prove the {self.part} at place {self.place}"


LightError = (
    OptionsUnsafe
    | AnchorMismatch
    | TrustExpired
    | HeaderFromFuture
    | HeightNotAbove
    | HeightNotWanted
    | TimeBeforeTrusted
    | SetMalformed
    | SetMismatch
    | ParentNotTrusted
    | TrustTooLow
    | HeadersTooMany
    | LeafMalformed
    | VoteNotForTarget
    | VotesNotAscending
    | VotesTooMany
    | KeyMalformed
    | PartNotProved
    | ConsensusError
    | BlockError
    | ProofError
    | SszError
)
