"""Every decoder is total and strict: one value, one encoding; identities cover every field."""

import random
from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.config import decode_genesis, encode_genesis
from spec.config.presets import TINY
from spec.ledger.codec import (
    compute_signed_size_bytes,
    compute_size_bytes,
    compute_tx_id,
    decode_block,
    decode_signed_transaction,
    encode_block,
    encode_signed_transaction,
)
from spec.ledger.errors import TxMalformed, TxTooLarge
from spec.ledger.ops import (
    Commit,
    CommitSignature,
    DoubleVote,
    NoFields,
    NoSeal,
    PosFields,
    PowFields,
    RoundVote,
    SignatureSeal,
)
from spec.ledger.types import (
    ACCOUNT,
    RECEIPT,
    SUPPLY,
    TRANSACTION,
    Account,
    Block,
    Body,
    Call,
    Deploy,
    Event,
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
from spec.lib.result import Err, Ok
from spec.lib.ssz import Descriptor, decode, encode
from tests.spec.ledger.support import ALICE, BOB, GENESIS, START, make_tx, pay, sign_tx

BYTES32 = st.binary(min_size=32, max_size=32)
BYTES64 = st.binary(min_size=64, max_size=64)
U16 = st.integers(0, (1 << 16) - 1)
U32 = st.integers(0, (1 << 32) - 1)
U64 = st.sampled_from([0, 1, (1 << 64) - 1]) | st.integers(0, (1 << 64) - 1)
U128 = st.sampled_from([0, 1, (1 << 128) - 1]) | st.integers(0, (1 << 128) - 1)
DATA = st.binary(max_size=40)

PAYLOADS = (
    st.builds(Transfer, BYTES32, U128)
    | st.builds(Deploy, DATA, DATA, U128)
    | st.builds(Call, BYTES32, st.binary(min_size=8, max_size=8), DATA, U128)
)
SENDER_KEYS = st.builds(SenderKey, st.integers(0, 255), DATA)
TXS = st.builds(Transaction, BYTES32, SENDER_KEYS, U64, U64, U64, U64, U64, PAYLOADS)
SIGNED = st.builds(SignedTransaction, TXS, DATA)
VOTES = st.builds(RoundVote, st.integers(0, 255), U64, U32, BYTES32, U32, BYTES64)
SIGNATURES = st.lists(st.builds(CommitSignature, U32, BYTES64), max_size=3).map(tuple)
COMMITS = st.builds(Commit, U64, U32, BYTES32, SIGNATURES)
OPS = COMMITS | st.builds(DoubleVote, VOTES, VOTES)
SEALS = st.just(NoSeal()) | st.builds(SignatureSeal, BYTES64) | COMMITS
FIELDS = (
    st.just(NoFields())
    | st.builds(PowFields, st.integers(0, (1 << 256) - 1), U64)
    | st.builds(PosFields, BYTES32)
)
HEADERS = st.builds(replace, st.just(START.header), slot=U64, gas_used=U64, consensus=FIELDS)
BODIES = st.builds(
    Body,
    st.lists(OPS, max_size=3).map(tuple),
    st.lists(SIGNED, max_size=3).map(tuple),
)
BLOCKS = st.builds(Block, HEADERS, BODIES, SEALS)
EVENTS = st.lists(st.builds(Event, BYTES32, U16, DATA), max_size=3).map(tuple)
FAULTS = st.builds(Refused, BYTES32, U16, DATA) | st.builds(Stopped, BYTES32, DATA)
CAUSES = st.lists(FAULTS, max_size=3).map(tuple)
RECEIPTS = st.builds(Receipt, st.builds(Success, DATA) | FAULTS, U64, U64, EVENTS, CAUSES)


@given(SIGNED)
def test_signed_transactions_survive_their_encoding(signed: SignedTransaction) -> None:
    data = encode_signed_transaction(signed)
    assert decode_signed_transaction(TINY, data) == Ok(signed)


@given(BLOCKS)
def test_blocks_survive_their_encoding(block: Block) -> None:
    assert decode_block(TINY, encode_block(block)) == Ok(block)


@given(RECEIPTS)
def test_receipts_survive_their_encoding(receipt: Receipt) -> None:
    assert decode(RECEIPT, encode(RECEIPT, receipt)) == Ok(receipt)


@given(U64, U128, U128, BYTES32)
def test_accounts_survive_their_encoding(
    nonce: int, balance: int, inbox: int, code_id: bytes
) -> None:
    account = Account(nonce, balance, inbox, code_id)
    assert decode(ACCOUNT, encode(ACCOUNT, account)) == Ok(account)


@given(SIGNED)
def test_sizes_are_those_of_the_encodings(signed: SignedTransaction) -> None:
    tx_size = len(encode(TRANSACTION, signed.transaction))
    assert compute_size_bytes(signed.transaction) == tx_size
    one = Block(START.header, Body((), (signed,)), NoSeal())
    none = Block(START.header, Body((), ()), NoSeal())
    grown = len(encode_block(one)) - len(encode_block(none))
    assert compute_signed_size_bytes(signed) == grown


def test_every_field_is_part_of_the_id() -> None:
    tx = pay(ALICE, BOB.address, 1)
    changed = {
        "genesis_id": bytes(32),
        "sender": BOB.key,
        "nonce": 1,
        "gas_limit": 1,
        "fee_cap": 1,
        "tip": 1,
        "expires_at_ms": 1,
        "payload": Transfer(BOB.address, 2),
    }
    assert set(changed) == {field.name for field in fields(Transaction)}
    ids = {compute_tx_id(replace(tx, **{name: value})) for name, value in changed.items()}  # type: ignore[arg-type]  # one value per field
    assert len(ids | {compute_tx_id(tx)}) == 1 + len(changed)


def test_kinds_of_payload_with_equal_bytes_have_different_ids() -> None:
    ids = {
        compute_tx_id(make_tx(ALICE, payload))
        for payload in (
            Deploy(b"ab", b"", 0),
            Deploy(b"a", b"b", 0),
            Deploy(b"", b"ab", 0),
            Call(bytes(32), bytes(8), b"ab", 0),
        )
    }
    assert len(ids) == 4


def test_a_transaction_is_measured_before_it_is_read() -> None:
    fits = bytes(8 + TINY.transaction_size_bytes_max + 3_309)
    within = decode_signed_transaction(TINY, fits)
    assert isinstance(within, Err)
    assert isinstance(within.error, TxMalformed)
    beyond = decode_signed_transaction(TINY, fits + b"\0")
    assert beyond == Err(TxTooLarge(len(fits) + 1, len(fits)))


def _make(
    descriptor: Descriptor[object],
) -> tuple[Callable[[bytes], object], Callable[[object], bytes]]:
    return (lambda data: decode(descriptor, data)), (lambda value: encode(descriptor, value))


SIGNED_TX = sign_tx(ALICE, make_tx(ALICE, Call(bytes(32), bytes(8), b"arguments", 3)))
VOTE = RoundVote(1, 2, 3, bytes(32), 4, bytes(64))
BLOCK = Block(
    START.header,
    Body(
        (Commit(1, 0, bytes(32), (CommitSignature(0, bytes(64)),)), DoubleVote(VOTE, VOTE)),
        (SIGNED_TX,) * 2,
    ),
    Commit(1, 0, bytes(32), ()),
)
RECEIPT_VALUE = Receipt(
    Refused(bytes(32), 16, b"data"),
    1,
    2,
    (Event(bytes(32), 1, b"data"),),
    (Stopped(bytes(32), b"contract.overflow"),),
)

DECODERS: dict[str, tuple[bytes, Callable[[bytes], object], Callable[[object], bytes]]] = {
    "signed transaction": (
        encode_signed_transaction(SIGNED_TX),
        lambda data: decode_signed_transaction(TINY, data),
        encode_signed_transaction,  # type: ignore[dict-item]  # given what its decoder gave
    ),
    "block": (
        encode_block(BLOCK),
        lambda data: decode_block(TINY, data),
        encode_block,  # type: ignore[dict-item]  # given what its decoder gave
    ),
    "genesis": (
        encode_genesis(GENESIS),
        decode_genesis,
        encode_genesis,  # type: ignore[dict-item]  # given what its decoder gave
    ),
    "receipt": (encode(RECEIPT, RECEIPT_VALUE), *_make(RECEIPT)),
    "account": (encode(ACCOUNT, Account(1, 2, 3, bytes(32))), *_make(ACCOUNT)),
    "supply": (encode(SUPPLY, Supply(1, 2)), *_make(SUPPLY)),
}


def mutate(rng: random.Random, data: bytes) -> bytes:
    """One to three edits: bits, boundary bytes, cuts, insertions, swapped or repeated spans."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(out) + 1)
        end = min(len(out), at + rng.randint(1, 8))
        match rng.randrange(6):
            case 0 if at < len(out):
                out[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(out):
                out[at] = rng.choice((0, 1, 2, 4, 0x7F, 0x80, 0xFF))
            case 2:
                del out[at:end]
            case 3:
                out[at:at] = rng.randbytes(rng.randint(1, 8))
            case 4:
                out[at:at] = out[at:end]
            case _:
                del out[at:]
    return bytes(out)


def check_mutants(name: str, count: int, seed: int) -> None:
    data, decode_it, encode_it = DECODERS[name]
    rng = random.Random(seed)
    accepted = 0
    for _ in range(count):
        mutant = mutate(rng, data)
        result = decode_it(mutant)
        if isinstance(result, Ok):
            accepted += 1
            assert encode_it(result.value) == mutant
        else:
            assert isinstance(result, Err)
            assert result.error.code
            assert result.error.message
    assert 0 < accepted < count


@pytest.mark.parametrize("name", DECODERS)
def test_mutated_encodings_give_a_value_or_a_coded_error(name: str) -> None:
    check_mutants(name, 10_000, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", DECODERS)
def test_a_million_mutated_encodings_give_a_value_or_a_coded_error(name: str) -> None:
    check_mutants(name, 200_000, seed=2)
