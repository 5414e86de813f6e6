"""How often a payment on a PoW chain is taken back: raced by real nodes, and predicted.

A merchant waits until the payment is `depth` blocks deep. An attacker with a share q of the hash
power mines in secret from the block before the payment, and publishes when its chain is longer and
the merchant has waited long enough; it gives up when it is `GIVE_UP` blocks behind. Difficulty is
constant while the race lasts, so the longest chain has the most work.

The prediction is `qcref.core.reversal`'s, exact. So is the interval of Clopper and Pearson (1934)
around what was measured, on a grid of ten-thousandths, rounded outwards.
"""

from collections import deque
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from random import Random

from qcref.core.mining import find_nonce
from qcref.core.reversal import compute_reversal_probability
from qcref.sim.chains import ALGORITHMS, GENESIS_TIME_MS, build_block, compute_genesis, verify
from spec.chain import (
    AnyEntry,
    AnyNodeConfig,
    AnyNodeState,
    compute_genesis_anchor,
    compute_node_config,
    init,
    step,
)
from spec.config import PowConfig
from spec.consensus.interface import (
    Broadcast,
    Build,
    Built,
    Execute,
    Executed,
    Input,
    Mine,
    Mined,
    Received,
    Restart,
    Source,
    Tick,
)
from spec.ledger.types import Block
from spec.lib.result import Ok

GIVE_UP = 16
"""An attacker so many blocks behind gives up; deeper than any payment here."""
BLOCKS_MAX = 10_000
"""More blocks than a race has: both ends are a few dozen steps away."""
GRID = 10_000
"""Intervals are in ten-thousandths."""
TAIL = 200
"""One in so many on each side lies outside: an interval of 99 %."""
PERCENT = 100
NODE_LEAD = 1
"""A node keeps the chain that it saw first, unless another has more work."""


@dataclass(frozen=True, slots=True)
class Race:
    """An attack."""

    share_percent: int
    """The attacker's part of the hash power."""
    depth: int
    """How deep the merchant waits for; below `GIVE_UP`."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """Races and their prediction."""

    race: Race
    trials: int
    reversed: int
    low: int
    """Of the 99 % interval, in ten-thousandths."""
    high: int
    predicted: Fraction
    unlimited: Fraction
    """The prediction for an attacker that never gives up."""

    @property
    def is_predicted(self) -> bool:
        """Whether the prediction lies in the interval."""
        return Fraction(self.low, GRID) <= self.predicted <= Fraction(self.high, GRID)


class Miner:
    """A real node that mines alone."""

    def __init__(self, config: AnyNodeConfig, anchor: AnyEntry) -> None:
        self.config = config
        self.node: AnyNodeState = init(config, anchor)
        self.found: list[Block] = []
        self._view = anchor.view
        self._template: Mine | None = None

    def feed(self, event: Input) -> None:
        """Gives the node an input, and at once what answers its effects."""
        waiting = deque([event])
        while waiting:
            self.node, effects = step(self.config, self.node, waiting.popleft())
            for effect in effects:
                match effect:
                    case Build(tag=tag):
                        waiting.append(Built(build_block(effect), tag))
                    case Execute(block_id, _, _):
                        waiting.append(Executed(block_id, Ok(self._view)))
                    case Mine():
                        self._template = effect
                    case Broadcast(message) if isinstance(message, Block):
                        self.found.append(message)
                    case _:
                        pass

    def mine(self, now_ms: int) -> None:
        """The node finds its next block."""
        self.feed(Tick(now_ms))
        assert self._template is not None, "a miner has a template"
        self.feed(Mined(find_nonce(self._template.block, self._template.target)))


def run_race(race: Race, seed: int) -> bool:
    """Whether one attack ends with the merchant's node on the attacker's chain."""
    rng = Random(f"{seed}/race/{race.share_percent}/{race.depth}")  # noqa: S311  # a seed is a run
    (public_config, anchor), (secret_config, _) = _get_start(0), _get_start(1)
    public, secret = Miner(public_config, anchor), Miner(secret_config, anchor)
    now_ms = GENESIS_TIME_MS + 1
    for miner in (public, secret):
        miner.feed(Restart(now_ms, ()))
    for _ in range(BLOCKS_MAX):
        now_ms += 1_000
        (secret if rng.randrange(PERCENT) < race.share_percent else public).mine(now_ms)
        honest, attacking = len(public.found), len(secret.found)
        if honest - attacking >= GIVE_UP:
            return False
        if honest >= race.depth and attacking > honest:
            public.feed(Tick(now_ms))
            for block in secret.found:
                public.feed(Received(Source(b"\x01"), block))
            return public.node.head == secret.node.head
    return False


@lru_cache(maxsize=2)
def _get_start(validator: int) -> tuple[AnyNodeConfig, AnyEntry]:
    """A PoW chain whose every hash is a block: the race alone decides who finds one."""
    genesis = compute_genesis("pow", 2)
    work = ALGORITHMS["pow"]
    assert isinstance(work, PowConfig), "the PoW chain has its parameters"
    easiest = (1 << 256) - 1
    constant = replace(
        work,
        is_asert=False,
        target_initial=easiest,
        target_max=easiest,
        period_blocks=2 * BLOCKS_MAX,
    )
    genesis = replace(genesis, config=replace(genesis.config, consensus=constant))
    config = compute_node_config(genesis, validator, verify)
    anchor, _ = compute_genesis_anchor(config, genesis)
    return config, anchor


def compute_reversal(race: Race, trials: int, reversed_count: int) -> Reversal:
    """What was measured beside what was predicted."""
    low, high = compute_interval(reversed_count, trials)
    return Reversal(
        race,
        trials,
        reversed_count,
        low,
        high,
        compute_probability(race, GIVE_UP),
        compute_probability(race, None),
    )


def compute_probability(race: Race, give_up: int | None) -> Fraction:
    """That the payment is taken back, exactly.

    Args:
        race: shares below 100 percent.
        give_up: how many blocks behind the attacker stops; None for never.
    """
    return Fraction(
        *compute_reversal_probability(race.share_percent, race.depth, NODE_LEAD, give_up)
    )


def compute_interval(successes: int, trials: int) -> tuple[int, int]:
    """The 99 % interval for a probability, in ten-thousandths, rounded outwards."""
    low, high = 0, GRID
    if successes > 0:
        low = _bisect(successes - 1, trials)
    if successes < trials:
        high = GRID - _bisect(trials - successes - 1, trials)
    return low, high


def _bisect(count: int, trials: int) -> int:
    """The greatest grid point at which more than `count` successes are a chance of 1 in `TAIL`."""
    whole: int = GRID**trials
    low, high = 0, GRID
    while high - low > 1:
        middle = (low + high) // 2
        is_rare = TAIL * _compute_tail(count, trials, middle) <= whole
        low, high = (middle, high) if is_rare else (low, middle)
    return low


def _compute_tail(count: int, trials: int, point: int) -> int:
    """P(X > count) times GRID^trials, for X binomial of so many trials at point / GRID."""
    whole: int = GRID**trials
    term: int = (GRID - point) ** trials
    total = term
    for j in range(count):
        term = term * (trials - j) * point // ((j + 1) * (GRID - point))
        total += term
    return whole - total
