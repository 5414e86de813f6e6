"""Playing a sequence of calls in the reference machine, and judging every step of it.

After each call everything that is claimed of the contract is evaluated: invariants, transitions,
what the function ensures and what it may change, and that a failure is one that it declares.
Quantifiers run over the keys that can occur: the people, the contract, and every value passed.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache

from dsl.accounts import find_account, get_public_key, sign_permit
from dsl.check_signed import NONCES
from dsl.compile import CompiledUnit
from dsl.names import ACCOUNTS
from dsl.verify.replay import Happened, Moment, Surroundings, list_places, read_entry
from dsl.verify.scenario import Step, split_cell
from dsl.world import CONTRACT
from spec.ir.evaluate import evaluate_expression, evaluate_property
from spec.ir.host import BlockContext, CallInput, DeclaredFailure, Outcome, Succeeded
from spec.ir.machine import execute
from spec.ir.memory import MemoryWorld
from spec.ir.permits import compute_permit_digest
from spec.ir.state import find_entry
from spec.ir.storage import compute_storage_key
from spec.ir.syntax import (
    CELL_INBOX,
    AddressType,
    BytesType,
    EnumType,
    Fail,
    ForAll,
    FunctionKind,
    ListType,
    RecordType,
    Type,
    UintType,
)
from spec.ir.values import EnumValue, Value, encode_record
from tests.stdlib_contracts.sequences import NO_FUNCTION, PEOPLE, Move, Sequences

GENESIS_ID = bytes(32)
START_MS = 1_000
COINS_EACH = 10**24
GAS_LIMIT = 10_000_000
SMALL_MAX = 4
"""Numbers below it may be keys that the contract itself counts up to."""
ALLOWED = frozenset({"contract.call_failed", "contract.unknown_function"})
"""Failures of the machine that no clause needs to announce."""


@dataclass(frozen=True, slots=True)
class Present(Surroundings):
    """The surroundings of a step, with a universe that is as small as may be."""

    universe: dict[Type, tuple[Value, ...]] = field(default_factory=dict)
    keys: frozenset[Type] = frozenset()
    """Types of keys: of others, a few values do."""

    def get_universe(self, kind: Type) -> tuple[Value, ...]:
        """See `Environment`."""
        match kind:
            case UintType(bits) if kind not in self.keys:
                return (0, self.happened.step.now_ms % (1 << bits), (1 << bits) - 1)
            case UintType():
                return tuple(dict.fromkeys((*range(SMALL_MAX), *self.universe.get(kind, ()))))
            case AddressType():
                found = (*PEOPLE, self.contract, *self.universe.get(kind, ()))
                return tuple(dict.fromkeys(found))
            case BytesType(size):
                return tuple(dict.fromkeys((bytes(size), *self.universe.get(kind, ()))))
            case _:
                return Surroundings.get_universe(self, kind)


class Play:
    """A contract, and the people who call it."""

    def __init__(self, unit: CompiledUnit) -> None:
        self.unit = unit
        self.linked = unit.linked
        self.world = MemoryWorld(codes={CONTRACT: unit.linked})
        self.world.balances.update(dict.fromkeys(PEOPLE, COINS_EACH))
        self.now_ms, self.height = START_MS, 1
        self.universe: dict[Type, tuple[Value, ...]] = {}
        cells = range(CELL_INBOX + 1, len(unit.linked.module.code.cells))
        self.keys = frozenset(key for cell in cells for key in split_cell(unit.linked, cell)[0])
        self.succeeded: Counter[str] = Counter()
        kinds = [each.declared.kind for each in unit.linked.functions]
        self.is_deployed = FunctionKind.INIT not in kinds

    @property
    def quantified_max(self) -> int:
        """Variables of the property with the most of them: what judging a step costs grows so."""
        spec = self.linked.spec
        nodes = (node for code in (*spec.invariants, *spec.transitions) for node in code.nodes)
        return max((len(node.types) for node in nodes if isinstance(node, ForAll)), default=0)

    def run(self, moves: tuple[Move, ...]) -> None:
        """Make all calls; the deployment comes first, and nothing follows one that fails."""
        for move in moves:
            self.now_ms += move.wait_ms
            self.height += move.wait_blocks
            if move.target != CONTRACT:
                self._call_other(move)
                continue
            is_init = self.linked.functions[move.function].declared.kind is FunctionKind.INIT
            if is_init == self.is_deployed:
                continue
            outcome = self.call(move)
            self.is_deployed = self.is_deployed or isinstance(outcome, Succeeded)
        self._check_universe()

    def call(self, move: Move) -> Outcome:
        """Make one call and judge it."""
        function = self.linked.functions[move.function]
        name = self.unit.source_map.functions[move.function].name
        for kind, value in zip(function.params, move.arguments, strict=move.signer is None):
            self._learn(kind, value)
        if move.signer is not None:
            move = replace(move, arguments=(*move.arguments, self._sign(move, move.signer)))
        is_view = function.declared.kind is FunctionKind.VIEW
        after = self.world.copy()
        arguments = encode_record(self.linked.types, function.params, move.arguments)
        selector = function.declared.selector
        request = CallInput(
            CONTRACT, selector, move.caller, move.value, arguments, GAS_LIMIT, is_view
        )
        block = BlockContext(GENESIS_ID, self.height, self.now_ms)
        outcome = execute(after, block, request)
        assert outcome.gas_used <= function.gas_bound, name
        if not isinstance(outcome, Succeeded):
            self._judge_failure(move, outcome)
            return outcome
        self.succeeded[name] += 1
        for kind, value in zip(function.result, outcome.result, strict=True):
            self._learn(kind, value)
        assert count_coins(after) == count_coins(self.world), name
        step = Step(
            move.function, move.caller, move.value, self.now_ms, self.height, move.arguments
        )
        happened = Happened(step, Moment(self.world), Moment(after), outcome)
        if is_view:
            assert after == self.world, name
        self._judge_success(name, happened)
        self.world = after
        return outcome

    def _call_other(self, move: Move) -> None:
        """Deploy another contract of the test, or call it: what it does is not judged here."""
        linked = self.unit.stubs[move.stub].linked
        self.world.codes[move.target] = linked
        self._learn(AddressType(), move.target)
        if move.function == NO_FUNCTION:
            return
        function = linked.functions[move.function]
        arguments = encode_record(linked.types, function.params, move.arguments)
        selector = function.declared.selector
        request = CallInput(
            move.target, selector, move.caller, move.value, arguments, GAS_LIMIT, is_view=False
        )
        after = self.world.copy()
        outcome = execute(after, BlockContext(GENESIS_ID, self.height, self.now_ms), request)
        if isinstance(outcome, Succeeded):
            self.world = after

    def _sign(self, move: Move, signer: int) -> Value:
        """The last argument of a signed action, by the account that another argument names."""
        owner = move.arguments[signer]
        account = find_account(owner) if isinstance(owner, bytes) else None
        assert account is not None, "sequences name people only"
        cell = [each.name for each in self.unit.source_map.cells].index(NONCES)
        nonce = read_entry(self.linked, CONTRACT, self.world, (cell, (owner,)))
        assert isinstance(nonce, int), "nonces are numbers"
        moment = (nonce + move.is_stale, self.now_ms)
        function = self.linked.functions[move.function]
        digest = compute_permit_digest(self.linked, function, CONTRACT, move.arguments, moment)
        signature = sign_permit(account, digest, GENESIS_ID)
        return (*moment, EnumValue(0, (get_public_key(account), signature)))

    def _judge_failure(self, move: Move, outcome: Outcome) -> None:
        function = self.linked.functions[move.function].declared
        spec = self.linked.module.spec.functions[move.function]
        assert not isinstance(outcome, Succeeded)
        failure = outcome.failure
        name = self.unit.source_map.functions[move.function].name
        if isinstance(failure, DeclaredFailure):
            guard = {
                each.error
                for each in function.code[: function.guard_count]
                if isinstance(each, Fail)
            }
            assert failure.error in guard or failure.error in spec.open_errors, (name, failure)
        else:
            assert failure.code in ALLOWED, (name, failure, move)

    def _judge_success(self, name: str, happened: Happened) -> None:
        around = self._get_present(happened)
        linked, source_map = self.linked, self.unit.source_map
        function = happened.step.function
        for number, code in enumerate(linked.spec.invariants):
            holds = evaluate_property(linked, code, around)
            assert holds, (name, source_map.invariants[number].name)
        if linked.functions[function].declared.kind is FunctionKind.ACTION:
            for number, code in enumerate(linked.spec.transitions):
                holds = evaluate_property(linked, code, around)
                assert holds, (name, source_map.transitions[number].name)
        for number, code in enumerate(linked.spec.functions[function].ensures):
            holds = evaluate_property(linked, code, around)
            assert holds, (name, source_map.functions[function].ensures[number].name)
        if linked.module.spec.functions[function].has_frame:
            self._judge_frame(name, around, happened)

    def _judge_frame(self, name: str, around: Present, happened: Happened) -> None:
        """Nothing changes at a place that `modifies` does not name."""
        before, after = happened.before.world.leaves, happened.after.world.leaves
        changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        for each in self.linked.spec.functions[happened.step.function].modifies:
            keys = tuple(evaluate_expression(self.linked, key, around) for key in each.keys)
            entry = find_entry(self.linked, CONTRACT, each.cell, keys).place
            changed.discard(compute_storage_key(entry.contract, entry.cell, entry.keys))
        is_plain = not any(each.is_checkpointed for each in self.linked.module.code.cells)
        is_alone = len(self.world.codes) == 1
        # Keys don't tell whose entry they are: beside other contracts, the frame is left to proofs.
        assert not (changed and is_plain and is_alone), (
            name,
            "changes what `modifies` does not name",
        )

    def _get_present(self, happened: Happened) -> Present:
        result = happened.outcome.result if isinstance(happened.outcome, Succeeded) else ()
        params = (*happened.step.arguments, *result)
        return Present(
            self.linked,
            CONTRACT,
            happened,
            params,
            GENESIS_ID,
            (),
            universe=self.universe,
            keys=self.keys,
        )

    def _learn(self, kind: Type, value: Value) -> None:
        """Remember every scalar of an argument, by its type: it may become a key."""
        types = self.linked.types
        match kind, value:
            case EnumType(members), EnumValue(tag, payload):
                for each, part in zip(members[tag], payload, strict=True):
                    self._learn(types[each], part)
            case ListType(element, _), tuple():
                for part in value:
                    self._learn(types[element], part)
            case RecordType(fields), tuple():
                for each, part in zip(fields, value, strict=True):
                    self._learn(types[each], part)
            case _:
                known = self.universe.get(kind, ())
                if value not in known:
                    self.universe[kind] = (*known, value)

    def _check_universe(self) -> None:
        """Every entry that is written stands at keys that the quantifiers ran over."""
        if any(each.is_checkpointed for each in self.linked.module.code.cells):
            return
        if len(self.world.codes) > 1:
            return
        step = Step(0, PEOPLE[0], 0, self.now_ms, self.height, ())
        around = self._get_present(Happened(step, Moment(self.world), Moment(self.world), None))
        keys = set(self.world.leaves)
        for cell in range(CELL_INBOX + 1, len(self.linked.module.code.cells)):
            for place in list_places(self.linked, around, cell):
                entry = find_entry(self.linked, CONTRACT, *place).place
                keys.discard(compute_storage_key(entry.contract, entry.cell, entry.keys))
        assert not keys, "an entry was written at a key that no quantifier tried"


@cache
def play_openings(sequences: Sequences) -> tuple[frozenset[str], frozenset[int]]:
    """Which functions succeed, and which events come, in the sequences that are its tests."""
    succeeded: set[str] = set()
    events: set[int] = set()
    for opening in sequences.longest_openings:
        play = Play(sequences.unit)
        play.run(opening)
        succeeded.update(play.succeeded)
        events.update(each.event for each in play.world.events)
    return frozenset(succeeded), frozenset(events)


def count_coins(world: MemoryWorld) -> int:
    """All coins of a world."""
    return sum(world.balances.values()) + sum(world.inboxes.values())


assert len(ACCOUNTS) >= len(PEOPLE), "there are people enough"
