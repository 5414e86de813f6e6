"""Replaying the calls of a `can` or `check`: the plan's view first, then the calls it means.

The step of the view is not run. Its arguments are the bound variables and what each call is given;
its `ensures` must hold of them, and the calls must be given just that.
"""

from collections.abc import Sequence

from dsl.verify.scenario import Scenario, Step
from spec.ir.host import Failed, MachineFailure
from spec.ir.linked import LinkedModule
from spec.ir.syntax import FunctionKind
from spec.ir.values import Value

PLAN_KINDS = frozenset({"can", "check"})
OUTSIDE = frozenset(
    {
        "contract.call_failed",
        "contract.arguments_malformed",
        "contract.gas_below_bound",
        "contract.unknown_function",
    }
)
"""Failures that no claim excludes."""


def find_plan(linked: LinkedModule, scenario: Scenario) -> int | None:
    """The position of the view's step, None if the scenario is about no plan or is malformed."""
    view = scenario.claim.function
    if scenario.claim.kind not in PLAN_KINDS or not 0 <= view < len(linked.functions):
        return None
    declared = linked.module.code.functions[view]
    if declared.kind is not FunctionKind.VIEW or not linked.spec.functions[view].ensures:
        return None
    found = [number for number, step in enumerate(scenario.steps) if step.function == view]
    return found[0] if found else None


def is_meant(view: Step, calls: Sequence[Step]) -> bool:
    """Whether calls are given what the view says, all at the view's time."""
    given: list[Value] = []
    for step in calls:
        given += [*step.arguments, step.caller, step.value]
    times = {(step.now_ms, step.height) for step in (view, *calls)}
    bound = len(view.arguments) - len(given)
    return bound >= 0 and list(view.arguments[bound:]) == given and len(times) == 1


def is_excluded(outcome: object) -> bool:
    """Whether a call fails in a way that `can` excludes."""
    if not isinstance(outcome, Failed):
        return False
    failure = outcome.failure
    return not isinstance(failure, MachineFailure) or failure.code not in OUTSIDE
