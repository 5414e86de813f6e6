"""Two quorums share an honest member; a third holds one; a set that changes loses its churn.

The model is a Venn diagram. Two sets A and B of voters cut the total T into four regions (only A,
only B, both, neither), and each region into honest and faulty weight. A region's weight is any
number that is not negative, so the lemmas hold for every number of voters and every distribution of
weight. "Faulty" may be any set of voters with 3F < T; nothing is said of which voters they are.

When the set of voters changes, the old set is K + L (kept, left) and the new one K + J (kept,
joined). A quorum of the old and one of the new share voters only among the kept, and the share
falls by what left and what joined. That is why FFG needs rule G (`ffg_sets_safety`), which makes
two quorums come from one set, and why a light client may skip headers only while a third of the set
it trusts signs.
"""

from proofs.logic import Operand, Term, and_, at_least_zero, constants, implies, not_
from proofs.rules import has_honest, is_quorum
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness

# Honest and faulty weight of the four regions.
ha, hb, hab, hn = constants("honest_a honest_b honest_both honest_neither")
fa, fb, fab, fn = constants("faulty_a faulty_b faulty_both faulty_neither")
HONEST, FAULTY = ha + hb + hab + hn, fa + fb + fab + fn
TOTAL, A, B = HONEST + FAULTY, ha + hab + fa + fab, hb + hab + fb + fab

# Kept, joined and left weight, and of each who is in A (old quorum) or B (new quorum).
ka, kb, kab, kn = constants("kept_a kept_b kept_both kept_neither")
la, ln, jb, jn = constants("left_a left_other joined_b joined_other")
KEPT, LEFT, JOINED = ka + kb + kab + kn, la + ln, jb + jn
OLD, NEW = KEPT + LEFT, KEPT + JOINED


def _are_quorums(weight: Operand, other: Operand) -> Term:
    return and_(is_quorum(weight, TOTAL), is_quorum(other, TOTAL))


THEOREM = Theorem(
    name="quorum_intersection",
    row=1,
    statement=(
        "For any number of voters with any weights, of which less than a third is faulty: two"
        " quorums share an honest voter, a set above a third holds one, the honest are a"
        " quorum without the faulty. After a change of the set, a quorum of the old and one of"
        " the new share more than (old - 2 * left - joined) / 3."
    ),
    assumes=("Less than a third of the weight is faulty (3F < T).",),
    tested=(
        "Again by brute force over all sets of up to six voters (tests/proofs/test_small_scope.py)."
    ),
    hypotheses=(
        Hypothesis(
            "regions",
            "Weights are not negative.",
            at_least_zero(ha, hb, hab, hn, fa, fb, fab, fn),
        ),
        Hypothesis("faults", "Less than a third is faulty.", 3 * FAULTY < TOTAL),
        Hypothesis("quorums", "A and B are quorums of the total.", _are_quorums(A, B)),
        Hypothesis("above a third", "A is more than a third.", has_honest(A, TOTAL)),
        Hypothesis(
            "change",
            "Weights of the two generations are not negative.",
            at_least_zero(ka, kb, kab, kn, la, ln, jb, jn),
        ),
        Hypothesis(
            "quorum of each",
            "A is a quorum of the old set, B of the new.",
            and_(is_quorum(ka + kab + la, OLD), is_quorum(kb + kab + jb, NEW)),
        ),
    ),
    lemmas=(
        Lemma(
            "quorums share more than a third",
            "What A and B share is itself above a third.",
            ("regions", "quorums"),
            has_honest(hab + fab, TOTAL),
        ),
        Lemma(
            "quorums share an honest voter",
            "Some of what they share is honest.",
            ("regions", "faults", "quorums"),
            hab > 0,
        ),
        Lemma(
            "a third holds an honest voter",
            "f + 1 messages can't all be of faulty voters.",
            ("regions", "faults", "above a third"),
            ha + hab > 0,
        ),
        Lemma(
            "honest voters are a quorum",
            "The protocol goes on when the faulty are silent.",
            ("faults",),
            is_quorum(HONEST, TOTAL),
        ),
        Lemma(
            "most of a quorum is honest",
            "In a quorum the honest outweigh the faulty.",
            ("regions", "faults", "quorums"),
            ha + hab > fa + fab,
        ),
        Lemma(
            "the loss is at most the churn",
            "Old and new quorum share what is left of a third after the change.",
            ("change", "quorum of each"),
            3 * kab > OLD - 2 * LEFT - JOINED,
        ),
        Lemma(
            "a small change keeps an honest voter in common",
            "Faults below a third of the old set, less the churn.",
            ("change", "quorum of each"),
            implies(3 * fab <= OLD - 2 * LEFT - JOINED, kab - fab > 0),
        ),
    ),
    mutants=(
        Mutant(
            "at least, with a third faulty",
            "3w >= 2T for quorums and 3F <= T for faults",
            ("quorums share an honest voter",),
            changes={
                "quorums": and_(3 * A >= 2 * TOTAL, 3 * B >= 2 * TOTAL, TOTAL > 0),
                "faults": 3 * FAULTY <= TOTAL,
            },
        ),
        Mutant(
            "rounded down",
            "w >= 2T // 3",
            ("quorums share an honest voter", "quorums share more than a third"),
            changes={"quorums": and_(A >= 2 * TOTAL // 3, B >= 2 * TOTAL // 3)},
        ),
        Mutant(
            "a third is faulty",
            "3F <= T",
            ("a third holds an honest voter", "honest voters are a quorum"),
            changes={"faults": 3 * FAULTY <= TOTAL, "above a third": 3 * A >= TOTAL},
        ),
        Mutant(
            "churn for nothing",
            "A change of the set is taken to cost nothing.",
            ("the loss is at most the churn",),
            goals={"the loss is at most the churn": 3 * kab > OLD},
        ),
        Mutant(
            "only leaving counts",
            "Joiners are taken to dilute nothing.",
            ("the loss is at most the churn",),
            goals={"the loss is at most the churn": 3 * kab > OLD - 2 * LEFT},
        ),
    ),
    witnesses=(
        Witness(
            "four voters, one faulty, in both quorums",
            "n = 4, f = 1.",
            ("regions", "faults", "quorums", "above a third"),
            and_(TOTAL == 4, FAULTY == 1, fab == 1, not_(A == B), A == 3),
        ),
        Witness(
            "a set replaced by a quarter",
            "One of four leaves, one joins, both quorums hold three.",
            ("change", "quorum of each"),
            and_(OLD == 4, LEFT == 1, JOINED == 1, la == 1, jb == 1),
        ),
    ),
)
