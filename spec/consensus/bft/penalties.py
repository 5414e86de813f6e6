"""What a BFT chain does about equivocation and silence: who is slashed, by how much; who is jailed.

A convicted validator loses at least its part by `slash_quotient`, and three times the part of all
stake at risk that is convicted with it: a lone mistake is cheap, an attack by a third costs all. It
is out for ever; its power is gone from the set two heights later, as any change of power.

Source: CONSENSUS.md 1, 2 (BFT); DESIGN.md 2.13; decision record 0112.
"""

from dataclasses import replace

from spec.config import BftConfig
from spec.consensus.bft.history import apply_absences, compute_age_ms, had_seat
from spec.consensus.bft.state import BftState
from spec.consensus.errors import ConsensusError, OffenderNotSeated, OpNotAdmitted
from spec.consensus.evidence import get_offender
from spec.consensus.finality_errors import EvidenceTooOld, OffenderConvicted
from spec.consensus.interface import Evidence, RulesContext
from spec.consensus.offences import SLASH_MULTIPLIER, get_validator, validate_offence
from spec.ledger.ledger_ops import Jail, LedgerOp, Slash
from spec.ledger.ops import Commit, DoubleProposal, DoubleVote, Op
from spec.ledger.staking.registry import ValidatorStatus
from spec.ledger.types import Draft
from spec.lib.result import Err, Ok, Result


def get_config(context: RulesContext) -> BftConfig:
    """The chain's parameters."""
    config = context.config.consensus
    assert isinstance(config, BftConfig), "BFT rules serve BFT chains"
    return config


def get_offence_height(evidence: DoubleVote | DoubleProposal) -> int:
    """The height that both messages are about."""
    return evidence.height if isinstance(evidence, DoubleProposal) else evidence.first.height


def validate_bft_evidence(
    context: RulesContext,
    ticked: BftState,
    when: tuple[int, int],
    op: Op | Evidence,
    convicted: frozenset[int],
) -> ConsensusError | None:
    """Why evidence convicts nobody here.

    Checks, in order: kind, age, seat at the time, that the offender is listed and not convicted
    yet, that the evidence proves an offence.

    Args:
        context: chain and signature check.
        ticked: the state as the block finds it.
        when: height and time of the block.
        op: untrusted.
        convicted: by ops before it in the block.
    """
    if not isinstance(op, DoubleVote | DoubleProposal):
        return OpNotAdmitted(type(op).__name__)
    height, now_ms = when
    offender, of_height = get_offender(op), get_offence_height(op)
    age_ms = compute_age_ms(ticked.history, of_height, now_ms)
    age_ms_max = context.config.staking.evidence_age_ms
    if age_ms > age_ms_max:
        return EvidenceTooOld(age_ms, age_ms_max)
    if of_height > height or not had_seat(ticked.history, offender, of_height):
        return OffenderNotSeated(offender, of_height)
    if offender in convicted:
        return OffenderConvicted(offender)
    return validate_offence(context, ticked.view, op)


def fold_evidence(
    context: RulesContext,
    ticked: BftState,
    draft: Draft,
    ops: tuple[Op, ...],
    *,
    skips: bool,
) -> Result[tuple[tuple[Op, ...], tuple[LedgerOp, ...]], ConsensusError]:
    """Convicts in order: (ops that were admitted, what they do to the ledger).

    Args:
        context: chain and signature check.
        ticked: the state as the block finds it.
        draft: of the block.
        ops: untrusted.
        skips: whether an op that may not stand here is left out, as a producer does, instead of
            making the whole an error.
    """
    kept: list[Op] = []
    slashes: list[LedgerOp] = []
    convicted: frozenset[int] = frozenset()
    when = (draft.height, draft.time_ms)
    for op in ops:
        error = validate_bft_evidence(context, ticked, when, op, convicted)
        if error is None:
            assert isinstance(op, DoubleVote | DoubleProposal), "its kind was judged"
            offender = get_offender(op)
            convicted |= {offender}
            slashes.append(_compute_slash(context, ticked, draft, (offender, convicted)))
            kept.append(op)
        elif not skips:
            return Err(error)
    return Ok((tuple(kept), tuple(slashes)))


def _compute_slash(
    context: RulesContext, ticked: BftState, draft: Draft, case: tuple[int, frozenset[int]]
) -> Slash:
    """What a convicted validator loses; the block's proposer is the reporter.

    Args:
        context: the chain's parameters.
        ticked: the state as the block finds it.
        draft: of the block.
        case: the offender, who is listed, and all convicted in the block so far.
    """
    offender, convicted = case
    at_risk = {v.validator: v.stake + v.unbonding for v in ticked.view.validators}
    guilty = sum(
        at_risk[v.validator]
        for v in ticked.view.validators
        if v.validator in convicted or v.status == ValidatorStatus.SLASHED
    )
    total, own = sum(at_risk.values()), at_risk[offender]
    amount = max(1, own // get_config(context).slash_quotient)
    if total:
        amount = max(amount, own * min(SLASH_MULTIPLIER * guilty, total) // total)
    return Slash(offender, amount, draft.proposer, is_offence=True)


def apply_silence(
    context: RulesContext, ticked: BftState, commit: Commit
) -> tuple[BftState, tuple[LedgerOp, ...]]:
    """Counts whose votes the parent's commit lacks, and jails who was silent for too long.

    Only who may still be elected is jailed.
    """
    count_max = get_config(context).missed_heights_max
    if count_max == 0:
        return ticked, ()
    present = frozenset(vote.validator for vote in commit.votes)
    absent = tuple(seat.validator for seat in ticked.last.seats if seat.validator not in present)
    history, silent = apply_absences(ticked.history, absent, count_max)
    jails = tuple(Jail(validator) for validator in silent if _is_active(ticked, validator))
    return replace(ticked, history=history), jails


def _is_active(ticked: BftState, validator: int) -> bool:
    entry = get_validator(ticked.view, validator)
    return entry is not None and entry.status == ValidatorStatus.ACTIVE
