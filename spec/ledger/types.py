"""Transactions, headers, blocks, receipts and accounts: the ledger's data and its encoding.

Each class is followed by nothing but its SSZ descriptor at the end of the module; identities (the
hash tree roots that name transactions and blocks) and decoders are in `spec.ledger.codec`.

Source: DESIGN.md 2.5, 2.10, 2.12; decision records 0051, 0052.
"""

from dataclasses import dataclass

from spec.ledger.ops import (
    CONSENSUS_FIELDS,
    OP,
    SEAL,
    ConsensusFields,
    Op,
    Seal,
)
from spec.ledger.stake_actions import (
    BOND,
    DELEGATE,
    EXIT,
    ROTATE_KEY,
    UNBOND,
    UNJAIL,
    Bond,
    Delegate,
    Exit,
    RotateKey,
    StakeAction,
    Unbond,
    Unjail,
)
from spec.lib.ssz import ByteList, ByteVector, Container, List, Uint, Union
from spec.limits import (
    ARGUMENTS_SIZE_BYTES_MAX,
    BLOCK_OPS_MAX,
    BLOCK_TRANSACTIONS_MAX,
    CALL_DEPTH_MAX,
    EVENTS_MAX,
    FAILURE_CODE_SIZE_BYTES_MAX,
    LOG_DATA_SIZE_BYTES_MAX,
    MODULE_SIZE_BYTES_MAX,
    PUBLIC_KEY_SIZE_BYTES_MAX,
    SELECTOR_SIZE_BYTES,
    SIGNATURE_SIZE_BYTES_MAX,
)

ZERO_BYTES32 = bytes(32)
"""The absent root, parent or code id."""


# Transactions


@dataclass(frozen=True, slots=True)
class SenderKey:
    """Who signs: the sender's address is the hash of both."""

    scheme: int
    """Number of the signature scheme."""
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Transfer:
    """Coins to a key's balance or to a contract's inbox; no code runs."""

    to: bytes
    """Address, 32 bytes."""
    amount: int
    """Base units."""


@dataclass(frozen=True, slots=True)
class Deploy:
    """A new contract, at the address of (sender, nonce), and one run of its init."""

    module: bytes
    """The encoded `spec.ir.syntax.Module`."""
    arguments: bytes
    """Encoded parameters of init, as one record."""
    value: int
    """Base units credited to the contract if init is payable."""


@dataclass(frozen=True, slots=True)
class Call:
    """One run of an action of a contract."""

    contract: bytes
    """Address, 32 bytes."""
    selector: bytes
    """8 bytes naming the action."""
    arguments: bytes
    """Encoded parameters, as one record."""
    value: int
    """Base units credited to the contract if the action is payable."""


Payload = Transfer | Deploy | Call | StakeAction


@dataclass(frozen=True, slots=True)
class Transaction:
    """What a sender asks for and is willing to pay; its hash tree root is its id."""

    genesis_id: bytes
    """The chain it is meant for."""
    sender: SenderKey
    nonce: int
    """How many transactions of the sender came before."""
    gas_limit: int
    """Most gas it may use."""
    fee_cap: int
    """Most the sender pays for a unit of gas, base fee and tip together."""
    tip: int
    """Most of that which goes to the proposer; at most `fee_cap`."""
    expires_at_ms: int
    """Last block time, ms, at which it is valid."""
    payload: Payload


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction and its sender's signature, which is no part of the transaction's id."""

    transaction: Transaction
    signature: bytes


# Blocks


@dataclass(frozen=True, slots=True)
class Header:
    """What a block commits to; its hash tree root is the block's id."""

    version: int
    """Version of the rules that hold at this height."""
    parent: bytes
    """Id of the parent block; of the genesis block, the genesis id."""
    height: int
    slot: int
    time_ms: int
    """Milliseconds since 1970-01-01 UTC; never before the parent's."""
    proposer: bytes
    """Address that the tips go to; whether it may propose is asked by the consensus."""
    state_root: bytes
    """Root of the state tree after this block."""
    txs_root: bytes
    """Hash tree root of the list of signed transactions."""
    receipts_root: bytes
    """Hash tree root of the list of receipts."""
    ops_root: bytes
    """Hash tree root of the list of consensus operations."""
    validators_root: bytes
    """Root of the set that seals this block, as the consensus defines it."""
    next_validators_root: bytes
    """Root of the set that seals the next block."""
    base_fee: int
    """Base units burnt for a unit of gas in this block."""
    gas_used: int
    """Gas of all its transactions."""
    consensus: ConsensusFields


@dataclass(frozen=True, slots=True)
class Draft:
    """What of a header is known before its block is executed: all that the consensus may read."""

    version: int
    parent: bytes
    height: int
    slot: int
    time_ms: int
    proposer: bytes
    validators_root: bytes
    next_validators_root: bytes
    base_fee: int
    consensus: ConsensusFields


@dataclass(frozen=True, slots=True)
class Body:
    """What a block carries, in the order it acts."""

    ops: tuple[Op, ...]
    transactions: tuple[SignedTransaction, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A header, its body, and beside them the seal, which is no part of the block's id."""

    header: Header
    body: Body
    seal: Seal


# Receipts


@dataclass(frozen=True, slots=True)
class Event:
    """Something a contract told the outside."""

    contract: bytes
    number: int
    """0-based index into the events of the contract's module."""
    data: bytes
    """Its encoded fields, as one record."""


@dataclass(frozen=True, slots=True)
class Success:
    """It did what it was asked to do."""

    data: bytes
    """A call's encoded result; the new contract's address after a deployment, the new validator's
    index (u32) after a bond; else empty."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A contract refused with an error that it declares; only fee and nonce were taken."""

    contract: bytes
    number: int
    data: bytes
    """The error's encoded arguments, as one record."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The machine stopped it, or the module was refused; only fee and nonce were taken."""

    contract: bytes
    reason: bytes
    """A code such as `contract.overflow`, ASCII."""


Fault = Refused | Stopped
Status = Success | Refused | Stopped


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction; the sender paid `gas_used` times `gas_price`."""

    status: Status
    gas_used: int
    gas_price: int
    """Base fee and tip actually paid for a unit of gas."""
    events: tuple[Event, ...]
    """In order; none unless it succeeded."""
    causes: tuple[Fault, ...]
    """Why it is `contract.call_failed`: the failure of the contract called, then of the one that
    that one called, and so on."""


# Accounts


@dataclass(frozen=True, slots=True)
class Account:
    """The leaf of an address; one whose fields are all zero is no leaf."""

    nonce: int
    """Of a key: how many transactions it has sent."""
    balance: int
    """Base units that its owner may spend."""
    inbox: int
    """Of a contract: base units received and not yet collected."""
    code_id: bytes
    """Of a contract: names its code leaf; zeros where nothing is deployed."""


EMPTY_ACCOUNT = Account(nonce=0, balance=0, inbox=0, code_id=ZERO_BYTES32)


@dataclass(frozen=True, slots=True)
class Supply:
    """The counters that conservation is measured by: coins in existence are their difference."""

    minted: int
    """Base units ever made, the allocations included."""
    burnt: int
    """Base units ever destroyed."""


# Descriptors

SENDER_KEY = Container(
    SenderKey, (("scheme", Uint(8)), ("public_key", ByteList(PUBLIC_KEY_SIZE_BYTES_MAX)))
)
TRANSFER = Container(Transfer, (("to", ByteVector(32)), ("amount", Uint(128))))
DEPLOY = Container(
    Deploy,
    (
        ("module", ByteList(MODULE_SIZE_BYTES_MAX)),
        ("arguments", ByteList(ARGUMENTS_SIZE_BYTES_MAX)),
        ("value", Uint(128)),
    ),
)
CALL = Container(
    Call,
    (
        ("contract", ByteVector(32)),
        ("selector", ByteVector(SELECTOR_SIZE_BYTES)),
        ("arguments", ByteList(ARGUMENTS_SIZE_BYTES_MAX)),
        ("value", Uint(128)),
    ),
)
PAYLOAD: Union[Payload] = Union(
    (
        (Transfer, TRANSFER),
        (Deploy, DEPLOY),
        (Call, CALL),
        (Bond, BOND),
        (Delegate, DELEGATE),
        (Unbond, UNBOND),
        (Exit, EXIT),
        (Unjail, UNJAIL),
        (RotateKey, ROTATE_KEY),
    )
)
TRANSACTION = Container(
    Transaction,
    (
        ("genesis_id", ByteVector(32)),
        ("sender", SENDER_KEY),
        ("nonce", Uint(64)),
        ("gas_limit", Uint(64)),
        ("fee_cap", Uint(64)),
        ("tip", Uint(64)),
        ("expires_at_ms", Uint(64)),
        ("payload", PAYLOAD),
    ),
)
SIGNED_TRANSACTION = Container(
    SignedTransaction,
    (("transaction", TRANSACTION), ("signature", ByteList(SIGNATURE_SIZE_BYTES_MAX))),
)
TRANSACTIONS = List(SIGNED_TRANSACTION, BLOCK_TRANSACTIONS_MAX)
OPS = List(OP, BLOCK_OPS_MAX)
HEADER = Container(
    Header,
    (
        ("version", Uint(32)),
        ("parent", ByteVector(32)),
        ("height", Uint(64)),
        ("slot", Uint(64)),
        ("time_ms", Uint(64)),
        ("proposer", ByteVector(32)),
        ("state_root", ByteVector(32)),
        ("txs_root", ByteVector(32)),
        ("receipts_root", ByteVector(32)),
        ("ops_root", ByteVector(32)),
        ("validators_root", ByteVector(32)),
        ("next_validators_root", ByteVector(32)),
        ("base_fee", Uint(64)),
        ("gas_used", Uint(64)),
        ("consensus", CONSENSUS_FIELDS),
    ),
)
BODY = Container(Body, (("ops", OPS), ("transactions", TRANSACTIONS)))
BLOCK = Container(Block, (("header", HEADER), ("body", BODY), ("seal", SEAL)))
EVENT = Container(
    Event,
    (
        ("contract", ByteVector(32)),
        ("number", Uint(16)),
        ("data", ByteList(LOG_DATA_SIZE_BYTES_MAX)),
    ),
)
SUCCESS = Container(Success, (("data", ByteList(LOG_DATA_SIZE_BYTES_MAX)),))
REFUSED = Container(
    Refused,
    (
        ("contract", ByteVector(32)),
        ("number", Uint(16)),
        ("data", ByteList(LOG_DATA_SIZE_BYTES_MAX)),
    ),
)
STOPPED = Container(
    Stopped, (("contract", ByteVector(32)), ("reason", ByteList(FAILURE_CODE_SIZE_BYTES_MAX)))
)
STATUS: Union[Status] = Union(((Success, SUCCESS), (Refused, REFUSED), (Stopped, STOPPED)))
FAULT: Union[Fault] = Union(((Refused, REFUSED), (Stopped, STOPPED)))
RECEIPT = Container(
    Receipt,
    (
        ("status", STATUS),
        ("gas_used", Uint(64)),
        ("gas_price", Uint(64)),
        ("events", List(EVENT, EVENTS_MAX)),
        ("causes", List(FAULT, CALL_DEPTH_MAX)),
    ),
)
RECEIPTS = List(RECEIPT, BLOCK_TRANSACTIONS_MAX)
ACCOUNT = Container(
    Account,
    (
        ("nonce", Uint(64)),
        ("balance", Uint(128)),
        ("inbox", Uint(128)),
        ("code_id", ByteVector(32)),
    ),
)
SUPPLY = Container(Supply, (("minted", Uint(128)), ("burnt", Uint(128))))
