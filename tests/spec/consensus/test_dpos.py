"""Laws of DPoS: turns are kept, silence is noticed, what two thirds vote for is final."""

from dataclasses import replace
from random import Random

import pytest

from spec.chain import compute_genesis_view, step
from spec.config import compute_config_failures
from spec.consensus.dpos.duty import RULES
from spec.consensus.dpos.rules import DposRules, compute_delegates, compute_schedule, get_owner
from spec.consensus.dpos.state import DposState
from spec.consensus.ffg import compute_genesis as compute_ffg_genesis
from spec.consensus.ffg import compute_members
from spec.consensus.interface import (
    Built,
    Received,
    Restart,
    SealRequest,
    Sign,
    Signed,
    SignedRecord,
    Source,
)
from spec.consensus.node import get_parent
from spec.consensus.producing import Plan, make_build
from spec.consensus.slots import get_slot_time
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.invariants import compute_total_coins
from spec.ledger.ledger_ops import Jail
from spec.ledger.ops import FfgVote, NoFields, NoSeal, PosFields, SignatureSeal
from spec.ledger.staking.registry import ValidatorStatus
from spec.ledger.staking.view import LedgerView
from spec.ledger.state import TreeReader, get_supply
from spec.ledger.types import Block
from tests.spec.consensus.network import (
    DPOS,
    Network,
    Shell,
    compute_genesis,
    stub_sign_message,
)


def make_network(validators: int = 4, seed: int = 1) -> Network:
    network = Network(validators, seed=seed, consensus=DPOS, stake=1_000)
    network.now_ms = network.genesis.time_ms + 1
    return network


def run_dpos(until_ms: int, validators: int = 4, seed: int = 1) -> Network:
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
    targets: dict[int, bytes] = {}
    for message in shell.signed:
        if isinstance(message, SealRequest):
            block_id = compute_block_id(message.block.header)
            assert seals.setdefault(message.block.header.slot, block_id) == block_id
        if isinstance(message, FfgVote):
            root = message.target.root
            assert targets.setdefault(message.target.epoch, root) == root


def get_head(shell: Shell) -> Block:
    return shell.node.tree[shell.node.head].block


def test_every_slot_has_its_block_and_rounds_become_final() -> None:
    network = run_dpos(1_500)
    for shell in network.shells:
        assert get_head(shell).header.slot >= 48
        assert get_head(shell).header.height == get_head(shell).header.slot
        assert max(shell.decided) >= 39
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
    network.tick_until(1_500)
    check_agreement(network)
    assert all(max(s.decided, default=0) > 8 for s in network.shells)


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


def test_a_crash_at_every_record_breaks_no_promise() -> None:
    network = run_dpos(1_150, validators=1)
    log = network.shells[0].wal
    assert any(isinstance(r, SignedRecord) for r in log)
    for cut in range(len(log)):
        again = make_network(1)
        shell = again.shells[0]
        shell.wal = log[:cut]
        shell.signed = [r.message for r in log[:cut] if isinstance(r, SignedRecord)]
        again.now_ms = network.now_ms - 20
        again.feed(0, Restart(again.now_ms, tuple(log[:cut])))
        again.tick_until(again.now_ms + 60)
        check_no_equivocation(shell)


def test_one_slot_is_sealed_once_whatever_is_built() -> None:
    network = run_dpos(1_050, validators=1)
    shell = network.shells[0]
    slot = shell.node.duty.slot
    block = replace(get_head(shell), seal=NoSeal())
    other = replace(block, header=replace(block.header, gas_used=7))
    _, effects = step(shell.config, shell.node, Built(other, slot))
    assert not any(isinstance(e, Sign) for e in effects)
    forged = SealRequest(other, 0)
    signed = stub_sign_message(shell.chain.genesis_id, forged)
    assert step(shell.config, shell.node, Signed(signed))[1] == ()


def seal(network: Network, block: Block, validator: int) -> Block:
    request = stub_sign_message(
        network.shells[0].chain.genesis_id, SealRequest(replace(block, seal=NoSeal()), validator)
    )
    assert isinstance(request, SealRequest)
    return request.block


def test_a_double_production_convicts_its_maker_on_the_chain() -> None:
    """Two blocks of one slot meet; the next producers put the evidence into a block."""
    network = run_dpos(1_185, seed=4)
    witness = network.shells[0]
    twin, maker = make_twin(network)
    network.feed(0, Received(Source(b"\x02"), twin))
    network.tick_until(1_260)
    assert any(r.code == "evidence.found" for r in witness.reports)
    for shell in network.shells:
        head = shell.node.tree[shell.node.head]
        assert head.chain_state.finality.convicted == (maker,)
        (entry,) = [v for v in head.view.validators if v.validator == maker]
        assert entry.status == ValidatorStatus.SLASHED
        assert entry.stake < 1_000


def make_twin(network: Network) -> tuple[Block, int]:
    """A valid second block of a slot, without the votes that the first one holds."""
    shell = network.shells[0]
    good = next(
        e
        for e in reversed(tuple(shell.node.tree.values()))
        if e.block.body.ops and e.block.header.parent in shell.node.tree
    )
    header = good.block.header
    parent = get_parent(shell.node, BlockId(header.parent))
    ticked, tick_ops = RULES.tick(shell.config.context, parent, header.slot)
    plan = Plan(
        parent=parent,
        ticked=ticked,
        tick_ops=tick_ops,
        slot=header.slot,
        time_ms=header.time_ms,
        proposer=header.proposer,
        consensus=NoFields(),
        tag=header.slot,
    )
    block = network.build(shell, make_build(shell.config, plan, RULES.select, ()))
    return seal(network, block, ticked.producer), ticked.producer


def test_missed_slots_in_a_row_lead_to_jail() -> None:
    network = make_network(seed=5)
    network.is_cut = lambda a, b: 3 in (a, b) and a != b
    network.start()
    network.tick_until(1_400)
    head = network.shells[0].node.tree[network.shells[0].node.head]
    statuses = {v.validator: v.status for v in head.view.validators}
    assert statuses[3] == ValidatorStatus.JAILED
    assert all(statuses[v] == ValidatorStatus.ACTIVE for v in range(3))
    assert [m.validator for m in head.chain_state.finality.ffg.current] == [0, 1, 2]


def test_a_silence_of_the_whole_network_jails_nobody() -> None:
    network = run_dpos(1_100, seed=6)
    shell = network.shells[0]
    rules, context = DposRules(), shell.config.context
    parent = get_parent(shell.node, shell.node.head)
    _, ops = rules.tick(context, parent, parent.header.slot + 40)
    assert not any(isinstance(op, Jail) for op in ops)


def test_coins_are_conserved_and_producers_are_paid() -> None:
    network = run_dpos(1_200)
    shell = network.shells[0]
    state = shell.ledgers[shell.node.head]
    supply = get_supply(TreeReader(state.tree))
    assert compute_total_coins(state.tree) == supply.minted - supply.burnt
    assert supply.minted > 8_000 + 5 * (state.header.height - 1)


def test_what_breaks_a_rule_has_its_code() -> None:
    network = run_dpos(1_200, seed=7)
    shell = network.shells[0]
    good = get_head(shell)
    owner = shell.node.tree[shell.node.head].chain_state.producer
    header, other = good.header, (owner + 1) % 4
    operators = [v.operator for v in compute_genesis_view(network.genesis).validators]
    time_ms = get_slot_time(shell.config.context, header.slot)
    cases = {
        "slots.slot_not_of_time": replace(header, time_ms=time_ms - 1),
        "slots.fields_wrong": replace(header, consensus=PosFields(bytes(32))),
        "slots.producer_out_of_turn": replace(header, proposer=operators[other]),
        "consensus.validators_root_mismatch": replace(header, validators_root=bytes(32)),
    }
    for code, bad in cases.items():
        network.feed(0, Received(Source(b"\x02"), seal(network, replace(good, header=bad), owner)))
        assert shell.rejected[-1].error.code == code
    moved = replace(good, header=replace(header, gas_used=3))
    network.feed(0, Received(Source(b"\x02"), replace(moved, seal=SignatureSeal(bytes(64)))))
    assert shell.rejected[-1].error.code == "slots.seal_invalid"
    network.feed(0, Received(Source(b"\x02"), replace(moved, seal=NoSeal())))
    assert shell.rejected[-1].error.code == "slots.seal_not_signature"
    assert all(r.error.message for r in shell.rejected)


def test_each_delegate_owns_one_slot_of_a_round() -> None:
    for count in range(1, 7):
        ffg = compute_ffg_genesis(compute_members(tuple((v, 1) for v in range(count))))
        schedules = {compute_schedule(ffg, epoch) for epoch in range(12)}
        for schedule in schedules:
            owners = sorted(get_owner(schedule, slot, count) for slot in range(count))
            assert owners == list(range(count))
        assert len(schedules) > 1 or count == 1


def test_the_election_takes_most_stake_and_leaves_out_the_jailed() -> None:
    view = compute_genesis_view(compute_genesis(4, DPOS, 1_000))
    a, b, c, d = view.validators
    changed = (a, replace(b, stake=9), replace(c, status=ValidatorStatus.JAILED), d)
    elected = compute_delegates(LedgerView(changed), 2)
    assert [m.validator for m in elected] == [0, 3]


def test_a_round_shorter_than_its_delegates_is_refused() -> None:
    config = compute_genesis(4, DPOS, 1_000).config
    assert compute_config_failures(config) == ()
    short = replace(config, consensus=replace(DPOS, seats=5))
    failures = compute_config_failures(short)
    assert [f.code for f in failures] == ["config.round_too_short"]
    assert failures[0].message
    none = replace(config, consensus=replace(DPOS, seats=0))
    assert compute_config_failures(none)[0].code == "config.out_of_range"
    drifting = replace(config, drift_ms_max=4)
    assert compute_config_failures(drifting)[0].code == "config.drift_too_long"


def test_the_state_survives_its_leaves() -> None:
    network = run_dpos(1_100)
    rules = DposRules()
    state: DposState = network.shells[0].node.tree[network.shells[0].node.head].chain_state
    again = rules.decode_state(tuple(leaf for _, leaf in rules.encode_state(state)))
    assert again.schedule == state.schedule
    assert again.missed == state.missed
    assert again.finality.ffg == state.finality.ffg


def test_votes_are_ops_that_any_producer_includes() -> None:
    network = run_dpos(1_200, seed=8)
    shell = network.shells[0]
    foreign = [
        op
        for entry in shell.node.tree.values()
        for op in entry.block.body.ops
        if isinstance(op, FfgVote) and op.validator != entry.chain_state.producer
    ]
    assert foreign
