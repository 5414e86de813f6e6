"""Checkpoints, links and guilt: what the theorems about FFG have in common.

A checkpoint has an epoch and lies on a tree. Theorems name the few checkpoints that an argument is
about and state the axioms of trees for these (`each`), not for all: that is less to assume, needs
no quantifier, and makes every counterexample a picture with a handful of nodes.

A vote names a source and a target; a link counts once more than two thirds cast it. Two votes of
one voter convict it if their targets have one epoch and the votes differ, or if one strictly
surrounds the other. No validator set is mentioned: a vote binds the key for its whole life.
"""

from dataclasses import dataclass

from proofs.logic import BOOL, INT, Function, Sort, Term, and_, each, equal, implies, not_, or_

CHECKPOINT = Sort("Checkpoint")
epoch = Function("epoch", (CHECKPOINT,), INT)
is_below = Function("is_ancestor_or_self", (CHECKPOINT, CHECKPOINT), BOOL)
GENESIS = Function("genesis", (), CHECKPOINT)()


def compute_tree_axioms(*checkpoints: Term) -> Term:
    """The axioms of a tree whose nodes have epochs, at these checkpoints and the genesis."""
    return each(
        (GENESIS, *checkpoints),
        lambda a: is_below(a, a),
        lambda a: and_(epoch(a) >= 0, is_below(GENESIS, a)),
        lambda a: implies(epoch(a) <= 0, equal(a, GENESIS)),
        lambda a, b: implies(and_(is_below(a, b), not_(equal(a, b))), epoch(a) < epoch(b)),
        lambda a, b, c: implies(and_(is_below(a, b), is_below(b, c)), is_below(a, c)),
        lambda a, b, c: implies(
            and_(is_below(a, c), is_below(b, c)), or_(is_below(a, b), is_below(b, a))
        ),
        lambda: equal(epoch(GENESIS), 0),
    )


@dataclass(frozen=True, slots=True)
class Link:
    """Source and target of a vote, or of a link that counts."""

    source: Term
    target: Term

    @property
    def is_on_chain(self) -> Term:
        """Whether the source is a proper ancestor of the target."""
        return and_(is_below(self.source, self.target), not_(equal(self.source, self.target)))


def is_double(one: Link, other: Link) -> Term:
    """Two different votes for targets of one epoch."""
    differ = or_(not_(equal(one.target, other.target)), not_(equal(one.source, other.source)))
    return and_(equal(epoch(one.target), epoch(other.target)), differ)


def is_surround(outer: Link, inner: Link) -> Term:
    """One vote strictly spans the other."""
    return and_(
        epoch(outer.source) < epoch(inner.source), epoch(inner.target) < epoch(outer.target)
    )


def is_any_surround(one: Link, other: Link) -> Term:
    """Either surrounds the other."""
    return or_(is_surround(one, other), is_surround(other, one))


def is_guilty(one: Link, other: Link) -> Term:
    """Whether who cast both votes is slashable."""
    return or_(is_double(one, other), is_any_surround(one, other))
