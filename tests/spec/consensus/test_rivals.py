"""Laws of finality elsewhere: what contradicts our own is reported, and never followed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.chain import compute_genesis_view, compute_node_config, get_gossip
from spec.config import ConsensusConfig
from spec.consensus.evidence import get_offender
from spec.consensus.ffg import (
    GENESIS_CHECKPOINT,
    FfgState,
    Past,
    compute_members,
)
from spec.consensus.ffg import compute_genesis as compute_ffg_genesis
from spec.consensus.finality_state import FinalityState
from spec.consensus.interface import Message, Received, Report, Source
from spec.consensus.rivals import find_contradicted, find_rivals
from spec.consensus.voter import (
    EMPTY_VOTER_STATE,
    VoterState,
    get_own_messages,
    take_vote,
    witness_finality,
    witness_source,
)
from spec.ledger.codec import BlockId
from spec.ledger.ops import Checkpoint, DoubleFfgVote, FfgVote
from spec.ledger.staking.registry import ValidatorStatus
from spec.ledger.staking.view import LedgerView
from tests.spec.consensus.network import (
    DPOS,
    HYBRID,
    POS,
    Network,
    Shell,
    compute_genesis,
    stub_sign_message,
    stub_verify,
)

GENESIS = compute_genesis(4, DPOS, 1_000)
CONTEXT = compute_node_config(GENESIS, None, stub_verify).context
VIEW = compute_genesis_view(GENESIS)
OURS = Checkpoint(2, b"\x02" * 32)
THEIRS = Checkpoint(2, b"\x12" * 32)
LATER = Checkpoint(3, b"\x13" * 32)


def make_ffg(final: Checkpoint, powers: dict[int, int] | None = None) -> FfgState:
    members = compute_members(tuple(sorted((powers or dict.fromkeys(range(4), 10)).items())))
    history = (Past(Checkpoint(1, b"\x01" * 32), is_justified=True), Past(OURS, is_justified=True))
    return replace(compute_ffg_genesis(members), finalised=final, history=history)


FINAL = make_ffg(OURS)


def vote(validator: int, source: Checkpoint = THEIRS, target: Checkpoint = LATER) -> FfgVote:
    signed = stub_sign_message(
        CONTEXT.genesis_id, FfgVote(0, bytes(32), source, target, validator, bytes(64))
    )
    assert isinstance(signed, FfgVote)
    return signed


def see(voter: VoterState, *votes: FfgVote, ffg: FfgState = FINAL) -> tuple[VoterState, list[str]]:
    told: list[str] = []
    for seen in votes:
        voter, effects = take_vote(CONTEXT, VIEW, voter, (Source(b"\x01"), seen, 3))
        voter, more = witness_source(voter, ffg, seen)
        told += [e.detail for e in (*effects, *more) if isinstance(e, Report) and is_conflict(e)]
    return voter, told


def is_conflict(effect: object) -> bool:
    return isinstance(effect, Report) and effect.code == "finality.conflict"


# What contradicts


def test_only_another_checkpoint_of_an_epoch_that_is_final_contradicts() -> None:
    assert find_contradicted(FINAL, THEIRS) == OURS
    assert find_contradicted(FINAL, OURS) is None
    assert find_contradicted(FINAL, LATER) is None
    assert find_contradicted(FINAL, GENESIS_CHECKPOINT) is None, "forgotten, and ours"
    assert find_contradicted(make_ffg(Checkpoint(1, b"\x01" * 32)), THEIRS) is None


@given(
    st.dictionaries(st.integers(0, 6), st.integers(1, 9), min_size=1), st.sets(st.integers(0, 6))
)
def test_a_rival_is_what_more_than_a_third_votes_from(
    powers: dict[int, int], voters: set[int]
) -> None:
    found = find_rivals(make_ffg(OURS, powers), {v: (vote(v),) for v in sorted(voters)})
    weight = sum(power for v, power in powers.items() if v in voters)
    if 3 * weight > sum(powers.values()):
        (rival,) = found
        assert (rival.ours, rival.theirs) == (OURS, THEIRS)
        assert (rival.weight, rival.total) == (weight, sum(powers.values()))
    else:
        assert found == ()


def test_convicted_and_leaked_members_still_speak_by_their_pinned_weight() -> None:
    convicted = tuple(replace(m, weight=0) for m in FINAL.current)
    ffg = replace(FINAL, current=convicted, previous=convicted)
    assert len(find_rivals(ffg, {v: (vote(v),) for v in (0, 1)})) == 1


def test_the_previous_set_counts_too() -> None:
    others = compute_members(tuple((v, 10) for v in range(4, 8)))
    ffg = replace(FINAL, current=others)
    assert len(find_rivals(ffg, {v: (vote(v),) for v in (0, 1)})) == 1


# What a voter does


def test_a_rival_is_reported_once_with_both_sides() -> None:
    voter, told = see(EMPTY_VOTER_STATE, *(vote(v) for v in range(4)))
    assert len(told) == 1
    assert OURS.root.hex() in told[0]
    assert THEIRS.root.hex() in told[0]
    assert voter.rivals == (THEIRS,)
    _, again = see(voter, vote(0), vote(1))
    assert again == []


def test_votes_seen_before_finality_moved_are_compared_with_it() -> None:
    open_still = make_ffg(Checkpoint(1, b"\x01" * 32))
    voter, told = see(EMPTY_VOTER_STATE, *(vote(v) for v in range(3)), ffg=open_still)
    assert told == []
    voter, effects = witness_finality(voter, FINAL)
    assert [is_conflict(effect) for effect in effects] == [True]
    assert witness_finality(voter, FINAL) == (voter, ())


def test_honest_votes_report_nothing() -> None:
    voter, told = see(EMPTY_VOTER_STATE, *(vote(v, OURS) for v in range(4)))
    assert told == []
    assert witness_finality(voter, FINAL)[1] == ()


@pytest.mark.parametrize(("consensus", "until_ms"), [(DPOS, 1_300), (POS, 1_300), (HYBRID, 2_600)])
def test_a_node_reports_a_rival_and_keeps_its_own(
    consensus: ConsensusConfig, until_ms: int
) -> None:
    network = Network(4, seed=3, consensus=consensus, stake=1_000)
    network.now_ms = network.genesis.time_ms + 1
    network.start()
    network.tick_until(until_ms)
    shell = network.shells[0]
    before = shell.node
    ffg = before.tree[before.head].chain_state.finality.ffg
    final = ffg.finalised
    assert final.epoch > 0
    rival = replace(final, root=b"\x77" * 32)
    for validator in (1, 2, 3):
        cast = FfgVote(
            0, bytes(32), rival, Checkpoint(final.epoch + 1, b"\x78" * 32), validator, bytes(64)
        )
        told = stub_sign_message(shell.chain.genesis_id, cast)
        assert isinstance(told, FfgVote)
        network.feed(0, Received(Source(b"\x01"), told))
    conflicts = [report for report in shell.reports if is_conflict(report)]
    assert len(conflicts) == 1
    assert final.root.hex() in conflicts[0].detail
    assert rival.root.hex() in conflicts[0].detail
    assert (shell.node.head, shell.node.final) == (before.head, before.final)


def test_two_halves_that_a_leak_made_final_report_each_other_and_stay_apart() -> None:
    """A partition longer than the leak's delay: K1 of FFG.md 4 then promises nothing."""
    finality = replace(DPOS.finality, leak_after_epochs=2, leak_quotient=4)
    network = Network(4, seed=2, consensus=replace(DPOS, finality=finality), stake=1_000)
    network.now_ms = network.genesis.time_ms + 1
    network.is_cut = lambda a, b: (a < 2) != (b < 2)
    network.start()
    network.tick_until(1_290)
    finals = [shell.node.final for shell in network.shells]
    assert finals[0] != finals[2]
    assert all(max(s.decided, default=0) > 0 for s in network.shells)
    assert not any(is_conflict(report) for s in network.shells for report in s.reports)
    network.is_cut = lambda _a, _b: False
    network.tick_until(1_400)
    for shell, final in zip(network.shells, finals, strict=True):
        assert any(is_conflict(report) for report in shell.reports)
        assert final in get_chain(shell), "its own chain went on"


def get_chain(shell: Shell) -> list[BlockId]:
    """Ids from the final block down to the genesis."""
    chain = [shell.node.final]
    while chain[-1] in shell.blocks:
        chain.append(BlockId(shell.blocks[chain[-1]].header.parent))
    return chain


# Evidence rests when it has done its work


def get_evidence(messages: tuple[Message, ...]) -> list[int]:
    return [get_offender(m) for m in messages if isinstance(m, DoubleFfgVote)]


def make_finality(shell: Shell) -> FinalityState:
    finality = shell.node.tree[shell.node.head].chain_state.finality
    assert isinstance(finality, FinalityState)
    return finality


def test_evidence_is_repeated_until_the_chain_convicts_its_offender() -> None:
    evidence = DoubleFfgVote(vote(2), vote(2, OURS))
    voter = replace(EMPTY_VOTER_STATE, evidence={2: evidence})

    def repeat(view: LedgerView, finality: FinalityState) -> tuple[Message, ...]:
        return get_own_messages(voter, view, finality, lambda _: False)

    finality = make_finality(Network(4, consensus=DPOS, stake=1_000).shells[0])
    assert repeat(VIEW, finality) == (evidence,)
    slashed = tuple(
        replace(v, status=ValidatorStatus.SLASHED) if v.validator == 2 else v
        for v in VIEW.validators
    )
    gone = tuple(v for v in VIEW.validators if v.validator != 2)
    for view, convicted in ((LedgerView(slashed), ()), (LedgerView(gone), ()), (VIEW, (2,))):
        assert repeat(view, replace(finality, convicted=convicted)) == ()
    assert repeat(VIEW, replace(finality, convicted=(1,))) == (evidence,)
    assert get_own_messages(voter, VIEW, finality, lambda _: True) == (), "too old"


def test_gossip_ends_once_a_block_of_the_chain_holds_the_evidence() -> None:
    network = Network(4, seed=4, consensus=DPOS, stake=1_000)
    network.now_ms = network.genesis.time_ms + 1
    network.start()
    network.tick_until(1_100)
    genesis_id = network.shells[0].chain.genesis_id
    target = make_finality(network.shells[0]).ffg.targets[-1].checkpoint
    votes = [
        stub_sign_message(
            genesis_id,
            FfgVote(0, bytes(32), GENESIS_CHECKPOINT, replace(target, root=root), 3, bytes(64)),
        )
        for root in (b"\x41" * 32, b"\x42" * 32)
    ]
    for told in votes:
        assert isinstance(told, FfgVote)
        network.feed(0, Received(Source(b"\x01"), told))
    assert get_evidence(get_gossip(network.shells[0].config, network.shells[0].node)) == [3]
    network.tick_until(1_180)
    for shell in network.shells:
        assert make_finality(shell).convicted == (3,)
        assert 3 in shell.node.duty.voter.evidence, "kept, since another branch may need it"
        assert get_evidence(get_gossip(shell.config, shell.node)) == []
