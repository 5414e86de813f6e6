"""One seed, one run: faults first, then healing, then the verdict.

Source: CONSENSUS.md 4 (two phases, as in TigerBeetle's simulator); RELIABILITY.md R1 to R4.
"""

from dataclasses import dataclass

from qcref.sim.chains import GENESIS_TIME_MS
from qcref.sim.checks import Checker, Violation
from qcref.sim.network import Network
from qcref.sim.profiles import PROFILES

FAULTS_MS = 6_000
"""Virtual time of the first phase."""
HEALING_MS = 4_000
"""Virtual time of the second, within which there must be progress."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is simulated."""

    algorithm: str
    nodes: int
    byzantine: int
    profile: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a seed."""

    seed: int
    algorithm: str
    events: int
    messages: int
    commits: int
    """Height that honest nodes have reached: final where there is finality, else of the head."""
    safety: tuple[Violation, ...]
    """What broke; empty is safe."""
    liveness: bool
    """Whether honest nodes moved on after healing."""
    reports: int
    """Anomalies that nodes reported."""
    trace_sha256: str


def run_seed(setup: Setup, seed: int) -> Outcome:
    """Simulates one seed; the same seed gives the same outcome, whatever the hash seed."""
    network = Network(setup.algorithm, setup.nodes, setup.byzantine, seed, PROFILES[setup.profile])
    checker = Checker(network)
    network.observers.append(checker)
    network.start()
    network.run(GENESIS_TIME_MS + FAULTS_MS)
    before = _get_progress(network, checker)
    network.heal()
    network.run(GENESIS_TIME_MS + FAULTS_MS + HEALING_MS)
    after = _get_progress(network, checker)
    return Outcome(
        seed=seed,
        algorithm=setup.algorithm,
        events=network.events,
        messages=network.messages,
        commits=after,
        safety=tuple(checker.violations),
        liveness=after > before,
        reports=checker.reports,
        trace_sha256=network.trace_sha256,
    )


def _get_progress(network: Network, checker: Checker) -> int:
    if checker.finals:
        return max(checker.finals)
    heads = [s.node.tree[s.node.head].block.header.height for s in network.shells if s.is_honest]
    return min(heads)
