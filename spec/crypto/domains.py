"""Signing roots: no signature means anything outside the one place it was made for.

Every signed byte string of the system is the 32-byte root

    SHA-256( domain tag, 32 bytes
           | format version, 4 bytes little-endian
           | genesis id, 32 bytes
           | object root, 32 bytes )

The four parts have fixed lengths, so two different quadruples are two different byte strings. The
domain says what kind of object is signed, the genesis id on which chain, and the object's own root
(with its height, round, nonce …) which one.

Source: DESIGN.md 2.11; docs/adr/0018-one-shape-of-signing-roots.md.
"""

from enum import Enum
from typing import Final

from spec.crypto.hashing import sha256

SIGNING_FORMAT_VERSION: Final = 1
"""Version of the layout above; another layout takes another number."""
DOMAIN_TAG_SIZE_BYTES: Final = 32
"""Tags are padded with zero bytes to this length."""
ROOT_SIZE_BYTES: Final = 32
"""Of genesis id, object root and signing root."""


class Domain(Enum):
    """The table of domains: everything that is ever signed, and the ASCII of its tag."""

    TRANSACTION = b"qc/transaction"
    """A transaction's id, by its sender."""
    BLOCK_SEAL = b"qc/block_seal"
    """A block's id, by its proposer, where the algorithm seals blocks."""
    PROPOSAL = b"qc/proposal"
    """A BFT proposal (height, round, block id, proof-of-lock round), by the round's proposer."""
    ROUND_VOTE = b"qc/round_vote"
    """A BFT prevote or precommit (kind, height, round, block id), by a validator."""
    FFG_VOTE = b"qc/ffg_vote"
    """A finality vote (source, target), by a validator."""
    PROOF_OF_POSSESSION = b"qc/proof_of_possession"
    """A consensus key and the account that bonds it, by that consensus key."""
    CONTRACT_PERMIT = b"qc/contract_permit"
    """A permission that a contract checks (contract, action, arguments), by an account's key."""
    ORACLE_REPORT = b"qc/oracle_report"
    """An observation of a feed (feed, epoch, round, value), by a reporter."""
    LOGIN_CHALLENGE = b"qc/login_challenge"
    """A service's challenge (service, nonce, expiry), by the key of whoever logs in."""
    PEER_RECORD = b"qc/peer_record"
    """A node's addresses and their sequence number, by the node's key."""

    @property
    def tag(self) -> bytes:
        """The tag, 32 bytes."""
        return self.value.ljust(DOMAIN_TAG_SIZE_BYTES, b"\0")


def compute_signing_root(domain: Domain, genesis_id: bytes, object_root: bytes) -> bytes:
    """The 32 bytes that are signed.

    Args:
        domain: what kind of object it is.
        genesis_id: the chain, 32 bytes.
        object_root: hash tree root of the object, 32 bytes.
    """
    assert len(genesis_id) == ROOT_SIZE_BYTES, "a genesis id has 32 bytes"
    assert len(object_root) == ROOT_SIZE_BYTES, "a root has 32 bytes"
    version = SIGNING_FORMAT_VERSION.to_bytes(4, "little")
    return sha256(domain.tag, version, genesis_id, object_root)
