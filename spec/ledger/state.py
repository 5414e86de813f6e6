"""The one state as the ledger sees it: which leaf holds what, and the working layers over the tree.

The first byte of a leaf's key says what it is, so the tree falls into one subtree per kind:

    1, 2    an account: the key is the address itself (1 of a key, 2 of a contract)
    3       a module: the code id behind the kind byte
    4       a contract's storage: the key of `spec.ir.storage` behind the kind byte
    5 to 9  stake: validators, holders, withdrawals, consensus keys, the registry
            (`spec.ledger.staking.registry`)
    255     reserved: supply counters here, everything of the consensus elsewhere

Behind the kind byte of 3 and 4 stand the *last* 31 bytes of the code id or key, the first being
dropped; of a reserved leaf, those of SHA-256("qc/reserved/1", name). The counters are `Supply`
under "ledger/supply".
31 bytes of a SHA-256 digest remain, as in an address: two keys collide only if 248 bits do.

A `Layer` gathers writes over what lies below it: one per transaction over one per block over the
tree. A transaction that fails drops its layer; a block commits its layer in one sorted batch. A
layer never outlives the function that makes it.

Source: DESIGN.md 2.1, 2.2, 2.10; decision record 0053.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from spec.crypto.address import AddressKind, is_contract_address
from spec.crypto.hashing import sha256
from spec.ledger.types import ACCOUNT, EMPTY_ACCOUNT, SUPPLY, Account, Supply
from spec.lib.result import Ok
from spec.lib.ssz import decode, encode
from spec.lib.trie import StateTree

ACCOUNT_KINDS = (AddressKind.KEY, AddressKind.CONTRACT)
CODE_KIND = 3
STORAGE_KIND = 4
RESERVED_KIND = 255

RESERVED_DOMAIN = b"qc/reserved/1"

Change = tuple[bytes, bytes | None]
"""A key and the leaf now under it, None where there is none."""


def compute_code_key(code_id: bytes) -> bytes:
    """The key of the leaf that holds the module of a code id."""
    return bytes((CODE_KIND,)) + code_id[1:]


def compute_storage_leaf_key(storage_key: bytes) -> bytes:
    """The key, in the state tree, of the leaf that a contract knows as `storage_key` (32 bytes)."""
    return bytes((STORAGE_KIND,)) + storage_key[1:]


def compute_reserved_key(name: bytes) -> bytes:
    """The key of a leaf that no transaction writes; names look like `ledger/supply`."""
    return bytes((RESERVED_KIND,)) + sha256(RESERVED_DOMAIN, name)[1:]


SUPPLY_KEY = compute_reserved_key(b"ledger/supply")


def encode_account(account: Account) -> bytes | None:
    """The leaf of an account; one that is all zero is no leaf."""
    return None if account == EMPTY_ACCOUNT else encode(ACCOUNT, account)


def decode_account(leaf: bytes | None) -> Account:
    """The account of a leaf that the ledger wrote."""
    if leaf is None:
        return EMPTY_ACCOUNT
    decoded = decode(ACCOUNT, leaf)
    assert isinstance(decoded, Ok), "account leaves are written by the ledger alone"
    return decoded.value


class StateReader(Protocol):
    """What can be read of a state, committed or in the making."""

    def get_account(self, address: bytes) -> Account:
        """The account at an address; all zero where nothing ever was."""

    def get_leaf(self, key: bytes) -> bytes | None:
        """The leaf under a key that is no account's."""


@dataclass(frozen=True, slots=True)
class TreeReader:
    """A committed state."""

    tree: StateTree

    def get_account(self, address: bytes) -> Account:
        """The account at an address; all zero where nothing ever was."""
        return decode_account(self.tree.get(address))

    def get_leaf(self, key: bytes) -> bytes | None:
        """The leaf under a key that is no account's."""
        return self.tree.get(key)


@dataclass(frozen=True, slots=True)
class Layer:
    """Writes over a state that stays as it is: accounts as values, other leaves as bytes."""

    below: StateReader
    accounts: dict[bytes, Account]
    leaves: dict[bytes, bytes | None]

    def get_account(self, address: bytes) -> Account:
        """The account at an address; all zero where nothing ever was."""
        account = self.accounts.get(address)
        return self.below.get_account(address) if account is None else account

    def get_leaf(self, key: bytes) -> bytes | None:
        """The leaf under a key that is no account's."""
        if key in self.leaves:
            return self.leaves[key]
        return self.below.get_leaf(key)

    def set_account(self, address: bytes, account: Account) -> None:
        """Replaces the account at an address."""
        self.accounts[address] = account

    def set_leaf(self, key: bytes, leaf: bytes | None) -> None:
        """Replaces a leaf that is no account's; None deletes it."""
        self.leaves[key] = leaf


def compute_layer(below: StateReader) -> Layer:
    """An empty layer."""
    return Layer(below=below, accounts={}, leaves={})


def apply_layer(upper: Layer, lower: Layer) -> None:
    """Writes into `lower` what `upper`, which lies on it, gathered."""
    lower.accounts.update(upper.accounts)
    lower.leaves.update(upper.leaves)


def compute_changes(layer: Layer) -> tuple[Change, ...]:
    """Every leaf that a layer writes, ascending by key."""
    accounts = ((key, encode_account(account)) for key, account in layer.accounts.items())
    return tuple(sorted((*accounts, *layer.leaves.items())))


def add_coins(layer: Layer, address: bytes, amount: int) -> None:
    """Credits coins from outside: to a key's balance, to a contract's inbox, deployed or not.

    Args:
        layer: changed in place.
        address: 32 bytes of a known kind.
        amount: base units, at least 0.
    """
    account = layer.get_account(address)
    if is_contract_address(address):
        layer.set_account(address, replace(account, inbox=account.inbox + amount))
    else:
        layer.set_account(address, replace(account, balance=account.balance + amount))


def remove_coins(layer: Layer, address: bytes, amount: int) -> None:
    """Takes coins that are known to be there from a balance.

    Args:
        layer: changed in place.
        address: 32 bytes of a known kind.
        amount: base units, at most the account's balance.
    """
    account = layer.get_account(address)
    assert account.balance >= amount, "whoever takes coins has checked that they are there"
    layer.set_account(address, replace(account, balance=account.balance - amount))


def get_supply(reader: StateReader) -> Supply:
    """The supply counters."""
    leaf = reader.get_leaf(SUPPLY_KEY)
    if leaf is None:
        return Supply(minted=0, burnt=0)
    decoded = decode(SUPPLY, leaf)
    assert isinstance(decoded, Ok), "the supply leaf is written by the ledger alone"
    return decoded.value


def set_supply(layer: Layer, supply: Supply) -> None:
    """Replaces the supply counters."""
    layer.set_leaf(SUPPLY_KEY, encode(SUPPLY, supply))
