"""Liveness of FFG under changing sets: the dynasty advances too, if both sets take part.

A chain keeps (dynasty, start), start being the epoch at which the dynasty began. At the boundary
that closes epoch e it may record f as finalised, f < e + 1:

    if epoch(f) >= start:  dynasty, start = dynasty + 1, e + 1        (rule G3)
    else:                  nothing changes; the finality counts, but promotes nothing

The first lemmas show that this one comparison of integers says what rule G means, "f is of the
chain's own dynasty": invariantly, an epoch e' of the chain lies in the current dynasty just if e'
>= start. Then a fresh t1 that is finalised (`ffg_liveness`) always leaves a dynasty above its own
behind. A link needs more than two thirds of cur and of prev; a previous set a third of which is
silent vetoes finality, and only the leak ends that (FFG.md 6).
"""

from proofs.logic import (
    INT,
    Function,
    and_,
    at_least_zero,
    choose,
    constants,
    equal,
    iff,
    implies,
    or_,
)
from proofs.rules import is_quorum
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness

now, start, closed, f, other = constants("dynasty start closed_epoch finalised_epoch other_epoch")
dynasty_of = Function("dynasty_of_epoch", (INT,), INT)
first = constants("t1_epoch")[0]

DOES_PROMOTE = f >= start
AFTER, START_AFTER = (
    choose(DOES_PROMOTE, now + 1, now),
    choose(DOES_PROMOTE, closed + 1, start),
)
AFTER_STRICT = choose(f > start, now + 1, now)
AFTER_LATE = choose(f >= start, closed + 2, start)

on_cur, cur, on_prev, prev = constants("online_cur weight_cur online_prev weight_prev")
COUNTS = and_(
    or_(is_quorum(on_cur, cur), equal(cur, 0)), or_(is_quorum(on_prev, prev), equal(prev, 0))
)

BOUNDARY = ("known epochs", "the next epoch")

THEOREM = Theorem(
    name="ffg_sets_liveness",
    row=6,
    statement=(
        "A finalised checkpoint is of the chain's own dynasty exactly if its epoch is not below the"
        " dynasty's start. With more than two thirds of both sets honest and online, the links that"
        " finalise a fresh checkpoint also advance the dynasty beyond it."
    ),
    assumes=(
        "More than two thirds of both cur and prev are honest and online, at each target.",
        "Which votes the honest may cast is `ffg_liveness`; sets play no part in it.",
    ),
    tested=(
        "The time it takes, and the leak that ends a veto of the previous set"
        " (tests/spec/consensus/test_ffg.py)."
    ),
    hypotheses=(
        Hypothesis(
            "known epochs",
            "Of the epochs seen so far, just those from start on are of the current dynasty.",
            and_(
                *(
                    implies(
                        and_(e >= 0, e <= closed),
                        and_(
                            dynasty_of(e) <= now,
                            iff(equal(dynasty_of(e), now), e >= start),
                        ),
                    )
                    for e in (f, other, first)
                ),
                start <= closed,
                start >= 0,
                now >= 0,
            ),
        ),
        Hypothesis(
            "the next epoch",
            "Its dynasty is that of the chain after the boundary.",
            and_(
                implies(equal(other, closed + 1), equal(dynasty_of(other), AFTER)),
                f >= 0,
                f <= closed,
            ),
        ),
        Hypothesis(
            "t1 finalised",
            "f is t1, of an epoch that the chain has seen.",
            and_(equal(f, first), first >= 0, first <= closed),
        ),
        Hypothesis(
            "both online",
            "More than two thirds of both sets; an empty set is waived.",
            and_(
                at_least_zero(on_cur, on_prev, cur, prev),
                or_(is_quorum(on_cur, cur), equal(cur, 0)),
                or_(is_quorum(on_prev, prev), equal(prev, 0)),
            ),
        ),
    ),
    lemmas=(
        Lemma(
            "the comparison means the dynasty",
            "f promotes just if it is of the current dynasty.",
            BOUNDARY,
            iff(equal(dynasty_of(f), now), DOES_PROMOTE),
        ),
        Lemma(
            "the comparison stays right",
            "The invariant holds again after the boundary, for old epochs and the next.",
            BOUNDARY,
            implies(
                and_(other >= 0, other <= closed + 1),
                and_(
                    dynasty_of(other) <= AFTER,
                    iff(equal(dynasty_of(other), AFTER), other >= START_AFTER),
                ),
            ),
        ),
        Lemma(
            "dynasties count up by one",
            "No boundary skips a dynasty, so prev is always the set before cur.",
            (),
            and_(AFTER >= now, AFTER <= now + 1),
        ),
        Lemma(
            "the dynasty advances",
            "Once t1 is finalised the chain is in a dynasty above that of t1.",
            ("known epochs", "t1 finalised"),
            AFTER > dynasty_of(first),
        ),
        Lemma(
            "the links count",
            "Both sets have a quorum.",
            ("both online",),
            COUNTS,
        ),
    ),
    mutants=(
        Mutant(
            "strictly after the start",
            "A checkpoint at the dynasty's first epoch promotes nothing.",
            ("the comparison means the dynasty", "the dynasty advances"),
            goals={
                "the comparison means the dynasty": iff(equal(dynasty_of(f), now), f > start),
                "the dynasty advances": AFTER_STRICT > dynasty_of(first),
            },
        ),
        Mutant(
            "the dynasty starts an epoch late",
            "start = e + 2 after a promotion.",
            ("the comparison stays right",),
            goals={
                "the comparison stays right": implies(
                    and_(other >= 0, other <= closed + 1),
                    iff(equal(dynasty_of(other), AFTER), other >= AFTER_LATE),
                )
            },
        ),
        Mutant(
            "any finality advances",
            "One would like every recorded finality to advance the dynasty.",
            ("the dynasty advances",),
            goals={"the dynasty advances": AFTER > now},
        ),
        Mutant(
            "current set online only",
            "The previous set is silent.",
            ("the links count",),
            changes={"both online": and_(at_least_zero(on_prev, prev), is_quorum(on_cur, cur))},
        ),
        Mutant(
            "a third of the previous set is silent",
            "14 of 21 is not more than two thirds.",
            ("the links count",),
            changes={
                "both online": and_(
                    is_quorum(on_cur, cur), equal(3 * on_prev, 2 * prev), equal(prev, 21)
                )
            },
        ),
    ),
    witnesses=(
        Witness(
            "a promotion",
            "f lies at the dynasty's start, three epochs back.",
            (*BOUNDARY, "t1 finalised", "both online"),
            and_(equal(f, start), closed >= start + 3, equal(now, 2), prev > 0),
        ),
        Witness(
            "finality of an older dynasty",
            "f is recorded late and promotes nothing.",
            (*BOUNDARY, "t1 finalised"),
            and_(f < start, equal(now, 2)),
        ),
    ),
)
