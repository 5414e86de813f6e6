"""The named accounts of a development chain: ten keys that everybody knows.

Each seed is the hash of a public phrase, so the same ten addresses exist on every development
chain. They hold nothing of value anywhere else, and must not.
"""

from dataclasses import dataclass

from qcref.store.folder import NODES_MAX
from spec.crypto.address import compute_key_address
from spec.crypto.hashing import sha256
from spec.crypto.signing import ED25519
from spec.crypto.signing_keys import SecretKey

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy")
"""In the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """A key with a name."""

    name: str
    key: SecretKey
    address: bytes


def compute_named_account(name: str) -> NamedAccount:
    """The account of a name; any name gives one, the chain funds those in `NAMES`."""
    key = SecretKey(ED25519, sha256(b"qc/devnet/account/", name.encode()))
    return NamedAccount(name, key, compute_key_address(ED25519, key.public_key))


VALIDATOR = compute_named_account("validator")
"""The one validator of a development chain."""
VALIDATORS = tuple(
    compute_named_account(f"validator-{number}") for number in range(1, NODES_MAX + 1)
)
"""Those of a chain of several nodes; the first n of them where there are n."""
FAUCET = compute_named_account("faucet")
"""Whoever asks a development chain for coins is paid from here."""

_BY_NAME = {name: compute_named_account(name) for name in NAMES} | {
    account.name: account for account in (VALIDATOR, FAUCET, *VALIDATORS)
}
_BY_ADDRESS = {account.address: account for account in _BY_NAME.values()}


def get_named_account(name: str) -> NamedAccount | None:
    """The account that every development chain knows by this name."""
    return _BY_NAME.get(name)


def get_account_name(address: bytes) -> str | None:
    """What every development chain calls an address."""
    account = _BY_ADDRESS.get(address)
    return None if account is None else account.name
