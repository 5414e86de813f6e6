"""Evaluating properties over concrete states: quantifiers and sums over finite universes.

The verifier replays counterexamples with it, and property-based tests check contracts with it. A
property holds over *all* values of a key type; here it is evaluated over the values that an
`Environment` supplies. That decides it exactly if these are all keys at which a map holds something
but its default, and enough others. The result of a property is the same as that of its node list
read as mathematics: nothing fails, division is total, a sum over a universe adds its body once per
tuple of values.

Source: IR.md 3.4, 3.5; LANGUAGE.md 6 (confirmed counterexamples).
"""

from dataclasses import dataclass
from itertools import product
from typing import Protocol

from spec.ir.errors import MachineError
from spec.ir.frame import (
    Frame,
    Loop,
    Row,
    enter_loop,
    find_last,
    get_value,
    get_values,
    is_ended,
    make_frame,
    settle,
)
from spec.ir.linked import LinkedCode, LinkedModule
from spec.ir.operators import Answer, get_number
from spec.ir.step import step
from spec.ir.syntax import (
    Agg,
    Call,
    Collect,
    ContextKind,
    Emit,
    Fail,
    ForAll,
    Pay,
    Send,
    Set,
    Type,
    Update,
    When,
)
from spec.ir.values import Value


class Environment(Protocol):
    """The concrete states that a property is evaluated in, and the finite world it speaks of."""

    def get_fact(self, which: ContextKind) -> Value:
        """What `Context` reads."""

    def get_params(self) -> tuple[Value, ...]:
        """What `Param` reads: the function's parameters, then its result if it has one."""

    def get_entry(self, cell: int, when: When, keys: tuple[Value, ...]) -> Value:
        """The whole value of a cell's entry, the default where nothing was written.

        `when` is NOW (the state after the call, or the only one), OLD (before it) or AT: then the
        height stands behind the keys, and the value is the default unless the height is past.
        """

    def get_universe(self, kind: Type) -> tuple[Value, ...]:
        """The values of a key type that quantifiers and sums run over, each once."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A property's surroundings: an environment, of which an aggregate may see one state only."""

    linked: LinkedModule
    environment: Environment
    state: When
    """What `When.NOW` reads: NOW, or OLD inside an aggregate of the state before."""

    @property
    def params(self) -> tuple[Value, ...]:
        """What `Param` reads."""
        return self.environment.get_params()

    def get_fact(self, which: ContextKind) -> Value:
        """What `Context` reads."""
        return self.environment.get_fact(which)

    def get_entry(self, cell: int, when: When, keys: tuple[Value, ...]) -> Answer:
        """The whole value of a cell's entry."""
        state = self.state if when is When.NOW else when
        return self.environment.get_entry(cell, state, keys)

    def is_contract(self, address: bytes) -> bool:
        """Properties do not ask."""
        raise AssertionError(f"validated: no property asks what stands at {address.hex()}")

    def has_interface(self, address: bytes, interface: int) -> bool:
        """Properties do not ask."""
        raise AssertionError(f"validated: no property asks for {interface} at {address.hex()}")


def evaluate_property(linked: LinkedModule, code: LinkedCode, environment: Environment) -> bool:
    """Whether a property of the module holds.

    `code` is a linked invariant, transition or ensures. Its cost is that of its quantifiers: the
    product of the sizes of their universes.
    """
    value = evaluate_expression(linked, code, environment)
    assert isinstance(value, bool), "validated: a property is a bool"
    return value


def evaluate_expression(linked: LinkedModule, code: LinkedCode, environment: Environment) -> Value:
    """The value of an expression: a property, or the key of a place that may be modified."""
    return _run(Evaluation(linked, environment, When.NOW), make_frame(code, ()))


def evaluate_aggregate(
    linked: LinkedModule,
    number: int,
    state: When,
    args: tuple[Value, ...],
    environment: Environment,
) -> int:
    """The sum of an aggregate's body over the universe of its keys, in the state NOW or OLD."""
    aggregate = linked.spec.aggregates[number]
    universes = [environment.get_universe(kind) for kind in aggregate.keys]
    around = Evaluation(linked, environment, state)
    return sum(
        get_number(_run(around, make_frame(aggregate.body, (*args, *keys))))
        for keys in product(*universes)
    )


def _run(around: Evaluation, frame: Frame) -> Value:
    """The value of the last top-level node; an aggregate inside runs in a second call, at most."""
    settle(frame)
    while not is_ended(frame):
        _advance(around, frame)
        settle(frame)
    return get_value(frame, find_last(frame.code, 0, len(frame.code.nodes)))


def _advance(around: Evaluation, frame: Frame) -> None:
    node = frame.code.nodes[frame.counter]
    match node:
        case ForAll():
            frame.values[frame.counter] = True
            enter_loop(frame, frame.counter, _make_loop(around, node), ())
        case Agg(aggregate, when, args):
            values = get_values(frame, args)
            total = evaluate_aggregate(around.linked, aggregate, when, values, around.environment)
            frame.values[frame.counter] = total
            frame.counter += 1
        case Set() | Update() | Fail() | Pay() | Collect() | Call() | Send() | Emit():
            raise AssertionError("validated: properties have no effects")
        case _:
            stop = step(around, frame, node, is_total=True)
            assert not isinstance(stop, MachineError), "nothing fails in a property"


def _make_loop(around: Evaluation, node: ForAll) -> Loop:
    """All assignments of values to a quantifier's variables, the last variable changing fastest."""
    types = around.linked.types
    universes = [around.environment.get_universe(types[index]) for index in node.types]
    count = 1
    for universe in universes:
        count *= len(universe)

    def get_row(position: int) -> Row:
        row: list[Value] = []
        for universe in reversed(universes):
            position, index = divmod(position, len(universe))
            row.append(universe[index])
        return tuple(reversed(row))

    return Loop(count, get_row, 0)
