"""Offences that two messages prove by themselves, for all algorithms.

Evidence holds two messages of one validator, both signed by it, that no honest node sends: two
votes of a round for different blocks, two proposals of a round, two finality votes of one target
epoch or one around the other, two blocks of one slot. It needs no other context than the
validator's key, so anybody can verify it.

`find_conflict` makes evidence out of what a node has seen; `validate_evidence` judges it on a
chain. Amnesia (breaking a lock) is no evidence: showing it needs everybody's transcripts.

Source: CONSENSUS.md 1 (accountability), 3 rows 3 to 6; DESIGN.md 2.13.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from spec.consensus.bft.messages import (
    NO_SIGNATURE,
    ProposalCore,
    compute_core_root,
    compute_vote_root,
)
from spec.consensus.ffg import is_slashable
from spec.crypto.domains import Domain, compute_signing_root
from spec.ledger.ops import (
    FFG_VOTE,
    DoubleFfgVote,
    DoubleProduction,
    DoubleProposal,
    DoubleVote,
    FfgVote,
    RoundVote,
)
from spec.lib.ssz import ByteVector, Container, Uint, hash_tree_root

Evidence = DoubleVote | DoubleFfgVote | DoubleProduction | DoubleProposal

Verify = Callable[[bytes, bytes, bytes], bool]


@dataclass(frozen=True, slots=True)
class SealCore:
    """What the producer of a block signs.

    The slot stands beside the id, so that two seals prove two productions without the headers.
    """

    slot: int
    block_id: bytes


SEAL_CORE = Container(SealCore, (("slot", Uint(64)), ("block_id", ByteVector(32))))


@dataclass(frozen=True, slots=True)
class EvidenceHarmless:
    """The two messages don't contradict each other."""

    code: ClassVar[str] = "evidence.harmless"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "an honest validator may send both messages"


@dataclass(frozen=True, slots=True)
class EvidenceUnsigned:
    """A message of the evidence is not signed by the validator it accuses."""

    code: ClassVar[str] = "evidence.signature_invalid"
    validator: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"validator {self.validator} did not sign both messages"


EvidenceError = EvidenceHarmless | EvidenceUnsigned


def compute_seal_root(genesis_id: bytes, slot: int, block_id: bytes) -> bytes:
    """The 32 bytes that a block's producer signs."""
    core = hash_tree_root(SEAL_CORE, SealCore(slot, block_id))
    return compute_signing_root(Domain.BLOCK_SEAL, genesis_id, core)


def compute_ffg_root(genesis_id: bytes, vote: FfgVote) -> bytes:
    """The 32 bytes that a finality voter signs: the vote with a signature of zeros."""
    unsigned = hash_tree_root(FFG_VOTE, replace(vote, signature=NO_SIGNATURE))
    return compute_signing_root(Domain.FFG_VOTE, genesis_id, unsigned)


def get_offender(evidence: Evidence) -> int:
    """Index of the validator that the evidence accuses."""
    match evidence:
        case DoubleProduction(validator=validator) | DoubleProposal(validator=validator):
            return validator
        case DoubleVote(first=first) | DoubleFfgVote(first=first):
            return first.validator


def find_conflict(one: RoundVote | FfgVote, other: RoundVote | FfgVote) -> Evidence | None:
    """The evidence that two votes make together, if they do.

    Args:
        one: seen first.
        other: seen later; both with valid signatures.
    """
    if isinstance(one, RoundVote) and isinstance(other, RoundVote):
        return DoubleVote(one, other) if _is_double_vote(one, other) else None
    if isinstance(one, FfgVote) and isinstance(other, FfgVote):
        return DoubleFfgVote(one, other) if is_slashable(one, other) else None
    return None


def validate_evidence(
    genesis_id: bytes, verify: Verify, public_key: bytes, evidence: Evidence
) -> EvidenceError | None:
    """Why evidence proves nothing: harmless, or not signed.

    Args:
        genesis_id: the chain.
        verify: the signature check.
        public_key: Ed25519 key (32 bytes) of the validator that `get_offender` names.
        evidence: untrusted.
    """
    if not _is_offence(evidence):
        return EvidenceHarmless()
    signed = _get_signed(genesis_id, evidence)
    if all(verify(public_key, root, signature) for root, signature in signed):
        return None
    return EvidenceUnsigned(get_offender(evidence))


def _is_offence(evidence: Evidence) -> bool:
    match evidence:
        case DoubleVote(first, second):
            return _is_double_vote(first, second)
        case DoubleFfgVote(first, second):
            return is_slashable(first, second)
        case DoubleProduction(first=first_id, second=second_id):
            return first_id != second_id
        case DoubleProposal(first=first, second=second):
            said = (first.valid_round_plus_one, first.block)
            return said != (second.valid_round_plus_one, second.block)


def _is_double_vote(one: RoundVote, other: RoundVote) -> bool:
    """Different blocks by one validator, of one kind, height and round."""
    same = (one.validator, one.kind, one.height, one.round)
    return same == (other.validator, other.kind, other.height, other.round) and (
        one.block != other.block
    )


def _get_signed(genesis_id: bytes, evidence: Evidence) -> tuple[tuple[bytes, bytes], ...]:
    """(signing root, signature) of both messages."""
    match evidence:
        case DoubleVote(first, second):
            return tuple((compute_vote_root(genesis_id, v), v.signature) for v in (first, second))
        case DoubleFfgVote(first, second):
            return tuple((compute_ffg_root(genesis_id, v), v.signature) for v in (first, second))
        case DoubleProduction(_, slot, first_id, first_signature, second_id, second_signature):
            return (
                (compute_seal_root(genesis_id, slot, first_id), first_signature),
                (compute_seal_root(genesis_id, slot, second_id), second_signature),
            )
        case DoubleProposal(validator, height, round_, first, second):
            return tuple(
                (
                    compute_core_root(
                        genesis_id,
                        ProposalCore(height, round_, p.valid_round_plus_one, p.block, validator),
                    ),
                    p.signature,
                )
                for p in (first, second)
            )
