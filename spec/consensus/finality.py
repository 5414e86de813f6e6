"""The finality part of a chain's rules: what PoS, DPoS and Hybrid put round rule G.

    tick     passes every boundary between parent and block, skipped ones too; absent members lose
             stake to the leak, present ones earn
    ops      votes are counted for open targets; evidence puts its offender out and takes stake

An epoch is a number of slots (of blocks, where slot and height are one count). The checkpoint of an
epoch is the last block before it. Members are elected from the ledger's view at a promotion;
between promotions their weights only fall.

What is lost in tokens is what is lost in weight, in proportion, rounding down. A convicted member
loses at least its part by `slash_quotient`, and three times the part of the set that is convicted
with it: a lone mistake is cheap, an attack by a third costs everything.

Source: FFG.md 1, 4, 5; CONSENSUS.md 1, 2; DESIGN.md 2.13; decision record 0072.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace

from spec.config import FinalityConfig
from spec.consensus.errors import ConsensusError, OpNotAdmitted
from spec.consensus.evidence import compute_ffg_root, get_offender
from spec.consensus.ffg import (
    MEMBERS,
    Boundary,
    FfgState,
    Included,
    Leak,
    Loss,
    Member,
    Target,
    apply_boundary,
    apply_slash,
    apply_votes,
    compute_genesis,
    is_justified,
)
from spec.consensus.finality_errors import (
    EvidenceTooOld,
    OffenderConvicted,
    SourceNotJustified,
    TargetNotOpen,
    VoteRepeated,
    VoterNotMember,
    VoteSignatureInvalid,
)
from spec.consensus.finality_state import FinalityState, apply_ballots, apply_frame
from spec.consensus.interface import Evidence, RulesContext
from spec.consensus.offences import SLASH_MULTIPLIER, get_validator, validate_offence
from spec.ledger.codec import BlockId
from spec.ledger.ledger_ops import LedgerOp, Reward, Slash
from spec.ledger.ops import Checkpoint, DoubleFfgVote, DoubleProduction, FfgVote, Op
from spec.ledger.staking.view import LedgerView
from spec.ledger.types import ZERO_BYTES32, Draft
from spec.lib.result import Err, Ok, Result
from spec.lib.ssz import hash_tree_root
from spec.limits import EPOCHS_PASSED_MAX


@dataclass(frozen=True, slots=True)
class FinalityRule:
    """What an algorithm chooses of it."""

    config: FinalityConfig
    slot_ms: int
    """What a slot should take."""
    has_slots: bool
    """Whether producers own slots, so that two blocks of one are an offence."""
    elect: Callable[[LedgerView], tuple[Member, ...]]
    """The set that a promotion would make current, ascending by validator."""


@dataclass(frozen=True, slots=True)
class Passage:
    """From a parent to the slot of the block on it."""

    parent_id: bytes
    parent_slot: int
    slot: int
    view: LedgerView
    """The ledger after the parent."""


def compute_finality_genesis(rule: FinalityRule, view: LedgerView) -> FinalityState:
    """The first members are the first election."""
    ffg = compute_genesis(rule.elect(view))
    root = hash_tree_root(MEMBERS, ffg.current)
    return apply_frame(FinalityState(ffg, root, root, (), view, b"", ()))


def get_checkpoint_ids(state: FfgState) -> tuple[BlockId | None, BlockId | None]:
    """Ids of the latest (justified, finalised) blocks; None is the genesis."""
    return _get_id(state.justified), _get_id(state.finalised)


def _get_id(checkpoint: Checkpoint) -> BlockId | None:
    return None if checkpoint.root == ZERO_BYTES32 else BlockId(checkpoint.root)


# Boundaries


def tick_finality(
    rule: FinalityRule, state: FinalityState, passage: Passage
) -> tuple[FinalityState, tuple[LedgerOp, ...]]:
    """Passes the boundaries up to a slot.

    After a very long silence only the latest `EPOCHS_PASSED_MAX` boundaries are passed one by one:
    the leak of those before them is waived.
    """
    view = passage.view
    convicted = tuple(v for v in state.convicted if get_validator(view, v) is not None)
    is_forgotten = convicted != state.convicted
    state = replace(state, view=view, convicted=convicted)
    epoch_blocks = rule.config.epoch_blocks
    before, epoch = passage.parent_slot // epoch_blocks, passage.slot // epoch_blocks
    if epoch == before:
        return (apply_frame(state) if is_forgotten else state), ()
    leak = Leak(rule.config.leak_after_epochs, rule.config.leak_quotient)
    elected = tuple(m for m in rule.elect(view) if m.validator not in convicted)
    ffg = state.ffg
    ops: tuple[LedgerOp, ...] = ()
    for entered in range(max(before + 1, epoch - EPOCHS_PASSED_MAX + 1), epoch + 1):
        checkpoint = Checkpoint(entered, passage.parent_id)
        boundary = apply_boundary(ffg, checkpoint, elected or ffg.current, leak)
        ops += _compute_boundary_ops(rule, view, ffg, boundary)
        ffg = boundary.state
    state = replace(
        state,
        ffg=ffg,
        current_root=_compute_root(ffg.current, state.ffg.current, state.current_root),
        previous_root=_compute_root(ffg.previous, state.ffg.current, state.current_root),
    )
    return apply_frame(state), ops


def _compute_root(members: tuple[Member, ...], known: tuple[Member, ...], root: bytes) -> bytes:
    """The root of a set; mostly one that is known already."""
    return root if members == known else hash_tree_root(MEMBERS, members)


def _compute_boundary_ops(
    rule: FinalityRule, view: LedgerView, before: FfgState, boundary: Boundary
) -> tuple[LedgerOp, ...]:
    """What a boundary takes from absent members and gives to present ones."""
    stakes = {entry.validator: entry.stake + entry.unbonding for entry in view.validators}
    weights = _get_weights(before)
    losses = tuple(
        Slash(loss.validator, tokens, None, is_offence=False)
        for loss in boundary.losses
        if (tokens := _compute_lost(loss, stakes, weights)) > 0
    )
    total = sum(m.weight for m in before.current)
    shares = {m.validator: m.weight for m in before.current}
    rewards = tuple(
        Reward(validator, amount)
        for validator in boundary.present
        if total and (amount := rule.config.reward * shares.get(validator, 0) // total) > 0
    )
    return losses + rewards


def _compute_lost(loss: Loss, stakes: dict[int, int], weights: dict[int, int]) -> int:
    """Tokens for a loss in weight, rounding down; a set promoted just now holds pinned weights."""
    weight = max(weights.get(loss.validator, 0), loss.weight)
    return stakes.get(loss.validator, 0) * loss.weight // weight


def _get_weights(state: FfgState) -> dict[int, int]:
    """The weight of each member, the larger where it is in both sets."""
    weights: dict[int, int] = {}
    for member in (*state.current, *state.previous):
        weights[member.validator] = max(weights.get(member.validator, 0), member.weight)
    return weights


# Ops


@dataclass(frozen=True, slots=True)
class Folded:
    """What the ops of a block came to."""

    state: FinalityState
    ops: tuple[Op, ...]
    """Those that were admitted, in order."""
    ledger_ops: tuple[LedgerOp, ...]


@dataclass(slots=True)
class _Tally:
    """The votes of one open target while a block's ops are folded."""

    target: Target
    voters: dict[int, Included]
    added: list[FfgVote]


def fold_ops(
    context: RulesContext,
    case: tuple[FinalityRule, FinalityState],
    draft: Draft,
    ops: tuple[Op, ...],
    *,
    skips: bool,
) -> Result[Folded, ConsensusError]:
    """Applies votes and evidence in order.

    Args:
        context: chain and signature check.
        case: the algorithm's choices and the ticked state.
        draft: of the block.
        ops: untrusted.
        skips: whether an op that may not stand here is left out, as a producer does, instead of
            making the whole an error.
    """
    rule, state = case
    tallies: dict[Checkpoint, _Tally] = {}
    kept: list[Op] = []
    ledger_ops: tuple[LedgerOp, ...] = ()
    for op in ops:
        error: ConsensusError | None = None
        if isinstance(op, FfgVote):
            error = _validate_vote(context, (state, tallies), op)
            if error is None:
                tallies[op.target].voters[op.validator] = Included(op.validator, op.source)
                tallies[op.target].added.append(op)
        else:
            judged = _apply_evidence(context, (rule, state), draft, op)
            if isinstance(judged, Err):
                error = judged.error
            else:
                state, slash = judged.value
                ledger_ops += (slash,)
        if error is None:
            kept.append(op)
        elif not skips:
            return Err(error)
    added = tuple(vote for tally in tallies.values() for vote in tally.added)
    if added:
        state = apply_ballots(state, apply_votes(state.ffg, added))
    return Ok(Folded(state, tuple(kept), ledger_ops))


def find_op_error(
    context: RulesContext, case: tuple[FinalityRule, FinalityState], draft: Draft, op: Op
) -> ConsensusError | None:
    """Why an op may not stand in a block; arguments as of `fold_ops`."""
    folded = fold_ops(context, case, draft, (op,), skips=False)
    return folded.error if isinstance(folded, Err) else None


def _find_tally(
    ffg: FfgState, tallies: dict[Checkpoint, _Tally], checkpoint: Checkpoint
) -> _Tally | None:
    """The tally of an open target, made when its first vote comes."""
    tally = tallies.get(checkpoint)
    if tally is not None:
        return tally
    for target in ffg.targets:
        if target.checkpoint == checkpoint:
            return tallies.setdefault(checkpoint, _compute_tally(target))
    return None


def _compute_tally(target: Target) -> _Tally:
    return _Tally(target, {v.validator: v for v in target.votes}, [])


def _is_member(members: tuple[Member, ...], validator: int) -> bool:
    at = bisect_left(members, validator, key=lambda member: member.validator)
    return at < len(members) and members[at].validator == validator


def _validate_vote(
    context: RulesContext,
    case: tuple[FinalityState, dict[Checkpoint, _Tally]],
    vote: FfgVote,
) -> ConsensusError | None:
    """Checks, in order: target, source, membership, repetition, signature."""
    state, tallies = case
    tally = _find_tally(state.ffg, tallies, vote.target)
    if tally is None:
        return TargetNotOpen(vote.target.epoch, vote.target.root)
    if vote.source.epoch >= vote.target.epoch or not is_justified(state.ffg, vote.source):
        return SourceNotJustified(vote.source.epoch, vote.source.root)
    entry = get_validator(state.view, vote.validator)
    is_member = any(
        _is_member(members, vote.validator)
        for members in (tally.target.current, tally.target.previous)
    )
    if entry is None or not is_member:
        return VoterNotMember(vote.validator)
    if vote.validator in tally.voters:
        return VoteRepeated(vote.validator)
    root = compute_ffg_root(context.genesis_id, vote)
    if not context.verify(entry.consensus_key, root, vote.signature):
        return VoteSignatureInvalid(vote.validator)
    return None


def _apply_evidence(
    context: RulesContext, case: tuple[FinalityRule, FinalityState], draft: Draft, op: Op
) -> Result[tuple[FinalityState, Slash], ConsensusError]:
    """Convicts the offender of valid evidence; the block's proposer is the reporter."""
    rule, state = case
    is_known = isinstance(op, DoubleFfgVote) or (
        rule.has_slots and isinstance(op, DoubleProduction)
    )
    if not is_known or not isinstance(op, DoubleFfgVote | DoubleProduction):
        return Err(OpNotAdmitted(type(op).__name__))
    offender = get_offender(op)
    if offender in state.convicted:
        return Err(OffenderConvicted(offender))
    error = validate_offence(context, state.view, op)
    if error is None:
        error = _validate_age(context, rule, draft, op)
    if error is not None:
        return Err(error)
    amount = _compute_slash(rule, state, offender)
    convicted = tuple(sorted((*state.convicted, offender)))
    state = replace(state, ffg=apply_slash(state.ffg, offender), convicted=convicted)
    return Ok((apply_frame(state), Slash(offender, amount, draft.proposer, is_offence=True)))


def _validate_age(
    context: RulesContext,
    rule: FinalityRule,
    draft: Draft,
    evidence: DoubleFfgVote | DoubleProduction,
) -> ConsensusError | None:
    age_ms = _compute_age_ms(rule, draft.slot, evidence)
    age_ms_max = context.config.staking.evidence_age_ms
    return EvidenceTooOld(age_ms, age_ms_max) if age_ms > age_ms_max else None


def _compute_age_ms(
    rule: FinalityRule, at_slot: int, evidence: DoubleFfgVote | DoubleProduction
) -> int:
    """How long ago the later of the two messages could be sent, in slots of the chain."""
    if isinstance(evidence, DoubleProduction):
        slot = evidence.slot
    else:
        epoch = max(evidence.first.target.epoch, evidence.second.target.epoch)
        slot = epoch * rule.config.epoch_blocks
    return (at_slot - slot) * rule.slot_ms


def is_too_old(context: RulesContext, rule: FinalityRule, slot: int, evidence: Evidence) -> bool:
    """Whether no block of this slot, or of a later one, may hold the evidence any more."""
    if not isinstance(evidence, DoubleFfgVote | DoubleProduction):
        return True
    return _compute_age_ms(rule, slot, evidence) > context.config.staking.evidence_age_ms


def _compute_slash(rule: FinalityRule, state: FinalityState, offender: int) -> int:
    """Tokens that a convicted validator loses: its part, or more if many are convicted with it."""
    entry = get_validator(state.view, offender)
    assert entry is not None, "the offender is listed"
    at_risk = entry.stake + entry.unbonding
    guilty = frozenset((*state.convicted, offender))
    amount = max(1, at_risk // rule.config.slash_quotient)
    for members in (state.ffg.current, state.ffg.previous):
        total = sum(m.pinned for m in members)
        part = sum(m.pinned for m in members if m.validator in guilty) * SLASH_MULTIPLIER
        if total:
            amount = max(amount, at_risk * min(part, total) // total)
    return amount
