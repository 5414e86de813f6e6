"""What consensus reads of the ledger after a block: every listed validator and its stake.

Source: DESIGN.md 2.13; CONSENSUS.md 1; decision record 0055.
"""

from dataclasses import dataclass

from spec.ledger.staking.registry import ValidatorStatus, get_registry, get_validator
from spec.ledger.state import StateReader


@dataclass(frozen=True, slots=True)
class RegisteredValidator:
    """A validator as consensus sees it."""

    validator: int
    """Index in the registry, never given twice."""
    operator: bytes
    """Address (32 bytes) that tips and commissions go to."""
    consensus_key: bytes
    """Ed25519 public key, 32 bytes, of what it signs now."""
    previous_key: bytes
    """The key before the last rotation: evidence may show what it signed; zeros if none."""
    rotated_at_ms: int
    """Block time of that rotation; 0 if there was none."""
    stake: int
    """Tokens of its pool. Where there is delegation, these are its votes."""
    unbonding: int
    """Tokens that left the pool and are still at risk."""
    status: ValidatorStatus
    jailed_until_ms: int
    withdrawable_at_ms: int
    """Of one exiting or slashed: block time from which it is no longer listed; else 0."""


@dataclass(frozen=True, slots=True)
class LedgerView:
    """What consensus reads of the ledger after a block: who is registered, with which stake."""

    validators: tuple[RegisteredValidator, ...]
    """Every listed validator, ascending by index."""


def compute_ledger_view(reader: StateReader) -> LedgerView:
    """The view of a state: reads the registry and the record of each listed validator."""
    return LedgerView(tuple(_compute_entry(reader, index) for index in get_registry(reader).listed))


def _compute_entry(reader: StateReader, index: int) -> RegisteredValidator:
    validator = get_validator(reader, index)
    assert validator is not None, "a listed validator has a record"
    return RegisteredValidator(
        validator=index,
        operator=validator.operator,
        consensus_key=validator.consensus_key,
        previous_key=validator.previous_key,
        rotated_at_ms=validator.rotated_at_ms,
        stake=validator.pool.tokens,
        unbonding=validator.unbonding.tokens,
        status=ValidatorStatus(validator.status),
        jailed_until_ms=validator.jailed_until_ms,
        withdrawable_at_ms=validator.withdrawable_at_ms,
    )
