"""Bytes and identities of the ledger's objects: total decoders, ids, roots of lists.

Source: DESIGN.md 2.3, 2.5; decision records 0051, 0052.
"""

from typing import NewType

from spec.config import ChainConfig
from spec.crypto.domains import Domain, compute_signing_root
from spec.ledger.errors import (
    BlockError,
    BlockMalformed,
    BlockTooLarge,
    TxError,
    TxMalformed,
    TxTooLarge,
)
from spec.ledger.ops import Op
from spec.ledger.stake_actions import compute_action_size_bytes
from spec.ledger.types import (
    BLOCK,
    HEADER,
    OPS,
    RECEIPTS,
    SIGNED_TRANSACTION,
    TRANSACTION,
    TRANSACTIONS,
    Block,
    Call,
    Deploy,
    Draft,
    Header,
    Receipt,
    SignedTransaction,
    Transaction,
    Transfer,
)
from spec.lib.result import Err, Result
from spec.lib.ssz import decode, encode, hash_tree_root
from spec.limits import SIGNATURE_SIZE_BYTES_MAX

TxId = NewType("TxId", bytes)
"""Hash tree root of a transaction without its signature, 32 bytes."""
BlockId = NewType("BlockId", bytes)
"""Hash tree root of a header, 32 bytes."""

OFFSET_SIZE_BYTES = 4
"""What stands in a container for a part of variable size."""
TX_FIXED_SIZE_BYTES = 32 + 5 * 8 + 2 * OFFSET_SIZE_BYTES
"""Chain, five numbers, and the places of sender and payload."""
SENDER_FIXED_SIZE_BYTES = 1 + OFFSET_SIZE_BYTES
PAYLOAD_TAG_SIZE_BYTES = 1
TRANSFER_SIZE_BYTES = 32 + 16
DEPLOY_FIXED_SIZE_BYTES = 2 * OFFSET_SIZE_BYTES + 16
CALL_FIXED_SIZE_BYTES = 32 + 8 + OFFSET_SIZE_BYTES + 16
SIGNED_FIXED_SIZE_BYTES = 2 * OFFSET_SIZE_BYTES


def compute_tx_id(tx: Transaction) -> TxId:
    """The identity of a transaction; its signature is no part of it."""
    return TxId(hash_tree_root(TRANSACTION, tx))


def compute_block_id(header: Header) -> BlockId:
    """The identity of a block; its seal is no part of it."""
    return BlockId(hash_tree_root(HEADER, header))


def compute_tx_signing_root(tx: Transaction) -> bytes:
    """The 32 bytes that the sender signs: domain, chain and id of a transaction."""
    return compute_signing_root(Domain.TRANSACTION, tx.genesis_id, compute_tx_id(tx))


def compute_txs_root(transactions: tuple[SignedTransaction, ...]) -> bytes:
    """The root of a block's transactions, signatures included."""
    return hash_tree_root(TRANSACTIONS, transactions)


def compute_ops_root(ops: tuple[Op, ...]) -> bytes:
    """The root of a block's consensus operations."""
    return hash_tree_root(OPS, ops)


def compute_receipts_root(receipts: tuple[Receipt, ...]) -> bytes:
    """The root of a block's receipts."""
    return hash_tree_root(RECEIPTS, receipts)


def compute_size_bytes(tx: Transaction) -> int:
    """How long a transaction's encoding is, its signature apart."""
    size = TX_FIXED_SIZE_BYTES + SENDER_FIXED_SIZE_BYTES + PAYLOAD_TAG_SIZE_BYTES
    size += len(tx.sender.public_key)
    match tx.payload:
        case Transfer():
            return size + TRANSFER_SIZE_BYTES
        case Deploy(module=module, arguments=arguments):
            return size + DEPLOY_FIXED_SIZE_BYTES + len(module) + len(arguments)
        case Call(arguments=arguments):
            return size + CALL_FIXED_SIZE_BYTES + len(arguments)
        case action:
            return size + compute_action_size_bytes(action)


def compute_signed_size_bytes(signed: SignedTransaction) -> int:
    """How much a signed transaction adds to a block's encoding, its place in the list included."""
    size = SIGNED_FIXED_SIZE_BYTES + compute_size_bytes(signed.transaction) + len(signed.signature)
    return OFFSET_SIZE_BYTES + size


def get_draft(header: Header) -> Draft:
    """What of a header consensus rules may read: no root of what they produce, no gas."""
    return Draft(
        version=header.version,
        parent=header.parent,
        height=header.height,
        slot=header.slot,
        time_ms=header.time_ms,
        proposer=header.proposer,
        validators_root=header.validators_root,
        next_validators_root=header.next_validators_root,
        base_fee=header.base_fee,
        consensus=header.consensus,
    )


def encode_signed_transaction(signed: SignedTransaction) -> bytes:
    """The SSZ encoding of a signed transaction."""
    return encode(SIGNED_TRANSACTION, signed)


def decode_signed_transaction(
    config: ChainConfig, data: bytes
) -> Result[SignedTransaction, TxError]:
    """The signed transaction that untrusted bytes encode, or why they encode none.

    Args:
        config: bounds the size before anything is read.
        data: any bytes.
    """
    size_bytes_max = (
        SIGNED_FIXED_SIZE_BYTES + config.transaction_size_bytes_max + SIGNATURE_SIZE_BYTES_MAX
    )
    if len(data) > size_bytes_max:
        return Err(TxTooLarge(len(data), size_bytes_max))
    decoded = decode(SIGNED_TRANSACTION, data)
    if isinstance(decoded, Err):
        return Err(TxMalformed(decoded.error.code))
    return decoded


def encode_block(block: Block) -> bytes:
    """The SSZ encoding of a block with its seal."""
    return encode(BLOCK, block)


def decode_block(config: ChainConfig, data: bytes) -> Result[Block, BlockError]:
    """The block that untrusted bytes encode, or why they encode none; nothing else is asked.

    Args:
        config: bounds the size before anything is read.
        data: any bytes.
    """
    if len(data) > config.block_size_bytes_max:
        return Err(BlockTooLarge(len(data), config.block_size_bytes_max))
    decoded = decode(BLOCK, data)
    if isinstance(decoded, Err):
        return Err(BlockMalformed(decoded.error.code))
    return decoded
