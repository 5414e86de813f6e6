"""Small mistakes made by rule: enough of them, each real, and most of them killed by vectors."""

from collections import Counter
from functools import partial

import pytest

from spec.consensus import quorum
from tests.spec.consensus.faults.mutants import find_mutants, install
from tests.spec.consensus.faults.survey import draw, find_killer, find_survivors, select_records

SAMPLE = 150
SURVIVORS_PERCENT_MAX = 20
"""Of the sample, of which 18 % survived when this was set; those that change nothing anybody can
see are among them."""
RULES = 13


def test_each_mutant_has_its_own_name_and_changes_something() -> None:
    mutants = find_mutants()
    assert max(Counter(mutant.name for mutant in mutants).values()) == 1
    assert all(mutant.before != mutant.after for mutant in mutants if len(mutant.before) < 80)
    assert len({mutant.rule for mutant in mutants}) == RULES


def test_a_sample_is_the_same_each_time() -> None:
    first = draw(20, 7)
    assert draw(20, 7) == first
    assert draw(20, 8) != first


def test_installing_changes_the_function_that_everybody_holds() -> None:
    mutant = next(m for m in find_mutants() if m.name == "quorum:is_quorum:compare:0")
    kept = quorum.is_quorum.__code__
    try:
        assert not quorum.is_quorum(2, 3)
        install(mutant)
        assert quorum.is_quorum(2, 3)
    finally:
        quorum.is_quorum.__code__ = kept


def test_a_killed_mutant_leaves_this_process_alone() -> None:
    records = [r for r in select_records() if r.id == "consensus/bft#exact_third"]
    mutant = next(m for m in find_mutants() if m.name == "quorum:is_quorum:compare:0")
    assert find_killer(partial(install, mutant), records) == "consensus/bft#exact_third"
    assert find_killer(lambda: None, records) is None
    assert not quorum.is_quorum(2, 3)


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_most_mutants_are_killed_by_vectors_alone() -> None:
    survivors = list(find_survivors(draw(SAMPLE, 1)))
    shown = "\n".join(f"{m.name}: {m.before} -> {m.after}" for m in survivors)
    assert 100 * len(survivors) <= SURVIVORS_PERCENT_MAX * SAMPLE, shown
