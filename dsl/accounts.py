"""Accounts of tests and of replays: names, keys that everybody knows, signatures by them.

A key's seed is the hash of "qc test account " and the name. The public keys stand here, so that a
contract is compiled without the arithmetic of curves.
"""

from functools import lru_cache
from hashlib import sha256

from dsl.names import ACCOUNTS
from spec.crypto.address import compute_key_address
from spec.crypto.domains import Domain, compute_signing_root
from spec.crypto.signature_sizes import ED25519

PUBLIC_KEYS = {
    "alice": "d0215b2471b20f7460188ff8245f8e837799c4398b1b2eb9b3c539bdd3b64b03",
    "bob": "99ed1f0e59895755b7c4a222d6f2f598f87108e472322036bfa36be3f6734976",
    "carol": "60c9cf2f40fc6887bdc1e68f70430b3b5a201ee436d7b48440f2a876cb88577c",
    "dave": "2ed3632a3e67c07ec443ee18eb334a3003383ca34ae6d57177f4f1625743135d",
    "erin": "254ea5a5fd8d0faa5c9e0693fe9308faf63434dbd2a76d7a24346b3b75529c0a",
    "frank": "f73783ed5ab40c1018bc6b769e8a2e49f35006f9b446128ba6bd824492887e28",
    "grace": "eb4e3df999c3ddd4798aa8de8a42a47d4d37ea53e4fb68d9173d4e6e5ee9f364",
    "heidi": "d31b21fad8a086a649fa2d891cd94dd844c9722eb6cef7d66e35db683de6ffed",
    "ivan": "691cf7e1c21d0f0517c411597a2887705573444b5ddabd6084c40c55d821caa3",
    "judy": "056734d97d4733933167f04c119bad264016d64cc47fe6438b16956612e43d16",
}
"""Of the accounts, Ed25519."""


def get_public_key(name: str) -> bytes:
    """Return the public key of a test's account."""
    return bytes.fromhex(PUBLIC_KEYS[name])


@lru_cache(maxsize=len(ACCOUNTS))
def compute_account_address(name: str) -> bytes:
    """Return the address of a test's account: 32 bytes, of the kind of keys."""
    return compute_key_address(ED25519, get_public_key(name))


def find_account(address: bytes) -> str | None:
    """Return the account of tests that has the address."""
    return next((each for each in ACCOUNTS if compute_account_address(each) == address), None)


def compute_seed(name: str) -> bytes:
    """Return the secret of a test's account."""
    return sha256(b"qc test account " + name.encode()).digest()


def sign_permit(name: str, digest: bytes, genesis_id: bytes) -> bytes:
    """Return an account's signature of a permit's digest (32 bytes) on a chain."""
    from spec.crypto.signing_keys import sign  # noqa: PLC0415 - compiling needs no curves

    root = compute_signing_root(Domain.CONTRACT_PERMIT, genesis_id, digest)
    return sign(ED25519, compute_seed(name), root)
