"""Why a transaction about stake is refused: a closed union, `StakeError`, part of `TxError`.

In the order of the checks in `spec.ledger.staking.validity`.

Source: STYLE.md 6; decision record 0056.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class TxApprovalsMalformed:
    """Approvals are none, not ascending by validator, or one is of nothing."""

    code: ClassVar[str] = "tx.approvals_malformed"
    position: int
    """0-based approval that is wrong; 0 also when there is none."""

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"approval {self.position} must be of at least 1, "
            "and of a validator above the one before it"
        )


@dataclass(frozen=True, slots=True)
class TxConsensusKeyInvalid:
    """The consensus key is no canonical Ed25519 key, or the account's own."""

    code: ClassVar[str] = "tx.consensus_key_invalid"
    consensus_key: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"0x{self.consensus_key.hex()} must be a canonical Ed25519 key other than the account's"
        )


@dataclass(frozen=True, slots=True)
class TxValidatorUnknown:
    """No validator has the index, or it is no longer on record."""

    code: ClassVar[str] = "tx.validator_unknown"
    validator: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"there is no validator {self.validator}"


@dataclass(frozen=True, slots=True)
class TxNotOperator:
    """Somebody else operates the validator."""

    code: ClassVar[str] = "tx.not_operator"
    validator: int
    operator: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"validator {self.validator} is directed by 0x{self.operator.hex()} alone"


@dataclass(frozen=True, slots=True)
class TxPositionsTooMany:
    """The holder would have shares of more pools than it may."""

    code: ClassVar[str] = "tx.positions_too_many"
    count: int
    count_max: int
    """0 for others' pools where the chain has no delegation."""

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"it makes {self.count} positions of this kind, at most {self.count_max} are allowed"


@dataclass(frozen=True, slots=True)
class TxValidatorStatus:
    """The validator's status does not admit the action."""

    code: ClassVar[str] = "tx.validator_status"
    validator: int
    status: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the status {self.status} of validator {self.validator} does not admit this"


@dataclass(frozen=True, slots=True)
class TxJailNotOver:
    """The validator may not return yet."""

    code: ClassVar[str] = "tx.jail_not_over"
    jailed_until_ms: int
    time_ms: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"jailed until {self.jailed_until_ms} ms, the block is of {self.time_ms}"


@dataclass(frozen=True, slots=True)
class TxRotationTooSoon:
    """The key before the last rotation is still answerable."""

    code: ClassVar[str] = "tx.rotation_too_soon"
    next_ms: int
    time_ms: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the next rotation may come at {self.next_ms} ms, the block is of {self.time_ms}"


@dataclass(frozen=True, slots=True)
class TxConsensusKeyTaken:
    """The consensus key was registered before, by whomever."""

    code: ClassVar[str] = "tx.consensus_key_taken"
    consensus_key: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the consensus key 0x{self.consensus_key.hex()} was registered before"


@dataclass(frozen=True, slots=True)
class TxBondTooSmall:
    """The operator's own stake would be below the least bond."""

    code: ClassVar[str] = "tx.bond_too_small"
    stake: int
    bond_min: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the operator's own stake would be {self.stake}, at least {self.bond_min} is needed"


@dataclass(frozen=True, slots=True)
class TxRegistryFull:
    """As many validators are listed as may be."""

    code: ClassVar[str] = "tx.registry_full"
    count_max: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.count_max} validators are listed, no more may be"


@dataclass(frozen=True, slots=True)
class TxPoolDepleted:
    """The pool has lost so much that it takes in nothing more."""

    code: ClassVar[str] = "tx.pool_depleted"
    validator: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"a pool of validator {self.validator} was slashed too hard to take in anything"


@dataclass(frozen=True, slots=True)
class TxStakeBelowShare:
    """The amount does not buy one share."""

    code: ClassVar[str] = "tx.stake_below_share"
    validator: int
    amount: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.amount} does not buy one share of validator {self.validator}"


@dataclass(frozen=True, slots=True)
class TxSharesMissing:
    """It gives back no share, or more than the sender holds."""

    code: ClassVar[str] = "tx.shares_missing"
    shares: int
    held: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the sender holds {self.held} shares and must give back at least 1, not {self.shares}"
        )


@dataclass(frozen=True, slots=True)
class TxUnbondingsTooMany:
    """Too many withdrawals of the sender from the pool wait already."""

    code: ClassVar[str] = "tx.unbondings_too_many"
    count_max: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.count_max} withdrawals from this pool wait already"


@dataclass(frozen=True, slots=True)
class TxPossessionInvalid:
    """The consensus key did not sign the proof of possession for this account on this chain."""

    code: ClassVar[str] = "tx.possession_invalid"
    cause: str
    """Code of the signature scheme."""

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the consensus key did not sign for this account ({self.cause})"


StakeError = (
    TxApprovalsMalformed
    | TxConsensusKeyInvalid
    | TxValidatorUnknown
    | TxNotOperator
    | TxPositionsTooMany
    | TxValidatorStatus
    | TxJailNotOver
    | TxRotationTooSoon
    | TxConsensusKeyTaken
    | TxBondTooSmall
    | TxRegistryFull
    | TxPoolDepleted
    | TxStakeBelowShare
    | TxSharesMissing
    | TxUnbondingsTooMany
    | TxPossessionInvalid
)
