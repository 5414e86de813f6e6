"""The base fee follows demand within its bounds; gas pays for signature and bytes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.config import KNOWN_RULES
from spec.config.presets import DEVNET, TINY
from spec.ledger.fees import (
    compute_effective_tip,
    compute_intrinsic_gas,
    compute_next_base_fee,
    compute_signature_gas,
)
from spec.ledger.types import Call, Deploy, SenderKey, Transfer
from tests.spec.ledger.support import ALICE, BOB, CONTRACT_ADDRESS, make_tx, pay

V1, V2 = KNOWN_RULES
FEES = st.integers(DEVNET.base_fee_min, DEVNET.base_fee_max)
GAS = st.integers(0, DEVNET.block_gas_limit)


def test_base_fee_stands_still_at_the_target() -> None:
    assert compute_next_base_fee(DEVNET, 1_000, DEVNET.block_gas_target) == 1_000


def test_full_and_empty_blocks_move_the_base_fee_by_an_eighth() -> None:
    assert DEVNET.block_gas_limit == 2 * DEVNET.block_gas_target
    assert compute_next_base_fee(DEVNET, 1_000, DEVNET.block_gas_limit) == 1_125
    assert compute_next_base_fee(DEVNET, 1_000, 0) == 875


def test_a_low_base_fee_can_rise() -> None:
    assert compute_next_base_fee(DEVNET, 1, DEVNET.block_gas_target + 1) == 2


def test_changes_round_towards_no_change() -> None:
    # 7 / 8 is below one: a fall rounds to nothing, a rise is at least one
    assert compute_next_base_fee(DEVNET, 7, 0) == 7
    assert compute_next_base_fee(DEVNET, 15, DEVNET.block_gas_limit) == 16


@given(FEES, GAS)
def test_base_fee_stays_within_its_bounds(fee: int, gas: int) -> None:
    after = compute_next_base_fee(DEVNET, fee, gas)
    assert DEVNET.base_fee_min <= after <= DEVNET.base_fee_max


@given(FEES, GAS)
def test_base_fee_moves_towards_demand_and_never_by_more_than_an_eighth(fee: int, gas: int) -> None:
    after = compute_next_base_fee(DEVNET, fee, gas)
    if gas > DEVNET.block_gas_target:
        assert fee <= after <= fee + max(1, fee // 8)
        assert after > fee or fee == DEVNET.base_fee_max
    else:
        assert fee - fee // 8 <= after <= fee


@given(FEES, GAS, GAS)
def test_more_gas_never_lowers_the_next_base_fee(fee: int, gas: int, other: int) -> None:
    low, high = sorted((gas, other))
    assert compute_next_base_fee(DEVNET, fee, low) <= compute_next_base_fee(DEVNET, fee, high)


def test_bounds_are_reached_and_kept() -> None:
    limit = TINY.block_gas_limit
    assert compute_next_base_fee(TINY, TINY.base_fee_max, limit) == TINY.base_fee_max
    assert compute_next_base_fee(TINY, TINY.base_fee_max - 1, limit) == TINY.base_fee_max
    floor = replace(TINY, base_fee_min=8)
    assert compute_next_base_fee(floor, 8, 0) == 8
    assert compute_next_base_fee(floor, 9, 0) == 8


@pytest.mark.parametrize(
    ("fee_cap", "tip", "base_fee", "expected"),
    [(10, 2, 8, 2), (10, 2, 9, 1), (10, 2, 10, 0), (10, 0, 5, 0), (10, 10, 1, 9)],
)
def test_tip_is_cut_to_what_the_fee_cap_leaves(
    fee_cap: int, tip: int, base_fee: int, expected: int
) -> None:
    tx = pay(ALICE, BOB.address, 1, fee_cap=fee_cap, tip=tip)
    assert compute_effective_tip(tx, base_fee) == expected


def test_intrinsic_gas_counts_scheme_and_bytes() -> None:
    key_bytes = len(ALICE.key.public_key)
    base = V1.transaction_gas + 1_100 + V1.data_byte_gas * key_bytes
    assert compute_intrinsic_gas(V1, make_tx(ALICE, Transfer(BOB.address, 1))) == base
    call = Call(CONTRACT_ADDRESS, bytes(8), b"abc", 0)
    assert compute_intrinsic_gas(V1, make_tx(ALICE, call)) == base + 3 * V1.data_byte_gas
    deploy = make_tx(ALICE, Deploy(b"12345", b"abc", 0))
    extra = V1.deploy_gas + 5 * V1.module_byte_gas + 3 * V1.data_byte_gas
    assert compute_intrinsic_gas(V1, deploy) == base + extra


def test_dearer_schemes_cost_more_and_unknown_ones_the_most() -> None:
    costs = [compute_signature_gas(V1, scheme) for scheme in (1, 2, 3, 4, 0, 255)]
    assert costs == [1_100, 1_600, 11_600, 11_600, 11_600, 11_600]


def test_version_two_changes_the_price_of_data_and_nothing_else() -> None:
    changed = replace(V2, version=1, is_test_only=False, data_byte_gas=V1.data_byte_gas)
    assert changed == V1
    tx = make_tx(ALICE, Transfer(BOB.address, 1))
    assert compute_intrinsic_gas(V2, tx) - compute_intrinsic_gas(V1, tx) == 32
    empty = replace(tx, sender=SenderKey(1, b""))
    assert compute_intrinsic_gas(V2, empty) == compute_intrinsic_gas(V1, empty)
