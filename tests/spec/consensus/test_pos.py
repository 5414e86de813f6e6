"""Laws of PoS: stake draws producers, votes choose heads and decide, reveals cannot be chosen."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.chain import compute_genesis_view, compute_node_config
from spec.config import compute_config_failures
from spec.consensus.ffg import compute_genesis as compute_ffg_genesis
from spec.consensus.ffg import compute_members
from spec.consensus.interface import Received, SealRequest, Source
from spec.consensus.onion import ONION_LAYERS, compute_layer
from spec.consensus.pos.duty import compute_weights
from spec.consensus.pos.ghost import Leafward, compute_head
from spec.consensus.pos.rules import (
    PosRules,
    compute_committee_slot,
    compute_producer,
)
from spec.consensus.pos.state import (
    Onion,
    PosState,
    get_onion,
    get_onions,
    keep_onions,
    put_onion,
)
from spec.consensus.slots import get_slot_time
from spec.crypto.hashing import sha256
from spec.ledger.codec import BlockId, compute_block_id, get_draft
from spec.ledger.invariants import compute_total_coins
from spec.ledger.ops import FfgVote, NoFields, NoSeal, PosFields
from spec.ledger.state import TreeReader, get_supply
from spec.ledger.types import Block
from tests.spec.consensus.network import (
    POS,
    Network,
    Shell,
    compute_genesis,
    stub_sign_message,
    stub_verify,
)


def make_network(validators: int = 4, seed: int = 1) -> Network:
    network = Network(validators, seed=seed, consensus=POS, stake=1_000)
    network.now_ms = network.genesis.time_ms + 1
    return network


def run_pos(until_ms: int, validators: int = 4, seed: int = 1) -> Network:
    network = make_network(validators, seed)
    network.start()
    network.tick_until(until_ms)
    return network


def check_agreement(network: Network) -> None:
    for a in network.shells:
        for b in network.shells:
            for height, block_id in a.decided.items():
                assert b.decided.get(height, block_id) == block_id


def check_no_equivocation(shell: Shell) -> None:
    seals: dict[int, bytes] = {}
    targets: dict[int, FfgVote] = {}
    for message in shell.signed:
        if isinstance(message, SealRequest):
            block_id = compute_block_id(message.block.header)
            assert seals.setdefault(message.block.header.slot, block_id) == block_id
        if isinstance(message, FfgVote):
            assert targets.setdefault(message.target.epoch, message) == message


def get_state(shell: Shell) -> PosState:
    state: PosState = shell.node.tree[shell.node.head].chain_state
    return state


def get_head(shell: Shell) -> Block:
    return shell.node.tree[shell.node.head].block


def seal(network: Network, block: Block, validator: int) -> Block:
    request = stub_sign_message(
        network.shells[0].chain.genesis_id, SealRequest(replace(block, seal=NoSeal()), validator)
    )
    assert isinstance(request, SealRequest)
    return request.block


# Chains


def test_slots_have_blocks_and_epochs_become_final() -> None:
    network = run_pos(1_400)
    for shell in network.shells:
        assert get_head(shell).header.height >= 36
        assert max(shell.decided) >= 27
        assert shell.rejected == []
        assert shell.reports == []
    check_agreement(network)


def test_a_partition_shorter_than_the_leak_heals() -> None:
    network = make_network(seed=2)
    network.is_cut = lambda a, b: (a < 2) != (b < 2)
    network.start()
    network.tick_until(1_150)
    assert all(max(s.decided, default=0) == 0 for s in network.shells)
    network.is_cut = lambda _a, _b: False
    network.tick_until(1_550)
    check_agreement(network)
    assert all(max(s.decided, default=0) > 8 for s in network.shells)
    assert all(s.rejected == [] for s in network.shells)


@pytest.mark.slow
def test_the_leak_restores_finality_when_half_is_silent() -> None:
    network = make_network(seed=3)
    network.is_cut = lambda a, b: a != b and (a > 1 or b > 1)
    network.start()
    network.tick_until(1_400)
    assert max(network.shells[0].decided, default=0) == 0
    network.tick_until(4_200)
    assert max(network.shells[0].decided, default=0) > 0
    assert network.shells[0].node.final == network.shells[1].node.final


@pytest.mark.parametrize("seed", range(3))
def test_crashes_break_no_promise(seed: int) -> None:
    network = make_network(seed=seed)
    network.start()
    rng = Random(seed)
    for _ in range(8):
        network.tick_until(network.now_ms + rng.randrange(1, 40))
        network.crash(rng.randrange(4))
    network.tick_until(network.now_ms + 240)
    check_agreement(network)
    for shell in network.shells:
        check_no_equivocation(shell)
        assert shell.reports == []
    assert all(max(s.decided, default=0) > 0 for s in network.shells)


def test_coins_are_conserved_and_voters_are_paid() -> None:
    network = run_pos(1_250)
    shell = network.shells[0]
    state = shell.ledgers[shell.node.head]
    supply = get_supply(TreeReader(state.tree))
    assert compute_total_coins(state.tree) == supply.minted - supply.burnt
    assert supply.minted > 8_000


def test_what_breaks_a_rule_has_its_code() -> None:
    network = run_pos(1_300, seed=7)
    shell = network.shells[0]
    good = next(
        e.block
        for e in reversed(tuple(shell.node.tree.values()))
        if e.block.header.parent in shell.node.tree
        and (onion := get_onion(e.chain_state.onions, e.chain_state.producer)) is not None
        and onion.layers > 1
    )
    owner = shell.node.tree[compute_block_id(good.header)].chain_state.producer
    time_ms = get_slot_time(shell.config.context, good.header.slot)
    cases = {
        "slots.slot_not_of_time": replace(good.header, time_ms=time_ms + 1),
        "slots.fields_wrong": replace(good.header, consensus=NoFields()),
        "slots.producer_out_of_turn": replace(good.header, proposer=bytes(32)),
        "pos.reveal_wrong": replace(good.header, consensus=PosFields(b"\x01" * 32)),
    }
    for code, bad in cases.items():
        network.feed(0, Received(Source(b"\x02"), seal(network, replace(good, header=bad), owner)))
        assert shell.rejected[-1].error.code == code
        assert shell.rejected[-1].error.message


def test_the_state_survives_its_leaves() -> None:
    rules, state = PosRules(), get_state(run_pos(1_150).shells[0])
    again = rules.decode_state(tuple(leaf for _, leaf in rules.encode_state(state)))
    assert (again.mix, again.seed, again.seed_next) == (state.mix, state.seed, state.seed_next)
    assert again.onions == state.onions
    assert again.finality.ffg == state.finality.ffg


# Randomness


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 1 << 60), st.just(bytes(32)))),
    st.frozensets(st.integers(0, 9)),
)
def test_packed_onions_are_a_map_in_order(
    changes: list[tuple[int, int, bytes]], kept: frozenset[int]
) -> None:
    packed, model = b"", dict[int, Onion]()
    for change in changes:
        onion = Onion(*change)
        packed, model[onion.validator] = put_onion(packed, onion), onion
        assert get_onions(packed) == tuple(model[v] for v in sorted(model))
    assert all(get_onion(packed, v) == model.get(v) for v in range(10))
    assert get_onions(keep_onions(packed, kept)) == tuple(
        model[v] for v in sorted(model) if v in kept
    )


def test_a_layer_is_the_hash_of_the_next() -> None:
    secret = b"\x05" * 32
    assert sha256(compute_layer(secret, 8)) == compute_layer(secret, 7)
    assert sha256(compute_layer(secret, ONION_LAYERS - 1)) == compute_layer(
        secret, ONION_LAYERS - 2
    )
    assert sha256(compute_layer(secret, ONION_LAYERS)) != compute_layer(secret, ONION_LAYERS - 1)


def test_reveals_of_a_chain_are_layers_in_order() -> None:
    network = run_pos(1_300)
    state = get_state(network.shells[0])
    onions = get_onions(state.onions)
    assert {o.validator for o in onions} <= set(range(4))
    assert sum(o.layers for o in onions) == get_head(network.shells[0]).header.height
    assert state.mix != sha256(network.shells[0].chain.genesis_id)


def test_a_first_layer_adds_no_randomness() -> None:
    """It is freely chosen, so whatever it is, the mix stays."""
    genesis = compute_genesis(4, POS, 1_000)
    config = compute_node_config(genesis, None, stub_verify)
    rules = PosRules()
    state = rules.genesis(config.context, compute_genesis_view(genesis))
    network = make_network()
    mixes = set()
    for reveal in (b"\x01" * 32, b"\x02" * 32):
        draft = replace(get_draft(get_head(network.shells[0]).header), consensus=PosFields(reveal))
        _, after, _ = rules.select(config.context, state, draft, ())
        mixes.add(after.mix)
        assert get_onion(after.onions, after.producer) == Onion(after.producer, 1, reveal)
    assert mixes == {state.mix}


def test_producers_are_drawn_in_proportion_to_stake() -> None:
    ffg = compute_ffg_genesis(compute_members(((0, 100), (1, 300), (2, 0), (3, 600))))
    drawn = Counter(compute_producer(ffg, b"\x03" * 32, slot) for slot in range(4_000))
    assert drawn[2] == 0
    assert 300 < drawn[0] < 500
    assert 1_050 < drawn[1] < 1_350
    assert 2_250 < drawn[3] < 2_550


def test_each_member_has_one_committee_and_committees_are_even() -> None:
    network = make_network(1)
    state = get_state(network.shells[0])
    members = compute_members(tuple((v, 1) for v in range(10)))
    ffg = replace(state.finality.ffg, current=members)
    state = replace(state, finality=replace(state.finality, ffg=ffg))
    sizes = Counter(compute_committee_slot(state, v, 5) for v in range(10))
    assert sizes == dict.fromkeys(range(5), 2)
    assert compute_committee_slot(state, 99, 5) == 0


# GHOST


def name(number: int) -> BlockId:
    return BlockId(bytes([number]) * 32)


def tree(*edges: tuple[int, int], justified: dict[int, int] | None = None) -> tuple[Leafward, ...]:
    known = justified or {}
    return tuple(Leafward(name(c), name(p), known.get(c, 0)) for c, p in edges)


FORK = tree((1, 0), (2, 1), (3, 1), (4, 2), (5, 2))


def test_the_heavier_branch_wins_even_when_no_single_leaf_does() -> None:
    assert compute_head(FORK, {name(3): 4, name(4): 2, name(5): 3}) == name(5)
    assert compute_head(FORK, {name(3): 6, name(4): 2, name(5): 3}) == name(3)


def test_votes_for_a_block_weigh_for_its_ancestors_only() -> None:
    assert compute_head(FORK, {name(2): 5, name(4): 1, name(3): 5}) == name(4)


def test_branches_without_the_highest_justified_epoch_are_left_out() -> None:
    forked = tree((1, 0), (2, 1), (3, 1), justified={1: 1, 2: 1, 3: 2})
    assert compute_head(forked, {name(2): 99}) == name(3)


def test_ties_go_to_the_greater_id_whatever_the_order() -> None:
    assert compute_head(FORK, {}) == name(3)
    assert compute_head(tree((1, 0), (3, 1), (2, 1)), {}) == name(3)


def test_a_head_is_always_a_leaf_below_the_root() -> None:
    rng = Random(4)
    for _ in range(200):
        edges = [(1, 0), *((n, rng.randrange(1, n)) for n in range(2, 12))]
        weights = {name(rng.randrange(1, 12)): rng.randrange(9) for _ in range(5)}
        head = compute_head(tree(*edges), weights)
        assert all(name(parent) != head for _, parent in edges)


def test_an_equivocator_weighs_nothing_and_the_boost_is_of_one_slot() -> None:
    network = run_pos(1_305)
    shell = network.shells[0]
    full = compute_weights(shell.config, shell.node)
    voter = shell.node.duty.voter
    first = voter.votes[0][0]
    assert isinstance(first, FfgVote)
    caught = replace(voter, evidence={0: object()})
    node = replace(shell.node, duty=replace(shell.node.duty, voter=caught))
    assert sum(full.values()) - sum(compute_weights(shell.config, node).values()) == 1_000
    later = replace(shell.node, now_ms=shell.node.now_ms + 10)
    unboosted = compute_weights(shell.config, later)
    boost = 4_000 // 4 * 40 // 100
    assert sum(full.values()) - sum(unboosted.values()) in (0, boost)


def test_a_boost_above_a_committee_is_refused() -> None:
    config = compute_genesis(4, POS, 1_000).config
    assert compute_config_failures(config) == ()
    high = replace(config, consensus=replace(POS, boost_percent=101))
    assert [f.code for f in compute_config_failures(high)] == ["config.out_of_range"]
    finality = replace(POS.finality, asynchrony_ms_max=12 * 4 * 10)
    early = replace(config, consensus=replace(POS, finality=finality))
    assert [f.code for f in compute_config_failures(early)] == ["config.leak_too_early"]
