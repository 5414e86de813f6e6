"""Plausible liveness of FFG: the honest can always finalise, and nobody has to break a rule for it.

Let S be the checkpoint of the highest epoch that is justified on any chain, and t1 a checkpoint on
a chain that has recorded S, of an epoch above every target the honest have ever voted for; t2 and
t3 are the checkpoints of the two epochs after it. The honest may vote S -> t1, t1 -> t2, t2 -> t3
one after the other: the guard of each lets all three pass, whatever it voted before, and they
convict nobody. With more than two thirds honest and online the links count, and t1 -> t2 finalises
t1.

An old honest vote has a justified source, hence one not above S, and a target below t1.

Source: Casper FFG (arXiv 1710.09437), theorem 2; FFG.md 3. With two sets see `ffg_sets_liveness`.
"""

from proofs.ffg_model import CHECKPOINT, Link, epoch, is_guilty
from proofs.logic import and_, at_least_zero, constants, equal, not_, or_
from proofs.rules import is_quorum
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness

s, t1, t2, t3 = constants("S t1 t2 t3", CHECKPOINT)
a, b = constants("old_source old_target", CHECKPOINT)
OLD, FIRST, SECOND, THIRD = Link(a, b), Link(s, t1), Link(t1, t2), Link(t2, t3)
guard_source, guard_target = constants("guard_source guard_target")
online, total = constants("online total")

FRESH = and_(
    epoch(b) < epoch(t1),
    guard_target < epoch(t1),
    epoch(s) < epoch(t1),
    equal(epoch(t2), epoch(t1) + 1),
    equal(epoch(t3), epoch(t1) + 2),
)
HIGHEST = and_(epoch(a) <= epoch(s), guard_source <= epoch(s))
ALL = ("old votes", "S is the highest", "t1 is fresh")

THEOREM = Theorem(
    name="ffg_liveness",
    row=5,
    statement=(
        "From every state of the votes, with more than two thirds honest and online, three links"
        " finalise a new checkpoint, and no honest validator is slashable for casting them."
    ),
    assumes=(
        (
            "More than two thirds of the weight is honest and online and sees the same chain for"
            " three epochs (the network is timely)."
        ),
    ),
    tested="How long it takes under faults (row 12).",
    hypotheses=(
        Hypothesis(
            "old votes",
            "Any honest vote of the past, and the guard that remembers it.",
            and_(epoch(a) < epoch(b), epoch(a) <= guard_source, epoch(b) <= guard_target),
        ),
        Hypothesis(
            "S is the highest",
            "Sources are justified, and S is the highest justified checkpoint.",
            HIGHEST,
        ),
        Hypothesis("t1 is fresh", "Above all targets the honest voted for.", FRESH),
        Hypothesis(
            "honest online",
            "More than two thirds.",
            and_(at_least_zero(online, total), online <= total, is_quorum(online, total)),
        ),
    ),
    lemmas=(
        Lemma(
            "the guard lets S -> t1 pass",
            "Its source is not below the guard's, its target above.",
            ("S is the highest", "t1 is fresh"),
            and_(epoch(s) >= guard_source, epoch(t1) > guard_target),
        ),
        Lemma(
            "the guard lets the next two pass",
            "Sources and targets go on rising.",
            ("t1 is fresh",),
            and_(
                epoch(t1) >= epoch(s),
                epoch(t2) > epoch(t1),
                epoch(t2) >= epoch(t1),
                epoch(t3) > epoch(t2),
            ),
        ),
        Lemma(
            "no vote convicts with an old one",
            "For each of the three.",
            ("S is the highest", "t1 is fresh"),
            not_(or_(is_guilty(OLD, FIRST), is_guilty(OLD, SECOND), is_guilty(OLD, THIRD))),
        ),
        Lemma(
            "the votes don't convict one another",
            "No two of the three.",
            ("t1 is fresh",),
            not_(
                or_(
                    is_guilty(FIRST, SECOND),
                    is_guilty(FIRST, THIRD),
                    is_guilty(SECOND, THIRD),
                )
            ),
        ),
        Lemma(
            "t1 is finalised",
            "The honest are a quorum, and t1 -> t2 goes to the next epoch.",
            ("t1 is fresh", "honest online"),
            and_(is_quorum(online, total), equal(epoch(t2), epoch(t1) + 1)),
        ),
    ),
    mutants=(
        Mutant(
            "S is not the highest",
            "The honest go on from another justified checkpoint.",
            ("the guard lets S -> t1 pass", "no vote convicts with an old one"),
            changes={"S is the highest": epoch(s) >= 0},
        ),
        Mutant(
            "t1 is not fresh",
            "Somebody voted for its epoch before.",
            ("the guard lets S -> t1 pass", "no vote convicts with an old one"),
            changes={
                "t1 is fresh": and_(
                    epoch(s) < epoch(t1),
                    equal(epoch(t2), epoch(t1) + 1),
                    equal(epoch(t3), epoch(t1) + 2),
                )
            },
        ),
        Mutant(
            "exactly two thirds online",
            "A third is silent.",
            ("t1 is finalised",),
            changes={"honest online": and_(at_least_zero(online), 3 * online >= 2 * total)},
        ),
    ),
    witnesses=(
        Witness(
            "after a long stall",
            "The last honest vote lies ten epochs back.",
            (*ALL, "honest online"),
            and_(epoch(t1) >= epoch(b) + 10, epoch(a) >= 1, online < total),
        ),
    ),
)
