"""Chains for light clients: sealed headers whose validator sets a test chooses."""

from dataclasses import replace
from hashlib import sha256
from typing import TypeVar

from spec.config import ChainConfig
from spec.config.presets import TINY
from spec.consensus.bft.messages import NO_SIGNATURE, compute_vote_root
from spec.consensus.bft.rules import BftRules, get_precommit
from spec.consensus.bft.state import SEATS, Seat
from spec.consensus.interface import RulesContext
from spec.ledger.codec import compute_block_id
from spec.ledger.ops import Commit, CommitSignature, NoFields
from spec.ledger.types import Header
from spec.lib.result import Ok, Result
from spec.lib.ssz import hash_tree_root
from spec.lib.trie import find_leaf
from spec.light.bft import LightBlock, LightClient, LightOptions, Trusted, open_trust
from tests.spec.consensus.network import Network, Shell, compute_stub_key, stub_sign, stub_verify

GENESIS_ID = sha256(b"a chain").digest()
START_MS = 1_000
BLOCK_MS = 10
TRUSTING_MS = 100_000

T = TypeVar("T")
Powers = dict[int, int]
"""Of the members of a set, by index."""


def make_client(config: ChainConfig = TINY, genesis_id: bytes = GENESIS_ID) -> LightClient:
    context = RulesContext(config, genesis_id, 0, stub_verify)
    return LightClient(context, LightOptions(TRUSTING_MS, 1, 3, 3))


def make_seats(powers: Powers) -> tuple[Seat, ...]:
    return tuple(
        Seat(v, sha256(b"operator" + bytes([v])).digest(), compute_stub_key(v), power)
        for v, power in sorted(powers.items())
    )


def make_commit(
    header: Header, voters: tuple[int, ...], genesis_id: bytes = GENESIS_ID, round_: int = 0
) -> Commit:
    block_id = compute_block_id(header)
    commit = Commit(
        header.height,
        round_,
        block_id,
        tuple(CommitSignature(v, NO_SIGNATURE) for v in sorted(voters)),
    )
    votes = tuple(
        replace(
            vote,
            signature=stub_sign(
                compute_stub_key(vote.validator),
                compute_vote_root(genesis_id, get_precommit(commit, vote)),
            ),
        )
        for vote in commit.votes
    )
    return replace(commit, votes=votes)


def make_header(height: int, parent: bytes, sets: tuple[Powers, Powers], salt: bytes) -> Header:
    roots = [hash_tree_root(SEATS, make_seats(powers)) for powers in sets]
    return Header(
        version=1,
        parent=parent,
        height=height,
        slot=height,
        time_ms=START_MS + BLOCK_MS * height,
        proposer=bytes(32),
        state_root=sha256(salt).digest(),
        txs_root=bytes(32),
        receipts_root=bytes(32),
        ops_root=bytes(32),
        validators_root=roots[0],
        next_validators_root=roots[1],
        base_fee=1,
        gas_used=0,
        consensus=NoFields(),
    )


def seal(header: Header, sets: tuple[Powers, Powers], round_: int = 0) -> LightBlock:
    """A block whose whole set signed."""
    commit = make_commit(header, tuple(sets[0]), round_=round_)
    return LightBlock(header, commit, make_seats(sets[0]), make_seats(sets[1]))


def make_chain(sets: tuple[Powers, ...]) -> tuple[Trusted, tuple[LightBlock, ...]]:
    """Trust in the genesis, and the blocks above it: set i seals height i + 1, one set is left."""
    genesis = make_header(0, GENESIS_ID, (sets[0], sets[0]), b"genesis")
    opened = open_trust(compute_block_id(genesis), genesis, make_seats(sets[0]))
    parent = compute_block_id(genesis)
    blocks = []
    for place in range(len(sets) - 1):
        pair = (sets[place], sets[place + 1])
        header = make_header(place + 1, parent, pair, b"block")
        blocks.append(seal(header, pair))
        parent = compute_block_id(header)
    return unwrap(opened), tuple(blocks)


def unwrap(result: Result[T, object]) -> T:
    assert isinstance(result, Ok), result
    return result.value


# Chains that real nodes made


def run_nodes(validators: int, until_ms: int) -> Shell:
    network = Network(validators)
    network.start()
    network.run(until_ms)
    return network.shells[0]


def get_light_blocks(shell: Shell) -> tuple[Trusted, tuple[LightBlock, ...]]:
    """A node's chain as a light client gets it."""
    rules = BftRules()
    leaves = rules.encode_state(shell.node.tree[shell.node.head].chain_state)
    by_height = {block.header.height: block for block in shell.blocks.values()}
    blocks = []
    for height in range(1, len(by_height) + 1):
        block = by_height[height]
        tree = shell.ledgers[compute_block_id(block.header)].tree
        found = [find_leaf(tree, key) for key, _ in leaves]
        state = rules.decode_state(tuple(leaf.value for leaf in found if leaf is not None))
        assert isinstance(block.seal, Commit)
        blocks.append(LightBlock(block.header, block.seal, state.current.seats, state.next.seats))
    genesis = next(s.header for s in shell.ledgers.values() if s.header.height == 0)
    opened = open_trust(compute_block_id(genesis), genesis, blocks[0].validators)
    return unwrap(opened), tuple(blocks)
