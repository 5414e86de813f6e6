"""One seed, one run: faults first, then healing, then the verdict.

Source: CONSENSUS.md 4 (two phases, as in TigerBeetle's simulator); RELIABILITY.md R1 to R4.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from random import Random

from dsl.extension import ExtensionError, is_extension, load_class
from qcref.sim.adversary import BEHAVIOURS, Adversary
from qcref.sim.chains import GENESIS_TIME_MS, Chain, compute_chain
from qcref.sim.checks import Checker, Violation
from qcref.sim.measure import Gauge
from qcref.sim.network import Network
from qcref.sim.plan import Plan, draw_plan
from qcref.sim.profiles import get_profile

FAULTS_MS = 5_000
"""Virtual time of the first phase."""
HEALING_MS = 12_000
"""Longest virtual time of the second, within which every honest node must move on: the leak may
have to shrink the absent first."""
LOOK_MS = 100
"""How often healing is looked at: the run ends when all have moved on."""
TWINS = "twins"
BEHAVIOURS_BY_ALGORITHM = {
    "bft": ("equivocate", "withhold", "replay", "lie"),
    "pos": ("equivocate", "withhold", "replay", "lie"),
    "dpos": ("equivocate", "withhold", "replay", "lie"),
    "hybrid": ("equivocate", "withhold", "replay", "lie", "selfish"),
    "pow": ("selfish", "selfish", "withhold", "replay"),
}
"""What seeds choose from, beside twins, which every other byzantine validator is."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is simulated."""

    algorithm: str
    """A name, or `path.py:Class`."""
    nodes: int
    byzantine: int
    profile: str
    """A name, or the path of a TOML file."""
    adversary: str = ""
    """A behaviour for all byzantine validators, or `path.py:Class`; empty: seeds choose."""
    is_forgetful: bool = False
    """A planted fault: nodes forget their promises in a crash."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a seed."""

    seed: int
    algorithm: str
    events: int
    messages: int
    size_bytes: int
    """Of all messages that were sent."""
    commits: int
    """Height that honest nodes have reached: final where there is finality, else of the head."""
    safety: tuple[Violation, ...]
    """What broke; empty is safe."""
    liveness: bool
    """Whether every honest node moved on after healing."""
    healed_ms: int
    """How long that took; the longest allowed if it did not."""
    reports: int
    """Anomalies that nodes reported."""
    crashes: int
    blocks: int
    """That honest nodes attached."""
    stale: int
    """Of these, not on the chain of the best honest head."""
    reorg_max: int
    latencies_ms: tuple[tuple[int, int], ...] = field(default=())
    """(milliseconds to finality, blocks), ascending."""
    trace_sha256: str = ""


def get_fault_bound(nodes: int) -> int:
    """The most byzantine validators of so many that every algorithm must bear."""
    return (nodes - 1) // 3


@lru_cache(maxsize=16)
def get_chain(algorithm: str, nodes: int) -> Chain:
    """The chain of an algorithm; making it takes longer than many a step."""
    return compute_chain(algorithm, nodes)


def get_adversary(behaviour: str) -> type[Adversary] | None:
    """The class behind a behaviour; None for twins.

    Raises:
        ExtensionError: a class of one's own can't be had, or is no adversary.
    """
    if behaviour == TWINS:
        return None
    if not is_extension(behaviour):
        if behaviour not in BEHAVIOURS:
            known = ", ".join((TWINS, *BEHAVIOURS))
            raise ExtensionError(f"there is no behaviour `{behaviour:.80}`; there are {known}")
        return BEHAVIOURS[behaviour]
    kind = load_class(behaviour)
    if not issubclass(kind, Adversary):
        raise ExtensionError(f"{behaviour} is no subclass of qcref.sim.adversary.Adversary")
    return kind


def draw_run(setup: Setup, seed: int) -> Plan:
    """The plan of a seed: who is byzantine and how, and every fault."""
    rng = Random(f"{seed}/plan")  # noqa: S311  # a seed is a run
    base = get_chain(setup.algorithm, setup.nodes).base
    others = BEHAVIOURS_BY_ALGORITHM[base]
    drawn = tuple(TWINS if rng.randrange(2) else rng.choice(others) for _ in range(setup.byzantine))
    behaviours = (setup.adversary,) * setup.byzantine if setup.adversary else drawn
    return draw_plan(get_profile(setup.profile), setup.nodes, behaviours, FAULTS_MS, rng)


def run_seed(setup: Setup, seed: int) -> Outcome:
    """Simulates one seed; the same seed gives the same outcome, whatever the hash seed."""
    return run_plan(setup, seed, draw_run(setup, seed))


def run_plan(setup: Setup, seed: int, plan: Plan) -> Outcome:
    """Simulates the faults of a plan.

    Args:
        setup: which chain; its profile has done its work.
        seed: of delays and luck.
        plan: what goes wrong.
    """
    network = Network(
        get_chain(setup.algorithm, setup.nodes),
        plan,
        seed,
        tuple(get_adversary(behaviour) for behaviour in plan.behaviours),
        is_forgetful=setup.is_forgetful,
    )
    checker, gauge = Checker(network), Gauge(network)
    network.observers += [checker, gauge]
    network.start()
    network.run(GENESIS_TIME_MS + plan.faults_ms)
    network.heal()
    healed_ms = _heal(network, plan)
    return Outcome(
        seed=seed,
        algorithm=setup.algorithm,
        events=network.events,
        messages=network.links.messages,
        size_bytes=network.links.size_bytes,
        commits=max(_get_heights(network), default=0),
        safety=tuple(checker.violations),
        liveness=healed_ms is not None,
        healed_ms=HEALING_MS if healed_ms is None else healed_ms,
        reports=checker.reports,
        crashes=network.crashes,
        blocks=len(gauge.blocks),
        stale=gauge.count_stale(),
        reorg_max=gauge.reorg_max,
        latencies_ms=tuple(sorted(gauge.latencies_ms.items())),
        trace_sha256=network.trace_sha256,
    )


def _heal(network: Network, plan: Plan) -> int | None:
    """How long it takes until every honest node is above where the best of them was."""
    start = max(_get_heights(network), default=0)
    for healing_ms in range(LOOK_MS, HEALING_MS + LOOK_MS, LOOK_MS):
        network.run(GENESIS_TIME_MS + plan.faults_ms + healing_ms)
        if min(_get_heights(network), default=1) > start:
            return healing_ms
    return None


def _get_heights(network: Network) -> list[int]:
    """How far each honest node is: its final block, or its head where nothing is ever final."""
    heights = []
    for shell in network.shells:
        if shell.is_honest:
            node = shell.node
            mark = node.head if network.chain.base == "pow" else node.final
            heights.append(node.tree[mark].block.header.height)
    return heights
