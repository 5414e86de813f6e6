"""Theorems against brute force, and formulas of theorems against the code they stand for."""

from itertools import combinations, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.evaluate import evaluate
from proofs.logic import Term, constants
from proofs.theorem import Hypothesis
from proofs.theorems import conservation, leak_figure, oracle_median, quorum_intersection
from proofs.theorems.shuffle_is_a_bijection import compute_round
from spec.consensus.bft.state import (
    EMPTY_SET,
    PRIORITY_BIAS,
    Seat,
    compute_queue_step,
    compute_set,
)
from spec.consensus.quorum import has_honest, is_quorum
from spec.consensus.shuffle import BITS_OF_HASH, SHUFFLE_ROUNDS, compute_shuffled_index
from spec.crypto.hashing import sha256
from spec.limits import POWER_TOTAL_LIMIT, VALIDATORS_MAX


def get_formula(hypotheses: tuple[Hypothesis, ...], name: str) -> Term:
    return next(h.formula for h in hypotheses if h.name == name)


def find_subsets(size: int) -> list[frozenset[int]]:
    return [
        frozenset(chosen)
        for count in range(size + 1)
        for chosen in combinations(range(size), count)
    ]


@pytest.mark.parametrize("size", range(1, 7))
def test_quorums_of_up_to_six_share_an_honest_voter(size: int) -> None:
    quorums = [s for s in find_subsets(size) if is_quorum(len(s), size)]
    faults = [s for s in find_subsets(size) if 3 * len(s) < size]
    assert all((a & b) - bad for a in quorums for b in quorums for bad in faults)
    assert all(is_quorum(size - len(bad), size) for bad in faults)
    thirds = [s for s in find_subsets(size) if has_honest(len(s), size)]
    assert all(third - bad for third in thirds for bad in faults)


@pytest.mark.parametrize("weights", [(1, 2, 3), (1, 1, 1, 5), (3, 3, 3, 1), (2, 2, 2, 2, 7)])
def test_weighted_quorums_share_an_honest_voter(weights: tuple[int, ...]) -> None:
    def weigh(chosen: frozenset[int]) -> int:
        return sum(weights[voter] for voter in chosen)

    total = sum(weights)
    subsets = find_subsets(len(weights))
    quorums = [s for s in subsets if is_quorum(weigh(s), total)]
    faults = [s for s in subsets if 3 * weigh(s) < total]
    assert all(weigh((a & b) - bad) > 0 for a in quorums for b in quorums for bad in faults)


def test_the_figure_of_a_changed_set_is_reached() -> None:
    """The bound on the loss is sharp: some change meets it exactly, rounding apart."""
    names = ("kept_a", "kept_b", "kept_both", "kept_neither", "left_a", "left_other")
    quorums = get_formula(quorum_intersection.THEOREM.hypotheses, "quorum of each")
    slack = []
    for kept_a, kept_b, both, left, joined in product(range(4), repeat=5):
        values = dict(zip(names, (kept_a, kept_b, both, 0, left, 0), strict=True))
        values |= {"joined_b": joined, "joined_other": 0}
        if evaluate(quorums, values):
            old = kept_a + kept_b + both + left
            slack.append(3 * both - (old - 2 * left - joined))
    assert min(slack) == 2


@given(st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_the_leak_figure_by_random_regions(values: list[int]) -> None:
    names = [
        *("voted_a", "voted_b", "voted_both", "voted_neither"),
        *(f"leak_{chain}_of_{region}" for chain in "ab" for region in ("a", "b", "both", "n")),
    ]
    given_values = dict(zip(names, values, strict=True))
    theorem = leak_figure.THEOREM
    holds = [evaluate(get_formula(theorem.hypotheses, n), given_values) for n in leak_figure.USES]
    if all(holds):
        assert evaluate(leak_figure.FIGURE, given_values)


# The shuffle


def compute_by_formula(index: int, count: int, seed: bytes) -> int:
    """90 rounds of the theorem's formula, with the code's pivots and bits."""
    i, pivot, size = constants("i pivot count")
    formula = compute_round(i, pivot, size)
    for number in range(SHUFFLE_ROUNDS):
        round_ = number.to_bytes(1, "little")

        def get_bit(position: int, round_: bytes = round_) -> bool:
            block = (position // BITS_OF_HASH).to_bytes(4, "little")
            place = position % BITS_OF_HASH
            return bool(sha256(seed, round_, block)[place // 8] >> (place % 8) & 1)

        at = int.from_bytes(sha256(seed, round_)[:8], "little") % count
        moved = evaluate(formula, {"i": index, "pivot": at, "count": count, "bit": get_bit})
        assert isinstance(moved, int)
        index = moved
    return index


@given(count=st.integers(1, 600), seed=st.binary(min_size=32, max_size=32), data=st.data())
def test_the_round_of_the_theorem_is_the_round_of_the_code(
    count: int, seed: bytes, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, count - 1))
    assert compute_by_formula(index, count, seed) == compute_shuffled_index(index, count, seed)


# The median


@given(
    honest=st.lists(st.integers(0, 5), min_size=1, max_size=8),
    faulty=st.lists(st.integers(-9, 14), max_size=4),
)
def test_the_counts_of_the_median_theorem_are_those_of_a_sorted_list(
    honest: list[int], faulty: list[int]
) -> None:
    reports = sorted(honest + faulty)
    median = reports[len(reports) // 2]
    values = {"members": len(reports), "faults": len(faulty)}
    for kind, values_of in (("honest", honest), ("faulty", faulty)):
        values[f"{kind}_below"] = sum(value < median for value in values_of)
        values[f"{kind}_at"] = values_of.count(median)
        values[f"{kind}_above"] = sum(value > median for value in values_of)
    assert evaluate(oracle_median.IS_MEDIAN, values)
    is_within = min(honest) <= median <= max(honest)
    assert evaluate(oracle_median.WITHIN, values) == is_within
    if len(honest) > len(faulty):
        assert is_within


# Shares of a reward


@given(reward=st.integers(0, 10**6), weights=st.lists(st.integers(1, 99), min_size=1, max_size=20))
def test_shares_leave_less_than_one_unit_a_member(reward: int, weights: list[int]) -> None:
    values = {"reward": reward, "total_weight": sum(weights)}
    values |= {"weight_so_far": 0, "paid_so_far": 0, "members_so_far": 0}
    for weight in weights:
        values["next_weight"] = weight
        share = evaluate(conservation.SHARE, values)
        assert isinstance(share, int)
        values["paid_so_far"] += share
        values["weight_so_far"] += weight
        values["members_so_far"] += 1
        assert evaluate(get_formula(conservation.THEOREM.hypotheses, "so far"), values)
    assert 0 <= reward - values["paid_so_far"] < len(weights)


# The proposer queue


@given(seed=st.integers(0, 1_000), spare=st.integers(0, 1_000))
@settings(max_examples=5)
def test_the_queue_of_the_largest_set_keeps_its_bounds(seed: int, spare: int) -> None:
    random = Random(seed)
    powers = [1] * VALIDATORS_MAX
    powers[random.randrange(VALIDATORS_MAX)] += POWER_TOTAL_LIMIT - 1 - VALIDATORS_MAX - spare
    seats = tuple(Seat(i, b"", b"", power) for i, power in enumerate(powers))
    total = sum(powers)
    validators = compute_set(seats, EMPTY_SET)
    floor = 2 * total
    for number in range(120):
        validators, _ = compute_queue_step(validators)
        if number % 40 == 39:
            validators = compute_set(seats, validators)
        assert 0 <= sum(validators.priorities) < VALIDATORS_MAX
        assert min(validators.priorities) >= -floor
        assert max(validators.priorities) <= (VALIDATORS_MAX - 1) * (floor + 1)
        assert all(0 <= p + PRIORITY_BIAS < 2 * PRIORITY_BIAS for p in validators.priorities)
