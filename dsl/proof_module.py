"""The module that is proved: the one that is deployed, and behind it what only properties use.

Behind the functions of the deployed module stand the views of `can` and `check`. Without them (and
without what properties alone need) it is the deployed module, node for node.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dsl import typed
from dsl.source import Source
from dsl.source_map import PlanMap, SourceMap
from spec.ir.linked import LinkedModule


@dataclass(frozen=True, slots=True)
class Proof:
    """What the verifier is given."""

    linked: LinkedModule
    source_map: SourceMap
    plans: tuple[PlanMap, ...] = ()


def list_views(contract: typed.Contract) -> tuple[typed.Function, ...]:
    """The views that stand behind the deployed functions."""
    return tuple(plan.view for plan in contract.plans)


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
