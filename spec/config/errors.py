"""Why a configuration or a genesis is refused: a closed union, `ConfigError`."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class NameInvalid:
    """The chain's name is not 1 to 32 printable ASCII characters."""

    code: ClassVar[str] = "config.name_invalid"
    name: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the chain's name {self.name!r} must be 1 to 32 printable ASCII characters"


@dataclass(frozen=True, slots=True)
class HrpInvalid:
    """The prefix of addresses is not 1 to 16 letters a-z."""

    code: ClassVar[str] = "config.hrp_invalid"
    hrp: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the address prefix {self.hrp!r} must be 1 to 16 letters a-z"


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """A parameter lies outside the range that the format, or another parameter, leaves it."""

    code: ClassVar[str] = "config.out_of_range"
    field: str
    value: int
    low: int
    high: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.field} is {self.value}, and must lie in [{self.low}, {self.high}]"


@dataclass(frozen=True, slots=True)
class GasTargetInvalid:
    """The gas target is zero or above the limit, so the base fee could not move both ways."""

    code: ClassVar[str] = "config.gas_target_invalid"
    target: int
    limit: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"block_gas_target {self.target} must lie in [1, {self.limit - 1}], below the limit"


@dataclass(frozen=True, slots=True)
class BaseFeeInvalid:
    """Not 1 <= min <= initial <= max."""

    code: ClassVar[str] = "config.base_fee_invalid"
    minimum: int
    initial: int
    maximum: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"base fees must satisfy 1 <= min <= initial <= max, found min {self.minimum}, "
            f"initial {self.initial}, max {self.maximum}"
        )


@dataclass(frozen=True, slots=True)
class TransactionDoesNotFit:
    """A block could not hold the largest transaction that is allowed, by size or by gas."""

    code: ClassVar[str] = "config.transaction_does_not_fit"
    measure: str
    needed: int
    available: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the largest transaction needs {self.needed} {self.measure}, "
            f"a block has {self.available}"
        )


@dataclass(frozen=True, slots=True)
class DriftTooLong:
    """Clocks may differ by a third of a slot or more, so slots would be confused."""

    code: ClassVar[str] = "config.drift_too_long"
    drift_ms: int
    slot_ms: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"drift_ms_max {self.drift_ms} must be below a third of slot_ms {self.slot_ms}"


@dataclass(frozen=True, slots=True)
class ForkScheduleInvalid:
    """The schedule does not start at height 0, does not ascend, or names an unknown version."""

    code: ClassVar[str] = "config.fork_schedule_invalid"
    position: int
    """0-based entry that is wrong; 0 also for an empty schedule."""

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"entry {self.position} of fork_schedule must name a known version, and heights and "
            "versions must ascend from height 0"
        )


@dataclass(frozen=True, slots=True)
class TestRulesScheduled:
    """A chain that is no test chain schedules rules meant only for tests."""

    code: ClassVar[str] = "config.test_rules_scheduled"
    version: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"version {self.version} is for tests; a real chain cannot schedule it"


@dataclass(frozen=True, slots=True)
class UnbondingTooShort:
    """Stake could leave before evidence about it is too old, or before trust in it has ended."""

    code: ClassVar[str] = "config.unbonding_too_short"
    unbonding_ms: int
    needed_ms: int
    """Evidence age and trusting period together: unbonding must be longer."""

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"staking.unbonding_ms {self.unbonding_ms} must exceed evidence_age_ms and "
            f"trusting_ms together, {self.needed_ms}"
        )


@dataclass(frozen=True, slots=True)
class AddressInvalid:
    """An address in the genesis is of no known kind."""

    code: ClassVar[str] = "genesis.address_invalid"
    address: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the address 0x{self.address.hex()} is of no known kind"


@dataclass(frozen=True, slots=True)
class AllocationsUnordered:
    """Allocations do not ascend strictly by address."""

    code: ClassVar[str] = "genesis.allocations_unordered"
    position: int
    """0-based place of the first that is not above the one before it."""

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"allocation {self.position} must have an address above the one before it"


@dataclass(frozen=True, slots=True)
class AllocationZero:
    """An allocation of nothing, which would be a second spelling of its absence."""

    code: ClassVar[str] = "genesis.allocation_zero"
    position: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"allocation {self.position} must be at least 1"


@dataclass(frozen=True, slots=True)
class SupplyExceeded:
    """Allocations and stakes exceed the largest supply."""

    code: ClassVar[str] = "genesis.supply_exceeded"
    allocated: int
    supply_max: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.allocated} are allocated and staked, above supply_max {self.supply_max}"


@dataclass(frozen=True, slots=True)
class ValidatorsMissing:
    """The algorithm needs validators and the genesis names none."""

    code: ClassVar[str] = "genesis.validators_missing"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "the algorithm needs at least one validator"


@dataclass(frozen=True, slots=True)
class ValidatorKeyInvalid:
    """A consensus key is no canonical Ed25519 public key, or a validator before has it."""

    code: ClassVar[str] = "genesis.validator_key_invalid"
    position: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"validator {self.position} must have a canonical Ed25519 key of its own"


@dataclass(frozen=True, slots=True)
class ValidatorStakeTooSmall:
    """A validator has less stake than one must register with."""

    code: ClassVar[str] = "genesis.validator_stake_too_small"
    position: int
    stake: int
    bond_min: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"validator {self.position} has stake {self.stake}, below bond_min {self.bond_min}"


@dataclass(frozen=True, slots=True)
class LeakTooEarly:
    """The inactivity leak begins within a partition that agreement is promised for."""

    code: ClassVar[str] = "config.leak_too_early"
    leak_ms: int
    asynchrony_ms: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the leak begins after {self.leak_ms} ms; it must outlast the longest partition "
            f"assumed, {self.asynchrony_ms} ms"
        )


@dataclass(frozen=True, slots=True)
class RoundTooShort:
    """A round has fewer slots than delegates, so some would own none."""

    code: ClassVar[str] = "config.round_too_short"
    epoch_blocks: int
    seats: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"a round of {self.epoch_blocks} slots has none for some of {self.seats} delegates"


@dataclass(frozen=True, slots=True)
class OperatorOverloaded:
    """One operator has more validators than a holder may have positions."""

    code: ClassVar[str] = "genesis.operator_overloaded"
    operator: bytes
    count: int
    count_max: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"0x{self.operator.hex()} operates {self.count} validators, "
            f"at most {self.count_max} are allowed"
        )


ConfigError = (
    NameInvalid
    | HrpInvalid
    | OutOfRange
    | GasTargetInvalid
    | BaseFeeInvalid
    | TransactionDoesNotFit
    | DriftTooLong
    | ForkScheduleInvalid
    | TestRulesScheduled
    | UnbondingTooShort
    | LeakTooEarly
    | RoundTooShort
    | AddressInvalid
    | AllocationsUnordered
    | AllocationZero
    | SupplyExceeded
    | ValidatorsMissing
    | ValidatorKeyInvalid
    | ValidatorStakeTooSmall
    | OperatorOverloaded
)
