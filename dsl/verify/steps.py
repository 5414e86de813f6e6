"""From a model to the calls of a scenario."""

from dsl.verify.cases import Case
from dsl.verify.cast import cast_step
from dsl.verify.goals import Goal, PlanRun, Vc
from dsl.verify.leaves import ADDRESS_LOW
from dsl.verify.model import Model
from dsl.verify.scenario import NO_CALL, Claim, Step
from spec.crypto.address import ADDRESS_SIZE_BYTES
from spec.ir.syntax import (
    Type,
)
from spec.ir.values import Value


def make_address(value: int) -> bytes:
    """The address of a number."""
    return value.to_bytes(ADDRESS_SIZE_BYTES, "big")


def make_step(vc: Vc, model: Model, case: Case, gift: int) -> Step | None:
    """The call of a case in a model."""
    inputs, kinds = case.inputs, get_kinds(vc, case.function)
    contract = make_address(model.get(vc.inputs.this))
    foreign = cast_step(vc, model, case.execution.made, contract)
    if foreign is None:
        return None
    arguments: list[Value] = []
    for kind, param in zip(kinds, inputs.params, strict=False):
        value = model.get_value(kind, param.leaves)
        if value is None:
            return None
        arguments.append(value)
    return Step(
        inputs.function,
        make_address(model.get(inputs.caller)),
        model.get(inputs.value),
        model.get(inputs.now),
        model.get(inputs.height),
        tuple(arguments),
        gift,
        foreign,
    )


def get_kinds(vc: Vc, function: int) -> tuple[Type, ...]:
    """The types of a function's parameters."""
    return () if function < 0 else vc.linked.functions[function].params


def make_last_steps(vc: Vc, goal: Goal, model: Model) -> tuple[Step, ...] | None:
    """The call that breaks a goal, or the time and coins that do."""
    if goal.run is not None:
        return make_plan_steps(vc, goal.run, model)
    if goal.case is not None:
        step = make_step(vc, model, goal.case, 0)
        return None if step is None else (step,)
    gift = 0 if goal.gift is None else model.get(goal.gift)
    moments = [vc.inputs] if goal.later is None else [vc.inputs, goal.later]
    return tuple(
        Step(
            NO_CALL,
            make_address(ADDRESS_LOW),
            0,
            model.get(each.now),
            model.get(each.height),
            (),
            gift,
        )
        for each in moments
    )


def make_claim(goal: Goal, name: str) -> Claim:
    """What a scenario breaks; of a plan the view that says so, and how many calls stand left."""
    if goal.run is None:
        return Claim(goal.kind, goal.index, goal.function, name)
    return Claim(goal.kind, len(goal.run.plan.left), goal.run.plan.view, name)


def make_plan_steps(vc: Vc, run: PlanRun, model: Model) -> tuple[Step, ...] | None:
    """What the plan's view is given, and then its calls."""
    arguments = [
        model.get_value(kind, param.leaves)
        for kind, param in zip(get_kinds(vc, run.plan.view), run.params, strict=True)
    ]
    whole = tuple(each for each in arguments if each is not None)
    if len(whole) != len(arguments):
        return None
    inputs = run.cases[0].inputs
    now_ms, height = model.get(inputs.now), model.get(inputs.height)
    nobody = make_address(ADDRESS_LOW)
    view = Step(run.plan.view, nobody, 0, now_ms, height, whole)
    steps = [view, *(make_step(vc, model, case, 0) for case in run.cases)]
    found = tuple(step for step in steps if step is not None)
    return found if len(found) == len(steps) else None
