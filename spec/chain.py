"""The entry point: one node of a QuantumChain as a pure function.

    step(config, state, input) -> (state, effects)

It is total: no input, however malformed or hostile, makes it raise or changes the state it was
given. Decoding bytes is the shell's business (`decode_*` return errors); what arrives here is
typed.

`compute_node_config` and `compute_genesis_anchor` make what `init` needs from a genesis; a shell
then calls `init` and feeds `Restart` first. Above a stored block it takes an `Entry` of the block,
of `rules.decode_state` of its leaves, and of its ledger's view.

    effect        who carries it out                     what to answer
    Persist       the log; synced before the next        nothing; the log is part of Restart
    Sign          the key; a reveal: onion.compute_layer Signed, the signature (or reveal) in it
    Build         ledger.block.build_block               Built, unsealed, with the request's tag
    Mine          a search for the header's nonce        Mined, once found; a new Mine replaces it
    Execute       ledger.block.apply_block               Executed, the view after it or the error
    Schedule      a timer                                Timeout; stale ones mean nothing
    Broadcast     the network                            nothing; to a peer it is Received
    Fetch         the network                            nothing; Received if it comes
    SetHead       whoever follows the head               nothing
    Finalize      whoever prunes                         nothing
    Report        operators                              nothing
    RejectMessage the peers' standing                    nothing

Effects are carried out in order. Timers, builds and searches die with the process; `Restart` asks
anew for what is needed. Ledger states may be lost too: each logged block comes as an `Execute`.
docs/driving_a_node.md says more, and has an example.

Source: CONSENSUS.md 1; DESIGN.md 1.
"""

from dataclasses import replace
from typing import Any, TypeVar

from spec.config import (
    BftConfig,
    DposConfig,
    Genesis,
    HybridConfig,
    PosConfig,
    PowConfig,
    compute_genesis_id,
)
from spec.consensus.bft.duty import BftDuty
from spec.consensus.bft.rules import BftRules
from spec.consensus.dpos.duty import DUTY as DPOS_DUTY
from spec.consensus.dpos.rules import DposRules
from spec.consensus.hybrid.duty import HybridDuty
from spec.consensus.hybrid.rules import HybridRules
from spec.consensus.interface import (
    BlockRecord,
    Built,
    Executed,
    Input,
    Message,
    Mined,
    Received,
    Restart,
    RulesContext,
    Signed,
    Tick,
    Timeout,
    Verify,
)
from spec.consensus.node import (
    SELF,
    Entry,
    NodeConfig,
    NodeState,
    Transition,
    apply_clock,
    apply_message,
    apply_verdict,
    import_block,
)
from spec.consensus.pos.duty import DUTY as POS_DUTY
from spec.consensus.pos.rules import PosRules
from spec.consensus.pow.duty import PowDuty
from spec.consensus.pow.rules import PowRules
from spec.crypto.signing import ED25519, validate_signature
from spec.ledger.codec import compute_block_id
from spec.ledger.genesis import (
    GenesisConsensus,
    LedgerState,
    compute_genesis_block,
    compute_genesis_layer,
    compute_genesis_state,
)
from spec.ledger.ledger_ops import ConsensusStep
from spec.ledger.staking.view import LedgerView, compute_ledger_view


def verify_ed25519(public_key: bytes, root: bytes, signature: bytes) -> bool:
    """The `Verify` of real chains: validators sign with Ed25519."""
    return validate_signature(ED25519, public_key, root, signature) is None


S = TypeVar("S")
D = TypeVar("D")

# Which algorithm a chain runs is data, so its types are known only by those who asked for it.
AnyNodeConfig = NodeConfig[Any, Any]
AnyNodeState = NodeState[Any, Any]
AnyEntry = Entry[Any]


def compute_node_config(genesis: Genesis, validator: int | None, verify: Verify) -> AnyNodeConfig:
    """What never changes while a node of this chain runs.

    Args:
        genesis: one that `validate_genesis` accepts.
        validator: our index in the registry; None to follow only.
        verify: how signatures are checked, `verify_ed25519` but in simulations.
    """
    context = RulesContext(genesis.config, compute_genesis_id(genesis), genesis.time_ms, verify)
    match genesis.config.consensus:
        case BftConfig():
            return NodeConfig(context, BftRules(), BftDuty(), validator)
        case PowConfig():
            return NodeConfig(context, PowRules(), PowDuty(), validator)
        case HybridConfig():
            return NodeConfig(context, HybridRules(), HybridDuty(), validator)
        case DposConfig():
            return NodeConfig(context, DposRules(), DPOS_DUTY, validator)
        case PosConfig():
            return NodeConfig(context, PosRules(), POS_DUTY, validator)


def compute_genesis_view(genesis: Genesis) -> LedgerView:
    """Who is registered at the start: the view of the ledger's first state."""
    return compute_ledger_view(compute_genesis_layer(genesis))


def compute_genesis_anchor(
    config: NodeConfig[S, D], genesis: Genesis
) -> tuple[Entry[S], LedgerState]:
    """The genesis block with its consensus state, and the ledger's state after it."""
    view = compute_genesis_view(genesis)
    chain_state = config.rules.genesis(config.context, view)
    validators_root, next_validators_root = config.rules.get_roots(chain_state)
    consensus = GenesisConsensus(
        step=ConsensusStep(ledger_ops=(), leaves=config.rules.encode_state(chain_state)),
        validators_root=validators_root,
        next_validators_root=next_validators_root,
        fields=config.rules.get_genesis_fields(config.context),
    )
    ledger = compute_genesis_state(genesis, consensus)
    return Entry(compute_genesis_block(ledger), chain_state, view), ledger


def init(config: NodeConfig[S, D], anchor: Entry[S]) -> NodeState[S, D]:
    """A node that trusts one block as final and is still asleep.

    Args:
        config: of the node.
        anchor: the genesis, or a stored block with the states after it.
    """
    anchor_id = compute_block_id(anchor.block.header)
    return NodeState(
        is_awake=False,
        now_ms=0,
        tree={anchor_id: anchor},
        root=anchor_id,
        head=anchor_id,
        final=anchor_id,
        candidates={},
        orphans={},
        deferred={},
        invalid={},
        duty=config.duty.initial(),
    )


def step(config: NodeConfig[S, D], node: NodeState[S, D], event: Input) -> Transition[S, D]:
    """The node's answer to one input; `Restart` must come first and only once.

    Args:
        config: of the node.
        node: its state; unchanged.
        event: any input; one that means nothing now changes nothing.
    """
    if isinstance(event, Restart):
        return (node, ()) if node.is_awake else _wake(config, node, event)
    if not node.is_awake:
        return node, ()
    match event:
        case Tick(now_ms):
            node, effects = apply_clock(config, node, now_ms)
            node, more = config.duty.on_tick(config, node)
            return node, effects + more
        case Received(source, message):
            return apply_message(config, node, source, message)
        case Timeout(kind, height, round_):
            return config.duty.on_timeout(config, node, (kind, height, round_))
        case Built(block, tag):
            return config.duty.on_built(config, node, block, tag)
        case Mined(block):
            return config.duty.on_mined(config, node, block)
        case Executed(block_id, result):
            return apply_verdict(config, node, block_id, result)
        case Signed(message):
            return config.duty.on_signed(config, node, message)


def get_gossip(config: NodeConfig[S, D], node: NodeState[S, D]) -> tuple[Message, ...]:
    """What a shell sends to its peers again from time to time, since gossip may lose anything.

    The head, and every signed message of our own for the height in progress. Progress after a
    partition rests on it.
    """
    if not node.is_awake:
        return ()
    return (node.tree[node.head].block, *config.duty.get_gossip(config, node))


def _wake(config: NodeConfig[S, D], node: NodeState[S, D], restart: Restart) -> Transition[S, D]:
    """Sets the clock, restores promises, and takes in the logged blocks above the anchor."""
    node = replace(node, is_awake=True, now_ms=restart.now_ms)
    node, effects = config.duty.start(config, node, restart.wal)
    for record in restart.wal:
        if isinstance(record, BlockRecord):
            node, more = import_block(config, node, SELF, record.block, needs_seal=True)
            effects += more
    return node, effects
