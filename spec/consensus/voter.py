"""What a finality voter does, for PoS, DPoS and Hybrid: promise, vote, collect, bear witness.

A vote is in the guard and in the log before it is signed. The guard holds for the key's whole life,
over all sets and chains: targets rise, sources never fall; after a crash it is rebuilt from the
log, and the latest vote is signed again, byte for byte.

Every vote that is seen, by gossip or in a block, is kept for a while. Two of one validator that
contradict each other are evidence: it is reported, sent to all, and offered to the next blocks,
until the chain has convicted its offender. Votes that contradict what is final here are reported.

Source: FFG.md 1 (honest), 3; CONSENSUS.md 1 (accountability); INTERFACE.md 2.11, 2.12, 3.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from spec.consensus.bft.messages import NO_SIGNATURE
from spec.consensus.evidence import compute_ffg_root, find_conflict, get_offender
from spec.consensus.ffg import HISTORY_MAX, FfgState, VoteGuard, is_honest_vote
from spec.consensus.finality_errors import OffenderConvicted, OffenderUnknown, VoteSignatureInvalid
from spec.consensus.finality_state import FinalityState
from spec.consensus.interface import (
    Broadcast,
    Effect,
    Evidence,
    Persist,
    Record,
    RejectMessage,
    Report,
    RulesContext,
    Sign,
    SignedRecord,
    Source,
)
from spec.consensus.offences import get_validator, is_answerable, validate_offence
from spec.consensus.rivals import Rival, find_contradicted, find_rivals
from spec.ledger.ops import Checkpoint, DoubleProduction, FfgVote, Op
from spec.ledger.staking.view import LedgerView
from spec.ledger.types import ZERO_BYTES32
from spec.limits import PRODUCTIONS_KEPT_MAX, VOTES_KEPT_MAX

TARGETS_PER_EPOCH_MAX = 2
"""Votes of one validator for one epoch that are kept: two convict it, more say nothing new."""
EPOCHS_AHEAD_MAX = 2
"""Votes for epochs further ahead of the clock are ignored."""


@dataclass(frozen=True, slots=True)
class Production:
    """A block that a producer sealed."""

    block_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class VoterState:
    """A voter's memory."""

    guard: VoteGuard
    vote: FfgVote | None
    """Our latest; with its signature once it has come."""
    votes: Mapping[int, tuple[FfgVote, ...]]
    """Votes seen, by validator, in order of arrival; all with valid signatures."""
    productions: Mapping[tuple[int, int], Production]
    """The first block seen of each (producer, slot)."""
    evidence: Mapping[int, Evidence]
    """By offender: the first that was found or received."""
    final_epoch: int
    """Of the latest final checkpoint that all votes were compared with."""
    rivals: tuple[Checkpoint, ...]
    """The latest checkpoints reported to contradict what is final here."""


EMPTY_VOTER_STATE = VoterState(
    guard=VoteGuard(source_epoch=-1, target_epoch=-1),
    vote=None,
    votes={},
    productions={},
    evidence={},
    final_epoch=0,
    rivals=(),
)

VoterOutcome = tuple[VoterState, tuple[Effect, ...]]


def restore_voter(wal: tuple[Record, ...]) -> VoterOutcome:
    """The guard as the log binds it; the latest vote is signed again."""
    voter = EMPTY_VOTER_STATE
    for record in wal:
        if isinstance(record, SignedRecord) and isinstance(record.message, FfgVote):
            voter = _promise(voter, record.message)
    return voter, () if voter.vote is None else (Sign(voter.vote),)


def _promise(voter: VoterState, vote: FfgVote) -> VoterState:
    guard = VoteGuard(
        source_epoch=max(voter.guard.source_epoch, vote.source.epoch),
        target_epoch=max(voter.guard.target_epoch, vote.target.epoch),
    )
    return replace(voter, guard=guard, vote=vote)


def cast_vote(
    voter: VoterState, validator: int | None, ffg: FfgState, attested: tuple[int, bytes]
) -> VoterOutcome:
    """Votes for the latest target, if we are a member and the guard allows it.

    Args:
        voter: the memory.
        validator: our index, None if we have none.
        ffg: of the head, ticked to now.
        attested: (slot, head) of PoS; zeros elsewhere.
    """
    if validator is None or not ffg.targets:
        return voter, ()
    target = ffg.targets[-1]
    is_member = any(
        m.validator == validator and m.weight for m in (*target.current, *target.previous)
    )
    if not is_member or not is_honest_vote(voter.guard, ffg.justified, target.checkpoint):
        return voter, ()
    vote = FfgVote(
        slot=attested[0],
        head=attested[1],
        source=ffg.justified,
        target=target.checkpoint,
        validator=validator,
        signature=NO_SIGNATURE,
    )
    return _promise(voter, vote), (Persist(SignedRecord(vote)), Sign(vote))


def is_own_promise(voter: VoterState, vote: FfgVote) -> bool:
    """Whether a signed vote is the one that we promised last."""
    return voter.vote is not None and replace(vote, signature=NO_SIGNATURE) == replace(
        voter.vote, signature=NO_SIGNATURE
    )


def apply_own_vote(voter: VoterState, vote: FfgVote) -> VoterOutcome:
    """Our promised vote came back signed: it goes to all, and among the votes seen."""
    voter, effects = _keep_vote(replace(voter, vote=vote), vote)
    return voter, (Broadcast(vote), *effects)


# What others send


def take_vote(
    context: RulesContext, view: LedgerView, voter: VoterState, message: tuple[Source, FfgVote, int]
) -> VoterOutcome:
    """A vote from a peer.

    Args:
        context: chain and signature check.
        view: the ledger after our head; who is not listed there is ignored, not refused, since
            our head may be behind.
        voter: the memory.
        message: source, vote, and the epoch it is now.
    """
    source, vote, epoch = message
    entry = get_validator(view, vote.validator)
    if entry is None or vote.target.epoch > epoch + EPOCHS_AHEAD_MAX or _is_kept(voter, vote):
        return voter, ()
    root = compute_ffg_root(context.genesis_id, vote)
    if not context.verify(entry.consensus_key, root, vote.signature):
        if entry.previous_key != ZERO_BYTES32 and context.verify(
            entry.previous_key, root, vote.signature
        ):
            return voter, ()
        return voter, (RejectMessage(source, VoteSignatureInvalid(vote.validator)),)
    return _keep_vote(voter, vote)


def _is_kept(voter: VoterState, vote: FfgVote) -> bool:
    """Whether the vote tells nothing new: it is known, or older than all that are kept."""
    kept = voter.votes.get(vote.validator, ())
    is_old = len(kept) >= VOTES_KEPT_MAX and vote.target.epoch < kept[0].target.epoch
    same_epoch = sum(1 for k in kept if k.target.epoch == vote.target.epoch)
    return vote in kept or is_old or same_epoch >= TARGETS_PER_EPOCH_MAX


def _keep_vote(voter: VoterState, vote: FfgVote) -> VoterOutcome:
    """Keeps a valid vote, the lowest epochs falling out, and looks for a contradiction."""
    if _is_kept(voter, vote):
        return voter, ()
    before = voter.votes.get(vote.validator, ())
    kept = tuple(sorted((*before, vote), key=lambda v: v.target.epoch))[-VOTES_KEPT_MAX:]
    voter = replace(voter, votes={**voter.votes, vote.validator: kept})
    for earlier in before:
        evidence = find_conflict(earlier, vote)
        if evidence is not None:
            return _keep_evidence(voter, evidence)
    return voter, ()


def _keep_evidence(voter: VoterState, evidence: Evidence) -> VoterOutcome:
    """Keeps the first valid evidence against a validator, and tells everybody."""
    offender = get_offender(evidence)
    if offender in voter.evidence:
        return voter, ()
    voter = replace(voter, evidence={**voter.evidence, offender: evidence})
    report = Report("evidence.found", f"{type(evidence).__name__} by validator {offender}")
    return voter, (report, Broadcast(evidence))


def take_evidence(
    context: RulesContext, view: LedgerView, voter: VoterState, message: tuple[Source, Evidence]
) -> VoterOutcome:
    """Evidence from a peer; against somebody unknown, or convicted, it is ignored."""
    source, evidence = message
    if get_offender(evidence) in voter.evidence:
        return voter, ()
    error = validate_offence(context, view, evidence)
    if isinstance(error, OffenderUnknown | OffenderConvicted):
        return voter, ()
    if error is not None:
        return voter, (RejectMessage(source, error),)
    return _keep_evidence(voter, evidence)


def witness_ops(voter: VoterState, ops: tuple[Op, ...]) -> VoterOutcome:
    """Takes in the votes of a valid block: twins are often seen only there."""
    effects: tuple[Effect, ...] = ()
    for op in ops:
        if isinstance(op, FfgVote):
            voter, more = _keep_vote(voter, op)
            effects += more
    return voter, effects


def witness_production(
    voter: VoterState, producer: tuple[int, int], made: Production
) -> VoterOutcome:
    """Takes in a sealed block; a second one of the same (producer, slot) is evidence."""
    earlier = voter.productions.get(producer)
    if earlier is None:
        kept = dict(voter.productions)
        if len(kept) >= PRODUCTIONS_KEPT_MAX:
            del kept[next(iter(kept))]
        kept[producer] = made
        return replace(voter, productions=kept), ()
    if earlier.block_id == made.block_id:
        return voter, ()
    validator, slot = producer
    evidence = DoubleProduction(
        validator, slot, earlier.block_id, earlier.signature, made.block_id, made.signature
    )
    return _keep_evidence(voter, evidence)


# Finality elsewhere


def witness_source(voter: VoterState, ffg: FfgState, vote: FfgVote) -> VoterOutcome:
    """Reports what a vote that was just taken shows to be justified against our finality.

    Args:
        voter: the memory, with the vote if it was kept.
        ffg: after our head.
        vote: any.
    """
    if find_contradicted(ffg, vote.source) is None:
        return voter, ()
    return _report_rivals(voter, ffg)


def witness_finality(voter: VoterState, ffg: FfgState) -> VoterOutcome:
    """Compares all votes with what is final after a block that joined the tree, if that is news."""
    if ffg.finalised.epoch <= voter.final_epoch:
        return voter, ()
    return _report_rivals(replace(voter, final_epoch=ffg.finalised.epoch), ffg)


def _report_rivals(voter: VoterState, ffg: FfgState) -> VoterOutcome:
    news = tuple(r for r in find_rivals(ffg, voter.votes) if r.theirs not in voter.rivals)
    rivals = (*voter.rivals, *(rival.theirs for rival in news))[-HISTORY_MAX:]
    reports = tuple(Report("finality.conflict", _render_rival(rival)) for rival in news)
    return replace(voter, rivals=rivals), reports


def _render_rival(rival: Rival) -> str:
    return (
        f"epoch {rival.ours.epoch}: 0x{rival.ours.root.hex()} is final here; {rival.weight} of "
        f"{rival.total} voting weight holds 0x{rival.theirs.root.hex()} justified"
    )


def get_pool(voter: VoterState, ffg: FfgState) -> tuple[Op, ...]:
    """What a producer offers to a block on this state: evidence first, then votes that may fit."""
    open_targets = {target.checkpoint for target in ffg.targets}
    votes = (
        vote
        for _, kept in sorted(voter.votes.items())
        for vote in kept
        if vote.target in open_targets
    )
    return (*(e for _, e in sorted(voter.evidence.items())), *votes)


def get_own_messages(
    voter: VoterState,
    view: LedgerView,
    finality: FinalityState,
    is_stale: Callable[[Evidence], bool],
) -> tuple[FfgVote | Evidence, ...]:
    """What a shell repeats: our latest vote, once it is signed, and evidence of use to the chain.

    Args:
        voter: the memory.
        view: the ledger after our head.
        finality: after our head; whom it has convicted needs no more evidence.
        is_stale: whether evidence is too old for the block after our head.
    """
    own = () if voter.vote is None or voter.vote.signature == NO_SIGNATURE else (voter.vote,)
    evidence = (
        e
        for offender, e in sorted(voter.evidence.items())
        if offender not in finality.convicted and is_answerable(view, offender) and not is_stale(e)
    )
    return (*own, *evidence)
