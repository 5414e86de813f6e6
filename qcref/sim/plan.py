"""The faults of one run as data, drawn from a seed before the run begins.

Because faults are a list and not decisions made on the way, a run can be told as a story, kept in a
file, played again, and made smaller by leaving faults out (`minimise.py`).

Source: CONSENSUS.md 4; A. Zeller and R. Hildebrandt, "Simplifying and isolating failure-inducing
input" (2002).
"""

from dataclasses import dataclass
from random import Random

from qcref.sim.profiles import Profile

INTERVAL_MS = 1_000
"""How often the network's shape and weather are drawn anew."""
PARTITION_INTERVALS_MAX = 3
"""How long a partition lasts at most; validators' patience outlasts all of a run's."""
DOWN_MS_MAX = 1_000
"""How long a crashed node stays down at most."""
EFFECTS_MAX = 64
"""More effects than a step has: the index wraps."""


@dataclass(frozen=True, slots=True)
class Partition:
    """The network is cut in two."""

    from_ms: int
    to_ms: int
    sides: tuple[int, ...]
    """0 or 1 by node; twins are nodes of their own, behind the validators."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One link carries nothing in one direction."""

    from_ms: int
    to_ms: int
    sender: int
    receiver: int


@dataclass(frozen=True, slots=True)
class Weather:
    """Messages are lost, doubled and overtaken."""

    from_ms: int
    to_ms: int
    loss_percent: int
    duplicate_percent: int
    reorder_percent: int


@dataclass(frozen=True, slots=True)
class Crash:
    """A node stops among the effects of its next step and wakes up from its log."""

    at_ms: int
    node: int
    effect: int
    """How many effects are carried out, modulo their number."""
    down_ms: int
    is_torn: bool
    """It waits for a step that writes to the log, and stops in the middle of that write."""


@dataclass(frozen=True, slots=True)
class Skew:
    """A node's clock is wrong."""

    node: int
    skew_ms: int


Fault = Partition | Cut | Weather | Crash | Skew


@dataclass(frozen=True, slots=True)
class Plan:
    """All that goes wrong in a run."""

    behaviours: tuple[str, ...]
    """Of the byzantine validators 0, 1, …"""
    delay_ms: tuple[int, int]
    faults_ms: int
    """When the first phase ends and the network heals."""
    faults: tuple[Fault, ...]


def count_nodes(nodes: int, behaviours: tuple[str, ...]) -> int:
    """Validators, and a second node for each pair of twins."""
    return nodes + behaviours.count("twins")


def draw_plan(
    profile: Profile, nodes: int, behaviours: tuple[str, ...], faults_ms: int, rng: Random
) -> Plan:
    """The faults of one seed.

    Args:
        profile: how hard they are.
        nodes: validators.
        behaviours: of the byzantine ones, which are the first.
        faults_ms: length of the first phase.
        rng: of the seed.
    """
    total = count_nodes(nodes, behaviours)
    faults: list[Fault] = []
    if profile.skew_ms:
        faults += [
            Skew(node, rng.randint(-profile.skew_ms, profile.skew_ms)) for node in range(total)
        ]
    faults += _draw_partitions(profile, total, _pair_twins(nodes, behaviours), faults_ms, rng)
    for from_ms in range(0, faults_ms, INTERVAL_MS):
        to_ms = min(from_ms + INTERVAL_MS, faults_ms)
        faults += _draw_network(profile, total, (from_ms, to_ms), rng)
        for node in range(len(behaviours), nodes):
            if rng.randrange(100) < profile.crash_percent:
                at_ms, down_ms = rng.randrange(from_ms, to_ms), rng.randint(0, DOWN_MS_MAX)
                effect, is_torn = rng.randrange(EFFECTS_MAX), rng.randrange(2) == 1
                faults.append(Crash(at_ms, node, effect, down_ms, is_torn))
    return Plan(behaviours, profile.delay_ms, faults_ms, tuple(faults))


def _pair_twins(nodes: int, behaviours: tuple[str, ...]) -> dict[int, int]:
    """The second node of each pair of twins, to the first."""
    twins = [v for v, behaviour in enumerate(behaviours) if behaviour == "twins"]
    return {nodes + place: validator for place, validator in enumerate(twins)}


def _draw_partitions(
    profile: Profile, total: int, twins: dict[int, int], faults_ms: int, rng: Random
) -> list[Fault]:
    """One at a time, of one to a few intervals: finality by votes takes more than one."""
    faults: list[Fault] = []
    from_ms = 0
    while from_ms < faults_ms:
        length_ms = INTERVAL_MS * rng.randint(1, PARTITION_INTERVALS_MAX)
        to_ms = min(from_ms + length_ms, faults_ms)
        if rng.randrange(100) < profile.partition_percent:
            faults.append(Partition(from_ms, to_ms, _draw_sides(total, twins, rng)))
            from_ms = to_ms
        else:
            from_ms += INTERVAL_MS
    return faults


def _draw_sides(total: int, twins: dict[int, int], rng: Random) -> tuple[int, ...]:
    """Half the partitions are aligned: twins stand apart and the others are halved.

    Each side may then have a quorum's half, which chance alone hardly finds.
    """
    if not twins or rng.randrange(2):
        return tuple(rng.randrange(2) for _ in range(total))
    sides = [0] * total
    paired = {*twins, *twins.values()}
    others = [node for node in range(total) if node not in paired]
    rng.shuffle(others)
    for place, node in enumerate(others):
        sides[node] = place % 2
    for second, first in twins.items():
        sides[first] = rng.randrange(2)
        sides[second] = 1 - sides[first]
    return tuple(sides)


def _draw_network(
    profile: Profile, total: int, window: tuple[int, int], rng: Random
) -> list[Fault]:
    """What else is wrong with the network in one interval."""
    faults: list[Fault] = []
    if rng.randrange(100) < profile.cut_percent and total > 1:
        faults.append(Cut(*window, *rng.sample(range(total), 2)))
    greatest = (profile.loss_percent, profile.duplicate_percent, profile.reorder_percent)
    if any(greatest):
        faults.append(Weather(*window, *(rng.randint(0, percent) for percent in greatest)))
    return faults
