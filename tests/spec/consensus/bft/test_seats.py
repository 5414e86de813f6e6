"""Seats are made of stake: whose, how many, and how they scale."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from spec.chain import compute_genesis_view, compute_node_config, verify_ed25519
from spec.consensus.bft.rules import BftRules
from spec.consensus.bft.state import compute_seats
from spec.consensus.interface import Parent
from spec.ledger.codec import BlockId
from spec.ledger.staking.registry import ValidatorStatus
from spec.ledger.staking.view import LedgerView, RegisteredValidator
from spec.limits import ACTIVE_VALIDATORS_MAX, POWER_TOTAL_LIMIT, SUPPLY_LIMIT
from tests.spec.ledger.support import GENESIS, START


def make(index: int, stake: int, status: ValidatorStatus) -> RegisteredValidator:
    return RegisteredValidator(
        validator=index,
        operator=bytes(32),
        consensus_key=bytes(32),
        previous_key=bytes(32),
        rotated_at_ms=0,
        stake=stake,
        unbonding=7,
        status=status,
        jailed_until_ms=0,
        withdrawable_at_ms=0,
    )


def view_of(*stakes: int) -> LedgerView:
    return LedgerView(tuple(make(n, s, ValidatorStatus.ACTIVE) for n, s in enumerate(stakes)))


def test_only_active_validators_with_stake_have_seats() -> None:
    statuses = (*ValidatorStatus, ValidatorStatus.ACTIVE)
    view = LedgerView(
        tuple(make(n, 5 if n < 5 else 0, status) for n, status in enumerate(statuses))
    )
    assert [(seat.validator, seat.power) for seat in compute_seats(view)] == [(0, 5)]


def test_at_most_so_many_take_part_and_the_lower_index_wins_a_tie() -> None:
    view = view_of(*[3] * ACTIVE_VALIDATORS_MAX, 3, 4)
    seats = compute_seats(view)
    assert len(seats) == ACTIVE_VALIDATORS_MAX
    expected = [*range(ACTIVE_VALIDATORS_MAX - 1), ACTIVE_VALIDATORS_MAX + 1]
    assert [seat.validator for seat in seats] == expected


def test_power_is_stake_while_the_total_is_below_the_limit() -> None:
    inside = compute_seats(view_of(POWER_TOTAL_LIMIT - 2, 1))
    assert [seat.power for seat in inside] == [POWER_TOTAL_LIMIT - 2, 1]
    outside = compute_seats(view_of(POWER_TOTAL_LIMIT - 1, 1))
    assert [seat.power for seat in outside] == [POWER_TOTAL_LIMIT // 2 - 1]


@given(st.lists(st.integers(0, SUPPLY_LIMIT // 300), max_size=300))
def test_powers_keep_the_order_of_stakes_and_stay_below_the_limit(stakes: list[int]) -> None:
    seats = compute_seats(view_of(*stakes))
    assert sum(seat.power for seat in seats) < POWER_TOTAL_LIMIT
    assert all(seat.power > 0 for seat in seats)
    assert [seat.validator for seat in seats] == sorted(seat.validator for seat in seats)
    by_stake = sorted(seats, key=lambda seat: stakes[seat.validator])
    assert [seat.power for seat in by_stake] == sorted(seat.power for seat in seats)
    assert bool(seats) == any(stakes)


def test_where_nobody_is_left_the_last_set_goes_on() -> None:
    context = compute_node_config(GENESIS, None, verify_ed25519).context
    rules, start = BftRules(), compute_genesis_view(GENESIS)
    state = rules.genesis(context, start)
    nobody = LedgerView(tuple(replace(v, status=ValidatorStatus.JAILED) for v in start.validators))
    parent = Parent(BlockId(bytes(32)), START.header, state, nobody)
    ticked, _ = rules.tick(context, parent, 1)
    assert [seat.validator for seat in ticked.next.seats] == [0]
    assert ticked.next.seats == state.next.seats
