"""What consensus does to stake: rewards, losses, jail. All are total, as its other ops are.

    Reward   new tokens in a pool, the operator's part beside it; no share changes, so it is O(1)
    Slash    tokens of a pool and of its withdrawals are destroyed, in proportion; O(1) as well
    Jail     out of the elections until the operator returns

An op about a validator that is not listed does nothing: its stake has left, and what lies in its
pool belongs to others who have yet to fetch it.

Source: DESIGN.md 2.6, 2.13; decision record 0057.
"""

from dataclasses import dataclass, replace

from spec.config.staking import SHARE_WHOLE_BPS, StakingConfig
from spec.crypto.address import is_address
from spec.ledger.staking.pools import compute_cut
from spec.ledger.staking.queue import add_mark
from spec.ledger.staking.registry import (
    Pool,
    Validator,
    ValidatorStatus,
    get_validator,
    is_listed,
    set_validator,
)
from spec.ledger.state import Layer, add_coins
from spec.ledger.types import Supply


@dataclass(frozen=True, slots=True)
class Reward:
    """New coins for a validator and its holders, cut to what the largest supply leaves room for."""

    validator: int
    amount: int


@dataclass(frozen=True, slots=True)
class Slash:
    """Destroys stake, that on its way out included, at most what is there."""

    validator: int
    amount: int
    reporter: bytes | None
    """Address (32 bytes) that gets its part of what is taken; None: all is destroyed."""
    is_offence: bool
    """Whether the validator is out for ever; False for a leak, or a penalty."""


@dataclass(frozen=True, slots=True)
class Jail:
    """Takes an active validator out of the elections; others stay as they are."""

    validator: int


StakeOp = Reward | Slash | Jail


@dataclass(frozen=True, slots=True)
class StakeContext:
    """What ops about stake depend on beside the state."""

    config: StakingConfig
    supply_max: int
    now_ms: int
    """The block's time."""


def apply_stake_op(layer: Layer, supply: Supply, context: StakeContext, op: StakeOp) -> Supply:
    """Performs one op and returns the counters after it.

    Args:
        layer: the block's working state, changed in place.
        supply: counters before the op.
        context: the chain's parameters and the block's time.
        op: amount at least 0, reporter of a known kind of address.
    """
    validator = get_validator(layer, op.validator)
    if validator is None or not is_listed(validator):
        return supply
    match op:
        case Reward():
            return _apply_reward(layer, supply, context, (op, validator))
        case Slash():
            return _apply_slash(layer, supply, context, (op, validator))
        case Jail():
            _apply_jail(layer, context, op, validator)
            return supply


def _apply_reward(
    layer: Layer, supply: Supply, context: StakeContext, case: tuple[Reward, Validator]
) -> Supply:
    """The operator's part is rounded down, the pool gets the rest."""
    op, validator = case
    if validator.pool.shares == 0 or validator.status == ValidatorStatus.SLASHED:
        return supply
    made = min(op.amount, context.supply_max - (supply.minted - supply.burnt))
    of_operator = made * context.config.operator_share_bps // SHARE_WHOLE_BPS
    add_coins(layer, validator.operator, of_operator)
    pool = Pool(validator.pool.tokens + made - of_operator, validator.pool.shares)
    set_validator(layer, op.validator, replace(validator, pool=pool))
    return replace(supply, minted=supply.minted + made)


def _apply_slash(
    layer: Layer, supply: Supply, context: StakeContext, case: tuple[Slash, Validator]
) -> Supply:
    """The reporter's part is rounded down, the rest is destroyed."""
    op, validator = case
    cut = compute_cut(validator.pool, validator.unbonding, op.amount)
    of_reporter = 0
    if op.reporter is not None:
        assert is_address(op.reporter), "consensus names reporters by their address"
        of_reporter = cut.taken * context.config.reporter_share_bps // SHARE_WHOLE_BPS
        add_coins(layer, op.reporter, of_reporter)
    after = replace(validator, pool=cut.pool, unbonding=cut.unbonding)
    if op.is_offence and validator.status != ValidatorStatus.SLASHED:
        after = _mark_slashed(layer, context, op.validator, after)
    set_validator(layer, op.validator, after)
    return replace(supply, burnt=supply.burnt + cut.taken - of_reporter)


def _mark_slashed(
    layer: Layer, context: StakeContext, index: int, validator: Validator
) -> Validator:
    """Out for ever; still listed, and its stake at risk, for as long as evidence may come."""
    if validator.status == ValidatorStatus.EXITING:  # the end of its listing is queued
        return replace(validator, status=ValidatorStatus.SLASHED)
    ends_at_ms = context.now_ms + context.config.unbonding_ms
    add_mark(layer, index, validator.operator, ends_at_ms)
    return replace(validator, status=ValidatorStatus.SLASHED, withdrawable_at_ms=ends_at_ms)


def _apply_jail(layer: Layer, context: StakeContext, op: Jail, validator: Validator) -> None:
    if validator.status != ValidatorStatus.ACTIVE:
        return
    until_ms = context.now_ms + context.config.jail_ms
    jailed = replace(validator, status=ValidatorStatus.JAILED, jailed_until_ms=until_ms)
    set_validator(layer, op.validator, jailed)
