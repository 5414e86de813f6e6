"""What an action on stake does: `apply_stake_action`, total once the action has been validated.

Source: DESIGN.md 2.12, 2.13; decision records 0055, 0056.
"""

from dataclasses import replace

from spec.ledger.stake_actions import Bond, Delegate, Exit, RotateKey, Unbond, Unjail
from spec.ledger.staking.pools import apply_purchase, compute_purchase
from spec.ledger.staking.queue import Withdrawal, withdraw
from spec.ledger.staking.registry import (
    Validator,
    ValidatorStatus,
    add_validator,
    get_position,
    get_validator,
    set_key_taken,
    set_position,
    set_validator,
)
from spec.ledger.staking.validity import StakeCandidate
from spec.ledger.state import Layer, remove_coins
from spec.lib.ssz import Uint, encode


def apply_stake_action(layer: Layer, candidate: StakeCandidate) -> bytes:
    """Performs an action and returns what its receipt says.

    Args:
        layer: over the candidate's state, changed in place.
        candidate: an action that `validate_stake_action` accepts.

    Returns:
        The new validator's index after a bond, nothing after the others.
    """
    match candidate.action:
        case Bond(consensus_key=key, amount=amount):
            remove_coins(layer, candidate.sender, amount)
            index = add_validator(layer, candidate.sender, key, amount)
            return encode(Uint(32), index)
        case Delegate(approvals=approvals):
            for approval in approvals:
                _buy(layer, candidate.sender, approval.validator, approval.amount)
        case Unbond(validator=index, shares=shares):
            _withdraw(layer, candidate, index, shares, is_last=False)
        case Exit(validator=index):
            _exit(layer, candidate, index)
        case Unjail(validator=index):
            back = replace(_require(layer, index), status=ValidatorStatus.ACTIVE, jailed_until_ms=0)
            set_validator(layer, index, back)
        case RotateKey() as rotation:
            _rotate(layer, candidate, rotation)
    return b""


def _require(layer: Layer, index: int) -> Validator:
    validator = get_validator(layer, index)
    assert validator is not None, "validation saw that the validator exists"
    return validator


def _buy(layer: Layer, sender: bytes, index: int, amount: int) -> None:
    """Buys what shares the amount buys, and takes no more than they cost."""
    validator = _require(layer, index)
    purchase = compute_purchase(validator.pool, amount)
    remove_coins(layer, sender, purchase.cost)
    pool = apply_purchase(validator.pool, purchase)
    set_validator(layer, index, replace(validator, pool=pool))
    position = get_position(layer, sender, index)
    set_position(layer, sender, replace(position, shares=position.shares + purchase.shares))


def _withdraw(
    layer: Layer, candidate: StakeCandidate, index: int, shares: int, *, is_last: bool
) -> None:
    matures_at_ms = candidate.now_ms + candidate.config.unbonding_ms
    withdraw(layer, Withdrawal(candidate.sender, index, shares, is_last, matures_at_ms))


def _exit(layer: Layer, candidate: StakeCandidate, index: int) -> None:
    """The operator's shares leave; those of others stay theirs, to be unbonded when they wish."""
    held = get_position(layer, candidate.sender, index).shares
    _withdraw(layer, candidate, index, held, is_last=True)
    leaving = replace(
        _require(layer, index),
        status=ValidatorStatus.EXITING,
        jailed_until_ms=0,
        withdrawable_at_ms=candidate.now_ms + candidate.config.unbonding_ms,
    )
    set_validator(layer, index, leaving)


def _rotate(layer: Layer, candidate: StakeCandidate, rotation: RotateKey) -> None:
    validator = _require(layer, rotation.validator)
    rotated = replace(
        validator,
        consensus_key=rotation.consensus_key,
        previous_key=validator.consensus_key,
        rotated_at_ms=candidate.now_ms,
    )
    set_validator(layer, rotation.validator, rotated)
    set_key_taken(layer, rotation.consensus_key, rotation.validator)
