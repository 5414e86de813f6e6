"""What a BFT validator makes: block requests, votes, polkas, commits.

Source: arXiv 1807.04938, algorithm 1.
"""

from spec.consensus.bft.duty_state import Config, State, Work, get_work
from spec.consensus.bft.rounds import Decide, Promise
from spec.consensus.bft.rules import BftRules
from spec.consensus.bft.votes import Ballot, VoteType, get_ballots
from spec.consensus.interface import Build
from spec.consensus.node import get_own_seat
from spec.ledger.header import DraftChoice, compute_draft
from spec.ledger.ledger_ops import ConsensusStep
from spec.ledger.ops import Commit, CommitSignature, NoFields, Op, RoundVote

RULES = BftRules()


def make_build(config: Config, node: State, round_: int) -> Build:
    """Asks for a new block on the head."""
    work = get_work(node)
    parent = node.tree[node.head].block
    seat = get_own_seat(config, work.ticked.current.seats)
    assert seat is not None, "the proposer has a seat"
    validators_root, next_validators_root = config.rules.get_roots(work.ticked)
    choice = DraftChoice(
        slot=work.height,
        time_ms=max(node.now_ms, parent.header.time_ms),
        proposer=seat.operator,
        validators_root=validators_root,
        next_validators_root=next_validators_root,
        consensus=NoFields(),
    )
    commit: tuple[Op, ...] = (parent.seal,) if isinstance(parent.seal, Commit) else ()
    pool = (*commit, *(evidence for _, evidence in sorted(node.duty.evidence.items())))
    draft = compute_draft(config.context.config, parent.header, choice)
    ops, state, ledger_ops = RULES.select(config.context, work.ticked, draft, pool)
    leaves = config.rules.encode_state(state)
    return Build(draft, ops, ConsensusStep(work.tick_ops + ledger_ops, leaves), round_)


def compute_polka(work: Work, valid: Promise) -> tuple[RoundVote, ...]:
    """The prevotes that made a value valid, ascending by validator."""
    ballots = get_ballots(work.rounds.votes, valid.round, VoteType.PREVOTE)
    chosen = sorted((b.voter, b) for b in ballots if b.value == valid.value)
    return tuple(compute_vote(work, ballot, work.signatures[ballot]) for _, ballot in chosen)


def compute_vote(work: Work, ballot: Ballot, signature: bytes) -> RoundVote:
    """The message that a ballot stands for."""
    return RoundVote(
        kind=ballot.type,
        height=work.height,
        round=ballot.round,
        block=ballot.value,
        validator=ballot.voter,
        signature=signature,
    )


def compute_commit(work: Work, decision: Decide) -> Commit:
    """The precommits that decided, as the block's seal."""
    ballots = get_ballots(work.rounds.votes, decision.round, VoteType.PRECOMMIT)
    votes = sorted((b.voter, work.signatures[b]) for b in ballots if b.value == decision.value)
    return Commit(
        height=work.height,
        round=decision.round,
        block=decision.value,
        votes=tuple(CommitSignature(voter, signature) for voter, signature in votes),
    )
