"""Who answers for evidence on a chain: a listed validator, once, with the keys it signed by.

Source: CONSENSUS.md 1 (accountability); DESIGN.md 2.13; decision records 0058, 0072.
"""

from bisect import bisect_left

from spec.consensus.errors import ConsensusError
from spec.consensus.evidence import get_offender, validate_evidence
from spec.consensus.finality_errors import OffenderConvicted, OffenderUnknown
from spec.consensus.interface import Evidence, RulesContext
from spec.ledger.staking.registry import ValidatorStatus
from spec.ledger.staking.view import LedgerView, RegisteredValidator
from spec.ledger.types import ZERO_BYTES32

SLASH_MULTIPLIER = 3
"""A third convicted together loses all."""


def get_validator(view: LedgerView, validator: int) -> RegisteredValidator | None:
    """A listed validator, None if it is not listed."""
    at = bisect_left(view.validators, validator, key=lambda entry: entry.validator)
    entry = view.validators[at] if at < len(view.validators) else None
    return entry if entry is not None and entry.validator == validator else None


def is_answerable(view: LedgerView, validator: int) -> bool:
    """Whether evidence could still convict somebody: listed, and not slashed."""
    entry = get_validator(view, validator)
    return entry is not None and entry.status != ValidatorStatus.SLASHED


def validate_offence(
    context: RulesContext, view: LedgerView, evidence: Evidence
) -> ConsensusError | None:
    """Checks, in order: the offender is listed and not slashed; the evidence proves an offence.

    A key that was rotated away still answers for what it signed.
    """
    offender = get_offender(evidence)
    entry = get_validator(view, offender)
    if entry is None:
        return OffenderUnknown(offender)
    if entry.status == ValidatorStatus.SLASHED:
        return OffenderConvicted(offender)
    error = validate_evidence(context.genesis_id, context.verify, entry.consensus_key, evidence)
    if error is None or entry.previous_key == ZERO_BYTES32:
        return error
    return validate_evidence(context.genesis_id, context.verify, entry.previous_key, evidence)
