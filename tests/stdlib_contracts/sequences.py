"""Random sequences of calls for any contract, drawn from what its own tests mention.

The arguments, coins and durations that a contract's `test` blocks use are the numbers that matter
to it; sequences mix them with boundaries, and often begin with a part of one of the tests, so that
they reach what lies deep.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeVar

from hypothesis import strategies as st

from dsl import typed
from dsl.accounts import compute_account_address
from dsl.compile import CompiledUnit
from dsl.names import ACCOUNTS
from dsl.testing import compute_stub_address, fold_constant
from dsl.world import CONTRACT
from spec.ir.syntax import (
    AddressType,
    BoolType,
    BytesType,
    EnumType,
    ListType,
    MessageType,
    RecordType,
    StringType,
    Type,
    UintType,
)
from spec.ir.values import EnumValue, MessageValue, Value

Chosen = TypeVar("Chosen")
PEOPLE = tuple(compute_account_address(name) for name in ACCOUNTS[:5])
CALLS_MAX = 10
"""Random calls of a sequence, after its beginning."""
LIST_LENGTH_MAX = 4
NO_FUNCTION = -1
"""A contract without `init` is deployed by no call."""


class Chooser(Protocol):
    """Chooses: Hypothesis, or a seeded generator of random numbers."""

    def choice(self, seq: Sequence[Chosen], /) -> Chosen:
        """One of them."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Hypothesis as a chooser: it makes a sequence that breaks something simple."""

    draw: st.DrawFn

    def choice(self, seq: Sequence[Chosen], /) -> Chosen:
        """One of them."""
        return self.draw(st.sampled_from(seq))


@dataclass(frozen=True, slots=True)
class Move:
    """One call, and the time that passes before it."""

    function: int
    """Index in the module."""
    caller: bytes
    value: int
    arguments: tuple[Value, ...]
    wait_ms: int = 0
    wait_blocks: int = 0
    signer: int | None = None
    """Of a signed action: the parameter that names who signs; the arguments lack the signature."""
    is_stale: bool = False
    """Whether it is signed for a number that is not the signer's next one."""
    target: bytes = CONTRACT
    """What is called: this contract, or another one that a test deploys."""
    stub: int = 0
    """Of another one: which of the unit's contracts for tests it is."""


@dataclass
class Mentioned:
    """What a contract's tests mention."""

    by_param: dict[tuple[int, int], list[Value]] = field(default_factory=dict)
    """By function and parameter."""
    by_type: dict[Type, list[Value]] = field(default_factory=dict)
    coins: list[int] = field(default_factory=lambda: [0, 1, 100])
    waits_ms: list[int] = field(default_factory=lambda: [0, 0, 0, 1, 1_000])
    waits_blocks: list[int] = field(default_factory=lambda: [0, 0, 1])
    signers: dict[int, int] = field(default_factory=dict)
    """Of signed actions: the parameter that names who signs."""
    openings: list[tuple[Move, ...]] = field(default_factory=list)
    """The calls of each test, as far as they are constant; the first one deploys."""


class Others:
    """The contracts that one test deploys besides, and what it calls of them."""

    def __init__(self, unit: CompiledUnit) -> None:
        self._units = unit.stubs
        self._deployed: list[tuple[bytes, int]] = []
        self._locals: dict[int, bytes] = {}

    def fold(self, probe: typed.Probe) -> Value | None:
        """The value of an expression that is constant, or names one of them."""
        if isinstance(probe.value, typed.Use):
            return self._locals.get(probe.value.local.id)
        return fold_constant(probe.value)

    def read_call(self, step: typed.Call) -> Move | None:
        """A deployment or call of one of them, None if something in it is not constant."""
        if step.contract:
            stub = [each.name for each in self._units].index(step.contract)
            target = compute_stub_address(step.contract, len(self._deployed) + 1)
            self._deployed.append((target, stub))
            if step.local is not None:
                self._locals[step.local.id] = target
        else:
            assert step.target is not None, "it calls another contract"
            found = self.fold(step.target)
            stubs = [stub for each, stub in self._deployed if each == found]
            if not isinstance(found, bytes) or not stubs:
                return None
            target, stub = found, stubs[0]
        names = [each.name for each in self._units[stub].source_map.functions]
        values = [self.fold(each) for each in step.args]
        known = tuple(each for each in values if each is not None)
        sender = PEOPLE[0] if step.sender is None else self.fold(step.sender)
        if step.function not in names:
            return Move(NO_FUNCTION, PEOPLE[0], 0, (), target=target, stub=stub)
        if len(known) < len(values) or not isinstance(sender, bytes):
            return None
        return Move(names.index(step.function), sender, 0, known, target=target, stub=stub)


class Sequences:
    """Draws sequences for one contract."""

    def __init__(self, unit: CompiledUnit) -> None:
        self.unit = unit
        self.linked = unit.linked
        self.numbers = {each.name: n for n, each in enumerate(unit.source_map.functions)}

    @cached_property
    def mentioned(self) -> Mentioned:
        """What the contract's tests mention."""
        found = Mentioned()
        for test in self.unit.tests:
            self._read_steps(test.steps, found)
        return found

    def _read_steps(self, steps: Sequence[typed.Step], found: Mentioned) -> None:
        others = Others(self.unit)
        opening: list[Move] | None = []
        wait_ms = wait_blocks = 0
        for step in steps:
            if isinstance(step, typed.Advance):
                amount = fold_constant(step.amount.value)
                if isinstance(amount, int):
                    wait_ms += 0 if step.height else amount
                    wait_blocks += amount if step.height else 0
                    (found.waits_blocks if step.height else found.waits_ms).append(amount)
            elif isinstance(step, typed.Call) and (step.contract or step.target is not None):
                other = others.read_call(step)
                if other is not None and opening is not None and step.expected is None:
                    opening.append(other)
            elif isinstance(step, typed.Call) and step.function in self.numbers:
                move = self._read_call(step, found, others, (wait_ms, wait_blocks))
                if move is None or opening is None:
                    opening = None
                elif step.expected is None:
                    wait_ms = wait_blocks = 0
                    opening.append(move)
                    found.openings.append(tuple(opening))

    def _read_call(
        self, step: typed.Call, found: Mentioned, others: Others, waits: tuple[int, int]
    ) -> Move | None:
        """The call of a step, None if something in it is not constant."""
        function = self.numbers[step.function]
        kinds = self.linked.functions[function].params
        if step.signing is not None:
            found.signers[function] = step.signing.owner
            kinds = kinds[:-1]
        values = [others.fold(each) for each in step.args]
        for number, (kind, value) in enumerate(zip(kinds, values, strict=True)):
            if value is not None:
                found.by_param.setdefault((function, number), []).append(value)
                found.by_type.setdefault(kind, []).append(value)
        sender = PEOPLE[0] if step.sender is None else fold_constant(step.sender.value)
        coins = 0 if step.value is None else fold_constant(step.value.value)
        if isinstance(coins, int):
            found.coins.append(coins)
        known = tuple(each for each in values if each is not None)
        if len(known) < len(kinds) or not isinstance(sender, bytes) or not isinstance(coins, int):
            return None
        signer = found.signers.get(function)
        return Move(function, sender, coins, known, *waits, signer)

    @property
    def longest_openings(self) -> list[tuple[Move, ...]]:
        """The openings that no other one begins with."""
        every = self.mentioned.openings
        return [
            each
            for each in every
            if not any(other[: len(each)] == each and other != each for other in every)
        ]

    @cached_property
    def strategy(self) -> st.SearchStrategy[tuple[Move, ...]]:
        """Sequences as Hypothesis draws them, and shrinks them."""

        @st.composite
        def draw_moves(draw: st.DrawFn) -> tuple[Move, ...]:
            opening, rest = self.draw(Drawing(draw), 1)
            return (*opening, *rest)

        return draw_moves()

    def draw(self, chooser: Chooser, calls_min: int) -> tuple[tuple[Move, ...], list[Move]]:
        """A part of a test, then random calls: at least one, and `calls_min` in all."""
        assert self.mentioned.openings, "some test deploys with constant arguments"
        opening = chooser.choice(self.mentioned.openings)
        count = chooser.choice(range(max(1, calls_min - len(opening)), CALLS_MAX + 1))
        return opening, [self._draw_move(chooser) for _ in range(count)]

    @cached_property
    def _callable(self) -> tuple[int, ...]:
        functions = enumerate(self.unit.source_map.functions)
        return tuple(number for number, each in functions if each.kind in ("action", "view"))

    def _draw_move(self, chooser: Chooser) -> Move:
        """A call of any action or view, by anybody."""
        number = chooser.choice(self._callable)
        mentioned, function = self.mentioned, self.linked.functions[number]
        signer = mentioned.signers.get(number)
        params = function.params if signer is None else function.params[:-1]
        arguments = [
            chooser.choice(PEOPLE)
            if index == signer
            else self._draw_argument(chooser, (number, index), kind)
            for index, kind in enumerate(params)
        ]
        return Move(
            number,
            chooser.choice(PEOPLE),
            chooser.choice(mentioned.coins) if function.declared.is_payable else 0,
            tuple(arguments),
            chooser.choice(mentioned.waits_ms),
            chooser.choice(mentioned.waits_blocks),
            signer,
            signer is not None and chooser.choice((False, False, True)),
        )

    def _draw_argument(self, chooser: Chooser, place: tuple[int, int], kind: Type) -> Value:
        """Mostly what tests pass here, or elsewhere for this type; else anything."""
        here = self.mentioned.by_param.get(place, [])
        elsewhere = self.mentioned.by_type.get(kind, [])
        known = chooser.choice([*(each for each in (here, elsewhere) if each), []])
        return chooser.choice(known) if known else self.draw_value(chooser, kind)

    def draw_value(self, chooser: Chooser, kind: Type) -> Value:
        """Values of a type, boundaries first."""
        types = self.linked.types
        match kind:
            case UintType(bits):
                return chooser.choice((0, 1, 2, 3, 7, 100, (1 << bits) - 1))
            case AddressType():
                return chooser.choice(PEOPLE)
            case BoolType():
                return chooser.choice((False, True))
            case StringType(size):
                return chooser.choice((b"", b"a", b"ab"[:size]))
            case BytesType(size):
                return chooser.choice((bytes(size), bytes(size - 1) + b"\1"))
            case ListType(element, length):
                count = chooser.choice(range(min(length, LIST_LENGTH_MAX) + 1))
                return tuple(self.draw_value(chooser, types[element]) for _ in range(count))
            case MessageType():
                return MessageValue(chooser.choice(PEOPLE), bytes(8), 0, b"")
            case RecordType(fields):
                return tuple(self.draw_value(chooser, types[each]) for each in fields)
            case EnumType(members):
                tag = chooser.choice(range(len(members)))
                payload = tuple(self.draw_value(chooser, types[each]) for each in members[tag])
                return EnumValue(tag, payload)
            case _:
                raise AssertionError(f"no parameter has the type {kind}")
