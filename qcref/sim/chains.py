"""The chains that are simulated, and a ledger that only remembers that a block was executed.

Consensus asks the ledger two things: is this block valid, and who may take part after it. The stub
says yes, and the validators of the genesis; it gives each block a state root of its own, so that
blocks with different contents have different ids. Signatures are hashes that only the right index
makes: forging one is as impossible as it should be, and costs nothing.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, runtime_checkable

from dsl.extension import is_extension, load_extension
from qcref.core import signables
from spec.chain import AnyEntry, AnyNodeConfig, compute_genesis_anchor, compute_node_config
from spec.config import (
    Allocation,
    BftConfig,
    ConsensusConfig,
    DposConfig,
    FinalityConfig,
    Genesis,
    GenesisValidator,
    HybridConfig,
    PosConfig,
    PowConfig,
)
from spec.config.presets import TINY
from spec.consensus.interface import Build, ChainRules, Signable
from spec.consensus.node import Duty
from spec.consensus.onion import compute_layer
from spec.crypto.address import compute_key_address
from spec.crypto.hashing import sha256
from spec.crypto.signing import ED25519
from spec.ledger.codec import compute_ops_root, compute_txs_root
from spec.ledger.ops import NoSeal
from spec.ledger.types import ZERO_BYTES32, Block, Body, Header

FINALITY: Final = FinalityConfig(
    epoch_blocks=4,
    leak_after_epochs=24,
    leak_quotient=1 << 10,
    asynchrony_ms_max=6_000,
    reward=100,
    slash_quotient=32,
)
"""Short epochs; no partition of a run outlasts the leak's patience."""

ALGORITHMS: Final[dict[str, ConsensusConfig]] = {
    "bft": BftConfig(
        timeout_propose_ms=60,
        timeout_vote_ms=30,
        timeout_delta_ms=20,
        slash_quotient=20,
        missed_heights_max=0,
    ),
    "pow": PowConfig(
        is_asert=True,
        target_initial=1 << 250,
        target_max=(1 << 256) - 1,
        block_time_ms=400,
        half_life_ms=20_000,
        period_blocks=32,
        reward=64,
        halving_blocks=1 << 20,
    ),
    "hybrid": HybridConfig(
        work=PowConfig(
            is_asert=True,
            target_initial=1 << 250,
            target_max=(1 << 256) - 1,
            block_time_ms=100,
            half_life_ms=4_000,
            period_blocks=32,
            reward=64,
            halving_blocks=1 << 20,
        ),
        finality=FINALITY,
    ),
    "pos": PosConfig(finality=FINALITY, boost_percent=40),
    "dpos": DposConfig(
        finality=replace(FINALITY, epoch_blocks=7), seats=7, producer_reward=5, missed_slots_max=12
    ),
}
"""The algorithm's parameters by its name. BFT waits less than a bad delay at first: its timeouts
must grow."""

GENESIS_TIME_MS: Final = 1_000_000
"""When simulated chains begin."""


def compute_key(validator: int) -> bytes:
    """The public key that stands for a validator."""
    return sha256(b"qc/sim/key", validator.to_bytes(4, "big"))


def sign(key: bytes, root: bytes) -> bytes:
    """The signature of a root: 64 bytes that the key determines."""
    return sha256(key, root) * 2


def verify(key: bytes, root: bytes, signature: bytes) -> bool:
    """Whether it is that signature."""
    return signature == sign(key, root)


@dataclass(frozen=True, slots=True)
class StubSigner:
    """The `Signer` of a simulated validator."""

    key: bytes

    def sign(self, root: bytes) -> bytes:
        """The signature that the key determines."""
        return sign(self.key, root)

    def reveal(self, layer: int) -> bytes:
        """The layer of the onion whose secret is the key."""
        return compute_layer(self.key, layer)


def sign_message(genesis_id: bytes, message: Signable) -> Signable:
    """The message, signed or answered by the validator it names."""
    signer = StubSigner(compute_key(message.validator))
    return signables.sign_message(genesis_id, message, signer)


def compute_genesis(algorithm: str, nodes: int) -> Genesis:
    """A chain of `nodes` validators of equal power."""
    operators = [compute_key_address(ED25519, compute_key(v)) for v in range(nodes)]
    return Genesis(
        config=replace(TINY, consensus=ALGORITHMS[algorithm], slot_ms=100, drift_ms_max=30),
        time_ms=GENESIS_TIME_MS,
        allocations=tuple(Allocation(operator, 1_000) for operator in sorted(operators)),
        validators=tuple(
            GenesisValidator(operator, compute_key(v), 1) for v, operator in enumerate(operators)
        ),
    )


@runtime_checkable
class OwnAlgorithm(Protocol):
    """What a class of one's own offers to be simulated (`--algorithm path.py:Class`)."""

    base: str
    """Name of the algorithm whose genesis, parameters and messages it uses."""
    rules: ChainRules[Any]
    duty: Duty[Any, Any]


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain that nodes can run."""

    base: str
    """Name of its algorithm, or of the one that it builds on."""
    genesis: Genesis
    config: AnyNodeConfig
    """Of a node that only follows."""
    anchor: AnyEntry

    def get_config(self, validator: int) -> AnyNodeConfig:
        """A validator's configuration."""
        return replace(self.config, validator=validator)


class AlgorithmError(Exception):
    """There is no such algorithm, or a class of one's own is none."""


def compute_chain(algorithm: str, nodes: int) -> Chain:
    """The simulated chain of an algorithm.

    Args:
        algorithm: a name, or `path.py:Class` for a class of one's own (`OwnAlgorithm`).
        nodes: validators, of equal power.

    Raises:
        AlgorithmError: it names none.
        ExtensionError: the file or class can't be had.
    """
    own = _load_own(algorithm) if is_extension(algorithm) else None
    base = algorithm if own is None else own.base
    if base not in ALGORITHMS:
        known = ", ".join(ALGORITHMS)
        raise AlgorithmError(f"there is no algorithm `{base:.80}`; there are {known}")
    genesis = compute_genesis(base, nodes)
    config = compute_node_config(genesis, None, verify)
    if own is not None:
        config = replace(config, rules=own.rules, duty=own.duty)
    anchor, _ = compute_genesis_anchor(config, genesis)
    return Chain(base, genesis, config, anchor)


def _load_own(algorithm: str) -> OwnAlgorithm:
    own = load_extension(algorithm)
    if not isinstance(own, OwnAlgorithm):
        raise AlgorithmError(f"{algorithm} lacks one of: base, rules, duty")
    return own


def build_block(build: Build) -> Block:
    """The block of a draft, without transactions, as the stub ledger makes it."""
    draft = build.draft
    state_root = sha256(draft.parent, *(key + (leaf or b"") for key, leaf in build.step.leaves))
    header = Header(
        version=draft.version,
        parent=draft.parent,
        height=draft.height,
        slot=draft.slot,
        time_ms=draft.time_ms,
        proposer=draft.proposer,
        state_root=state_root,
        txs_root=compute_txs_root(()),
        receipts_root=ZERO_BYTES32,
        ops_root=compute_ops_root(build.ops),
        validators_root=draft.validators_root,
        next_validators_root=draft.next_validators_root,
        base_fee=draft.base_fee,
        gas_used=0,
        consensus=draft.consensus,
    )
    return Block(header, Body(build.ops, ()), NoSeal())
