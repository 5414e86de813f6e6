"""Which transactions a block may hold: an ordered tuple of total checks.

The first check that fails is the verdict, and each is total, so that all failures of a transaction
can be shown together. Signatures are no matter here: `spec.ledger.block.authenticate` is a pass of
its own.

Source: DESIGN.md 2.8, 2.12; decision record 0052.
"""

from collections.abc import Callable
from dataclasses import dataclass

from spec.crypto.address import is_address
from spec.ledger.codec import compute_size_bytes
from spec.ledger.engine import Environment
from spec.ledger.errors import (
    TxAddressInvalid,
    TxError,
    TxExpired,
    TxFeeCapBelowBaseFee,
    TxGasAboveBlock,
    TxGasBelowIntrinsic,
    TxInsufficientBalance,
    TxNonceExhausted,
    TxNonceGap,
    TxNonceMismatch,
    TxTipAboveFeeCap,
    TxTooLarge,
    TxWrongChain,
)
from spec.ledger.fees import compute_intrinsic_gas, get_value
from spec.ledger.types import Account, Call, Transaction, Transfer

NONCE_MAX = (1 << 64) - 1
"""No transaction has it: the account's next nonce would not fit."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A transaction beside everything its validity depends on."""

    environment: Environment
    account: Account
    """The sender's, before the transaction."""
    gas_available: int
    """Gas that the block has left."""
    tx: Transaction


Check = Callable[[Candidate], TxError | None]


def _check_chain(candidate: Candidate) -> TxError | None:
    expected = candidate.environment.context.genesis_id
    if candidate.tx.genesis_id == expected:
        return None
    return TxWrongChain(candidate.tx.genesis_id, expected)


def _check_size(candidate: Candidate) -> TxError | None:
    size_bytes = compute_size_bytes(candidate.tx)
    size_bytes_max = candidate.environment.config.transaction_size_bytes_max
    return None if size_bytes <= size_bytes_max else TxTooLarge(size_bytes, size_bytes_max)


def _check_address(candidate: Candidate) -> TxError | None:
    match candidate.tx.payload:
        case Transfer(to=address) | Call(contract=address):
            return None if is_address(address) else TxAddressInvalid(address)
        case _:
            return None


def _check_tip(candidate: Candidate) -> TxError | None:
    tx = candidate.tx
    return None if tx.tip <= tx.fee_cap else TxTipAboveFeeCap(tx.tip, tx.fee_cap)


def _check_expiry(candidate: Candidate) -> TxError | None:
    time_ms = candidate.environment.context.now_ms
    expires_at_ms = candidate.tx.expires_at_ms
    return None if time_ms <= expires_at_ms else TxExpired(expires_at_ms, time_ms)


def _check_fee_cap(candidate: Candidate) -> TxError | None:
    base_fee = candidate.environment.base_fee
    fee_cap = candidate.tx.fee_cap
    return None if fee_cap >= base_fee else TxFeeCapBelowBaseFee(fee_cap, base_fee)


def _check_gas_floor(candidate: Candidate) -> TxError | None:
    intrinsic = compute_intrinsic_gas(candidate.environment.rules, candidate.tx)
    gas_limit = candidate.tx.gas_limit
    return None if gas_limit >= intrinsic else TxGasBelowIntrinsic(gas_limit, intrinsic)


def _check_gas_ceiling(candidate: Candidate) -> TxError | None:
    gas_limit = candidate.tx.gas_limit
    available = candidate.gas_available
    return None if gas_limit <= available else TxGasAboveBlock(gas_limit, available)


def _check_nonce_exhausted(candidate: Candidate) -> TxError | None:
    nonce = candidate.tx.nonce
    return None if nonce < NONCE_MAX else TxNonceExhausted(nonce)


def _check_nonce_used(candidate: Candidate) -> TxError | None:
    nonce, expected = candidate.tx.nonce, candidate.account.nonce
    return None if nonce >= expected else TxNonceMismatch(nonce, expected)


def _check_nonce_gap(candidate: Candidate) -> TxError | None:
    nonce, expected = candidate.tx.nonce, candidate.account.nonce
    return None if nonce <= expected else TxNonceGap(nonce, expected)


def _check_balance(candidate: Candidate) -> TxError | None:
    needed = compute_largest_cost(candidate.tx)
    balance = candidate.account.balance
    return None if balance >= needed else TxInsufficientBalance(balance, needed)


CHECKS: tuple[tuple[str, Check], ...] = (
    (TxWrongChain.code, _check_chain),
    (TxTooLarge.code, _check_size),
    (TxAddressInvalid.code, _check_address),
    (TxTipAboveFeeCap.code, _check_tip),
    (TxExpired.code, _check_expiry),
    (TxFeeCapBelowBaseFee.code, _check_fee_cap),
    (TxGasBelowIntrinsic.code, _check_gas_floor),
    (TxGasAboveBlock.code, _check_gas_ceiling),
    (TxNonceExhausted.code, _check_nonce_exhausted),
    (TxNonceMismatch.code, _check_nonce_used),
    (TxNonceGap.code, _check_nonce_gap),
    (TxInsufficientBalance.code, _check_balance),
)
"""In order; the first failure is the verdict."""


def compute_largest_cost(tx: Transaction) -> int:
    """The most a transaction can take from its sender: value and all its gas at the fee cap."""
    return get_value(tx) + tx.gas_limit * tx.fee_cap


def validate_transaction(candidate: Candidate) -> TxError | None:
    """Why a transaction may not stand next in a block, None if it may.

    Args:
        candidate: a transaction with its circumstances.
    """
    for _, check in CHECKS:
        failure = check(candidate)
        if failure is not None:
            return failure
    return None


def compute_all_failures(candidate: Candidate) -> tuple[TxError, ...]:
    """Every check that a transaction fails, in the normative order; the first is the verdict."""
    verdicts = (check(candidate) for _, check in CHECKS)
    return tuple(verdict for verdict in verdicts if verdict is not None)
