"""`step` is total where votes decide: it answers anything, twice the same, and leaves its input."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from spec.chain import step
from spec.config import ConsensusConfig
from spec.consensus.interface import (
    BlockRecord,
    Built,
    Executed,
    Input,
    Message,
    Mined,
    Received,
    Restart,
    RevealRequest,
    SealRequest,
    Signable,
    Signed,
    SignedRecord,
    Source,
    Tick,
)
from spec.consensus.voter import EMPTY_VOTER_STATE
from spec.ledger.codec import BlockId
from spec.ledger.ops import (
    Checkpoint,
    DoubleFfgVote,
    DoubleProduction,
    DoubleVote,
    FfgVote,
    NoFields,
    NoSeal,
    PosFields,
    PowFields,
    RoundVote,
    SignatureSeal,
)
from spec.ledger.types import Block
from spec.lib.result import Err, Ok
from tests.spec.consensus.network import DPOS, HYBRID, POS, POW, Network, Shell, stub_sign_message

INPUTS = 1_000_000
"""Of the campaign."""
EDGES = (0, 1, 2, 3, 5, 2**16, 2**31, 2**32 - 1)
WIDE = (*EDGES, 2**63, 2**64 - 1)


def choose_number(rng: Random, near: int) -> int:
    return rng.choice((near, near + 1, max(0, near - 1), rng.choice(WIDE)))


def make_block(rng: Random, shell: Shell) -> Block:
    block = rng.choice(tuple(shell.blocks.values()))
    header = block.header
    fields = rng.choice(
        (NoFields(), PowFields(rng.choice((1, 2**255)), 7), PosFields(bytes(32)), header.consensus)
    )
    changes: dict[str, object] = {"consensus": fields} if rng.random() < 0.3 else {}
    for name in rng.sample(("height", "slot", "time_ms", "gas_used"), rng.randrange(3)):
        changes[name] = choose_number(rng, getattr(header, name))
    for name in rng.sample(("parent", "proposer", "state_root"), rng.randrange(2)):
        changes[name] = rng.randbytes(32)
    header = replace(header, **changes)  # type: ignore[arg-type]  # names and values are paired
    seal = rng.choice((block.seal, NoSeal(), SignatureSeal(rng.randbytes(64))))
    return Block(header, block.body, seal)


def make_vote(rng: Random, shell: Shell) -> FfgVote:
    heads = (*shell.node.tree, BlockId(bytes(32)), BlockId(rng.randbytes(32)))
    voter = getattr(shell.node.duty, "voter", EMPTY_VOTER_STATE)  # miners don't vote
    near = voter.guard.target_epoch
    vote = FfgVote(
        slot=choose_number(rng, 4 * max(0, near)),
        head=rng.choice(heads),
        source=Checkpoint(choose_number(rng, max(0, near - 1)), rng.choice(heads)),
        target=Checkpoint(choose_number(rng, max(0, near)), rng.choice(heads)),
        validator=rng.choice((0, 1, 2, 3, 4, 2**32 - 1)),
        signature=bytes(64),
    )
    if rng.random() < 0.5 and vote.validator < 256:
        signed = stub_sign_message(shell.chain.genesis_id, vote)
        assert isinstance(signed, FfgVote)
        return signed
    return vote


def make_evidence(rng: Random, shell: Shell) -> Message:
    one, other = make_vote(rng, shell), make_vote(rng, shell)
    round_vote = RoundVote(1, 1, 0, bytes(32), 0, bytes(64))
    return rng.choice(
        (
            DoubleFfgVote(one, other),
            DoubleFfgVote(one, replace(other, validator=one.validator)),
            DoubleProduction(rng.randrange(6), 3, bytes(32), bytes(64), b"\x01" * 32, bytes(64)),
            DoubleVote(round_vote, round_vote),
        )
    )


def make_input(rng: Random, shell: Shell) -> Input:
    block, vote = make_block(rng, shell), make_vote(rng, shell)
    signables: tuple[Signable, ...] = (
        vote,
        SealRequest(block, rng.randrange(5)),
        RevealRequest(rng.randrange(5), rng.choice(WIDE), rng.randbytes(32)),
    )
    signable = rng.choice(signables)
    known = rng.choice((*shell.node.candidates, BlockId(rng.randbytes(32))))
    source = Source(rng.choice((b"", b"\x01")))
    view = shell.node.tree[shell.node.head].view
    makers: tuple[Callable[[], Input], ...] = (
        lambda: Tick(shell.node.now_ms + rng.choice((0, 1, 3, 10, 50))),
        lambda: Received(source, block),
        lambda: Received(source, vote),
        lambda: Received(source, make_evidence(rng, shell)),
        lambda: Built(block, choose_number(rng, block.header.slot)),
        lambda: Mined(block),
        lambda: Signed(signable),
        lambda: Executed(known, rng.choice((Ok(view), Err("block.any")))),
        lambda: Restart(rng.randrange(9), (SignedRecord(signable), BlockRecord(block))),
    )
    return rng.choice(makers)()


def check_total(config: ConsensusConfig, seed: int, count: int, period: int) -> int:
    """Feeds random inputs; each `period`-th twice, with a look whether the state is unchanged."""
    rng, network = Random(seed), Network(4, seed=seed, consensus=config, stake=1_000)
    network.now_ms = network.genesis.time_ms + 1
    network.start()
    network.tick_until(1_160)
    changed = 0
    for turn in range(count):
        shell = rng.choice(network.shells)
        event, before = make_input(rng, shell), shell.node
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


@pytest.mark.parametrize("config", [POW, HYBRID, DPOS, POS], ids=["pow", "hybrid", "dpos", "pos"])
def test_any_input_is_answered(config: ConsensusConfig) -> None:
    assert check_total(config, 5, 400, 1) > 20


@pytest.mark.slow
@pytest.mark.parametrize("config", [POW, HYBRID, DPOS, POS], ids=["pow", "hybrid", "dpos", "pos"])
def test_any_input_is_answered_in_a_campaign(config: ConsensusConfig) -> None:
    assert check_total(config, 6, INPUTS, 100) > INPUTS // 50
