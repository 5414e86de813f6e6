"""Looks for planted faults with what everybody has: vectors, explorer, proofs, simulator.

`python -m tests.spec.consensus.faults.hunt` prints the table of `docs/faults.md`: what finds each.
The vectors are tried on all faults at once, each in a forked child. Those that they miss are looked
for with commands of `qc`, run in a process in which the fault is planted: a fault is found if the
command answers 1, which says that what was tested is wrong, or dies. Faults of stake are looked for
with the vectors of the ledger; light clients have none, for their faults the tests stand.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tests.spec.consensus.faults.plant import install
from tests.spec.consensus.faults.planted import Fault, load_faults
from tests.spec.consensus.faults.survey import find_killer, select_records, warm_up

GOOD = 0
ENVIRONMENT = 2
SEEDS = 40
"""Of each simulation of the slow lane; a release tries 1,000."""
PLANT = (sys.executable, "-m", "tests.spec.consensus.faults.plant")


@dataclass(frozen=True, slots=True)
class Hunt:
    """One way to look."""

    name: str
    command: tuple[str, ...]


def has_records(fault: Fault) -> bool:
    """Whether records of level 6 ask for a fault's module."""
    return fault.module.startswith(("spec.consensus", "spec.chain"))


def get_hunts(fault: Fault, seeds: int = SEEDS) -> Iterator[Hunt]:
    """The ways to look for a fault beside the vectors, the quickest first."""
    plant = (*PLANT, fault.name)
    if fault.module.startswith("spec.light"):
        yield Hunt("tests/spec/light", (*plant, "pytest", "-q", "-x", "tests/spec/light"))
    if fault.module.startswith("spec.ledger"):
        client = " ".join((*plant, "conformance.clients.spec"))
        judge = ("-m", "quantumchain", "conformance", "run", "--suite", "ledger")
        yield Hunt("vectors of the ledger", (sys.executable, *judge, "--client", client))
        yield Hunt("tests/spec/ledger", (*plant, "pytest", "-q", "-x", "tests/spec/ledger"))
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


def has_found(hunt: Hunt) -> bool:
    """Whether this way to look finds the fault."""
    done = subprocess.run(hunt.command, capture_output=True, text=True, check=False)
    assert done.returncode != ENVIRONMENT, f"{hunt.name}: {done.stderr[-2_000:]}"
    return done.returncode != GOOD


def find_by_vectors(faults: Sequence[Fault]) -> Iterator[tuple[Fault, str | None]]:
    """Each fault with the record that finds it, None if none does."""
    records = select_records() if any(map(has_records, faults)) else ()
    warm_up(records)
    for fault in faults:
        yield fault, find_killer(partial(install, fault), records) if has_records(fault) else None


def find_by_tools(fault: Fault, tool: str = "") -> str | None:
    """What else finds a fault first, among the tools whose name begins so; None if nothing does."""
    hunts = (hunt for hunt in get_hunts(fault) if hunt.name.startswith(tool))
    return next((hunt.name for hunt in hunts if has_found(hunt)), None)


def main() -> int:
    """Prints what finds each fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="faults whose name begins with this")
    parser.add_argument("--tool", help="ask only explorer, proofs, simulator, tests, or vectors")
    args = parser.parse_args()
    faults = [f for f in load_faults() if f.name.startswith(args.only) and f.same_as is None]
    if args.tool in (None, "vectors"):
        found = find_by_vectors(faults)
    else:
        found = ((fault, None) for fault in faults if any(get_hunts(fault)))
    for fault, record in found:
        finder = record
        if finder is None and args.tool != "vectors":
            finder = find_by_tools(fault, args.tool or "")
        module = fault.module.removeprefix("spec.")
        sys.stdout.write(f"| {fault.name} | {module} | {finder or '**not found**'} |\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
