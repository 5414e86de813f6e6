"""ASERT: the target stays in [1, max], and its curve rises and doubles in a half life.

The formula is `spec.consensus.difficulty.compute_asert_target`, run on symbols. It writes the lag
behind schedule, in half lives, as a whole number of doublings and a fraction of 16 bits, and
2^fraction as a cubic polynomial.

    clamp      whatever the figures, the target is at least 1 and at most the chain's maximum
    factor     within one doubling it rises from 2^16 to at most 2^17, so that the curve meets its
               continuation: the next doubling begins with exactly twice the first value
    doubling   one half life later the target is exactly twice as large

Without the clamp the target can fall to 0, which no hash meets: the chain would stop for ever.
Source: ASERT specification of 2020-11-15 (aserti3-2d).
"""

from proofs.logic import POWER_OF_TWO, Operand, Term, and_, constants, equal, implies
from proofs.symbolic import as_number, run
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness
from spec.consensus.difficulty import (
    ASERT_FACTOR_ONE,
    ASERT_RADIX_BITS,
    AsertAnchor,
    AsertRule,
    compute_asert_target,
)

anchor, limit, half_life, height, time, spacing = constants(
    "anchor_target target_max half_life height time block_time"
)
x, y = constants("x y")


def _compute_target(rule: AsertRule, when: Term, at_height: Operand) -> Term:
    return run(lambda: compute_asert_target(rule, as_number(at_height), as_number(when)))


ANY_RULE = AsertRule(
    anchor=AsertAnchor(height=0, parent_time=0, target=as_number(anchor)),
    block_time=as_number(spacing),
    half_life=as_number(half_life),
    target_max=as_number(limit),
)
TARGET = _compute_target(ANY_RULE, time, height)

# With an anchor of 2^16, a half life of 2^16 and no block time, the target is the factor itself,
# and the time the lag in units of 2^-16 half lives.
ONE = ASERT_FACTOR_ONE
FACTOR_RULE = AsertRule(
    anchor=AsertAnchor(height=0, parent_time=0, target=ONE),
    block_time=-1,
    half_life=ONE,
    target_max=1 << 200,
)
FACTOR_X = _compute_target(FACTOR_RULE, x - 1, 0)
FACTOR_Y = _compute_target(FACTOR_RULE, y - 1, 0)
FACTOR_LATER = _compute_target(FACTOR_RULE, x + ONE - 1, 0)
FACTOR_EARLIER = _compute_target(FACTOR_RULE, x - ONE - 1, 0)
POWERS = and_(*(equal(POWER_OF_TWO(k), 1 << k) for k in range(ASERT_RADIX_BITS + 2)))
# The target of k half lives ahead of schedule, before it is clamped.
k = constants("half_lives_ahead")[0]
UNCLAMPED = anchor * FACTOR_X // (ONE * POWER_OF_TWO(k))

IN_FIRST = ("powers", "x in the first half life")

THEOREM = Theorem(
    name="asert",
    row=9,
    statement=(
        "For every anchor, half life, block time, height and time the ASERT target lies in"
        " [1, target_max]. Within a half life its factor rises from 2^16 to at most 2^17, and"
        " a whole half life doubles the target exactly."
    ),
    assumes=("The maximum is at least 1 (`validate_config`).",),
    tested="Rows of other implementations (tests/spec/consensus/test_difficulty.py).",
    hypotheses=(
        Hypothesis("limit", "The easiest target is a target.", limit >= 1),
        Hypothesis("powers", "2^k is what it is, for the few k that occur.", POWERS),
        Hypothesis("x in the first half life", "A fraction of 16 bits.", and_(x >= 0, x < ONE)),
        Hypothesis("y after x", "Another fraction, not smaller.", and_(y >= x, y < ONE)),
    ),
    lemmas=(
        Lemma("clamp", "The target is a target.", ("limit",), and_(TARGET >= 1, TARGET <= limit)),
        Lemma(
            "factor",
            "Between once and twice.",
            IN_FIRST,
            and_(FACTOR_X >= ONE, FACTOR_X <= 2 * ONE),
        ),
        Lemma(
            "rising",
            "The later the block, the easier the next.",
            (*IN_FIRST, "y after x"),
            FACTOR_X <= FACTOR_Y,
        ),
        Lemma(
            "the curve begins at one",
            "On schedule the target is the anchor's.",
            ("powers",),
            implies(equal(x, 0), equal(FACTOR_X, ONE)),
        ),
        Lemma(
            "doubling",
            "One half life behind doubles, one half life ahead halves (rounding down).",
            IN_FIRST,
            and_(equal(FACTOR_LATER, 2 * FACTOR_X), equal(FACTOR_EARLIER, FACTOR_X // 2)),
        ),
    ),
    mutants=(
        Mutant(
            "no clamp from below",
            "The target is cut to the maximum only.",
            ("clamp",),
            changes={"limit": and_(POWERS, limit >= 1, anchor >= 1, k >= 0, equal(x, 0))},
            goals={"clamp": UNCLAMPED >= 1},
        ),
        Mutant(
            "a maximum of 0",
            "The configuration is not checked.",
            ("clamp",),
            changes={"limit": limit >= 0},
        ),
        Mutant(
            "a fraction of more than 16 bits",
            "The polynomial is used beyond one half life.",
            ("factor",),
            changes={"x in the first half life": and_(x >= 0, x <= ONE + 1)},
        ),
        Mutant(
            "strictly rising",
            "One would like every unit of time to count.",
            ("rising",),
            changes={"y after x": and_(y > x, y < ONE)},
            goals={"rising": FACTOR_X < FACTOR_Y},
        ),
    ),
    witnesses=(
        Witness(
            "two fractions",
            "In the middle of a half life.",
            ("limit", *IN_FIRST, "y after x"),
            and_(x > ONE // 2, y > x, FACTOR_X < FACTOR_Y),
        ),
    ),
)
