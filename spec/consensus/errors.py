"""Why consensus refuses a block or a message: one class per rule, one closed union.

`code` is the normative name. Nothing here depends on a clock or on what arrived before.

Source: STYLE.md 6; decision record 0070.
"""

from dataclasses import dataclass
from typing import ClassVar

from spec.consensus.evidence import EvidenceError
from spec.consensus.finality_errors import FinalityError
from spec.consensus.slot_errors import SlotError


@dataclass(frozen=True, slots=True)
class SlotNotAfterParent:
    """Slots rise along a chain."""

    code: ClassVar[str] = "consensus.slot_not_after_parent"
    slot: int
    parent_slot: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"slot {self.slot} is not after the parent's slot {self.parent_slot}"


@dataclass(frozen=True, slots=True)
class HeaderFieldsPresent:
    """The header carries fields of another algorithm."""

    code: ClassVar[str] = "bft.fields_present"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "a BFT header has no consensus fields"


@dataclass(frozen=True, slots=True)
class SlotNotHeight:
    """Slot and height are one count where time has no slots."""

    code: ClassVar[str] = "consensus.slot_not_height"
    slot: int
    height: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"slot is {self.slot}, height is {self.height}; they must be equal"


@dataclass(frozen=True, slots=True)
class ValidatorsRootMismatch:
    """The header names another set as its sealers."""

    code: ClassVar[str] = "consensus.validators_root_mismatch"
    found: bytes
    expected: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the header names set 0x{self.found.hex()}, "
            f"this height is sealed by 0x{self.expected.hex()}"
        )


@dataclass(frozen=True, slots=True)
class NextValidatorsRootMismatch:
    """The header names another set for the next height."""

    code: ClassVar[str] = "consensus.next_validators_root_mismatch"
    found: bytes
    expected: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the header names next set 0x{self.found.hex()}, expected 0x{self.expected.hex()}"


@dataclass(frozen=True, slots=True)
class ProposerUnknown:
    """Nobody in the set has this operator address."""

    code: ClassVar[str] = "bft.proposer_unknown"
    proposer: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"0x{self.proposer.hex()} is the operator of no seat in the set"


@dataclass(frozen=True, slots=True)
class SealNotCommit:
    """A BFT block is sealed by a commit."""

    code: ClassVar[str] = "bft.seal_not_commit"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "the seal is no commit"


@dataclass(frozen=True, slots=True)
class OpNotAdmitted:
    """The op is of a kind that has no place here."""

    code: ClassVar[str] = "consensus.op_not_admitted"
    kind: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"an op of kind {self.kind} is not admitted on this chain"


@dataclass(frozen=True, slots=True)
class OpCountWrong:
    """A block's ops begin with one commit, for its parent, unless that is genesis."""

    code: ClassVar[str] = "bft.op_count_wrong"
    count: int
    expected: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the block begins with {self.count} commits, expected {self.expected}"


@dataclass(frozen=True, slots=True)
class EvidenceTooMuch:
    """A block holds more evidence than it may."""

    code: ClassVar[str] = "bft.evidence_too_much"
    count: int
    count_max: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the block has {self.count} ops of evidence, at most {self.count_max} are allowed"


@dataclass(frozen=True, slots=True)
class OffenderNotSeated:
    """The accused had no seat at the height of the offence, as far as the chain remembers."""

    code: ClassVar[str] = "evidence.offender_not_seated"
    validator: int
    height: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"validator {self.validator} had no seat at height {self.height}"


@dataclass(frozen=True, slots=True)
class CommitWrongBlock:
    """The commit is for another height or block."""

    code: ClassVar[str] = "bft.commit_wrong_block"
    height: int
    block: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the commit is for block 0x{self.block.hex()} at height {self.height}"


@dataclass(frozen=True, slots=True)
class CommitNotAscending:
    """Voters stand once each, ascending."""

    code: ClassVar[str] = "bft.commit_not_ascending"
    validator: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"validator {self.validator} is repeated or out of order in the commit"


@dataclass(frozen=True, slots=True)
class CommitVoterUnknown:
    """A voter has no seat."""

    code: ClassVar[str] = "bft.commit_voter_unknown"
    validator: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"validator {self.validator} has no seat in the set"


@dataclass(frozen=True, slots=True)
class CommitTooLight:
    """The voters hold no quorum."""

    code: ClassVar[str] = "bft.commit_too_light"
    weight: int
    total: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the commit has {self.weight} of {self.total} power; more than two thirds are needed"
        )


@dataclass(frozen=True, slots=True)
class CommitSignatureInvalid:
    """A precommit in the commit is not signed by its voter."""

    code: ClassVar[str] = "bft.commit_signature_invalid"
    validator: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the signature of validator {self.validator} does not hold"


@dataclass(frozen=True, slots=True)
class ProposalMalformed:
    """The proposal contradicts itself."""

    code: ClassVar[str] = "bft.proposal_malformed"
    detail: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the proposal contradicts itself: {self.detail}"


@dataclass(frozen=True, slots=True)
class ProposalWrongProposer:
    """Another validator proposes in this round."""

    code: ClassVar[str] = "bft.proposal_wrong_proposer"
    validator: int
    expected: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"validator {self.validator} proposed where it is the turn of {self.expected}"


@dataclass(frozen=True, slots=True)
class MessageSignatureInvalid:
    """A vote or proposal is not signed by the validator it names."""

    code: ClassVar[str] = "bft.message_signature_invalid"
    validator: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the signature of validator {self.validator} does not hold"


@dataclass(frozen=True, slots=True)
class VoteMalformed:
    """The vote names no kind of vote, or a round beyond the limit."""

    code: ClassVar[str] = "bft.vote_malformed"
    kind: int
    round: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"kind {self.kind} with round {self.round} is no vote"


@dataclass(frozen=True, slots=True)
class FieldsNotPow:
    """The header lacks the fields of proof of work."""

    code: ClassVar[str] = "pow.fields_missing"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "a PoW header has a target and a nonce"


@dataclass(frozen=True, slots=True)
class SealPresent:
    """A PoW block has nothing beside its header."""

    code: ClassVar[str] = "pow.seal_present"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "a PoW block has no seal; its header's hash is the proof"


@dataclass(frozen=True, slots=True)
class TargetMismatch:
    """The header names another target than the chain's past fixes."""

    code: ClassVar[str] = "pow.target_mismatch"
    found: int
    expected: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the target is {self.found:#x}, the chain's rule gives {self.expected:#x}"


@dataclass(frozen=True, slots=True)
class HashAboveTarget:
    """The header's work hash misses the target."""

    code: ClassVar[str] = "pow.hash_above_target"
    work_hash: int
    target: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the work hash {self.work_hash:#x} is above the target {self.target:#x}"


ConsensusError = (
    SlotNotAfterParent
    | FieldsNotPow
    | SealPresent
    | TargetMismatch
    | HashAboveTarget
    | HeaderFieldsPresent
    | SlotNotHeight
    | ValidatorsRootMismatch
    | NextValidatorsRootMismatch
    | ProposerUnknown
    | SealNotCommit
    | OpNotAdmitted
    | OpCountWrong
    | EvidenceTooMuch
    | OffenderNotSeated
    | CommitWrongBlock
    | CommitNotAscending
    | CommitVoterUnknown
    | CommitTooLight
    | CommitSignatureInvalid
    | ProposalMalformed
    | ProposalWrongProposer
    | MessageSignatureInvalid
    | VoteMalformed
    | EvidenceError
    | FinalityError
    | SlotError
)
