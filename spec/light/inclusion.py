"""Proofs of parts of a block: what a state holds, which transactions, receipts and ops it lists.

The header must come from one of the other modules here: a proof is worth as much as its root.

State is proved by the path in the tree, present or absent; lists are proved by a branch of the
hash tree root that the header names.

Source: DESIGN.md 2.2, 2.5; decision record 0110.
"""

from spec.crypto.address import is_address
from spec.ledger.codec import TxId, compute_tx_id
from spec.ledger.ops import OP, Op
from spec.ledger.state import compute_storage_leaf_key, encode_account
from spec.ledger.types import (
    OPS,
    RECEIPT,
    RECEIPTS,
    SIGNED_TRANSACTION,
    TRANSACTIONS,
    Account,
    Header,
    Receipt,
    SignedTransaction,
)
from spec.lib.result import Err, Ok, Result
from spec.lib.ssz import (
    get_generalized_index,
    hash_tree_root,
    is_valid_merkle_branch,
)
from spec.lib.trie import KEY_SIZE_BYTES
from spec.lib.trie_proof import ProofError, TrieProof, validate_proof
from spec.light.errors import KeyMalformed, PartNotProved
from spec.limits import BLOCK_OPS_MAX, BLOCK_TRANSACTIONS_MAX


def validate_account(
    header: Header, address: bytes, account: Account, proof: TrieProof
) -> KeyMalformed | ProofError | None:
    """Whether the state after a block holds this account, or none where all its fields are zero.

    Args:
        header: trusted.
        address: 32 bytes.
        account: what is claimed.
        proof: untrusted.
    """
    if not is_address(address):
        return KeyMalformed(address)
    return validate_proof(header.state_root, address, encode_account(account), proof)


def validate_cell(
    header: Header, storage_key: bytes, value: bytes | None, proof: TrieProof
) -> KeyMalformed | ProofError | None:
    """Whether the state after a block holds this value in a contract's cell; None claims absence.

    Args:
        header: trusted.
        storage_key: 32 bytes, as the contract's cell and map keys make it.
        value: the encoded value.
        proof: untrusted.
    """
    if len(storage_key) != KEY_SIZE_BYTES:
        return KeyMalformed(storage_key)
    key = compute_storage_leaf_key(storage_key)
    return validate_proof(header.state_root, key, value, proof)


def validate_leaf(
    header: Header, key: bytes, value: bytes | None, proof: TrieProof
) -> KeyMalformed | ProofError | None:
    """Whether the state after a block holds this leaf, of any kind; None claims absence.

    Args:
        header: trusted.
        key: 32 bytes.
        value: the leaf.
        proof: untrusted.
    """
    if len(key) != KEY_SIZE_BYTES:
        return KeyMalformed(key)
    return validate_proof(header.state_root, key, value, proof)


def apply_transaction_proof(
    header: Header, place: int, signed: SignedTransaction, branch: tuple[bytes, ...]
) -> Result[TxId, PartNotProved]:
    """The id of a transaction that a block lists at a place, or why that is not proved.

    Args:
        header: trusted.
        place: 0-based.
        signed: what is claimed.
        branch: untrusted; siblings of 32 bytes from the leaf up.
    """
    if not 0 <= place < BLOCK_TRANSACTIONS_MAX:
        return Err(PartNotProved("transaction", place))
    index = get_generalized_index(TRANSACTIONS, (place,))
    leaf = hash_tree_root(SIGNED_TRANSACTION, signed)
    if not is_valid_merkle_branch(leaf, branch, index, header.txs_root):
        return Err(PartNotProved("transaction", place))
    return Ok(compute_tx_id(signed.transaction))


def validate_receipt(
    header: Header, place: int, receipt: Receipt, branch: tuple[bytes, ...]
) -> PartNotProved | None:
    """Whether this is what became of the block's transaction at a place; as above."""
    if not 0 <= place < BLOCK_TRANSACTIONS_MAX:
        return PartNotProved("receipt", place)
    index = get_generalized_index(RECEIPTS, (place,))
    leaf = hash_tree_root(RECEIPT, receipt)
    is_proved = is_valid_merkle_branch(leaf, branch, index, header.receipts_root)
    return None if is_proved else PartNotProved("receipt", place)


def validate_op(
    header: Header, place: int, op: Op, branch: tuple[bytes, ...]
) -> PartNotProved | None:
    """Whether the block's op at a place is this one, such as evidence; as above."""
    if not 0 <= place < BLOCK_OPS_MAX:
        return PartNotProved("op", place)
    index = get_generalized_index(OPS, (place,))
    is_proved = is_valid_merkle_branch(hash_tree_root(OP, op), branch, index, header.ops_root)
    return None if is_proved else PartNotProved("op", place)
