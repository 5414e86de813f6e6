"""Laws of Hybrid: work proposes, votes decide, and no hash power moves what is final."""

from dataclasses import replace

import pytest

from spec.consensus.hybrid.rules import HybridRules
from spec.consensus.hybrid.state import HybridState
from spec.consensus.interface import Received, Source
from spec.ledger.codec import BlockId
from spec.ledger.invariants import compute_total_coins
from spec.ledger.ops import FfgVote, PowFields
from spec.ledger.state import TreeReader, get_supply
from tests.spec.consensus.network import FINALITY, HYBRID, Network, Shell, find_nonce


def run_hybrid(validators: int, until_ms: int, seed: int = 1) -> Network:
    network = Network(validators, seed=seed, consensus=HYBRID, stake=1_000)
    network.start()
    network.run(until_ms)
    return network


def check_agreement(network: Network) -> None:
    for a in network.shells:
        for b in network.shells:
            for height, block_id in a.decided.items():
                assert b.decided.get(height, block_id) == block_id


def test_votes_finalise_checkpoints_of_work() -> None:
    network = run_hybrid(4, 4_500)
    for shell in network.shells:
        head = shell.node.tree[shell.node.head].block.header
        final = shell.node.tree[shell.node.final].block.header
        assert final.height >= 8
        assert final.height % 4 == 3
        assert final.height < head.height
        assert shell.rejected == []
    check_agreement(network)


def test_a_minority_with_more_work_moves_nothing_final() -> None:
    """Three of four members finalise; the fourth mines more than all of them, unseen."""
    patient = replace(HYBRID, finality=replace(FINALITY, leak_after_epochs=64))
    network = Network(4, seed=2, consensus=patient, stake=1_000)
    network.is_cut = lambda a, b: (a == 3) != (b == 3)
    network.fast_miner = 3
    network.start()
    network.run(3_200)
    lone, majority = network.shells[3], network.shells[0]
    final = majority.node.final
    assert final not in lone.node.tree
    assert get_work(lone) > get_work(majority)
    network.is_cut = lambda _a, _b: False
    network.fast_miner = None
    network.run(4_600)
    block_id = lone.node.final
    while block_id != final:
        block_id = BlockId(lone.blocks[block_id].header.parent)
    check_agreement(network)


def get_work(shell: Shell) -> int:
    state: HybridState = shell.node.tree[shell.node.head].chain_state
    return state.work.work


def test_coins_are_conserved_and_rewards_reach_voters() -> None:
    network = run_hybrid(4, 4_000)
    shell = network.shells[0]
    state = shell.ledgers[shell.node.head]
    reader = TreeReader(state.tree)
    supply = get_supply(reader)
    assert compute_total_coins(state.tree) == supply.minted - supply.burnt
    entry = shell.node.tree[shell.node.head]
    assert sum(v.stake for v in entry.view.validators) > 4_000


def test_the_state_survives_its_leaves() -> None:
    network = run_hybrid(2, 3_000)
    rules = HybridRules()
    state = network.shells[0].node.tree[network.shells[0].node.head].chain_state
    leaves = rules.encode_state(state)
    again = rules.decode_state(tuple(leaf for _, leaf in leaves))
    assert again.work == state.work
    assert again.finality == replace(state.finality, view=again.finality.view)


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("consensus.slot_not_height", {"slot": 999}),
        ("consensus.validators_root_mismatch", {"validators_root": bytes(32)}),
    ],
)
def test_headers_of_others_are_refused(code: str, changes: dict[str, object]) -> None:
    network = run_hybrid(1, 2_400)
    shell = network.shells[0]
    good = shell.node.tree[shell.node.head].block
    fields = good.header.consensus
    assert isinstance(fields, PowFields)
    bad = replace(good, header=replace(good.header, **changes))  # type: ignore[arg-type]  # by name
    network.feed(0, Received(Source(b"\x00"), find_nonce(bad, fields.target)))
    assert shell.rejected[-1].error.code == code


def test_crashes_never_make_a_voter_guilty() -> None:
    network = Network(4, seed=3, consensus=HYBRID, stake=1_000)
    network.start()
    for turn in range(6):
        network.run(network.now_ms + 150)
        network.crash(turn % 4)
    for shell in network.shells:
        votes = [m for m in shell.signed if isinstance(m, FfgVote)]
        by_epoch: dict[int, set[bytes]] = {}
        for vote in votes:
            by_epoch.setdefault(vote.target.epoch, set()).add(vote.target.root)
        assert all(len(roots) == 1 for roots in by_epoch.values())
    assert all(not s.reports for s in network.shells)


def test_finality_lies_on_the_chain_of_the_head() -> None:
    network = run_hybrid(3, 3_500, seed=5)
    for shell in network.shells:
        block_id = shell.node.head
        while block_id != shell.node.root:
            block_id = BlockId(shell.node.tree[block_id].block.header.parent)
        assert block_id == shell.node.final
