"""Looks for a planted fault with what everybody has: scenarios, explorer, proofs, simulator.

Each hunt is a command of `qc`, run in a process in which the fault is planted. A fault is found if
the command answers 1, which says that what was tested is wrong, or dies.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from tests.spec.consensus.faults.planted import Fault

GOOD = 0
ENVIRONMENT = 2
SEEDS = 40
"""Of each simulation of the slow lane; a release tries 1,000."""

PACKAGE = "tests.spec.consensus.faults"
PLANT = (sys.executable, "-m", f"{PACKAGE}.plant")


@dataclass(frozen=True, slots=True)
class Hunt:
    """One way to look."""

    name: str
    command: tuple[str, ...]


def get_hunts(fault: Fault, seeds: int = SEEDS) -> Iterator[Hunt]:
    """The ways to look for a fault, the quickest first."""
    plant = (*PLANT, fault.name)
    if fault.module.startswith("spec.light"):
        yield Hunt("tests", (*plant, "pytest", "-q", "-x", "tests/spec/light"))
        return
    yield Hunt("vectors", (*plant, f"{PACKAGE}.play", *_get_suites(fault)))
    if fault.module.endswith(("bft.rounds", "bft.votes", ".quorum")):
        yield Hunt("explorer", (*plant, "quantumchain", "spec", "explore", "bft", "--json"))
    if fault.module.endswith((".quorum", ".ffg", ".difficulty", "bft.state")):
        yield Hunt("proofs", (*plant, "quantumchain", "spec", "prove", "--all", "--json"))
    for algorithm in fault.algorithms:
        for profile, faulty in (("stormy", "1"), ("partitions", "1"), ("crashes", "0")):
            if algorithm == "pow" and faulty != "0":
                continue
            yield Hunt(
                f"simulator {algorithm} {profile}",
                (
                    *(*plant, "quantumchain", "sim", "--algorithm", algorithm, "--nodes", "4"),
                    *("--byzantine", faulty, "--profile", profile),
                    *("--seeds", str(seeds), "--json"),
                ),
            )


def _get_suites(fault: Fault) -> tuple[str, ...]:
    """Prefixes of the records that ask for a fault's module."""
    return ("ledger",) if fault.module.startswith("spec.ledger") else ("consensus",)


def find(fault: Fault, seeds: int = SEEDS) -> str | None:
    """What finds the fault; None if nothing does."""
    for hunt in get_hunts(fault, seeds):
        done = subprocess.run(hunt.command, capture_output=True, text=True, check=False)
        assert done.returncode != ENVIRONMENT, f"{hunt.name}: {done.stderr[-2_000:]}"
        if done.returncode != GOOD:
            return hunt.name
    return None
