"""Laws of proof-of-work chains: work decides, forks heal, rewards are what the schedule says."""

from dataclasses import replace

import pytest

from spec.chain import compute_genesis_view, compute_node_config
from spec.consensus.interface import Parent, Received, Source
from spec.consensus.pow.rules import PowRules, compute_reward, compute_work_hash
from spec.consensus.pow.state import PowState
from spec.ledger.codec import BlockId, get_draft
from spec.ledger.invariants import compute_total_coins
from spec.ledger.ops import Commit, NoFields, PowFields
from spec.ledger.state import TreeReader, get_supply
from spec.ledger.types import Block
from tests.spec.consensus.network import POW, Network, Shell, find_nonce, stub_verify

BTC = replace(POW, is_asert=False)


def get_chain(shell: Shell) -> list[BlockId]:
    """Ids from the head down."""
    chain: list[BlockId] = []
    block_id = shell.node.head
    while block_id in shell.node.tree:
        chain.append(block_id)
        block_id = BlockId(shell.node.tree[block_id].block.header.parent)
    return chain


def check_common_prefix(network: Network, depth: int) -> None:
    settled = [set(get_chain(shell)[depth:]) for shell in network.shells]
    for one in settled:
        for other in settled:
            assert one <= other or other <= one


@pytest.mark.parametrize("config", [POW, BTC], ids=["asert", "btc2016"])
def test_miners_build_one_chain(config: object) -> None:
    network = Network(4, seed=1, consensus=config)  # type: ignore[arg-type]  # one of the two above
    network.start()
    network.run(4_000)
    heights = [shell.node.tree[shell.node.head].block.header.height for shell in network.shells]
    assert min(heights) > 20
    check_common_prefix(network, 4)
    assert all(shell.rejected == [] for shell in network.shells)


def test_asert_holds_the_pace() -> None:
    network = Network(3, seed=2, consensus=POW)
    network.start()
    network.run(10_000)
    header = network.shells[0].node.tree[network.shells[0].node.head].block.header
    pace = (header.time_ms - network.genesis.time_ms) / header.height
    assert 25 < pace < 60


def test_a_fork_heals_to_the_most_work() -> None:
    network = Network(4, seed=3, consensus=POW)
    network.is_cut = lambda a, b: (a == 0) != (b == 0)
    network.start()
    network.run(3_500)
    alone, majority = network.shells[0], network.shells[1]
    lost = alone.node.head
    assert lost not in majority.node.tree
    network.is_cut = lambda _a, _b: False
    network.run(4_500)
    assert lost not in get_chain(network.shells[0])
    check_common_prefix(network, 4)


def test_coins_are_what_the_schedule_minted() -> None:
    network = Network(2, seed=4, consensus=POW)
    network.start()
    network.run(5_000)
    shell = network.shells[0]
    head = shell.ledgers[shell.node.head]
    supply = get_supply(TreeReader(head.tree))
    minted = sum(compute_reward(POW, h) for h in range(1, head.header.height + 1))
    assert supply.minted == 2_002 + minted  # allocations, two stakes of 1, rewards
    assert compute_total_coins(head.tree) == supply.minted - supply.burnt


def test_the_reward_is_halved_down_to_nothing() -> None:
    rewards = [compute_reward(POW, height) for height in (1, 32, 33, 64, 65, 7 * 32 + 1)]
    assert rewards == [64, 64, 32, 32, 16, 0]
    assert compute_reward(POW, 2**64) == 0


def test_blocks_that_break_a_rule_are_rejected() -> None:
    network = Network(1, seed=5, consensus=POW)
    network.start()
    network.run(2_500)
    shell = network.shells[0]
    good = shell.node.tree[shell.node.head].block
    fields = good.header.consensus
    assert isinstance(fields, PowFields)
    miss = next(
        header
        for nonce in range(1_000)
        for header in [replace(good.header, consensus=replace(fields, nonce=nonce))]
        if compute_work_hash(header) > fields.target
    )
    easier = fields.target + 1 if fields.target < POW.target_max else fields.target - 1
    cases = {
        "pow.hash_above_target": Block(miss, good.body, good.seal),
        "pow.target_mismatch": find_nonce(good, easier),
        "pow.fields_missing": replace(good, header=replace(good.header, consensus=NoFields())),
        "pow.seal_present": replace(
            find_nonce(replace(good, header=replace(good.header, base_fee=9)), fields.target),
            seal=Commit(1, 0, bytes(32), ()),
        ),
        "consensus.slot_not_height": replace(
            good, header=replace(good.header, slot=good.header.slot + 1)
        ),
        "consensus.validators_root_mismatch": replace(
            good, header=replace(good.header, validators_root=b"\x01" * 32)
        ),
    }
    for code, block in cases.items():
        network.feed(0, Received(Source(b"\x00"), block))
        assert shell.rejected[-1].error.code == code


def test_an_op_has_no_place_in_a_pow_block() -> None:
    network = Network(1, consensus=POW)
    rules, shell = PowRules(), network.shells[0]
    config = compute_node_config(network.genesis, None, stub_verify)
    genesis = shell.node.tree[shell.node.head].block.header
    state = PowState(POW.target_initial, 0, 0)
    parent = Parent(shell.node.head, genesis, state, compute_genesis_view(network.genesis))
    ticked, _ = rules.tick(config.context, parent, 1)
    network.start()
    network.run(2_200)
    draft = shell.node.tree[shell.node.head].block.header
    op = Commit(0, 0, bytes(32), ())
    error = rules.validate_op(config.context, ticked, get_draft(draft), op)
    assert error is not None
    assert error.code == "consensus.op_not_admitted"
