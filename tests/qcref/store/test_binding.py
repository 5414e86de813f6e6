"""What compaction keeps of finality votes and seals binds as much as all that was promised."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcref.store.promises import Promise, PromiseLog, get_height, select_binding
from spec.consensus.interface import SealRequest, SignedRecord
from spec.consensus.voter import restore_voter
from spec.ledger.ops import Checkpoint, FfgVote
from spec.ledger.types import Block
from tests.qcref.clusters import playing


@pytest.fixture(scope="module")
def block(tmp_path_factory: pytest.TempPathFactory) -> Block:
    with playing(tmp_path_factory.mktemp("pos"), "pos") as play:
        stored = play.nodes[0].runtime.store.get_block(0)
    assert stored is not None
    return stored.block


def _make_vote(source: int, target: int) -> SignedRecord:
    ends = [Checkpoint(epoch, bytes([epoch]) * 32) for epoch in (source, target)]
    return SignedRecord(FfgVote(0, bytes(32), ends[0], ends[1], 0, bytes(64)))


def _make_seal(block: Block, slot: int) -> SignedRecord:
    header = replace(block.header, slot=slot, height=slot)
    return SignedRecord(SealRequest(replace(block, header=header), 0))


def _get_slots(promises: list[Promise]) -> list[int]:
    return [
        promise.message.block.header.slot
        for promise in promises
        if isinstance(promise, SignedRecord) and isinstance(promise.message, SealRequest)
    ]


@given(steps=st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.integers(1, 3)), max_size=20))
def test_guard_and_floor_are_the_same_after_compaction(
    block: Block, steps: list[tuple[bool, int, int]]
) -> None:
    """Honest promises: sources never fall, targets and slots rise."""
    promises: list[Promise] = []
    source, target, slot = 0, 0, 0
    for is_vote, ahead, on in steps:
        if is_vote:
            target += on
            source = min(target - 1, source + ahead)
            promises.append(_make_vote(source, target))
        else:
            slot += on
            promises.append(_make_seal(block, slot))
    kept = select_binding(promises, 1_000)
    assert restore_voter(tuple(kept))[0].guard == restore_voter(tuple(promises))[0].guard
    assert restore_voter(tuple(kept))[0].vote == restore_voter(tuple(promises))[0].vote
    assert max(_get_slots(kept), default=0) == slot
    assert len(kept) <= 2


def test_votes_and_seals_come_back_from_the_file(tmp_path: Path, block: Block) -> None:
    promises = (_make_vote(1, 2), _make_seal(block, 7), _make_vote(2, 3))
    log = PromiseLog(tmp_path / "log")
    for promise in promises:
        log.append(promise)
    log.close()
    again = PromiseLog(tmp_path / "log")
    again.close()
    assert again.promises == promises
    assert [get_height(promise) for promise in promises] == [0, 7, 0]
