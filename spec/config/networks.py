"""Development chains of several validators, one an algorithm: short slots, easy work.

What `qc devnet --nodes N --algorithm A` runs, and `qc spec show` prints as the parameters' values.
They are presets: a chain's founders choose their own.

Source: CONSENSUS.md 2; UX.md (application developer); decision record 0102.
"""

from dataclasses import replace

from spec.config.algorithms import (
    BftConfig,
    ConsensusConfig,
    DposConfig,
    FinalityConfig,
    HybridConfig,
    PosConfig,
    PowConfig,
)
from spec.config.chain import ChainConfig
from spec.config.presets import DEVNET

COIN = 10**9
"""Base units of one coin, as people count."""
SLOT_MS = 500
BLOCK_MS = 1_000
"""What a BFT block takes at most while nobody sends anything."""
WORK_MS = 500
"""What a block of work should take."""
HASHES_PER_S = 400
"""What each node tries: little enough that four of them leave a processor its rest."""
EPOCH_BLOCKS_MIN = 4
ALGORITHMS = ("bft", "pos", "dpos", "pow", "hybrid")


def compute_network_config(algorithm: str, nodes: int) -> ChainConfig:
    """The configuration of a development chain.

    Args:
        algorithm: one of `ALGORITHMS`.
        nodes: validators, at least 1.
    """
    return replace(
        DEVNET,
        name=f"qc-dev-{algorithm}".encode("ascii"),
        slot_ms=BLOCK_MS if algorithm == "bft" else SLOT_MS,
        drift_ms_max=SLOT_MS * 3 // 10,
        consensus=_compute_consensus(algorithm, nodes),
        staking=replace(DEVNET.staking, approvals_max=4 if algorithm == "dpos" else 0),
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
