"""Which votes and proposals of a height are worth looking at: total checks on untrusted messages.

Source: arXiv 1807.04938 (L22, L28: who may propose what); INTERFACE.md 2.6.
"""

from spec.consensus.bft.duty_state import Work
from spec.consensus.bft.messages import Proposal, compute_proposal_root, compute_vote_root
from spec.consensus.bft.rounds import NO_ROUND
from spec.consensus.bft.state import compute_proposer, get_seat
from spec.consensus.bft.votes import VoteType
from spec.consensus.errors import (
    ConsensusError,
    MessageSignatureInvalid,
    ProposalMalformed,
    ProposalWrongProposer,
    VoteMalformed,
)
from spec.consensus.interface import RulesContext
from spec.ledger.codec import BlockId
from spec.ledger.ops import NoSeal, RoundVote
from spec.limits import ROUNDS_MAX


def validate_vote(context: RulesContext, work: Work, vote: RoundVote) -> ConsensusError | None:
    """Checks, in order: kind and round, seat, signature."""
    if vote.kind not in (VoteType.PREVOTE, VoteType.PRECOMMIT) or vote.round > ROUNDS_MAX:
        return VoteMalformed(vote.kind, vote.round)
    seat = get_seat(work.ticked.current, vote.validator)
    root = compute_vote_root(context.genesis_id, vote)
    if seat is None or not context.verify(seat.consensus_key, root, vote.signature):
        return MessageSignatureInvalid(vote.validator)
    return None


def validate_proposal(
    context: RulesContext, work: Work, proposal: Proposal, block_id: BlockId
) -> ConsensusError | None:
    """Checks, in order: who proposes, that it agrees with itself, signature."""
    seat = compute_proposer(work.ticked.current, proposal.round)
    if proposal.validator != seat.validator:
        return ProposalWrongProposer(proposal.validator, seat.validator)
    detail = _find_contradiction(proposal, seat.operator, block_id)
    if detail is not None:
        return ProposalMalformed(detail)
    root = compute_proposal_root(context.genesis_id, proposal, block_id)
    if not context.verify(seat.consensus_key, root, proposal.signature):
        return MessageSignatureInvalid(proposal.validator)
    return None


def _find_contradiction(proposal: Proposal, operator: bytes, block_id: BlockId) -> str | None:
    """What in a proposal does not fit the rest of it."""
    header = proposal.block.header
    valid_round = proposal.valid_round_plus_one - 1
    if header.height != proposal.height or proposal.block.seal != NoSeal():
        return "its block is of another height, or sealed"
    if valid_round == NO_ROUND and header.proposer != operator:
        return "a new block names its proposer"
    if valid_round >= proposal.round:
        return "the polka is not of an earlier round"
    expected = (VoteType.PREVOTE, proposal.height, valid_round, block_id)
    for vote in proposal.polka:
        if (vote.kind, vote.height, vote.round, vote.block) != expected:
            return "a vote of the polka is for something else"
    return None
