"""Laws of proofs against a header: what is in the block is proved, and nothing else is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.ledger.block import build_block
from spec.ledger.codec import compute_tx_id
from spec.ledger.ledger_ops import NO_CONSENSUS_STEP
from spec.ledger.ops import DoubleProduction
from spec.ledger.state import SUPPLY_KEY, TreeReader
from spec.ledger.types import EMPTY_ACCOUNT, OPS, RECEIPTS, TRANSACTIONS
from spec.lib.result import Err, Ok
from spec.lib.ssz import compute_merkle_proof, get_generalized_index
from spec.lib.trie import find_leaf
from spec.lib.trie_proof import compute_proof
from spec.light.inclusion import (
    apply_transaction_proof,
    validate_account,
    validate_cell,
    validate_leaf,
    validate_op,
    validate_receipt,
)
from spec.limits import BLOCK_OPS_MAX, BLOCK_TRANSACTIONS_MAX
from tests.spec.ledger.support import (
    ALICE,
    BOB,
    CAROL,
    CHAIN,
    DAVE,
    START,
    next_draft,
    pay,
    unsigned,
)

OP = DoubleProduction(0, 7, bytes(32), bytes(64), b"\1" * 32, bytes(64))


BUILT = build_block(
    CHAIN,
    START,
    (next_draft(CHAIN, START), (OP,)),
    unsigned(
        (ALICE, pay(ALICE, BOB.address, 5, tip=1)),
        (BOB, pay(BOB, CAROL.address, 6)),
        (CAROL, pay(CAROL, ALICE.address, 7, tip=3)),
    ),
    NO_CONSENSUS_STEP,
)
assert isinstance(BUILT, Ok)
HEADER, BODY, APPLIED = BUILT.value.header, BUILT.value.body, BUILT.value.applied
TREE = APPLIED.state.tree


@pytest.mark.parametrize("person", [ALICE, BOB, CAROL, DAVE])
def test_an_account_is_proved_as_it_is_and_no_richer(person: object) -> None:
    address = person.address  # type: ignore[attr-defined]  # one of the four above
    account = TreeReader(TREE).get_account(address)
    proof = compute_proof(TREE, address)
    assert validate_account(HEADER, address, account, proof) is None
    richer = replace(account, balance=account.balance + 1)
    error = validate_account(HEADER, address, richer, proof)
    assert error is not None
    old = compute_proof(START.tree, address)
    assert validate_account(HEADER, address, account, old) is not None


def test_absence_is_proved_and_not_claimed_of_what_is_there() -> None:
    stranger = bytes((1,)) + b"\7" * 31
    proof = compute_proof(TREE, stranger)
    assert validate_account(HEADER, stranger, EMPTY_ACCOUNT, proof) is None
    present = compute_proof(TREE, ALICE.address)
    hidden = validate_account(HEADER, ALICE.address, EMPTY_ACCOUNT, present)
    assert hidden is not None
    assert hidden.code == "trie.key_present"
    cell = b"\7" * 32
    absent = compute_proof(TREE, bytes((4,)) + cell[1:])
    assert validate_cell(HEADER, cell, None, absent) is None
    assert validate_cell(HEADER, cell, b"\1", absent) is not None
    supply = find_leaf(TREE, SUPPLY_KEY)
    assert supply is not None
    assert validate_leaf(HEADER, SUPPLY_KEY, supply.value, compute_proof(TREE, SUPPLY_KEY)) is None


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33), bytes(32)])
def test_keys_of_no_form_are_refused(key: bytes) -> None:
    proof = compute_proof(TREE, ALICE.address)
    error = validate_account(HEADER, key, EMPTY_ACCOUNT, proof)
    assert error is not None
    assert error.code == "light.key_malformed"
    if len(key) != 32:
        assert validate_cell(HEADER, key, None, proof) == error
        assert validate_leaf(HEADER, key, None, proof) == error


def prove(descriptor: object, values: object, place: int) -> tuple[bytes, ...]:
    index = get_generalized_index(descriptor, (place,))  # type: ignore[arg-type]  # one of three
    return compute_merkle_proof(descriptor, values, index)  # type: ignore[arg-type]  # its values


@pytest.mark.parametrize("place", range(3))
def test_a_transaction_and_its_receipt_are_proved_at_their_place_only(place: int) -> None:
    signed, receipt = BODY.transactions[place], APPLIED.receipts[place]
    branch = prove(TRANSACTIONS, BODY.transactions, place)
    beside = prove(RECEIPTS, APPLIED.receipts, place)
    proved = apply_transaction_proof(HEADER, place, signed, branch)
    assert proved == Ok(compute_tx_id(signed.transaction))
    assert validate_receipt(HEADER, place, receipt, beside) is None
    for wrong in (place + 1, -1, BLOCK_TRANSACTIONS_MAX):
        assert isinstance(apply_transaction_proof(HEADER, wrong, signed, branch), Err)
        assert validate_receipt(HEADER, wrong, receipt, beside) is not None
    forged = replace(signed, transaction=replace(signed.transaction, nonce=9))
    assert isinstance(apply_transaction_proof(HEADER, place, forged, branch), Err)
    better = replace(receipt, gas_used=receipt.gas_used + 1)
    assert validate_receipt(HEADER, place, better, beside) is not None


def test_an_op_is_proved_at_its_place_only() -> None:
    branch = prove(OPS, BODY.ops, 0)
    assert validate_op(HEADER, 0, OP, branch) is None
    for wrong in (1, -1, BLOCK_OPS_MAX):
        assert validate_op(HEADER, wrong, OP, branch) is not None
    assert validate_op(HEADER, 0, replace(OP, slot=8), branch) is not None


@given(st.data())
def test_cut_extended_and_damaged_branches_prove_nothing(data: st.DataObject) -> None:
    signed = BODY.transactions[1]
    branch = prove(TRANSACTIONS, BODY.transactions, 1)
    level = data.draw(st.integers(0, len(branch) - 1))
    node = bytearray(branch[level])
    node[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
    damaged = (*branch[:level], bytes(node), *branch[level + 1 :])
    for wrong in (branch[:level], (*branch, bytes(32)), damaged, ()):
        refused = apply_transaction_proof(HEADER, 1, signed, wrong)
        assert isinstance(refused, Err)
        assert refused.error.code == "light.part_not_proved"
