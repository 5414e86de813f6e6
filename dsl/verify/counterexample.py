"""From a model to a scenario that the reference machine confirms.

Two ways, the better one first. An *attack* starts with the deployment and makes up to three
calls: the same goal, stated behind a chain of symbolic calls from the empty state. A *state* is
any state in which all invariants hold and one call breaks the goal; it may be out of reach, and
then the goal is not inductive rather than broken (LANGUAGE.md 6).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dsl.verify.assemble import Mode, gather
from dsl.verify.goals import ANYWHERE, Goal, Vc
from dsl.verify.model import Entry, Model, solve_digests
from dsl.verify.replay import Replay, replay
from dsl.verify.replay_plan import PLAN_KINDS
from dsl.verify.scenario import Scenario, Stored
from dsl.verify.smtlib import make_query
from dsl.verify.steps import make_address, make_claim, make_last_steps
from dsl.verify.validity import Decide
from spec.ir.syntax import (
    CELL_BALANCE,
    CELL_INBOX,
)
from spec.ir.values import Value

FINITE_MODES = ((0, True), (1, True), (1, False), (2, False), (6, True))
"""(witness keys, small numbers), in order."""
WITNESSES_MAX = 2
"""Witness keys where a state that breaks a goal is looked for; a success may need more of them."""
HARD_MAX = 2
"""Modes in which the solver may give up on a goal before no more are tried."""
CLAIM_KINDS = frozenset(
    {"invariant", "transition", "ensures", "frame", "complete", "tick", "inbox", "can_succeed"}
    | PLAN_KINDS
)
"""Kinds of goals whose violation a run can show."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A scenario that the machine has confirmed."""

    scenario: Scenario
    replay: Replay


# A state that keeps all invariants


def find_state(
    vc: Vc, goals: Sequence[Goal], decide: Decide, names: Sequence[str]
) -> list[Confirmed | None]:
    """For each goal a confirmed state and call that break it, None where none was found."""
    found: list[Confirmed | None] = [None] * len(goals)
    active = frozenset(index for index, shape in enumerate(vc.invariants) if shape is not None)
    hard = [0] * len(goals)
    for witnesses, is_small in FINITE_MODES:
        mode = Mode(active, is_finite=True, witnesses=witnesses, is_small=is_small)
        open_goals = [
            number
            for number, goal in enumerate(goals)
            if found[number] is None
            and goal.kind in CLAIM_KINDS
            and not goal.unsupported
            and hard[number] < HARD_MAX
            and (witnesses <= WITNESSES_MAX or goal.kind == "can_succeed")
        ]
        gathered = [(number, gather(vc, goals[number], mode)) for number in open_goals]
        for number in [number for number, work in gathered if work.is_large]:
            hard[number] = HARD_MAX
        stated = [(number, work) for number, work in gathered if not work.is_large]
        queries = [make_query(vc.encoder.pool, work.assertions) for _, work in stated]
        decisions = decide(queries)
        for (number, _), query, decision in zip(stated, queries, decisions, strict=True):
            hard[number] += decision.verdict == "unknown"
            if decision.verdict == "sat":
                model = solve_digests(vc, query, Model(vc, query, decision.values), decide)
                found[number] = _confirm_state(vc, goals[number], model, names[number])
    return found


def _confirm_state(vc: Vc, goal: Goal, model: Model, name: str) -> Confirmed | None:
    scenario = _make_state(vc, goal, model, name)
    if scenario is None:
        return None
    result = replay(vc.linked, scenario)
    return Confirmed(scenario, result) if result.is_violation else None


def _make_state(vc: Vc, goal: Goal, model: Model, name: str) -> Scenario | None:
    layouts = vc.encoder.layouts
    root = vc.anywhere.root
    entries: list[Stored] = []
    coins = [0, 0]
    is_init = goal.case is not None and goal.case.is_init
    assigned: dict[Entry, dict[int, int]] = {(cell, ()): {} for cell in _list_assigned(vc)}
    assigned.update(model.list_entries(ANYWHERE))
    for (cell, keys), leaves in assigned.items():
        if is_init:
            break
        if cell <= CELL_INBOX:
            coins[cell] = leaves[0]
            continue
        kinds, kind = root.shapes[cell]
        numbers = tuple(leaves.get(leaf) for leaf in range(layouts.size(kind)))
        value = model.make_value(kind, numbers)
        key_values = [model.make_value(each, (key,)) for each, key in zip(kinds, keys, strict=True)]
        found = tuple(key for key in key_values if key is not None)
        if value is None or len(found) != len(kinds):
            return None
        past = _make_checkpoints(vc, model, (cell, keys), value)
        entries.append(Stored(cell, found, value, past))
    steps = make_last_steps(vc, goal, model)
    if steps is None:
        return None
    return Scenario(
        make_claim(goal, name),
        make_address(model.get(vc.inputs.this)),
        model.get(vc.inputs.genesis).to_bytes(32, "big"),
        coins[CELL_BALANCE],
        coins[CELL_INBOX],
        tuple(entries),
        steps,
        is_attack=is_init,
    )


def _make_checkpoints(
    vc: Vc, model: Model, entry: Entry, value: Value
) -> tuple[tuple[int, Value], ...]:
    """An entry's checkpoints: what the model says of earlier blocks, then the live value.

    A live value that differs from the last one of the past was written in this very block.
    """
    cell, keys = entry
    if not vc.linked.module.code.cells[cell].is_checkpointed:
        return ()
    now = model.get(vc.inputs.height)
    current: Value = 0
    points: list[tuple[int, Value]] = []
    past = model.list_past(ANYWHERE).get((cell, keys), {})
    for height, held in sorted(past.items()):
        if 0 <= height < now and held != current:
            points.append((height, held))
            current = held
    if value != current:
        points.append((now, value))
    return tuple(points)


def _list_assigned(vc: Vc) -> list[int]:
    """The cells that `init` gives an address: a state without one there is not reached."""
    root = vc.anywhere.root
    return sorted({cell for cell, _ in root.valid if not root.shapes[cell][0]})
