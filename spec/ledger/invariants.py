"""Conservation: coins are made and destroyed only where the counters say so.

    supply      the sum of all balances and inboxes
    invariant   supply == minted - burnt <= supply_max

Each block checks it as a difference over the accounts it touches, at a cost of O(touched); sums
over the whole state are for tests and for a node that starts from a snapshot.

Source: DESIGN.md 2.6.
"""

from spec.ledger.state import (
    ACCOUNT_KINDS,
    Layer,
    TreeReader,
    decode_account,
    get_supply,
)
from spec.ledger.types import Account, Supply
from spec.lib.trie import StateTree


def compute_coins(account: Account) -> int:
    """All coins of an account."""
    return account.balance + account.inbox


def compute_outstanding(supply: Supply) -> int:
    """Coins that exist."""
    return supply.minted - supply.burnt


def compute_coin_delta(layer: Layer) -> int:
    """By how much the accounts that a layer writes hold more than in the state below it."""
    return sum(
        compute_coins(account) - compute_coins(layer.below.get_account(address))
        for address, account in layer.accounts.items()
    )


def is_conserved(layer: Layer, before: Supply, after: Supply) -> bool:
    """Whether a layer's writes change the coins of accounts by what the counters say."""
    return compute_coin_delta(layer) == compute_outstanding(after) - compute_outstanding(before)


def compute_total_coins(tree: StateTree) -> int:
    """The coins of every account of a state; visits all leaves."""
    return sum(
        compute_coins(decode_account(leaf)) for key, leaf in tree.items() if key[0] in ACCOUNT_KINDS
    )


def is_backed(tree: StateTree, supply_max: int) -> bool:
    """Whether a whole state satisfies the invariant; visits all leaves."""
    outstanding = compute_outstanding(get_supply(TreeReader(tree)))
    return compute_total_coins(tree) == outstanding <= supply_max
