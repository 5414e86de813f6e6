"""A small chain to start from: its accounts, their keys, and how their transactions are signed."""

from dataclasses import dataclass, replace
from typing import Any, Final

from conformance.clients.spec.answers import JsonObject
from conformance.clients.spec.state import State, render_state
from conformance.generate.samples import HEADER
from conformance.generate.suites.signing import make_seed
from spec.config import get_rules
from spec.config.presets import TINY
from spec.crypto.address import compute_key_address
from spec.crypto.signing_keys import compute_public_key, sign
from spec.ledger.codec import compute_tx_signing_root, encode_signed_transaction
from spec.ledger.fees import compute_intrinsic_gas
from spec.ledger.invariants import compute_stake
from spec.ledger.staking.registry import VALIDATOR_KIND
from spec.ledger.state import SUPPLY_KEY, encode_account
from spec.ledger.types import (
    SUPPLY,
    ZERO_BYTES32,
    Account,
    SenderKey,
    SignedTransaction,
    Supply,
    Transaction,
    Transfer,
)
from spec.lib.ssz import encode
from spec.lib.trie import EMPTY, Write

GENESIS_ID: Final = make_seed("genesis")
BASE_FEE: Final = 8
HEIGHT: Final = HEADER.height + 1
NOW_MS: Final = HEADER.time_ms + 77
GAS_AVAILABLE: Final = TINY.block_gas_limit
COINS: Final = 10**9
"""Balance of each account at the start."""


@dataclass(frozen=True, slots=True)
class Signer:
    """An account whose secret everybody knows."""

    scheme: int
    seed: bytes
    public_key: bytes
    address: bytes


def make_signer(name: str, scheme: int) -> Signer:
    """The account of a name."""
    seed = make_seed(name)
    key = compute_public_key(scheme, seed)
    return Signer(scheme, seed, key, compute_key_address(scheme, key))


ALICE: Final = make_signer("alice", 1)
BOB: Final = make_signer("bob", 2)
CAROL: Final = make_signer("carol", 3)
STRANGER: Final = make_signer("stranger", 1)
"""Has no account."""

START: Final[dict[bytes, Account]] = {
    ALICE.address: Account(3, COINS, 0, ZERO_BYTES32),
    BOB.address: Account(0, COINS, 0, ZERO_BYTES32),
    CAROL.address: Account(2**64 - 2, COINS, 0, ZERO_BYTES32),
}


def make_state(accounts: dict[bytes, Account], leaves: tuple[Write, ...] = ()) -> State:
    """The chain with these accounts and further leaves, its supply counted."""
    coins = sum(account.balance + account.inbox for account in accounts.values())
    coins += sum(compute_stake(leaf) for key, leaf in leaves if key[0] == VALIDATOR_KIND)
    supply = encode(SUPPLY, Supply(minted=coins + 5_000, burnt=5_000))
    writes = [(address, encode_account(account)) for address, account in accounts.items()]
    tree = EMPTY.apply_batch(sorted([*writes, *leaves, (SUPPLY_KEY, supply)]))
    return State(TINY, GENESIS_ID, HEADER, tree)


def make_view(accounts: dict[bytes, Account], leaves: tuple[Write, ...] = ()) -> JsonObject:
    """The view of `make_state`."""
    return render_state(make_state(accounts, leaves))


def make_tx(signer: Signer = ALICE, **changes: Any) -> Transaction:  # noqa: ANN401 - any field
    """A transfer of 1,000 to Bob, or what the changes make of it."""
    base = Transaction(
        genesis_id=GENESIS_ID,
        sender=SenderKey(signer.scheme, signer.public_key),
        nonce=START[signer.address].nonce if signer.address in START else 0,
        gas_limit=20_000,
        fee_cap=20,
        tip=2,
        expires_at_ms=NOW_MS + 1_000,
        payload=Transfer(to=BOB.address, amount=1_000),
    )
    return replace(base, **changes)


def sign_tx(tx: Transaction, signer: Signer = ALICE) -> SignedTransaction:
    """The transaction with its sender's signature."""
    return SignedTransaction(tx, sign(signer.scheme, signer.seed, compute_tx_signing_root(tx)))


def encode_tx(tx: Transaction, signer: Signer = ALICE) -> bytes:
    """The signed transaction's bytes."""
    return encode_signed_transaction(sign_tx(tx, signer))


def get_intrinsic_gas(tx: Transaction) -> int:
    """What the transaction costs before anything runs."""
    return compute_intrinsic_gas(get_rules(TINY, HEIGHT), tx)
