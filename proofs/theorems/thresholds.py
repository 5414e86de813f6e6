"""The thresholds are exact: what the paper calls 2f + 1 and f + 1, for any weights.

Tendermint counts 2f + 1 of n = 3f + 1 equal votes. With weights there is no f: the faulty weight F
is whatever stays below a third of the total T. The specification asks for `3 * weight > 2 * T` and
`3 * weight > T`. The formulas below are those two functions, run on symbols.

The neighbours that look alike are wrong. `weight >= 2 * T // 3` takes 0 of T = 1 for two thirds,
and 2 of 4: two such sets need not meet. `>=` with faults up to exactly a third (3F <= T) lets two
sets meet in faulty members only.
"""

from proofs.logic import and_, at_least_zero, constants, iff, implies
from proofs.rules import has_honest, is_quorum
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness

w, v, t, f = constants("weight other total f")
rest = constants("in_neither")[0]  # weight of the total that is in neither of two sets

IS_LOOSE = and_(w >= 2 * t // 3, v >= 2 * t // 3)
MEETS = has_honest(w + v - (t - rest), t)

THEOREM = Theorem(
    name="thresholds",
    row=1,
    statement=(
        "is_quorum(w, T) holds exactly from w = 2T // 3 + 1 on, has_honest(w, T) exactly from"
        " T // 3 + 1 on; with n = 3f + 1 equal votes that is 2f + 1 and f + 1. Two quorums"
        " share more than T/3."
    ),
    assumes=("Weights and totals are integers.",),
    tested="That vote keepers add each voter's weight once (tests/spec/consensus/bft).",
    hypotheses=(
        Hypothesis("equal votes", "n = 3f + 1 voters of weight 1.", and_(f >= 0, t == 3 * f + 1)),
        Hypothesis(
            "two sets",
            "Sets of weight w and v lie in a total with `rest` in neither.",
            and_(at_least_zero(rest), w <= t - rest, v <= t - rest, w + v >= t - rest),
        ),
        Hypothesis("quorums", "Both are quorums.", and_(is_quorum(w, t), is_quorum(v, t))),
    ),
    lemmas=(
        Lemma(
            "quorum is 2T // 3 + 1",
            "No weight between the exact fraction and the threshold is lost to rounding.",
            (),
            iff(is_quorum(w, t), w >= 2 * t // 3 + 1),
        ),
        Lemma(
            "one honest is T // 3 + 1",
            "As above for a third.",
            (),
            iff(has_honest(w, t), w >= t // 3 + 1),
        ),
        Lemma(
            "quorum is 2f + 1 of 3f + 1",
            "The paper's figure.",
            ("equal votes",),
            iff(is_quorum(w, t), w >= 2 * f + 1),
        ),
        Lemma(
            "one honest is f + 1 of 3f + 1",
            "The paper's figure.",
            ("equal votes",),
            iff(has_honest(w, t), w >= f + 1),
        ),
        Lemma(
            "more votes never hurt",
            "A set with more weight than a quorum is a quorum.",
            (),
            implies(and_(is_quorum(w, t), v >= w), is_quorum(v, t)),
        ),
        Lemma(
            "quorums meet",
            "What two quorums share is more than a third.",
            ("two sets", "quorums"),
            MEETS,
        ),
    ),
    mutants=(
        Mutant(
            "rounded down",
            "weight >= 2T // 3",
            ("quorum is 2T // 3 + 1", "quorum is 2f + 1 of 3f + 1", "quorums meet"),
            changes={"quorums": IS_LOOSE},
            goals={
                "quorum is 2T // 3 + 1": iff(w >= 2 * t // 3, w >= 2 * t // 3 + 1),
                "quorum is 2f + 1 of 3f + 1": iff(w >= 2 * t // 3, w >= 2 * f + 1),
            },
        ),
        Mutant(
            "at least two thirds",
            "3w >= 2T: two such sets may share exactly a third, which may be faulty",
            ("quorums meet",),
            changes={"quorums": and_(3 * w >= 2 * t, 3 * v >= 2 * t)},
        ),
        Mutant(
            "a simple majority",
            "2w > T",
            ("quorums meet",),
            changes={"quorums": and_(2 * w > t, 2 * v > t)},
        ),
    ),
    witnesses=(
        Witness(
            "two quorums of four",
            "Four equal votes, two different sets of three.",
            ("equal votes", "two sets", "quorums"),
            and_(t == 4, w == 3, v == 3, rest == 0),
        ),
    ),
)
