"""What an inactivity leak costs in accountability: 3 * slashable >= V - 2 * (La + Lb) + 2.

V is the weight of the set that both chains share, in the state of the last promoting checkpoint
common to both ("pinned" weight). After the fork chain a takes La from it by the leak, chain b Lb.
Quorums are counted in what remains: A votes on a, B on b. The set is cut into who voted on a only,
on b only, on both, on neither; each region has its own loss on each chain.

Who voted on both is slashable. The figure is exact: one more is refuted. Leak before the fork costs
nothing, since V is weighed at the fork. What slashing takes is no loss either: a slashed validator
is convicted already. Rewards inside a dynasty would break the figure, hence rule G4.

Source: FFG.md 4.
"""

from proofs.logic import Term, and_, at_least_zero, constants, equal, implies
from proofs.rules import is_quorum
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness

a, b, ab, n = constants("voted_a voted_b voted_both voted_neither")
LOSSES_A = la_a, la_b, la_ab, la_n = constants("leak_a_of_a leak_a_of_b leak_a_of_both leak_a_of_n")
LOSSES_B = lb_a, lb_b, lb_ab, lb_n = constants("leak_b_of_a leak_b_of_b leak_b_of_both leak_b_of_n")
V, LA, LB = a + b + ab + n, sum(LOSSES_A, start=0), sum(LOSSES_B, start=0)
assert isinstance(LA, Term)
assert isinstance(LB, Term)
LEAK = LA + LB

NOT_NEGATIVE = at_least_zero(a, b, ab, n, *LOSSES_A, *LOSSES_B)
AT_MOST_ALL = and_(
    *(
        loss <= part
        for losses in (LOSSES_A, LOSSES_B)
        for loss, part in zip(losses, (a, b, ab, n), strict=True)
    )
)
QUORUMS = and_(is_quorum(a + ab - la_a - la_ab, V - LA), is_quorum(b + ab - lb_b - lb_ab, V - LB))
# Weights that slashing took to zero: on a only, on b only, on both chains.
sa, sb, sab = constants("slashed_a slashed_b slashed_both")
ALL = V + sa + sb + sab
QUORUMS_SLASHED = and_(
    is_quorum(a + ab + sb - la_a - la_ab, ALL - LA - sa - sab),
    is_quorum(b + ab + sa - lb_b - lb_ab, ALL - LB - sb - sab),
)
# Rewards credited on chain a inside the dynasty.
gain_a, gain_b = constants("gain_a gain_b")
QUORUMS_GROWN = and_(
    is_quorum(a + ab - la_a - la_ab + gain_a, V - LA + gain_a),
    is_quorum(b + ab - lb_b - lb_ab + gain_b, V - LB + gain_b),
)
USES = ("regions", "quorums")
FIGURE = 3 * ab >= V - 2 * LEAK + 2

THEOREM = Theorem(
    name="leak_figure",
    row=6,
    statement=(
        "Two quorums over one set, of which leak took La and Lb on the two chains after the"
        " fork, share slashable weight of at least (V - 2 * (La + Lb) + 2) / 3. Somebody is"
        " slashable as long as La + Lb <= V / 2."
    ),
    assumes=("Weights only fall inside a dynasty (rule G4).",),
    tested="The leak itself: who loses how much, and when (tests/spec/consensus/test_ffg.py).",
    hypotheses=(
        Hypothesis(
            "regions",
            "Weights and losses are not negative, and nobody loses more than it has.",
            and_(NOT_NEGATIVE, AT_MOST_ALL),
        ),
        Hypothesis("quorums", "More than two thirds of what remains, on each chain.", QUORUMS),
        Hypothesis("slashed", "What slashing took is not negative.", at_least_zero(sa, sb, sab)),
        Hypothesis(
            "quorums of the rest",
            "As above; who is slashed on a chain weighs nothing there.",
            QUORUMS_SLASHED,
        ),
    ),
    lemmas=(
        Lemma("the figure (K1)", "In pinned weight.", USES, FIGURE),
        Lemma(
            "the figure in remaining weight (K1)",
            "What the guilty have left on either chain is as much.",
            USES,
            and_(
                3 * (ab - la_ab) >= V - 2 * LEAK + 2,
                3 * (ab - lb_ab) >= V - 2 * LEAK + 2,
            ),
        ),
        Lemma(
            "somebody is slashable (K3)",
            "While the leak took at most half, counted over both chains.",
            USES,
            implies(2 * LEAK <= V, ab >= 1),
        ),
        Lemma(
            "a sixth is slashable (K3)",
            "While it took at most a quarter.",
            USES,
            implies(4 * LEAK <= V, 6 * ab > V),
        ),
        Lemma(
            "slashing is no loss (K4)",
            "Guilty or slashed already.",
            ("regions", "slashed", "quorums of the rest"),
            3 * (ab + sa + sb + sab) > ALL - 2 * LEAK,
        ),
        Lemma(
            "without a leak: more than a third",
            "The figure of `quorum_intersection`.",
            USES,
            implies(equal(LEAK, 0), 3 * ab > V),
        ),
    ),
    mutants=(
        Mutant(
            "one more",
            "The figure with + 3.",
            ("the figure (K1)",),
            goals={"the figure (K1)": 3 * ab >= V - 2 * LEAK + 3},
        ),
        Mutant(
            "leak counted once",
            "V - (La + Lb).",
            ("the figure (K1)",),
            goals={"the figure (K1)": 3 * ab >= V - LEAK},
        ),
        Mutant(
            "leak ignored",
            "More than a third, whatever leaked.",
            ("the figure (K1)",),
            goals={"the figure (K1)": 3 * ab > V},
        ),
        Mutant(
            "beyond half",
            "The leak took one more than half.",
            ("somebody is slashable (K3)",),
            goals={"somebody is slashable (K3)": implies(2 * LEAK <= V + 2, ab >= 1)},
        ),
        Mutant(
            "rewards inside a dynasty",
            "Weights may grow (rule G4 dropped).",
            ("the figure (K1)", "somebody is slashable (K3)"),
            changes={"quorums": and_(at_least_zero(gain_a, gain_b), QUORUMS_GROWN)},
        ),
        Mutant(
            "slashed weight is not counted",
            "Only who voted on both chains.",
            ("slashing is no loss (K4)",),
            goals={"slashing is no loss (K4)": 3 * ab > ALL - 2 * LEAK},
        ),
    ),
    witnesses=(
        Witness(
            "an even split healed by the leak",
            "Half votes on a, half on b, and each chain leaks the silent half: nobody is guilty.",
            USES,
            and_(equal(a, 10), equal(b, 10), equal(ab, 0), equal(n, 0), LEAK > 10),
        ),
        Witness(
            "a leak and a slashing",
            "All regions have weight.",
            ("regions", "slashed", "quorums of the rest"),
            and_(sa > 0, sb > 0, sab > 0, LA > 0, LB > 0, a > 0, b > 0, ab > 0, n > 0),
        ),
    ),
)
