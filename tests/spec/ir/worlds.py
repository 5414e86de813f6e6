"""Random worlds, calls and runs over the modules of `modules`."""

from dataclasses import dataclass, replace
from random import Random

from spec.ir.host import BlockContext, CallInput, Outcome, Succeeded
from spec.ir.linked import LinkedFunction, LinkedModule
from spec.ir.machine import execute
from spec.ir.memory import MemoryWorld
from spec.ir.syntax import FunctionKind, Module
from spec.ir.validate import link
from spec.ir.values import encode_record
from spec.lib.result import Ok
from tests.spec.ir.modules import make_module
from tests.spec.ir.tables import ADDRESSES, CONTRACTS, KEYS, make_value

GENESIS_ID = bytes(range(32))


def link_valid(module: Module) -> LinkedModule:
    linked = link(module)
    assert isinstance(linked, Ok), linked.error.message
    return linked.value


def make_world(rng: Random) -> MemoryWorld:
    """Two contracts with random code, one address without; everybody has some coins."""
    world = MemoryWorld()
    for contract in CONTRACTS[:2]:
        world.codes[contract] = link_valid(make_module(rng.randrange(1 << 32)))
    for address in ADDRESSES:
        world.balances[address] = rng.choice((0, 1, 1000, 1 << 90))
        world.inboxes[address] = rng.choice((0, 5)) if address in CONTRACTS else 0
    return world


@dataclass(frozen=True)
class Step:
    """A call and the block it runs in."""

    block: BlockContext
    call: CallInput
    function: LinkedFunction


def make_step(rng: Random, world: MemoryWorld, height: int) -> Step:
    """A call that is well-formed and sometimes short of gas."""
    contract = rng.choice(CONTRACTS[:2])
    linked = world.codes[contract]
    function = rng.choice(linked.functions)
    kinds = function.params
    arguments = encode_record(linked.types, kinds, tuple(make_value(rng, kind) for kind in kinds))
    caller = rng.choice(KEYS)
    value = min(rng.choice((0, 0, 1, 7)), world.get_balance(caller))
    gas_limit = function.gas_bound + rng.choice((0, 0, 1, 1_000_000, -1))
    call = CallInput(
        contract=contract,
        selector=function.declared.selector,
        caller=caller,
        value=value if function.declared.is_payable else 0,
        arguments=arguments,
        gas_limit=gas_limit,
        is_view=function.declared.kind is FunctionKind.VIEW and rng.random() < 0.5,
    )
    return Step(BlockContext(GENESIS_ID, height, 1000 * height), call, function)


def run(world: MemoryWorld, step: Step) -> tuple[MemoryWorld, Outcome]:
    """The world after a step: the old one if the call failed."""
    working = world.copy()
    outcome = execute(working, step.block, step.call)
    return (working if isinstance(outcome, Succeeded) else world), outcome


def count_coins(world: MemoryWorld) -> int:
    return sum(world.balances.values()) + sum(world.inboxes.values())


Log = list[tuple[bytes, int, int]]
"""The nodes that a run has reached: (contract, function, node)."""


class Spy(tuple[int, ...]):  # noqa: SLOT001 - a tuple can't have slots of its own
    """Charges that log which nodes are reached: the machine looks up the charge of each it runs."""

    log: Log
    contract: bytes
    function: int

    def __getitem__(self, index: object) -> int:  # type: ignore[override]  # only ints are looked up
        assert isinstance(index, int)
        self.log.append((self.contract, self.function, index))
        return tuple.__getitem__(self, index)


def spy_on(linked: LinkedModule, contract: bytes, log: Log) -> LinkedModule:
    """The module at an address, whose runs are written to `log`."""
    functions: list[LinkedFunction] = []
    for number, function in enumerate(linked.functions):
        spy = Spy(function.code.charges)
        spy.log, spy.contract, spy.function = log, contract, number
        functions.append(replace(function, code=replace(function.code, charges=spy)))
    return replace(linked, functions=tuple(functions))
