"""Shares and tokens: whatever is bought, redeemed or cut, the pool never loses by rounding."""

from hypothesis import given
from hypothesis import strategies as st

from spec.ledger.staking.pools import (
    SHARES_PER_TOKEN_MAX,
    apply_purchase,
    apply_redemption,
    compute_cut,
    compute_deposit,
    compute_purchase,
    compute_worth,
    is_depleted,
)
from spec.ledger.staking.registry import EMPTY_POOL, Pool
from spec.limits import SUPPLY_LIMIT

AMOUNTS = st.one_of(st.integers(0, 20), st.integers(0, SUPPLY_LIMIT - 1))
BOUGHT = st.integers(1, SUPPLY_LIMIT - 1)


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    """Any pool that can come about: empty, richer than its shares, or slashed."""
    tokens = draw(AMOUNTS)
    if tokens == 0:
        return Pool(0, draw(st.integers(0, 5)))
    shares = draw(st.one_of(st.integers(1, 20), st.integers(1, tokens * SHARES_PER_TOKEN_MAX)))
    return Pool(tokens, shares)


@st.composite
def withdrawal_pools(draw: st.DrawFn) -> Pool:
    """Pools of withdrawals earn nothing: a share is worth a token at most."""
    shares = draw(st.integers(0, SUPPLY_LIMIT - 1))
    return Pool(draw(st.integers(0, shares)), shares)


def is_price_kept(before: Pool, after: Pool) -> bool:
    """Whether a share is worth at least what it was."""
    return after.tokens * before.shares >= before.tokens * after.shares


@given(pools(), BOUGHT)
def test_buying_costs_at_most_what_is_offered_and_never_dilutes_others(
    pool: Pool, amount: int
) -> None:
    if is_depleted(pool):
        return
    purchase = compute_purchase(pool, amount)
    after = apply_purchase(pool, purchase)
    assert 0 <= purchase.cost <= amount
    assert (purchase.cost == 0) == (purchase.shares == 0)
    assert is_price_kept(pool, after)
    worth = compute_worth(after, purchase.shares)
    assert purchase.cost - 1 <= worth <= purchase.cost


@given(pools(), BOUGHT)
def test_bonding_and_unbonding_at_once_never_profits(pool: Pool, amount: int) -> None:
    if is_depleted(pool):
        return
    purchase = compute_purchase(pool, amount)
    after = apply_purchase(pool, purchase)
    returned = compute_worth(after, purchase.shares)
    assert returned <= purchase.cost
    back = apply_redemption(after, purchase.shares)
    assert back.tokens + returned == after.tokens
    assert back.shares == pool.shares


@given(pools(), st.data())
def test_redeeming_pays_the_worth_rounded_down_and_keeps_the_price(
    pool: Pool, data: st.DataObject
) -> None:
    shares = data.draw(st.integers(0, pool.shares))
    worth, after = compute_worth(pool, shares), apply_redemption(pool, shares)
    assert worth + after.tokens == pool.tokens
    assert after.shares == pool.shares - shares
    assert worth * pool.shares <= shares * pool.tokens
    assert is_price_kept(pool, after)


@given(pools())
def test_the_last_share_takes_all_tokens(pool: Pool) -> None:
    assert apply_redemption(pool, pool.shares) == EMPTY_POOL
    assert compute_worth(pool, pool.shares) == pool.tokens


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=8), st.integers(0, 10**7))
def test_what_rounding_leaves_is_less_than_the_number_of_holders(
    holdings: list[int], tokens: int
) -> None:
    pool = Pool(tokens, sum(holdings))
    worth = sum(compute_worth(pool, shares) for shares in holdings)
    assert 0 <= tokens - worth < len(holdings)


@given(withdrawal_pools(), AMOUNTS)
def test_a_withdrawal_buys_at_least_a_share_a_token_and_pays_in_all_of_it(
    pool: Pool, amount: int
) -> None:
    if is_depleted(pool):
        return
    deposit = compute_deposit(pool, amount)
    after = apply_purchase(pool, deposit)
    assert deposit.cost == amount
    assert deposit.shares >= amount
    assert after.tokens <= after.shares
    assert after.shares < 1 << 128


@given(withdrawal_pools(), st.data())
def test_pools_of_withdrawals_stay_worth_a_token_a_share_at_most(
    pool: Pool, data: st.DataObject
) -> None:
    after = apply_redemption(pool, data.draw(st.integers(0, pool.shares)))
    assert after.tokens <= after.shares


@given(pools(), withdrawal_pools(), AMOUNTS)
def test_a_cut_takes_what_is_asked_as_far_as_it_is_there(
    pool: Pool, unbonding: Pool, amount: int
) -> None:
    cut = compute_cut(pool, unbonding, amount)
    before = pool.tokens + unbonding.tokens
    assert cut.taken == min(amount, before)
    assert cut.pool.tokens + cut.unbonding.tokens == before - cut.taken
    assert (cut.pool.shares, cut.unbonding.shares) == (pool.shares, unbonding.shares)
    assert min(cut.pool.tokens, cut.unbonding.tokens) >= 0


@given(pools(), withdrawal_pools(), AMOUNTS)
def test_who_leaves_bears_no_less_of_a_cut_than_who_stays_by_less_than_a_unit(
    pool: Pool, unbonding: Pool, amount: int
) -> None:
    cut = compute_cut(pool, unbonding, amount)
    whole = pool.tokens + unbonding.tokens
    of_leavers = unbonding.tokens - cut.unbonding.tokens
    exact = cut.taken * unbonding.tokens
    assert exact <= of_leavers * whole < exact + max(whole, 1)


def test_a_pool_is_depleted_just_beyond_its_bound() -> None:
    assert not is_depleted(Pool(3, 3 * SHARES_PER_TOKEN_MAX))
    assert is_depleted(Pool(3, 3 * SHARES_PER_TOKEN_MAX + 1))
    assert is_depleted(Pool(0, 1))
    assert not is_depleted(EMPTY_POOL)
