"""Pairs of sums over the same keys: which could be compared, and which are known to be."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import permutations

from dsl.verify.aggregates import Aggregates, Asked

PAIRS_MAX = 512
"""Pairs of sums compared in one goal."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A sum that may be at least another, at arguments; `less` is None to compare with zero."""

    greater: Asked
    less: Asked | None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pair of bodies, and which of their parameters are the same terms."""

    greater: int
    less: int
    """-1 for zero."""
    shared: tuple[int, ...]
    """For each leaf of the arguments of both, the first leaf with the same term."""


@dataclass(slots=True)
class Comparisons:
    """Which patterns are known to hold or not, by the invariants that were assumed."""

    known: dict[tuple[Pattern, frozenset[int]], bool] = field(default_factory=dict)

    def holds(self, pattern: Pattern, active: frozenset[int]) -> bool:
        """Whether a pattern has been shown under these invariants."""
        return self.known.get((pattern, active), False)


def list_pairs(aggregates: Aggregates, asked: Sequence[Asked]) -> list[Pair]:
    """The pairs of sums over the same keys, among those that a goal asks for."""
    usable = [each for each in asked if aggregates.is_usable[each.aggregate]]
    pairs = [Pair(each, None) for each in usable if not aggregates.is_positive[each.aggregate]]
    for greater, less in permutations(usable, 2):
        is_comparable = (
            greater.aggregate != less.aggregate
            and greater.state.root is less.state.root
            and aggregates.get_keys(greater.aggregate) == aggregates.get_keys(less.aggregate)
            and _is_about_one(greater, less)
        )
        if is_comparable:
            pairs.append(Pair(greater, less))
    return pairs[:PAIRS_MAX]


def make_pattern(pair: Pair) -> Pattern:
    """What a pair has in common with others whose arguments are other terms."""
    sides = (pair.greater,) if pair.less is None else (pair.greater, pair.less)
    leaves = [leaf.id for side in sides for arg in side.args for leaf in arg.leaves]
    shared = tuple(leaves.index(each) for each in leaves)
    less = -1 if pair.less is None else pair.less.aggregate
    return Pattern(pair.greater.aggregate, less, shared)


def _is_about_one(greater: Asked, less: Asked) -> bool:
    """Whether the arguments of two sums have a term in common, where both have arguments."""
    left, right = (
        {leaf.id for arg in side.args for leaf in arg.leaves} for side in (greater, less)
    )
    return not left or not right or bool(left & right)
