"""The relations between parameters that a chain needs: ordered checks on configuration and genesis.

Each check is total (it judges its own matter whatever else is wrong), so the first failure is the
verdict and all failures can be shown together.

Source: DESIGN.md 2.8, 2.9; RELIABILITY.md (every limit is checked); decision record 0050.
"""

from collections.abc import Callable

from spec.config.algorithms import (
    BftConfig,
    DposConfig,
    FinalityConfig,
    HybridConfig,
    PosConfig,
    PowConfig,
)
from spec.config.chain import ChainConfig, Genesis
from spec.config.errors import (
    AddressInvalid,
    AllocationsUnordered,
    AllocationZero,
    BaseFeeInvalid,
    ConfigError,
    DriftTooLong,
    ForkScheduleInvalid,
    GasTargetInvalid,
    HrpInvalid,
    LeakTooEarly,
    NameInvalid,
    OperatorOverloaded,
    OutOfRange,
    RoundTooShort,
    SupplyExceeded,
    TestRulesScheduled,
    TransactionDoesNotFit,
    UnbondingTooShort,
    ValidatorKeyInvalid,
    ValidatorsMissing,
    ValidatorStakeTooSmall,
)
from spec.config.rules import KNOWN_RULES, get_rules_of_version
from spec.config.staking import SHARE_WHOLE_BPS
from spec.crypto.address import is_address
from spec.crypto.signing import is_consensus_key
from spec.limits import (
    ACTIVE_VALIDATORS_MAX,
    APPROVALS_MAX,
    BLOCK_GAS_LIMIT_MAX,
    BLOCK_SIZE_BYTES_MAX,
    BLOCK_TRANSACTIONS_MAX,
    CHAIN_NAME_SIZE_BYTES_MAX,
    HRP_SIZE_BYTES_MAX,
    POSITIONS_MAX,
    RELEASES_MAX,
    SUPPLY_LIMIT,
)

MS_MAX = 86_400_000
"""A day: the longest slot or timeout, so that sums of times stay far from 64 bits."""
TIME_MS_LIMIT = 1 << 53
"""Times are below this: each is exact in the numbers of every language, JSON's included."""
FEE_LIMIT = 1 << 63
"""Base fees are below this, so that a change by at most the whole of it stays in 64 bits."""
BLOCK_OVERHEAD_BYTES = 131_072
"""What a block keeps for header, seal (a commit by all validators) and consensus operations."""

TARGET_LIMIT = 1 << 256
"""Targets of proof of work are below."""
HALF_LIFE_MS_MAX = 366 * MS_MAX
"""A difficulty that needs longer to halve follows nothing."""
STAKING_MS_MAX = 3_660 * MS_MAX
"""Ten years: no stake waits longer, and sums of times stay below 2^53."""
PERIOD_BLOCKS_MAX = 1 << 20
"""Blocks of a retarget period: times their time they stay far from 64 bits."""
HALVING_BLOCKS_MAX = 1 << 40
"""Blocks between halvings of the reward."""
EPOCH_BLOCKS_MAX = 1 << 16
"""Slots of an epoch: finality that takes longer serves nobody."""
EPOCHS_MAX = 1 << 20
"""Epochs before the leak: times blocks and their time they stay below 2^64."""
LEAK_EPOCHS_MIN = 4
"""Finality takes two epochs, and votes may come one later: a shorter leak punishes the present."""
SLASH_QUOTIENT_MAX = 1 << 32
"""A smaller part of a stake is nothing."""
MISSED_HEIGHTS_MAX = 1 << 32
"""A validator silent for longer was never there."""
BOOST_PERCENT_MAX = 100
"""A boost above a committee would let one producer outvote it."""
LEAK_QUOTIENT_MAX = 1 << 40
"""A slower leak takes nothing within a lifetime."""

ConfigCheck = Callable[[ChainConfig], ConfigError | None]
GenesisCheck = Callable[[Genesis], ConfigError | None]


def _check_name(config: ChainConfig) -> ConfigError | None:
    fits = 1 <= len(config.name) <= CHAIN_NAME_SIZE_BYTES_MAX
    if fits and config.name.isascii() and config.name.decode("ascii").isprintable():
        return None
    return NameInvalid(config.name)


def _check_hrp(config: ChainConfig) -> ConfigError | None:
    fits = 1 <= len(config.hrp) <= HRP_SIZE_BYTES_MAX
    if fits and all(ord("a") <= byte <= ord("z") for byte in config.hrp):
        return None
    return HrpInvalid(config.hrp)


Range = tuple[str, int, int, int]
"""Field, value, least and greatest value allowed."""


def get_consensus_ranges(config: ChainConfig) -> tuple[Range, ...]:
    """What each number of the algorithm's parameters may be, beside the numbers around it."""
    match config.consensus:
        case BftConfig() as bft:
            return (
                ("consensus.timeout_propose_ms", bft.timeout_propose_ms, 1, MS_MAX),
                ("consensus.timeout_vote_ms", bft.timeout_vote_ms, 1, MS_MAX),
                ("consensus.timeout_delta_ms", bft.timeout_delta_ms, 1, MS_MAX),
                ("consensus.slash_quotient", bft.slash_quotient, 1, SLASH_QUOTIENT_MAX),
                ("consensus.missed_heights_max", bft.missed_heights_max, 0, MISSED_HEIGHTS_MAX),
            )
        case PowConfig() as pow_:
            return _get_work_ranges(config, pow_)
        case HybridConfig(work, finality):
            return _get_work_ranges(config, work) + _get_finality_ranges(config, finality)
        case PosConfig() as pos:
            return (
                *_get_finality_ranges(config, pos.finality),
                ("consensus.boost_percent", pos.boost_percent, 0, BOOST_PERCENT_MAX),
            )
        case DposConfig() as dpos:
            return (
                *_get_finality_ranges(config, dpos.finality),
                ("consensus.seats", dpos.seats, 1, ACTIVE_VALIDATORS_MAX),
                ("consensus.producer_reward", dpos.producer_reward, 0, config.supply_max),
                ("consensus.missed_slots_max", dpos.missed_slots_max, 1, EPOCHS_MAX),
            )


def _get_work_ranges(config: ChainConfig, work: PowConfig) -> tuple[Range, ...]:
    return (
        ("consensus.target_max", work.target_max, 1, TARGET_LIMIT - 1),
        ("consensus.target_initial", work.target_initial, 1, work.target_max),
        ("consensus.block_time_ms", work.block_time_ms, 1, MS_MAX),
        ("consensus.half_life_ms", work.half_life_ms, 1, HALF_LIFE_MS_MAX),
        ("consensus.period_blocks", work.period_blocks, 2, PERIOD_BLOCKS_MAX),
        ("consensus.reward", work.reward, 0, config.supply_max),
        ("consensus.halving_blocks", work.halving_blocks, 1, HALVING_BLOCKS_MAX),
    )


def _get_finality_ranges(config: ChainConfig, finality: FinalityConfig) -> tuple[Range, ...]:
    name = "consensus.finality"
    return (
        (f"{name}.epoch_blocks", finality.epoch_blocks, 2, EPOCH_BLOCKS_MAX),
        (f"{name}.leak_after_epochs", finality.leak_after_epochs, LEAK_EPOCHS_MIN, EPOCHS_MAX),
        (f"{name}.leak_quotient", finality.leak_quotient, 1, LEAK_QUOTIENT_MAX),
        (f"{name}.asynchrony_ms_max", finality.asynchrony_ms_max, 1, STAKING_MS_MAX),
        (f"{name}.reward", finality.reward, 0, config.supply_max),
        (f"{name}.slash_quotient", finality.slash_quotient, 1, config.supply_max),
    )


def _get_staking_ranges(config: ChainConfig) -> tuple[Range, ...]:
    """Where holders elect delegates, they must be able to."""
    staking = config.staking
    approvals_min = 1 if isinstance(config.consensus, DposConfig) else 0
    return (
        ("staking.bond_min", staking.bond_min, 1, config.supply_max),
        ("staking.unbonding_ms", staking.unbonding_ms, 1, STAKING_MS_MAX),
        ("staking.evidence_age_ms", staking.evidence_age_ms, 1, STAKING_MS_MAX),
        ("staking.trusting_ms", staking.trusting_ms, 1, STAKING_MS_MAX),
        ("staking.jail_ms", staking.jail_ms, 1, STAKING_MS_MAX),
        ("staking.approvals_max", staking.approvals_max, approvals_min, APPROVALS_MAX),
        ("staking.operator_share_bps", staking.operator_share_bps, 0, SHARE_WHOLE_BPS),
        ("staking.reporter_share_bps", staking.reporter_share_bps, 0, SHARE_WHOLE_BPS),
        ("staking.releases_max", staking.releases_max, 1, RELEASES_MAX),
    )


def _check_ranges(config: ChainConfig) -> ConfigError | None:
    ranges = (
        ("supply_max", config.supply_max, 1, SUPPLY_LIMIT - 1),
        ("block_gas_limit", config.block_gas_limit, 2, BLOCK_GAS_LIMIT_MAX),
        ("base_fee_change_denominator", config.base_fee_change_denominator, 2, 1 << 16),
        ("base_fee_max", config.base_fee_max, 1, FEE_LIMIT - 1),
        ("block_size_bytes_max", config.block_size_bytes_max, 1, BLOCK_SIZE_BYTES_MAX),
        ("block_transactions_max", config.block_transactions_max, 1, BLOCK_TRANSACTIONS_MAX),
        ("slot_ms", config.slot_ms, 1, MS_MAX),
        *get_consensus_ranges(config),
        *_get_staking_ranges(config),
    )
    for field, value, low, high in ranges:
        if not low <= value <= high:
            return OutOfRange(field, value, low, high)
    return None


def _check_gas_target(config: ChainConfig) -> ConfigError | None:
    if 1 <= config.block_gas_target < config.block_gas_limit:
        return None
    return GasTargetInvalid(config.block_gas_target, config.block_gas_limit)


def _check_base_fee(config: ChainConfig) -> ConfigError | None:
    if 1 <= config.base_fee_min <= config.base_fee_initial <= config.base_fee_max:
        return None
    return BaseFeeInvalid(config.base_fee_min, config.base_fee_initial, config.base_fee_max)


def _check_transaction_size(config: ChainConfig) -> ConfigError | None:
    needed = config.transaction_size_bytes_max + BLOCK_OVERHEAD_BYTES
    if needed <= config.block_size_bytes_max:
        return None
    return TransactionDoesNotFit("bytes", needed, config.block_size_bytes_max)


def _check_transaction_gas(config: ChainConfig) -> ConfigError | None:
    for fork in config.fork_schedule:
        rules = get_rules_of_version(fork.version)
        if rules is None:
            continue
        gas_of_byte = max(rules.module_byte_gas, rules.data_byte_gas)
        signature_gas = max(gas for _, gas in rules.signature_gas)
        needed = rules.transaction_gas + rules.deploy_gas + signature_gas
        needed += config.transaction_size_bytes_max * gas_of_byte
        if needed > config.block_gas_limit:
            return TransactionDoesNotFit("gas", needed, config.block_gas_limit)
    return None


def _check_drift(config: ChainConfig) -> ConfigError | None:
    if 3 * config.drift_ms_max < config.slot_ms:
        return None
    return DriftTooLong(config.drift_ms_max, config.slot_ms)


def _check_fork_schedule(config: ChainConfig) -> ConfigError | None:
    if not config.fork_schedule or config.fork_schedule[0].height != 0:
        return ForkScheduleInvalid(0)
    for position, fork in enumerate(config.fork_schedule):
        if get_rules_of_version(fork.version) is None:
            return ForkScheduleInvalid(position)
        before = config.fork_schedule[position - 1] if position > 0 else None
        if before and (before.height >= fork.height or before.version >= fork.version):
            return ForkScheduleInvalid(position)
    return None


def _check_unbonding(config: ChainConfig) -> ConfigError | None:
    staking = config.staking
    needed_ms = staking.evidence_age_ms + staking.trusting_ms
    if staking.unbonding_ms > needed_ms:
        return None
    return UnbondingTooShort(staking.unbonding_ms, needed_ms)


def _get_finality(config: ChainConfig) -> tuple[FinalityConfig, int] | None:
    """The finality part of the chain's algorithm and what a slot takes; None if it has none."""
    match config.consensus:
        case HybridConfig(work, finality):
            return finality, work.block_time_ms
        case DposConfig(finality=finality) | PosConfig(finality=finality):
            return finality, config.slot_ms
        case BftConfig() | PowConfig():
            return None


def _check_leak(config: ChainConfig) -> ConfigError | None:
    found = _get_finality(config)
    if found is None:
        return None
    finality, slot_ms = found
    leak_ms = finality.leak_after_epochs * finality.epoch_blocks * slot_ms
    if leak_ms > finality.asynchrony_ms_max:
        return None
    return LeakTooEarly(leak_ms, finality.asynchrony_ms_max)


def _check_round(config: ChainConfig) -> ConfigError | None:
    dpos = config.consensus
    if not isinstance(dpos, DposConfig) or dpos.finality.epoch_blocks >= dpos.seats:
        return None
    return RoundTooShort(dpos.finality.epoch_blocks, dpos.seats)


def _check_test_rules(config: ChainConfig) -> ConfigError | None:
    test_versions = tuple(rules.version for rules in KNOWN_RULES if rules.is_test_only)
    for fork in config.fork_schedule:
        if fork.version in test_versions and not config.is_test_chain:
            return TestRulesScheduled(fork.version)
    return None


CONFIG_CHECKS: tuple[tuple[str, ConfigCheck], ...] = (
    (NameInvalid.code, _check_name),
    (HrpInvalid.code, _check_hrp),
    (OutOfRange.code, _check_ranges),
    (GasTargetInvalid.code, _check_gas_target),
    (BaseFeeInvalid.code, _check_base_fee),
    (TransactionDoesNotFit.code, _check_transaction_size),
    (TransactionDoesNotFit.code, _check_transaction_gas),
    (DriftTooLong.code, _check_drift),
    (ForkScheduleInvalid.code, _check_fork_schedule),
    (TestRulesScheduled.code, _check_test_rules),
    (UnbondingTooShort.code, _check_unbonding),
    (LeakTooEarly.code, _check_leak),
    (RoundTooShort.code, _check_round),
)
"""In order; the first failure is the verdict."""


def _check_time(genesis: Genesis) -> ConfigError | None:
    if genesis.time_ms < TIME_MS_LIMIT:
        return None
    return OutOfRange("time_ms", genesis.time_ms, 0, TIME_MS_LIMIT - 1)


def _check_addresses(genesis: Genesis) -> ConfigError | None:
    holders = tuple(allocation.address for allocation in genesis.allocations)
    operators = tuple(validator.operator for validator in genesis.validators)
    for address in holders + operators:
        if not is_address(address):
            return AddressInvalid(address)
    return None


def _check_allocation_order(genesis: Genesis) -> ConfigError | None:
    before: bytes | None = None
    for position, allocation in enumerate(genesis.allocations):
        if before is not None and allocation.address <= before:
            return AllocationsUnordered(position)
        before = allocation.address
    return None


def _check_allocation_amounts(genesis: Genesis) -> ConfigError | None:
    for position, allocation in enumerate(genesis.allocations):
        if allocation.amount == 0:
            return AllocationZero(position)
    return None


def _check_supply(genesis: Genesis) -> ConfigError | None:
    allocated = sum(allocation.amount for allocation in genesis.allocations)
    allocated += sum(validator.stake for validator in genesis.validators)
    if allocated <= genesis.config.supply_max:
        return None
    return SupplyExceeded(allocated, genesis.config.supply_max)


def _check_validators_exist(genesis: Genesis) -> ConfigError | None:
    return None if genesis.validators else ValidatorsMissing()


def _check_validator_keys(genesis: Genesis) -> ConfigError | None:
    seen: dict[bytes, int] = {}
    for position, validator in enumerate(genesis.validators):
        key = validator.consensus_key
        if key in seen or not is_consensus_key(key):
            return ValidatorKeyInvalid(position)
        seen[key] = position
    return None


def _check_validator_stakes(genesis: Genesis) -> ConfigError | None:
    bond_min = genesis.config.staking.bond_min
    for position, validator in enumerate(genesis.validators):
        if validator.stake < bond_min:
            return ValidatorStakeTooSmall(position, validator.stake, bond_min)
    return None


def _check_operators(genesis: Genesis) -> ConfigError | None:
    counts: dict[bytes, int] = {}
    for validator in genesis.validators:
        count = counts.get(validator.operator, 0) + 1
        counts[validator.operator] = count
    for operator, count in counts.items():
        if count > POSITIONS_MAX:
            return OperatorOverloaded(operator, count, POSITIONS_MAX)
    return None


GENESIS_CHECKS: tuple[tuple[str, GenesisCheck], ...] = (
    (OutOfRange.code, _check_time),
    (AddressInvalid.code, _check_addresses),
    (AllocationsUnordered.code, _check_allocation_order),
    (AllocationZero.code, _check_allocation_amounts),
    (SupplyExceeded.code, _check_supply),
    (ValidatorsMissing.code, _check_validators_exist),
    (ValidatorKeyInvalid.code, _check_validator_keys),
    (ValidatorStakeTooSmall.code, _check_validator_stakes),
    (OperatorOverloaded.code, _check_operators),
)
"""In order, after those on the configuration."""


def compute_config_failures(config: ChainConfig) -> tuple[ConfigError, ...]:
    """Every check that a configuration fails, in the normative order."""
    verdicts = (check(config) for _, check in CONFIG_CHECKS)
    return tuple(verdict for verdict in verdicts if verdict is not None)


def validate_config(config: ChainConfig) -> ConfigError | None:
    """The first relation between parameters that does not hold, None if all do.

    Args:
        config: any configuration whose fields are in their types' ranges.
    """
    for _, check in CONFIG_CHECKS:
        failure = check(config)
        if failure is not None:
            return failure
    return None


def compute_genesis_failures(genesis: Genesis) -> tuple[ConfigError, ...]:
    """Every check that a genesis fails, those of its configuration first."""
    verdicts = (check(genesis) for _, check in GENESIS_CHECKS)
    own = tuple(verdict for verdict in verdicts if verdict is not None)
    return compute_config_failures(genesis.config) + own


def validate_genesis(genesis: Genesis) -> ConfigError | None:
    """The first reason why no chain can start from a genesis, None if one can.

    Args:
        genesis: any genesis whose fields are in their types' ranges.
    """
    failure = validate_config(genesis.config)
    if failure is not None:
        return failure
    for _, check in GENESIS_CHECKS:
        failure = check(genesis)
        if failure is not None:
            return failure
    return None
