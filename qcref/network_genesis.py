"""Development chains of several validators, one for each algorithm: short slots, easy work.

A chain begins when it is made, and that time is kept in its folder. All else is as on a chain with
one node: the same named accounts with the same funds.

Source: CONSENSUS.md 2; UX.md (application developer); decision record 0102.
"""

from dataclasses import replace
from typing import Final

from qcref.accounts import FAUCET, NAMES, VALIDATORS, compute_named_account
from qcref.devnet import COIN, FAUCET_FUNDS, FUNDS
from spec.config import (
    Allocation,
    BftConfig,
    ConsensusConfig,
    DposConfig,
    FinalityConfig,
    Genesis,
    GenesisValidator,
    HybridConfig,
    PosConfig,
    PowConfig,
)
from spec.config.presets import DEVNET

SLOT_MS: Final = 500
BLOCK_MS: Final = 1_000
"""What a BFT block takes at most while nobody sends anything."""
WORK_MS: Final = 500
"""What a block of work should take."""
STAKE: Final = 1_000 * COIN
"""Of each validator."""
HASHES_PER_S: Final = 400
"""What each node tries: little enough that four of them leave a processor its rest."""
EPOCH_BLOCKS_MIN: Final = 4
ALGORITHMS: Final = ("bft", "pos", "dpos", "pow", "hybrid")


def compute_network_genesis(algorithm: str, nodes: int, time_ms: int) -> Genesis:
    """The genesis of a development chain.

    Args:
        algorithm: one of `ALGORITHMS`.
        nodes: at most as many as there are `VALIDATORS`, all of equal stake.
        time_ms: when it begins.
    """
    funds = {compute_named_account(name).address: FUNDS for name in NAMES}
    funds[FAUCET.address] = FAUCET_FUNDS
    return Genesis(
        config=replace(
            DEVNET,
            name=f"qc-dev-{algorithm}".encode("ascii"),
            slot_ms=BLOCK_MS if algorithm == "bft" else SLOT_MS,
            drift_ms_max=SLOT_MS * 3 // 10,
            consensus=_compute_consensus(algorithm, nodes),
            staking=replace(DEVNET.staking, approvals_max=4 if algorithm == "dpos" else 0),
        ),
        time_ms=time_ms,
        allocations=tuple(Allocation(address, funds[address]) for address in sorted(funds)),
        validators=tuple(
            GenesisValidator(account.address, account.key.public_key, STAKE)
            for account in VALIDATORS[:nodes]
        ),
    )


def _compute_consensus(algorithm: str, nodes: int) -> ConsensusConfig:
    finality = FinalityConfig(
        epoch_blocks=max(EPOCH_BLOCKS_MIN, nodes),
        leak_after_epochs=1_024,
        leak_quotient=1 << 16,
        asynchrony_ms_max=600_000,
        reward=COIN // 100,
        slash_quotient=32,
    )
    algorithms: dict[str, ConsensusConfig] = {
        "bft": BftConfig(
            timeout_propose_ms=2 * BLOCK_MS,
            timeout_vote_ms=BLOCK_MS,
            timeout_delta_ms=500,
            slash_quotient=20,
            missed_heights_max=1_000,
        ),
        "pos": PosConfig(finality=finality, boost_percent=40),
        "dpos": DposConfig(
            finality=finality, seats=nodes, producer_reward=COIN // 100, missed_slots_max=120
        ),
        "pow": _compute_work(nodes),
        "hybrid": HybridConfig(work=_compute_work(nodes), finality=finality),
    }
    return algorithms[algorithm]


def _compute_work(nodes: int) -> PowConfig:
    hashes = nodes * HASHES_PER_S * WORK_MS // 1_000
    return PowConfig(
        is_asert=True,
        target_initial=(1 << 256) // hashes,
        target_max=(1 << 256) - 1,
        block_time_ms=WORK_MS,
        half_life_ms=60_000,
        period_blocks=32,
        reward=COIN,
        halving_blocks=1 << 20,
    )
