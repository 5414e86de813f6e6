"""Actions on stake as bytes: old encodings stay, new ones are canonical, each pays its way."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.config import get_rules
from spec.ledger.codec import (
    compute_signed_size_bytes,
    compute_size_bytes,
    decode_signed_transaction,
    encode_signed_transaction,
)
from spec.ledger.fees import compute_intrinsic_gas, get_value
from spec.ledger.stake_actions import Bond, Exit, RotateKey, StakeAction, Unbond, Unjail
from spec.ledger.types import PAYLOAD, TRANSACTION, Call, Deploy, SignedTransaction, Transfer
from spec.lib.result import Err, Ok
from spec.lib.ssz import decode, encode
from spec.lib.ssz.errors import TooLong
from spec.limits import APPROVALS_MAX
from tests.spec.ledger.staking.support import delegate
from tests.spec.ledger.support import ALICE, BOB, CHAIN, make_tx

RULES = get_rules(CHAIN.config, 1)
KEY, PROOF = bytes(range(32)), bytes(range(64))
ACTIONS: tuple[StakeAction, ...] = (
    Bond(KEY, PROOF, (1 << 128) - 1),
    delegate(),
    delegate((0, 1)),
    delegate(*((n, n) for n in range(APPROVALS_MAX))),
    Unbond((1 << 32) - 1, 7),
    Exit(3),
    Unjail(4),
    RotateKey(5, KEY, PROOF),
)


def sign_nothing(action: StakeAction) -> SignedTransaction:
    return SignedTransaction(make_tx(ALICE, action), bytes(64))


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_decodes_to_itself_and_is_as_long_as_is_said(action: StakeAction) -> None:
    signed = sign_nothing(action)
    data = encode_signed_transaction(signed)
    assert decode_signed_transaction(CHAIN.config, data) == Ok(signed)
    assert len(encode(TRANSACTION, signed.transaction)) == compute_size_bytes(signed.transaction)
    assert compute_signed_size_bytes(signed) == len(data) + 4


def test_payloads_of_earlier_kinds_keep_their_selectors() -> None:
    earlier = (Transfer(BOB.address, 1), Deploy(b"", b"", 0), Call(BOB.address, bytes(8), b"", 0))
    selectors = [encode(PAYLOAD, payload)[0] for payload in (*earlier, *ACTIONS)]
    assert selectors == [0, 1, 2, 3, 4, 4, 4, 5, 6, 7, 8]


@given(st.sampled_from(ACTIONS), st.data())
def test_a_mutated_encoding_is_refused_or_is_another_transaction(
    action: StakeAction, data: st.DataObject
) -> None:
    signed = sign_nothing(action)
    encoded = bytearray(encode_signed_transaction(signed))
    kind = data.draw(st.integers(0, 2))
    if kind == 0:
        place = data.draw(st.integers(0, len(encoded) - 1))
        encoded[place] ^= data.draw(st.integers(1, 255))
    elif kind == 1:
        del encoded[data.draw(st.integers(0, len(encoded) - 1)) :]
    else:
        encoded += data.draw(st.binary(min_size=1, max_size=40))
    decoded = decode_signed_transaction(CHAIN.config, bytes(encoded))
    if isinstance(decoded, Err):
        assert decoded.error.code in ("tx.malformed", "tx.too_large")
    else:
        assert decoded.value != signed
        assert encode_signed_transaction(decoded.value) == bytes(encoded)


def test_more_approvals_than_the_format_holds_are_no_payload() -> None:
    full = encode(PAYLOAD, delegate(*((n, n) for n in range(APPROVALS_MAX))))
    assert isinstance(decode(PAYLOAD, full), Ok)
    assert decode(PAYLOAD, full + bytes(20)) == Err(TooLong(at=5, limit=32, actual=33))


def test_intrinsic_gas_counts_validators_bytes_and_proofs() -> None:
    base = compute_intrinsic_gas(RULES, make_tx(ALICE, Transfer(BOB.address, 0)))
    signature = 1_100
    expected: dict[StakeAction, int] = {
        Bond(KEY, PROOF, 1): RULES.stake_gas + 2 * 112 + signature,
        delegate((0, 1)): RULES.stake_gas + 2 * 24,
        delegate((0, 1), (1, 1)): 2 * RULES.stake_gas + 2 * 44,
        Unbond(0, 1): RULES.stake_gas + 2 * 20,
        Exit(0): RULES.stake_gas + 2 * 4,
        Unjail(0): RULES.stake_gas + 2 * 4,
        RotateKey(0, KEY, PROOF): RULES.stake_gas + 2 * 100 + signature,
    }
    for action, gas in expected.items():
        assert compute_intrinsic_gas(RULES, make_tx(ALICE, action)) == base + gas


def test_an_action_takes_at_most_its_amounts() -> None:
    assert get_value(make_tx(ALICE, Bond(KEY, PROOF, 7))) == 7
    assert get_value(make_tx(ALICE, delegate((0, 7), (1, 5)))) == 12
    for action in (Unbond(0, 7), Exit(0), Unjail(0), RotateKey(0, KEY, PROOF)):
        assert get_value(make_tx(ALICE, action)) == 0


def test_an_actions_gas_depends_on_the_scheme_of_the_sender() -> None:
    tx = make_tx(ALICE, Exit(0))
    dearer = replace(tx, sender=replace(tx.sender, scheme=3))
    assert compute_intrinsic_gas(RULES, dearer) - compute_intrinsic_gas(RULES, tx) == 10_500
