"""The chain of `world` with validators: what each rule about stake is asked of.

    0  in service, 1,000 of its operator     4  on its way out
    1  in service, 500                       5  slashed to a token of more shares than may be sold
    2  in jail until now                     6  a token and a bit a share
    3  in jail a moment longer               7, 8  key rotated a moment too late, and in time
    9  as many withdrawals wait as may

Alice operates all of them; Bob holds shares of 0 and 1.
"""

from dataclasses import replace
from typing import Final

from conformance.clients.spec.answers import JsonObject
from conformance.clients.spec.state import State, render_state
from conformance.generate.suites.signing import make_seed
from conformance.generate.world import ALICE, BOB, GENESIS_ID, NOW_MS, START, Signer, make_state
from spec.config.presets import TINY
from spec.crypto.signing_keys import compute_public_key, sign
from spec.ledger.stake_actions import Bond, RotateKey
from spec.ledger.staking.pools import SHARES_PER_TOKEN_MAX
from spec.ledger.staking.queue import Withdrawal, withdraw
from spec.ledger.staking.registry import (
    Pool,
    Position,
    ValidatorStatus,
    add_validator,
    get_position,
    get_registry,
    get_validator,
    set_position,
    set_registry,
    set_validator,
)
from spec.ledger.staking.validity import compute_possession_root
from spec.ledger.state import Layer, TreeReader, compute_layer
from spec.lib.trie import EMPTY
from spec.limits import UNBONDINGS_MAX

UNBONDING_MS: Final = TINY.staking.unbonding_ms
ED25519: Final = 1
VALIDATOR_COUNT: Final = 10


def make_key(name: str) -> bytes:
    """The consensus key of a name."""
    return compute_public_key(ED25519, make_seed(f"consensus {name}"))


def make_proof(name: str, operator: Signer, genesis_id: bytes = GENESIS_ID) -> bytes:
    """The key's proof of possession for an account."""
    root = compute_possession_root(genesis_id, make_key(name), operator.address)
    return sign(ED25519, make_seed(f"consensus {name}"), root)


def make_bond(name: str, operator: Signer, amount: int) -> Bond:
    """A registration that says who may register."""
    return Bond(make_key(name), make_proof(name, operator), amount)


def make_rotation(validator: int, name: str, operator: Signer = ALICE) -> RotateKey:
    """A rotation to the key of a name."""
    return RotateKey(validator, make_key(name), make_proof(name, operator))


def _bend(layer: Layer, index: int, **changes: object) -> None:
    validator = get_validator(layer, index)
    assert validator is not None, "only validators that exist are bent"
    bent = replace(validator, **changes)  # type: ignore[arg-type]  # named by the table below
    set_validator(layer, index, bent)


def _delegate(layer: Layer, holder: Signer, index: int, shares: int) -> None:
    """Shares at a token each."""
    validator = get_validator(layer, index)
    assert validator is not None, "shares are of a validator"
    pool = Pool(validator.pool.tokens + shares, validator.pool.shares + shares)
    set_validator(layer, index, replace(validator, pool=pool))
    set_position(layer, holder.address, Position(index, shares, 0))


def make_stake(next_index: int = VALIDATOR_COUNT) -> tuple[tuple[bytes, bytes], ...]:
    """The leaves of stake.

    Args:
        next_index: what the next validator gets, if there is room.
    """
    layer = compute_layer(TreeReader(EMPTY))
    for index in range(VALIDATOR_COUNT):
        add_validator(layer, ALICE.address, make_key(str(index)), 500 if index else 1_000)
    _bend(layer, 2, status=ValidatorStatus.JAILED, jailed_until_ms=NOW_MS)
    _bend(layer, 3, status=ValidatorStatus.JAILED, jailed_until_ms=NOW_MS + 1)
    matures_at_ms = NOW_MS + UNBONDING_MS - 1
    withdraw(layer, Withdrawal(ALICE.address, 4, 500, is_last=True, matures_at_ms=NOW_MS))
    _bend(layer, 4, status=ValidatorStatus.EXITING, withdrawable_at_ms=NOW_MS)
    _bend(layer, 5, pool=Pool(1, SHARES_PER_TOKEN_MAX + 1))
    _bend(layer, 6, pool=Pool(501, 500))
    for index, rotated_at_ms in ((7, NOW_MS - UNBONDING_MS + 1), (8, NOW_MS - UNBONDING_MS)):
        key = make_key(f"before {index}")
        _bend(layer, index, previous_key=key, rotated_at_ms=rotated_at_ms)
    for _ in range(UNBONDINGS_MAX):
        withdraw(layer, Withdrawal(ALICE.address, 9, 1, False, matures_at_ms))
    _fix_shares(layer)
    for index, shares in ((0, 200), (1, 100)):
        _delegate(layer, BOB, index, shares)
    set_registry(layer, replace(get_registry(layer), next_index=next_index))
    leaves = layer.leaves.items()
    return tuple(sorted((key, leaf) for key, leaf in leaves if leaf is not None))


def _fix_shares(layer: Layer) -> None:
    """The operator holds the shares that a bent pool says there are."""
    for index in (5, 6):
        validator = get_validator(layer, index)
        assert validator is not None, "it was registered"
        position = get_position(layer, ALICE.address, index)
        held = replace(position, shares=validator.pool.shares)
        set_position(layer, ALICE.address, held)


def make_stake_state(next_index: int = VALIDATOR_COUNT) -> State:
    """The chain with these validators."""
    return make_state(START, make_stake(next_index))


def make_stake_view(next_index: int = VALIDATOR_COUNT) -> JsonObject:
    """The view of `make_stake_state`."""
    return render_state(make_stake_state(next_index))
