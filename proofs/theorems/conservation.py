"""Coins are neither made nor lost in any single step that moves them, whatever the amounts.

    ledger ops   `apply_ledger_op` itself, run on symbols: accounts change by what the counters say
    fees         `compute_effective_tip` itself: the sender pays what is burnt and what is tipped
    shares       a reward cut by weight, one member after the other, rounding down: nothing is
                 negative, and less than one unit a member is left over
    slashing     a fraction of a pool, rounding down: never more than the pool

Each is the step of an induction over ops, transactions or members, which is plain addition. The
whole state's sum is checked by tests after every block.
"""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

from proofs.logic import Term, and_, at_least_zero, constants, equal, not_, or_
from proofs.symbolic import as_number, get_failure, run
from proofs.theorem import Hypothesis, Lemma, Mutant, Theorem, Witness
from spec.crypto.address import compute_contract_address, compute_key_address
from spec.crypto.signing import ED25519
from spec.ledger.fees import compute_effective_tip
from spec.ledger.ledger_ops import Burn, CoinOp, Mint, Move, apply_ledger_op
from spec.ledger.state import Layer, TreeReader
from spec.ledger.types import EMPTY_ACCOUNT, Supply, Transaction
from spec.lib.trie import EMPTY

from_coins, to_coins, amount, minted, burnt, most = constants(
    "coins_of_source coins_of_target amount minted burnt supply_max"
)
KEY, OTHER_KEY = compute_key_address(ED25519, bytes(32)), compute_key_address(ED25519, b"\1" * 32)
CONTRACT = compute_contract_address(KEY, 0)


class _Outcome:
    """What the code does with an op on two accounts that hold symbols."""

    def __init__(self, op: CoinOp, source: bytes, target: bytes) -> None:
        self._op, self._addresses = op, (source, target)
        self.failure = get_failure(self._apply)
        self.coins = (run(lambda: self._apply()[0]), run(lambda: self._apply()[1]))
        self.supply = run(lambda: self._apply()[2])

    def _apply(self) -> tuple[int, int, int]:
        """Coins of both accounts and coins in existence after the op."""
        layer = Layer(below=TreeReader(EMPTY), accounts={}, leaves={})
        for address, coins in zip(self._addresses, (from_coins, to_coins), strict=True):
            held = as_number(coins)
            account = (
                replace(EMPTY_ACCOUNT, inbox=held)
                if address == CONTRACT
                else replace(EMPTY_ACCOUNT, balance=held)
            )
            layer.set_account(address, account)
        before = Supply(minted=as_number(minted), burnt=as_number(burnt))
        after = apply_ledger_op(layer, before, as_number(most), self._op)
        source, target = (layer.get_account(address) for address in self._addresses)
        return (
            source.balance + source.inbox,
            target.balance + target.inbox,
            after.minted - after.burnt,
        )

    @property
    def is_conserved(self) -> Term:
        """Coins in both accounts and coins in existence change alike; nobody is overdrawn."""
        change = self.coins[0] + self.coins[1] - (from_coins + to_coins)
        return and_(
            not_(self.failure),
            equal(change, self.supply - (minted - burnt)),
            at_least_zero(*self.coins),
            self.supply <= most,
        )


A_LOT = as_number(amount)
OUTCOMES = {
    "a mint": _Outcome(Mint(KEY, A_LOT), OTHER_KEY, KEY),
    "a mint to a contract": _Outcome(Mint(CONTRACT, A_LOT), KEY, CONTRACT),
    "a burn": _Outcome(Burn(KEY, A_LOT), KEY, OTHER_KEY),
    "a burn of a contract's inbox": _Outcome(Burn(CONTRACT, A_LOT), CONTRACT, KEY),
    "a move": _Outcome(Move(KEY, OTHER_KEY, A_LOT), KEY, OTHER_KEY),
    "a move to a contract": _Outcome(Move(KEY, CONTRACT, A_LOT), KEY, CONTRACT),
    "a move out of an inbox": _Outcome(Move(CONTRACT, KEY, A_LOT), CONTRACT, KEY),
}

# Fees of one transaction.
base_fee, fee_cap, wish, used, gas_limit = constants("base_fee fee_cap tip gas_used gas_limit")
TX = cast("Transaction", SimpleNamespace(tip=wish, fee_cap=fee_cap))  # all of it that is read
TIP = run(lambda: compute_effective_tip(TX, as_number(base_fee)))
PAID, BURNT, TIPPED = used * (base_fee + TIP), used * base_fee, used * TIP

# Shares of a reward: `counted` members before the next one weigh `gone` and got `paid`.
reward, weight, gone, paid, counted, following = constants(
    "reward total_weight weight_so_far paid_so_far members_so_far next_weight"
)
SHARE = reward * following // weight
OWED = reward * gone - paid * weight
OWED_AFTER = reward * (gone + following) - (paid + SHARE) * weight

pool, numerator, denominator = constants("pool numerator denominator")
CUT = pool * numerator // denominator

THEOREM = Theorem(
    name="conservation",
    row=8,
    statement=(
        "For all amounts: a mint, burn or move changes the accounts by exactly what the"
        " supply counters say and overdraws nobody; the fee paid is burnt fee plus tip and at"
        " most gas limit times fee cap; shares of a reward are not negative and leave less"
        " than one unit a member; a slash takes at most the pool."
    ),
    assumes=(
        "Steps add up: a block's ops, transactions and members are gone through one by one.",
        "What `validate_transaction` checks: the fee cap is not below base fee and tip.",
    ),
    tested="The whole state's sum after random blocks (tests/spec/ledger/test_conservation.py).",
    hypotheses=(
        Hypothesis(
            "accounts",
            "Coins and amounts are not negative, and no more exist than the counters say.",
            and_(
                at_least_zero(from_coins, to_coins, amount, minted, burnt, minted - burnt),
                minted - burnt <= most,
            ),
        ),
        Hypothesis(
            "transaction",
            "It passed `validate_transaction`; its gas stays within its limit.",
            and_(base_fee >= 1, fee_cap >= base_fee, wish >= 0, used >= 0, used <= gas_limit),
        ),
        Hypothesis(
            "members",
            "Weights are positive, their total is that of all members.",
            and_(weight >= 1, reward >= 0, following >= 0, gone >= 0, counted >= 0),
        ),
        Hypothesis(
            "so far",
            "What is owed to those before lies between nothing and a unit less each.",
            and_(OWED >= 0, OWED <= counted * (weight - 1)),
        ),
        Hypothesis("all", "The members so far are all.", equal(gone, weight)),
        Hypothesis(
            "fraction",
            "A fraction of a pool.",
            and_(pool >= 0, numerator >= 0, denominator >= 1, numerator <= denominator),
        ),
    ),
    lemmas=(
        *(
            Lemma(
                name,
                (
                    "Accounts and counters change alike, nothing is negative, the largest supply"
                    " holds."
                ),
                ("accounts",),
                outcome.is_conserved,
            )
            for name, outcome in OUTCOMES.items()
        ),
        Lemma(
            "fees",
            "Paid is burnt and tipped; nothing negative; at most what the sender agreed to.",
            ("transaction",),
            and_(
                equal(PAID, BURNT + TIPPED),
                at_least_zero(TIP, BURNT, TIPPED),
                base_fee + TIP <= fee_cap,
            ),
        ),
        Lemma(
            "fees within the cap",
            "At most gas limit times fee cap, which was seen to be there before.",
            ("transaction",),
            used * fee_cap <= gas_limit * fee_cap,
        ),
        Lemma(
            "one more share",
            "It is not negative, and what is owed stays within a unit less each.",
            ("members", "so far"),
            and_(SHARE >= 0, OWED_AFTER >= 0, OWED_AFTER <= (counted + 1) * (weight - 1)),
        ),
        Lemma(
            "the remainder",
            "When all are paid less than one unit a member is left, and nothing is overpaid.",
            ("members", "so far", "all"),
            and_(reward - paid >= 0, or_(reward - paid < counted, equal(reward, paid))),
        ),
        Lemma(
            "a slash",
            "Cut and rest are not negative and make up the pool.",
            ("fraction",),
            and_(CUT >= 0, CUT <= pool, equal(CUT + (pool - CUT), pool)),
        ),
    ),
    mutants=(
        Mutant(
            "supply beyond its maximum",
            "More exist than may: a mint would have to be negative.",
            ("a mint",),
            changes={"accounts": at_least_zero(from_coins, to_coins, amount, minted, burnt)},
        ),
        Mutant(
            "a negative amount",
            "An op may ask for less than nothing.",
            ("a burn", "a move"),
            changes={
                "accounts": and_(
                    at_least_zero(from_coins, to_coins, minted, burnt, minted - burnt),
                    minted - burnt <= most,
                )
            },
        ),
        Mutant(
            "a fee cap below the base fee",
            "The check of the cap is dropped.",
            ("fees",),
            changes={"transaction": and_(base_fee >= 1, fee_cap >= 0, wish >= 0, used >= 1)},
        ),
        Mutant(
            "shares round up",
            "Every member gets the rest of its division, too.",
            ("one more share",),
            goals={
                "one more share": reward * (gone + following) - (paid + SHARE + 1) * weight >= 0
            },
        ),
        Mutant(
            "nothing is left over",
            "One would like the shares to make up the reward.",
            ("the remainder",),
            goals={"the remainder": equal(reward, paid)},
        ),
        Mutant(
            "a fraction above one",
            "Correlated slashing is not cut to the whole.",
            ("a slash",),
            changes={"fraction": and_(pool >= 0, numerator >= 0, denominator >= 1)},
        ),
    ),
    witnesses=(
        Witness(
            "a burn of more than is there",
            "Amounts are cut to what the account holds.",
            ("accounts",),
            and_(amount > from_coins, from_coins > 0, minted > burnt, burnt > 0),
        ),
        Witness(
            "a transaction with a cut tip",
            "The cap leaves less room than the tip asks for.",
            ("transaction",),
            and_(wish > fee_cap - base_fee, TIP > 0, used > 0),
        ),
        Witness(
            "three members",
            "A reward of 10 among weights of 3, of which the first two are paid.",
            ("members", "so far"),
            and_(equal(weight, 9), equal(reward, 10), equal(counted, 2), equal(gone, 6), paid > 0),
        ),
        Witness(
            "all paid",
            "A unit is left over.",
            ("members", "so far", "all"),
            and_(equal(weight, 9), equal(reward, 10), equal(counted, 3), equal(paid, 9)),
        ),
        Witness("half a pool", "Of three units.", ("fraction",), and_(equal(pool, 3), CUT > 0)),
    ),
)
