"""Random call sequences: what is proved of the library holds of what the machine does."""

import random
from dataclasses import dataclass, field

import pytest

from dsl.accounts import compute_account_address
from dsl.compile import CompiledUnit, compile_source
from dsl.names import ACCOUNTS
from dsl.world import CONTRACT, MemoryWorld
from spec.ir.host import BlockContext, CallInput, MachineFailure, Outcome, Succeeded
from spec.ir.machine import execute
from spec.ir.syntax import AddressType, BoolType, EnumType, StringType, Type, UintType
from spec.ir.values import EnumValue, Value, decode_record, encode_record
from spec.lib.result import Ok
from stdlib_contracts.loader import find_contract

PEOPLE = tuple(compute_account_address(name) for name in ACCOUNTS[:4])
AMOUNTS = (0, 1, 2, 50, 99, 100, 1_000)
COINS_EACH = 10_000
CALLS = 150


def compile_contract(name: str) -> CompiledUnit:
    """Compile a contract of the library."""
    contract = find_contract(name)
    assert contract is not None
    unit = compile_source(contract.read_source(), name).unit
    assert unit is not None
    return unit


def choose(rng: random.Random, types: tuple[Type, ...], kind: Type) -> Value:
    """A random argument that favours the boundaries."""
    match kind:
        case UintType(bits):
            return rng.choice((*AMOUNTS, (1 << bits) - 1)) % (1 << bits)
        case AddressType():
            return rng.choice(PEOPLE)
        case BoolType():
            return rng.random() < 0.5
        case StringType():
            return rng.choice((b"", b"Gold"))
        case EnumType(members):
            tag = rng.randrange(len(members))
            return EnumValue(tag, tuple(choose(rng, types, types[each]) for each in members[tag]))
        case _:
            raise AssertionError(kind)


@dataclass
class Play:
    """A contract in a world of four people who call it at random."""

    unit: CompiledUnit
    rng: random.Random
    world: MemoryWorld = field(init=False)
    now_ms: int = 1_000

    def __post_init__(self) -> None:
        coins = dict.fromkeys(PEOPLE, COINS_EACH)
        self.world = MemoryWorld(self.unit.linked, coins=coins)

    def call(self, name: str, values: tuple[Value, ...], caller: bytes, value: int = 0) -> Outcome:
        """Call a function; a failure leaves the world as it was."""
        names = [each.name for each in self.unit.source_map.functions]
        function = self.unit.linked.functions[names.index(name)]
        is_view = self.unit.source_map.functions[names.index(name)].kind == "view"
        arguments = encode_record(self.unit.linked.types, function.params, values)
        selector = function.declared.selector
        request = CallInput(CONTRACT, selector, caller, value, arguments, 10_000_000, is_view)
        world = self.world.copy()
        outcome = execute(world, BlockContext(bytes(32), 1, self.now_ms), request)
        if isinstance(outcome, Succeeded):
            assert outcome.gas_used <= function.gas_bound
            self.world = world
        else:
            assert not isinstance(outcome.failure, MachineFailure), (name, outcome.failure)
        return outcome

    def call_any(self) -> None:
        """Call an action with random arguments as somebody."""
        functions = self.unit.source_map.functions
        names = [
            each.name
            for each in functions
            if each.kind == "action" and each.params[-1:] != ("signed",)
        ]
        name = self.rng.choice(names)
        index = [each.name for each in self.unit.source_map.functions].index(name)
        function = self.unit.linked.functions[index]
        types = self.unit.linked.types
        values = tuple(choose(self.rng, types, each) for each in function.params)
        value = self.rng.choice((0, 0, 0, 100)) if function.declared.is_payable else 0
        self.call(name, values, self.rng.choice(PEOPLE), value)
        self.now_ms += self.rng.choice((0, 1, 500, 3_000_000_000))

    def read(self, name: str, *values: Value) -> Value:
        """The result of a view."""
        outcome = self.call(name, values, PEOPLE[0])
        assert isinstance(outcome, Succeeded)
        return outcome.result[0]


@pytest.mark.parametrize("seed", range(5))
def test_erc20_balances_are_the_supply_and_declared_failures_are_all(seed: int) -> None:
    play = Play(compile_contract("erc20"), random.Random(seed))
    play.call("init", (b"Gold", b"GLD", 18, 300, 100), PEOPLE[0])
    moved = 0
    for _ in range(CALLS):
        before = len(play.world.events)
        play.call_any()
        moved += len(play.world.events) - before
        balances = [play.read("balance_of", each) for each in PEOPLE]
        assert all(isinstance(each, int) for each in balances)
        assert sum(each for each in balances if isinstance(each, int)) == play.read("total_supply")
    assert moved > CALLS // 10


@pytest.mark.parametrize("seed", range(10))
def test_escrow_coins_are_never_lost_or_stuck(seed: int) -> None:
    rng = random.Random(seed)
    play = Play(compile_contract("escrow"), rng)
    buyer, seller, arbiter, _ = PEOPLE
    play.call("init", (seller, arbiter, 100, 10, 5_000), buyer)
    for _ in range(40):
        play.call_any()
        total = sum(play.world.coins.values()) + sum(play.world.inbox.values())
        assert total == len(PEOPLE) * COINS_EACH
        if play.read("is_decided"):
            assert play.world.get_balance(CONTRACT) == 0
    play.now_ms += 10**12
    if play.world.get_balance(CONTRACT) > 0:
        assert isinstance(play.call("reclaim", (), buyer), Succeeded)
    assert play.world.get_balance(CONTRACT) == 0


def test_transfer_there_and_back_restores_the_state() -> None:
    play = Play(compile_contract("erc20"), random.Random(0))
    play.call("init", (b"Gold", b"GLD", 18, 300, 100), PEOPLE[0])
    before = dict(play.world.leaves)
    assert isinstance(play.call("transfer", (PEOPLE[1], 60), PEOPLE[0]), Succeeded)
    assert isinstance(play.call("transfer", (PEOPLE[0], 60), PEOPLE[1]), Succeeded)
    assert play.world.leaves == before


def test_a_split_transfer_is_one_transfer() -> None:
    unit = compile_contract("erc20")
    worlds = []
    for parts in ((30, 12), (42,)):
        play = Play(unit, random.Random(0))
        play.call("init", (b"Gold", b"GLD", 18, 300, 100), PEOPLE[0])
        for part in parts:
            assert isinstance(play.call("transfer", (PEOPLE[1], part), PEOPLE[0]), Succeeded)
        worlds.append(play.world.leaves)
    assert worlds[0] == worlds[1]


def test_events_carry_the_values_of_the_change() -> None:
    play = Play(compile_contract("erc20"), random.Random(0))
    play.call("init", (b"Gold", b"GLD", 18, 300, 100), PEOPLE[0])
    play.call("transfer", (PEOPLE[1], 7), PEOPLE[0])
    number, data = play.world.events[-1]
    assert play.unit.source_map.events[number].name == "Transfer"
    types = play.unit.linked.types
    fields = tuple(types[each] for each in play.unit.module.code.events[number].fields)
    decoded = decode_record(types, fields, data)
    some = tuple(EnumValue(1, (each,)) for each in PEOPLE[:2])
    assert decoded == Ok((*some, 7))
