"""Accountable safety of FFG with one validator set: conflicting finality convicts a third.

A link s -> t counts once more than two thirds vote for it; then t is justified if s is. A justified
X is finalised by a counted link to the next epoch (k = 1), or to the one after it if the checkpoint
between them is justified (k = 2).

Claim: if X is finalised and Z is justified at X's epoch or later, X lies below Z, or more than a
third of the weight cast two votes that convict them. Induction on Z's epoch; the lemmas are its
step. Z was justified by a link W -> Z. If W is not before X, X lies below W by induction, and W
below Z. If W is before X, the links compare as in the picture, and who voted for both is guilty:

    epochs   Y ... X    M    T           Y -> X justifies X       X -> M, or X -> T, finalises it
                   |----|                finalising link, k = 1   V -> M justifies M (k = 2)
    W ...         Z?   Z?   Z?  ...  Z   same epoch as X, M or T: a double vote
    |--------------------------------|   past them: W -> Z surrounds the finalising link

Two finalised checkpoints then can't conflict: the one of the later epoch is justified, so the other
lies below it. Source: Casper FFG (arXiv 1710.09437), theorem 1; the k = 2 case is Gasper's.
"""

from collections.abc import Callable

from proofs.ffg_model import (
    CHECKPOINT,
    GENESIS,
    Link,
    compute_tree_axioms,
    epoch,
    is_any_surround,
    is_below,
    is_double,
    is_guilty,
)
from proofs.logic import Term, and_, at_least_zero, constants, equal, implies, not_, or_
from proofs.rules import has_honest, is_quorum
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness

x, m, t, z, w, y, v = constants("X M T Z W Y V", CHECKPOINT)
TO_X, TO_M, TO_T, TO_Z, TO_NEXT = Link(y, x), Link(v, m), Link(x, t), Link(w, z), Link(x, m)
only_a, only_b, in_both, in_neither = constants("only_a only_b in_both in_neither")
TOTAL = only_a + only_b + in_both + in_neither

IS_JUSTIFIED = or_(equal(x, GENESIS), TO_X.is_on_chain)
FINALISED_1 = and_(IS_JUSTIFIED, TO_NEXT.is_on_chain, equal(epoch(m), epoch(x) + 1))
FINALISED_2 = and_(
    IS_JUSTIFIED,
    TO_T.is_on_chain,
    equal(epoch(t), epoch(x) + 2),
    TO_M.is_on_chain,
    equal(epoch(m), epoch(x) + 1),
    is_below(x, m),
    is_below(m, t),
)


def _acquit(guilt: Callable[[Link, Link], Term], *links: Link) -> Term:
    """Not a third is guilty, so the link to Z and these links don't convict who voted for both."""
    to_x = implies(not_(equal(x, GENESIS)), not_(guilt(TO_Z, TO_X)))
    return and_(to_x, *(not_(guilt(TO_Z, link)) for link in links))


Z_BELOW = is_below(x, z)
USES_1 = ("tree", "Z justified", "induction", "later", "X finalised, k = 1", "nobody guilty, k = 1")
USES_2 = ("tree", "Z justified", "induction", "later", "X finalised, k = 2", "nobody guilty, k = 2")

THEOREM = Theorem(
    name="ffg_safety",
    row=5,
    statement=(
        "With one validator set, two conflicting checkpoints are finalised (k = 1 or 2) only"
        " if more than a third of the weight cast two votes that convict them. Any number of"
        " validators, any tree, any epochs."
    ),
    assumes=(
        "Strong induction on the epoch of Z is on paper; its step is proved.",
        "A link counts only with a source that is justified and a proper ancestor of the target.",
    ),
    tested="Random forks with a set that never changes (tests/proofs/test_adversary.py).",
    hypotheses=(
        Hypothesis("tree", "Checkpoints form a tree.", compute_tree_axioms(x, m, t, z, w, y, v)),
        Hypothesis(
            "Z justified",
            "Z is the genesis, or a link from a justified W counts.",
            or_(equal(z, GENESIS), TO_Z.is_on_chain),
        ),
        Hypothesis(
            "induction",
            "The claim holds for W, whose epoch is lower than Z's.",
            implies(epoch(w) >= epoch(x), is_below(x, w)),
        ),
        Hypothesis("later", "Z is not before X.", epoch(z) >= epoch(x)),
        Hypothesis("X finalised, k = 1", "X is justified and X -> M counts.", FINALISED_1),
        Hypothesis(
            "X finalised, k = 2", "X is justified, X -> T counts, M is justified.", FINALISED_2
        ),
        Hypothesis(
            "nobody guilty, k = 1",
            "Else more than a third is guilty, by lemma `two links convict a third`.",
            _acquit(is_guilty, TO_NEXT),
        ),
        Hypothesis("nobody guilty, k = 2", "As above.", _acquit(is_guilty, TO_M, TO_T)),
        Hypothesis(
            "two links count",
            "Two sets of voters are quorums of the one set.",
            and_(
                at_least_zero(only_a, only_b, in_both, in_neither),
                is_quorum(only_a + in_both, TOTAL),
                is_quorum(only_b + in_both, TOTAL),
            ),
        ),
    ),
    lemmas=(
        Lemma("finalised is below justified, k = 1", "The step of the induction.", USES_1, Z_BELOW),
        Lemma("finalised is below justified, k = 2", "The step of the induction.", USES_2, Z_BELOW),
        Lemma(
            "two links convict a third",
            "More than a third voted for both links.",
            ("two links count",),
            has_honest(in_both, TOTAL),
        ),
        Lemma(
            "finalised checkpoints never conflict",
            "The claim, used once in each direction.",
            (),
            implies(
                and_(
                    implies(epoch(z) >= epoch(x), is_below(x, z)),
                    implies(epoch(x) >= epoch(z), is_below(z, x)),
                ),
                or_(is_below(x, z), is_below(z, x)),
            ),
        ),
    ),
    mutants=(
        Mutant(
            "no double vote",
            "Two votes for one target epoch are no offence.",
            ("finalised is below justified, k = 1", "finalised is below justified, k = 2"),
            changes={
                "nobody guilty, k = 1": _acquit(is_any_surround, TO_NEXT),
                "nobody guilty, k = 2": _acquit(is_any_surround, TO_M, TO_T),
            },
        ),
        Mutant(
            "no surround",
            "A vote that spans another is no offence.",
            ("finalised is below justified, k = 1", "finalised is below justified, k = 2"),
            changes={
                "nobody guilty, k = 1": _acquit(is_double, TO_NEXT),
                "nobody guilty, k = 2": _acquit(is_double, TO_M, TO_T),
            },
        ),
        Mutant(
            "a gap in k = 1",
            "A link to the epoch after the next finalises, whatever lies between.",
            ("finalised is below justified, k = 1",),
            changes={
                "X finalised, k = 1": and_(
                    IS_JUSTIFIED, TO_NEXT.is_on_chain, equal(epoch(m), epoch(x) + 2)
                )
            },
        ),
        Mutant(
            "k = 2 without a justified middle",
            "The checkpoint between need not be justified.",
            ("finalised is below justified, k = 2",),
            changes={
                "X finalised, k = 2": and_(
                    IS_JUSTIFIED, TO_T.is_on_chain, equal(epoch(t), epoch(x) + 2)
                ),
                "nobody guilty, k = 2": _acquit(is_guilty, TO_T),
            },
        ),
        Mutant(
            "the source may be on another branch",
            "A link counts though its source is no ancestor of its target.",
            ("finalised is below justified, k = 1",),
            changes={"Z justified": epoch(w) < epoch(z)},
        ),
        Mutant(
            "half is enough",
            "A link counts with more than half.",
            ("two links convict a third",),
            changes={
                "two links count": and_(
                    at_least_zero(only_a, only_b, in_both, in_neither),
                    2 * (only_a + in_both) > TOTAL,
                    2 * (only_b + in_both) > TOTAL,
                )
            },
        ),
    ),
    witnesses=(
        Witness(
            "finality goes on, k = 1",
            "X is finalised, Z is justified three epochs later, nobody is guilty.",
            USES_1,
            and_(epoch(z) >= epoch(x) + 3, not_(equal(x, GENESIS)), not_(equal(w, x))),
        ),
        Witness(
            "finality goes on, k = 2",
            "As above.",
            USES_2,
            and_(epoch(z) >= epoch(x) + 3, not_(equal(x, GENESIS)), not_(equal(v, x))),
        ),
        Witness(
            "the conflict itself",
            "If guilt is allowed, X is finalised and Z, beside it, justified.",
            ("tree", "Z justified", "induction", "later", "X finalised, k = 1"),
            not_(is_below(x, z)),
        ),
        Witness(
            "two links of three in four",
            "Two different quorums.",
            ("two links count",),
            and_(equal(TOTAL, 4), only_a > 0, only_b > 0),
        ),
    ),
)
