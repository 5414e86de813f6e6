"""Why a transaction or a block is refused: two closed unions, `TxError` and `BlockError`.

The `code` is the normative name that vectors, interfaces and reports quote. A refused transaction
changes nothing; a contract that fails is no error but a receipt.

Source: STYLE.md 6; decision record 0052.
"""

from dataclasses import dataclass
from typing import ClassVar

from spec.ledger.staking.errors import StakeError

# Transactions


@dataclass(frozen=True, slots=True)
class TxTooLarge:
    """Its encoding exceeds the chain's limit."""

    code: ClassVar[str] = "tx.too_large"
    size_bytes: int
    size_bytes_max: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the transaction has {self.size_bytes} bytes, at most {self.size_bytes_max} may be"


@dataclass(frozen=True, slots=True)
class TxMalformed:
    """The bytes encode no transaction."""

    code: ClassVar[str] = "tx.malformed"
    cause: str
    """Code of the decoder."""

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the bytes are no canonical encoding of a transaction ({self.cause})"


@dataclass(frozen=True, slots=True)
class TxSignatureInvalid:
    """The signature is not the sender's, or not in its one canonical form."""

    code: ClassVar[str] = "tx.signature_invalid"
    cause: str
    """Code of the signature scheme."""

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the sender's key did not sign this transaction ({self.cause})"


@dataclass(frozen=True, slots=True)
class TxWrongChain:
    """It was signed for another chain."""

    code: ClassVar[str] = "tx.wrong_chain"
    genesis_id: bytes
    expected: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the transaction is for chain 0x{self.genesis_id.hex()}, "
            f"this is chain 0x{self.expected.hex()}"
        )


@dataclass(frozen=True, slots=True)
class TxExpired:
    """The block's time lies behind the last moment at which it was valid."""

    code: ClassVar[str] = "tx.expired"
    expires_at_ms: int
    time_ms: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the transaction expired at {self.expires_at_ms} ms, the block is of {self.time_ms}"


@dataclass(frozen=True, slots=True)
class TxAddressInvalid:
    """The address it is directed to is of no known kind."""

    code: ClassVar[str] = "tx.address_invalid"
    address: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the address 0x{self.address.hex()} is of no known kind"


@dataclass(frozen=True, slots=True)
class TxTipAboveFeeCap:
    """The tip alone exceeds what the sender pays in all."""

    code: ClassVar[str] = "tx.tip_above_fee_cap"
    tip: int
    fee_cap: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the tip {self.tip} must not exceed the fee cap {self.fee_cap}"


@dataclass(frozen=True, slots=True)
class TxFeeCapBelowBaseFee:
    """The sender does not pay the block's base fee."""

    code: ClassVar[str] = "tx.fee_cap_below_base_fee"
    fee_cap: int
    base_fee: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the fee cap {self.fee_cap} is below the block's base fee {self.base_fee}"


@dataclass(frozen=True, slots=True)
class TxGasBelowIntrinsic:
    """The gas limit does not even pay for carrying the transaction."""

    code: ClassVar[str] = "tx.gas_below_intrinsic"
    gas_limit: int
    intrinsic_gas: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the gas limit {self.gas_limit} is below the {self.intrinsic_gas} "
            "that the transaction costs before anything runs"
        )


@dataclass(frozen=True, slots=True)
class TxGasAboveBlock:
    """The gas limit exceeds what the block has left."""

    code: ClassVar[str] = "tx.gas_above_block"
    gas_limit: int
    available: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the gas limit {self.gas_limit} exceeds the {self.available} left in the block"


@dataclass(frozen=True, slots=True)
class TxNonceMismatch:
    """The sender's transaction of that nonce is in the chain already."""

    code: ClassVar[str] = "tx.nonce_mismatch"
    nonce: int
    expected: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"nonce {self.nonce} is used, the sender's next is {self.expected}"


@dataclass(frozen=True, slots=True)
class TxNonceGap:
    """Transactions of the sender that come before are missing."""

    code: ClassVar[str] = "tx.nonce_gap"
    nonce: int
    expected: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"nonce {self.nonce} is too high, the sender's next is {self.expected}"


@dataclass(frozen=True, slots=True)
class TxNonceExhausted:
    """The last nonce there is: none could follow."""

    code: ClassVar[str] = "tx.nonce_exhausted"
    nonce: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"nonce {self.nonce} is reserved: no transaction could follow it"


@dataclass(frozen=True, slots=True)
class TxInsufficientBalance:
    """The sender cannot pay the value and the largest fee together."""

    code: ClassVar[str] = "tx.insufficient_balance"
    balance: int
    needed: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the sender has {self.balance} and needs {self.needed} for value and largest fee"


TxError = (
    TxTooLarge
    | TxMalformed
    | TxSignatureInvalid
    | TxWrongChain
    | TxExpired
    | TxAddressInvalid
    | TxTipAboveFeeCap
    | TxFeeCapBelowBaseFee
    | TxGasBelowIntrinsic
    | TxGasAboveBlock
    | TxNonceMismatch
    | TxNonceGap
    | TxNonceExhausted
    | TxInsufficientBalance
    | StakeError
)

# Blocks


@dataclass(frozen=True, slots=True)
class BlockTooLarge:
    """Its encoding exceeds the chain's limit."""

    code: ClassVar[str] = "block.too_large"
    size_bytes: int
    size_bytes_max: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the block has {self.size_bytes} bytes, at most {self.size_bytes_max} are allowed"


@dataclass(frozen=True, slots=True)
class BlockMalformed:
    """The bytes encode no block."""

    code: ClassVar[str] = "block.malformed"
    cause: str
    """Code of the decoder."""

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the bytes are no canonical encoding of a block ({self.cause})"


@dataclass(frozen=True, slots=True)
class BlockParentMismatch:
    """Its parent is not the block it is applied to."""

    code: ClassVar[str] = "block.parent_mismatch"
    parent: bytes
    expected: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the parent is 0x{self.parent.hex()}, expected 0x{self.expected.hex()}"


@dataclass(frozen=True, slots=True)
class BlockNumberMismatch:
    """A number of the header is not the one that follows from its parent."""

    code: ClassVar[str]
    found: int
    expected: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.code}: found {self.found}, expected {self.expected}"


@dataclass(frozen=True, slots=True)
class BlockVersionMismatch(BlockNumberMismatch):
    """The version is not that of the rules at its height."""

    code: ClassVar[str] = "block.version_mismatch"


@dataclass(frozen=True, slots=True)
class BlockHeightMismatch(BlockNumberMismatch):
    """The height is not the parent's and one."""

    code: ClassVar[str] = "block.height_mismatch"


@dataclass(frozen=True, slots=True)
class BlockBaseFeeMismatch(BlockNumberMismatch):
    """The base fee does not follow from the parent's gas."""

    code: ClassVar[str] = "block.base_fee_mismatch"


@dataclass(frozen=True, slots=True)
class BlockGasUsedMismatch(BlockNumberMismatch):
    """The transactions used another amount of gas."""

    code: ClassVar[str] = "block.gas_used_mismatch"


@dataclass(frozen=True, slots=True)
class BlockSlotNotAfterParent:
    """The slot is not above the parent's."""

    code: ClassVar[str] = "block.slot_not_after_parent"
    slot: int
    parent_slot: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"slot {self.slot} is not above the parent's {self.parent_slot}"


@dataclass(frozen=True, slots=True)
class BlockTimeBeforeParent:
    """The time lies before the parent's, or beyond what times may be."""

    code: ClassVar[str] = "block.time_before_parent"
    time_ms: int
    parent_time_ms: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"time {self.time_ms} ms lies before the parent's {self.parent_time_ms}"


@dataclass(frozen=True, slots=True)
class BlockTimeTooLarge:
    """The time is beyond what any time may be."""

    code: ClassVar[str] = "block.time_too_large"
    time_ms: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"time {self.time_ms} ms is not below 2^53"


@dataclass(frozen=True, slots=True)
class BlockProposerInvalid:
    """The proposer's address is of no known kind, so no tip could be credited."""

    code: ClassVar[str] = "block.proposer_invalid"
    proposer: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the proposer 0x{self.proposer.hex()} is of no known kind of address"


@dataclass(frozen=True, slots=True)
class BlockTooManyTransactions:
    """More transactions than the chain allows."""

    code: ClassVar[str] = "block.too_many_transactions"
    count: int
    count_max: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the block has {self.count} transactions, at most {self.count_max} are allowed"


@dataclass(frozen=True, slots=True)
class BlockTransactionInvalid:
    """One of its transactions is refused."""

    code: ClassVar[str] = "block.transaction_invalid"
    index: int
    """0-based place in the block."""
    cause: TxError

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"transaction {self.index}: {self.cause.code}: {self.cause.message}"


@dataclass(frozen=True, slots=True)
class BlockRootMismatch:
    """A root of the header is not that of what it stands for."""

    code: ClassVar[str]
    found: bytes
    expected: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.code}: found 0x{self.found.hex()}, expected 0x{self.expected.hex()}"


@dataclass(frozen=True, slots=True)
class BlockTxsRootMismatch(BlockRootMismatch):
    """The header commits to other transactions."""

    code: ClassVar[str] = "block.txs_root_mismatch"


@dataclass(frozen=True, slots=True)
class BlockOpsRootMismatch(BlockRootMismatch):
    """The header commits to other operations."""

    code: ClassVar[str] = "block.ops_root_mismatch"


@dataclass(frozen=True, slots=True)
class BlockReceiptsRootMismatch(BlockRootMismatch):
    """The header commits to other receipts."""

    code: ClassVar[str] = "block.receipts_root_mismatch"


@dataclass(frozen=True, slots=True)
class BlockStateRootMismatch(BlockRootMismatch):
    """The header commits to another state."""

    code: ClassVar[str] = "block.state_root_mismatch"


BlockError = (
    BlockTooLarge
    | BlockMalformed
    | BlockParentMismatch
    | BlockVersionMismatch
    | BlockHeightMismatch
    | BlockBaseFeeMismatch
    | BlockGasUsedMismatch
    | BlockSlotNotAfterParent
    | BlockTimeBeforeParent
    | BlockTimeTooLarge
    | BlockProposerInvalid
    | BlockTooManyTransactions
    | BlockTransactionInvalid
    | BlockTxsRootMismatch
    | BlockOpsRootMismatch
    | BlockReceiptsRootMismatch
    | BlockStateRootMismatch
)
