"""Dynasties and validator sets at checkpoints: rule G of FFG as axioms about named checkpoints.

The rule has four parts, each a formula about one checkpoint u of a dynasty above the first, so that
a mutant can leave one out. promoter(u) is the finalised checkpoint whose recording began the
dynasty of u; promoter_target(u) the target of the link that finalised it, on the chain of u.
"""

from collections.abc import Callable

from proofs.ffg_model import CHECKPOINT, GENESIS, Link, epoch, is_below
from proofs.logic import BOOL, INT, Function, Sort, Term, and_, each, equal, implies, not_, or_

SET = Sort("ValidatorSet")
dynasty = Function("dynasty", (CHECKPOINT,), INT)
current = Function("current_set", (CHECKPOINT,), SET)
previous = Function("previous_set", (CHECKPOINT,), SET)
GENESIS_SET = Function("genesis_set", (), SET)()
promoter = Function("promoter", (CHECKPOINT,), CHECKPOINT)
promoter_target = Function("promoter_target", (CHECKPOINT,), CHECKPOINT)
is_finalised = Function("is_finalised", (CHECKPOINT,), BOOL)
is_justified = Function("is_justified", (CHECKPOINT,), BOOL)
counts = Function("link_counts", (CHECKPOINT, CHECKPOINT), BOOL)

Guilt = Callable[[Link, Link], Term]
SetRule = Callable[[Term, Term], Term]
Part = Callable[[Term], Term]


def own_dynasty(u: Term) -> Term:
    """G3, the gate: what is recorded as finalised is itself of the dynasty that ends by it."""
    return and_(
        equal(dynasty(promoter(u)), dynasty(u) - 1),
        equal(dynasty(promoter_target(u)), dynasty(u) - 1),
    )


def has_finality(u: Term) -> Term:
    """G2, G3: a promotion has a finalised checkpoint behind it, recorded on this chain."""
    f, target = promoter(u), promoter_target(u)
    return and_(
        is_below(f, target),
        not_(equal(f, target)),
        is_below(target, u),
        is_finalised(f),
        is_justified(f),
        counts(f, target),
        or_(equal(epoch(target), epoch(f) + 1), equal(epoch(target), epoch(f) + 2)),
    )


def takes_over(u: Term) -> Term:
    """G3: at a promotion the current set becomes the previous one."""
    return equal(previous(u), current(promoter(u)))


def follows(u: Term) -> Term:
    """Under any rule: the promoter is an ancestor of a lower dynasty."""
    return and_(is_below(promoter(u), u), dynasty(promoter(u)) < dynasty(u))


def describe_promotion(u: Term, *parts: Part) -> Term:
    """What a rule of these parts says of a checkpoint and of who promoted its dynasty."""
    return and_(
        dynasty(u) >= 0,
        implies(dynasty(u) > 0, and_(*(part(u) for part in parts))),
    )


def compute_dynasty_axioms(*checkpoints: Term) -> Term:
    """Dynasties rise along a chain; in one dynasty of one chain the sets are the same."""
    return each(
        (GENESIS, *checkpoints),
        lambda a, b: implies(is_below(a, b), dynasty(a) <= dynasty(b)),
        lambda a, b: implies(
            and_(is_below(a, b), equal(dynasty(a), dynasty(b))),
            and_(equal(current(a), current(b)), equal(previous(a), previous(b))),
        ),
        lambda: and_(
            equal(dynasty(GENESIS), 0),
            equal(current(GENESIS), GENESIS_SET),
            equal(previous(GENESIS), GENESIS_SET),
        ),
    )


def both_sets(u: Term, z: Term) -> Term:
    """G1: some set of one is a set of the other, and both links counted over it."""
    return or_(
        *(equal(a(u), b(z)) for a in (current, previous) for b in (current, previous)),
    )


def current_only(u: Term, z: Term) -> Term:
    """Links count over cur alone, so only equal current sets are common."""
    return equal(current(u), current(z))


def previous_only(u: Term, z: Term) -> Term:
    """Links count over prev alone."""
    return equal(previous(u), previous(z))
