"""What an account asks of stake, as data: the payloads of transactions about validators and shares.

    Bond        registers a validator; its sender is the operator, for ever
    Delegate    buys shares of validators' pools
    Unbond      gives shares back; their worth waits in the queue, still at risk
    Exit        ends a validator's service and takes the operator's shares out
    Unjail      returns to service
    RotateKey   another consensus key

What they mean is said in `spec.ledger.staking`.

Source: DESIGN.md 2.12, 2.13; decision records 0055, 0056.
"""

from dataclasses import dataclass

from spec.lib.ssz import ByteVector, Container, List, Uint
from spec.limits import APPROVALS_MAX


@dataclass(frozen=True, slots=True)
class Bond:
    """Registers a validator and buys the first shares of its pool."""

    consensus_key: bytes
    """Ed25519 public key, 32 bytes; no key that was ever registered, nor the sender's own."""
    proof: bytes
    """Its signature, 64 bytes, over the proof of possession for the sender."""
    amount: int
    """Base units, at least the chain's `bond_min`."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Part of a delegation."""

    validator: int
    """Index in the registry."""
    amount: int
    """Base units to spend at most, at least 1."""


@dataclass(frozen=True, slots=True)
class Delegate:
    """Buys shares: of the sender's own validators, or of others' where the chain has delegation."""

    approvals: tuple[Approval, ...]
    """At least one, ascending by validator."""


@dataclass(frozen=True, slots=True)
class Unbond:
    """Gives shares back; what they are worth is paid out when it is no longer at risk."""

    validator: int
    shares: int
    """At least 1."""


@dataclass(frozen=True, slots=True)
class Exit:
    """The operator ends the validator's service."""

    validator: int


@dataclass(frozen=True, slots=True)
class Unjail:
    """The operator returns a jailed validator to service."""

    validator: int


@dataclass(frozen=True, slots=True)
class RotateKey:
    """The operator gives the validator another consensus key."""

    validator: int
    consensus_key: bytes
    """As in `Bond`."""
    proof: bytes
    """As in `Bond`."""


StakeAction = Bond | Delegate | Unbond | Exit | Unjail | RotateKey


@dataclass(frozen=True, slots=True)
class Possession:
    """What a proof of possession says: this account may register this key."""

    consensus_key: bytes
    operator: bytes
    """Address, 32 bytes."""


VALIDATOR_INDEX = Uint(32)
BOND = Container(
    Bond,
    (("consensus_key", ByteVector(32)), ("proof", ByteVector(64)), ("amount", Uint(128))),
)
APPROVAL = Container(Approval, (("validator", VALIDATOR_INDEX), ("amount", Uint(128))))
DELEGATE = Container(Delegate, (("approvals", List(APPROVAL, APPROVALS_MAX)),))
UNBOND = Container(Unbond, (("validator", VALIDATOR_INDEX), ("shares", Uint(128))))
EXIT = Container(Exit, (("validator", VALIDATOR_INDEX),))
UNJAIL = Container(Unjail, (("validator", VALIDATOR_INDEX),))
ROTATE_KEY = Container(
    RotateKey,
    (
        ("validator", VALIDATOR_INDEX),
        ("consensus_key", ByteVector(32)),
        ("proof", ByteVector(64)),
    ),
)
POSSESSION = Container(
    Possession, (("consensus_key", ByteVector(32)), ("operator", ByteVector(32)))
)

INDEX_SIZE_BYTES = 4
APPROVAL_SIZE_BYTES = 4 + 16


def compute_action_size_bytes(action: StakeAction) -> int:
    """How long an action's encoding is."""
    match action:
        case Bond():
            return 32 + 64 + 16
        case Delegate(approvals=approvals):
            return INDEX_SIZE_BYTES + APPROVAL_SIZE_BYTES * len(approvals)
        case Unbond():
            return INDEX_SIZE_BYTES + 16
        case Exit() | Unjail():
            return INDEX_SIZE_BYTES
        case RotateKey():
            return INDEX_SIZE_BYTES + 32 + 64


def get_stake_value(action: StakeAction) -> int:
    """The most coins that an action takes from its sender beside the fee."""
    match action:
        case Bond(amount=amount):
            return amount
        case Delegate(approvals=approvals):
            return sum(approval.amount for approval in approvals)
        case Unbond() | Exit() | Unjail() | RotateKey():
            return 0


def count_leaves(action: StakeAction) -> int:
    """How many validators an action is about: each costs leaves of the state."""
    return len(action.approvals) if isinstance(action, Delegate) else 1
