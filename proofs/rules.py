"""Predicates of the specification on terms: "more than two thirds" is what the code says it is."""

from proofs.logic import Operand, Term
from proofs.symbolic import as_number, run
from spec.consensus import quorum


def is_quorum(weight: Operand, total: Operand) -> Term:
    """`spec.consensus.quorum.is_quorum`, run on terms."""
    return run(lambda: quorum.is_quorum(as_number(weight), as_number(total)))


def has_honest(weight: Operand, total: Operand) -> Term:
    """`spec.consensus.quorum.has_honest`, run on terms."""
    return run(lambda: quorum.has_honest(as_number(weight), as_number(total)))
