"""Replaying a scenario in the reference machine, and judging the claim there.

Nothing of the symbolic side is used: states are leaves of a `MemoryWorld`, calls run in
`spec.ir.machine`, properties are evaluated by `spec.ir.evaluate` over every key that occurs.
"""

from dataclasses import dataclass, field, replace

from dsl.verify.replay_plan import PLAN_KINDS, find_plan, is_excluded, is_meant
from dsl.verify.scenario import (
    NO_CALL,
    Foreign,
    Scenario,
    Step,
    Stored,
    get_params,
    list_scalars,
    split_cell,
)
from spec.crypto.address import AddressKind, is_address, is_contract_address
from spec.ir.evaluate import evaluate_expression, evaluate_property
from spec.ir.host import (
    BlockContext,
    CallInput,
    DeclaredFailure,
    Failed,
    MachineFailure,
    Outcome,
    Succeeded,
)
from spec.ir.linked import LinkedModule
from spec.ir.machine import execute
from spec.ir.memory import MemoryWorld
from spec.ir.state import find_entry, get_entry, get_entry_at, set_entry
from spec.ir.storage import Place as StoragePlace
from spec.ir.storage import (
    compute_checkpoint_count_key,
    compute_checkpoint_key,
    compute_storage_key,
    decode_count,
)
from spec.ir.syntax import (
    CELL_BALANCE,
    CELL_INBOX,
    INIT_SELECTOR,
    AddressType,
    BoolType,
    BytesType,
    ContextKind,
    EnumType,
    Fail,
    Type,
    UintType,
    When,
)
from spec.ir.values import EnumValue, Value, compute_default, encode_record, get_fields
from spec.limits import IR_FUNCTION_GAS_MAX, SUPPLY_LIMIT

UNIVERSE_MAX = 96
"""Values that a quantifier runs over in a replay."""
SMALL_MAX = 8
"""Numbers below this are always among the keys that are tried: counters start at 0."""

Place = tuple[int, tuple[Value, ...]]
"""(cell, keys)."""


@dataclass(slots=True)
class Moment:
    """The state at one time."""

    world: MemoryWorld


@dataclass(slots=True)
class Happened:
    """One step as it went."""

    step: Step
    before: Moment
    after: Moment
    outcome: Outcome | None
    """None if there was no call."""


@dataclass(slots=True)
class Replay:
    """A scenario as it went."""

    happened: list[Happened] = field(default_factory=list)
    is_violation: bool = False
    reason: str = ""
    """Why it is no violation, or what the violation is."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The environment in which a property is judged after a step."""

    linked: LinkedModule
    contract: bytes
    happened: Happened
    params: tuple[Value, ...]
    genesis_id: bytes
    seen: tuple[Value, ...]
    """Every value that occurs anywhere in the scenario."""
    is_before: bool = False
    """Judge the state before the step."""
    read: dict[tuple[int, bool, tuple[Value, ...]], Value] = field(default_factory=dict)
    """Entries of the two states that have been read: quantifiers read the same ones often."""
    universes: dict[Type, tuple[Value, ...]] = field(default_factory=dict)

    def get_fact(self, which: ContextKind) -> Value:
        """See `Environment`."""
        step = self.happened.step
        facts: dict[ContextKind, Value] = {
            ContextKind.CALLER: step.caller,
            ContextKind.VALUE: step.value,
            ContextKind.NOW: step.now_ms,
            ContextKind.HEIGHT: step.height,
            ContextKind.THIS: self.contract,
            ContextKind.GENESIS_ID: self.genesis_id,
            ContextKind.FUNCTION: max(step.function, 0),
        }
        return facts[which]

    def get_params(self) -> tuple[Value, ...]:
        """See `Environment`."""
        return self.params

    def get_entry(self, cell: int, when: When, keys: tuple[Value, ...]) -> Value:
        """See `Environment`."""
        is_old = self.is_before or when is When.OLD
        moment = self.happened.before if is_old else self.happened.after
        if when is When.AT:
            return self._get_past(moment.world, cell, keys)
        place = (cell, is_old, keys)
        if place not in self.read:
            found = read_entry(self.linked, self.contract, moment.world, (cell, keys))
            self.read[place] = found
        return self.read[place]

    def _get_past(self, world: MemoryWorld, cell: int, keys: tuple[Value, ...]) -> Value:
        """What a checkpointed entry held at a height that is past, else the default."""
        entry = find_entry(self.linked, self.contract, cell, keys[:-1])
        height = keys[-1]
        assert isinstance(height, int), "validated: the last key is a height"
        if height < self.happened.step.height:
            return get_entry_at(world, self.linked, entry, height)
        return compute_default(self.linked.types, entry.kind)

    def get_universe(self, kind: Type) -> tuple[Value, ...]:
        """See `Environment`."""
        if kind not in self.universes:
            self.universes[kind] = self._list_universe(kind)
        return self.universes[kind]

    def _list_universe(self, kind: Type) -> tuple[Value, ...]:
        found: dict[Value, None] = {}
        match kind:
            case UintType(bits):
                limit = 1 << bits
                numbers = [each for each in self.seen if type(each) is int]
                nearby = [each + step for each in numbers for step in (0, 1, -1)]
                wanted = (*range(SMALL_MAX), limit - 1, *nearby)
                found.update(dict.fromkeys(each for each in wanted if 0 <= each < limit))
            case BoolType():
                return (False, True)
            case EnumType(members):
                return tuple(EnumValue(tag, ()) for tag in range(len(members)))
            case AddressType():
                found[bytes(32)] = None
                found[bytes([AddressKind.KEY]) + bytes(30) + b"\xee"] = None
                texts = (each for each in self.seen if isinstance(each, bytes))
                found.update(dict.fromkeys(each for each in texts if is_address(each)))
            case BytesType(size):
                found[bytes(size)] = None
                sized = (
                    each for each in self.seen if isinstance(each, bytes) and len(each) == size
                )
                found.update(dict.fromkeys(sized))
            case _:
                raise AssertionError("validated: variables are scalars")
        return tuple(found)[:UNIVERSE_MAX]


def read_entry(linked: LinkedModule, contract: bytes, world: MemoryWorld, place: Place) -> Value:
    """The value of an entry, balance and inbox included."""
    cell, keys = place
    if cell == CELL_BALANCE:
        return world.get_balance(contract)
    if cell == CELL_INBOX:
        return world.get_inbox(contract)
    return get_entry(world, linked, find_entry(linked, contract, cell, keys))


def replay(linked: LinkedModule, scenario: Scenario) -> Replay:
    """Runs a scenario and says whether its claim is broken at the end."""
    world = MemoryWorld(codes={scenario.contract: linked})
    world.balances[scenario.contract] = scenario.balance
    world.inboxes[scenario.contract] = scenario.inbox
    for entry in scenario.entries:
        _store(linked, scenario.contract, world, entry)
    result = Replay()
    if not is_contract_address(scenario.contract):
        result.reason = "the contract's address is a key's"
        return result
    plan = find_plan(linked, scenario)
    for number, step in enumerate(scenario.steps):
        is_last = number == len(scenario.steps) - 1
        if number == plan:
            result.happened.append(Happened(step, Moment(world), Moment(world), None))
            continue
        if plan is not None and number == plan + 1 + scenario.claim.index:
            world = result.happened[plan].after.world
        happened = _take_step(linked, scenario, world, step)
        result.happened.append(happened)
        if isinstance(happened.outcome, Failed) and not is_last:
            result.reason = "a call before the last one fails"
            return result
        world = happened.after.world
    total = sum(world.balances.values()) + sum(world.inboxes.values())
    if total >= SUPPLY_LIMIT:
        result.reason = "more coins than there are"
        return result
    if not _is_covered(linked, scenario, result.happened[-1]):
        result.reason = "an entry is written at a key that the replay does not know"
        return result
    _judge(linked, scenario, result)
    return result


def _is_covered(linked: LinkedModule, scenario: Scenario, last: Happened) -> bool:
    """Whether every entry that is not default stands at keys that quantifiers run over."""
    around = get_surroundings(linked, scenario, last)
    keys = set(last.before.world.leaves) | set(last.after.world.leaves)
    for cell in range(CELL_INBOX + 1, len(linked.module.code.cells)):
        for place in list_places(linked, around, cell) if keys else ():
            entry = find_entry(linked, scenario.contract, cell, place[1]).place
            keys.discard(compute_storage_key(entry.contract, entry.cell, entry.keys))
            if linked.module.code.cells[cell].is_checkpointed:
                keys.difference_update(_list_checkpoint_keys(last.after.world, entry))
    return not keys


def _list_checkpoint_keys(world: MemoryWorld, entry: StoragePlace) -> set[bytes]:
    """The keys of the leaves that remember an entry's past."""
    counter = compute_checkpoint_count_key(entry)
    count = decode_count(world.get_leaf(counter))
    return {counter, *(compute_checkpoint_key(entry, index) for index in range(count))}


def _store(linked: LinkedModule, contract: bytes, world: MemoryWorld, entry: Stored) -> None:
    place = find_entry(linked, contract, entry.cell, entry.keys)
    for height, value in entry.checkpoints or ((0, entry.value),):
        set_entry(world, linked, place, value, height)


def _take_step(
    linked: LinkedModule, scenario: Scenario, world: MemoryWorld, step: Step
) -> Happened:
    before = world.copy()
    _set_scene(scenario, before, step)
    if step.gift:
        before.fund(scenario.contract, step.gift)
    if step.function == NO_CALL:
        return Happened(step, Moment(world), Moment(before), None)
    missing = step.value - before.get_balance(step.caller)
    if missing > 0:
        before.balances[step.caller] = step.value
    after = before.copy()
    functions = linked.functions
    selector = INIT_SELECTOR if step.function < 0 else functions[step.function].declared.selector
    types = get_fields(linked.types, get_params(linked, step.function))
    call = CallInput(
        scenario.contract,
        selector,
        step.caller,
        step.value,
        encode_record(linked.types, types, step.arguments),
        IR_FUNCTION_GAS_MAX,
        is_view=False,
    )
    block = BlockContext(scenario.genesis_id, step.height, step.now_ms)
    outcome = execute(after, block, call)
    for each in step.foreign:
        _clear(after, each)
    return Happened(step, Moment(before), Moment(after), outcome)


def _set_scene(scenario: Scenario, world: MemoryWorld, step: Step) -> None:
    """Puts the other contracts of a step in their places, as if nothing had called them yet."""
    for address in [each for each in world.codes if each != scenario.contract]:
        del world.codes[address]
    for each in step.foreign:
        if each.address != scenario.contract:
            world.codes[each.address] = each.module
            world.inboxes.pop(each.address, None)
            world.balances[each.address] = max(each.coins, world.get_balance(each.address))
            _clear(world, each)


def _clear(world: MemoryWorld, foreign: Foreign) -> None:
    """Forgets what a scripted contract has counted: its only cell."""
    for cell in range(CELL_INBOX + 1, len(foreign.module.module.code.cells)):
        world.leaves.pop(compute_storage_key(foreign.address, cell, ()), None)


# Judging


def _judge(linked: LinkedModule, scenario: Scenario, result: Replay) -> None:
    last = result.happened[-1]
    if not scenario.is_attack:
        broken = _find_broken_invariant(linked, scenario, result.happened[0])
        if broken is not None:
            result.reason = f"invariant {broken} does not hold in the first state"
            return
    kind = scenario.claim.kind
    if kind in PLAN_KINDS:
        _judge_plan(linked, scenario, result)
        return
    if kind == "complete":
        _judge_failure(linked, scenario, last, result)
        return
    if isinstance(last.outcome, Failed):
        result.reason = f"the call fails: {describe_failure(last.outcome)}"
        return
    if kind == "can_succeed":
        result.is_violation, result.reason = True, "the call succeeds"
    elif kind == "frame":
        _judge_frame(linked, scenario, last, result)
    else:
        _judge_property(linked, scenario, last, result)


def describe_failure(outcome: Failed) -> str:
    """A failure in a few words."""
    match outcome.failure:
        case DeclaredFailure(_, error, _):
            return f"error {error}"
        case MachineFailure(_, code, _):
            return code


def get_surroundings(
    linked: LinkedModule, scenario: Scenario, happened: Happened, *, is_before: bool = False
) -> Surroundings:
    """The environment of a step."""
    results: tuple[Value, ...] = ()
    if isinstance(happened.outcome, Succeeded):
        results = happened.outcome.result
    seen: dict[Value, None] = {}
    for entry in scenario.entries:
        seen.update(dict.fromkeys(list_scalars((*entry.keys, entry.value))))
        for height, value in entry.checkpoints:
            seen.update(dict.fromkeys((height, value)))
    for step in scenario.steps:
        seen.update(dict.fromkeys(list_scalars((step.caller, *step.arguments))))
        seen[step.height] = None
    seen[scenario.contract] = None
    around = Surroundings(
        linked,
        scenario.contract,
        happened,
        (*happened.step.arguments, *results),
        scenario.genesis_id,
        tuple(seen),
        is_before,
    )
    seen.update(dict.fromkeys(_list_modified_keys(around)))
    return replace(around, seen=tuple(seen), read={}, universes={})


def _list_modified_keys(around: Surroundings) -> list[Value]:
    """The keys that the function says it writes at: some are worked out, as `now // 1d`."""
    function = around.happened.step.function
    if function < 0:
        return []
    places = around.linked.spec.functions[function].modifies
    keys = (code for place in places for code in place.keys)
    return [evaluate_expression(around.linked, code, around) for code in keys]


def _find_broken_invariant(linked: LinkedModule, scenario: Scenario, last: Happened) -> int | None:
    around = get_surroundings(linked, scenario, last, is_before=True)
    for index, code in enumerate(linked.spec.invariants):
        if not evaluate_property(linked, code, around):
            return index
    return None


def _judge_plan(linked: LinkedModule, scenario: Scenario, result: Replay) -> None:
    """The calls are the ones meant, and fail (`can`) or end in different states (`check`)."""
    at = find_plan(linked, scenario)
    calls = () if at is None else scenario.steps[at + 1 :]
    if at is None or not calls or not is_meant(scenario.steps[at], calls):
        result.reason = "the calls are not those that are meant"
        return
    around = get_surroundings(linked, scenario, result.happened[at])
    condition = linked.spec.functions[scenario.claim.function].ensures[0]
    if not evaluate_property(linked, condition, around):
        result.reason = "the condition does not hold"
        return
    last, count = result.happened[-1], scenario.claim.index
    if scenario.claim.kind == "can":
        result.is_violation = len(calls) == 1 and is_excluded(last.outcome)
        result.reason = "the call fails" if result.is_violation else "the call succeeds"
    elif isinstance(last.outcome, Failed) or not 0 < count < len(calls):
        result.reason = "a call fails, or a row is empty"
    else:
        here, ends = scenario.contract, (result.happened[at + count].after.world, last.after.world)
        left, right = ((w.leaves, w.get_balance(here), w.get_inbox(here)) for w in ends)
        result.is_violation = left != right
        result.reason = f"the rows end in {'different' if left != right else 'the same'} states"


def _judge_property(
    linked: LinkedModule, scenario: Scenario, last: Happened, result: Replay
) -> None:
    claim, spec = scenario.claim, linked.spec
    around = get_surroundings(linked, scenario, last)
    if claim.kind == "transition":
        code = spec.transitions[claim.index]
    elif claim.kind == "ensures":
        code = spec.functions[claim.function].ensures[claim.index]
    else:
        code = spec.invariants[claim.index]
    result.is_violation = not evaluate_property(linked, code, around)
    result.reason = "" if result.is_violation else "the property holds at the end"


def _judge_failure(
    linked: LinkedModule, scenario: Scenario, last: Happened, result: Replay
) -> None:
    """A failure that no guard and no open error announces."""
    if not isinstance(last.outcome, Failed):
        result.reason = "the call succeeds"
        return
    failure = last.outcome.failure
    function = linked.module.code.functions[scenario.claim.function]
    spec = linked.module.spec.functions[scenario.claim.function]
    if isinstance(failure, DeclaredFailure):
        guard = {
            node.error for node in function.code[: function.guard_count] if isinstance(node, Fail)
        }
        expected = failure.error in spec.open_errors or failure.error in guard
        result.is_violation = not expected
    else:
        result.is_violation = failure.code not in {
            "contract.call_failed",
            "contract.arguments_malformed",
            "contract.gas_below_bound",
            "contract.unknown_function",
        }
    result.reason = f"the body fails: {describe_failure(last.outcome)}"


def list_places(linked: LinkedModule, around: Surroundings, cell: int) -> list[Place]:
    """All entries of a cell at keys that occur."""
    kinds, _ = split_cell(linked, cell)
    rows: list[tuple[Value, ...]] = [()]
    for kind in kinds:
        rows = [(*row, key) for row in rows for key in around.get_universe(kind)]
    return [(cell, row) for row in rows]


def _judge_frame(linked: LinkedModule, scenario: Scenario, last: Happened, result: Replay) -> None:
    around = get_surroundings(linked, scenario, last)
    spec = linked.spec.functions[scenario.claim.function]
    allowed = [
        (
            place.cell,
            tuple(evaluate_expression(linked, code, around) for code in place.keys),
            place.fields,
        )
        for place in spec.modifies
    ]
    for place in list_places(linked, around, scenario.claim.index):
        old = read_entry(linked, scenario.contract, last.before.world, place)
        new = read_entry(linked, scenario.contract, last.after.world, place)
        paths = [fields for cell, keys, fields in allowed if (cell, keys) == place]
        if not is_same_outside(old, new, paths):
            result.is_violation, result.reason = True, "an entry changes that nothing names"
            return
    result.reason = "nothing changes but what `modifies` names"


def is_same_outside(old: Value, new: Value, allowed: list[tuple[int, ...]]) -> bool:
    """Whether two values agree outside the paths that may change."""
    if old == new or () in allowed:
        return True
    if not isinstance(old, tuple) or not isinstance(new, tuple) or not allowed:
        return False
    return all(
        is_same_outside(a, b, [path[1:] for path in allowed if path[:1] == (index,)])
        for index, (a, b) in enumerate(zip(old, new, strict=True))
    )
