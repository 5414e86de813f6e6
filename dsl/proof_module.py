"""The module that is proved: the one that is deployed, and behind it what only properties use.

Behind the functions of the deployed module stand the views of `can`, `check` and of what trusted
interfaces ensure, behind its cells the ghosts, and in its functions the nodes that assign them.
Without these it is what is deployed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dsl import typed
from dsl.source import Source
from dsl.source_map import PlanMap, SourceMap, TrustMap
from spec.ir.linked import LinkedModule


@dataclass(frozen=True, slots=True)
class Ghosts:
    """What proofs know beyond what is deployed: cells, nodes inside functions, and trust."""

    cells: frozenset[int] = frozenset()
    nodes: tuple[frozenset[int], ...] = ()
    """For each function the nodes that only assign ghosts."""
    trusts: tuple[TrustMap, ...] = ()
    """What is assumed of calls through trusted interfaces."""

    def get_nodes(self, function: int) -> frozenset[int]:
        """Those of one function; none if there is no such function."""
        return self.nodes[function] if 0 <= function < len(self.nodes) else frozenset()


NO_GHOSTS = Ghosts()
"""Of a contract that has none."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the verifier is given."""

    linked: LinkedModule
    source_map: SourceMap
    plans: tuple[PlanMap, ...] = ()
    ghosts: Ghosts = NO_GHOSTS


def list_views(contract: typed.Contract) -> tuple[typed.Function, ...]:
    """The views that stand behind the deployed functions."""
    plans = tuple(plan.view for plan in contract.plans)
    return (*plans, *(trust.view for trust in contract.trusts))


def list_ghosts(contract: typed.Contract) -> frozenset[int]:
    """The numbers of the ghost cells."""
    return frozenset(number for number, cell in enumerate(contract.cells) if cell.ghost)


def map_plans(source: Source, contract: typed.Contract) -> tuple[PlanMap, ...]:
    """The plans, their functions by number."""
    entries: Sequence[typed.Function] = [
        each for each in contract.functions if each.kind != "function"
    ]
    numbers = {each.name: number for number, each in enumerate(entries)}
    return tuple(
        PlanMap(
            plan.name,
            plan.text,
            source.locate(plan.span),
            len(entries) + position,
            tuple(numbers[name] for name in plan.left),
            tuple(numbers[name] for name in plan.right),
            plan.is_check,
        )
        for position, plan in enumerate(contract.plans)
    )


def map_trusts(
    source: Source, contract: typed.Contract, source_map: SourceMap
) -> tuple[TrustMap, ...]:
    """What trusted interfaces ensure, in the numbers of the proved module."""
    first = len(source_map.functions) - len(contract.trusts)
    numbers = {each.name: number for number, each in enumerate(source_map.interfaces)}
    members = {each.name: each.members for each in contract.interfaces}
    return tuple(
        TrustMap(
            numbers.get(trust.interface, -1),
            f"{trust.interface}.{members[trust.interface][trust.member].name}",
            trust.member,
            trust.text,
            source.locate(trust.span),
            first + position,
            trust.binder_count,
            tuple((each.member, each.is_old) for each in trust.applications),
        )
        for position, trust in enumerate(contract.trusts)
    )
