"""A confirmed counterexample as a story: who calls what, and what it changes."""

from collections.abc import Sequence

from dsl.verify.answers import Told, list_told
from dsl.verify.names import Names
from dsl.verify.replay import (
    Happened,
    Place,
    Replay,
    describe_failure,
    get_surroundings,
    list_places,
    read_entry,
)
from dsl.verify.replay_plan import find_plan
from dsl.verify.scenario import NO_CALL, Scenario, Stored, get_params, split_cell
from spec.crypto.address import is_contract_address
from spec.ir.evaluate import evaluate_expression
from spec.ir.host import DeclaredFailure, Failed
from spec.ir.linked import LinkedCode, LinkedModule
from spec.ir.syntax import (
    STANDARD_ERROR_COUNT,
    AddressType,
    BoolType,
    BytesType,
    EnumType,
    ListType,
    MessageType,
    Prim,
    PrimOp,
    RecordType,
    StandardError,
    StringType,
    Type,
    TypeIndex,
)
from spec.ir.values import EnumValue, MessageValue, Value

PEOPLE = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy")
BYTES_SHOWN_MAX = 32
"""Longer values are shown by their ends."""
OTHER = "contract"
"""What other contracts are called, with a number."""
CHANGES_MAX = 12
"""Changes shown for one step."""
COMPARISONS = {PrimOp.EQ: "==", PrimOp.LE: "<=", PrimOp.LT: "<"}


class Teller:
    """Gives addresses names and values text."""

    def __init__(self, linked: LinkedModule, names: Names, scenario: Scenario) -> None:
        self._linked = linked
        self._names = names
        self._scenario = scenario
        self._people: dict[bytes, str] = {
            scenario.contract: names.contract,
            bytes(32): "nobody",
        }
        for step in scenario.steps:
            if step.function != NO_CALL:
                self.get_person(step.caller)

    def get_person(self, address: bytes) -> str:
        """The name of an address, in order of appearance."""
        if address not in self._people:
            self._people[address] = self._make_name(address)
        return self._people[address]

    def _make_name(self, address: bytes) -> str:
        others = [name for name in self._people.values() if name.startswith(OTHER)]
        if is_contract_address(address):
            return f"{OTHER}{len(others) + 1}"
        number = len(self._people) - len(others) - 2
        return PEOPLE[number] if number < len(PEOPLE) else f"person{number + 1}"

    def tell(self, kind: Type | None, value: Value) -> str:
        """A value as an author would write it."""
        match kind, value:
            case AddressType(), bytes():
                return self.get_person(value)
            case BoolType(), int():
                return "true" if value else "false"
            case StringType(), bytes():
                return '"' + value.decode("utf-8", "replace") + '"'
            case BytesType(size), bytes():
                digits = value.hex()
                is_long = size > BYTES_SHOWN_MAX
                return f"0x{digits[:8]}…{digits[-8:]}" if is_long else f"0x{digits}"
            case EnumType(members), EnumValue(tag, payload):
                return self._tell_enum(kind, members[tag], tag, payload)
            case RecordType(fields), tuple():
                return "{" + self._tell_fields(fields, value) + "}"
            case MessageType(), MessageValue(target, selector, coins, arguments):
                to = f"message to {self.get_person(target)}: 0x{selector.hex()}"
                return f"{to}, {coins} coins, {len(arguments)} bytes"
            case ListType(element, _), tuple():
                return "[" + self._tell_fields((element,) * len(value), value) + "]"
            case _:
                return str(value)

    def _tell_fields(self, fields: Sequence[TypeIndex], values: tuple[Value, ...]) -> str:
        pairs = zip(fields, values, strict=True)
        return ", ".join(self.tell(self._linked.types[field], value) for field, value in pairs)

    def _tell_enum(
        self, kind: EnumType, fields: tuple[TypeIndex, ...], tag: int, payload: tuple[Value, ...]
    ) -> str:
        inner = self._tell_fields(fields, payload)
        known = None
        if self._names.source_map is not None and kind in self._linked.types:
            known = self._names.source_map.types[self._linked.types.index(kind)]
        if known is not None and known.members:
            name = known.members[tag][0]
        elif kind.members[0] == () and len(kind.members) == 2:  # noqa: PLR2004 - an option
            name = ("none", "some")[tag]
        else:
            name = f"member{tag}"
        return f"{name}({inner})" if payload else name

    def tell_place(self, place: Place) -> str:
        """An entry as an author would write it."""
        cell, keys = place
        kinds, _ = split_cell(self._linked, cell)
        pairs = zip(kinds, keys, strict=True)
        return self._names.get_cell(cell) + "".join(
            f"[{self.tell(kind, key)}]" for kind, key in pairs
        )

    def tell_call(self, happened: Happened) -> str:
        """Who calls what with what."""
        step = happened.step
        if step.function == NO_CALL:
            coins = f"{step.gift} coins arrive, " if step.gift else ""
            return f"{coins}time passes to {step.now_ms} ms, height {step.height}"
        name = self._names.get_function(step.function)
        shown = "deploy" if name == "init" else name
        kinds = [self._linked.types[each] for each in get_params(self._linked, step.function)]
        pairs = zip(kinds, step.arguments, strict=True)
        args = ", ".join(self.tell(kind, value) for kind, value in pairs)
        coins = f" with {step.value} coins" if step.value else ""
        gift = f" (after {step.gift} coins reached the inbox)" if step.gift else ""
        cells = self._linked.module.code.cells
        height = f" at height {step.height}" if any(c.is_checkpointed for c in cells) else ""
        return f"{self.get_person(step.caller)}  {shown}({args}){coins}{gift}{height}"

    def list_changes(self, happened: Happened) -> list[str]:
        """The entries that a step changed."""
        around = get_surroundings(self._linked, self._scenario, happened)
        changes: list[str] = []
        for cell in range(len(self._linked.module.code.cells)):
            _, kind = split_cell(self._linked, cell)
            for place in list_places(self._linked, around, cell):
                contract = self._scenario.contract
                old = read_entry(self._linked, contract, happened.before.world, place)
                new = read_entry(self._linked, contract, happened.after.world, place)
                if old != new:
                    was, now = self.tell(kind, old), self.tell(kind, new)
                    changes.append(f"{self.tell_place(place)} {was} -> {now}")
        return changes

    def list_answers(self, happened: Happened) -> list[str]:
        """What each other contract answers during a step."""
        lines: list[str] = []
        for each in happened.step.foreign:
            told = dict.fromkeys(self._tell_answer(answer) for answer in list_told(each.module))
            shown = list(told)[:CHANGES_MAX]
            if len(told) > CHANGES_MAX:
                shown.append(f"and {len(told) - CHANGES_MAX} more")
            if shown:
                lines.append(f"{self.get_person(each.address)} answers {', '.join(shown)}")
        return lines

    def _tell_answer(self, told: Told) -> str:
        args = ", ".join(self.tell(kind, value) for kind, value in told.args)
        called = self._names.get_selector(told.selector) + (f"({args})" if told.args else "")
        return f"{called} {self.tell(told.kind, told.value)}"

    def tell_failure(self, happened: Happened) -> str:
        """How a call failed, empty if it did not."""
        outcome = happened.outcome
        if not isinstance(outcome, Failed):
            return ""
        failure = outcome.failure
        if not isinstance(failure, DeclaredFailure):
            return describe_failure(outcome)
        if failure.error < STANDARD_ERROR_COUNT:
            return StandardError(failure.error).name
        index = failure.error - STANDARD_ERROR_COUNT
        source_map = self._names.source_map
        return f"error {index}" if source_map is None else source_map.errors[index].name


def tell_story(
    linked: LinkedModule, names: Names, scenario: Scenario, result: Replay
) -> tuple[str, ...]:
    """The lines of a story: the first state, the steps, and how they end."""
    teller = Teller(linked, names, scenario)
    lines: list[str] = []
    if not scenario.is_attack:
        lines.append("  from a state in which every invariant holds:")
        lines += _list_state(linked, teller, scenario)
    plan = find_plan(linked, scenario)
    for position, happened in enumerate(result.happened):
        if position == plan:
            continue
        number = position + 1 if plan is None or position < plan else position
        row = _tell_row(scenario, position, plan)
        call = row + teller.tell_call(happened)
        failure = teller.tell_failure(happened)
        changes = [f"fails: {failure}"] if failure else teller.list_changes(happened)
        shown = changes[:CHANGES_MAX]
        if len(changes) > CHANGES_MAX:
            shown.append(f"and {len(changes) - CHANGES_MAX} more")
        lines.append(f"  {number} {call:<32}  {'   '.join(shown)}".rstrip())
        lines += [f"      {line}" for line in teller.list_answers(happened)]
    ending = _tell_ending(linked, teller, scenario, result)
    if ending:
        lines.append(f"      now {ending}")
    return tuple(lines)


def _tell_row(scenario: Scenario, position: int, plan: int | None) -> str:
    """Which of two rows of calls begins here."""
    if plan is None or scenario.claim.kind != "check":
        return ""
    rows = {plan + 1: "either  ", plan + 1 + scenario.claim.index: "or  "}
    return rows.get(position, "")


def _list_state(linked: LinkedModule, teller: Teller, scenario: Scenario) -> list[str]:
    shown = [
        f"{teller.tell_place((entry.cell, entry.keys))} = "
        f"{teller.tell(split_cell(linked, entry.cell)[1], entry.value)}"
        f"{_tell_past(linked, teller, entry)}"
        for entry in scenario.entries
    ]
    if scenario.balance or scenario.inbox:
        shown.insert(0, f"balance = {scenario.balance}, inbox = {scenario.inbox}")
    return [f"    {line}" for line in shown[: 2 * CHANGES_MAX]] or ["    all defaults"]


def _tell_past(linked: LinkedModule, teller: Teller, entry: Stored) -> str:
    """What a checkpointed entry has held since which heights."""
    kind = split_cell(linked, entry.cell)[1]
    told = ((height, teller.tell(kind, value)) for height, value in entry.checkpoints)
    points = [f"{value} from height {height}" for height, value in told]
    return f" ({', '.join(points)})" if entry.checkpoints else ""


def _tell_ending(linked: LinkedModule, teller: Teller, scenario: Scenario, result: Replay) -> str:
    """Both sides of a comparison that does not hold."""
    claim = scenario.claim
    if claim.kind in {"invariant", "tick", "inbox"}:
        code = linked.spec.invariants[claim.index]
    elif claim.kind == "transition":
        code = linked.spec.transitions[claim.index]
    elif claim.kind == "ensures":
        code = linked.spec.functions[claim.function].ensures[claim.index]
    else:
        return ""
    around = get_surroundings(linked, scenario, result.happened[-1])
    root = code.nodes[-1]
    if not isinstance(root, Prim) or root.op not in COMPARISONS:
        return ""
    sides: list[str] = []
    for arg in root.args:
        part = LinkedCode(
            code.nodes[: arg + 1],
            code.types[: arg + 1],
            code.ends[: arg + 1],
            code.charges[: arg + 1],
        )
        value = evaluate_expression(linked, part, around)
        kind = code.types[arg]
        sides.append(str(value) if isinstance(value, int) else teller.tell(_as_type(kind), value))
    return f"the left side is {sides[0]}, the right side {sides[1]}"


def _as_type(kind: object) -> Type | None:
    known = (AddressType, BoolType, StringType, BytesType, EnumType, RecordType, ListType)
    return kind if isinstance(kind, known) else None
