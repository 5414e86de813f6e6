"""Random sequences of calls hold what is proved to what the machine does, for every contract."""

import os
import random
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.compile import CompiledUnit, compile_source
from dsl.verify.scenario import Step
from spec.ir.evaluate import evaluate_expression
from spec.ir.syntax import Call, Emit
from stdlib_contracts.loader import list_contracts
from tests.stdlib_contracts.campaign import (
    BROKEN_MAX,
    PART,
    Part,
    play_sequences,
    read_log,
    run_campaign,
    set_up,
)
from tests.stdlib_contracts.judge import BrokenError, Scene
from tests.stdlib_contracts.play import Engine, Play, State, play_openings
from tests.stdlib_contracts.sequences import Sequences

LIBRARY = {each.name: each for each in list_contracts()}
FEW = 20
"""Sequences of a contract in the fast lane."""
MANY = int(os.environ.get("QC_SEQUENCES", "100000"))
"""Sequences of a contract in the slow lane."""


@cache
def get_sequences(name: str) -> Sequences:
    unit = compile_source(LIBRARY[name].read_source(), name).unit
    assert unit is not None
    return Sequences(unit)


@cache
def get_engine(name: str) -> Engine:
    return Engine(get_sequences(name).unit)


@pytest.mark.parametrize("name", LIBRARY)
@given(data=st.data())
@settings(max_examples=FEW)
def test_random_calls_keep_every_property(name: str, data: st.DataObject) -> None:
    Play(get_engine(name)).run(data.draw(get_sequences(name).strategy))


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", LIBRARY)
def test_very_many_random_calls_keep_every_property(name: str, tmp_path: Path) -> None:
    """The campaign: `python -m tests.stdlib_contracts.campaign` prints what it plays."""
    parts = run_campaign([name], MANY, 1, tmp_path / "log")
    assert sum(each.sequences for each in parts) == MANY
    assert [each.broken for each in parts if each.broken_count] == []


def draw_states(name: str, rng: random.Random) -> list[State]:
    """States that sequences of a contract end in."""
    sequences, states = get_sequences(name), []
    for _ in range(6):
        opening, rest = sequences.draw(rng, 6)
        play = Play(get_engine(name))
        play.run(opening, tuple(rest))
        states.append(play.state)
    return states


@pytest.mark.parametrize("name", LIBRARY)
def test_compiled_properties_are_what_the_specification_says(name: str) -> None:
    """Between any two states, so that many properties are false there."""
    rng = random.Random(name)
    judge, linked = get_engine(name).judge, get_sequences(name).linked
    spec = linked.spec
    invariants = zip(spec.invariants, judge.invariants, strict=True)
    transitions = zip(spec.transitions, judge.transitions, strict=True)
    pairs = [*invariants, *transitions]
    states = draw_states(name, rng)
    answers = Counter[bool]()
    for _ in range(12):
        if answers[False]:
            break
        before, after = rng.sample(states, 2)
        move = get_sequences(name).draw(rng, 1)[1][0]
        step = Step(
            move.function, move.caller, move.value, after.now_ms, after.height, move.arguments
        )
        known = {**before.known, **after.known}
        scene = Scene(judge, step, before.cells, after.cells, after.world, (), known, ({}, {}))
        for code, each in pairs:
            answer = each.compiled.judge(scene)
            assert answer is evaluate_expression(linked, code, scene), each.name
            assert each.compiled.text, "it is not judged by what it is compared with"
            answers[bool(answer)] += 1
    assert answers[True]
    assert answers[False]


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


@pytest.mark.parametrize("name", LIBRARY)
def test_a_sequence_twice_gives_the_same_world(name: str) -> None:
    sequences, engine = get_sequences(name), get_engine(name)
    rng = random.Random(name)
    for _ in range(5):
        opening, rest = sequences.draw(rng, 6)
        fresh, shared = Play(Engine(sequences.unit)), Play(engine)
        fresh.run(opening, tuple(rest))
        shared.run(opening, tuple(rest))
        assert fresh.state.world == shared.state.world
        assert fresh.state.cells == shared.state.cells
        assert fresh.events == shared.events


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
    with pytest.raises(BrokenError):
        Play(Engine(sequences.unit)).run(sequences.mentioned.openings[-1])


DEEP = """contract Deep:
    state:
        total: u64
        owed: map[address, map[u64, u64]]
        paid: map[address, u64]
{stated}
    action put(id: u64, amount: u64) by anyone:
        fails Large when amount > 1_000
        modifies total, owed[caller][id]
{clause}
        total += amount
        owed[caller][id] += amount

    action take(id: u64, to: address) by anyone:
        modifies total, owed[caller][id], paid[to]

        let amount = owed[caller][id]
        if amount >= 100 and to != caller:
            paid[to] += 1
        total -= amount
        owed[caller][id] = 0

    error Large

    test "put":
        deploy() as alice
        put(1, 100) as alice

    test "take":
        deploy() as alice
        put(2, 5) as bob
        take(2, alice) as bob
"""
FALSE = {
    "invariant": "    invariant never: forall a: address: paid[a] == 0",
    "sum": "    invariant never: sum(paid) == 0",
    "two": "    invariant never: forall a: address, i: u64: owed[a][i] < 100 or total < 205",
    "both": "    invariant never: forall a: address, b: address: paid[a] == 0 or owed[b][1] == 0",
    "transition": "    transition never: forall a: address: paid[a] == old(paid[a])",
    "actor": "    transition never: total < old(total) ==> old(owed[caller][2]) != 100",
    "time": "    invariant never: now < 2_000 or total < 300",
}


@pytest.mark.parametrize("stated", FALSE.values(), ids=FALSE)
def test_what_only_random_calls_break_is_found_and_told_shortly(stated: str) -> None:
    """No test of the contract breaks it: sequences do, and calls that don't matter are left out."""
    setup = set_up(compile_text(DEEP.format(stated=stated, clause="")))
    for opening in setup.sequences.mentioned.openings:
        Play(setup.engine).run(opening)
    part = play_sequences(setup, "deep", 0, 300)
    assert part.broken_count
    assert {each.claim for each in part.broken} == {"never"}
    assert len(part.broken) <= BROKEN_MAX
    assert min(len(each.calls) for each in part.broken) <= 6


LISTS = """contract Lists:
    state:
        items: list[u64, 4]
        best: u64
    invariant first: len(items) == 0 or items[0] <= best
    invariant never: len(items) < 2 or items[1] != 7
    action put(item: u64) by anyone:
        fails Full when len(items) == 4
        modifies items, best

        items.append(item)
        best = max(best, item)
    error Full
    test "put":
        deploy() as alice
        put(3) as alice
        put(2) as alice
"""


def test_what_is_not_compiled_is_judged_by_the_specification() -> None:
    setup = set_up(compile_text(LISTS))
    assert [each.compiled.text for each in setup.engine.judge.invariants] == ["", ""]
    part = play_sequences(setup, "lists", 0, 100)
    assert {each.claim for each in part.broken} == {"never"}


def test_what_is_true_of_them_is_not_broken() -> None:
    true = "    invariant always: sum(owed) == total\n    transition back: forall a: address:\n"
    true += "        paid[a] >= old(paid[a])"
    setup = set_up(compile_text(DEEP.format(stated=true, clause="")))
    part = play_sequences(setup, "deep", 0, 300)
    assert part.broken == []
    assert part.succeeded["take"] > 100
    assert part.calls > 300 * 5


def test_a_campaign_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    log = tmp_path / "log"
    first = run_campaign(["hash_lock"], 30, 1, log)
    log.write_text(log.read_text(encoding="utf-8") + '{"contract": "hash', encoding="utf-8")
    assert run_campaign(["hash_lock"], 30, 1, log) == first
    assert [each.sequences for each in first] == [30] == [min(30, PART)]
    changed = log.read_text(encoding="utf-8").replace(first[0].code_id, "00")
    log.write_text(changed, encoding="utf-8")
    again = run_campaign(["hash_lock"], 30, 1, log)
    assert [strip_time(each) for each in again] == [strip_time(each) for each in first]
    assert len(read_log(log)) == 2


def strip_time(part: Part) -> Part:
    part.cpu_ms = 0
    return part
