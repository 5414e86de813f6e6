"""Time in slots, each owned by one producer: what the rules of PoS and DPoS share.

Slot s begins at genesis time + s * slot_ms, and that is the time of its block. The genesis block
has slot 0.

Source: CONSENSUS.md 1; INTERFACE.md 2.6, 2.8; decision record 0073.
"""

from spec.consensus.errors import ConsensusError, ValidatorsRootMismatch
from spec.consensus.evidence import compute_seal_root
from spec.consensus.finality_state import FinalityState
from spec.consensus.interface import RulesContext
from spec.consensus.offences import get_validator
from spec.consensus.slot_errors import (
    ProducerOutOfTurn,
    SealInvalid,
    SealNotSignature,
    SlotNotOfTime,
)
from spec.ledger.codec import compute_block_id
from spec.ledger.ops import Seal, SignatureSeal
from spec.ledger.types import Header


def get_slot(context: RulesContext, now_ms: int) -> int:
    """The slot that a time lies in, rounding down; 0 before the first."""
    return max(0, now_ms - context.genesis_time_ms) // context.config.slot_ms


def get_slot_time(context: RulesContext, slot: int) -> int:
    """When a slot begins, ms."""
    return context.genesis_time_ms + slot * context.config.slot_ms


def validate_slot_time(context: RulesContext, header: Header) -> ConsensusError | None:
    """A block's time is the beginning of its slot."""
    expected_ms = get_slot_time(context, header.slot)
    if header.time_ms == expected_ms:
        return None
    return SlotNotOfTime(header.slot, header.time_ms, expected_ms)


def validate_producer(finality: FinalityState, owner: int, header: Header) -> ConsensusError | None:
    """Checks, in order: both set roots, the proposer.

    Args:
        finality: of the ticked state.
        owner: index of the slot's owner.
        header: untrusted.
    """
    found = (header.validators_root, header.next_validators_root)
    expected = (finality.current_root, finality.previous_root)
    for root, right in zip(found, expected, strict=True):
        if root != right:
            return ValidatorsRootMismatch(root, right)
    entry = get_validator(finality.view, owner)
    if entry is None or entry.operator != header.proposer:
        return ProducerOutOfTurn(header.slot, owner, header.proposer)
    return None


def validate_signature_seal(
    context: RulesContext, case: tuple[FinalityState, int], header: Header, seal: Seal
) -> ConsensusError | None:
    """The seal is the owner's signature over slot and block id.

    Args:
        context: chain and signature check.
        case: finality of the ticked state, and the slot's owner.
        header: whose proposer is the owner's operator.
        seal: untrusted.
    """
    finality, owner = case
    if not isinstance(seal, SignatureSeal):
        return SealNotSignature()
    entry = get_validator(finality.view, owner)
    root = compute_seal_root(context.genesis_id, header.slot, compute_block_id(header))
    if entry is None or not context.verify(entry.consensus_key, root, seal.signature):
        return SealInvalid(owner)
    return None
