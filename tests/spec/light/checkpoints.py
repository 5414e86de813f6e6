"""Checkpoints for light clients: states whose sets a test chooses, and those of real nodes."""

from dataclasses import dataclass, replace

from spec.config import ConsensusConfig
from spec.consensus.evidence import compute_ffg_root
from spec.consensus.ffg import GENESIS_CHECKPOINT, compute_genesis, compute_members
from spec.consensus.finality_state import FRAME, STATE_KEY, Frame
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.ops import Checkpoint, FfgVote
from spec.ledger.staking.registry import (
    EMPTY_POOL,
    VALIDATOR,
    Validator,
    ValidatorStatus,
    compute_validator_key,
)
from spec.ledger.types import Header
from spec.lib.ssz import encode
from spec.lib.trie import EMPTY, StateTree
from spec.light.bft import LightClient
from spec.light.finality import (
    CheckpointState,
    CheckpointUpdate,
    TrustedCheckpoint,
    compute_checkpoint_state,
    open_checkpoint,
)
from tests.spec.consensus.network import Network, Shell, compute_stub_key, stub_sign
from tests.spec.light.chains import (
    GENESIS_ID,
    START_MS,
    Powers,
    make_client,
    make_header,
    unwrap,
)

Votes = tuple[FfgVote, ...]


def sign(vote: FfgVote, genesis_id: bytes = GENESIS_ID, key: bytes | None = None) -> FfgVote:
    root = compute_ffg_root(genesis_id, vote)
    return replace(vote, signature=stub_sign(key or compute_stub_key(vote.validator), root))


def make_votes(header: Header, voters: tuple[int, ...], epochs: tuple[int, int] = (0, 1)) -> Votes:
    """Signed votes of one link to a block, from the genesis' checkpoint or one at its epoch."""
    source = replace(GENESIS_CHECKPOINT, epoch=epochs[0])
    target = Checkpoint(epochs[1], compute_block_id(header))
    return tuple(
        sign(FfgVote(0, bytes(32), source, target, voter, bytes(64))) for voter in sorted(voters)
    )


# States that a test chooses


def make_tree(current: Powers, previous: Powers, keys: dict[int, bytes | None]) -> StateTree:
    """A state with two sets; a key of None is a member that is no longer registered."""
    members = [compute_members(tuple(sorted(powers.items()))) for powers in (current, previous)]
    ffg = replace(compute_genesis(members[0]), previous=members[1])
    leaves = {STATE_KEY: encode(FRAME, Frame(ffg, bytes(32), bytes(32), ()))}
    for validator in (*current, *previous):
        key = keys.get(validator, compute_stub_key(validator))
        if key is not None:
            record = Validator(
                operator=bytes(32),
                consensus_key=key,
                previous_key=bytes(32),
                rotated_at_ms=0,
                status=ValidatorStatus.ACTIVE,
                jailed_until_ms=0,
                withdrawable_at_ms=0,
                pool=EMPTY_POOL,
                unbonding=EMPTY_POOL,
            )
            leaves[compute_validator_key(validator)] = encode(VALIDATOR, record)
    return EMPTY.apply_batch(tuple(sorted(leaves.items())))


def make_state(
    height: int,
    current: Powers,
    previous: Powers | None = None,
    keys: dict[int, bytes | None] | None = None,
) -> CheckpointState:
    tree = make_tree(current, current if previous is None else previous, keys or {})
    header = make_header(height, GENESIS_ID, (current, current), b"")
    return compute_checkpoint_state(replace(header, state_root=tree.root), tree)


def open_state(shown: CheckpointState) -> TrustedCheckpoint:
    return unwrap(open_checkpoint(compute_block_id(shown.header), shown))


# Chains that real nodes made


@dataclass(frozen=True)
class Followed:
    """A node's chain as a light client gets it."""

    shell: Shell
    client: LightClient
    trusted: TrustedCheckpoint
    """The genesis."""
    updates: tuple[CheckpointUpdate, ...]
    """One for each later checkpoint that votes of the chain are for, ascending."""
    now_ms: int


def run_nodes(consensus: ConsensusConfig, until_ms: int) -> Followed:
    network = Network(4, seed=3, consensus=consensus, stake=1_000)
    network.now_ms = START_MS + 1
    network.start()
    network.tick_until(until_ms)
    shell = network.shells[0]
    context = shell.config.context
    client = replace(make_client(), context=context)
    chain: list[BlockId] = [shell.node.head]
    while chain[-1] in shell.blocks:
        chain.append(BlockId(shell.blocks[chain[-1]].header.parent))
    ops = [op for block_id in chain[:-1] for op in shell.blocks[block_id].body.ops]
    targets: dict[int, dict[int, FfgVote]] = {}
    for op in ops:
        if isinstance(op, FfgVote) and op.target != GENESIS_CHECKPOINT:
            targets.setdefault(op.target.epoch, {})[op.validator] = op
    updates = tuple(
        CheckpointUpdate(
            show(shell, BlockId(next(iter(votes.values())).target.root)),
            tuple(vote for _, vote in sorted(votes.items())),
        )
        for _, votes in sorted(targets.items())
        if len(votes) == len(network.shells)
    )
    genesis = show(shell, chain[-1])
    return Followed(shell, client, open_state(genesis), updates, network.now_ms)


def show(shell: Shell, block_id: BlockId) -> CheckpointState:
    ledger = shell.ledgers[block_id]
    return compute_checkpoint_state(ledger.header, ledger.tree)
