"""The chains that scenarios play on: small numbers, real keys, one genesis an algorithm."""

from dataclasses import replace
from typing import Final

from conformance.scenarios.lab import Lab
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
    validate_genesis,
)
from spec.config.presets import TINY
from spec.crypto.address import compute_key_address
from spec.crypto.hashing import sha256
from spec.crypto.signing import ED25519
from spec.crypto.signing_keys import compute_public_key

GENESIS_TIME_MS: Final = 1_700_000_000_000
PACE_MS: Final = 1_000
"""A slot, and what a mined block should take."""
TARGET: Final = (1 << 254) - 1
"""Of four hashes one meets it: scenarios are mined in a moment."""
EPOCH: Final = 4
"""Slots or blocks of an epoch."""
STAKE: Final = 100
COINS: Final = 10_000_000

FINALITY: Final = FinalityConfig(
    epoch_blocks=EPOCH,
    leak_after_epochs=4,
    leak_quotient=16,
    asynchrony_ms_max=8_000,
    reward=0,
    slash_quotient=4,
)
"""A leak that begins after four epochs and bites at once, so that scenarios stay short."""
WORK: Final = PowConfig(
    is_asert=True,
    target_initial=TARGET,
    target_max=(1 << 256) - 1,
    block_time_ms=PACE_MS,
    half_life_ms=16_000,
    period_blocks=4,
    reward=50,
    halving_blocks=1_000,
)
PERIODS: Final = replace(WORK, is_asert=False)
"""Bitcoin's rule of periods, four blocks each."""
HYBRID: Final = HybridConfig(work=WORK, finality=FINALITY)
POS: Final = PosConfig(finality=FINALITY, boost_percent=40)
DPOS: Final = DposConfig(finality=FINALITY, seats=4, producer_reward=0, missed_slots_max=12)
BFT: Final = BftConfig(
    timeout_propose_ms=300,
    timeout_vote_ms=100,
    timeout_delta_ms=50,
    slash_quotient=20,
    missed_heights_max=0,
)


def make_seed(name: str) -> bytes:
    """The secret of a name, which everybody may know."""
    return sha256(b"qc/scenario", name.encode())


def make_lab(consensus: ConsensusConfig, stakes: tuple[int, ...] = (STAKE,) * 4) -> Lab:
    """A new lab on a chain of this algorithm.

    Args:
        consensus: its parameters.
        stakes: of the validators, each its own operator.
    """
    seeds = tuple(make_seed(f"validator {index}") for index in range(len(stakes)))
    keys = tuple(compute_public_key(ED25519, seed) for seed in seeds)
    operators = tuple(compute_key_address(ED25519, key) for key in keys)
    staking = replace(
        TINY.staking,
        unbonding_ms=400_000,
        evidence_age_ms=100_000,
        trusting_ms=100_000,
        jail_ms=50_000,
    )
    config = replace(
        TINY,
        name=b"scenario",
        slot_ms=PACE_MS,
        drift_ms_max=300,
        consensus=consensus,
        staking=staking,
    )
    genesis = Genesis(
        config=config,
        time_ms=GENESIS_TIME_MS,
        allocations=tuple(Allocation(operator, COINS) for operator in sorted(operators)),
        validators=tuple(
            GenesisValidator(operator, key, stake)
            for operator, key, stake in zip(operators, keys, stakes, strict=True)
        ),
    )
    failure = validate_genesis(genesis)
    assert failure is None, f"scenarios play on sound chains: {failure}"
    return Lab(genesis, seeds, PACE_MS)
