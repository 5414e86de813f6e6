"""Running `test` blocks in the reference machine, in a world that holds one contract.

Every expression of a test becomes a view behind the contract's own functions, so that tests read
the state through the compiler and machine that they test, and through nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from dsl import typed
from dsl.accounts import compute_account_address, find_account, get_public_key, sign_permit
from dsl.check_signed import NONCES
from dsl.check_tests import MACHINE_ERRORS
from dsl.compile import CompiledUnit, try_link, try_lower
from dsl.diagnostics import Diagnostic
from dsl.lower_body import STANDARD_ERRORS
from dsl.names import ACCOUNTS
from dsl.render_values import render_value
from dsl.source import Span
from dsl.types import IntType
from dsl.world import CONTRACT, MemoryWorld
from spec.crypto.address import AddressKind
from spec.ir.host import (
    BlockContext,
    CallInput,
    DeclaredFailure,
    Failed,
    Failure,
    MachineFailure,
    Outcome,
    Succeeded,
)
from spec.ir.linked import LinkedFunction, LinkedModule
from spec.ir.machine import execute
from spec.ir.operators import get_number
from spec.ir.permits import compute_permit_digest
from spec.ir.state import find_entry, get_entry
from spec.ir.syntax import INIT_SELECTOR, STANDARD_ERROR_COUNT, FunctionKind
from spec.ir.values import EnumValue, Value, decode_record, encode_record, get_fields
from spec.lib.result import Err

GENESIS_ID = sha256(b"qc test chain").digest()
START_MS = 1_000
"""Time of a test's first block."""
COINS_EACH = 10**24
"""Coins of each account when a test begins."""
NOT_DEPLOYED = "nothing is deployed: begin with `deploy(…) as alice`"
PROBES_MAX = 32
"""Expressions of tests that are compiled together: a module has at most 128 functions."""
TIME_MAX = (1 << 64) - 1
"""The deadline of a permission that a test does not limit."""
GAS_LIMIT = 10_000_000
"""No function may need more."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of one test."""

    __test__ = False  # pytest looks for classes of this name

    title: str
    span: Span
    """Of the step that failed, or of the test."""
    problem: str
    """What went wrong; empty if the test passed."""

    @property
    def passed(self) -> bool:
        """Whether nothing went wrong."""
        return not self.problem


@dataclass(frozen=True, slots=True)
class MadeCall:
    """A call that a test makes, of a function of `unit`."""

    unit: CompiledUnit
    call: CallInput
    block: BlockContext
    succeeds: bool


class _StepError(Exception):
    """A step of a test failed."""

    def __init__(self, span: Span, problem: str) -> None:
        super().__init__(problem)
        self.span = span
        self.problem = problem


def run_tests(unit: CompiledUnit) -> tuple[TestResult, ...]:
    """Run all tests of a compiled contract whose tests have no errors, in order."""
    run = _make_run(unit)
    return tuple(run.run(test) for test in unit.tests)


def record_calls(unit: CompiledUnit) -> tuple[tuple[str, tuple[MadeCall, ...]], ...]:
    """Return the calls of each test, by its title, for a contract that passes its tests."""
    run, found = _make_run(unit), []
    for test in unit.tests:
        result = run.run(test)
        assert result.passed, f"{test.title}: {result.problem}"
        found.append((test.title, tuple(run.made)))
    return tuple(found)


def _make_run(unit: CompiledUnit) -> "_Run":
    probes = _ProbeTable()
    for test in unit.tests:
        for step in test.steps:
            probes.add_step(step)
    return _Run(unit, probes)


def _link_with_probes(unit: CompiledUnit, probes: Sequence[typed.Function]) -> LinkedModule:
    found: list[Diagnostic] = []
    lowered = try_lower(unit.source, unit.checked, probes, found)
    linked = None if lowered is None else try_link(lowered, unit.checked, found)
    assert linked is not None, f"expressions of tests compile: {found}"
    return linked


def fold_constant(expr: typed.Expr) -> Value | None:
    """Return the value of an expression that needs no machine, None if it does."""
    if isinstance(expr, typed.Constant):
        return expr.value
    if not isinstance(expr, typed.MakeVariant | typed.MakeList | typed.MakeRecord):
        return None
    values = [fold_constant(each) for each in expr.args]
    parts = tuple(each for each in values if each is not None)
    if len(parts) < len(values):
        return None
    return EnumValue(expr.tag, parts) if isinstance(expr, typed.MakeVariant) else parts


class _ProbeTable:
    """The views that expressions of tests become."""

    def __init__(self) -> None:
        self.functions: list[typed.Function] = []
        self._numbers: dict[int, int] = {}
        self._sides: dict[int, tuple[typed.Probe, ...]] = {}

    def add_step(self, step: typed.Step) -> None:
        """Add the expressions of one step."""
        match step:
            case typed.Call(args=args, sender=sender, value=value, expected_args=expected):
                for probe in (*args, step.target, sender, value, *(expected or ())):
                    if probe is not None:
                        self._add(probe)
            case typed.Remember(value=probe):
                self._add(probe)
            case typed.Advance(amount=probe):
                self._add(probe)
            case typed.Assert(condition=probe):
                self._add(probe)
                self._sides[id(probe)] = _make_sides(probe)
                for side in self._sides[id(probe)]:
                    self._add(side)

    def _add(self, probe: typed.Probe) -> None:
        if fold_constant(probe.value) is not None:
            return
        number = len(self.functions)
        self._numbers[id(probe)] = number
        params = tuple(find_locals(probe.value))
        body = (typed.Return(probe.span, probe.value),)
        self.functions.append(
            typed.Function(
                probe.span,
                probe.span,
                "view",
                f"probe {number}",
                True,  # generated
                params,
                probe.value.type,
                False,  # not payable
                (),
                body,
                (),
                None,
                (),
                None,
                (),
                False,  # no claim of completeness
                (),
            )
        )

    def get_sides(self, probe: typed.Probe) -> tuple[typed.Probe, ...]:
        """Return both sides of the comparison that an `assert` makes, if it makes one."""
        return self._sides.get(id(probe), ())

    def get_number(self, probe: typed.Probe) -> int:
        """Return the number of the view that evaluates a probe."""
        return self._numbers[id(probe)]


def _make_sides(probe: typed.Probe) -> tuple[typed.Probe, ...]:
    """Return both sides of a comparison, to be shown when it does not hold."""
    value = probe.value
    if not isinstance(value, typed.Prim) or value.op not in ("eq", "lt", "le"):
        return ()
    sides = [each for each in value.args if not isinstance(each.type, IntType)]
    sides = [each for each in sides if not isinstance(each, typed.Constant)]
    return tuple(typed.Probe(each.span, each, "") for each in sides)


def find_locals(expr: typed.Expr) -> list[typed.Local]:
    """Return the locals of a test that an expression uses, each once."""
    found: dict[int, typed.Local] = {}
    bound: set[int] = set()
    for node in walk(expr):
        if isinstance(node, typed.Use):
            found.setdefault(node.local.id, node.local)
        elif isinstance(node, typed.Bind):
            bound.add(node.local.id)
        elif isinstance(node, typed.MatchValue):
            bound.update(local.id for locals_, _ in node.arms for local in locals_)
    return [local for local in found.values() if local.id not in bound]


def walk(expr: object) -> list[object]:
    """Return all typed nodes of an expression."""
    found: list[object] = []
    pending: list[object] = [expr]
    while pending:
        current = pending.pop()
        if isinstance(current, tuple):
            pending.extend(reversed(current))
        elif isinstance(current, typed.Expr):
            found.append(current)
            pending.extend(getattr(current, name) for name in current.__slots__)
    return found


def list_entries(unit: CompiledUnit) -> dict[str, LinkedFunction]:
    """Return the entry points of a contract by name."""
    names = [each.name for each in unit.checked.functions if each.kind != "function"]
    return {name: unit.linked.functions[number] for number, name in enumerate(names)}


def compute_stub_address(name: str, number: int) -> bytes:
    """Return the address of a contract that a test deploys besides the one under test."""
    digest = sha256(f"qc test contract {name} {number}".encode()).digest()
    return bytes([AddressKind.CONTRACT]) + digest[1:]


class _Run:
    """Runs tests against one linked module."""

    def __init__(self, unit: CompiledUnit, probes: _ProbeTable) -> None:
        self._unit = unit
        self._linked = unit.linked
        self._probes = probes
        self._chunks: dict[int, LinkedModule] = {}
        self._functions = list_entries(unit)
        self._units: dict[bytes, CompiledUnit] = {}
        """The contract under test and those that the test has deployed, by address."""
        self._world = MemoryWorld(None)
        self._block = BlockContext(GENESIS_ID, 1, START_MS)
        self._locals: dict[int, Value] = {}
        self.made: list[MadeCall] = []  # of the test that ran last

    def run(self, test: typed.Test) -> TestResult:
        """Run one test in a fresh world."""
        self.made = []
        coins = {compute_account_address(name): COINS_EACH for name in ACCOUNTS}
        self._world = MemoryWorld(None, coins=coins)
        self._block = BlockContext(GENESIS_ID, 1, START_MS)
        self._locals = {}
        self._units = {CONTRACT: self._unit}
        try:
            for step in test.steps:
                self._step(step)
        except _StepError as failed:
            return TestResult(test.title, failed.span, failed.problem)
        return TestResult(test.title, test.span, "")

    def _step(self, step: typed.Step) -> None:
        match step:
            case typed.Call():
                self._call(step)
            case typed.Remember(local=local, value=probe):
                self._locals[local.id] = self._evaluate(probe)
            case typed.Assert(span=span, condition=probe):
                if self._evaluate(probe) is not True:
                    raise _StepError(span, f"`{probe.text}` does not hold{self._explain(probe)}")
            case typed.Advance(height=is_height, amount=probe):
                amount = self._evaluate(probe)
                assert isinstance(amount, int), "checked as u64"
                self._advance(amount, is_height=is_height)

    def _advance(self, amount: int, *, is_height: bool) -> None:
        if is_height:
            self._block = replace(self._block, height=self._block.height + amount)
        else:
            self._block = replace(self._block, now_ms=self._block.now_ms + amount)

    def _explain(self, probe: typed.Probe) -> str:
        shown = []
        for side in self._probes.get_sides(probe):
            text = self._text_of(side.span)
            shown.append(f"{text} is {render_value(side.value.type, self._evaluate(side))}")
        return f": {', '.join(shown)}" if shown else ""

    def _text_of(self, span: Span) -> str:
        return " ".join(self._unit.source.text[span.start : span.end].split())

    def _evaluate(self, probe: typed.Probe) -> Value:
        constant = fold_constant(probe.value)
        if constant is not None:
            return constant
        reads = any(isinstance(each, typed.Read | typed.Inline) for each in walk(probe.value))
        if self._world.code is None and reads:
            raise _StepError(probe.span, NOT_DEPLOYED)
        number = self._probes.get_number(probe)
        linked = self._get_chunk(number // PROBES_MAX)
        function = linked.functions[len(self._functions) + number % PROBES_MAX]
        params = self._probes.functions[number].params
        values = tuple(self._locals[each.id] for each in params)
        world = self._world.copy()
        world.code = linked
        arguments = encode_record(linked.types, function.params, values)
        selector = function.declared.selector
        call = CallInput(CONTRACT, selector, CONTRACT, 0, arguments, GAS_LIMIT, is_view=True)
        outcome = execute(world, self._block, call)
        if isinstance(outcome, Failed):
            raise _StepError(
                probe.span, f"`{probe.text}` has no value: {self._name(outcome.failure)}"
            )
        return outcome.result[0]

    def _get_chunk(self, chunk: int) -> LinkedModule:
        """Return the contract with the views of one group of expressions, made when needed."""
        if chunk not in self._chunks:
            start = chunk * PROBES_MAX
            functions = self._probes.functions[start : start + PROBES_MAX]
            self._chunks[chunk] = _link_with_probes(self._unit, functions)
        return self._chunks[chunk]

    def _call(self, step: typed.Call) -> None:
        values = [self._evaluate(each) for each in step.args]
        if step.signing is not None:
            values.append(self._sign(step, step.signing, values))
        sender = b"" if step.sender is None else self._evaluate(step.sender)
        value = 0 if step.value is None else self._evaluate(step.value)
        expected = [self._evaluate(each) for each in step.expected_args or ()]
        assert isinstance(sender, bytes), "checked as address"
        assert isinstance(value, int), "checked as u128"
        if value > self._world.coins.get(sender, 0):
            raise _StepError(step.span, "the sender has not that many coins")
        world = self._world.copy()
        address = self._find_address(step, world)
        caller = sender or bytes(CONTRACT)
        call = CallInput(address, INIT_SELECTOR, caller, value, b"", GAS_LIMIT, is_view=False)
        outcome = self._outcome(world, step, call, values)
        self._judge(step, outcome, expected)
        if isinstance(outcome, Succeeded):
            self._world = world
            if step.local is not None:
                self._locals[step.local.id] = outcome.result[0] if outcome.result else address

    def _find_address(self, step: typed.Call, world: MemoryWorld) -> bytes:
        """Return the address that a step calls; a deployment puts its contract there."""
        if step.function == "init":
            return self._deploy(step, world)
        if step.target is None:
            if world.code is None:
                raise _StepError(step.span, NOT_DEPLOYED)
            return CONTRACT
        address = self._evaluate(step.target)
        assert isinstance(address, bytes), "checked as contract"
        if address not in self._units or world.get_code(address) is None:
            raise _StepError(step.span, "no contract of this test stands at this address")
        return address

    def _deploy(self, step: typed.Call, world: MemoryWorld) -> bytes:
        if step.contract:
            unit = next(each for each in self._unit.stubs if each.name == step.contract)
            address = compute_stub_address(step.contract, len(self._units))
            self._units[address] = unit
            world.others[address] = unit.linked
            return address
        if world.code is not None and world.others:
            raise _StepError(step.span, "the contract is deployed already")
        if world.code is not None:
            world.leaves.clear()
            world.coins.pop(CONTRACT, None)
        world.code = self._linked
        return CONTRACT

    def _sign(self, step: typed.Call, signing: typed.Signing, values: Sequence[Value]) -> Value:
        """Return what the compiler's parameter of a signed action takes, signed by an account."""
        owner = values[signing.owner]
        signer = owner if signing.signer is None else self._evaluate(signing.signer)
        assert isinstance(owner, bytes), "checked as address"
        assert isinstance(signer, bytes), "checked as address"
        nonce = self._read_nonce(owner)
        if signing.nonce is not None:
            nonce = get_number(self._evaluate(signing.nonce))
        deadline = TIME_MAX
        if signing.deadline is not None:
            deadline = get_number(self._evaluate(signing.deadline))
        account = find_account(signer)
        if account is None:
            raise _StepError(step.span, "only an account of the test can sign")
        moment = (nonce, deadline)
        digest = compute_permit_digest(
            self._linked, self._functions[step.function], CONTRACT, tuple(values), moment
        )
        signature = sign_permit(account, digest, GENESIS_ID)
        return (nonce, deadline, EnumValue(0, (get_public_key(account), signature)))

    def _read_nonce(self, owner: bytes) -> int:
        cells = [each.name for each in self._unit.checked.cells]
        entry = find_entry(self._linked, CONTRACT, cells.index(NONCES), (owner,))
        return get_number(get_entry(self._world, self._linked, entry))

    def _outcome(
        self, world: MemoryWorld, step: typed.Call, call: CallInput, values: Sequence[Value]
    ) -> Outcome:
        """Make the call, of which the function and its arguments are still to be filled in."""
        unit = self._units[call.contract]
        function = list_entries(unit).get(step.function)
        if function is None and step.function != "init":
            raise _StepError(step.span, f"the contract there has no `{step.function}`")
        if function is not None:
            call = replace(
                call,
                selector=function.declared.selector,
                arguments=encode_record(unit.linked.types, function.params, tuple(values)),
                is_view=function.declared.kind is FunctionKind.VIEW,
            )
        outcome = execute(world, self._block, call)
        self.made.append(MadeCall(unit, call, self._block, isinstance(outcome, Succeeded)))
        return outcome

    def _judge(self, step: typed.Call, outcome: Outcome, expected: Sequence[Value]) -> None:
        if isinstance(outcome, Succeeded):
            if step.expected is not None:
                raise _StepError(step.span, f"this succeeded, where {step.expected} was expected")
            return
        name = self._name(outcome.failure)
        if step.expected is None:
            raise _StepError(step.span, f"this failed with {self._describe(outcome.failure)}")
        if name != step.expected:
            found = self._describe(outcome.failure)
            raise _StepError(
                step.span, f"this failed with {found}, where {step.expected} was expected"
            )
        if step.expected_args is None:
            return
        found_args = self._decode_args(outcome.failure)
        if found_args != tuple(expected):
            found = self._describe(outcome.failure)
            raise _StepError(step.span, f"this failed with {found}: other arguments than expected")

    def _get_unit(self, failure: Failure) -> CompiledUnit:
        """Return the contract that failed."""
        return self._units.get(failure.contract, self._unit)

    def _name(self, failure: Failure) -> str:
        """Return the name a test gives a failure."""
        if isinstance(failure, DeclaredFailure):
            if failure.error >= STANDARD_ERROR_COUNT:
                errors = self._get_unit(failure).checked.errors
                return errors[failure.error - STANDARD_ERROR_COUNT].name
            return next(name for name, each in STANDARD_ERRORS.items() if each == failure.error)
        names = {code: name for name, code in MACHINE_ERRORS.items()}
        return names.get(failure.code, failure.code)

    def _decode_args(self, failure: Failure) -> tuple[Value, ...]:
        if not isinstance(failure, DeclaredFailure) or failure.error < STANDARD_ERROR_COUNT:
            return ()
        linked = self._get_unit(failure).linked
        types = linked.types
        declared = linked.module.code.errors[failure.error - STANDARD_ERROR_COUNT]
        decoded = decode_record(types, get_fields(types, declared.fields), failure.data)
        assert not isinstance(decoded, Err), "the machine encodes canonically"
        return decoded.value

    def _describe(self, failure: Failure) -> str:
        name = self._name(failure)
        if isinstance(failure, MachineFailure) and failure.cause is not None:
            return f"{name}: {self._describe(failure.cause)}"
        if not isinstance(failure, DeclaredFailure) or failure.error < STANDARD_ERROR_COUNT:
            return name
        signature = self._get_unit(failure).checked.errors[failure.error - STANDARD_ERROR_COUNT]
        values = self._decode_args(failure)
        if not values:
            return name
        shown = (
            f"{field_name}: {render_value(kind, value)}"
            for (field_name, kind), value in zip(signature.params, values, strict=True)
        )
        return f"{name}({', '.join(shown)})"
