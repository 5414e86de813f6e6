"""Two sealed headers of one height: what a light client can prove about such an attack.

    EQUIVOCATION   one round: whoever signed both is convicted by the two precommits
    AMNESIA        different rounds: somebody broke a lock, which only transcripts show
    LUNATIC        a header names sets that don't follow from the chain

Double votes are evidence that a block takes as an op. What needs transcripts is reported, never
punished: suspects are whom to ask.

Source: CONSENSUS.md 1 (accountability), 3 rows 3, 4; arXiv 2010.07031, section 5; decision record
0110.
"""

from dataclasses import dataclass
from enum import IntEnum

from spec.consensus.bft.rules import get_precommit
from spec.consensus.interface import RulesContext
from spec.ledger.codec import compute_block_id
from spec.ledger.ops import DoubleVote
from spec.lib.result import Err, Ok, Result
from spec.light.bft import LightBlock, validate_sealed
from spec.light.errors import HeightNotWanted, LightError


class ConflictKind(IntEnum):
    """What kind of attack made the second header."""

    EQUIVOCATION = 1
    AMNESIA = 2
    LUNATIC = 3


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sealed headers of one height."""

    kind: ConflictKind
    evidence: tuple[DoubleVote, ...]
    """Ascending by validator; none unless both were sealed in one round."""
    suspects: tuple[int, ...]
    """Validators of the trusted set that signed the other header, ascending."""


def find_header_conflict(
    context: RulesContext, trusted: LightBlock, other: LightBlock
) -> Result[Conflict | None, LightError]:
    """What two blocks of one height prove; Ok(None) if they are one block.

    Args:
        context: of the chain.
        trusted: the block that the client trusts.
        other: untrusted, of the same height; an error says why it is no sealed block at all.
    """
    if other.header.height != trusted.header.height:
        return Err(HeightNotWanted(other.header.height, trusted.header.height))
    if compute_block_id(other.header) == compute_block_id(trusted.header):
        return Ok(None)
    error = validate_sealed(context, trusted) or validate_sealed(context, other)
    if error is not None:
        return Err(error)
    keys = {seat.validator: seat.consensus_key for seat in trusted.validators}
    voters = frozenset(vote.validator for vote in other.commit.votes)
    suspects = tuple(
        seat.validator
        for seat in other.validators
        if seat.validator in voters and keys.get(seat.validator) == seat.consensus_key
    )
    return Ok(Conflict(_classify(trusted, other), _pair(trusted, other, suspects), suspects))


def _classify(trusted: LightBlock, other: LightBlock) -> ConflictKind:
    """A header's sets follow from its parent's state; its round says which lock was broken."""
    sets = (trusted.header.validators_root, trusted.header.next_validators_root)
    if (other.header.validators_root, other.header.next_validators_root) != sets:
        return ConflictKind.LUNATIC
    if trusted.commit.round != other.commit.round:
        return ConflictKind.AMNESIA
    return ConflictKind.EQUIVOCATION


def _pair(
    trusted: LightBlock, other: LightBlock, suspects: tuple[int, ...]
) -> tuple[DoubleVote, ...]:
    """The two precommits of each suspect that signed both, if they are of one round."""
    if trusted.commit.round != other.commit.round:
        return ()
    first = {vote.validator: vote for vote in trusted.commit.votes}
    return tuple(
        DoubleVote(
            get_precommit(trusted.commit, first[vote.validator]), get_precommit(other.commit, vote)
        )
        for vote in other.commit.votes
        if vote.validator in suspects and vote.validator in first
    )
