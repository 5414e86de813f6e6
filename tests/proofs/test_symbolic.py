"""A formula made by running code on symbols has the code's value for every argument."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofs.evaluate import evaluate
from proofs.logic import (
    BIT_OR,
    POWER_OF_TWO,
    Term,
    constant,
    constants,
    equal,
    lift,
    sized_constant,
)
from proofs.rules import has_honest, is_quorum
from proofs.symbolic import as_number, get_failure, run, run_paths
from proofs.theorems import (
    asert,
    base_fee,
    compact_codec,
    conservation,
    ffg_no_framing,
    proposer_priorities,
    stake_pools,
    work_and_retarget,
)
from spec.config.presets import TINY
from spec.consensus import quorum
from spec.consensus.bft.state import Seat, ValidatorSet, compute_queue_step, compute_set
from spec.consensus.difficulty import (
    AsertAnchor,
    AsertRule,
    compute_asert_target,
    compute_btc_target,
    compute_work,
    decode_compact,
    encode_compact,
)
from spec.consensus.ffg import VoteGuard, is_honest_vote, is_slashable
from spec.ledger.fees import compute_next_base_fee
from spec.ledger.ops import Checkpoint, FfgVote
from spec.ledger.staking import pools
from spec.ledger.staking.registry import Pool

BUILT_IN = {POWER_OF_TWO.name: lambda k: 1 << k if k >= 0 else 0, BIT_OR.name: lambda a, b: a | b}
NATURAL = st.integers(0, 2**70)
SMALL = st.integers(0, 40)
TARGETS = st.one_of(st.integers(1, 2**256 - 1), st.integers(1, 2**24))


def compute(term: Term, **values: object) -> object:
    return evaluate(term, {**BUILT_IN, **values})


@given(w=st.one_of(SMALL, NATURAL), t=st.one_of(SMALL, NATURAL))
def test_thresholds(w: int, t: int) -> None:
    weight, total = constants("w t")
    assert compute(is_quorum(weight, total), w=w, t=t) == quorum.is_quorum(w, t)
    assert compute(has_honest(weight, total), w=w, t=t) == quorum.has_honest(w, t)


@given(
    fee=st.integers(1, 10**6),
    used=st.integers(0, 10**5),
    target=st.integers(1, 10**5),
    bounds=st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)).map(sorted),
    denominator=st.integers(1, 64),
)
def test_base_fee(fee: int, used: int, target: int, bounds: list[int], denominator: int) -> None:
    low, high = bounds
    config = replace(
        TINY,
        block_gas_target=target,
        base_fee_min=low,
        base_fee_max=high,
        base_fee_change_denominator=denominator,
    )
    formula = compute(
        base_fee.NEXT,
        base_fee=fee,
        gas_used=used,
        gas_target=target,
        fee_min=low,
        fee_max=high,
        denominator=denominator,
    )
    assert formula == compute_next_base_fee(config, fee, used)


@given(
    anchor=TARGETS,
    limit=TARGETS,
    half_life=st.integers(1, 10**6),
    spacing=st.integers(0, 1_000),
    height=st.integers(0, 10**5),
    time=st.integers(-(10**7), 10**8),
)
def test_asert(
    *, anchor: int, limit: int, half_life: int, spacing: int, height: int, time: int
) -> None:
    rule = AsertRule(AsertAnchor(0, 0, anchor), spacing, half_life, limit)
    formula = compute(
        asert.TARGET,
        anchor_target=anchor,
        target_max=limit,
        half_life=half_life,
        height=height,
        time=time,
        block_time=spacing,
        power_of_two=lambda k: 1 << min(max(k, 0), 10**6),
    )
    assert formula == compute_asert_target(rule, height, time)


@given(old=TARGETS, limit=TARGETS, took=st.integers(-(10**7), 10**8), should=st.integers(4, 10**7))
def test_work_and_retarget(old: int, limit: int, took: int, should: int) -> None:
    formula = compute(
        work_and_retarget.NEXT, old_target=old, took=took, should_take=should, target_max=limit
    )
    assert formula == compute_btc_target(old, took, should, limit)
    assert compute(work_and_retarget.HARD, hard_target=old) == compute_work(old)


@given(target=TARGETS, form=st.integers(0, 2**32 - 1))
def test_compact_form(target: int, form: int) -> None:
    sized, length = sized_constant("target", target.bit_length())
    assert compute(length, target=target)
    encoded = run(lambda: encode_compact(as_number(sized)))
    assert compute(encoded, target=target) == encode_compact(target)
    decoded = compute(compact_codec.DECODED, compact=form)
    assert decoded == (decode_compact(form) or 0)
    again = encode_compact(target)
    assert compute(compact_codec.DECODED, compact=again) == decode_compact(again)


PRIORITIES = st.tuples(*(st.integers(-50, 50) for _ in range(3)))
POWERS = st.tuples(*(st.integers(1, 12) for _ in range(3)))


@given(powers=POWERS, priorities=PRIORITIES)
def test_proposer_queue(powers: tuple[int, ...], priorities: tuple[int, ...]) -> None:
    seats = tuple(Seat(i, b"", b"", power) for i, power in enumerate(powers))
    validators = ValidatorSet(seats, priorities)
    values = {f"power_{i}": power for i, power in enumerate(powers)}
    values |= {f"priority_{i}": priority for i, priority in enumerate(priorities)}
    stepped = tuple(compute(term, **values) for term in proposer_priorities.AFTER)
    renewed = tuple(compute(term, **values) for term in proposer_priorities.RENEWED)
    assert stepped == compute_queue_step(validators)[0].priorities
    assert renewed == compute_set(seats, validators).priorities


EPOCHS = st.integers(0, 4)
POINTS = st.builds(lambda epoch, branch: (epoch, bytes([epoch, branch])), EPOCHS, st.integers(0, 1))


@given(
    points=st.tuples(POINTS, POINTS, POINTS, POINTS),
    slots=st.tuples(EPOCHS, EPOCHS),
    guard=st.tuples(EPOCHS, EPOCHS),
)
def test_offences_and_guard(
    points: tuple[tuple[int, bytes], ...], slots: tuple[int, int], guard: tuple[int, int]
) -> None:
    s1, t1, s2, t2 = (Checkpoint(epoch, root) for epoch, root in points)
    one = FfgVote(slots[0], b"", s1, t1, 0, b"")
    other = FfgVote(slots[1], b"", s2, t2, 0, b"")
    values: dict[str, object] = dict(zip(("s1", "t1", "s2", "t2"), points, strict=True))
    values |= {"slot_1": slots[0], "slot_2": slots[1], "head_1": 0, "head_2": 0}
    values |= {"epoch": lambda point: point[0], "guard_source": guard[0], "guard_target": guard[1]}
    assert compute(ffg_no_framing.IS_SLASHABLE, **values) == is_slashable(one, other)
    assert compute(ffg_no_framing.IS_SIGNED, **values) == is_honest_vote(VoteGuard(*guard), s2, t2)


@pytest.mark.parametrize("name", conservation.OUTCOMES)
@given(coins=st.tuples(*(st.integers(0, 9) for _ in range(5))), room=st.integers(0, 9))
def test_ledger_ops_conserve(name: str, coins: tuple[int, ...], room: int) -> None:
    source, target, amount, burnt, existing = coins
    values = {"coins_of_source": source, "coins_of_target": target, "amount": amount}
    values |= {"minted": burnt + existing, "burnt": burnt, "supply_max": existing + room}
    assert compute(conservation.OUTCOMES[name].is_conserved, **values) is True


@given(
    pool=st.tuples(st.integers(0, 90), st.integers(0, 90)).filter(lambda p: p[1] > 0 or p[0] == 0),
    leaving=st.integers(0, 50),
    amount=st.integers(0, 90),
    data=st.data(),
)
def test_stake_pools(pool: tuple[int, int], leaving: int, amount: int, data: st.DataObject) -> None:
    code, out = Pool(*pool), Pool(leaving, leaving)
    sold = data.draw(st.integers(0, pool[1]))
    values = {"tokens": pool[0], "shares": pool[1], "amount": amount, "shares_redeemed": sold}
    values |= {"tokens_leaving": leaving, "shares_leaving": leaving}
    if pool[0] > 0:
        bought = pools.compute_purchase(code, amount)
        assert compute(stake_pools.BOUGHT, **values) == bought.shares
        assert compute(stake_pools.COST, **values) == bought.cost
    left, cut = pools.apply_redemption(code, sold), pools.compute_cut(code, out, amount)
    assert compute(stake_pools.TOKENS_LEFT, **values) == left.tokens
    assert compute(stake_pools.SHARES_LEFT, **values) == left.shares
    assert compute(stake_pools.STAKE_LEFT, **values) == cut.pool.tokens
    assert compute(stake_pools.LEAVING_LEFT, **values) == cut.unbonding.tokens


def test_every_way_through_a_function_is_taken_once() -> None:
    x, y = constants("x y")
    paths = run_paths(lambda: max(as_number(x), as_number(y), 0))
    for a in range(-2, 3):
        for b in range(-2, 3):
            (taken,) = [p.result for p in paths if compute(p.condition, x=a, y=b)]
            assert compute(lift(taken), x=a, y=b) == max(a, b, 0)


def test_a_failing_assertion_is_told() -> None:
    x = constant("x")

    def fail() -> int:
        assert as_number(x) > 3, "x is large"
        return as_number(x) - 3

    failure = get_failure(fail)
    assert [compute(failure, x=value) for value in (2, 3, 4)] == [True, True, False]
    assert compute(run(fail), x=5) == 2


def test_a_symbol_has_no_truth_value_outside_an_exploration() -> None:
    with pytest.raises(TypeError):
        bool(equal(constant("x"), 1))


def test_a_term_of_unknown_length_has_no_bit_length() -> None:
    with pytest.raises(AssertionError):
        constant("x").bit_length()
