"""Difficulty and shuffle against rows computed by others, and their laws at every size."""

import csv
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from spec.consensus.difficulty import (
    TARGET_LIMIT,
    AsertAnchor,
    AsertRule,
    compute_asert_target,
    compute_btc_target,
    compute_work,
    decode_compact,
    encode_compact,
)
from spec.consensus.shuffle import compute_shuffled, compute_shuffled_index
from tests.foreign import get_vectors

POW_LIMIT = 0xFFFF << 208
TARGETS = st.integers(1, TARGET_LIMIT - 1)
TIMES = st.integers(0, 2**63)


def make_rule(target: int) -> AsertRule:
    return AsertRule(AsertAnchor(10, 0, target), 600, 172_800, TARGET_LIMIT - 1)


def read_asert_rows() -> Iterator[tuple[AsertRule, int, int, int]]:
    for path in sorted(get_vectors("asert").glob("run*")):
        facts: dict[str, str] = {}
        for line in path.read_text().splitlines():
            if line.startswith("##"):
                name, _, value = line[2:].partition(":")
                facts[name.strip()] = value.strip()
            elif line and not line.startswith("#"):
                _, height, time, compact = line.split()
                target = decode_compact(int(facts["anchor nBits"], 16))
                assert target is not None
                anchor = AsertAnchor(
                    int(facts["anchor height"]), int(facts["anchor ancestor time"]), target
                )
                rule = AsertRule(anchor, 600, 172_800, POW_LIMIT)
                yield rule, int(height), int(time), int(compact, 16)


def test_every_foreign_row_of_asert() -> None:
    rows = 0
    for rule, height, time, compact in read_asert_rows():
        assert encode_compact(compute_asert_target(rule, height, time)) == compact
        rows += 1
    assert rows >= 3_000


def test_every_foreign_retarget() -> None:
    with (get_vectors("bitcoin_compact") / "retarget.csv").open() as file:
        for row in csv.DictReader(file):
            target = decode_compact(int(row["nbits"], 16))
            assert target is not None
            took = int(row["last_time"]) - int(row["first_time"])
            found = compute_btc_target(target, took, 14 * 86_400, POW_LIMIT)
            assert encode_compact(found) == int(row["expected"], 16)


def test_every_foreign_compact_form() -> None:
    with (get_vectors("bitcoin_compact") / "set_compact.csv").open() as file:
        for row in csv.DictReader(file):
            value = int(row["value"] or "0", 16)
            is_bad = row["negative"] == "1" or row["overflow"] == "1" or value == 0
            found = decode_compact(int(row["nbits"], 16))
            assert found == (None if is_bad else value)
            if found is not None:
                assert encode_compact(found) == int(row["compact"], 16)


def test_every_foreign_shuffle() -> None:
    rows = 0
    with (get_vectors("eth2_shuffle") / "tests.csv").open() as file:
        for seed, count, before, after in csv.reader(file):
            places = tuple(map(int, before.split(":"))) if int(count) else ()
            expected = tuple(map(int, after.split(":"))) if int(count) else ()
            assert compute_shuffled(expected, bytes.fromhex(seed)) == places
            rows += 1
    assert rows == 240


@given(TARGETS, TIMES, TIMES)
def test_asert_never_leaves_the_range_of_targets(target: int, height: int, time: int) -> None:
    assert 1 <= compute_asert_target(make_rule(target), 10 + height, time) < TARGET_LIMIT


@given(st.integers(2**40, 2**200), st.integers(0, 10_000))
def test_asert_stands_still_on_schedule(target: int, blocks: int) -> None:
    rule = make_rule(target)
    assert compute_asert_target(rule, 10 + blocks, 600 * (blocks + 1)) == target


@given(st.integers(2**40, 2**200), TIMES, TIMES)
def test_asert_is_monotone_in_time(target: int, one: int, other: int) -> None:
    rule = make_rule(target)
    early, late = sorted((one, other))
    assert compute_asert_target(rule, 11, early) <= compute_asert_target(rule, 11, late)


@given(TARGETS, st.integers(-(2**63), 2**63))
def test_bitcoins_rule_moves_by_four_at_most(target: int, took: int) -> None:
    found = compute_btc_target(target, took, 1_209_600, TARGET_LIMIT - 1)
    assert max(1, target // 4) <= found <= min(4 * target, TARGET_LIMIT - 1)


@given(st.integers(0, 2**32 - 1))
def test_a_compact_form_decodes_to_a_target_or_to_nothing(compact: int) -> None:
    target = decode_compact(compact)
    assert target is None or decode_compact(encode_compact(target)) == target


@given(TARGETS)
def test_the_compact_form_keeps_the_highest_bytes(target: int) -> None:
    kept = decode_compact(encode_compact(target))
    assert kept is not None
    assert 0 <= target - kept <= target >> 15


@given(TARGETS, TARGETS)
def test_a_harder_target_is_more_work(one: int, other: int) -> None:
    hard, easy = sorted((one, other))
    assert compute_work(hard) >= compute_work(easy) >= 1


@given(st.integers(1, 60), st.binary(min_size=32, max_size=32))
def test_the_shuffle_is_a_permutation_and_agrees_with_single_indices(
    count: int, seed: bytes
) -> None:
    shuffled = compute_shuffled(tuple(range(count)), seed)
    assert sorted(shuffled) == list(range(count))
    assert shuffled == tuple(compute_shuffled_index(i, count, seed) for i in range(count))
