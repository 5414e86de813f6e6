"""The first state and the first block of a chain.

Source: DESIGN.md 2.5, 2.9; decision record 0051.
"""

from dataclasses import dataclass

from spec.config import Genesis, compute_genesis_id, get_rules
from spec.ledger.codec import compute_ops_root, compute_receipts_root, compute_txs_root
from spec.ledger.ledger_ops import ConsensusStep, Mint, apply_consensus_step
from spec.ledger.ops import ConsensusFields, NoSeal
from spec.ledger.staking.registry import add_validator
from spec.ledger.staking.stake_ops import StakeContext
from spec.ledger.state import (
    Layer,
    TreeReader,
    compute_changes,
    compute_layer,
    get_supply,
    set_supply,
)
from spec.ledger.types import ZERO_BYTES32, Block, Body, Header, Supply
from spec.lib.trie import EMPTY, StateTree


@dataclass(frozen=True, slots=True)
class GenesisConsensus:
    """The consensus's part of a chain's beginning."""

    step: ConsensusStep
    """Its first leaves, and coins it wants made beside the allocations."""
    validators_root: bytes
    next_validators_root: bytes
    fields: ConsensusFields


@dataclass(frozen=True, slots=True)
class LedgerState:
    """A block's header and the state after it: all that the next block builds on."""

    header: Header
    tree: StateTree


def compute_genesis_layer(genesis: Genesis) -> Layer:
    """Allocations and registered validators over nothing: the first state without its consensus.

    Coins are made for both. The consensus reads its first view of it.

    Args:
        genesis: one that `validate_genesis` accepts.
    """
    config = genesis.config
    layer = compute_layer(TreeReader(EMPTY))
    for validator in genesis.validators:
        add_validator(layer, validator.operator, validator.consensus_key, validator.stake)
    staked = Supply(minted=sum(validator.stake for validator in genesis.validators), burnt=0)
    step = ConsensusStep(tuple(Mint(a.address, a.amount) for a in genesis.allocations), ())
    context = StakeContext(config.staking, config.supply_max, genesis.time_ms)
    set_supply(layer, apply_consensus_step(layer, staked, context, step))
    return layer


def compute_genesis_state(genesis: Genesis, consensus: GenesisConsensus) -> LedgerState:
    """The state and header that a chain starts from.

    The header's parent is the genesis id, so that blocks of different chains never share an id.

    Args:
        genesis: one that `validate_genesis` accepts.
        consensus: what the chain's algorithm starts with.
    """
    config = genesis.config
    layer = compute_genesis_layer(genesis)
    context = StakeContext(config.staking, config.supply_max, genesis.time_ms)
    supply = apply_consensus_step(layer, get_supply(layer), context, consensus.step)
    set_supply(layer, supply)
    tree = EMPTY.apply_batch(compute_changes(layer))
    header = Header(
        version=get_rules(config, 0).version,
        parent=compute_genesis_id(genesis),
        height=0,
        slot=0,
        time_ms=genesis.time_ms,
        proposer=ZERO_BYTES32,
        state_root=tree.root,
        txs_root=compute_txs_root(()),
        receipts_root=compute_receipts_root(()),
        ops_root=compute_ops_root(()),
        validators_root=consensus.validators_root,
        next_validators_root=consensus.next_validators_root,
        base_fee=config.base_fee_initial,
        gas_used=0,
        consensus=consensus.fields,
    )
    return LedgerState(header=header, tree=tree)


def compute_genesis_block(state: LedgerState) -> Block:
    """The genesis block: a header with nothing behind it and no seal."""
    return Block(header=state.header, body=Body(ops=(), transactions=()), seal=NoSeal())
