"""A round of the swap-or-not shuffle is its own inverse, so the shuffle is a permutation.

In a round every index i has a mirror m = (pivot - i) mod n, and one bit decides whether both change
places. The bit is read at max(i, m): the same place for both of a pair, whatever the hash says.
That is all the proof needs of the hash, so `bit` is any function of a position.

The round is written here as a formula, for `compute_shuffled_index` hashes inside its loop; a test
runs 90 rounds of this formula with the code's pivots and bits against the code. A composition of
bijections is one.

Source: Hoang, Morris, Rogaway (CRYPTO 2012); consensus-specs phase0, compute_shuffled_index.
"""

from proofs.logic import (
    BOOL,
    INT,
    Function,
    Operand,
    Term,
    and_,
    choose,
    constants,
    equal,
    implies,
    or_,
)
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness

i, j, count, pivot, wraps = constants("i j count pivot wraps")
bit = Function("bit", (INT,), BOOL)


def compute_mirror(index: Operand, at: Term, of: Term) -> Term:
    """(pivot + count - index) mod count, both below count."""
    return choose(at - index >= 0, at - index, at - index + of)


def compute_round(index: Operand, at: Term, of: Term) -> Term:
    """Where one round moves an index."""
    mirror = compute_mirror(index, at, of)
    position = choose(mirror > index, mirror, index)
    return choose(bit(position), mirror, index)


def _move_by_own_bit(index: Operand) -> Term:
    """A broken round: the bit is read at the index itself."""
    return choose(bit(index), compute_mirror(index, pivot, count), index)


def _move_by_shift(index: Operand) -> Term:
    """A broken round: the partner is the sum, not the mirror."""
    partner = choose(pivot + index < count, pivot + index, pivot + index - count)
    position = choose(partner > index, partner, index)
    return choose(bit(position), partner, index)


def _apply_twice(index: Term) -> Term:
    return compute_round(compute_round(index, pivot, count), pivot, count)


MIRROR, MOVED = compute_mirror(i, pivot, count), compute_round(i, pivot, count)
ONE, TWO = ("an index",), ("an index", "another index")

THEOREM = Theorem(
    name="shuffle_is_a_bijection",
    row=10,
    statement=(
        "For every count, pivot and hash: a round maps [0, count) into itself, applied twice"
        " it is the identity, so it is a bijection; so is the composition of any number of"
        " rounds."
    ),
    assumes=("A composition of bijections is a bijection.",),
    tested=(
        "The formula here against the code (tests/proofs/test_small_scope.py), the code"
        " against vectors of other clients (tests/spec/consensus/test_difficulty.py)."
    ),
    hypotheses=(
        Hypothesis(
            "an index",
            "Index and pivot lie below the count.",
            and_(i >= 0, i < count, pivot >= 0, pivot < count),
        ),
        Hypothesis("another index", "So does the other.", and_(j >= 0, j < count)),
        Hypothesis(
            "a remainder",
            "What remains of pivot + count - i after taking away the count some times.",
            and_(pivot + count - i - wraps * count >= 0, pivot + count - i - wraps * count < count),
        ),
    ),
    lemmas=(
        Lemma(
            "the mirror is the remainder",
            "The formula here is the code's (pivot + count - index) % count.",
            (*ONE, "a remainder"),
            equal(MIRROR, pivot + count - i - wraps * count),
        ),
        Lemma("in range", "A round stays in [0, count).", ONE, and_(MOVED >= 0, MOVED < count)),
        Lemma(
            "mirrors pair up",
            "The mirror of the mirror is the index.",
            ONE,
            equal(compute_mirror(MIRROR, pivot, count), i),
        ),
        Lemma("its own inverse", "Two rounds undo each other.", ONE, equal(_apply_twice(i), i)),
        Lemma(
            "one to one",
            "Two indices never land on one.",
            TWO,
            implies(equal(MOVED, compute_round(j, pivot, count)), equal(i, j)),
        ),
        Lemma(
            "onto",
            "Every index is where some index lands: its own image does.",
            ONE,
            and_(equal(compute_round(MOVED, pivot, count), i), and_(MOVED >= 0, MOVED < count)),
        ),
    ),
    mutants=(
        Mutant(
            "the bit of the index itself",
            "The bit is read at i, not at the larger of the pair.",
            ("its own inverse", "one to one"),
            goals={
                "its own inverse": equal(_move_by_own_bit(_move_by_own_bit(i)), i),
                "one to one": implies(equal(_move_by_own_bit(i), _move_by_own_bit(j)), equal(i, j)),
            },
        ),
        Mutant(
            "sum for mirror",
            "The partner is (pivot + i) mod count.",
            ("its own inverse", "one to one"),
            goals={
                "its own inverse": equal(_move_by_shift(_move_by_shift(i)), i),
                "one to one": implies(equal(_move_by_shift(i), _move_by_shift(j)), equal(i, j)),
            },
        ),
        Mutant(
            "a pivot of the whole hash",
            "The pivot is not reduced below the count.",
            ("in range",),
            changes={"an index": and_(i >= 0, i < count, pivot >= 0)},
        ),
        Mutant(
            "no swap at all is a bijection too",
            "One would like every round to move something.",
            ("onto",),
            goals={"onto": or_(MOVED > i, MOVED < i)},
        ),
    ),
    witnesses=(
        Witness(
            "a swap",
            "An index moves, another stays.",
            (*TWO, "a remainder"),
            and_(
                or_(MOVED > i, MOVED < i),
                equal(compute_round(j, pivot, count), j),
                count >= 5,
                j < i,
            ),
        ),
    ),
)
