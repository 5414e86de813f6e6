"""Headers: what must follow from the parent's, as ordered total checks, and drafts of the next one.

Source: DESIGN.md 2.5, 2.8, 2.14.
"""

from collections.abc import Callable
from dataclasses import dataclass

from spec.config import ChainConfig, get_rules
from spec.config.validity import TIME_MS_LIMIT
from spec.crypto.address import is_address
from spec.ledger.codec import compute_block_id
from spec.ledger.errors import (
    BlockBaseFeeMismatch,
    BlockError,
    BlockHeightMismatch,
    BlockParentMismatch,
    BlockProposerInvalid,
    BlockSlotNotAfterParent,
    BlockTimeBeforeParent,
    BlockTimeTooLarge,
    BlockVersionMismatch,
)
from spec.ledger.fees import compute_next_base_fee
from spec.ledger.ops import ConsensusFields
from spec.ledger.types import Draft, Header


@dataclass(frozen=True, slots=True)
class DraftChoice:
    """What of a draft a producer and its consensus choose; the rest follows from the parent."""

    slot: int
    """Above the parent's."""
    time_ms: int
    """Not before the parent's."""
    proposer: bytes
    """Address that the tips go to."""
    validators_root: bytes
    next_validators_root: bytes
    consensus: ConsensusFields


def compute_draft(config: ChainConfig, parent: Header, choice: DraftChoice) -> Draft:
    """The draft of the block after `parent`."""
    height = parent.height + 1
    return Draft(
        version=get_rules(config, height).version,
        parent=compute_block_id(parent),
        height=height,
        slot=choice.slot,
        time_ms=choice.time_ms,
        proposer=choice.proposer,
        validators_root=choice.validators_root,
        next_validators_root=choice.next_validators_root,
        base_fee=compute_next_base_fee(config, parent.base_fee, parent.gas_used),
        consensus=choice.consensus,
    )


@dataclass(frozen=True, slots=True)
class Succession:
    """A draft beside the header that it claims to follow."""

    config: ChainConfig
    parent: Header
    draft: Draft


Check = Callable[[Succession], BlockError | None]


def _check_parent(succession: Succession) -> BlockError | None:
    expected = compute_block_id(succession.parent)
    found = succession.draft.parent
    return None if found == expected else BlockParentMismatch(found, expected)


def _check_height(succession: Succession) -> BlockError | None:
    expected = succession.parent.height + 1
    found = succession.draft.height
    return None if found == expected else BlockHeightMismatch(found, expected)


def _check_version(succession: Succession) -> BlockError | None:
    expected = get_rules(succession.config, succession.parent.height + 1).version
    found = succession.draft.version
    return None if found == expected else BlockVersionMismatch(found, expected)


def _check_slot(succession: Succession) -> BlockError | None:
    slot, parent_slot = succession.draft.slot, succession.parent.slot
    return None if slot > parent_slot else BlockSlotNotAfterParent(slot, parent_slot)


def _check_time_order(succession: Succession) -> BlockError | None:
    time_ms, parent_time_ms = succession.draft.time_ms, succession.parent.time_ms
    return None if time_ms >= parent_time_ms else BlockTimeBeforeParent(time_ms, parent_time_ms)


def _check_time_limit(succession: Succession) -> BlockError | None:
    time_ms = succession.draft.time_ms
    return None if time_ms < TIME_MS_LIMIT else BlockTimeTooLarge(time_ms)


def _check_proposer(succession: Succession) -> BlockError | None:
    proposer = succession.draft.proposer
    return None if is_address(proposer) else BlockProposerInvalid(proposer)


def _check_base_fee(succession: Succession) -> BlockError | None:
    parent = succession.parent
    expected = compute_next_base_fee(succession.config, parent.base_fee, parent.gas_used)
    found = succession.draft.base_fee
    return None if found == expected else BlockBaseFeeMismatch(found, expected)


CHECKS: tuple[tuple[str, Check], ...] = (
    (BlockParentMismatch.code, _check_parent),
    (BlockHeightMismatch.code, _check_height),
    (BlockVersionMismatch.code, _check_version),
    (BlockSlotNotAfterParent.code, _check_slot),
    (BlockTimeBeforeParent.code, _check_time_order),
    (BlockTimeTooLarge.code, _check_time_limit),
    (BlockProposerInvalid.code, _check_proposer),
    (BlockBaseFeeMismatch.code, _check_base_fee),
)
"""In order; the first failure is the verdict."""


def validate_draft(succession: Succession) -> BlockError | None:
    """Why a draft cannot follow its parent, None if it can; the consensus asks who may propose."""
    for _, check in CHECKS:
        failure = check(succession)
        if failure is not None:
            return failure
    return None


def compute_all_failures(succession: Succession) -> tuple[BlockError, ...]:
    """Every check that a draft fails, in the normative order; the first is the verdict."""
    verdicts = (check(succession) for _, check in CHECKS)
    return tuple(verdict for verdict in verdicts if verdict is not None)
