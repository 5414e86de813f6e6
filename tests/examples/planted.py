"""Bugs planted in examples and library contracts: what is replaced by what."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bug:
    """One line of a contract, made wrong."""

    contract: str
    name: str
    right: str
    wrong: str


TWICE = "        balances[to] += amount\n        balances[to] += amount\n"
RELEASE = "release() by (caller == seller)"
SAVER = "(caller == saver)"
TWO_ASKED = "when pending > balance\n        fails TooMuch"
BUGS = (
    Bug("auction", "equal bid wins", "value <= highest_bid", "value < highest_bid"),
    Bug("auction", "refund kept", "        refunds[caller] = 0\n", "        pass\n"),
    Bug("auction", "ends early", "when now <= deadline\n", "when now < deadline - 1\n"),
    Bug("crowdfunding", "refund not booked", "        raised -= amount\n", "        pass\n"),
    Bug("crowdfunding", "claimed twice", "        claimed = true\n", "        pass\n"),
    Bug("crowdfunding", "claimed by anyone", "by (caller == owner)", "by anyone"),
    Bug("vesting", "release not booked", "        released += u128(due)\n", "        pass\n"),
    Bug("vesting", "all at once", "        if t <= start:\n            return 0\n", ""),
    Bug("vesting", "released by anyone", "by (caller == beneficiary)", "by anyone"),
    Bug("lottery", "any secret", "seal(secret, heads) != commitment", "heads != guess"),
    Bug("lottery", "one stake", "pay(winner(), stake * 2)", "pay(winner(), stake)"),
    Bug("lottery", "guess by the host", "        guess = guess_\n", "        pass\n"),
    Bug("subscription", "earned early", "when now <= paid_until", "when now < paid_until"),
    Bug("subscription", "taken twice", "        earned = 0\n", "        pass\n"),
    Bug(
        "subscription", "time for others", "paid_until[caller] = start", "paid_until[this] = start"
    ),
    Bug("prediction_market", "halves are whole", ") // 2\n", ")\n"),
    Bug("prediction_market", "answered early", "when now < closes_at\n", "when closes_at == 0\n"),
    Bug("prediction_market", "answered by anyone", "by (caller == oracle)", "by anyone"),
    Bug("airdrop", "claimed late", "when now > deadline\n", "when now > deadline + 1\n"),
    Bug("time_locked_vault", "signed by anybody", "cosigner != guardian", "cosigner == saver"),
    Bug("time_locked_vault", "no guardian", "(caller == saver or caller == guardian)", SAVER),
    Bug("time_locked_vault", "asked twice", "when pending > 0\n        fails TooMuch", TWO_ASKED),
    Bug("erc20", "transfer credits twice", "        balances[to] += amount\n", TWICE),
    Bug("erc20", "burn forgets the supply", "        supply -= amount\n", "        pass\n"),
    Bug("erc20", "open mint", "by minter:", "by anyone:"),
    Bug("escrow", "the fee stays", "        pay(arbiter, fee)\n", ""),
    Bug("escrow", "reclaimed early", "when now <= last", "when now < last"),
    Bug("escrow", "released by the seller", "release() by (caller == buyer)", RELEASE),
)
