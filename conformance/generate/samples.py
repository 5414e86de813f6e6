"""Values of the ledger's types that the tables of cases share: typical, empty and extreme."""

from dataclasses import replace
from typing import Any, Final

from spec.config.chain import Allocation, Genesis, GenesisValidator
from spec.config.presets import TINY
from spec.crypto.address import compute_contract_address, compute_key_address
from spec.crypto.hashing import sha256
from spec.ledger.ops import (
    Checkpoint,
    Commit,
    CommitSignature,
    DoubleFfgVote,
    DoubleProduction,
    DoubleProposal,
    DoubleVote,
    FfgVote,
    NoFields,
    NoSeal,
    PosFields,
    PowFields,
    ProposalSignature,
    RoundVote,
    SignatureSeal,
)
from spec.ledger.stake_actions import (
    Approval,
    Bond,
    Delegate,
    Exit,
    RotateKey,
    StakeAction,
    Unbond,
    Unjail,
)
from spec.ledger.types import (
    Account,
    Block,
    Body,
    Call,
    Deploy,
    Event,
    Header,
    Receipt,
    Refused,
    SenderKey,
    SignedTransaction,
    Stopped,
    Success,
    Supply,
    Transaction,
    Transfer,
)

U64_MAX: Final = 2**64 - 1
U128_MAX: Final = 2**128 - 1


def make_root(name: str) -> bytes:
    """32 bytes that stand for a root of something."""
    return sha256(b"qcv/1 root ", name.encode("ascii"))


ALICE: Final = compute_key_address(1, make_root("alice"))
BOB: Final = compute_key_address(1, make_root("bob"))
TOKEN: Final = compute_contract_address(ALICE, 3)

TRANSFER: Final = Transaction(
    genesis_id=make_root("genesis"),
    sender=SenderKey(scheme=1, public_key=make_root("alice")),
    nonce=3,
    gas_limit=10_000,
    fee_cap=20,
    tip=2,
    expires_at_ms=1_700_000_000_000,
    payload=Transfer(to=BOB, amount=10**21),
)
CALL: Final = replace(
    TRANSFER,
    payload=Call(contract=TOKEN, selector=b"transfer", arguments=bytes(range(40)), value=0),
)
DEPLOY: Final = replace(
    TRANSFER, payload=Deploy(module=bytes(range(64)), arguments=b"", value=U128_MAX)
)
ACTIONS: Final[dict[str, StakeAction]] = {
    "bond": Bond(make_root("consensus"), b"\xaa" * 64, U128_MAX),
    "delegate": Delegate((Approval(0, 1), Approval(2**32 - 1, U128_MAX))),
    "delegate_none": Delegate(()),
    "unbond": Unbond(7, 10**20),
    "exit": Exit(2**32 - 1),
    "unjail": Unjail(0),
    "rotate_key": RotateKey(3, make_root("consensus"), b"\xbb" * 64),
}
EXTREME: Final = Transaction(
    genesis_id=b"\xff" * 32,
    sender=SenderKey(scheme=255, public_key=b"\xff" * 1_952),
    nonce=U64_MAX,
    gas_limit=U64_MAX,
    fee_cap=U64_MAX,
    tip=U64_MAX,
    expires_at_ms=U64_MAX,
    payload=Transfer(to=b"\xff" * 32, amount=U128_MAX),
)
ZERO: Final = Transaction(
    genesis_id=bytes(32),
    sender=SenderKey(scheme=0, public_key=b""),
    nonce=0,
    gas_limit=0,
    fee_cap=0,
    tip=0,
    expires_at_ms=0,
    payload=Call(contract=bytes(32), selector=bytes(8), arguments=b"", value=0),
)
SIGNED: Final = SignedTransaction(transaction=TRANSFER, signature=b"\x11" * 64)

HEADER: Final = Header(
    version=1,
    parent=make_root("parent"),
    height=7,
    slot=9,
    time_ms=1_700_000_000_123,
    proposer=ALICE,
    state_root=make_root("state"),
    txs_root=make_root("transactions"),
    receipts_root=make_root("receipts"),
    ops_root=make_root("ops"),
    validators_root=make_root("validators"),
    next_validators_root=make_root("next validators"),
    base_fee=8,
    gas_used=21_000,
    consensus=NoFields(),
)
VOTE: Final = RoundVote(
    kind=2,
    height=7,
    round=1,
    block=make_root("block"),
    validator=3,
    signature=b"\x22" * 64,
)
COMMIT: Final = Commit(
    height=7,
    round=1,
    block=make_root("block"),
    votes=(CommitSignature(0, b"\x33" * 64), CommitSignature(3, b"\x44" * 64)),
)
DOUBLE_VOTE: Final = DoubleVote(first=VOTE, second=replace(VOTE, block=make_root("other block")))
FFG_VOTE: Final = FfgVote(
    slot=9,
    head=make_root("head"),
    source=Checkpoint(0, bytes(32)),
    target=Checkpoint(2, make_root("target")),
    validator=5,
    signature=b"\x77" * 64,
)
DOUBLE_FFG_VOTE: Final = DoubleFfgVote(
    first=FFG_VOTE, second=replace(FFG_VOTE, target=Checkpoint(2, make_root("other target")))
)
DOUBLE_PRODUCTION: Final = DoubleProduction(
    validator=4,
    slot=9,
    first=make_root("block"),
    first_signature=b"\x88" * 64,
    second=make_root("other block"),
    second_signature=b"\x99" * 64,
)
DOUBLE_PROPOSAL: Final = DoubleProposal(
    validator=4,
    height=9,
    round=1,
    first=ProposalSignature(0, make_root("block"), b"\x88" * 64),
    second=ProposalSignature(1, make_root("other block"), b"\x99" * 64),
)
BODY: Final = Body(
    ops=(COMMIT, DOUBLE_VOTE, FFG_VOTE, DOUBLE_FFG_VOTE, DOUBLE_PRODUCTION, DOUBLE_PROPOSAL),
    transactions=(SIGNED, SignedTransaction(transaction=CALL, signature=b"")),
)
EVENTS: Final = (
    Event(contract=TOKEN, number=0, data=b""),
    Event(contract=TOKEN, number=65_535, data=bytes(range(48))),
)
CAUSES: Final = (Stopped(TOKEN, b"contract.call_failed"), Refused(TOKEN, 16, b"\x01"))
GENESIS: Final = Genesis(
    config=TINY,
    time_ms=1_700_000_000_000,
    allocations=(Allocation(ALICE, 10**11), Allocation(TOKEN, 1)),
    validators=(GenesisValidator(ALICE, make_root("validator"), 1),),
)

VALUES: Final[tuple[tuple[str, str, Any], ...]] = (
    ("account", "typical", Account(3, 10**24, 0, bytes(32))),
    ("account", "zero", Account(0, 0, 0, bytes(32))),
    ("account", "extreme", Account(U64_MAX, U128_MAX, U128_MAX, b"\xff" * 32)),
    ("account", "contract", Account(0, 5, 2**64, make_root("code"))),
    ("supply", "typical", Supply(10**12, 10**6)),
    ("supply", "extreme", Supply(U128_MAX, 0)),
    ("transaction", "transfer", TRANSFER),
    ("transaction", "call", CALL),
    ("transaction", "deploy", DEPLOY),
    ("transaction", "zero", ZERO),
    ("transaction", "extreme", EXTREME),
    *(("transaction", name, replace(TRANSFER, payload=a)) for name, a in ACTIONS.items()),
    (
        "transaction",
        "delegate_full",
        replace(TRANSFER, payload=Delegate(tuple(Approval(n, n + 1) for n in range(32)))),
    ),
    ("signed_transaction", "typical", SIGNED),
    ("signed_transaction", "no_signature", SignedTransaction(CALL, b"")),
    ("signed_transaction", "longest_signature", SignedTransaction(TRANSFER, b"\x55" * 3_309)),
    ("header", "bft", HEADER),
    ("header", "pow", replace(HEADER, consensus=PowFields(target=2**255 + 1, nonce=U64_MAX))),
    ("header", "pos", replace(HEADER, consensus=PosFields(reveal=make_root("reveal")))),
    ("body", "empty", Body((), ())),
    ("body", "typical", BODY),
    ("body", "ops_only", Body((COMMIT,), ())),
    ("body", "transactions_only", Body((), (SIGNED,))),
    ("block", "genesis", Block(HEADER, Body((), ()), NoSeal())),
    ("block", "signed", Block(HEADER, BODY, SignatureSeal(b"\x66" * 64))),
    ("block", "committed", Block(HEADER, BODY, COMMIT)),
    ("receipt", "success", Receipt(Success(b"\x01"), 21_000, 10, EVENTS, ())),
    ("receipt", "refused", Receipt(Refused(TOKEN, 2, bytes(16)), U64_MAX, 0, (), ())),
    ("receipt", "stopped", Receipt(Stopped(TOKEN, b"contract.overflow"), 1, U64_MAX, (), ())),
    ("receipt", "call_failed", Receipt(Stopped(TOKEN, b"contract.call_failed"), 9, 1, (), CAUSES)),
    ("round_vote", "precommit", VOTE),
    ("commit", "typical", COMMIT),
    ("commit", "no_votes", replace(COMMIT, votes=())),
    ("double_vote", "typical", DOUBLE_VOTE),
    ("ffg_vote", "typical", FFG_VOTE),
    ("double_ffg_vote", "typical", DOUBLE_FFG_VOTE),
    ("double_production", "typical", DOUBLE_PRODUCTION),
    ("double_proposal", "typical", DOUBLE_PROPOSAL),
    ("receipt", "full", Receipt(Stopped(TOKEN, b"r" * 64), 9, 1, (), CAUSES[-1:] * 16)),
    ("chain_config", "tiny", TINY),
    (
        "chain_config",
        "full",
        replace(TINY, name=b"n" * 32, hrp=b"p" * 16, fork_schedule=TINY.fork_schedule * 64),
    ),
    ("genesis", "tiny", GENESIS),
)
"""Type, name and value of everything that codec and roots are asked about."""
