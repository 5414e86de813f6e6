"""A transaction is valid exactly when none of the ordered checks fails."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.ledger.block import compute_environment
from spec.ledger.errors import TxError, TxMalformed, TxSignatureInvalid
from spec.ledger.fees import compute_intrinsic_gas
from spec.ledger.staking.errors import StakeError
from spec.ledger.types import Account, Call, Deploy, Transaction, Transfer
from spec.ledger.validity import (
    CHECKS,
    NONCE_MAX,
    Candidate,
    compute_all_failures,
    compute_largest_cost,
    validate_transaction,
)
from tests.spec.ledger.support import (
    ALICE,
    BOB,
    CHAIN,
    CONTRACT_ADDRESS,
    START,
    make_tx,
    next_draft,
    pay,
)

ENVIRONMENT = compute_environment(CHAIN, next_draft(CHAIN, START))
BASE_FEE = ENVIRONMENT.base_fee
NOW_MS = ENVIRONMENT.context.now_ms
TX = pay(ALICE, BOB.address, 10, nonce=5)
COST = compute_largest_cost(TX)
INTRINSIC = compute_intrinsic_gas(ENVIRONMENT.rules, TX)
SIZE_MAX = CHAIN.config.transaction_size_bytes_max
GAS_MAX = 1_000_000
NO_ADDRESS = bytes((7,)) + bytes(31)
ACCOUNT = Account(nonce=5, balance=10**12, inbox=0, code_id=bytes(32))
FIXED = 32 + 40 + 8 + 1 + 4 + 32 + 1
CALL_SIZE = FIXED + 60
DEPLOY_SIZE = FIXED + 24


def candidate(tx: Transaction, account: Account = ACCOUNT, gas: int = GAS_MAX) -> Candidate:
    return Candidate(ENVIRONMENT, account, gas, tx)


def bent(**changes: object) -> Candidate:
    return candidate(replace(TX, **changes))  # type: ignore[arg-type]  # tests name fields


def call_of(data_bytes: int) -> Candidate:
    call = Call(CONTRACT_ADDRESS, bytes(8), bytes(data_bytes), 0)
    return candidate(make_tx(ALICE, call, nonce=5, gas_limit=GAS_MAX))


def deploy_of(data_bytes: int) -> Candidate:
    return candidate(make_tx(ALICE, Deploy(bytes(data_bytes), b"", 0), nonce=5, gas_limit=GAS_MAX))


BOUNDARIES: tuple[tuple[str, Candidate, Candidate], ...] = (
    # code, just inside, just outside
    (
        "tx.wrong_chain",
        candidate(TX),
        bent(genesis_id=CHAIN.genesis_id[:-1] + bytes((CHAIN.genesis_id[-1] ^ 1,))),
    ),
    ("tx.too_large", call_of(SIZE_MAX - CALL_SIZE), call_of(SIZE_MAX - CALL_SIZE + 1)),
    ("tx.too_large", deploy_of(SIZE_MAX - DEPLOY_SIZE), deploy_of(SIZE_MAX - DEPLOY_SIZE + 1)),
    (
        "tx.address_invalid",
        bent(payload=Transfer(BOB.address, 1)),
        bent(payload=Transfer(NO_ADDRESS, 1)),
    ),
    (
        "tx.address_invalid",
        bent(payload=Call(CONTRACT_ADDRESS, bytes(8), b"", 0)),
        bent(payload=Call(NO_ADDRESS, bytes(8), b"", 0)),
    ),
    ("tx.tip_above_fee_cap", bent(tip=100), bent(tip=101)),
    ("tx.expired", bent(expires_at_ms=NOW_MS), bent(expires_at_ms=NOW_MS - 1)),
    (
        "tx.fee_cap_below_base_fee",
        bent(fee_cap=BASE_FEE, tip=0),
        bent(fee_cap=BASE_FEE - 1, tip=0),
    ),
    ("tx.gas_below_intrinsic", bent(gas_limit=INTRINSIC), bent(gas_limit=INTRINSIC - 1)),
    ("tx.gas_above_block", candidate(TX, gas=TX.gas_limit), candidate(TX, gas=TX.gas_limit - 1)),
    (
        "tx.nonce_exhausted",
        candidate(replace(TX, nonce=NONCE_MAX - 1), replace(ACCOUNT, nonce=NONCE_MAX - 1)),
        candidate(replace(TX, nonce=NONCE_MAX), replace(ACCOUNT, nonce=NONCE_MAX)),
    ),
    ("tx.nonce_mismatch", bent(nonce=5), bent(nonce=4)),
    ("tx.nonce_gap", bent(nonce=5), bent(nonce=6)),
    (
        "tx.insufficient_balance",
        candidate(TX, replace(ACCOUNT, balance=COST)),
        candidate(TX, replace(ACCOUNT, balance=COST - 1)),
    ),
)


@pytest.mark.parametrize(("code", "inside", "outside"), BOUNDARIES)
def test_each_check_holds_up_to_its_boundary(
    code: str, inside: Candidate, outside: Candidate
) -> None:
    assert validate_transaction(inside) is None
    assert compute_all_failures(inside) == ()
    failure = validate_transaction(outside)
    assert failure is not None
    assert failure.code == code
    assert failure.message
    assert compute_all_failures(outside) == (failure,)


def test_every_code_has_a_boundary_pair_or_belongs_to_another_pass() -> None:
    of_other_passes = {TxMalformed.code, TxSignatureInvalid.code}
    reached = {code for code, _, _ in BOUNDARIES}
    of_stake = {error.code for error in get_args(StakeError)}
    codes = {error.code for error in get_args(TxError)}
    assert of_stake <= codes
    assert reached | of_other_passes == codes - of_stake
    assert [code for code, _ in CHECKS] == list(dict.fromkeys(code for code, _ in CHECKS))
    assert reached == {code for code, _ in CHECKS}


FIELDS = ("genesis_id", "tip", "expires_at_ms", "fee_cap", "gas_limit", "nonce")


@given(
    st.builds(
        Transaction,
        genesis_id=st.sampled_from([CHAIN.genesis_id, bytes(32)]),
        sender=st.just(ALICE.key),
        nonce=st.sampled_from([0, 4, 5, 6, NONCE_MAX]),
        gas_limit=st.sampled_from(
            [0, INTRINSIC - 1, INTRINSIC, GAS_MAX, GAS_MAX + 1, (1 << 64) - 1]
        ),
        fee_cap=st.sampled_from([0, BASE_FEE - 1, BASE_FEE, (1 << 64) - 1]),
        tip=st.sampled_from([0, BASE_FEE, (1 << 64) - 1]),
        expires_at_ms=st.sampled_from([0, NOW_MS - 1, NOW_MS, (1 << 64) - 1]),
        payload=st.builds(
            Transfer,
            to=st.sampled_from([BOB.address, ALICE.address, CONTRACT_ADDRESS, NO_ADDRESS]),
            amount=st.sampled_from([0, 1, ACCOUNT.balance, (1 << 128) - 1]),
        ),
    )
)
def test_checks_are_total_and_the_first_failure_is_the_verdict(tx: Transaction) -> None:
    failures = compute_all_failures(candidate(tx))
    order = [code for code, _ in CHECKS]
    places = [order.index(failure.code) for failure in failures]
    assert places == sorted(places)
    assert validate_transaction(candidate(tx)) == (failures[0] if failures else None)
