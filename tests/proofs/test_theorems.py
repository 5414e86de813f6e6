"""Every theorem is proved, every mutant refuted, every witness found."""

from functools import cache

import pytest

from proofs.logic import Term, not_
from proofs.registry import THEOREMS, get_theorem
from proofs.runner import RLIMIT_DEFAULT, Decision, Outcome, prove
from proofs.smt import solve
from proofs.smtlib import render_query
from proofs.theorem import Theorem, get_queries

pytestmark = pytest.mark.xdist_group("proofs")

LONG = "compact_codec"
"""One theorem takes as long as all others together; the slow lane proves it."""
BRIEF = tuple(theorem for theorem in THEOREMS if theorem.name != LONG)


@cache
def get_outcomes() -> dict[str, Outcome]:
    return {outcome.theorem.name: outcome for outcome in prove(BRIEF)}


def select_bad(outcome: Outcome) -> list[Decision]:
    return [decision for decision in outcome.decisions if not decision.is_good]


@pytest.mark.parametrize("theorem", BRIEF, ids=lambda theorem: theorem.name)
def test_theorem_holds_with_its_mutants_and_witnesses(theorem: Theorem) -> None:
    outcome = get_outcomes()[theorem.name]
    assert outcome.flaws == ()
    assert select_bad(outcome) == []
    assert outcome.verdict == "proved"


@pytest.mark.parametrize("theorem", BRIEF, ids=lambda theorem: theorem.name)
def test_every_mutant_is_refuted_by_a_model(theorem: Theorem) -> None:
    outcome = get_outcomes()[theorem.name]
    refuted = {d.query.name: d.model for d in outcome.decisions if d.query.kind == "mutant"}
    assert {name.partition(":")[0] for name in refuted} == {m.name for m in theorem.mutants}
    assert all(refuted.values())


@pytest.mark.slow
def test_compact_codec_holds() -> None:
    theorem = get_theorem(LONG)
    assert theorem is not None
    (outcome,) = prove([theorem])
    assert select_bad(outcome) == []
    assert outcome.verdict == "proved"


def test_there_is_a_theorem_for_each_proved_row() -> None:
    assert len(THEOREMS) >= 14
    assert {theorem.row for theorem in THEOREMS} == {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16}


def test_names_are_unique_and_name_their_module() -> None:
    assert len({theorem.name for theorem in THEOREMS}) == len(THEOREMS)
    names = [(q.theorem, q.kind, q.name) for theorem in THEOREMS for q in get_queries(theorem)]
    assert len(set(names)) == len(names)


@pytest.mark.slow
@pytest.mark.parametrize("theorem", BRIEF, ids=lambda theorem: theorem.name)
def test_every_hypothesis_a_lemma_names_is_needed(theorem: Theorem) -> None:
    """What a property rests on is read from these names, so none is there for nothing."""
    facts = {hypothesis.name: hypothesis.formula for hypothesis in theorem.hypotheses}
    idle = [
        (lemma.name, name)
        for lemma in theorem.lemmas
        for name in lemma.uses
        if is_proved_from([facts[each] for each in lemma.uses if each != name], lemma.goal)
    ]
    assert idle == []


def is_proved_from(facts: list[Term], goal: Term) -> bool:
    return solve(render_query([*facts, not_(goal)]), RLIMIT_DEFAULT // 5).verdict == "unsat"
