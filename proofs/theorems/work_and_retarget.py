"""Work orders chains as targets do, and Bitcoin's retarget moves a target by at most a factor of 4.

The formulas are `compute_work` and `compute_btc_target` of `spec.consensus.difficulty`, run on
symbols. Fork choice adds up work; it must be positive (a longer chain of the same target has more)
and fall with the target (a harder block counts at least as much).
"""

from proofs.logic import Operand, Term, and_, constants, equal, or_
from proofs.symbolic import as_number, run
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness
from spec.consensus.difficulty import (
    RETARGET_FACTOR,
    TARGET_LIMIT,
    compute_btc_target,
    compute_work,
)

hard, easy = constants("hard_target easy_target")
old, took, should, limit = constants("old_target took should_take target_max")


def _work(target: Operand) -> Term:
    return run(lambda: compute_work(as_number(target)))


NEXT = run(
    lambda: compute_btc_target(as_number(old), as_number(took), as_number(should), as_number(limit))
)
HARD, EASY = _work(hard), _work(easy)
PERIOD = ("period", "targets")

THEOREM = Theorem(
    name="work_and_retarget",
    row=9,
    statement=(
        "The work of every target is at least 1 and at most 2^255, and never larger for an"
        " easier target. The retarget after a period gives a target in [1, max], at most four"
        " times the old one and at least a quarter of it (rounded down), however long the"
        " period is said to have taken."
    ),
    assumes=("Targets lie in [1, 2^256) and the period is positive (`validate_config`).",),
    tested=(
        "Retargets and headers of other implementations (tests/spec/consensus/test_difficulty.py)."
    ),
    hypotheses=(
        Hypothesis(
            "two targets",
            "One at most as easy as the other.",
            and_(hard >= 1, hard <= easy, easy < TARGET_LIMIT),
        ),
        Hypothesis("period", "Its proper length is positive.", should >= 1),
        Hypothesis("whole quarters", "… and a multiple of 4.", equal(should % RETARGET_FACTOR, 0)),
        Hypothesis(
            "targets",
            "Old target and maximum are targets.",
            and_(old >= 1, old <= limit, limit >= 1),
        ),
    ),
    lemmas=(
        Lemma(
            "work is positive", "Every block counts.", ("two targets",), and_(HARD >= 1, EASY >= 1)
        ),
        Lemma(
            "work is below 2^256",
            "So sums of work fit.",
            ("two targets",),
            HARD <= TARGET_LIMIT // 2,
        ),
        Lemma("work falls with the target", "Harder is more.", ("two targets",), HARD >= EASY),
        Lemma("retarget is a target", "Never 0.", ("targets",), and_(NEXT >= 1, NEXT <= limit)),
        Lemma(
            "at most four times as easy",
            "However long the period took.",
            PERIOD,
            NEXT <= RETARGET_FACTOR * old,
        ),
        Lemma(
            "at most four times as hard",
            "However short, even negative.",
            (*PERIOD, "whole quarters"),
            or_(NEXT >= old // RETARGET_FACTOR, equal(NEXT, limit)),
        ),
    ),
    mutants=(
        Mutant(
            "work without the plus one",
            "2^256 // target may reach 2^256, one bit too many.",
            ("work is below 2^256",),
            goals={"work is below 2^256": TARGET_LIMIT // hard <= TARGET_LIMIT // 2},
        ),
        Mutant(
            "work strictly falls",
            "Neighbouring easy targets have the same work.",
            ("work falls with the target",),
            changes={"two targets": and_(hard >= 1, hard < easy, easy < TARGET_LIMIT)},
            goals={"work falls with the target": HARD > EASY},
        ),
        Mutant(
            "length not clamped",
            "The target follows the period, whatever it took.",
            ("at most four times as easy", "at most four times as hard"),
            goals={
                "at most four times as easy": old * took // should <= RETARGET_FACTOR * old,
                "at most four times as hard": old * took // should >= old // RETARGET_FACTOR,
            },
        ),
        Mutant(
            "a maximum of 0",
            "The configuration is not checked.",
            ("retarget is a target",),
            changes={"targets": and_(old >= 0, limit >= 0)},
        ),
    ),
    witnesses=(
        Witness(
            "a retarget",
            "Of two weeks that took three.",
            ("two targets", *PERIOD, "whole quarters"),
            and_(equal(should, 1_209_600), equal(took, 1_814_400), equal(old, 1 << 20), NEXT > old),
        ),
    ),
)
