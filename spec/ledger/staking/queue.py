"""The queue of withdrawals: stake that leaves waits here, at risk, until its time has come.

Every withdrawal waits equally long and block times never fall, so the order of arrival is the order
of maturity: the queue is a row of numbered leaves with two ends, and nothing is ever searched. A
block releases those that have matured, oldest first and at most `releases_max`; the others wait for
the next, and stay at risk meanwhile.

A withdrawal holds shares of its validator's pool of withdrawals, so a slash reaches all of them by
changing one record. One withdrawal also marks the end of a validator's listing.

Source: DESIGN.md 2.6, 2.13; decision record 0057.
"""

from dataclasses import dataclass, replace

from spec.config import StakingConfig
from spec.ledger.staking.pools import (
    apply_purchase,
    apply_redemption,
    compute_deposit,
    compute_worth,
)
from spec.ledger.staking.registry import (
    KEY_NUMBER_SIZE_BYTES,
    QUEUE_KEY,
    WITHDRAWAL_KIND,
    Registry,
    ValidatorStatus,
    decode_leaf,
    get_position,
    get_registry,
    get_validator,
    set_position,
    set_registry,
    set_validator,
)
from spec.ledger.state import Layer, StateReader, add_coins
from spec.lib.ssz import Boolean, ByteVector, Container, Uint, encode


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Stake on its way out."""

    owner: bytes
    """Address (32 bytes) that it is paid to."""
    validator: int
    shares: int
    """Of the validator's pool of withdrawals."""
    is_last: bool
    """Whether the validator's listing ends with it."""
    matures_at_ms: int
    """Block time from which it is released."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The ends of the queue: it holds the numbers from `head` to below `tail`."""

    head: int
    tail: int


WITHDRAWAL = Container(
    Withdrawal,
    (
        ("owner", ByteVector(32)),
        ("validator", Uint(32)),
        ("shares", Uint(128)),
        ("is_last", Boolean()),
        ("matures_at_ms", Uint(64)),
    ),
)
QUEUE = Container(Queue, (("head", Uint(64)), ("tail", Uint(64))))


def compute_withdrawal_key(number: int) -> bytes:
    """The key of a withdrawal's leaf."""
    return bytes((WITHDRAWAL_KIND,)) + number.to_bytes(KEY_NUMBER_SIZE_BYTES, "big")


def get_queue(reader: StateReader) -> Queue:
    """The ends of the queue."""
    leaf = reader.get_leaf(QUEUE_KEY)
    return Queue(head=0, tail=0) if leaf is None else decode_leaf(QUEUE, leaf)


def get_withdrawal(reader: StateReader, number: int) -> Withdrawal | None:
    """A withdrawal that waits, None if none of that number does."""
    leaf = reader.get_leaf(compute_withdrawal_key(number))
    return None if leaf is None else decode_leaf(WITHDRAWAL, leaf)


def _append(layer: Layer, withdrawal: Withdrawal) -> None:
    queue = get_queue(layer)
    layer.set_leaf(compute_withdrawal_key(queue.tail), encode(WITHDRAWAL, withdrawal))
    layer.set_leaf(QUEUE_KEY, encode(QUEUE, replace(queue, tail=queue.tail + 1)))


def add_mark(layer: Layer, index: int, operator: bytes, matures_at_ms: int) -> None:
    """Queues the end of a validator's listing, without any stake."""
    position = get_position(layer, operator, index)
    set_position(layer, operator, replace(position, unbondings=position.unbondings + 1))
    _append(layer, Withdrawal(operator, index, 0, is_last=True, matures_at_ms=matures_at_ms))


def withdraw(layer: Layer, request: Withdrawal) -> None:
    """Takes shares out of a validator's stake and queues what they are worth.

    Args:
        layer: changed in place.
        request: its `shares` are of the validator's pool of stake and at most the owner's; the
            pool of withdrawals is not depleted.
    """
    validator = get_validator(layer, request.validator)
    assert validator is not None, "whoever holds shares holds them of a validator"
    worth = compute_worth(validator.pool, request.shares)
    deposit = compute_deposit(validator.unbonding, worth)
    after = replace(
        validator,
        pool=apply_redemption(validator.pool, request.shares),
        unbonding=apply_purchase(validator.unbonding, deposit),
    )
    set_validator(layer, request.validator, after)
    position = get_position(layer, request.owner, request.validator)
    left = replace(
        position, shares=position.shares - request.shares, unbondings=position.unbondings + 1
    )
    set_position(layer, request.owner, left)
    _append(layer, replace(request, shares=deposit.shares))


def release_matured(layer: Layer, config: StakingConfig, now_ms: int) -> None:
    """Pays out the withdrawals that have matured, oldest first.

    Args:
        layer: the block's working state, changed in place.
        config: bounds how many.
        now_ms: the block's time.
    """
    queue = get_queue(layer)
    number = queue.head
    end = min(queue.tail, queue.head + config.releases_max)
    while number < end:
        withdrawal = get_withdrawal(layer, number)
        assert withdrawal is not None, "the queue has no gaps"
        if withdrawal.matures_at_ms > now_ms:
            break
        layer.set_leaf(compute_withdrawal_key(number), None)
        _release(layer, withdrawal)
        number += 1
    if number > queue.head:
        layer.set_leaf(QUEUE_KEY, encode(QUEUE, replace(queue, head=number)))


def _release(layer: Layer, withdrawal: Withdrawal) -> None:
    index = withdrawal.validator
    position = get_position(layer, withdrawal.owner, index)
    left = replace(position, unbondings=position.unbondings - 1)
    set_position(layer, withdrawal.owner, left)
    validator = get_validator(layer, index)
    if validator is None:
        return  # a withdrawal without worth, behind all that had any
    add_coins(layer, withdrawal.owner, compute_worth(validator.unbonding, withdrawal.shares))
    validator = replace(
        validator, unbonding=apply_redemption(validator.unbonding, withdrawal.shares)
    )
    if withdrawal.is_last:
        _unlist(layer, index)
        validator = replace(validator, status=ValidatorStatus.EXITED)
    set_validator(layer, index, validator)


def _unlist(layer: Layer, index: int) -> None:
    """Consensus no longer sees the validator."""
    registry = get_registry(layer)
    listed = tuple(each for each in registry.listed if each != index)
    set_registry(layer, Registry(registry.next_index, listed))
