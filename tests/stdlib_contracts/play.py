"""Playing sequences of calls in the reference machine, and judging every step of them.

States don't change: a call leads from one to the next, so sequences that begin alike share what
they have in common. The machine is the specification's; what is judged stands in `judge`.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import NamedTuple

from dsl.accounts import find_account, get_public_key, sign_permit
from dsl.check_signed import NONCES
from dsl.compile import CompiledUnit
from dsl.names import ACCOUNTS
from dsl.verify.scenario import Step, split_cell
from dsl.world import CONTRACT
from spec.ir.host import BlockContext, CallInput, Failed, Outcome, Succeeded
from spec.ir.linked import LinkedFunction, LinkedModule
from spec.ir.machine import execute
from spec.ir.memory import EventRecord, MemoryWorld
from spec.ir.permits import compute_permit_digest
from spec.ir.syntax import CELL_INBOX, AddressType, FunctionKind, Type, UintType
from spec.ir.values import EnumValue, Value, encode_record
from tests.stdlib_contracts.compiled import Cells, Sums
from tests.stdlib_contracts.judge import GENESIS_ID, BrokenError, Judgement, Scene
from tests.stdlib_contracts.places import (
    Places,
    Written,
    list_typed,
    read_changed_cells,
    read_first_cells,
)
from tests.stdlib_contracts.sequences import NO_FUNCTION, PEOPLE, Move, Sequences

START_MS = 1_000
COINS_EACH = 10**24
GAS_LIMIT = 10_000_000
SHARED_MAX = 20_000
"""Steps that an engine remembers."""


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The world after some calls, as the contract and the judge see it."""

    world: MemoryWorld
    """Without events: those are the visit's."""
    cells: Cells
    known: dict[Type, tuple[Value, ...]]
    """The values that entries stand at, and the scalars in them, by type."""
    now_ms: int
    height: int
    is_deployed: bool
    sums: Sums
    """Aggregates that have been worked out for these cells."""
    shared: "dict[Move, Visit]" = field(default_factory=dict)
    """Where calls have led that sequences share."""


class Visit(NamedTuple):
    """Where a call leads."""

    state: State
    outcome: Outcome | None
    """None for calls of other contracts, and for those that are left out."""
    events: tuple[EventRecord, ...] = ()


class Engine:
    """Makes calls, judges them, and remembers those that sequences begin with."""

    def __init__(self, unit: CompiledUnit) -> None:
        self.unit, self.linked = unit, unit.linked
        self.judge = Judgement(unit)
        self.places = Places()
        self._shared_count = 0
        world = MemoryWorld(codes={CONTRACT: unit.linked})
        world.balances.update(dict.fromkeys(PEOPLE, COINS_EACH))
        kinds = [each.declared.kind for each in unit.linked.functions]
        is_deployed = FunctionKind.INIT not in kinds
        cells = read_first_cells(unit.linked, world)
        self.first = State(world, cells, {}, START_MS, 1, is_deployed, {})

    def visit(self, state: State, move: Move) -> Visit:
        """Make a call whose result other sequences may share."""
        found = state.shared.get(move)
        if found is None:
            found = self.make(state, move)
            if self._shared_count < SHARED_MAX:
                self._shared_count += 1
                state.shared[move] = found
        return found

    def make(self, state: State, move: Move) -> Visit:
        """Make a call, or leave it out if it deploys what is deployed, or calls what isn't."""
        found = state.shared.get(move)
        if found is not None:
            return found
        if move.wait_ms or move.wait_blocks:
            now_ms, height = state.now_ms + move.wait_ms, state.height + move.wait_blocks
            state = replace(state, now_ms=now_ms, height=height, shared={})
        if move.target != CONTRACT:
            return self._call_other(state, move)
        is_init = self.linked.functions[move.function].declared.kind is FunctionKind.INIT
        if is_init == state.is_deployed:
            return Visit(state, None)
        return self._call(state, move)

    def _call(self, state: State, move: Move) -> Visit:
        function = self.linked.functions[move.function]
        if move.signer is not None:
            signature = self._sign(state, move, move.signer)
            move = replace(move, arguments=(*move.arguments, signature))
        is_view = function.declared.kind is FunctionKind.VIEW
        after, outcome = _execute(state, self.linked, move, is_view=is_view)
        if outcome.gas_used > function.gas_bound:
            raise BrokenError(self.judge.get_name(move.function), "uses more gas than published")
        if isinstance(outcome, Failed):
            self.judge.judge_failure(move.function, outcome)
            return Visit(state, outcome)
        _check_worlds(self.judge.get_name(move.function), state.world, after, is_view=is_view)
        events = tuple(after.events)
        after.events.clear()
        return Visit(self._judge(state, move, after, outcome.result), outcome, events)

    def _judge(
        self, state: State, move: Move, after: MemoryWorld, result: tuple[Value, ...]
    ) -> State:
        """The state after a call of the contract that keeps what is claimed."""
        scene = self._set_scene(state, move, after, result)
        allowed = self.judge.list_modified(scene)
        for cell, keys, _ in allowed:
            if cell > CELL_INBOX:
                self._know(after, (CONTRACT, cell, keys))
        changed = self._find_changed(scene, state.world, after)
        cells, bits = read_changed_cells(self.linked, state.cells, after, changed)
        known = self._learn(state.known, changed, cells)
        sums = self._carry(state.sums, bits)
        scene = replace(scene, now=cells, known=known, universes={}, sums=(sums, state.sums))
        mine = [each for _, each in changed if each.contract == CONTRACT and each.is_live]
        self.judge.judge_frame(scene, allowed, ((each.cell, each.keys) for each in mine))
        self.judge.judge_success(scene, bits)
        if after == state.world:
            return state
        return State(after, cells, known, state.now_ms, state.height, True, sums)

    def _set_scene(
        self, state: State, move: Move, after: MemoryWorld, result: tuple[Value, ...]
    ) -> Scene:
        step = Step(
            move.function, move.caller, move.value, state.now_ms, state.height, move.arguments
        )
        cells = state.cells
        return Scene(self.judge, step, cells, cells, after, result, state.known, ({}, state.sums))

    def _know(self, world: MemoryWorld, place: tuple[bytes, int, tuple[Value, ...]]) -> None:
        key = self.places.add(self.linked, place)
        if self.linked.module.code.cells[place[1]].is_checkpointed:
            written = self.places.find(key)
            assert written is not None, "it has just been added"
            self.places.add_past(world, self.linked, written)

    def _find_changed(
        self, scene: Scene, before: MemoryWorld, after: MemoryWorld
    ) -> list[tuple[bytes, Written]]:
        """The leaves that are different now, and whose they are."""
        old, new = before.leaves, after.leaves
        keys = [key for key, leaf in new.items() if old.get(key) != leaf]
        keys += [key for key in old if key not in new]
        missing = [key for key in keys if self.places.find(key) is None]
        if missing:
            self.places.widen(after, scene.list_values, missing)
        found = []
        for key in keys:
            written = self.places.find(key)
            if written is None:
                name = self.judge.get_name(scene.step.function)
                raise BrokenError(name, "writes an entry at a key that no quantifier tries")
            found.append((key, written))
        return found

    def _learn(
        self,
        known: dict[Type, tuple[Value, ...]],
        changed: list[tuple[bytes, Written]],
        cells: Cells,
    ) -> dict[Type, tuple[Value, ...]]:
        """The values that occur, with those of the entries that have changed."""
        found = dict(known)
        types = self.linked.types
        for _, each in changed:
            if each.contract != CONTRACT:
                continue
            kinds = split_cell(self.linked, each.cell)[0]
            values = list(zip(kinds, each.keys, strict=True))
            stored = cells[each.cell].get(each.key) if each.keys else cells[each.cell]
            if stored is not None:
                held = list_typed(types, each.kind, stored)
                values += [pair for pair in held if not isinstance(pair[0], UintType)]
            for kind, value in values:
                if kind in self.judge.keys and value not in found.get(kind, ()):
                    found[kind] = (*found.get(kind, ()), value)
        return found

    def _carry(self, sums: Sums, changed: int) -> Sums:
        """The aggregates that what has changed does not touch."""
        if not changed:
            return sums
        kept = {}
        for (number, args), total in sums.items():
            compiled = self.judge.get_aggregate(number)
            if not compiled.reads_more and not compiled.cells & changed:
                kept[number, args] = total
        return kept

    def _call_other(self, state: State, move: Move) -> Visit:
        """Deploy another contract of the test, or call it: only invariants are judged then."""
        linked = self.unit.stubs[move.stub].linked
        world = state.world.copy()
        world.codes[move.target] = linked
        known = dict(state.known)
        if move.target not in known.get(AddressType(), ()):
            known[AddressType()] = (*known.get(AddressType(), ()), move.target)
        state = replace(state, world=world, known=known, shared={})
        if move.function == NO_FUNCTION:
            return Visit(state, None)
        after, outcome = _execute(state, linked, move, is_view=False)
        if isinstance(outcome, Failed):
            return Visit(state, None)
        after.events.clear()
        scene = self._set_scene(state, replace(move, function=0, arguments=()), after, ())
        scene.known = _add_arguments(state.known, linked, move)
        changed = self._find_changed(scene, state.world, after)
        cells, bits = read_changed_cells(self.linked, state.cells, after, changed)
        known = self._learn(state.known, changed, cells)
        sums = self._carry(state.sums, bits)
        scene = replace(scene, now=cells, known=known, universes={}, sums=(sums, state.sums))
        if state.is_deployed:
            self.judge.judge_invariants(scene, bits)
        return Visit(replace(state, world=after, cells=cells, known=known, sums=sums), None)

    def _sign(self, state: State, move: Move, signer: int) -> Value:
        """The last argument of a signed action, by the account that another argument names."""
        owner = move.arguments[signer]
        assert isinstance(owner, bytes), "sequences name people only"
        cell = [each.name for each in self.unit.source_map.cells].index(NONCES)
        moment = (state.cells[cell].get(owner, 0) + move.is_stale, state.now_ms)
        function = self.linked.functions[move.function]
        digest = compute_permit_digest(self.linked, function, CONTRACT, move.arguments, moment)
        return (*moment, _sign_digest(owner, digest))


@lru_cache(1_000)
def _sign_digest(owner: bytes, digest: bytes) -> Value:
    account = find_account(owner)
    assert account is not None, "sequences name people only"
    signature = sign_permit(account, digest, GENESIS_ID)
    return EnumValue(0, (get_public_key(account), signature))


def _execute(
    state: State, linked: LinkedModule, move: Move, *, is_view: bool
) -> tuple[MemoryWorld, Outcome]:
    """The world after a call, and its outcome."""
    function: LinkedFunction = linked.functions[move.function]
    arguments = encode_record(linked.types, function.params, move.arguments)
    selector = function.declared.selector
    request = CallInput(
        move.target, selector, move.caller, move.value, arguments, GAS_LIMIT, is_view
    )
    world = state.world
    after = MemoryWorld(
        world.codes, dict(world.leaves), dict(world.balances), dict(world.inboxes), []
    )
    return after, execute(after, BlockContext(GENESIS_ID, state.height, state.now_ms), request)


def _check_worlds(name: str, before: MemoryWorld, after: MemoryWorld, *, is_view: bool) -> None:
    """Coins stay as many; a view changes nothing."""
    if count_coins(after) != count_coins(before):
        raise BrokenError(name, "makes or destroys coins")
    same = after.leaves == before.leaves and after.balances == before.balances
    if is_view and (not same or after.inboxes != before.inboxes or after.events):
        raise BrokenError(name, "is a view and changes something")


def _add_arguments(
    known: dict[Type, tuple[Value, ...]], linked: LinkedModule, move: Move
) -> dict[Type, tuple[Value, ...]]:
    """The values that occur, with the arguments of a call of another contract."""
    found = dict(known)
    params = linked.functions[move.function].params
    for param, value in zip(params, move.arguments, strict=True):
        for kind, each in list_typed(linked.types, param, value):
            found[kind] = (*found.get(kind, ()), each)
    return found


class Play:
    """One sequence of calls."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.state = engine.first
        self.succeeded: Counter[str] = Counter()
        self.events: list[EventRecord] = []
        self.call_count = 0

    def run(self, opening: tuple[Move, ...], rest: tuple[Move, ...] = ()) -> None:
        """Make all calls; what other sequences begin with too is not made twice."""
        for move in opening:
            self._go(move, self.engine.visit(self.state, move))
        opened = self.state
        for move in rest:
            make = self.engine.visit if self.state is opened else self.engine.make
            self._go(move, make(self.state, move))

    def _go(self, move: Move, visit: Visit) -> None:
        self.state = visit.state
        if visit.outcome is None:
            return
        self.call_count += 1
        if isinstance(visit.outcome, Succeeded):
            self.succeeded[self.engine.judge.get_name(move.function)] += 1
            self.events += visit.events


@cache
def play_openings(sequences: Sequences) -> tuple[frozenset[str], frozenset[int]]:
    """Which functions succeed, and which events come, in the sequences that are its tests."""
    succeeded: set[str] = set()
    events: set[int] = set()
    engine = Engine(sequences.unit)
    for opening in sequences.longest_openings:
        play = Play(engine)
        play.run(opening)
        succeeded.update(play.succeeded)
        events.update(each.event for each in play.events)
    return frozenset(succeeded), frozenset(events)


def count_coins(world: MemoryWorld) -> int:
    """All coins of a world."""
    return sum(world.balances.values()) + sum(world.inboxes.values())


assert len(ACCOUNTS) >= len(PEOPLE), "there are people enough"
