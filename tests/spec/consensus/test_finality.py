"""Votes and evidence as a chain counts them: each refusal has its code, each loss its measure."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.chain import compute_genesis_view, compute_node_config
from spec.config import compute_config_failures, validate_config
from spec.consensus.evidence import compute_seal_root
from spec.consensus.ffg import apply_vote, is_includable
from spec.consensus.finality import (
    FinalityRule,
    Folded,
    Passage,
    compute_finality_genesis,
    fold_ops,
    tick_finality,
)
from spec.consensus.finality_state import FinalityState, decode_finality, encode_finality
from spec.consensus.hybrid.rules import get_rule
from spec.consensus.interface import Broadcast, Effect, RejectMessage, Report, RulesContext, Source
from spec.consensus.offences import get_validator
from spec.consensus.voter import (
    EMPTY_VOTER_STATE,
    Production,
    VoterState,
    cast_vote,
    take_evidence,
    take_vote,
    witness_ops,
    witness_production,
)
from spec.ledger.codec import get_draft
from spec.ledger.ledger_ops import LedgerOp, Reward, Slash
from spec.ledger.ops import (
    Checkpoint,
    Commit,
    DoubleFfgVote,
    DoubleProduction,
    DoubleVote,
    FfgVote,
    Op,
    RoundVote,
)
from spec.ledger.staking.registry import ValidatorStatus
from spec.ledger.staking.view import LedgerView
from spec.ledger.types import Draft
from spec.lib.result import Err, Ok
from tests.spec.consensus.network import (
    HYBRID,
    Network,
    compute_genesis,
    compute_stub_key,
    stub_sign,
    stub_sign_message,
    stub_verify,
)

GENESIS = compute_genesis(4, HYBRID, 1_000)
CONTEXT: RulesContext = compute_node_config(GENESIS, None, stub_verify).context
VIEW = compute_genesis_view(GENESIS)
RULE = replace(get_rule(CONTEXT), has_slots=True)
ROOT = b"\x01" * 32
GENESIS_CHECKPOINT = Checkpoint(0, bytes(32))


def make_draft(slot: int) -> Draft:
    network = Network(1, consensus=HYBRID)
    header = network.shells[0].node.tree[network.shells[0].node.head].block.header
    return replace(get_draft(header), slot=slot, height=slot, proposer=VIEW.validators[0].operator)


DRAFT = make_draft(5)


def enter(
    state: FinalityState, epoch: int, view: LedgerView = VIEW, rule: FinalityRule = RULE
) -> tuple[FinalityState, tuple[LedgerOp, ...]]:
    slot = epoch * rule.config.epoch_blocks
    return tick_finality(rule, state, Passage(bytes([epoch]) * 32, slot - 1, slot, view))


def start() -> FinalityState:
    state, _ = enter(compute_finality_genesis(RULE, VIEW), 1)
    return state


def sign(vote: FfgVote) -> FfgVote:
    signed = stub_sign_message(CONTEXT.genesis_id, vote)
    assert isinstance(signed, FfgVote)
    return signed


def vote(validator: int, target: Checkpoint, source: Checkpoint = GENESIS_CHECKPOINT) -> FfgVote:
    return sign(FfgVote(0, bytes(32), source, target, validator, bytes(64)))


FIRST = Checkpoint(1, ROOT)


def fold(state: FinalityState, *ops: Op, draft: Draft = DRAFT, skips: bool = False) -> Folded:
    folded = fold_ops(CONTEXT, (RULE, state), draft, ops, skips=skips)
    assert isinstance(folded, Ok), folded
    return folded.value


def refuse(state: FinalityState, *ops: Op, draft: Draft = DRAFT) -> str:
    folded = fold_ops(CONTEXT, (RULE, state), draft, ops, skips=False)
    assert isinstance(folded, Err)
    return folded.error.code


def double(validator: int, epoch: int = 1) -> DoubleFfgVote:
    other = Checkpoint(epoch, b"\x09" * 32)
    return DoubleFfgVote(vote(validator, Checkpoint(epoch, ROOT)), vote(validator, other))


def produce_twice(validator: int, slot: int) -> DoubleProduction:
    key = compute_stub_key(validator)
    blocks = (b"\x0a" * 32, b"\x0b" * 32)
    seals = [stub_sign(key, compute_seal_root(CONTEXT.genesis_id, slot, b)) for b in blocks]
    return DoubleProduction(validator, slot, blocks[0], seals[0], blocks[1], seals[1])


BAD_VOTES: dict[str, Callable[[], tuple[Op, ...]]] = {
    "ffg.target_not_open": lambda: (vote(0, Checkpoint(1, b"\x02" * 32)),),
    "ffg.source_not_justified": lambda: (vote(0, FIRST, Checkpoint(0, ROOT)),),
    "ffg.voter_not_member": lambda: (vote(9, FIRST),),
    "ffg.vote_repeated": lambda: (vote(0, FIRST), vote(0, FIRST)),
    "ffg.signature_invalid": lambda: (replace(vote(0, FIRST), signature=bytes(64)),),
    "evidence.harmless": lambda: (DoubleFfgVote(vote(0, FIRST), vote(0, FIRST)),),
    "evidence.signature_invalid": lambda: (
        replace(double(0), second=replace(double(0).second, signature=bytes(64))),
    ),
    "evidence.offender_unknown": lambda: (double(9),),
    "evidence.offender_convicted": lambda: (double(0), double(0)),
    "consensus.op_not_admitted": lambda: (Commit(1, 0, ROOT, ()),),
}


@pytest.mark.parametrize("code", BAD_VOTES)
def test_what_may_not_stand_in_a_block_has_its_code(code: str) -> None:
    assert refuse(start(), *BAD_VOTES[code]()) == code


@pytest.mark.parametrize("code", BAD_VOTES)
def test_a_producer_leaves_out_what_may_not_stand(code: str) -> None:
    ops = (*BAD_VOTES[code](), vote(3, FIRST))
    kept = fold(start(), *ops, skips=True).ops
    assert kept[-1] == vote(3, FIRST)
    assert fold(start(), *kept).ops == kept


def test_a_double_vote_of_the_round_machine_convicts_nobody_here() -> None:
    same = RoundVote(1, 5, 0, ROOT, 0, bytes(64))
    assert refuse(start(), DoubleVote(same, same)) == "consensus.op_not_admitted"


def test_old_evidence_is_refused() -> None:
    draft = make_draft(4 + 2)
    assert refuse(start(), double(0), draft=draft) == "evidence.too_old"
    assert fold(start(), double(0), draft=make_draft(5)).ledger_ops != ()


@pytest.mark.parametrize("evidence", [double(2), produce_twice(2, 5)])
def test_evidence_puts_the_offender_out_and_takes_its_stake(evidence: Op) -> None:
    folded = fold(start(), evidence)
    (slash,) = folded.ledger_ops
    assert isinstance(slash, Slash)
    assert slash.validator == 2
    assert slash.is_offence
    assert slash.reporter == DRAFT.proposer
    assert slash.amount == 750  # one of four, three times over
    assert folded.state.convicted == (2,)
    assert all(m.weight == 0 for m in folded.state.ffg.current if m.validator == 2)


def test_a_third_convicted_together_loses_all() -> None:
    folded = fold(start(), double(0), double(1))
    amounts = [op.amount for op in folded.ledger_ops if isinstance(op, Slash)]
    assert amounts == [750, 1_000]


def test_who_the_ledger_has_slashed_is_not_slashed_again() -> None:
    slashed = tuple(replace(v, status=ValidatorStatus.SLASHED) for v in VIEW.validators)
    state = replace(start(), view=LedgerView(slashed))
    assert refuse(state, double(0)) == "evidence.offender_convicted"


def test_a_key_that_was_rotated_away_still_answers() -> None:
    rotated = tuple(
        replace(v, consensus_key=b"\x07" * 32, previous_key=v.consensus_key)
        for v in VIEW.validators
    )
    state = replace(start(), view=LedgerView(rotated))
    assert fold(state, double(0)).state.convicted == (0,)
    assert refuse(state, vote(0, FIRST)) == "ffg.signature_invalid"


def test_the_convicted_are_not_elected_again() -> None:
    state = fold(start(), double(3)).state
    for epoch in range(2, 8):
        target = state.ffg.targets[-1].checkpoint
        state = fold(state, *(vote(v, target, state.ffg.justified) for v in range(3))).state
        state, _ = enter(state, epoch)
    assert state.ffg.dynasty > 0
    assert [m.validator for m in state.ffg.current] == [0, 1, 2]


def test_present_members_share_the_reward_by_weight() -> None:
    state = fold(start(), *(vote(v, FIRST) for v in range(3))).state
    state, none = enter(state, 2)
    state, ops = enter(state, 3)
    assert none == ()
    assert ops == tuple(Reward(v, 25) for v in range(3))


def test_the_leak_takes_stake_of_the_absent_alone_until_finality_returns() -> None:
    state, lost = start(), dict.fromkeys(range(4), 0)
    for epoch in range(2, 80):
        target = state.ffg.targets[-1].checkpoint
        state = fold(state, *(vote(v, target, state.ffg.justified) for v in (0, 1))).state
        state, ops = enter(state, epoch)
        for op in ops:
            if isinstance(op, Slash):
                assert not op.is_offence
                lost[op.validator] += op.amount
        if state.ffg.finalised.epoch > 0:
            break
    assert state.ffg.finalised.epoch > 0
    assert lost[0] == lost[1] == 0
    assert lost[2] == lost[3] > 0


def test_epochs_without_a_block_are_passed_one_by_one() -> None:
    state = compute_finality_genesis(RULE, VIEW)
    jumped, _ = tick_finality(RULE, state, Passage(ROOT, 0, 12, VIEW))
    assert [t.checkpoint for t in jumped.ffg.targets] == [Checkpoint(2, ROOT), Checkpoint(3, ROOT)]


def test_when_everybody_has_left_the_set_goes_on() -> None:
    state = start()
    for epoch in range(2, 7):
        target = state.ffg.targets[-1].checkpoint
        state = fold(state, *(vote(v, target, state.ffg.justified) for v in range(4))).state
        jailed = tuple(replace(v, status=ValidatorStatus.JAILED) for v in VIEW.validators)
        state, _ = enter(state, epoch, LedgerView(jailed))
    assert state.ffg.dynasty > 0
    assert len(state.ffg.current) == 4


def test_the_leaf_is_the_whole_state_but_the_view() -> None:
    state = fold(start(), vote(1, FIRST), double(0)).state
    leaves = tuple(leaf for _, leaf in encode_finality(state))
    assert replace(decode_finality(leaves), view=VIEW) == state


# The voter


def see(voter: VoterState, *votes: FfgVote) -> tuple[VoterState, tuple[Effect, ...]]:
    effects: tuple[Effect, ...] = ()
    for seen in votes:
        voter, more = take_vote(CONTEXT, VIEW, voter, (Source(b"\x01"), seen, 1))
        effects += more
    return voter, effects


def test_a_contradiction_is_reported_and_told_once() -> None:
    evidence = double(2)
    voter, effects = see(EMPTY_VOTER_STATE, evidence.first, evidence.second, evidence.first)
    assert [type(e) for e in effects] == [Report, Broadcast]
    assert voter.evidence == {2: evidence}


def test_votes_in_blocks_are_witnessed() -> None:
    evidence = double(2)
    voter, _ = see(EMPTY_VOTER_STATE, evidence.first)
    voter, effects = witness_ops(voter, (evidence.second, vote(1, FIRST)))
    assert Broadcast(evidence) in effects


def test_a_second_block_of_a_slot_is_evidence_and_the_same_block_is_none() -> None:
    made = produce_twice(1, 5)
    first = Production(made.first, made.first_signature)
    voter, _ = witness_production(EMPTY_VOTER_STATE, (1, 5), first)
    voter, none = witness_production(voter, (1, 5), first)
    second = Production(made.second, made.second_signature)
    voter, effects = witness_production(voter, (1, 5), second)
    assert none == ()
    assert Broadcast(made) in effects


def test_forged_votes_and_evidence_cost_their_sender() -> None:
    forged = replace(vote(1, FIRST), signature=bytes(64))
    _, effects = see(EMPTY_VOTER_STATE, forged)
    assert isinstance(effects[0], RejectMessage)
    framed = replace(double(1), second=forged)
    _, effects = take_evidence(CONTEXT, VIEW, EMPTY_VOTER_STATE, (Source(b"\x01"), framed))
    assert isinstance(effects[0], RejectMessage)


def test_a_voter_keeps_few_votes_of_each() -> None:
    many = [vote(1, Checkpoint(1, bytes([i]) * 32)) for i in range(9)]
    voter, _ = see(EMPTY_VOTER_STATE, *many)
    assert len(voter.votes[1]) == 2
    far, _ = see(EMPTY_VOTER_STATE, vote(1, Checkpoint(99, ROOT)))
    assert far == EMPTY_VOTER_STATE


def test_one_vote_an_epoch_and_only_by_members() -> None:
    ffg = start().ffg
    voter, effects = cast_vote(EMPTY_VOTER_STATE, 0, ffg, (0, bytes(32)))
    assert len(effects) == 2
    assert cast_vote(voter, 0, ffg, (0, bytes(32))) == (voter, ())
    assert cast_vote(EMPTY_VOTER_STATE, 9, ffg, (0, bytes(32)))[1] == ()
    assert cast_vote(EMPTY_VOTER_STATE, None, ffg, (0, bytes(32)))[1] == ()


def test_a_leak_within_the_asynchrony_assumed_is_refused() -> None:
    config = GENESIS.config
    assert validate_config(config) is None
    early = replace(HYBRID, finality=replace(HYBRID.finality, asynchrony_ms_max=8 * 4 * 40))
    failures = compute_config_failures(replace(config, consensus=early))
    assert [f.code for f in failures] == ["config.leak_too_early"]
    assert all(f.message for f in failures)
    hasty = replace(HYBRID, finality=replace(HYBRID.finality, leak_after_epochs=1))
    codes = [f.code for f in compute_config_failures(replace(config, consensus=hasty))]
    assert codes[0] == "config.out_of_range"


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from([FIRST, Checkpoint(1, b"\x02" * 32), Checkpoint(2, ROOT)]),
            st.sampled_from([GENESIS_CHECKPOINT, FIRST, Checkpoint(0, ROOT)]),
        ),
        max_size=8,
    )
)
def test_blocks_admit_just_the_votes_of_rule_g(
    asked: list[tuple[int, Checkpoint, Checkpoint]],
) -> None:
    """Of registered voters with right signatures; the models and vectors speak of `ffg` alone."""
    state = start()
    for voter, target, source in asked:
        registered = get_validator(state.view, voter) is not None
        cast = vote(voter, target, source)
        folded = fold_ops(CONTEXT, (RULE, state), DRAFT, (cast,), skips=False)
        is_admitted = isinstance(folded, Ok)
        assert is_admitted == (registered and is_includable(state.ffg, cast))
        if isinstance(folded, Ok):
            assert folded.value.state.ffg == apply_vote(state.ffg, cast)
            state = folded.value.state
