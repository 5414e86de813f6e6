"""Many seeds on many processes, in an order that does not depend on which process is faster.

A campaign over all algorithms also asks where each breaks: with how many byzantine validators
(twins, partitions), at which share of the hash power (races); and it plants one fault, the canary,
to see that the checkers would have found one.

Source: CONSENSUS.md 4; RELIABILITY.md R1 to R3.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from qcref.sim.race import Race, Reversal, compute_reversal, run_race
from qcref.sim.run import TWINS, Outcome, Setup, get_fault_bound, run_seed

CHUNK = 4
"""Seeds that a process takes at once."""
HUNT_SEEDS_MAX = 200
"""Where a break is sought: no further seed than this."""
CURVE_SEEDS_MAX = 20
"""Seeds for each point of the curve of broken runs; as many as the campaign has, but no more."""
CURVE_RACES_MAX = 200
RACES_MAX = 2_000
RACE_SHARE_PERCENT = 30
RACE_DEPTHS = (1, 2, 3, 6)
CURVE_SHARES = (10, 15, 20, 25, 30, 35, 40, 45, 50)
CURVE_DEPTH = 6
BREAK_ONE_IN = 10
"""A PoW chain counts as broken at the first share that takes back one payment in so many."""
CANARY = Setup("bft", 4, 1, "crashes", is_forgetful=True)
"""The rule that promises survive a crash, removed."""

Progress = Callable[[str, int, int], None]
"""(what, done, of how many)"""


@dataclass
class Tally:
    """What the runs of one setup add up to."""

    setup: Setup
    runs: int = 0
    unsafe: int = 0
    first_unsafe: tuple[int, str] | None = None
    """Seed and law."""
    healed: int = 0
    first_stuck: int | None = None
    """Seed of the first run that did not heal."""
    healed_ms_max: int = 0
    events: int = 0
    commits: int = 0
    blocks: int = 0
    stale: int = 0
    reorg_max: int = 0
    messages: int = 0
    size_bytes: int = 0
    reports: int = 0
    crashes: int = 0
    latencies_ms: Counter[int] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """One more run."""
        self.runs += 1
        if outcome.safety:
            self.unsafe += 1
            self.first_unsafe = self.first_unsafe or (outcome.seed, outcome.safety[0].law)
        if outcome.liveness:
            self.healed += 1
        elif self.first_stuck is None:
            self.first_stuck = outcome.seed
        self.healed_ms_max = max(self.healed_ms_max, outcome.healed_ms)
        self.reorg_max = max(self.reorg_max, outcome.reorg_max)
        for name in ("events", "commits", "blocks", "stale", "messages", "size_bytes"):
            setattr(self, name, getattr(self, name) + getattr(outcome, name))
        self.reports += outcome.reports
        self.crashes += outcome.crashes
        self.latencies_ms.update(dict(outcome.latencies_ms))

    def get_latency(self, percent: int) -> int | None:
        """The latency (ms) that so many percent of the final blocks did not exceed."""
        total = sum(self.latencies_ms.values())
        reached = 0
        for latency_ms, count in sorted(self.latencies_ms.items()):
            reached += count
            if reached * 100 >= total * percent:
                return latency_ms
        return None


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a curve: how much breaks at a share of the adversary."""

    share_percent: int
    """Of the validators, rounded down, or of the hash power."""
    byzantine: int
    """Validators; 0 where the share is of hash power."""
    broken: int
    runs: int
    first_seed: int | None
    """Of the runs that broke."""


@dataclass(frozen=True, slots=True)
class Table:
    """All that a campaign over algorithms measured."""

    nodes: int
    profile: str
    first_seed: int
    tallies: tuple[Tally, ...]
    curves: dict[str, tuple[Point, ...]]
    reversals: tuple[Reversal, ...]
    canary: int | None
    """The seed that found the planted fault."""

    @property
    def is_good(self) -> bool:
        """No law broke, all healed; with curves: PoW as predicted, the canary found."""
        return (
            all(t.unsafe == 0 and t.healed == t.runs for t in self.tallies)
            and all(reversal.is_predicted for reversal in self.reversals)
            and (self.canary is not None or not self.curves)
        )


def play(
    pool: Executor, setup: Setup, seeds: Iterable[int], progress: Progress
) -> Iterator[Outcome]:
    """Outcomes in the order of the seeds."""
    chosen = list(seeds)
    results = pool.map(partial(run_seed, setup), chosen, chunksize=CHUNK)
    for done, outcome in enumerate(results, start=1):
        progress(setup.algorithm, done, len(chosen))
        yield outcome


def open_pool(jobs: int) -> ProcessPoolExecutor:
    """Worker processes."""
    return ProcessPoolExecutor(jobs)


def compute_curves(
    pool: Executor, algorithms: Iterable[str], nodes: int, seeds: range, progress: Progress
) -> dict[str, tuple[Point, ...]]:
    """Where each algorithm breaks."""
    curves = {}
    for algorithm in algorithms:
        if algorithm == "pow":
            curves[algorithm] = _compute_race_curve(pool, seeds, progress)
        else:
            curves[algorithm] = _compute_curve(pool, (algorithm, nodes), seeds, progress)
    return curves


def _compute_curve(
    pool: Executor, chain: tuple[str, int], seeds: range, progress: Progress
) -> tuple[Point, ...]:
    """Broken runs by the number of twins, as long as two honest nodes are left to disagree."""
    algorithm, nodes = chain
    points = []
    for byzantine in range(nodes - 1):
        setup = Setup(algorithm, nodes, byzantine, "partitions", adversary=TWINS)
        chosen = seeds[:CURVE_SEEDS_MAX]
        broken = [o.seed for o in play(pool, setup, chosen, progress) if o.safety]
        first = broken[0] if broken else None
        if first is None and byzantine > get_fault_bound(nodes):
            first = find_break(pool, setup, _extend(seeds, len(chosen)), progress)
        points.append(Point(byzantine * 100 // nodes, byzantine, len(broken), len(chosen), first))
    return tuple(points)


def _extend(seeds: range, start: int) -> range:
    """The seeds behind those of the curve, as far as a hunt goes."""
    return range(seeds.start + start, seeds.start + HUNT_SEEDS_MAX)


def find_break(pool: Executor, setup: Setup, seeds: range, progress: Progress) -> int | None:
    """The first seed in which a law breaks, or a network does not heal."""
    for start in range(seeds.start, seeds.stop, CURVE_SEEDS_MAX):
        part = range(start, min(start + CURVE_SEEDS_MAX, seeds.stop))
        for outcome in play(pool, setup, part, progress):
            if outcome.safety or not outcome.liveness:
                return outcome.seed
    return None


def _compute_race_curve(pool: Executor, seeds: range, progress: Progress) -> tuple[Point, ...]:
    points = []
    for share in CURVE_SHARES:
        race = Race(share, CURVE_DEPTH)
        chosen = seeds[:CURVE_RACES_MAX]
        won = [seed for seed, is_won in _run_races(pool, race, chosen, progress) if is_won]
        points.append(Point(share, 0, len(won), len(chosen), won[0] if won else None))
    return tuple(points)


def measure_reversals(pool: Executor, seeds: range, progress: Progress) -> tuple[Reversal, ...]:
    """The probability that a payment is taken back, by depth."""
    reversals = []
    for depth in RACE_DEPTHS:
        race = Race(RACE_SHARE_PERCENT, depth)
        won = [is_won for _, is_won in _run_races(pool, race, seeds[:RACES_MAX], progress)]
        reversals.append(compute_reversal(race, len(won), sum(won)))
    return tuple(reversals)


def _run_races(
    pool: Executor, race: Race, seeds: range, progress: Progress
) -> Iterator[tuple[int, bool]]:
    results = pool.map(partial(run_race, race), seeds, chunksize=32)
    for done, (seed, is_won) in enumerate(zip(seeds, results, strict=True), start=1):
        progress(f"pow race {race.share_percent} % at depth {race.depth}", done, len(seeds))
        yield seed, is_won


def get_break(algorithm: str, points: tuple[Point, ...]) -> Point | None:
    """The first point of a curve that counts as broken."""
    for point in points:
        if algorithm == "pow":
            if point.broken * BREAK_ONE_IN > point.runs:
                return point
        elif point.first_seed is not None:
            return point
    return None


def find_canary(pool: Executor, first_seed: int, progress: Progress) -> int | None:
    """The first seed that finds the planted fault."""
    seeds = range(first_seed, first_seed + HUNT_SEEDS_MAX)
    return find_break(pool, CANARY, seeds, progress)
