"""Each rule about actions on stake refuses just beyond its bound, and nothing is taken then."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest

from spec.ledger.ledger_ops import Jail, Slash
from spec.ledger.stake_actions import Bond, Exit, RotateKey, StakeAction, Unbond, Unjail
from spec.ledger.staking.errors import StakeError, TxPositionsTooMany
from spec.ledger.staking.pools import SHARES_PER_TOKEN_MAX
from spec.ledger.staking.registry import Pool, Registry, ValidatorStatus, get_registry, set_registry
from spec.ledger.staking.validity import CHECKS, INDEX_MAX
from spec.ledger.types import Transfer
from spec.lib.result import Err, Ok
from spec.limits import POSITIONS_MAX, UNBONDINGS_MAX, VALIDATORS_MAX
from tests.spec.ledger.staking.support import (
    NOW_MS,
    World,
    bond,
    delegate,
    get_key,
    make_world,
    prove,
    rotate,
)
from tests.spec.ledger.support import ALICE, BOB, CAROL, DAVE, Person

UNBONDING_MS = 100
JAIL_MS = 30

# validator 0 is Dave's, 1 is Alice's with a stake of 1,000, 2 is Bob's with 500
Case = tuple[str, World, Person, StakeAction, World, Person, StakeAction]


def make() -> World:
    world = make_world(bond_min=100)
    world.must(ALICE, bond(ALICE, 1, 1_000))
    world.must(BOB, bond(BOB, 2, 500))
    world.must(CAROL, Transfer(DAVE.address, 10**8))
    return world


def changed(change: Callable[[World], None]) -> World:
    world = make()
    change(world)
    return world


def at(delta_ms: int, change: Callable[[World], None]) -> World:
    world = changed(change)
    world.now_ms += delta_ms
    return world


def one(
    code: str,
    actor: Person,
    inside: StakeAction,
    outside: StakeAction,
    change: Callable[[World], None] = lambda _: None,
) -> Case:
    """One world, two actions of one sender."""
    return code, changed(change), actor, inside, changed(change), actor, outside


def two(code: str, actor: Person, action: StakeAction, inside: World, outside: World) -> Case:
    """One action in two worlds."""
    return code, inside, actor, action, outside, actor, action


def exit_alice(world: World) -> None:
    world.must(ALICE, Exit(1))


def jail_alice(world: World) -> None:
    world.op(Jail(1))


def rotate_alice(world: World) -> None:
    world.must(ALICE, rotate(ALICE, 1, 8))


def set_status(status: ValidatorStatus) -> Callable[[World], None]:
    return lambda world: world.bend(1, status=status)


def register(count: int) -> Callable[[World], None]:
    """As many further indexes in the list as make it that long; their records don't matter."""
    return lambda world: set_registry(world.layer, Registry(count, tuple(range(count))))


def at_index(index: int) -> Callable[[World], None]:
    return lambda w: set_registry(w.layer, replace(get_registry(w.layer), next_index=index))


def approve(*validators: int) -> Callable[[World], None]:
    """Carol delegates to validators of others, of which there are enough."""

    def change(world: World) -> None:
        for number in (3, 4):
            world.must(BOB, bond(BOB, number, 100))
        world.must(CAROL, delegate(*((v, 5) for v in validators)))

    return change


def unbond_often(times: int) -> Callable[[World], None]:
    def change(world: World) -> None:
        for _ in range(times):
            world.must(ALICE, Unbond(1, 1))

    return change


def operate(count: int) -> Callable[[World], None]:
    def change(world: World) -> None:
        for number in range(count):
            world.must(DAVE, bond(DAVE, 10 + number, 100))

    return change


def with_pool(tokens: int, shares: int) -> Callable[[World], None]:
    return lambda world: world.bend(2, pool=Pool(tokens, shares))


def with_unbonding(tokens: int, shares: int) -> Callable[[World], None]:
    return lambda world: world.bend(1, unbonding=Pool(tokens, shares))


KEY9 = get_key(9).key.public_key
IDENTITY_POINT = bytes((1,)) + bytes(31)
PROOF9 = prove(9, CAROL.address)

BOUNDARIES: tuple[Case, ...] = (
    one("tx.approvals_malformed", CAROL, delegate((1, 1)), delegate()),
    one("tx.approvals_malformed", CAROL, delegate((1, 1)), delegate((1, 0))),
    one("tx.approvals_malformed", CAROL, delegate((1, 5), (2, 5)), delegate((1, 5), (1, 5))),
    one("tx.approvals_malformed", CAROL, delegate((1, 5), (2, 5)), delegate((2, 5), (1, 5))),
    one(
        "tx.consensus_key_invalid",
        CAROL,
        bond(CAROL, 9, 100),
        Bond(IDENTITY_POINT, PROOF9, 100),
    ),
    one("tx.consensus_key_invalid", ALICE, rotate(ALICE, 1, 9), RotateKey(1, bytes(32), PROOF9)),
    one("tx.validator_unknown", CAROL, delegate((2, 5)), delegate((3, 5))),
    one("tx.validator_unknown", ALICE, Exit(1), Exit(3)),
    one("tx.validator_unknown", ALICE, rotate(ALICE, 1, 9), rotate(ALICE, 9, 9)),
    one("tx.not_operator", ALICE, Exit(1), Exit(2)),
    one("tx.not_operator", ALICE, rotate(ALICE, 1, 9), rotate(ALICE, 2, 9)),
    two(
        "tx.positions_too_many",
        CAROL,
        delegate((4, 5)),
        changed(approve(1, 2)),
        changed(approve(0, 1, 2)),
    ),
    two(
        "tx.positions_too_many",
        DAVE,
        bond(DAVE, 9, 100),
        changed(operate(POSITIONS_MAX - 2)),
        changed(operate(POSITIONS_MAX - 1)),
    ),
    two("tx.validator_status", CAROL, delegate((1, 5)), changed(jail_alice), changed(exit_alice)),
    two(
        "tx.validator_status", ALICE, Exit(1), make(), changed(set_status(ValidatorStatus.SLASHED))
    ),
    two("tx.validator_status", ALICE, rotate(ALICE, 1, 9), make(), changed(exit_alice)),
    two("tx.validator_status", ALICE, Unjail(1), at(JAIL_MS, jail_alice), make()),
    two("tx.jail_not_over", ALICE, Unjail(1), at(JAIL_MS, jail_alice), at(JAIL_MS - 1, jail_alice)),
    two(
        "tx.rotation_too_soon",
        ALICE,
        rotate(ALICE, 1, 9),
        at(UNBONDING_MS, rotate_alice),
        at(UNBONDING_MS - 1, rotate_alice),
    ),
    one("tx.consensus_key_taken", CAROL, bond(CAROL, 9, 100), bond(CAROL, 1, 100)),
    one("tx.consensus_key_taken", ALICE, rotate(ALICE, 1, 9), rotate(ALICE, 1, 1)),
    one("tx.bond_too_small", CAROL, bond(CAROL, 9, 100), bond(CAROL, 9, 99)),
    one("tx.bond_too_small", ALICE, Unbond(1, 900), Unbond(1, 901)),
    two(
        "tx.bond_too_small",
        ALICE,
        Unjail(1),
        at(JAIL_MS, lambda w: w.op(Jail(1), Slash(1, 900, None, is_offence=False))),
        at(JAIL_MS, lambda w: w.op(Jail(1), Slash(1, 901, None, is_offence=False))),
    ),
    two(
        "tx.registry_full",
        CAROL,
        bond(CAROL, 9, 100),
        changed(register(VALIDATORS_MAX - 1)),
        changed(register(VALIDATORS_MAX)),
    ),
    two(
        "tx.registry_full",
        CAROL,
        bond(CAROL, 9, 100),
        changed(at_index(INDEX_MAX - 1)),
        changed(at_index(INDEX_MAX)),
    ),
    two(
        "tx.pool_depleted",
        CAROL,
        delegate((2, 5)),
        changed(with_pool(2, 2 * SHARES_PER_TOKEN_MAX)),
        changed(with_pool(2, 2 * SHARES_PER_TOKEN_MAX + 1)),
    ),
    two(
        "tx.pool_depleted",
        ALICE,
        Exit(1),
        changed(with_unbonding(2, 2 * SHARES_PER_TOKEN_MAX)),
        changed(with_unbonding(2, 2 * SHARES_PER_TOKEN_MAX + 1)),
    ),
    two(
        "tx.pool_depleted",
        ALICE,
        Unbond(1, 1),
        changed(with_unbonding(1, SHARES_PER_TOKEN_MAX)),
        changed(with_unbonding(0, 1)),
    ),
    two(
        "tx.stake_below_share",
        CAROL,
        delegate((2, 7)),
        changed(with_pool(700, 100)),
        changed(with_pool(701, 100)),
    ),
    one("tx.shares_missing", CAROL, Unbond(1, 5), Unbond(1, 6), approve(1)),
    one("tx.shares_missing", CAROL, Unbond(1, 1), Unbond(1, 0), approve(1)),
    two(
        "tx.unbondings_too_many",
        ALICE,
        Unbond(1, 1),
        changed(unbond_often(UNBONDINGS_MAX - 1)),
        changed(unbond_often(UNBONDINGS_MAX)),
    ),
    one("tx.possession_invalid", CAROL, bond(CAROL, 9, 100), Bond(KEY9, bytes(64), 100)),
    one(
        "tx.possession_invalid",
        CAROL,
        bond(CAROL, 9, 100),
        Bond(KEY9, prove(9, CAROL.address, bytes(32)), 100),
    ),
    one("tx.possession_invalid", ALICE, rotate(ALICE, 1, 9), RotateKey(1, KEY9, PROOF9)),
)


@pytest.mark.parametrize("case", BOUNDARIES, ids=[c[0] + f"-{n}" for n, c in enumerate(BOUNDARIES)])
def test_each_check_holds_up_to_its_boundary(case: Case) -> None:
    code, inside, actor, action, outside, other, refused = case
    assert inside.check(actor, action) == ()
    assert isinstance(inside.send(actor, action), Ok)
    failures = outside.check(other, refused)
    assert failures[0].code == code
    assert failures[0].message
    before = (dict(outside.layer.accounts), dict(outside.layer.leaves))
    assert outside.send(other, refused) == Err(failures[0])
    assert (outside.layer.accounts, outside.layer.leaves) == before


def test_every_code_has_a_boundary_pair_and_its_place_in_the_order() -> None:
    codes = [error.code for error in get_args(StakeError)]
    assert {case[0] for case in BOUNDARIES} == set(codes)
    assert [code for code, _ in CHECKS] == codes


def test_failures_are_shown_together_in_the_documented_order() -> None:
    world = make()
    codes = [f.code for f in world.check(BOB, RotateKey(1, bytes(32), bytes(64)))]
    assert codes == ["tx.consensus_key_invalid", "tx.not_operator", "tx.possession_invalid"]
    codes = [f.code for f in world.check(BOB, Bond(get_key(1).key.public_key, bytes(64), 0))]
    assert codes == ["tx.consensus_key_taken", "tx.bond_too_small", "tx.possession_invalid"]


def test_an_account_cannot_register_its_own_key() -> None:
    world = make()
    failures = world.check(CAROL, Bond(CAROL.key.public_key, bytes(64), 100))
    assert failures[0].code == "tx.consensus_key_invalid"


def test_a_proof_of_possession_serves_one_account_only_and_once() -> None:
    world = make()
    stolen = bond(CAROL, 9, 100)
    assert [f.code for f in world.check(BOB, stolen)] == ["tx.possession_invalid"]
    world.must(CAROL, stolen)
    assert world.check(CAROL, stolen)[0].code == "tx.consensus_key_taken"


def test_without_delegation_only_ones_own_validators_can_be_backed() -> None:
    world = make()
    world.config = make_world(approvals_max=0, bond_min=100).config
    assert world.check(CAROL, delegate((1, 5))) == (TxPositionsTooMany(1, 0),)
    assert world.check(ALICE, delegate((1, 5))) == ()
    assert world.check(ALICE, delegate((1, 5), (2, 5))) == (TxPositionsTooMany(1, 0),)


def test_an_approval_keeps_its_place_until_its_stake_has_left() -> None:
    world = changed(approve(0, 1, 2))
    world.must(CAROL, Unbond(0, 5))
    assert world.check(CAROL, delegate((4, 5))) == (TxPositionsTooMany(4, 3),)
    assert world.check(CAROL, delegate((0, 5))) == ()
    world.pass_ms(UNBONDING_MS)
    assert world.check(CAROL, delegate((4, 5))) == ()


def test_the_checks_of_every_transaction_come_first() -> None:
    world = make()
    poor = bond(CAROL, 1, 10**12)
    result = world.send(CAROL, poor)
    assert isinstance(result, Err)
    assert result.error.code == "tx.insufficient_balance"
    assert world.now_ms == NOW_MS
