"""Why finality by votes refuses a vote or evidence: what PoS, DPoS and Hybrid share.

Source: STYLE.md 6; FFG.md 1; decision record 0072.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class TargetNotOpen:
    """The vote is for a checkpoint of another chain, or one whose time is over or to come."""

    code: ClassVar[str] = "ffg.target_not_open"
    epoch: int
    root: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"checkpoint {self.epoch} at 0x{self.root.hex()} takes no votes on this chain now"


@dataclass(frozen=True, slots=True)
class SourceNotJustified:
    """The vote starts at a checkpoint that this chain has not recorded as justified."""

    code: ClassVar[str] = "ffg.source_not_justified"
    epoch: int
    root: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"checkpoint {self.epoch} at 0x{self.root.hex()} is no justified source of this target"
        )


@dataclass(frozen=True, slots=True)
class VoterNotMember:
    """The voter is in neither set of the target's state, or no longer registered."""

    code: ClassVar[str] = "ffg.voter_not_member"
    validator: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"validator {self.validator} is in neither set of the target"


@dataclass(frozen=True, slots=True)
class VoteRepeated:
    """The chain already holds a vote of this validator for this target."""

    code: ClassVar[str] = "ffg.vote_repeated"
    validator: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"validator {self.validator} has voted for this target before"


@dataclass(frozen=True, slots=True)
class VoteSignatureInvalid:
    """The vote is not signed by the validator it names."""

    code: ClassVar[str] = "ffg.signature_invalid"
    validator: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the signature of validator {self.validator} does not hold"


@dataclass(frozen=True, slots=True)
class OffenderUnknown:
    """The accused validator is not listed: nothing of it is at risk."""

    code: ClassVar[str] = "evidence.offender_unknown"
    validator: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"validator {self.validator} is not listed"


@dataclass(frozen=True, slots=True)
class OffenderConvicted:
    """The accused validator was convicted before."""

    code: ClassVar[str] = "evidence.offender_convicted"
    validator: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"validator {self.validator} has been convicted already"


@dataclass(frozen=True, slots=True)
class EvidenceTooOld:
    """The offence lies further back than evidence may reach."""

    code: ClassVar[str] = "evidence.too_old"
    age_ms: int
    age_ms_max: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the offence is {self.age_ms} ms old, evidence reaches back {self.age_ms_max} ms"


FinalityError = (
    TargetNotOpen
    | SourceNotJustified
    | VoterNotMember
    | VoteRepeated
    | VoteSignatureInvalid
    | OffenderUnknown
    | OffenderConvicted
    | EvidenceTooOld
)
