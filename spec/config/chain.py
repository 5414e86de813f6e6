"""`ChainConfig` and `Genesis`: the data, its encoding and its identity.

Nothing here judges the values: `spec.config.validity` proves the relations between them. Limits
that shape roots are equal on every chain and stand in `spec.limits`; what stands here may differ
from chain to chain, and is part of the chain's identity through `genesis_id`.

Source: DESIGN.md 2.9; decision record 0050.
"""

from dataclasses import dataclass

from spec.config.algorithms import CONSENSUS_CONFIG, ConsensusConfig
from spec.config.staking import STAKING_CONFIG, StakingConfig
from spec.lib.result import Result
from spec.lib.ssz import (
    Boolean,
    ByteList,
    ByteVector,
    Container,
    List,
    SszError,
    Uint,
    decode,
    encode,
    hash_tree_root,
)
from spec.limits import (
    ALLOCATIONS_MAX,
    CHAIN_NAME_SIZE_BYTES_MAX,
    FORKS_MAX,
    HRP_SIZE_BYTES_MAX,
    VALIDATORS_MAX,
)


@dataclass(frozen=True, slots=True)
class Fork:
    """From `height` on, the rules of `version` hold."""

    height: int
    """Block height, 0 for the first entry."""
    version: int
    """A version of `spec.config.rules.KNOWN_RULES`; also what headers from that height carry."""


@dataclass(frozen=True, slots=True)
class ChainConfig:
    """Everything about a chain that is no limit of the format and no first balance."""

    name: bytes
    """Name for people, ASCII, 1 to 32 bytes, such as `qc-dev-1`."""
    hrp: bytes
    """Human-readable prefix of addresses in bech32m: 1 to 16 letters a-z."""
    is_test_chain: bool
    """Whether rules meant only for tests may be scheduled."""
    supply_max: int
    """Most coins (base units) that may ever exist at once; below 2^96, so sums fit 128 bits."""
    block_gas_limit: int
    """Most gas a block may use: bounds the time to execute one."""
    block_gas_target: int
    """Gas use at which the base fee stands still; half the limit leaves room for bursts."""
    base_fee_initial: int
    """Base fee of the genesis block, in base units a gas."""
    base_fee_min: int
    """Floor of the base fee: at least 1, or at zero it could never rise by a fraction of itself."""
    base_fee_max: int
    """Ceiling of the base fee: keeps it in 64 bits whatever happens."""
    base_fee_change_denominator: int
    """A block moves the base fee by at most this fraction (8 is one eighth)."""
    block_size_bytes_max: int
    """Largest encoded block: bounds what a peer can make us read."""
    block_transactions_max: int
    """Most transactions in a block."""
    transaction_size_bytes_max: int
    """Largest encoded transaction, its signature apart."""
    slot_ms: int
    """Length of a slot: the pace of blocks."""
    drift_ms_max: int
    """How far a block's time may lie ahead of a node's clock; below a third of a slot."""
    consensus: ConsensusConfig
    """Parameters of the algorithm, one for the chain's whole life."""
    staking: StakingConfig
    """Parameters of stake."""
    fork_schedule: tuple[Fork, ...]
    """Which rules hold from which height; ascending, the first at height 0."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """Coins that exist from the start."""

    address: bytes
    """32 bytes. A key's coins are its balance, a contract's go to its inbox."""
    amount: int
    """Base units, at least 1."""


@dataclass(frozen=True, slots=True)
class GenesisValidator:
    """A member of the first validator set; its place in the list is its index, for ever."""

    operator: bytes
    """Address (32 bytes) that registers it: its stake, tips and commissions belong to it."""
    consensus_key: bytes
    """Ed25519 public key (32 bytes) that signs consensus messages."""
    stake: int
    """Base units made for its pool, beside the allocations; at least the chain's `bond_min`."""


@dataclass(frozen=True, slots=True)
class Genesis:
    """A chain, completely: its hash tree root is the chain's identity."""

    config: ChainConfig
    time_ms: int
    """Time of the genesis block, ms since 1970-01-01 UTC."""
    allocations: tuple[Allocation, ...]
    """Ascending by address, no address twice."""
    validators: tuple[GenesisValidator, ...]


FORK = Container(Fork, (("height", Uint(64)), ("version", Uint(32))))
CHAIN_CONFIG = Container(
    ChainConfig,
    (
        ("name", ByteList(CHAIN_NAME_SIZE_BYTES_MAX)),
        ("hrp", ByteList(HRP_SIZE_BYTES_MAX)),
        ("is_test_chain", Boolean()),
        ("supply_max", Uint(128)),
        ("block_gas_limit", Uint(64)),
        ("block_gas_target", Uint(64)),
        ("base_fee_initial", Uint(64)),
        ("base_fee_min", Uint(64)),
        ("base_fee_max", Uint(64)),
        ("base_fee_change_denominator", Uint(64)),
        ("block_size_bytes_max", Uint(64)),
        ("block_transactions_max", Uint(64)),
        ("transaction_size_bytes_max", Uint(64)),
        ("slot_ms", Uint(64)),
        ("drift_ms_max", Uint(64)),
        ("consensus", CONSENSUS_CONFIG),
        ("staking", STAKING_CONFIG),
        ("fork_schedule", List(FORK, FORKS_MAX)),
    ),
)
ALLOCATION = Container(Allocation, (("address", ByteVector(32)), ("amount", Uint(128))))
GENESIS_VALIDATOR = Container(
    GenesisValidator,
    (("operator", ByteVector(32)), ("consensus_key", ByteVector(32)), ("stake", Uint(128))),
)
GENESIS = Container(
    Genesis,
    (
        ("config", CHAIN_CONFIG),
        ("time_ms", Uint(64)),
        ("allocations", List(ALLOCATION, ALLOCATIONS_MAX)),
        ("validators", List(GENESIS_VALIDATOR, VALIDATORS_MAX)),
    ),
)


def compute_genesis_id(genesis: Genesis) -> bytes:
    """The chain's identity (32 bytes), part of every signed message and handshake.

    Args:
        genesis: any genesis whose fields are in their types' ranges.
    """
    return hash_tree_root(GENESIS, genesis)


def encode_genesis(genesis: Genesis) -> bytes:
    """The SSZ encoding of a genesis."""
    return encode(GENESIS, genesis)


def decode_genesis(data: bytes) -> Result[Genesis, SszError]:
    """The genesis that `data` encodes, or why it encodes none; whether it is sound is not asked.

    Args:
        data: untrusted bytes of any length.
    """
    return decode(GENESIS, data)
