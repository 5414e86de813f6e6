"""What a BFT node does with offences it sees: keep the evidence, tell all, offer it to blocks.

Two votes or proposals of one validator for one (height, round, kind) are found among those that
arrive, in the polkas of re-proposals, and between what arrived and the commit of a block. Evidence
is repeated until a block has it, or until it can convict nobody any more.

Source: CONSENSUS.md 1 (accountability), 3 row 3; INTERFACE.md 3.
"""

from dataclasses import replace

from spec.consensus.bft.duty_state import Config, Outcome, State, get_work
from spec.consensus.bft.making import compute_vote
from spec.consensus.bft.messages import Proposal
from spec.consensus.bft.penalties import validate_bft_evidence
from spec.consensus.bft.rules import get_precommit
from spec.consensus.bft.votes import Ballot, ValueId, VoteType, get_ballots
from spec.consensus.errors import OffenderNotSeated
from spec.consensus.evidence import find_conflict, get_offender
from spec.consensus.finality_errors import EvidenceTooOld, OffenderConvicted, OffenderUnknown
from spec.consensus.interface import (
    Broadcast,
    Effect,
    Evidence,
    RejectMessage,
    Report,
    Source,
)
from spec.ledger.codec import BlockId
from spec.ledger.ops import Commit, DoubleProposal, ProposalSignature, RoundVote

NO_LONGER = (OffenderUnknown, OffenderConvicted, OffenderNotSeated, EvidenceTooOld)
"""Reasons that depend on the chain: a peer that is ahead or behind means no harm."""


def take_evidence(config: Config, node: State, source: Source, evidence: Evidence) -> Outcome:
    """Evidence from a peer; what can convict nobody here is ignored."""
    if get_offender(evidence) in node.duty.evidence:
        return node, ()
    work = get_work(node)
    when = (work.height, node.now_ms)
    error = validate_bft_evidence(config.context, work.ticked, when, evidence, frozenset())
    if isinstance(error, NO_LONGER):
        return node, ()
    if error is not None:
        return node, (RejectMessage(source, error),)
    return _keep(node, evidence)


def witness_vote(node: State, ballot: Ballot, vote: RoundVote) -> Outcome:
    """Compares a vote, with a valid signature, with those of its voter that are counted."""
    work = get_work(node)
    for earlier in get_ballots(work.rounds.votes, ballot.round, ballot.type):
        signature = work.signatures.get(earlier)
        if earlier.voter != ballot.voter or signature is None:
            continue
        conflict = find_conflict(compute_vote(work, earlier, signature), vote)
        if conflict is not None:
            return _keep(node, conflict)
    return node, ()


def witness_proposal(node: State, proposal: Proposal, block_id: BlockId) -> Outcome:
    """Compares a valid proposal with those of its proposer that were taken in."""
    for earlier_id, earlier in get_work(node).proposals.items():
        if (earlier.validator, earlier.round) != (proposal.validator, proposal.round):
            continue
        first = ProposalSignature(earlier.valid_round_plus_one, earlier_id, earlier.signature)
        second = ProposalSignature(proposal.valid_round_plus_one, block_id, proposal.signature)
        if replace(first, signature=second.signature) != second:
            evidence = DoubleProposal(
                proposal.validator, proposal.height, proposal.round, first, second
            )
            return _keep(node, evidence)
    return node, ()


def witness_commit(node: State, commit: Commit) -> Outcome:
    """Compares the precommits of a sealed block with those that arrived: twins often meet here."""
    effects: tuple[Effect, ...] = ()
    work = node.duty.work
    if work is None or commit.height != work.height:
        return node, ()
    for signed in commit.votes:
        vote = get_precommit(commit, signed)
        ballot = Ballot(VoteType.PRECOMMIT, commit.round, signed.validator, ValueId(commit.block))
        node, more = witness_vote(node, ballot, vote)
        effects += more
    return node, effects


def drop_stale_evidence(config: Config, node: State) -> State:
    """Forgets evidence that can convict nobody in the height in progress."""
    if not node.duty.evidence:
        return node
    work = get_work(node)
    when = (work.height, node.now_ms)
    kept = {
        offender: evidence
        for offender, evidence in node.duty.evidence.items()
        if validate_bft_evidence(config.context, work.ticked, when, evidence, frozenset()) is None
    }
    return replace(node, duty=replace(node.duty, evidence=kept))


def _keep(node: State, evidence: Evidence) -> Outcome:
    """Keeps the first evidence against a validator, and tells everybody."""
    offender = get_offender(evidence)
    if offender in node.duty.evidence:
        return node, ()
    kept = {**node.duty.evidence, offender: evidence}
    node = replace(node, duty=replace(node.duty, evidence=kept))
    report = Report("evidence.found", f"{type(evidence).__name__} by validator {offender}")
    return node, (report, Broadcast(evidence))
