"""The median of the oracle's reports lies within the reports of honest members.

A report is made of at least 2f + 1 observations of n = 3f + 1 or more members, of which at most f
are faulty. Sorted ascending, the median is the one at place count // 2 (0-based). A value with more
than f observations at or below it, and more than f at or above it, has an honest one on each side,
so it lies between the lowest and the highest honest observation.

The model only counts: how many observations lie below the median, at it, and above it, and how many
of each are honest. Any values, any number of members, any way the faulty choose theirs.
"""

from proofs.logic import and_, at_least_zero, constants
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness

honest_below, honest_at, honest_above = constants("honest_below honest_at honest_above")
faulty_below, faulty_at, faulty_above = constants("faulty_below faulty_at faulty_above")
members, faults = constants("members faults")
HONEST = honest_below + honest_at + honest_above
FAULTY = faulty_below + faulty_at + faulty_above
COUNT = HONEST + FAULTY
BELOW, AT, ABOVE = honest_below + faulty_below, honest_at + faulty_at, honest_above + faulty_above

COUNTS = at_least_zero(
    honest_below, honest_at, honest_above, faulty_below, faulty_at, faulty_above, faults
)
IS_MEDIAN = and_(BELOW <= COUNT // 2, COUNT // 2 < BELOW + AT)
WITHIN = and_(honest_below + honest_at >= 1, honest_at + honest_above >= 1)
USES = ("counts", "committee", "report", "median")

THEOREM = Theorem(
    name="oracle_median",
    row=16,
    statement=(
        "With at most f faulty among n >= 3f + 1 members and a report of at least 2f + 1"
        " observations, the median is not below every honest observation and not above every"
        " one."
    ),
    assumes=(
        "At most f members are faulty, and a member has at most one observation in a report.",
    ),
    tested=(
        "That the counts are those of a sorted list (tests/proofs/test_small_scope.py). The"
        " oracle itself is not written yet; this is the rule of its design."
    ),
    hypotheses=(
        Hypothesis("counts", "Numbers of observations are not negative.", COUNTS),
        Hypothesis(
            "committee",
            "n >= 3f + 1 members, at most f faulty.",
            and_(members >= 3 * faults + 1, FAULTY <= faults),
        ),
        Hypothesis(
            "report",
            "2f + 1 or more observations, at most one a member.",
            and_(COUNT >= 2 * faults + 1, COUNT <= members),
        ),
        Hypothesis("median", "The observation at place count // 2.", IS_MEDIAN),
        Hypothesis(
            "lower median",
            "The observation at place (count - 1) // 2.",
            and_(BELOW <= (COUNT - 1) // 2, (COUNT - 1) // 2 < BELOW + AT),
        ),
    ),
    lemmas=(
        Lemma(
            "within honest bounds", "An honest observation on each side, or at it.", USES, WITHIN
        ),
        Lemma(
            "the lower median, too",
            "The other middle, (count - 1) // 2, would do as well.",
            ("counts", "committee", "report", "lower median"),
            WITHIN,
        ),
        Lemma(
            "honest observations are the majority",
            "Of every report.",
            ("committee", "report"),
            HONEST > FAULTY,
        ),
        Lemma(
            "the honest suffice",
            "A report can be made without the faulty.",
            ("committee",),
            members - faults >= 2 * faults + 1,
        ),
    ),
    mutants=(
        Mutant(
            "a report of 2f",
            "One observation less.",
            ("within honest bounds", "honest observations are the majority"),
            changes={"report": and_(COUNT >= 2 * faults, COUNT >= 1, COUNT <= members)},
        ),
        Mutant(
            "n = 3f",
            "A third is faulty.",
            ("the honest suffice",),
            changes={"committee": and_(members >= 3 * faults, FAULTY <= faults, faults >= 1)},
        ),
        Mutant(
            "two votes a member",
            "A faulty member's observation counts twice.",
            ("within honest bounds",),
            changes={"committee": and_(members >= 3 * faults + 1, FAULTY <= 2 * faults)},
        ),
        Mutant(
            "the highest observation",
            "The largest is taken in place of the median.",
            ("within honest bounds",),
            changes={"median": and_(BELOW <= COUNT - 1, COUNT - 1 < BELOW + AT)},
        ),
    ),
    witnesses=(
        Witness(
            "four members, one lies",
            "Three observations, one false one above the rest.",
            (*USES, "lower median"),
            and_(members <= 4, faults >= 1, faulty_above >= 1, honest_at >= 1, honest_below >= 1),
        ),
    ),
)
