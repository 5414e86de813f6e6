"""The arithmetic of pools: shares for tokens and back, always rounded for the pool.

    buying      shares = amount * S // T      cost = ceil(shares * T / S) <= amount
    redeeming   worth  = shares * T // S
    cutting     what leavers hold pays its part first, rounded up; the pool pays the rest

So no holder gains by buying and redeeming, and a holder loses less than one base unit at each step.
What rounding leaves in a pool belongs to the shares that remain; who takes the last share takes all
tokens.

    invariant   S == 0 implies T == 0; shares are bought only while S <= T * 2^16, so S < 2^113

Source: DESIGN.md 2.13; docs/economics.md; decision record 0057.
"""

from dataclasses import dataclass

from spec.ledger.staking.registry import EMPTY_POOL, Pool

SHARES_PER_TOKEN_MAX = 1 << 16
"""A pool slashed so hard that a token has more shares sells none: shares stay in 128 bits."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a buyer gets and pays."""

    shares: int
    cost: int
    """Base units, at most what was offered."""


def is_depleted(pool: Pool) -> bool:
    """Whether a pool has lost so much that it sells no shares."""
    return pool.shares > pool.tokens * SHARES_PER_TOKEN_MAX


def compute_purchase(pool: Pool, amount: int) -> Purchase:
    """How many shares an amount buys; both figures rounded for the pool.

    Args:
        pool: not depleted; an empty one sells a share a token.
        amount: base units offered.
    """
    if pool.shares == 0:
        return Purchase(shares=amount, cost=amount)
    shares = amount * pool.shares // pool.tokens
    cost = -(-shares * pool.tokens // pool.shares)
    return Purchase(shares=shares, cost=cost)


def apply_purchase(pool: Pool, purchase: Purchase) -> Pool:
    """The pool with the shares sold."""
    return Pool(tokens=pool.tokens + purchase.cost, shares=pool.shares + purchase.shares)


def compute_deposit(pool: Pool, amount: int) -> Purchase:
    """The shares of a pool that takes the whole amount, whatever it buys.

    A pool of withdrawals earns nothing, so a share of it is worth one token at most, and every
    token buys at least one.

    Args:
        pool: of withdrawals; not depleted, unless the amount is 0.
        amount: base units that leave the pool of stake.
    """
    if pool.shares == 0 or amount == 0:
        return Purchase(shares=amount, cost=amount)
    return Purchase(shares=amount * pool.shares // pool.tokens, cost=amount)


def compute_worth(pool: Pool, shares: int) -> int:
    """Base units that shares are worth, rounded down.

    Args:
        pool: any.
        shares: 0 to all of the pool.
    """
    return 0 if pool.shares == 0 else shares * pool.tokens // pool.shares


def apply_redemption(pool: Pool, shares: int) -> Pool:
    """The pool without shares and what they are worth; the last takes all."""
    if shares == pool.shares:
        return EMPTY_POOL
    worth = compute_worth(pool, shares)
    return Pool(tokens=pool.tokens - worth, shares=pool.shares - shares)


@dataclass(frozen=True, slots=True)
class Cut:
    """What a loss leaves."""

    pool: Pool
    unbonding: Pool
    taken: int
    """Base units lost by both together."""


def compute_cut(pool: Pool, unbonding: Pool, amount: int) -> Cut:
    """Takes tokens of stake and of withdrawals in proportion, at most what is there.

    Args:
        pool: of stake.
        unbonding: of withdrawals.
        amount: base units to take, at least 0.
    """
    available = pool.tokens + unbonding.tokens
    taken = min(amount, available)
    if taken == 0:
        return Cut(pool, unbonding, 0)
    of_unbonding = -(-taken * unbonding.tokens // available)
    return Cut(
        pool=Pool(pool.tokens - (taken - of_unbonding), pool.shares),
        unbonding=Pool(unbonding.tokens - of_unbonding, unbonding.shares),
        taken=taken,
    )
