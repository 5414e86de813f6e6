"""What the consensus asks of the ledger in a block: coins made, destroyed, moved; its leaves.

All are total: an op takes at most what is there, and makes at most what the largest supply leaves
room for, so that no operation of the consensus can make a block invalid or break conservation.
Those about stake are defined in `spec.ledger.staking.stake_ops` and part of the same list.

Source: DESIGN.md 2.6, 2.13.
"""

from dataclasses import dataclass, replace

from spec.crypto.address import is_contract_address
from spec.ledger.staking.stake_ops import (
    Jail,
    Reward,
    Slash,
    StakeContext,
    StakeOp,
    apply_stake_op,
)
from spec.ledger.state import RESERVED_KIND, SUPPLY_KEY, Change, Layer, add_coins, remove_coins
from spec.ledger.types import Supply

__all__ = [
    "NO_CONSENSUS_STEP",
    "Burn",
    "CoinOp",
    "ConsensusStep",
    "Jail",
    "LedgerOp",
    "Mint",
    "Move",
    "Reward",
    "Slash",
    "apply_consensus_step",
    "apply_ledger_op",
]


@dataclass(frozen=True, slots=True)
class Mint:
    """New coins to an address, cut to what the largest supply leaves room for."""

    to: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class Burn:
    """Destroys coins of a key's balance or a contract's inbox, at most what it holds."""

    source: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class Move:
    """Coins from a key's balance or a contract's inbox, at most what it holds, to an address."""

    source: bytes
    to: bytes
    amount: int


CoinOp = Mint | Burn | Move
LedgerOp = CoinOp | StakeOp


@dataclass(frozen=True, slots=True)
class ConsensusStep:
    """All that the consensus does to the state in one block."""

    ledger_ops: tuple[LedgerOp, ...]
    """In the order they act."""
    leaves: tuple[Change, ...]
    """Its own leaves, under reserved keys other than the ledger's."""


NO_CONSENSUS_STEP = ConsensusStep(ledger_ops=(), leaves=())
"""A block in which the consensus changes nothing."""


def _remove_at_most(layer: Layer, source: bytes, amount: int) -> int:
    """Takes coins and says how many; from outside, only a contract's inbox can be reached."""
    account = layer.get_account(source)
    if is_contract_address(source):
        taken = min(amount, account.inbox)
        layer.set_account(source, replace(account, inbox=account.inbox - taken))
        return taken
    taken = min(amount, account.balance)
    remove_coins(layer, source, taken)
    return taken


def apply_ledger_op(layer: Layer, supply: Supply, supply_max: int, op: CoinOp) -> Supply:
    """Performs one op on accounts and returns the counters after it.

    Args:
        layer: the block's working state, changed in place.
        supply: counters before the op.
        supply_max: most coins that may exist.
        op: addresses of known kinds, amount at least 0.
    """
    match op:
        case Mint(to=to, amount=amount):
            room = supply_max - (supply.minted - supply.burnt)
            made = min(amount, room)
            add_coins(layer, to, made)
            return replace(supply, minted=supply.minted + made)
        case Burn(source=source, amount=amount):
            lost = _remove_at_most(layer, source, amount)
            return replace(supply, burnt=supply.burnt + lost)
        case Move(source=source, to=to, amount=amount):
            add_coins(layer, to, _remove_at_most(layer, source, amount))
            return supply


def apply_consensus_step(
    layer: Layer, supply: Supply, context: StakeContext, step: ConsensusStep
) -> Supply:
    """Performs the ops in order, stores the leaves, and returns the counters after them."""
    for op in step.ledger_ops:
        if isinstance(op, StakeOp):
            supply = apply_stake_op(layer, supply, context, op)
        else:
            supply = apply_ledger_op(layer, supply, context.supply_max, op)
    for key, leaf in step.leaves:
        assert key[0] == RESERVED_KIND, "the consensus writes reserved leaves only"
        assert key != SUPPLY_KEY, "the counters are the ledger's"
        layer.set_leaf(key, leaf)
    return supply
