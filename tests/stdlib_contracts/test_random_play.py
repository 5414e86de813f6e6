"""Random sequences of calls hold what is proved to what the machine does, for every contract."""

import os
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.compile import CompiledUnit, compile_source
from spec.ir.syntax import Call, Emit
from stdlib_contracts.loader import list_contracts
from tests.stdlib_contracts.play import Play, play_openings
from tests.stdlib_contracts.sequences import Sequences

LIBRARY = {each.name: each for each in list_contracts()}
FEW = 12
"""Sequences of a contract in the fast lane."""
MANY = int(os.environ.get("QC_SEQUENCES", "100000"))
"""Sequences of a contract in the slow lane."""


@cache
def get_sequences(name: str) -> Sequences:
    unit = compile_source(LIBRARY[name].read_source(), name).unit
    assert unit is not None
    return Sequences(unit)


VARIABLES_FAST_MAX = 2
"""Contracts with properties of more variables are judged in the slow lane."""
QUICK = [
    each
    if Play(get_sequences(each).unit).quantified_max <= VARIABLES_FAST_MAX
    else pytest.param(each, marks=pytest.mark.slow)
    for each in LIBRARY
]


def play_sequence(name: str, data: st.DataObject) -> Play:
    sequences = get_sequences(name)
    play = Play(sequences.unit)
    play.run(data.draw(sequences.strategy))
    return play


@pytest.mark.parametrize("name", QUICK)
@given(data=st.data())
@settings(max_examples=FEW)
def test_random_calls_keep_every_property(name: str, data: st.DataObject) -> None:
    play_sequence(name, data)


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", LIBRARY)
@given(data=st.data())
@settings(max_examples=MANY)
def test_very_many_random_calls_keep_every_property(name: str, data: st.DataObject) -> None:
    play_sequence(name, data)


@pytest.mark.parametrize("name", LIBRARY)
def test_the_tests_of_a_contract_make_every_action_succeed_and_every_event_come(name: str) -> None:
    """What is judged happens: no action fails in all sequences that begin like its tests.

    In sequences a contract is alone: actions that call others succeed in its own tests.
    """
    sequences = get_sequences(name)
    unit, (succeeded, events) = sequences.unit, play_openings(sequences)
    alone = [
        number
        for number, each in enumerate(unit.module.code.functions)
        if not any(isinstance(node, Call) for node in each.code)
    ]
    owed = {
        node.event
        for number in alone
        for node in unit.module.code.functions[number].code
        if isinstance(node, Emit)
    }
    assert owed - events == set()
    functions = [unit.source_map.functions[number] for number in alone]
    actions = {each.name for each in functions if each.kind == "action" and not each.generated}
    assert actions - succeeded == set()


@pytest.mark.parametrize("name", QUICK)
@given(data=st.data())
@settings(max_examples=5)
def test_a_sequence_twice_gives_the_same_world(name: str, data: st.DataObject) -> None:
    sequences = get_sequences(name)
    moves = data.draw(sequences.strategy)
    worlds = []
    for _ in range(2):
        play = Play(sequences.unit)
        play.run(moves)
        worlds.append(play.world)
    assert worlds[0] == worlds[1]


def compile_text(text: str) -> CompiledUnit:
    unit = compile_source(text, "wrong.qc").unit
    assert unit is not None
    return unit


WRONG = """contract Wrong:
    state:
        total: u64
        owed: map[address, u64]
{property}
    action put(amount: u64) by anyone:
        fails Large when amount > 1_000
{clause}
        total += amount
        owed[caller] += 1
    error Large
    test "put":
        deploy() as alice
        put(1) as alice
        put(100) as alice
"""


@pytest.mark.parametrize(
    ("stated", "clause"),
    [
        ("    invariant small: total <= 1", ""),
        ("    invariant equal: sum(owed) == total", ""),
        ("    transition one: total == old(total) + 1", ""),
        ("", "        ensures total == amount"),
        ("", "        modifies total"),
    ],
)
def test_what_is_false_is_found(stated: str, clause: str) -> None:
    """The judge of sequences does not nod everything through."""
    sequences = Sequences(compile_text(WRONG.format(property=stated, clause=clause)))
    with pytest.raises(AssertionError):
        Play(sequences.unit).run(sequences.mentioned.openings[-1])
