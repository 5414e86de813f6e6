"""Mutants over the cores: shares give what one run gives, and what is done is not done again."""

from pathlib import Path

import pytest

from dsl.verify import cache, shares
from dsl.verify.fixpoint import decide_all
from dsl.verify.jobs import Mutated, Settings, compile_file, make_subject
from dsl.verify.mutate import Mutation, Survivor, list_mutants, mutate
from dsl.verify.solver import Limits, Solver
from dsl.verify.validity import make_valid_vc
from dsl.verify.verify import Remembering, Subject

CONTRACT = """strict contract Pot:
    role owner
    state:
        open: bool
        total: u128
        parts: map[address, u128]
        last: option[address]
    error Closed
    error Short

    invariant whole: sum(parts) == total
    invariant held: balance == total
    transition own: forall a: address: parts[a] < old(parts[a]) ==> authorized(a)
    transition opened: changed(open) ==> caller == old(owner)
    can take_all: forall a: address: take(parts[a]) as a
    check order: forall a: address, b: address, x: u128, y: u128:
        take(x) as a, take(y) as b == take(y) as b, take(x) as a

    action set(is_open: bool) by owner:
        modifies open
        ensures open == is_open

        open = is_open

    action put() payable by anyone:
        fails Closed when not open
        modifies parts[caller], total, last
        ensures parts[caller] == old(parts[caller]) + value

        parts[caller] += value
        total += value
        last = some(caller)

    action take(amount: u128) by anyone:
        fails Short when amount > parts[caller]
        modifies parts[caller], total

        parts[caller] -= amount
        total -= amount
        pay(caller, amount)
"""

TINY = """contract Tiny:
    state:
        total: u64
    error Full

    invariant small: total <= 10

    action put(amount: u64) by anyone:
        fails Full when total + amount > 10

        total += amount
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("pot.qc")
    path.write_text(CONTRACT, encoding="utf-8")
    return path


def get_subject(path: Path) -> Subject:
    unit = compile_file(path)
    assert unit is not None
    assert not isinstance(unit, str)
    return make_subject(unit)


def make_settings(most: int) -> Settings:
    return Settings(Path("out"), 2_000_000, "any", is_cached=True, mutants_max=most)


def tell_nobody(done: int, count: int) -> None:
    """A run of which nothing is told on the way."""
    assert done <= count


def run_shares(path: Path, told: list[tuple[int, int]] | None = None, most: int = 999) -> Mutation:
    calls = [] if told is None else told

    def tell(done: int, count: int) -> None:
        calls.append((done, count))

    [found] = list(shares.mutate_files([path, path], make_settings(most), tell))
    assert isinstance(found, Mutated)
    assert found.mutation is not None
    return found.mutation


@pytest.mark.slow
def test_a_changed_function_alone_decides_as_the_whole_contract(file: Path, solver: Solver) -> None:
    """A mutant survives if and only if no goal of the whole contract is lost to the fixpoint."""
    subject = get_subject(file)
    decide = Remembering(solver, Limits())
    expected = []
    for mutant in list_mutants(subject):
        vc = make_valid_vc(mutant.linked, decide, subject.plans, mutant.ghosts)
        kinds = {each.goal.kind for each in decide_all(vc, decide) if each.verdict != "proved"} - {
            "positive",
            "may_fail",
        }
        if not any(not kind.startswith("exercised") for kind in kinds):
            expected.append(mutant.text)
    survivors = mutate(subject, solver, Limits(), 999).survivors
    assert [each.text for each in survivors] == expected
    assert "the assignment is dropped" in expected


def test_shares_give_what_one_run_gives(
    file: Path, solver: Solver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "SHARE", 3)
    file.write_text(TINY, encoding="utf-8")
    told: list[tuple[int, int]] = []
    found = run_shares(file, told)
    assert found == mutate(get_subject(file), solver, Limits(), 999)
    assert told[-1] == (found.tried, found.tried)
    assert len(told) > 1
    few = run_shares(file, most=3)
    assert (few.tried, few.is_cut) == (3, True)


def test_a_run_that_was_stopped_goes_on(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a share has found is believed, and not tried again."""
    monkeypatch.setattr(shares, "SHARE", 3)
    file.write_text(TINY, encoding="utf-8")
    planted = Survivor("put", 1, "a change", "a line")
    known = Mutation("Pot", "pot.qc", 3, 2, (planted,), is_cut=False)
    key = shares.make_key(get_subject(file), make_settings(999), "0 to 3")
    cache.write_mutation(Path("out/cache"), key, known)
    whole = run_shares(file)
    assert whole.survivors[0] == planted
    assert whole.tried > 3


def test_what_does_not_compile_is_told(file: Path) -> None:
    file.write_text("contract", encoding="utf-8")
    [found] = list(shares.mutate_files([file], make_settings(9), tell_nobody))
    assert found.mutation is None
    assert "QC" in found.diagnostics
