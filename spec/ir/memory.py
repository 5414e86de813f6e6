"""A `World` over dictionaries: for tests, tools and the replay of counterexamples.

It is one working state. Whoever runs a call that may fail works on a `copy` and keeps it only if
the call succeeds. Coins are conserved by every method; only `fund` makes them.

Source: `host.World`; LANGUAGE.md 2 (Coins).
"""

from dataclasses import dataclass, field

from spec.crypto.address import is_contract_address
from spec.ir.linked import LinkedModule


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event that a contract emitted."""

    contract: bytes
    event: int
    data: bytes
    """The encoded fields, as one record."""


@dataclass(slots=True)
class MemoryWorld:
    """Codes, leaves, coins and events of a small world: one working state."""

    codes: dict[bytes, LinkedModule] = field(default_factory=dict)
    """By contract address."""
    leaves: dict[bytes, bytes] = field(default_factory=dict)
    """By storage key; a default has no entry."""
    balances: dict[bytes, int] = field(default_factory=dict)
    """Spendable coins of keys and contracts; absent is 0."""
    inboxes: dict[bytes, int] = field(default_factory=dict)
    """Coins that contracts have received and not collected; absent is 0."""
    events: list[EventRecord] = field(default_factory=list)
    """In the order of emission."""

    def copy(self) -> "MemoryWorld":
        """An equal world that changes on its own."""
        return MemoryWorld(
            dict(self.codes),
            dict(self.leaves),
            dict(self.balances),
            dict(self.inboxes),
            list(self.events),
        )

    def fund(self, address: bytes, amount: int) -> None:
        """Makes coins: a key's balance, or a contract's inbox, grows by `amount`."""
        holders = self.inboxes if is_contract_address(address) else self.balances
        holders[address] = holders.get(address, 0) + amount

    def get_code(self, contract: bytes) -> LinkedModule | None:
        """The module deployed at an address, or None."""
        return self.codes.get(contract)

    def get_leaf(self, key: bytes) -> bytes | None:
        """The encoded value under a storage key, None for the default."""
        return self.leaves.get(key)

    def set_leaf(self, key: bytes, value: bytes | None) -> None:
        """Stores an encoded value; None deletes the leaf."""
        if value is None:
            self.leaves.pop(key, None)
        else:
            self.leaves[key] = value

    def get_balance(self, contract: bytes) -> int:
        """Spendable coins of a contract or key."""
        return self.balances.get(contract, 0)

    def get_inbox(self, contract: bytes) -> int:
        """Coins received and not yet collected."""
        return self.inboxes.get(contract, 0)

    def receive_value(self, payer: bytes, contract: bytes, amount: int) -> None:
        """Moves the value of a call from the payer's balance to the contract's balance."""
        self._take(payer, amount)
        self.balances[contract] = self.get_balance(contract) + amount

    def pay(self, contract: bytes, to: bytes, amount: int) -> None:
        """Moves coins from a contract's balance to a key's balance or a contract's inbox."""
        self._take(contract, amount)
        self.fund(to, amount)

    def collect(self, contract: bytes) -> None:
        """Moves a contract's whole inbox to its balance."""
        amount = self.inboxes.pop(contract, 0)
        self.balances[contract] = self.get_balance(contract) + amount

    def emit(self, contract: bytes, event: int, data: bytes) -> None:
        """Records an event with its encoded fields."""
        self.events.append(EventRecord(contract, event, data))

    def _take(self, payer: bytes, amount: int) -> None:
        balance = self.get_balance(payer)
        assert balance >= amount, "the payer can afford it, as the caller has made sure"
        self.balances[payer] = balance - amount
