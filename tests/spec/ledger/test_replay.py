"""A signed transaction acts once, on one chain, exactly as it was signed."""

from dataclasses import replace

import pytest

from spec.crypto.signing import ED25519, ML_DSA_65, SECP256K1, validate_signature
from spec.ledger.block import Signed, authenticate_transaction
from spec.ledger.errors import TxNonceMismatch, TxSignatureInvalid, TxWrongChain
from spec.ledger.types import SenderKey, SignedTransaction, Transaction, Transfer
from spec.lib.result import Err, Ok
from tests.spec.ledger.support import (
    ALICE,
    BOB,
    CHAIN,
    build,
    make_chain,
    make_genesis,
    pay,
    person,
    sign_tx,
)

TX = pay(ALICE, BOB.address, 5)
SIGNED = sign_tx(ALICE, TX)


def authenticated(signed: SignedTransaction) -> Signed:
    sender = authenticate_transaction(validate_signature, signed)
    assert isinstance(sender, Ok)
    return Signed(signed, sender.value)


def test_an_included_transaction_is_refused_ever_after() -> None:
    first = build((authenticated(SIGNED),))
    again = build((authenticated(SIGNED),), parent=first.applied.state)
    assert again.refusals[0].error == TxNonceMismatch(0, 1)
    twice = build((authenticated(SIGNED), authenticated(SIGNED)))
    assert twice.refusals[0].error == TxNonceMismatch(0, 1)


def test_a_transaction_of_another_chain_is_refused() -> None:
    other_chain, other_start = make_chain(make_genesis(replace(CHAIN.config, name=b"other")))
    elsewhere = build((authenticated(SIGNED),), chain=other_chain, parent=other_start)
    assert elsewhere.refusals[0].error == TxWrongChain(CHAIN.genesis_id, other_chain.genesis_id)


TAMPERED: tuple[Transaction, ...] = (
    replace(TX, genesis_id=bytes(32)),
    replace(TX, nonce=1),
    replace(TX, gas_limit=TX.gas_limit + 1),
    replace(TX, fee_cap=TX.fee_cap - 1),
    replace(TX, tip=TX.tip - 1),
    replace(TX, expires_at_ms=TX.expires_at_ms - 1),
    replace(TX, payload=Transfer(ALICE.address, 5)),
    replace(TX, payload=Transfer(BOB.address, 6)),
    replace(TX, sender=BOB.key),
    replace(TX, sender=SenderKey(SECP256K1, ALICE.key.public_key)),
    replace(TX, sender=SenderKey(0, ALICE.key.public_key)),
    replace(TX, sender=SenderKey(ED25519, b"")),
)


@pytest.mark.parametrize("tx", TAMPERED)
def test_a_changed_field_spoils_the_signature(tx: Transaction) -> None:
    result = authenticate_transaction(validate_signature, SignedTransaction(tx, SIGNED.signature))
    assert isinstance(result, Err)
    assert isinstance(result.error, TxSignatureInvalid)
    assert result.error.cause.startswith("signature.")


@pytest.mark.parametrize("at", [0, 31, 32, 63])
def test_a_changed_signature_is_refused(at: int) -> None:
    spoilt = bytearray(SIGNED.signature)
    spoilt[at] ^= 1
    for signature in (bytes(spoilt), b"", SIGNED.signature + b"\0", SIGNED.signature[:-1]):
        assert isinstance(
            authenticate_transaction(validate_signature, SignedTransaction(TX, signature)), Err
        )


@pytest.mark.parametrize("scheme", [ED25519, SECP256K1, ML_DSA_65])
def test_every_scheme_sends_from_an_address_of_its_own(scheme: int) -> None:
    sender = person(77, scheme)
    signed = sign_tx(sender, pay(sender, BOB.address, 1))
    assert authenticate_transaction(validate_signature, signed) == Ok(sender.address)
    others = {person(77, other).address for other in (ED25519, SECP256K1, ML_DSA_65)}
    assert len(others) == 3
