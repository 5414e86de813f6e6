"""Who follows the honest voting rule is never convicted, whichever validator sets it is in.

The offence and the guard are the code's (`is_slashable` and `is_honest_vote` of
`spec.consensus.ffg`), run on symbols.

The honest rule: over the whole life of a key the target epoch strictly rises and the source epoch
never falls. The signing guard keeps two numbers, the highest source and the highest target it ever
promised, and signs a vote only if it keeps the rule against those. The lemmas show that the guard
is enough: whatever it signed before, however long ago, no two of its votes convict it.

Sets do not occur: guilt is a relation between two votes of one key. So membership in two sets at
once, or a return after having left, changes nothing.
"""

from typing import cast

from proofs.ffg_model import CHECKPOINT, Link, epoch, is_guilty
from proofs.logic import Term, and_, constants, equal, iff, implies, not_, or_
from proofs.symbolic import as_number, run
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness
from spec.consensus.ffg import VoteGuard, is_honest_vote, is_slashable
from spec.ledger.ops import Checkpoint, FfgVote

s1, t1, s2, t2 = constants("s1 t1 s2 t2", CHECKPOINT)
OLD, NEW = Link(s1, t1), Link(s2, t2)
guard_source, guard_target = constants("guard_source guard_target")

slot_1, slot_2, head_1, head_2 = constants("slot_1 slot_2 head_1 head_2")


def _as_checkpoint(point: Term) -> Checkpoint:
    """The code's checkpoint, whose epoch and root are symbols."""
    return Checkpoint(epoch=as_number(epoch(point)), root=cast("bytes", point))


def _as_vote(link: Link, slot: Term, head: Term) -> FfgVote:
    """The code's vote of one validator."""
    return FfgVote(
        slot=as_number(slot),
        head=cast("bytes", head),  # compared with another, and with nothing else
        source=_as_checkpoint(link.source),
        target=_as_checkpoint(link.target),
        validator=0,
        signature=b"",
    )


IS_SLASHABLE = run(
    lambda: is_slashable(_as_vote(OLD, slot_1, head_1), _as_vote(NEW, slot_2, head_2))
)
GUARD = VoteGuard(source_epoch=as_number(guard_source), target_epoch=as_number(guard_target))
IS_SIGNED = run(lambda: is_honest_vote(GUARD, _as_checkpoint(s2), _as_checkpoint(t2)))
IS_ONE_VOTE = and_(equal(slot_1, slot_2), equal(head_1, head_2), equal(s1, s2), equal(t1, t2))
SIGNED = and_(IS_SIGNED, epoch(s2) < epoch(t2))
REMEMBERED = and_(epoch(s1) <= guard_source, epoch(t1) <= guard_target, epoch(s1) < epoch(t1))

THEOREM = Theorem(
    name="ffg_no_framing",
    row=5,
    statement=(
        "A validator whose targets rise strictly and whose sources never fall is never"
        " slashable for FFG votes, whatever validator sets it is in. Two numbers suffice as"
        " its guard."
    ),
    assumes=(
        "The guard survives a crash: a promise is stored before it is signed (tested, row 13).",
        "Signatures can't be forged.",
    ),
    tested="Crash and restart at every effect (row 13); simulation with twins.",
    hypotheses=(
        Hypothesis(
            "remembered",
            "The guard is at least as high as any vote signed before.",
            REMEMBERED,
        ),
        Hypothesis(
            "links",
            "Sources lie before targets.",
            and_(epoch(s1) < epoch(t1), epoch(s2) < epoch(t2)),
        ),
        Hypothesis("signed", "The guard let the new vote pass.", SIGNED),
    ),
    lemmas=(
        Lemma(
            "never guilty",
            "The new vote and any earlier one don't convict.",
            ("remembered", "signed"),
            not_(IS_SLASHABLE),
        ),
        Lemma(
            "the code's offence is the theorems'",
            "is_slashable convicts who is guilty in `ffg_safety`, and who votes twice an epoch.",
            (),
            iff(
                IS_SLASHABLE,
                or_(
                    is_guilty(OLD, NEW),
                    and_(equal(epoch(t1), epoch(t2)), not_(IS_ONE_VOTE)),
                ),
            ),
        ),
        Lemma(
            "the guard remembers",
            "Raised to the new vote, it is as high as the new vote and all earlier ones.",
            ("remembered", "signed"),
            and_(epoch(s1) <= epoch(s2), epoch(t1) <= epoch(t2)),
        ),
        Lemma(
            "one vote a target epoch",
            "The guard never signs twice for one epoch.",
            ("remembered", "signed"),
            implies(equal(epoch(t1), epoch(t2)), and_(equal(s1, s2), equal(t1, t2))),
        ),
    ),
    mutants=(
        Mutant(
            "the source may fall",
            "The guard keeps only the highest target (free source).",
            ("never guilty", "the guard remembers"),
            changes={"signed": and_(epoch(t2) > guard_target, epoch(s2) < epoch(t2))},
        ),
        Mutant(
            "a target epoch may come again",
            "The guard lets an equal target pass.",
            ("never guilty", "one vote a target epoch"),
            changes={"signed": and_(epoch(s2) >= guard_source, epoch(t2) >= guard_target)},
        ),
        Mutant(
            "surrounds are not looked at",
            "Only two votes for one target epoch are taken for an offence.",
            ("the code's offence is the theorems'",),
            goals={
                "the code's offence is the theorems'": iff(
                    IS_SLASHABLE, and_(equal(epoch(t1), epoch(t2)), not_(IS_ONE_VOTE))
                )
            },
        ),
        Mutant(
            "the guard is lost in a crash",
            "It forgets a vote it has signed.",
            ("never guilty",),
            changes={"remembered": epoch(s1) < epoch(t1)},
        ),
    ),
    witnesses=(
        Witness(
            "voting on",
            "Two votes in a row with the same source, as when a target was not justified.",
            ("remembered", "signed", "links"),
            and_(equal(epoch(s1), epoch(s2)), epoch(t1) > epoch(s2)),
        ),
    ),
)
