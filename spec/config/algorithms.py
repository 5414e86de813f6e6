"""The parameters of each consensus algorithm; which class a chain has says which algorithm it runs.

New algorithms are added at the end of the union, so that encodings stay. Times are in ms.

Source: CONSENSUS.md 1, 2; INTERFACE.md 7; FFG.md 5, 6; decision record 0072.
"""

from dataclasses import dataclass

from spec.lib.ssz import Boolean, Container, Uint, Union


@dataclass(frozen=True, slots=True)
class BftConfig:
    """BFT: the timeouts of a round, and what an offence or a long silence costs.

    Each round waits `timeout_delta_ms` longer than the one before it, so that rounds outlast any
    constant network delay in the end (arXiv 1807.04938, section III).
    """

    timeout_propose_ms: int
    """How long a node waits for a proposal in round 0."""
    timeout_vote_ms: int
    """How long a node waits, in round 0, once more than two thirds voted without agreeing."""
    timeout_delta_ms: int
    """What is added to both for each further round."""
    slash_quotient: int
    """A convicted validator loses at least its stake // quotient."""
    missed_heights_max: int
    """Commits in a row without a validator's vote after which it is jailed; 0: nobody is. Commits
    hold the votes that came first, so this must be long."""


@dataclass(frozen=True, slots=True)
class PowConfig:
    """PoW: how targets follow the blocks, and what a block earns."""

    is_asert: bool
    """ASERT if true, else Bitcoin's rule of periods."""
    target_initial: int
    """Of the first block."""
    target_max: int
    """The easiest."""
    block_time_ms: int
    """What a block should take."""
    half_life_ms: int
    """ASERT: lag that doubles the target. Bitcoin's rule: unused, but at least 1."""
    period_blocks: int
    """Bitcoin's rule: blocks of a period. ASERT: unused, but at least 2."""
    reward: int
    """Base units a block earns at first."""
    halving_blocks: int
    """Blocks after which the reward is halved."""


@dataclass(frozen=True, slots=True)
class FinalityConfig:
    """Casper FFG with rule G, and its inactivity leak: what PoS, DPoS and Hybrid share."""

    epoch_blocks: int
    """Slots of an epoch (PoS, DPoS: a round of the schedule), or blocks (Hybrid)."""
    leak_after_epochs: int
    """Closed epochs without finality after which absent members lose weight."""
    leak_quotient: int
    """An absent member of score s loses max(1, weight * s // quotient) each epoch."""
    asynchrony_ms_max: int
    """The longest partition that agreement is promised for: the leak must not begin within it."""
    reward: int
    """Base units of an epoch, shared by weight: who voted in time gets its part, rounded down."""
    slash_quotient: int
    """A convicted member loses at least its stake // quotient."""


@dataclass(frozen=True, slots=True)
class HybridConfig:
    """Hybrid: proof of work proposes, FFG over its checkpoints finalises."""

    work: PowConfig
    finality: FinalityConfig


@dataclass(frozen=True, slots=True)
class DposConfig:
    """DPoS: an elected schedule of equal delegates."""

    finality: FinalityConfig
    seats: int
    """Delegates elected at a promotion; each owns a slot of a round, so at most `epoch_blocks`."""
    producer_reward: int
    """Base units a block earns."""
    missed_slots_max: int
    """Missed slots in a row after which a delegate is jailed."""


@dataclass(frozen=True, slots=True)
class PosConfig:
    """PoS: Gasper, small."""

    finality: FinalityConfig
    boost_percent: int
    """Weight, in percent of a slot's committee, that a timely block of the current slot gets."""


ConsensusConfig = BftConfig | PowConfig | HybridConfig | DposConfig | PosConfig
"""The parameters of the chain's one algorithm."""

BFT_CONFIG = Container(
    BftConfig,
    (
        ("timeout_propose_ms", Uint(64)),
        ("timeout_vote_ms", Uint(64)),
        ("timeout_delta_ms", Uint(64)),
        ("slash_quotient", Uint(64)),
        ("missed_heights_max", Uint(64)),
    ),
)
POW_CONFIG = Container(
    PowConfig,
    (
        ("is_asert", Boolean()),
        ("target_initial", Uint(256)),
        ("target_max", Uint(256)),
        ("block_time_ms", Uint(64)),
        ("half_life_ms", Uint(64)),
        ("period_blocks", Uint(64)),
        ("reward", Uint(128)),
        ("halving_blocks", Uint(64)),
    ),
)
FINALITY_CONFIG = Container(
    FinalityConfig,
    (
        ("epoch_blocks", Uint(64)),
        ("leak_after_epochs", Uint(64)),
        ("leak_quotient", Uint(64)),
        ("asynchrony_ms_max", Uint(64)),
        ("reward", Uint(128)),
        ("slash_quotient", Uint(64)),
    ),
)
HYBRID_CONFIG = Container(HybridConfig, (("work", POW_CONFIG), ("finality", FINALITY_CONFIG)))
DPOS_CONFIG = Container(
    DposConfig,
    (
        ("finality", FINALITY_CONFIG),
        ("seats", Uint(64)),
        ("producer_reward", Uint(128)),
        ("missed_slots_max", Uint(64)),
    ),
)
POS_CONFIG = Container(PosConfig, (("finality", FINALITY_CONFIG), ("boost_percent", Uint(64))))
CONSENSUS_CONFIG: Union[ConsensusConfig] = Union(
    (
        (BftConfig, BFT_CONFIG),
        (PowConfig, POW_CONFIG),
        (HybridConfig, HYBRID_CONFIG),
        (DposConfig, DPOS_CONFIG),
        (PosConfig, POS_CONFIG),
    )
)
