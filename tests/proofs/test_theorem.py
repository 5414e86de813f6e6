"""What a theorem may not lack, and what the runner makes of it if it does."""

from dataclasses import replace

import pytest

from proofs.logic import INT, Function, and_, constants, for_all
from proofs.runner import Outcome, prove
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness, get_flaws
from proofs.theorems import ffg_safety

a, b = constants("a b")

SOUND = Theorem(
    name="sound",
    row=1,
    statement="If a is positive and b above a, b is positive.",
    assumes=(),
    tested="nothing",
    hypotheses=(
        Hypothesis("positive", "a is positive.", a > 0),
        Hypothesis("above", "b is above a.", b > a),
    ),
    lemmas=(Lemma("so is b", "b is positive.", ("positive", "above"), b > 0),),
    mutants=(Mutant("a may be negative", "", ("so is b",), changes={"positive": None}),),
    witnesses=(Witness("one and two", "", ("positive", "above"), and_(a > 0, b < 3)),),
)


def prove_one(theorem: Theorem, rlimit: int = 1_000_000) -> Outcome:
    (outcome,) = prove([theorem], rlimit)
    return outcome


def get_verdicts(outcome: Outcome) -> dict[str, str]:
    return {decision.query.kind: decision.verdict for decision in outcome.decisions}


def plant(name: str, formula: object) -> tuple[Hypothesis, ...]:
    """The hypotheses with one replaced."""
    return tuple(
        replace(h, formula=formula) if h.name == name else h  # type: ignore[arg-type] # any formula
        for h in SOUND.hypotheses
    )


def test_a_sound_theorem_is_proved() -> None:
    outcome = prove_one(SOUND)
    assert outcome.verdict == "proved"
    assert get_verdicts(outcome) == {
        "lemma": "proved",
        "mutant": "refuted",
        "non_vacuity": "satisfiable",
    }


def test_a_false_lemma_fails_with_a_model() -> None:
    lemma = replace(SOUND.lemmas[0], goal=b > 2)
    outcome = prove_one(replace(SOUND, lemmas=(lemma,)))
    assert outcome.verdict == "failed"
    refuted = next(d for d in outcome.decisions if d.query.kind == "lemma")
    assert dict(refuted.constants) == {"a": "1", "b": "2"}


def test_a_contradictory_hypothesis_is_caught_by_the_witness() -> None:
    outcome = prove_one(replace(SOUND, hypotheses=plant("above", and_(b > a, b < a))))
    assert outcome.verdict == "failed"
    assert get_verdicts(outcome)["lemma"] == "proved"
    assert get_verdicts(outcome)["non_vacuity"] == "vacuous"


def test_a_planted_contradiction_in_a_real_theorem_is_caught() -> None:
    """It would prove every lemma that uses it."""
    theorem = ffg_safety.THEOREM
    planted = tuple(
        replace(h, formula=and_(h.formula, a > b, b > a)) if h.name == "tree" else h
        for h in theorem.hypotheses
    )
    outcome = prove_one(replace(theorem, hypotheses=planted), 10_000_000)
    vacuous = [d.query.name for d in outcome.decisions if d.verdict == "vacuous"]
    assert outcome.verdict == "failed"
    assert "finality goes on, k = 1" in vacuous


def test_a_mutant_that_survives_fails_the_theorem() -> None:
    mutant = replace(SOUND.mutants[0], changes={"positive": a >= 0})
    outcome = prove_one(replace(SOUND, mutants=(mutant,)))
    assert outcome.verdict == "failed"
    assert get_verdicts(outcome)["mutant"] == "survived"


def test_unknown_is_no_proof() -> None:
    f = Function("f", (INT,), INT)
    hard = for_all([INT, INT], lambda x, y: f(x * y) * f(x) >= f(y) * x + y)
    outcome = prove_one(replace(SOUND, hypotheses=plant("above", hard)), 2_000)
    assert outcome.verdict in ("unknown", "failed")
    assert get_verdicts(outcome)["lemma"] == "unknown"
    assert next(d.reason for d in outcome.decisions if d.verdict == "unknown") != ""


def test_only_unknown_left_is_unknown() -> None:
    outcome = prove_one(ffg_safety.THEOREM, 1)
    assert {d.verdict for d in outcome.decisions} == {"unknown"}
    assert outcome.verdict == "unknown"


@pytest.mark.parametrize(
    ("theorem", "flaw"),
    [
        (replace(SOUND, mutants=()), "there is no mutant"),
        (replace(SOUND, lemmas=()), "there is no lemma"),
        (replace(SOUND, witnesses=()), "no witness has all hypotheses of lemma so is b"),
        (
            replace(SOUND, hypotheses=SOUND.hypotheses[:1]),
            "so is b uses above, which is unknown",
        ),
        (
            replace(SOUND, hypotheses=(*SOUND.hypotheses, SOUND.hypotheses[0])),
            "a name is used twice",
        ),
        (
            replace(SOUND, mutants=(Mutant("nothing", "", ("so is b",)),)),
            "mutant nothing breaks nothing",
        ),
        (
            replace(SOUND, mutants=(Mutant("none", "", (), changes={"above": None}),)),
            "mutant none refutes nothing",
        ),
        (
            replace(SOUND, mutants=(Mutant("m", "", ("no lemma",), changes={"above": None}),)),
            "mutant m names no lemma, which is unknown",
        ),
    ],
)
def test_an_incomplete_theorem_is_flawed(theorem: Theorem, flaw: str) -> None:
    assert flaw in get_flaws(theorem)


def test_a_lemma_rests_only_on_lemmas_before_it() -> None:
    goal = b > 0
    borrowed = Hypothesis("borrowed", "", goal, proved_by="first")
    first = Lemma("first", "", ("positive", "above"), goal)
    second = Lemma("second", "", ("borrowed",), b >= 0)
    witness = Witness("both", "", ("positive", "above", "borrowed"), a > 0)
    sound = replace(
        SOUND,
        hypotheses=(*SOUND.hypotheses, borrowed),
        lemmas=(first, second),
        mutants=(Mutant("m", "", ("first",), changes={"positive": None}),),
        witnesses=(witness,),
    )
    assert get_flaws(sound) == ()
    assert get_flaws(replace(sound, lemmas=(second, first))) != ()
    stronger = replace(borrowed, formula=b > 5)
    assert get_flaws(replace(sound, hypotheses=(*SOUND.hypotheses, stronger))) != ()


def test_a_flaw_fails_a_theorem_whatever_the_solver_says() -> None:
    outcome = prove_one(replace(SOUND, witnesses=()))
    assert outcome.verdict == "failed"
