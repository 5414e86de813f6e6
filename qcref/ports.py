"""The only ways to the outside: what reads a clock, a key or a network implements one of these.

Production, the development chain, tests and later the simulator differ in nothing but the objects
behind these protocols.

Source: DESIGN.md 1 (ports), 4.17.
"""

from typing import Protocol

from spec.consensus.interface import Message
from spec.ledger.types import SignedTransaction


class Clock(Protocol):
    """The time."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""


class Signer(Protocol):
    """The validator's consensus key; it signs what it is given, promises are guarded before."""

    def sign(self, root: bytes) -> bytes:
        """The Ed25519 signature (64 bytes) of a signing root (32 bytes); deterministic."""

    def reveal(self, layer: int) -> bytes:
        """A layer (32 bytes) of the key's hash onion, 0-based over all its onions."""


class Transport(Protocol):
    """The way to peers. It may lose, delay, duplicate and reorder."""

    def broadcast(self, message: Message) -> None:
        """Sends to every peer."""

    def fetch(self, block_id: bytes, source: bytes) -> None:
        """Asks a peer for a block."""

    def share(self, transactions: tuple[SignedTransaction, ...]) -> None:
        """Offers transactions to every peer's pool."""
