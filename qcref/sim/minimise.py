"""Makes a run that breaks a law smaller, as long as it breaks the same law.

First time ends where the law broke, then faults are left out in ever smaller groups, then
byzantine validators behave, then validators go. What is left is the story of the fault.

Source: A. Zeller and R. Hildebrandt, "Simplifying and isolating failure-inducing input" (2002).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from qcref.sim.plan import Crash, Cut, Fault, Partition, Plan, Skew, Weather, count_nodes
from qcref.sim.replay import Run, get_law, replace_faults
from qcref.sim.run import LOOK_MS, Outcome, run_plan

RUNS_MAX = 400
"""Most runs that a minimisation plays."""


class Minimiser:
    """Tries smaller runs and keeps those that break the law."""

    def __init__(self, run: Run, progress: Callable[[int, int], None]) -> None:
        self.run = run
        self.outcome = run_plan(run.setup, run.seed, run.plan)
        self.law = get_law(self.outcome)
        self.tried = 1
        self._progress = progress

    def minimise(self) -> tuple[Run, Outcome]:
        """The smallest run found; the one given, if it breaks no law."""
        if self.law is None:
            return self.run, self.outcome
        before = -1
        while before != self._measure() and self.tried < RUNS_MAX:
            before = self._measure()
            self._shorten()
            self._drop_faults()
            self._shrink_faults()
            self._drop_nodes()
        return self.run, self.outcome

    def _measure(self) -> int:
        plan = self.run.plan
        return len(plan.faults) * TIME_STEPS + plan.faults_ms + self.run.setup.nodes

    def _try(self, run: Run) -> bool:
        """Whether a run breaks the law too; it is kept then."""
        if self.tried >= RUNS_MAX:
            return False
        self.tried += 1
        outcome = run_plan(run.setup, run.seed, run.plan)
        if get_law(outcome) != self.law:
            return False
        self.run, self.outcome = run, outcome
        self._progress(self.tried, len(run.plan.faults))
        return True

    def _shorten(self) -> None:
        """Heals as soon as the law is broken; where nothing moves on, in half the time."""
        plan = self.run.plan
        if self.outcome.safety:
            end_ms = max(LOOK_MS, self.outcome.safety[0].at_ms + 1)
        else:
            end_ms = plan.faults_ms // 2
        if 0 < end_ms < plan.faults_ms:
            self._try(replace(self.run, plan=_cut_time(plan, end_ms)))

    def _drop_faults(self) -> None:
        """Leaves out groups of faults, of half their number, a quarter, down to one."""
        size = max(1, len(self.run.plan.faults) // 2)
        while size >= 1:
            start = 0
            while start < len(self.run.plan.faults):
                faults = self.run.plan.faults
                kept = faults[:start] + faults[start + size :]
                if not self._try(replace_faults(self.run, kept)):
                    start += size
            size //= 2

    def _shrink_faults(self) -> None:
        """Shortens what lasts."""
        for place in range(len(self.run.plan.faults)):
            fault = self.run.plan.faults[place]
            for smaller in _shrink(fault):
                faults = self.run.plan.faults
                if self._try(
                    replace_faults(self.run, (*faults[:place], smaller, *faults[place + 1 :]))
                ):
                    break

    def _drop_nodes(self) -> None:
        """Takes away the last validator, while one is left beside the byzantine ones."""
        setup, plan = self.run.setup, self.run.plan
        if setup.nodes > setup.byzantine + 1:
            smaller = replace(setup, nodes=setup.nodes - 1)
            faults = tuple(_renumber(plan, setup.nodes))
            self._try(Run(smaller, self.run.seed, replace(plan, faults=faults)))


TIME_STEPS = 1_000_000
"""A fault less is worth more than any time."""


def _cut_time(plan: Plan, end_ms: int) -> Plan:
    """The plan up to a time."""
    faults: list[Fault] = []
    for fault in plan.faults:
        match fault:
            case Skew():
                faults.append(fault)
            case Crash() if fault.at_ms < end_ms:
                faults.append(fault)
            case Partition() | Cut() | Weather() if fault.from_ms < end_ms:
                faults.append(replace(fault, to_ms=min(fault.to_ms, end_ms)))
            case _:
                pass
    return replace(plan, faults_ms=end_ms, faults=tuple(faults))


def _shrink(fault: Fault) -> Iterator[Fault]:
    """Smaller forms of a fault, the smallest first."""
    if isinstance(fault, Partition | Cut | Weather):
        length = fault.to_ms - fault.from_ms
        if length > 2 * LOOK_MS:
            middle = fault.from_ms + length // 2
            yield replace(fault, to_ms=middle)
            yield replace(fault, from_ms=middle)
    if isinstance(fault, Crash) and fault.down_ms > 0:
        yield replace(fault, down_ms=0)


def _renumber(plan: Plan, nodes: int) -> Iterator[Fault]:
    """The faults without the last validator; twins behind it move down by one."""
    gone = nodes - 1
    total = count_nodes(nodes, plan.behaviours)

    def move(node: int) -> int:
        return node if node < gone else node - 1

    for fault in plan.faults:
        match fault:
            case Partition(sides=sides) if len(sides) == total:
                yield replace(fault, sides=sides[:gone] + sides[gone + 1 :])
            case Cut() if gone not in (fault.sender, fault.receiver):
                yield replace(fault, sender=move(fault.sender), receiver=move(fault.receiver))
            case Crash() | Skew() if fault.node != gone:
                yield replace(fault, node=move(fault.node))
            case Weather():
                yield fault
            case _:
                pass
