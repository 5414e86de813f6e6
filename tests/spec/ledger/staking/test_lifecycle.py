"""What actions and consensus ops do to a validator, its holders and their coins."""

from spec.ledger.ledger_ops import Jail, Reward, Slash
from spec.ledger.stake_actions import Exit, Unbond, Unjail
from spec.ledger.staking.pools import compute_worth
from spec.ledger.staking.queue import get_queue, get_withdrawal
from spec.ledger.staking.registry import (
    EMPTY_POOL,
    Pool,
    ValidatorStatus,
    get_holder,
    get_position,
    get_validator,
)
from spec.ledger.staking.view import compute_ledger_view
from spec.ledger.types import ZERO_BYTES32
from spec.limits import UNBONDINGS_MAX
from tests.spec.ledger.staking.support import (
    NOW_MS,
    World,
    bond,
    delegate,
    get_key,
    make_world,
    rotate,
)
from tests.spec.ledger.support import ALICE, BOB, CAROL, CONTRACT_ADDRESS, DAVE, Person

UNBONDING_MS, JAIL_MS = 100, 30


def make(**changes: int) -> World:
    world = make_world(**changes)
    world.must(ALICE, bond(ALICE, 1, 1_000))
    return world


def taken(world: World, holder: Person, payload_fee: int, before: int) -> int:
    """What left a balance beside the fee."""
    return before - world.balance(holder) - payload_fee


def test_a_bond_registers_under_the_next_index_and_says_which() -> None:
    world = make_world()
    before = world.balance(ALICE)
    receipt = world.must(ALICE, bond(ALICE, 1, 1_000))
    assert receipt.status.data == (1).to_bytes(4, "little")  # type: ignore[union-attr]  # a success
    assert taken(world, ALICE, receipt.gas_used * receipt.gas_price, before) == 1_000
    validator = world.get(1)
    assert validator.operator == ALICE.address
    assert validator.consensus_key == get_key(1).key.public_key
    assert (validator.status, validator.pool) == (ValidatorStatus.ACTIVE, Pool(1_000, 1_000))
    assert world.listed == (0, 1)
    assert world.is_conserved()


def test_a_delegation_pays_what_its_shares_cost_and_no_more() -> None:
    world = make(operator_share_bps=0)
    world.op(Reward(1, 500))  # 3 tokens for 2 shares
    before = world.balance(CAROL)
    receipt = world.must(CAROL, delegate((1, 10)))
    assert world.shares(CAROL, 1) == 6
    assert taken(world, CAROL, receipt.gas_used * receipt.gas_price, before) == 9
    assert world.get(1).pool == Pool(1_509, 1_006)
    assert world.is_conserved()


def test_an_operator_adds_to_its_own_stake_by_delegating() -> None:
    world = make(approvals_max=0)
    world.must(ALICE, delegate((1, 250)))
    assert world.shares(ALICE, 1) == 1_250


def test_a_reward_raises_every_share_alike_and_the_operator_is_paid_beside() -> None:
    world = make()  # the operator's part is a tenth
    world.must(CAROL, delegate((1, 3_000)))
    before = world.balance(ALICE)
    world.op(Reward(1, 405))
    assert world.balance(ALICE) - before == 40  # rounded down: the pool gets the rest
    assert world.get(1).pool == Pool(4_365, 4_000)
    assert compute_worth(world.get(1).pool, world.shares(CAROL, 1)) == 3_273
    assert world.is_conserved()


def test_a_reward_is_cut_to_the_largest_supply() -> None:
    world = make()
    room = world.config.supply_max - (world.supply.minted - world.supply.burnt)
    world.op(Reward(1, room + 10**9))
    assert world.supply.minted - world.supply.burnt == world.config.supply_max
    world.op(Reward(1, 5))
    assert world.supply.minted - world.supply.burnt == world.config.supply_max
    assert world.is_conserved()


def test_ops_on_what_is_not_there_do_nothing() -> None:
    world = make()
    before = (dict(world.layer.accounts), dict(world.layer.leaves), world.supply)
    world.op(Reward(7, 5), Slash(7, 5, BOB.address, is_offence=True), Jail(7))
    assert (world.layer.accounts, world.layer.leaves, world.supply) == before


def test_a_pool_without_holders_earns_nothing() -> None:
    world = make()
    world.must(ALICE, Exit(1))
    assert world.get(1).pool == EMPTY_POOL
    world.op(Reward(1, 100))
    assert world.get(1).pool == EMPTY_POOL
    assert world.is_conserved()


def test_delegations_share_a_slash_in_proportion() -> None:
    world = make()
    world.must(CAROL, delegate((1, 3_000)))
    world.op(Slash(1, 2_000, None, is_offence=True))
    pool = world.get(1).pool
    assert pool == Pool(2_000, 4_000)
    assert compute_worth(pool, world.shares(ALICE, 1)) == 500
    assert compute_worth(pool, world.shares(CAROL, 1)) == 1_500
    assert world.is_conserved()


def test_a_slash_reaches_stake_on_its_way_out() -> None:
    world = make()
    world.must(CAROL, delegate((1, 1_000)))
    world.must(CAROL, Unbond(1, 1_000))
    world.op(Slash(1, 1_001, None, is_offence=True))
    # in proportion 500.5 each: who leaves bears the odd unit
    assert world.get(1).pool.tokens == 500
    assert world.get(1).unbonding.tokens == 499
    before = world.balance(CAROL)
    world.pass_ms(UNBONDING_MS)
    assert world.balance(CAROL) - before == 499
    assert world.is_conserved()


def test_a_slash_takes_at_most_what_is_there() -> None:
    world = make()
    world.must(ALICE, Unbond(1, 400))
    world.op(Slash(1, 10**9, None, is_offence=True))
    assert (world.get(1).pool, world.get(1).unbonding) == (Pool(0, 600), Pool(0, 400))
    assert world.is_conserved()
    before = world.balance(ALICE)
    world.pass_ms(UNBONDING_MS)
    assert world.balance(ALICE) == before
    world.must(ALICE, Unbond(1, 600))
    world.pass_ms(UNBONDING_MS)
    assert not world.has_record(1)
    assert get_holder(world.layer, ALICE.address).positions == ()


def test_a_reporter_gets_a_part_of_what_is_taken_rounded_down() -> None:
    world = make()  # a twentieth
    burnt = world.supply.burnt
    before = world.balance(BOB)
    world.op(Slash(1, 119, BOB.address, is_offence=True))
    assert world.balance(BOB) - before == 5
    assert world.supply.burnt - burnt == 114
    world.op(Slash(1, 20, CONTRACT_ADDRESS, is_offence=True))
    assert world.layer.get_account(CONTRACT_ADDRESS).inbox == 1
    assert world.is_conserved()


def test_a_penalty_takes_stake_and_leaves_the_status() -> None:
    world = make()
    world.op(Slash(1, 100, None, is_offence=False))
    assert world.get(1).status == ValidatorStatus.ACTIVE
    assert world.get(1).pool.tokens == 900


def test_a_slashed_validator_never_returns_nor_does_its_key() -> None:
    world = make()
    world.op(Jail(1), Slash(1, 1, None, is_offence=True), Jail(1))
    assert world.get(1).status == ValidatorStatus.SLASHED
    for action in (Unjail(1), Exit(1), delegate((1, 5)), rotate(ALICE, 1, 9)):
        assert world.check(ALICE, action)[0].code == "tx.validator_status"
    assert world.check(BOB, bond(BOB, 1, 500))[0].code == "tx.consensus_key_taken"
    supply = world.supply
    world.op(Reward(1, 100))
    assert world.supply == supply
    world.must(ALICE, Unbond(1, 1_000))
    world.pass_ms(UNBONDING_MS)
    assert not world.has_record(1)
    assert world.check(BOB, bond(BOB, 1, 500))[0].code == "tx.consensus_key_taken"


def test_a_slashed_validator_stays_listed_as_long_as_evidence_may_come() -> None:
    world = make()
    world.must(CAROL, delegate((1, 1_000)))
    world.op(Slash(1, 200, None, is_offence=True))
    world.pass_ms(UNBONDING_MS - 1)
    assert 1 in world.listed
    world.op(Slash(1, 200, None, is_offence=True))  # a second offence prolongs nothing
    assert world.get(1).withdrawable_at_ms == NOW_MS + UNBONDING_MS
    assert get_queue(world.layer).tail == 1
    assert world.get(1).pool.tokens == 1_600
    world.pass_ms(1)
    assert world.listed == (0,)
    assert world.get(1).status == ValidatorStatus.EXITED
    world.op(Slash(1, 200, None, is_offence=True))
    assert world.get(1).pool.tokens == 1_600
    world.must(CAROL, Unbond(1, 1_000))
    world.pass_ms(UNBONDING_MS)
    assert world.get(1).pool == Pool(800, 1_000)
    assert world.is_conserved()


def test_an_exit_takes_the_operator_out_and_leaves_others_their_shares() -> None:
    world = make()
    world.must(CAROL, delegate((1, 500)))
    world.must(ALICE, Exit(1))
    leaving = world.get(1)
    assert leaving.status == ValidatorStatus.EXITING
    assert leaving.withdrawable_at_ms == NOW_MS + UNBONDING_MS
    assert (leaving.pool, leaving.unbonding) == (Pool(500, 500), Pool(1_000, 1_000))
    world.op(Slash(1, 300, None, is_offence=False))
    before = world.balance(ALICE)
    world.pass_ms(UNBONDING_MS - 1)
    assert world.balance(ALICE) == before
    world.pass_ms(1)
    assert world.balance(ALICE) - before == 800
    assert world.get(1).status == ValidatorStatus.EXITED
    assert world.listed == (0,)
    world.must(CAROL, Unbond(1, 500))
    world.pass_ms(UNBONDING_MS)
    assert not world.has_record(1)
    assert world.is_conserved()


def test_an_exit_is_possible_beside_as_many_withdrawals_as_may_wait() -> None:
    world = make()
    for _ in range(UNBONDINGS_MAX):
        world.must(ALICE, Unbond(1, 1))
    world.must(ALICE, Exit(1))
    assert get_position(world.layer, ALICE.address, 1).unbondings == UNBONDINGS_MAX + 1


def test_an_offence_of_one_who_exits_counts_and_ends_its_listing_once() -> None:
    world = make()
    world.must(ALICE, Exit(1))
    world.now_ms += 60
    world.op(Slash(1, 100, None, is_offence=True))
    assert world.get(1).status == ValidatorStatus.SLASHED
    assert get_queue(world.layer).tail == 1
    world.pass_ms(UNBONDING_MS - 60)
    assert world.listed == (0,)
    assert not world.has_record(1)


def test_an_index_is_never_given_twice() -> None:
    world = make()
    world.must(ALICE, Exit(1))
    world.pass_ms(UNBONDING_MS)
    assert get_validator(world.layer, 1) is None
    world.must(ALICE, bond(ALICE, 2, 10))
    assert world.listed == (0, 2)


def test_jail_lasts_its_time_and_ends_by_the_operator() -> None:
    world = make()
    world.op(Jail(1))
    assert world.get(1).jailed_until_ms == NOW_MS + JAIL_MS
    world.now_ms += JAIL_MS
    world.op(Jail(1))  # in jail already: no longer for it
    world.must(ALICE, Unjail(1))
    assert (world.get(1).status, world.get(1).jailed_until_ms) == (ValidatorStatus.ACTIVE, 0)


def test_one_who_exits_cannot_be_jailed_into_staying() -> None:
    world = make()
    world.must(ALICE, Exit(1))
    world.op(Jail(1))
    assert world.get(1).status == ValidatorStatus.EXITING


def test_one_who_exits_from_jail_is_jailed_no_longer() -> None:
    world = make()
    world.op(Jail(1))
    world.must(ALICE, Exit(1))
    assert (world.get(1).status, world.get(1).jailed_until_ms) == (ValidatorStatus.EXITING, 0)


def test_a_rotation_remembers_the_key_it_replaces() -> None:
    world = make()
    world.must(ALICE, rotate(ALICE, 1, 8))
    validator = world.get(1)
    assert validator.consensus_key == get_key(8).key.public_key
    assert validator.previous_key == get_key(1).key.public_key
    assert validator.rotated_at_ms == NOW_MS
    assert world.check(BOB, bond(BOB, 1, 500))[0].code == "tx.consensus_key_taken"
    assert world.check(BOB, bond(BOB, 8, 500))[0].code == "tx.consensus_key_taken"


def test_withdrawals_are_released_in_order_and_only_so_many_a_block() -> None:
    world = make(releases_max=2)
    for amount in (1, 10, 100):
        world.must(ALICE, Unbond(1, amount))
        world.now_ms += 1
    before = world.balance(ALICE)
    world.pass_ms(UNBONDING_MS - 2)  # the first and the second have matured, the third has not
    assert world.balance(ALICE) - before == 11
    world.pass_ms(UNBONDING_MS)
    assert world.balance(ALICE) - before == 111
    for _ in range(5):
        world.must(ALICE, Unbond(1, 1))
    world.pass_ms(UNBONDING_MS)
    assert get_queue(world.layer).head == 5
    assert get_withdrawal(world.layer, 4) is None
    assert get_withdrawal(world.layer, 5) is not None
    world.pass_ms(0)
    world.pass_ms(0)
    assert get_queue(world.layer).head == get_queue(world.layer).tail == 8
    assert world.is_conserved()


def test_what_waits_beyond_its_time_is_still_at_risk() -> None:
    world = make(releases_max=1)
    world.must(ALICE, Unbond(1, 100))
    world.must(ALICE, Unbond(1, 100))
    world.pass_ms(UNBONDING_MS)
    world.op(Slash(1, 900, None, is_offence=False))
    assert world.get(1).unbonding.tokens == 0


def test_the_view_shows_every_listed_validator_as_it_stands() -> None:
    world = make()
    world.must(BOB, bond(BOB, 2, 700))
    world.must(CAROL, delegate((1, 300)))
    world.must(ALICE, Unbond(1, 200))
    world.op(Jail(2))
    view = compute_ledger_view(world.layer)
    assert [v.validator for v in view.validators] == [0, 1, 2]
    first, second, third = view.validators
    assert (first.operator, first.stake) == (DAVE.address, 1)
    assert (second.stake, second.unbonding) == (1_100, 200)
    assert second.previous_key == ZERO_BYTES32
    assert (third.status, third.jailed_until_ms) == (ValidatorStatus.JAILED, NOW_MS + JAIL_MS)
    world.must(ALICE, rotate(ALICE, 1, 8))
    world.must(ALICE, Exit(1))
    _, second, _ = compute_ledger_view(world.layer).validators
    assert second.consensus_key == get_key(8).key.public_key
    assert second.previous_key == get_key(1).key.public_key
    assert second.rotated_at_ms == NOW_MS
    assert second.withdrawable_at_ms == NOW_MS + UNBONDING_MS
