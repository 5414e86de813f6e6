"""Conservation: coins are made and destroyed only where the counters say so.

    supply      the sum of all balances and inboxes, of stake and of stake on its way out
    invariant   supply == minted - burnt <= supply_max

Each block checks it as a difference over the leaves it touches, at a cost of O(touched); sums
over the whole state are for tests and for a node that starts from a snapshot.

Source: DESIGN.md 2.6.
"""

from spec.ledger.staking.registry import VALIDATOR, VALIDATOR_KIND, decode_leaf
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


def compute_stake(leaf: bytes | None) -> int:
    """All coins of a validator's leaf: its stake, and what is on its way out."""
    if leaf is None:
        return 0
    validator = decode_leaf(VALIDATOR, leaf)
    return validator.pool.tokens + validator.unbonding.tokens


def compute_coin_delta(layer: Layer) -> int:
    """By how much the leaves that a layer writes hold more than in the state below it."""
    of_accounts = sum(
        compute_coins(account) - compute_coins(layer.below.get_account(address))
        for address, account in layer.accounts.items()
    )
    of_stake = sum(
        compute_stake(leaf) - compute_stake(layer.below.get_leaf(key))
        for key, leaf in layer.leaves.items()
        if key[0] == VALIDATOR_KIND
    )
    return of_accounts + of_stake


def is_conserved(layer: Layer, before: Supply, after: Supply) -> bool:
    """Whether a layer's writes change the coins there are by what the counters say."""
    return compute_coin_delta(layer) == compute_outstanding(after) - compute_outstanding(before)


def compute_total_coins(tree: StateTree) -> int:
    """The coins of every account and every pool of a state; visits all leaves."""
    total = 0
    for key, leaf in tree.items():
        if key[0] in ACCOUNT_KINDS:
            total += compute_coins(decode_account(leaf))
        elif key[0] == VALIDATOR_KIND:
            total += compute_stake(leaf)
    return total


def is_backed(tree: StateTree, supply_max: int) -> bool:
    """Whether a whole state satisfies the invariant; visits all leaves."""
    outstanding = compute_outstanding(get_supply(TreeReader(tree)))
    return compute_total_coins(tree) == outstanding <= supply_max
