"""`step` is total: it answers anything, leaves its input alone and says the same twice."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from spec.chain import step
from spec.consensus.bft.messages import Proposal
from spec.consensus.bft.rounds import TimeoutKind
from spec.consensus.interface import (
    BlockRecord,
    Built,
    Executed,
    Input,
    Received,
    Restart,
    Signed,
    SignedRecord,
    Source,
    Tick,
    Timeout,
)
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.ops import Commit, CommitSignature, NoSeal, RoundVote
from spec.ledger.types import Block
from spec.lib.result import Err, Ok
from tests.spec.consensus.network import Network, Shell

INPUTS = 1_000_000
"""Of the campaign."""
EDGES = (0, 1, 2, 3, 5, 2**16, 2**31, 2**32 - 1, 2**63, 2**64 - 1)


def choose_number(rng: Random, near: int) -> int:
    return rng.choice((near, near + 1, max(0, near - 1), rng.choice(EDGES)))


def mutate_block(rng: Random, block: Block) -> Block:
    header = block.header
    changes: dict[str, object] = {}
    for name in rng.sample(("height", "slot", "time_ms", "version", "base_fee"), rng.randrange(3)):
        number = choose_number(rng, getattr(header, name))
        changes[name] = number % 2**32 if name == "version" else number
    for name in rng.sample(
        ("parent", "proposer", "state_root", "validators_root"), rng.randrange(2)
    ):
        changes[name] = rng.randbytes(32)
    header = replace(header, **changes)  # type: ignore[arg-type]  # names and values are paired above
    commit = Commit(
        choose_number(rng, header.height),
        rng.choice((0, 1, 2**32 - 1)),
        rng.choice((compute_block_id(header), rng.randbytes(32))),
        tuple(
            CommitSignature(rng.randrange(6), rng.randbytes(64)) for _ in range(rng.randrange(5))
        ),
    )
    return Block(header, block.body, rng.choice((block.seal, NoSeal(), commit)))


def make_vote(rng: Random, height: int) -> RoundVote:
    return RoundVote(
        kind=rng.choice((0, 1, 2, 3, 255)),
        height=choose_number(rng, height),
        round=choose_number(rng, 0) % 2**32,
        block=rng.choice((bytes(32), rng.randbytes(32))),
        validator=rng.choice((0, 1, 2, 3, 4, 2**32 - 1)),
        signature=rng.choice((bytes(64), rng.randbytes(64))),
    )


def make_proposal(rng: Random, shell: Shell, block: Block, height: int) -> Proposal:
    _ = shell
    return Proposal(
        height=choose_number(rng, height),
        round=choose_number(rng, 0) % 2**32,
        valid_round_plus_one=choose_number(rng, 0) % 2**32,
        block=rng.choice((block, replace(block, seal=NoSeal()))),
        polka=tuple(make_vote(rng, height) for _ in range(rng.randrange(4))),
        validator=rng.randrange(6),
        signature=rng.choice((bytes(64), rng.randbytes(64))),
    )


def make_inputs(rng: Random, network: Network, shell: Shell) -> Input:
    height = shell.node.tree[shell.node.head].block.header.height + 1
    blocks = [b for s in network.shells for b in s.blocks.values()]
    block = mutate_block(rng, rng.choice(blocks))
    vote, proposal = make_vote(rng, height), make_proposal(rng, shell, block, height)
    message = rng.choice((vote, proposal, block))
    signable = rng.choice((vote, proposal))
    kind = rng.choice(tuple(TimeoutKind))
    known = rng.choice((*shell.node.candidates, BlockId(rng.randbytes(32))))
    makers: tuple[Callable[[], Input], ...] = (
        lambda: Tick(choose_number(rng, shell.node.now_ms)),
        lambda: Received(Source(rng.choice((b"", b"\x01"))), message),
        lambda: Timeout(kind, choose_number(rng, height), choose_number(rng, 0)),
        lambda: Built(block, rng.randrange(3)),
        lambda: Signed(signable),
        lambda: Executed(
            known, rng.choice((Ok(shell.node.tree[shell.node.head].view), Err("block.any")))
        ),
        lambda: Restart(rng.randrange(9), (SignedRecord(signable), BlockRecord(block))),
    )
    return rng.choice(makers)()


def check_total(rng: Random, network: Network, count: int, period: int) -> int:
    """Feeds random inputs; each `period`-th twice, with a look whether the state is unchanged."""
    changed = 0
    for turn in range(count):
        shell = rng.choice(network.shells)
        event = make_inputs(rng, network, shell)
        before = shell.node
        if turn % period:
            after, _ = step(shell.config, before, event)
        else:
            image = repr((before.head, before.final, before.duty, tuple(before.tree)))
            after, effects = step(shell.config, before, event)
            assert image == repr((before.head, before.final, before.duty, tuple(before.tree)))
            assert (after, effects) == step(shell.config, before, event)
        changed += after != before
        if rng.random() < 0.1:
            shell.node = after
    return changed


def test_any_input_is_answered() -> None:
    network = Network(4, seed=5)
    network.start()
    network.run(2_060)
    assert check_total(Random(5), network, 1_500, 1) > 50


@pytest.mark.slow
def test_any_input_is_answered_in_a_campaign() -> None:
    network = Network(4, seed=6)
    network.start()
    network.run(2_060)
    assert check_total(Random(6), network, INPUTS, 100) > INPUTS // 50
