"""Ready-made configurations: values of the same types, which nothing else in the tree knows.

`TINY` is small in every number, so that tests and explorers meet each boundary early. `DEVNET` is
what a developer's one-node chain runs.
"""

from spec.config.algorithms import BftConfig
from spec.config.chain import ChainConfig, Fork
from spec.config.staking import StakingConfig

TINY = ChainConfig(
    name=b"tiny",
    hrp=b"qct",
    is_test_chain=True,
    supply_max=10**12,
    block_gas_limit=200_000,
    block_gas_target=20_000,
    base_fee_initial=8,
    base_fee_min=1,
    base_fee_max=1_000,
    base_fee_change_denominator=8,
    block_size_bytes_max=1 << 18,
    block_transactions_max=16,
    transaction_size_bytes_max=10_000,
    slot_ms=10,
    drift_ms_max=3,
    consensus=BftConfig(
        timeout_propose_ms=10,
        timeout_vote_ms=5,
        timeout_delta_ms=5,
        slash_quotient=8,
        missed_heights_max=0,
    ),
    staking=StakingConfig(
        bond_min=1,
        unbonding_ms=100,
        evidence_age_ms=40,
        trusting_ms=50,
        jail_ms=30,
        approvals_max=3,
        operator_share_bps=1_000,
        reporter_share_bps=500,
        releases_max=4,
    ),
    fork_schedule=(Fork(height=0, version=1),),
)

DEVNET = ChainConfig(
    name=b"qc-dev-1",
    hrp=b"qcdev",
    is_test_chain=False,
    supply_max=(1 << 96) - 1,
    block_gas_limit=10_000_000,
    block_gas_target=5_000_000,
    base_fee_initial=10,
    base_fee_min=1,
    base_fee_max=10**12,
    base_fee_change_denominator=8,
    block_size_bytes_max=4_194_304,
    block_transactions_max=4_096,
    transaction_size_bytes_max=524_288,
    slot_ms=1_000,
    drift_ms_max=300,
    consensus=BftConfig(
        timeout_propose_ms=3_000,
        timeout_vote_ms=1_000,
        timeout_delta_ms=500,
        slash_quotient=20,
        missed_heights_max=1_000,
    ),
    staking=StakingConfig(
        bond_min=1,
        unbonding_ms=600_000,
        evidence_age_ms=180_000,
        trusting_ms=360_000,
        jail_ms=60_000,
        approvals_max=0,
        operator_share_bps=1_000,
        reporter_share_bps=500,
        releases_max=256,
    ),
    fork_schedule=(Fork(height=0, version=1),),
)
