"""The world of a running contract: `spec.ir.host.World` over one transaction's layer.

The machine checks everything (balances, types, reentry); this only moves what it is told to move,
so that a faster machine needs no other world.

Source: spec/ir/host.py; LANGUAGE.md 2 (Coins).
"""

from dataclasses import dataclass, replace

from spec.ledger.engine import Engine
from spec.ledger.state import (
    Layer,
    add_coins,
    compute_code_key,
    compute_storage_leaf_key,
    remove_coins,
)
from spec.ledger.types import ZERO_BYTES32, Event


@dataclass(frozen=True, slots=True)
class LedgerWorld:
    """A transaction's working state as its contracts see it."""

    layer: Layer
    """Dropped as a whole when the transaction fails."""
    engine: Engine
    events: list[Event]
    """What was emitted so far, in order."""

    def get_code(self, contract: bytes) -> object | None:
        """The executable module at an address, or None."""
        code_id = self.layer.get_account(contract).code_id
        if code_id == ZERO_BYTES32:
            return None
        encoded = self.layer.get_leaf(compute_code_key(code_id))
        assert encoded is not None, "an account names only code that is stored"
        return self.engine.load_module(code_id, encoded)

    def get_leaf(self, key: bytes) -> bytes | None:
        """The encoded value under a storage key, None for the default."""
        return self.layer.get_leaf(compute_storage_leaf_key(key))

    def set_leaf(self, key: bytes, value: bytes | None) -> None:
        """Stores an encoded value; None (the default) deletes the leaf."""
        self.layer.set_leaf(compute_storage_leaf_key(key), value)

    def get_balance(self, contract: bytes) -> int:
        """Spendable coins of a contract."""
        return self.layer.get_account(contract).balance

    def get_inbox(self, contract: bytes) -> int:
        """Coins received and not yet collected."""
        return self.layer.get_account(contract).inbox

    def receive_value(self, payer: bytes, contract: bytes, amount: int) -> None:
        """Moves the value of a call from the payer's balance to the contract's balance."""
        remove_coins(self.layer, payer, amount)
        account = self.layer.get_account(contract)
        self.layer.set_account(contract, replace(account, balance=account.balance + amount))

    def pay(self, contract: bytes, to: bytes, amount: int) -> None:
        """Moves coins from a contract's balance to a key's balance or a contract's inbox."""
        remove_coins(self.layer, contract, amount)
        add_coins(self.layer, to, amount)

    def collect(self, contract: bytes) -> None:
        """Moves a contract's whole inbox to its balance."""
        account = self.layer.get_account(contract)
        balance = account.balance + account.inbox
        self.layer.set_account(contract, replace(account, balance=balance, inbox=0))

    def emit(self, contract: bytes, event: int, data: bytes) -> None:
        """Records an event with its encoded fields."""
        self.events.append(Event(contract, event, data))
