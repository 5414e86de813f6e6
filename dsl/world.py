"""The world of tests: contracts and accounts, everything in dictionaries."""

from dataclasses import dataclass, field
from hashlib import sha256

from spec.crypto.address import AddressKind, is_contract_address

CONTRACT = bytes([AddressKind.CONTRACT]) + sha256(b"qc test contract").digest()[1:]
"""Address of the contract under test."""


@dataclass(slots=True)
class MemoryWorld:
    """The world outside, in dictionaries; a failed run is undone by dropping a copy."""

    code: object | None
    """Of the contract under test."""
    leaves: dict[bytes, bytes] = field(default_factory=dict)
    coins: dict[bytes, int] = field(default_factory=dict)
    inbox: dict[bytes, int] = field(default_factory=dict)
    events: list[tuple[int, bytes]] = field(default_factory=list)
    """Of the contract under test."""
    others: dict[bytes, object] = field(default_factory=dict)
    """The code of other contracts, by address."""

    def copy(self) -> "MemoryWorld":
        """Return an independent copy."""
        return MemoryWorld(
            self.code,
            dict(self.leaves),
            dict(self.coins),
            dict(self.inbox),
            list(self.events),
            dict(self.others),
        )

    def get_code(self, contract: bytes) -> object | None:
        """See `World`."""
        return self.code if contract == CONTRACT else self.others.get(contract)

    def get_leaf(self, key: bytes) -> bytes | None:
        """See `World`."""
        return self.leaves.get(key)

    def set_leaf(self, key: bytes, value: bytes | None) -> None:
        """See `World`."""
        if value is None:
            self.leaves.pop(key, None)
        else:
            self.leaves[key] = value

    def get_balance(self, contract: bytes) -> int:
        """See `World`."""
        return self.coins.get(contract, 0)

    def get_inbox(self, contract: bytes) -> int:
        """See `World`."""
        return self.inbox.get(contract, 0)

    def receive_value(self, payer: bytes, contract: bytes, amount: int) -> None:
        """See `World`."""
        self.coins[payer] = self.coins.get(payer, 0) - amount
        self.coins[contract] = self.coins.get(contract, 0) + amount

    def pay(self, contract: bytes, to: bytes, amount: int) -> None:
        """See `World`."""
        self.coins[contract] = self.coins.get(contract, 0) - amount
        target = self.inbox if is_contract_address(to) else self.coins
        target[to] = target.get(to, 0) + amount

    def collect(self, contract: bytes) -> None:
        """See `World`."""
        waiting = self.inbox.pop(contract, 0)
        self.coins[contract] = self.coins.get(contract, 0) + waiting

    def emit(self, contract: bytes, event: int, data: bytes) -> None:
        """See `World`."""
        if contract == CONTRACT:
            self.events.append((event, data))
