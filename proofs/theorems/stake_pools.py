"""Pools of stake round for the pool: nobody gains by buying and redeeming, none is overdrawn.

The formulas are `compute_purchase`, `compute_worth`, `apply_redemption` and `compute_cut` of
`spec.ledger.staking.pools`, run on symbols: a pool of T tokens and S shares, any amount.

    price      a step never lets tokens per share fall (but for a slash), so holders lose nothing
    rounding   a buyer loses less than a unit, and redeeming at once gives at most the cost
    shares     a pool that sells has, and keeps, at most 2^16 shares a token: they fit 128 bits
    slashing   takes what it says, from stake and from withdrawals together, and overdraws neither
"""

from proofs.logic import Term, and_, at_least_zero, constants, equal, implies, not_
from proofs.symbolic import as_number, run
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness
from spec.ledger.staking.pools import (
    SHARES_PER_TOKEN_MAX,
    apply_purchase,
    apply_redemption,
    compute_cut,
    compute_purchase,
    compute_worth,
    is_depleted,
)
from spec.ledger.staking.registry import Pool
from spec.limits import SUPPLY_LIMIT

tokens, shares, amount, sold = constants("tokens shares amount shares_redeemed")
leaving, leaving_shares = constants("tokens_leaving shares_leaving")
POOL = Pool(tokens=as_number(tokens), shares=as_number(shares))
LEAVING = Pool(tokens=as_number(leaving), shares=as_number(leaving_shares))
AMOUNT = as_number(amount)

BOUGHT = run(lambda: compute_purchase(POOL, AMOUNT).shares)
COST = run(lambda: compute_purchase(POOL, AMOUNT).cost)
TOKENS_AFTER = run(lambda: apply_purchase(POOL, compute_purchase(POOL, AMOUNT)).tokens)
SHARES_AFTER = run(lambda: apply_purchase(POOL, compute_purchase(POOL, AMOUNT)).shares)
WORTH = run(lambda: compute_worth(POOL, as_number(sold)))
TOKENS_LEFT = run(lambda: apply_redemption(POOL, as_number(sold)).tokens)
SHARES_LEFT = run(lambda: apply_redemption(POOL, as_number(sold)).shares)
IS_DEPLETED = run(lambda: is_depleted(POOL))

# A purchase as two numbers, to speak of what comes after it.
bought, cost = constants("bought cost")
WORTH_AT_ONCE = bought * (tokens + cost) // (shares + bought)

TAKEN = run(lambda: compute_cut(POOL, LEAVING, AMOUNT).taken)
STAKE_LEFT = run(lambda: compute_cut(POOL, LEAVING, AMOUNT).pool.tokens)
LEAVING_LEFT = run(lambda: compute_cut(POOL, LEAVING, AMOUNT).unbonding.tokens)

PRICED = and_(bought * tokens <= cost * shares, cost * shares < bought * tokens + shares)
CHEAP = and_(bought >= 0, cost >= 0, cost <= amount)
# A broken purchase: the cost rounds down.
FLOORED = BOUGHT * tokens // shares


def _is_purchase(price: Term) -> Term:
    return implies(and_(equal(bought, BOUGHT), equal(cost, COST)), price)


BUYS = ("a live pool", "an offer")
BOUGHT_FROM = (*BUYS, "a purchase")
REDEEMS = ("a pool", "some shares")
CUTS = ("stake and withdrawals",)

THEOREM = Theorem(
    name="stake_pools",
    row=8,
    statement=(
        "For every pool and amount: a buyer pays at most what it offers and less than one"
        " unit too much; neither buying nor redeeming lowers what a share is worth; redeeming"
        " at once gives at most what was paid; a pool without shares has no tokens; shares"
        " stay below 2^112; a slash takes at most what is there, accounts for every unit, and"
        " leaves nothing negative."
    ),
    assumes=("Tokens in a pool are coins that exist, hence fewer than 2^96 (`conservation`).",),
    tested=(
        "The queue of withdrawals, and whole sequences of actions (tests/spec/ledger/staking)."
    ),
    hypotheses=(
        Hypothesis(
            "a live pool",
            "It has tokens and shares, and is not depleted: else none are sold.",
            and_(tokens >= 1, shares >= 1, not_(IS_DEPLETED)),
        ),
        Hypothesis("an offer", "An amount of tokens.", amount >= 0),
        Hypothesis(
            "a purchase",
            "What `a purchase is cheap` and `a purchase is priced` say of its two figures.",
            and_(CHEAP, PRICED),
        ),
        Hypothesis(
            "the supply",
            "No more tokens than coins.",
            and_(tokens + cost < SUPPLY_LIMIT, tokens >= 0, cost >= 0),
        ),
        Hypothesis(
            "a pool",
            "Any, depleted ones too; without shares it has no tokens.",
            and_(at_least_zero(tokens, shares), implies(equal(shares, 0), equal(tokens, 0))),
        ),
        Hypothesis("some shares", "At most all.", and_(sold >= 0, sold <= shares)),
        Hypothesis(
            "stake and withdrawals",
            "Two pools and an amount to take.",
            at_least_zero(tokens, leaving, amount),
        ),
    ),
    lemmas=(
        Lemma("a purchase is cheap", "At most the offer.", BUYS, _is_purchase(CHEAP)),
        Lemma(
            "a purchase is priced",
            "Its cost is what the shares are worth, rounded up by less than a unit.",
            ("a live pool",),
            _is_purchase(PRICED),
        ),
        Lemma(
            "a purchase is added",
            "The pool has the cost more, and the shares.",
            (),
            and_(equal(TOKENS_AFTER, tokens + COST), equal(SHARES_AFTER, shares + BOUGHT)),
        ),
        Lemma(
            "buying does not dilute",
            "Tokens per share don't fall.",
            ("a purchase",),
            (tokens + cost) * shares >= tokens * (shares + bought),
        ),
        Lemma(
            "no gain in a round trip",
            "What was bought redeems to at most its cost.",
            ("a purchase",),
            WORTH_AT_ONCE <= cost,
        ),
        Lemma(
            "a pool that sells stays live",
            "At most 2^16 shares a token, after a purchase, too.",
            ("a live pool", "a purchase"),
            shares + bought <= (tokens + cost) * SHARES_PER_TOKEN_MAX,
        ),
        Lemma(
            "shares fit 128 bits",
            "Below 2^112.",
            ("a live pool", "a purchase", "the supply"),
            shares + bought < SUPPLY_LIMIT * SHARES_PER_TOKEN_MAX,
        ),
        Lemma(
            "redeeming takes what is there",
            "Not negative and at most the pool.",
            REDEEMS,
            and_(WORTH >= 0, WORTH <= tokens, TOKENS_LEFT >= 0, SHARES_LEFT >= 0),
        ),
        Lemma(
            "redeeming does not dilute",
            "Tokens per share don't fall.",
            ("a pool",),
            TOKENS_LEFT * shares >= tokens * SHARES_LEFT,
        ),
        Lemma(
            "no tokens without shares",
            "The last share takes all.",
            (),
            implies(equal(SHARES_LEFT, 0), equal(TOKENS_LEFT, 0)),
        ),
        Lemma(
            "a slash accounts for every unit",
            "What both pools have left and what is taken is what there was.",
            CUTS,
            and_(
                equal(STAKE_LEFT + LEAVING_LEFT + TAKEN, tokens + leaving),
                TAKEN >= 0,
                TAKEN <= amount,
            ),
        ),
        Lemma(
            "a slash overdraws nobody",
            "Neither pool becomes negative, or grows.",
            CUTS,
            and_(
                at_least_zero(STAKE_LEFT, LEAVING_LEFT),
                STAKE_LEFT <= tokens,
                LEAVING_LEFT <= leaving,
            ),
        ),
    ),
    mutants=(
        Mutant(
            "the cost rounds down",
            "A buyer may get a share for nothing.",
            ("a purchase is priced",),
            goals={
                "a purchase is priced": implies(
                    and_(equal(bought, BOUGHT), equal(cost, FLOORED)),
                    bought * tokens <= cost * shares,
                )
            },
        ),
        Mutant(
            "a price that may be too low",
            "Buying and redeeming pays.",
            ("buying does not dilute", "no gain in a round trip"),
            changes={"a purchase": and_(CHEAP, tokens >= 1, shares >= 1)},
        ),
        Mutant(
            "shares rounded up",
            "One share more than the amount buys: its cost exceeds the offer.",
            ("a purchase is cheap",),
            goals={
                "a purchase is cheap": implies(
                    equal(bought, BOUGHT + 1), bought * tokens <= amount * shares
                )
            },
        ),
        Mutant(
            "a depleted pool sells",
            "Shares a token grow without a bound.",
            ("a pool that sells stays live", "shares fit 128 bits"),
            changes={"a live pool": and_(tokens >= 1, shares >= 1)},
        ),
        Mutant(
            "worth rounds up",
            "Redeeming takes a unit of the others.",
            ("redeeming does not dilute",),
            goals={
                "redeeming does not dilute": implies(
                    sold < shares, (tokens - WORTH - 1) * shares >= tokens * (shares - sold)
                )
            },
        ),
        Mutant(
            "more is taken than is there",
            "A slash is not cut to the pools.",
            ("a slash overdraws nobody",),
            goals={"a slash overdraws nobody": tokens + leaving - amount >= 0},
        ),
    ),
    witnesses=(
        Witness(
            "a purchase that rounds",
            "Of a pool that was slashed once.",
            (*BOUGHT_FROM, "the supply"),
            and_(
                *(equal(tokens, 70), equal(shares, 100), equal(amount, 11), equal(bought, 15)),
                equal(cost, COST),
            ),
        ),
        Witness(
            "a redemption that rounds",
            "Something stays behind.",
            REDEEMS,
            and_(equal(tokens, 70), equal(shares, 100), equal(sold, 13), WORTH * 100 < 70 * 13),
        ),
        Witness(
            "a slash of both",
            "Stake and withdrawals pay.",
            CUTS,
            and_(tokens > STAKE_LEFT, leaving > LEAVING_LEFT, STAKE_LEFT > 0, LEAVING_LEFT > 0),
        ),
    ),
)
