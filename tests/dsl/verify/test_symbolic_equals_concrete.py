"""Symbolic execution says of every call what the reference machine does.

Random valid modules, random worlds, random calls: the same calls fail; where none fails every
entry, the result, every property and every sum agree. Values are encoded by two independent ways:
leaves here, SSZ there.
"""

from collections import Counter
from random import Random

import pytest

from dsl.verify.aggregates import Aggregates, Asked
from dsl.verify.cases import Case, run_case
from dsl.verify.cast import cast_step
from dsl.verify.encoder import Encoder
from dsl.verify.leaves import Layouts, UnsupportedError, encode_leaves
from dsl.verify.properties import Evaluated, Properties, Shape, View, find_shape
from dsl.verify.replay import Happened, Moment, Surroundings, list_places
from dsl.verify.run_frame import Made, Paid
from dsl.verify.scenario import Foreign, Step, list_scalars
from dsl.verify.state import Place, Root, make_state, read
from dsl.verify.terms import Pool, Symbol
from spec.ir.evaluate import evaluate_aggregate, evaluate_property
from spec.ir.host import BlockContext, CallInput, Failed, MachineFailure, Succeeded
from spec.ir.linked import LinkedCode, LinkedModule
from spec.ir.machine import execute
from spec.ir.memory import MemoryWorld
from spec.ir.state import find_entry, set_entry
from spec.ir.syntax import Code, ForAll, FunctionKind, Prim, PrimOp, UintType, When
from spec.ir.values import EnumValue, Value, encode_record
from tests.dsl.verify.concrete import Assignment
from tests.dsl.verify.concrete import Call as RealCall
from tests.spec.ir.modules import make_module
from tests.spec.ir.tables import ADDRESSES, CONTRACTS, KEYS, make_value
from tests.spec.ir.worlds import GENESIS_ID, link_valid

CONTRACT = CONTRACTS[0]
OTHERS = frozenset(
    {
        "contract.arguments_malformed",
        "contract.gas_below_bound",
        "contract.call_depth",
        "contract.unknown_function",
    }
)


def uses_others(code: Code) -> bool:
    """Whether signatures decide what happens."""
    return any(isinstance(node, Prim) and node.op is PrimOp.VERIFY_SIGNATURE for node in code)


def make_world(rng: Random, linked: LinkedModule) -> tuple[MemoryWorld, list[Value]]:
    """A world whose contract holds random values at a few keys, and all values in it."""
    world = MemoryWorld(codes={CONTRACT: linked})
    seen: list[Value] = list(ADDRESSES)
    past = Random(len(linked.module.code.functions))
    for address in ADDRESSES:
        world.balances[address] = rng.choice((0, 1, 1000, 1 << 90))
    world.inboxes[CONTRACT] = rng.choice((0, 5))
    layouts = Layouts(linked.types)
    for cell, declared in enumerate(linked.module.code.cells):
        if cell < 2:
            continue
        keys, kind = layouts.split_cell(layouts.get(declared.type))
        for _ in range(3 if keys else 1):
            try:
                layouts.leaves(kind)
            except UnsupportedError:
                break
            row = tuple(make_value(rng, key) for key in keys)
            value = make_value(rng, kind)
            entry = find_entry(linked, CONTRACT, cell, row)
            if declared.is_checkpointed:
                for height in (1, 2):
                    set_entry(world, linked, entry, make_value(past, kind), height)
            set_entry(world, linked, entry, value, 3 if declared.is_checkpointed else 0)
            seen += list_scalars((*row, value))
    return world, seen


class Meeting:
    """One function of one module, symbolically, and real calls of it."""

    def __init__(self, linked: LinkedModule, function: int) -> None:
        self.linked = linked
        pool = Pool()
        layouts = Layouts(linked.types)
        self.encoder = Encoder(pool, layouts, linked.module, linked.literals)
        root = Root(pool, layouts, linked.module.code.cells, 1)
        declared = linked.module.code.functions[function]
        self.case: Case = run_case(self.encoder, function, declared, make_state(root))
        self.aggregates = Aggregates(self.encoder, self.case.inputs)
        self.properties = Properties(self.encoder, self.aggregates)

    def meet(
        self, rng: Random, world: MemoryWorld, seen: list[Value], counts: Counter[str]
    ) -> None:
        """Makes a call and compares."""
        function = self.linked.functions[self.case.function]
        arguments = tuple(make_value(rng, kind) for kind in function.params)
        caller = rng.choice(KEYS)
        value = min(rng.choice((0, 1, 7)), world.get_balance(caller))
        value = value if function.declared.is_payable else 0
        block = BlockContext(GENESIS_ID, rng.choice((0, 3, 1 << 60)), rng.choice((0, 5000)))
        data = encode_record(self.linked.types, function.params, arguments)
        real = RealCall(CONTRACT, caller, value, arguments, block)
        known = Assignment(self.encoder, self.linked, world, real, self.case)
        cast = self._play(rng, known)
        if cast is None:
            counts["nobody can answer so"] += 1
            return
        after = world.copy()
        for foreign in cast:
            after.codes[foreign.address] = foreign.module
        is_view = function.declared.kind is FunctionKind.VIEW
        call = CallInput(
            CONTRACT, function.declared.selector, caller, value, data, 10_000_000, is_view
        )
        outcome = execute(after, block, call)
        pool = self.encoder.pool
        if isinstance(outcome, Failed):
            failure = outcome.failure
            if isinstance(failure, MachineFailure) and failure.code in OTHERS:
                return
            if isinstance(failure, MachineFailure) and failure.code == "contract.call_failed":
                counts["open"] += 1
                return
            counts["failed"] += 1
            assert not known.get(self.case.succeed(pool)), failure
            return
        assert isinstance(outcome, Succeeded)
        counts["succeeded"] += 1
        assert known.get(self.case.succeed(pool))
        results = self.case.inputs.params[len(function.params) :]
        for kind, symbolic, concrete in zip(function.result, results, outcome.result, strict=True):
            assert known.get_value(kind, symbolic.leaves) == concrete
        counts["called"] += len(cast) > 0
        step = Step(self.case.function, caller, value, block.now_ms, block.height, arguments)
        happened = Happened(step, Moment(world), Moment(after), outcome)
        parts = (*seen, caller, *list_scalars(arguments), *list_scalars(outcome.result))
        around = Surroundings(
            self.linked,
            CONTRACT,
            happened,
            (*arguments, *outcome.result),
            GENESIS_ID,
            tuple(dict.fromkeys(parts)),
        )
        known.around = around
        self._compare_entries(known, around)
        self.compare_sums(known, around)
        self._compare_properties(known, around, counts)

    def _play(self, rng: Random, known: Assignment) -> tuple[Foreign, ...] | None:
        """Other contracts that answer at random, and what they answer."""
        known.standing = frozenset(each for each in CONTRACTS[1:] if rng.random() < 0.8)
        self._ask_all(known)
        layouts = self.encoder.layouts
        played: list[Made | Paid] = []
        for made in self.case.execution.made:
            played.append(made)
            if isinstance(made, Paid) or not known.get(made.guard):
                continue
            if known.get(made.target).to_bytes(32, "big") not in known.standing:
                played.pop()
                break
            if made.result is not None:
                assert made.result.type is not None
                value = make_value(rng, made.result.type)
                known.answer(made.result, encode_leaves(layouts, made.result.type, value))
        for made in self.case.execution.made:
            if not isinstance(made, Paid) and made.result is not None:
                known.answer(made.result, [0] * len(made.result.leaves))
        return cast_step(self, known, played, CONTRACT)

    def _ask_all(self, known: Assignment) -> None:
        """Whatever stands somewhere has every interface."""
        count = len(self.linked.interfaces)
        asked = [(PrimOp.IS_CONTRACT, ()), *((PrimOp.IMPLEMENTS, (n,)) for n in range(count))]
        for op, immediates in asked:
            number = self.encoder.get_function_number(op, immediates)
            for address in CONTRACTS[1:]:
                where = self.encoder.pool.number(int.from_bytes(address, "big"))
                known.get(self.encoder.pool.apply(Symbol("predicate", (number,), 0, 1), (where,)))

    def _compare_entries(self, known: Assignment, around: Surroundings) -> None:
        layouts, pool = self.encoder.layouts, self.encoder.pool
        for cell, declared in enumerate(self.linked.module.code.cells):
            keys, kind = layouts.split_cell(layouts.get(declared.type))
            try:
                layouts.leaves(kind)
            except UnsupportedError:
                continue
            if len(keys) > 1 or any(isinstance(key, UintType) for key in keys):
                continue
            for _, row in list_places(self.linked, around, cell)[:12]:
                numbers = [pool.number(to_number(key)) for key in row]
                symbolic = read(self.case.after, Place(cell, tuple(numbers), 0), kind)
                concrete = around.get_entry(cell, When.NOW, row)
                assert known.get_value(kind, symbolic.leaves) == concrete, (cell, row)

    def _compare_properties(
        self, known: Assignment, around: Surroundings, counts: Counter[str]
    ) -> None:
        module = self.linked.module
        pairs = list(
            zip(
                module.spec.functions[self.case.function].ensures,
                self.linked.spec.functions[self.case.function].ensures,
                strict=True,
            )
        )
        declared = zip(module.spec.invariants, self.linked.spec.invariants, strict=True)
        pairs += [(each.code, code) for each, code in declared]
        if module.code.functions[self.case.function].kind is FunctionKind.ACTION:
            moves = zip(module.spec.transitions, self.linked.spec.transitions, strict=True)
            pairs += [(each.code, code) for each, code in moves]
        for code, linked_code in pairs:
            self._compare_property(known, around, code, linked_code, counts)

    def _compare_property(
        self,
        known: Assignment,
        around: Surroundings,
        code: Code,
        linked_code: LinkedCode,
        counts: Counter[str],
    ) -> None:
        if uses_others(code) or any(isinstance(node, ForAll) for node in code):
            return
        view = View(self.case.inputs, self.case.before, self.case.after)
        try:
            shape: Shape = find_shape(self.encoder, self.aggregates, code)
            evaluated: Evaluated = self.properties.evaluate(shape, view)
        except UnsupportedError:
            return
        counts["properties"] += 1
        counts["sums"] += len(evaluated.asked)
        expected = evaluate_property(self.linked, linked_code, around)
        assert bool(known.get(evaluated.term)) == expected

    def compare_sums(self, known: Assignment, around: Surroundings) -> None:
        """The sums without parameters, before and after."""
        total = self.aggregates.get_value(Asked(0, self.case.after, ()))
        expected = evaluate_aggregate(self.linked, 0, When.NOW, (), around)
        assert known.get(total) == expected


def to_number(key: Value) -> int:
    if isinstance(key, EnumValue):
        return key.tag
    assert isinstance(key, bytes | int)
    return int.from_bytes(key, "big") if isinstance(key, bytes) else key


def run_seed(seed: int, counts: Counter[str]) -> None:
    linked = link_valid(make_module(seed))
    rng = Random(seed)
    for index, function in enumerate(linked.module.code.functions):
        if uses_others(function.code):
            counts["others"] += 1
            continue
        try:
            meeting = Meeting(linked, index)
        except UnsupportedError as error:
            counts[error.what] += 1
            continue
        if function.kind is FunctionKind.INIT:
            continue
        for node in function.code:
            counts[type(node).__name__] += 1
            if isinstance(node, Prim):
                counts[node.op.name] += 1
        for _ in range(4):
            world, seen = make_world(rng, linked)
            meeting.meet(rng, world, seen, counts)


@pytest.mark.parametrize("block", range(4))
def test_symbolic_execution_equals_the_machine(block: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(60 * block, 60 * block + 60):
        run_seed(seed, counts)
    assert counts["succeeded"] > 60, counts
    assert counts["failed"] > 20, counts
    assert counts["properties"] > 20, counts


@pytest.mark.slow
def test_symbolic_execution_equals_the_machine_on_many_modules() -> None:
    counts: Counter[str] = Counter()
    for seed in range(10_000, 13_000):
        run_seed(seed, counts)
    assert counts["succeeded"] > 3_000, counts
