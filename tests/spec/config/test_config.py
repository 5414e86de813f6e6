"""A configuration is accepted exactly when its parameters can live together."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.config import (
    Allocation,
    BftConfig,
    ChainConfig,
    ConfigError,
    DposConfig,
    FinalityConfig,
    Fork,
    Genesis,
    compute_config_failures,
    compute_genesis_failures,
    compute_genesis_id,
    decode_genesis,
    encode_genesis,
    get_rules,
    validate_config,
    validate_genesis,
)
from spec.config.presets import DEVNET, TINY
from spec.config.validity import (
    BLOCK_OVERHEAD_BYTES,
    CONFIG_CHECKS,
    FEE_LIMIT,
    GENESIS_CHECKS,
    MS_MAX,
    STAKING_MS_MAX,
    TIME_MS_LIMIT,
)
from spec.lib.result import Err, Ok
from spec.limits import BLOCK_GAS_LIMIT_MAX, POSITIONS_MAX, SUPPLY_LIMIT
from tests.spec.ledger.support import ALICE, BOB, DAVE, GENESIS, make_genesis, person

FORK0 = Fork(0, 1)
TINY_TX_GAS = 400 + 2_000 + 11_600 + 16 * TINY.transaction_size_bytes_max


def tiny(**changes: object) -> ChainConfig:
    return replace(TINY, **changes)  # type: ignore[arg-type]  # tests name the fields they bend


def staking(**changes: int) -> ChainConfig:
    return tiny(staking=replace(TINY.staking, **changes))


def bft(**changes: int) -> BftConfig:
    assert isinstance(TINY.consensus, BftConfig)
    return replace(TINY.consensus, **changes)


DPOS = DposConfig(
    finality=FinalityConfig(
        epoch_blocks=8,
        leak_after_epochs=12,
        leak_quotient=64,
        asynchrony_ms_max=300,
        reward=1,
        slash_quotient=32,
    ),
    seats=8,
    producer_reward=1,
    missed_slots_max=3,
)


def dpos(**changes: int) -> ChainConfig:
    return tiny(consensus=DPOS, staking=replace(TINY.staking, **changes))


def leak(**changes: int) -> ChainConfig:
    return tiny(consensus=replace(DPOS, finality=replace(DPOS.finality, **changes)))


CONFIG_BOUNDARIES: tuple[tuple[str, ChainConfig, ChainConfig], ...] = (
    # code, just inside, just outside
    ("config.name_invalid", tiny(name=b"x" * 32), tiny(name=b"x" * 33)),
    ("config.name_invalid", tiny(name=b"x"), tiny(name=b"")),
    ("config.name_invalid", tiny(name=b" ~"), tiny(name=b" \x7f")),
    ("config.name_invalid", tiny(name=b" "), tiny(name=b"\x1f")),
    ("config.hrp_invalid", tiny(hrp=b"az"), tiny(hrp=b"a1")),
    ("config.hrp_invalid", tiny(hrp=b"a" * 16), tiny(hrp=b"a" * 17)),
    ("config.hrp_invalid", tiny(hrp=b"a"), tiny(hrp=b"")),
    ("config.hrp_invalid", tiny(hrp=b"z"), tiny(hrp=b"{")),
    ("config.hrp_invalid", tiny(hrp=b"q"), tiny(hrp=b"Q")),
    ("config.out_of_range", tiny(supply_max=SUPPLY_LIMIT - 1), tiny(supply_max=SUPPLY_LIMIT)),
    ("config.out_of_range", tiny(supply_max=1), tiny(supply_max=0)),
    (
        "config.out_of_range",
        tiny(block_gas_limit=BLOCK_GAS_LIMIT_MAX),
        tiny(block_gas_limit=BLOCK_GAS_LIMIT_MAX + 1),
    ),
    (
        "config.out_of_range",
        tiny(base_fee_change_denominator=2),
        tiny(base_fee_change_denominator=1),
    ),
    ("config.out_of_range", tiny(base_fee_max=FEE_LIMIT - 1), tiny(base_fee_max=FEE_LIMIT)),
    ("config.out_of_range", tiny(block_transactions_max=1), tiny(block_transactions_max=0)),
    (
        "config.out_of_range",
        tiny(block_transactions_max=16_384),
        tiny(block_transactions_max=16_385),
    ),
    ("config.out_of_range", tiny(slot_ms=MS_MAX), tiny(slot_ms=MS_MAX + 1)),
    ("config.out_of_range", tiny(slot_ms=1, drift_ms_max=0), tiny(slot_ms=0, drift_ms_max=0)),
    (
        "config.out_of_range",
        tiny(consensus=bft(timeout_propose_ms=1)),
        tiny(consensus=bft(timeout_propose_ms=0)),
    ),
    (
        "config.out_of_range",
        tiny(consensus=bft(timeout_vote_ms=MS_MAX)),
        tiny(consensus=bft(timeout_vote_ms=MS_MAX + 1)),
    ),
    (
        "config.out_of_range",
        tiny(consensus=bft(timeout_delta_ms=1)),
        tiny(consensus=bft(timeout_delta_ms=0)),
    ),
    (
        "config.out_of_range",
        tiny(consensus=bft(slash_quotient=1)),
        tiny(consensus=bft(slash_quotient=0)),
    ),
    (
        "config.out_of_range",
        tiny(consensus=bft(missed_heights_max=1 << 32)),
        tiny(consensus=bft(missed_heights_max=(1 << 32) + 1)),
    ),
    (
        "config.out_of_range",
        dpos(approvals_max=1),
        dpos(approvals_max=0),
    ),
    ("config.out_of_range", staking(approvals_max=0), staking(approvals_max=33)),
    ("config.out_of_range", staking(bond_min=1), staking(bond_min=0)),
    (
        "config.out_of_range",
        staking(bond_min=TINY.supply_max),
        staking(bond_min=TINY.supply_max + 1),
    ),
    (
        "config.out_of_range",
        staking(unbonding_ms=STAKING_MS_MAX),
        staking(unbonding_ms=STAKING_MS_MAX + 1),
    ),
    ("config.out_of_range", staking(evidence_age_ms=1), staking(evidence_age_ms=0)),
    ("config.out_of_range", staking(trusting_ms=1), staking(trusting_ms=0)),
    ("config.out_of_range", staking(jail_ms=1), staking(jail_ms=0)),
    ("config.out_of_range", staking(jail_ms=STAKING_MS_MAX), staking(jail_ms=STAKING_MS_MAX + 1)),
    ("config.out_of_range", staking(approvals_max=32), staking(approvals_max=33)),
    ("config.out_of_range", staking(operator_share_bps=10_000), staking(operator_share_bps=10_001)),
    ("config.out_of_range", staking(reporter_share_bps=10_000), staking(reporter_share_bps=10_001)),
    ("config.out_of_range", staking(releases_max=1), staking(releases_max=0)),
    ("config.out_of_range", staking(releases_max=1_024), staking(releases_max=1_025)),
    ("config.leak_too_early", leak(asynchrony_ms_max=959), leak(asynchrony_ms_max=960)),
    ("config.round_too_short", tiny(consensus=DPOS), tiny(consensus=replace(DPOS, seats=9))),
    ("config.unbonding_too_short", staking(unbonding_ms=91), staking(unbonding_ms=90)),
    ("config.gas_target_invalid", tiny(block_gas_target=1), tiny(block_gas_target=0)),
    (
        "config.gas_target_invalid",
        tiny(block_gas_target=TINY.block_gas_limit - 1),
        tiny(block_gas_target=TINY.block_gas_limit),
    ),
    ("config.base_fee_invalid", tiny(base_fee_min=1), tiny(base_fee_min=0)),
    ("config.base_fee_invalid", tiny(base_fee_min=8), tiny(base_fee_min=9)),
    ("config.base_fee_invalid", tiny(base_fee_max=8), tiny(base_fee_max=7)),
    (
        "config.transaction_does_not_fit",
        tiny(block_size_bytes_max=BLOCK_OVERHEAD_BYTES + 10_000),
        tiny(block_size_bytes_max=BLOCK_OVERHEAD_BYTES + 9_999),
    ),
    (
        "config.transaction_does_not_fit",
        tiny(block_gas_limit=TINY_TX_GAS),
        tiny(block_gas_limit=TINY_TX_GAS - 1),
    ),
    ("config.drift_too_long", tiny(slot_ms=10, drift_ms_max=3), tiny(slot_ms=9, drift_ms_max=3)),
    ("config.fork_schedule_invalid", tiny(fork_schedule=(FORK0,)), tiny(fork_schedule=())),
    (
        "config.fork_schedule_invalid",
        tiny(fork_schedule=(FORK0,)),
        tiny(fork_schedule=(Fork(1, 1),)),
    ),
    (
        "config.fork_schedule_invalid",
        tiny(fork_schedule=(FORK0, Fork(1, 2))),
        tiny(fork_schedule=(FORK0, Fork(0, 2))),
    ),
    (
        "config.fork_schedule_invalid",
        tiny(fork_schedule=(FORK0, Fork(5, 2))),
        tiny(fork_schedule=(FORK0, Fork(5, 1))),
    ),
    (
        "config.fork_schedule_invalid",
        tiny(fork_schedule=(Fork(0, 2),)),
        tiny(fork_schedule=(Fork(0, 3),)),
    ),
    (
        "config.test_rules_scheduled",
        tiny(fork_schedule=(FORK0, Fork(5, 2))),
        tiny(fork_schedule=(FORK0, Fork(5, 2)), is_test_chain=False),
    ),
)


@pytest.mark.parametrize(("code", "inside", "outside"), CONFIG_BOUNDARIES)
def test_each_relation_holds_up_to_its_boundary(
    code: str, inside: ChainConfig, outside: ChainConfig
) -> None:
    assert validate_config(inside) is None
    failure = validate_config(outside)
    assert failure is not None
    assert failure.code == code
    assert failure.message
    assert compute_config_failures(outside)[0] == failure


def genesis(**changes: object) -> Genesis:
    return replace(GENESIS, **changes)  # type: ignore[arg-type]  # tests name the fields they bend


LOW, HIGH = sorted((ALICE.address, BOB.address))
VALIDATOR = GENESIS.validators[0]
OTHER = replace(VALIDATOR, consensus_key=ALICE.key.public_key)
MANY = tuple(
    replace(VALIDATOR, consensus_key=person(200 + number).key.public_key)
    for number in range(POSITIONS_MAX + 1)
)
NO_ADDRESS = bytes((9,)) + bytes(31)

GENESIS_BOUNDARIES: tuple[tuple[str, Genesis, Genesis], ...] = (
    (
        "config.out_of_range",
        genesis(time_ms=TIME_MS_LIMIT - 1),
        genesis(time_ms=TIME_MS_LIMIT),
    ),
    (
        "genesis.address_invalid",
        genesis(allocations=(Allocation(LOW, 1),)),
        genesis(allocations=(Allocation(NO_ADDRESS, 1),)),
    ),
    (
        "genesis.address_invalid",
        genesis(validators=(VALIDATOR,)),
        genesis(validators=(replace(VALIDATOR, operator=NO_ADDRESS),)),
    ),
    (
        "genesis.allocations_unordered",
        genesis(allocations=(Allocation(LOW, 1), Allocation(HIGH, 1))),
        genesis(allocations=(Allocation(HIGH, 1), Allocation(LOW, 1))),
    ),
    (
        "genesis.allocations_unordered",
        genesis(allocations=(Allocation(LOW, 1), Allocation(HIGH, 1))),
        genesis(allocations=(Allocation(LOW, 1), Allocation(LOW, 1))),
    ),
    (
        "genesis.allocation_zero",
        genesis(allocations=(Allocation(LOW, 1),)),
        genesis(allocations=(Allocation(LOW, 0),)),
    ),
    (
        "genesis.supply_exceeded",
        genesis(allocations=(Allocation(LOW, TINY.supply_max - 2), Allocation(HIGH, 1))),
        genesis(allocations=(Allocation(LOW, TINY.supply_max - 1), Allocation(HIGH, 1))),
    ),
    (
        "genesis.supply_exceeded",
        genesis(allocations=(), validators=(replace(VALIDATOR, stake=TINY.supply_max),)),
        genesis(allocations=(), validators=(replace(VALIDATOR, stake=TINY.supply_max + 1),)),
    ),
    ("genesis.validators_missing", genesis(validators=(VALIDATOR,)), genesis(validators=())),
    (
        "genesis.validator_key_invalid",
        genesis(validators=(VALIDATOR, OTHER)),
        genesis(validators=(VALIDATOR, VALIDATOR)),
    ),
    (
        "genesis.validator_key_invalid",
        genesis(validators=(VALIDATOR,)),
        # the identity point: it would sign everything
        genesis(validators=(replace(VALIDATOR, consensus_key=bytes((1,)) + bytes(31)),)),
    ),
    (
        "genesis.validator_stake_too_small",
        genesis(config=staking(bond_min=5), validators=(replace(VALIDATOR, stake=5),)),
        genesis(config=staking(bond_min=5), validators=(replace(VALIDATOR, stake=4),)),
    ),
    (
        "genesis.operator_overloaded",
        genesis(validators=(*MANY[:POSITIONS_MAX], replace(OTHER, operator=ALICE.address))),
        genesis(validators=MANY),
    ),
)


@pytest.mark.parametrize(("code", "inside", "outside"), GENESIS_BOUNDARIES)
def test_each_relation_of_a_genesis_holds_up_to_its_boundary(
    code: str, inside: Genesis, outside: Genesis
) -> None:
    assert validate_genesis(inside) is None
    failure = validate_genesis(outside)
    assert failure is not None
    assert failure.code == code
    assert failure.message
    assert compute_genesis_failures(outside)[0] == failure


def test_every_error_code_is_reachable() -> None:
    reached = {code for code, _, _ in CONFIG_BOUNDARIES + GENESIS_BOUNDARIES}
    assert reached == {error.code for error in get_args(ConfigError)}
    assert reached == {code for code, _ in CONFIG_CHECKS} | {code for code, _ in GENESIS_CHECKS}


def test_a_genesis_is_no_better_than_its_configuration() -> None:
    failure = validate_genesis(genesis(config=tiny(name=b"")))
    assert failure is not None
    assert failure.code == "config.name_invalid"
    both = genesis(config=tiny(name=b""), validators=())
    assert [each.code for each in compute_genesis_failures(both)] == [
        "config.name_invalid",
        "genesis.validators_missing",
    ]


def test_all_failures_are_shown_together() -> None:
    broken = replace(tiny(name=b"", slot_ms=1), fork_schedule=())
    codes = [failure.code for failure in compute_config_failures(broken)]
    assert codes == [
        "config.name_invalid",
        "config.drift_too_long",
        "config.fork_schedule_invalid",
    ]


@pytest.mark.parametrize("config", [TINY, DEVNET])
def test_presets_are_valid(config: ChainConfig) -> None:
    assert validate_genesis(make_genesis(config)) is None


def test_genesis_is_what_its_encoding_says() -> None:
    assert decode_genesis(encode_genesis(GENESIS)) == Ok(GENESIS)


def test_any_change_makes_another_chain() -> None:
    changed = (
        genesis(time_ms=1_001),
        genesis(config=tiny(name=b"tinz")),
        genesis(config=tiny(fork_schedule=(FORK0, Fork(7, 2)))),
        genesis(allocations=GENESIS.allocations[:-1]),
        genesis(validators=(replace(VALIDATOR, stake=2),)),
        genesis(validators=(replace(VALIDATOR, operator=DAVE.address[:-1] + b"x"),)),
    )
    ids = {compute_genesis_id(each) for each in (GENESIS, *changed)}
    assert len(ids) == 1 + len(changed)


@given(st.binary(max_size=400))
def test_decoding_any_bytes_is_total(data: bytes) -> None:
    decoded = decode_genesis(data)
    assert isinstance(decoded, (Ok, Err))
    if isinstance(decoded, Ok):
        assert encode_genesis(decoded.value) == data


@given(st.lists(st.integers(0, 20), unique=True, max_size=1), st.integers(0, 21))
def test_rules_switch_exactly_at_their_height(extra: list[int], height: int) -> None:
    forks = (FORK0, *(Fork(h, 2) for h in extra if h > 0))
    config = tiny(fork_schedule=forks)
    assert validate_config(config) is None
    expected = 2 if len(forks) > 1 and height >= forks[1].height else 1
    assert get_rules(config, height).version == expected
