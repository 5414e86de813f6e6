"""Which actions on stake a block may hold: a second stage of ordered total checks.

It follows the checks that every transaction passes. Nothing here runs code, so whatever would fail
is known beforehand: such a transaction is refused like one without funds, and costs its sender
nothing. The first check that fails is the verdict; each is total. The dearest, a signature, is the
last.

Source: DESIGN.md 2.8, 2.13; decision record 0056.
"""

from collections.abc import Callable
from dataclasses import dataclass

from spec.config import StakingConfig
from spec.crypto.domains import Domain, compute_signing_root
from spec.crypto.signing import ED25519, is_consensus_key, validate_signature
from spec.ledger.engine import Environment
from spec.ledger.stake_actions import (
    POSSESSION,
    Bond,
    Delegate,
    Exit,
    Possession,
    RotateKey,
    StakeAction,
    Unbond,
    Unjail,
)
from spec.ledger.staking.errors import (
    StakeError,
    TxApprovalsMalformed,
    TxBondTooSmall,
    TxConsensusKeyInvalid,
    TxConsensusKeyTaken,
    TxJailNotOver,
    TxNotOperator,
    TxPoolDepleted,
    TxPositionsTooMany,
    TxPossessionInvalid,
    TxRegistryFull,
    TxRotationTooSoon,
    TxSharesMissing,
    TxStakeBelowShare,
    TxUnbondingsTooMany,
    TxValidatorStatus,
    TxValidatorUnknown,
)
from spec.ledger.staking.pools import (
    apply_redemption,
    compute_purchase,
    compute_worth,
    is_depleted,
)
from spec.ledger.staking.registry import (
    Validator,
    ValidatorStatus,
    get_holder,
    get_position,
    get_registry,
    get_validator,
    is_key_taken,
)
from spec.ledger.state import StateReader
from spec.ledger.types import ZERO_BYTES32, SenderKey
from spec.lib.ssz import hash_tree_root
from spec.limits import POSITIONS_MAX, UNBONDINGS_MAX, VALIDATORS_MAX

INDEX_MAX = (1 << 32) - 1
"""No validator has it: the next index would not fit."""
IN_SERVICE = (ValidatorStatus.ACTIVE, ValidatorStatus.JAILED)


@dataclass(frozen=True, slots=True)
class StakeCandidate:
    """An action beside everything its validity and its effect depend on."""

    environment: Environment
    reader: StateReader
    """The state before it."""
    sender: bytes
    """Address, 32 bytes."""
    key: SenderKey
    """The sender's."""
    action: StakeAction

    @property
    def config(self) -> StakingConfig:
        """The chain's parameters of stake."""
        return self.environment.config.staking

    @property
    def now_ms(self) -> int:
        """The block's time."""
        return self.environment.context.now_ms


Check = Callable[[StakeCandidate], StakeError | None]


def compute_possession_root(genesis_id: bytes, consensus_key: bytes, operator: bytes) -> bytes:
    """What a consensus key signs (32 bytes) so that an account may register it.

    Args:
        genesis_id: the chain, 32 bytes.
        consensus_key: Ed25519 public key, 32 bytes.
        operator: address of the account, 32 bytes.
    """
    root = hash_tree_root(POSSESSION, Possession(consensus_key, operator))
    return compute_signing_root(Domain.PROOF_OF_POSSESSION, genesis_id, root)


def _get_targets(action: StakeAction) -> tuple[int, ...]:
    """The validators that must exist for an action."""
    match action:
        case Bond():
            return ()
        case Delegate(approvals=approvals):
            return tuple(approval.validator for approval in approvals)
        case _:
            return (action.validator,)


def _get_known(candidate: StakeCandidate) -> tuple[tuple[int, Validator], ...]:
    """The validators of an action that exist."""
    records = ((i, get_validator(candidate.reader, i)) for i in _get_targets(candidate.action))
    return tuple((index, record) for index, record in records if record is not None)


def _check_approvals(candidate: StakeCandidate) -> StakeError | None:
    action = candidate.action
    if not isinstance(action, Delegate):
        return None
    if not action.approvals:
        return TxApprovalsMalformed(0)
    before = -1
    for position, approval in enumerate(action.approvals):
        if approval.amount == 0 or approval.validator <= before:
            return TxApprovalsMalformed(position)
        before = approval.validator
    return None


def _check_key(candidate: StakeCandidate) -> StakeError | None:
    action = candidate.action
    if not isinstance(action, Bond | RotateKey):
        return None
    key = action.consensus_key
    is_own = candidate.key.scheme == ED25519 and candidate.key.public_key == key
    return None if is_consensus_key(key) and not is_own else TxConsensusKeyInvalid(key)


def _check_exists(candidate: StakeCandidate) -> StakeError | None:
    for index in _get_targets(candidate.action):
        if get_validator(candidate.reader, index) is None:
            return TxValidatorUnknown(index)
    return None


def _check_operator(candidate: StakeCandidate) -> StakeError | None:
    if not isinstance(candidate.action, Exit | Unjail | RotateKey):
        return None
    for index, validator in _get_known(candidate):
        if validator.operator != candidate.sender:
            return TxNotOperator(index, validator.operator)
    return None


def _check_positions(candidate: StakeCandidate) -> StakeError | None:
    """Others' pools are bounded by the chain, all pools by the format."""
    action, reader = candidate.action, candidate.reader
    if not isinstance(action, Bond | Delegate):
        return None
    held = tuple(p.validator for p in get_holder(reader, candidate.sender).positions)
    after = tuple(dict.fromkeys((*held, *_get_targets(action))))
    records = (get_validator(reader, index) for index in after)
    others = sum(r is not None and r.operator != candidate.sender for r in records)
    if isinstance(action, Delegate) and others > candidate.config.approvals_max:
        return TxPositionsTooMany(others, candidate.config.approvals_max)
    count = len(after) + isinstance(action, Bond)
    return None if count <= POSITIONS_MAX else TxPositionsTooMany(count, POSITIONS_MAX)


def _check_status(candidate: StakeCandidate) -> StakeError | None:
    """Shares may be given back whatever the status is."""
    if isinstance(candidate.action, Unbond):
        return None
    is_return = isinstance(candidate.action, Unjail)
    admitted = (ValidatorStatus.JAILED,) if is_return else IN_SERVICE
    for index, validator in _get_known(candidate):
        if validator.status not in admitted:
            return TxValidatorStatus(index, validator.status)
    return None


def _check_jail(candidate: StakeCandidate) -> StakeError | None:
    if not isinstance(candidate.action, Unjail):
        return None
    for _, validator in _get_known(candidate):
        if candidate.now_ms < validator.jailed_until_ms:
            return TxJailNotOver(validator.jailed_until_ms, candidate.now_ms)
    return None


def _check_rotation(candidate: StakeCandidate) -> StakeError | None:
    """One earlier key is remembered: it must be past answering before it is forgotten."""
    if not isinstance(candidate.action, RotateKey):
        return None
    for _, validator in _get_known(candidate):
        next_ms = validator.rotated_at_ms + candidate.config.unbonding_ms
        if validator.previous_key != ZERO_BYTES32 and candidate.now_ms < next_ms:
            return TxRotationTooSoon(next_ms, candidate.now_ms)
    return None


def _check_key_taken(candidate: StakeCandidate) -> StakeError | None:
    action = candidate.action
    if not isinstance(action, Bond | RotateKey):
        return None
    is_taken = is_key_taken(candidate.reader, action.consensus_key)
    return TxConsensusKeyTaken(action.consensus_key) if is_taken else None


def _compute_own_stake(candidate: StakeCandidate) -> int | None:
    """The operator's own stake after the action, where it has a least value; else None."""
    action, reader, sender = candidate.action, candidate.reader, candidate.sender
    if isinstance(action, Bond):
        return action.amount
    if not isinstance(action, Unjail | Unbond):
        return None
    validator = get_validator(reader, action.validator)
    if validator is None or validator.operator != sender or validator.status not in IN_SERVICE:
        return None
    held = get_position(reader, sender, action.validator).shares
    if isinstance(action, Unjail):
        return compute_worth(validator.pool, held)
    given = min(action.shares, held)
    return compute_worth(apply_redemption(validator.pool, given), held - given)


def _check_bond(candidate: StakeCandidate) -> StakeError | None:
    stake, bond_min = _compute_own_stake(candidate), candidate.config.bond_min
    return None if stake is None or stake >= bond_min else TxBondTooSmall(stake, bond_min)


def _check_registry(candidate: StakeCandidate) -> StakeError | None:
    if not isinstance(candidate.action, Bond):
        return None
    registry = get_registry(candidate.reader)
    has_room = len(registry.listed) < VALIDATORS_MAX and registry.next_index < INDEX_MAX
    return None if has_room else TxRegistryFull(VALIDATORS_MAX)


def _check_depleted(candidate: StakeCandidate) -> StakeError | None:
    action = candidate.action
    for index, validator in _get_known(candidate):
        entered = validator.pool if isinstance(action, Delegate) else validator.unbonding
        if isinstance(action, Delegate | Unbond | Exit) and is_depleted(entered):
            return TxPoolDepleted(index)
    return None


def _check_purchase(candidate: StakeCandidate) -> StakeError | None:
    action = candidate.action
    if not isinstance(action, Delegate):
        return None
    records = dict(_get_known(candidate))
    for approval in action.approvals:
        record = records.get(approval.validator)
        if record is None or is_depleted(record.pool):
            continue
        if compute_purchase(record.pool, approval.amount).shares == 0:
            return TxStakeBelowShare(approval.validator, approval.amount)
    return None


def _check_shares(candidate: StakeCandidate) -> StakeError | None:
    action = candidate.action
    if not isinstance(action, Unbond):
        return None
    held = get_position(candidate.reader, candidate.sender, action.validator).shares
    return None if 1 <= action.shares <= held else TxSharesMissing(action.shares, held)


def _check_unbondings(candidate: StakeCandidate) -> StakeError | None:
    """An exit is always admitted, beside those that wait: there is at most one."""
    action = candidate.action
    if not isinstance(action, Unbond):
        return None
    count = get_position(candidate.reader, candidate.sender, action.validator).unbondings
    return None if count < UNBONDINGS_MAX else TxUnbondingsTooMany(UNBONDINGS_MAX)


def _check_possession(candidate: StakeCandidate) -> StakeError | None:
    action = candidate.action
    if not isinstance(action, Bond | RotateKey):
        return None
    genesis_id = candidate.environment.context.genesis_id
    root = compute_possession_root(genesis_id, action.consensus_key, candidate.sender)
    failure = validate_signature(ED25519, action.consensus_key, root, action.proof)
    return None if failure is None else TxPossessionInvalid(failure.code)


CHECKS: tuple[tuple[str, Check], ...] = (
    (TxApprovalsMalformed.code, _check_approvals),
    (TxConsensusKeyInvalid.code, _check_key),
    (TxValidatorUnknown.code, _check_exists),
    (TxNotOperator.code, _check_operator),
    (TxPositionsTooMany.code, _check_positions),
    (TxValidatorStatus.code, _check_status),
    (TxJailNotOver.code, _check_jail),
    (TxRotationTooSoon.code, _check_rotation),
    (TxConsensusKeyTaken.code, _check_key_taken),
    (TxBondTooSmall.code, _check_bond),
    (TxRegistryFull.code, _check_registry),
    (TxPoolDepleted.code, _check_depleted),
    (TxStakeBelowShare.code, _check_purchase),
    (TxSharesMissing.code, _check_shares),
    (TxUnbondingsTooMany.code, _check_unbondings),
    (TxPossessionInvalid.code, _check_possession),
)
"""In order; the first failure is the verdict."""


def validate_stake_action(candidate: StakeCandidate) -> StakeError | None:
    """Why an action may not stand next in a block, None if it may.

    Args:
        candidate: an action with its circumstances.
    """
    for _, check in CHECKS:
        failure = check(candidate)
        if failure is not None:
            return failure
    return None


def compute_all_failures(candidate: StakeCandidate) -> tuple[StakeError, ...]:
    """Every check that an action fails, in the normative order; the first is the verdict."""
    verdicts = (check(candidate) for _, check in CHECKS)
    return tuple(verdict for verdict in verdicts if verdict is not None)
