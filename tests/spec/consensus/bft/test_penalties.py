"""Laws of BFT penalties: equivocation costs stake and seat once, and nobody honest pays."""

from dataclasses import replace

import pytest

from spec.chain import compute_genesis_view, compute_node_config, get_gossip
from spec.config import BftConfig
from spec.config.presets import TINY
from spec.consensus.bft.messages import NO_SIGNATURE, ProposalCore, compute_core_root
from spec.consensus.bft.rules import BftRules
from spec.consensus.bft.state import BftState, compute_set_root, get_members
from spec.consensus.errors import ConsensusError
from spec.consensus.evidence import get_offender
from spec.consensus.interface import Evidence, Parent, Received, RejectMessage, Source
from spec.ledger.codec import BlockId, compute_block_id, get_draft
from spec.ledger.invariants import compute_total_coins
from spec.ledger.ledger_ops import Jail, LedgerOp, Slash
from spec.ledger.ops import (
    Commit,
    CommitSignature,
    DoubleProduction,
    DoubleProposal,
    DoubleVote,
    Op,
    ProposalSignature,
    RoundVote,
)
from spec.ledger.staking.registry import ValidatorStatus
from spec.ledger.staking.view import LedgerView
from spec.ledger.state import TreeReader, get_supply
from spec.ledger.types import Draft, Header
from spec.lib.result import Err
from spec.limits import EVIDENCE_PER_BLOCK_MAX
from tests.spec.consensus.network import (
    Network,
    compute_genesis,
    compute_shell,
    compute_stub_key,
    stub_sign,
    stub_sign_message,
    stub_verify,
)

STAKE = 1_000
GENESIS = compute_genesis(4, stake=STAKE)
CONFIG = compute_node_config(GENESIS, None, stub_verify)
CONTEXT = CONFIG.context
VIEW = compute_genesis_view(GENESIS)
RULES = BftRules()
FIRST: Header = (
    compute_shell(GENESIS, 0).node.tree[compute_shell(GENESIS, 0).node.head].block.header
)


def tick(state: BftState, parent: tuple[int, int], view: LedgerView = VIEW) -> BftState:
    """The state as the block after one of this (height, time) finds it."""
    header = replace(FIRST, height=parent[0], time_ms=parent[1])
    ticked, ops = RULES.tick(
        CONTEXT, Parent(BlockId(bytes(32)), header, state, view), parent[0] + 1
    )
    assert ops == ()
    return ticked


def start() -> BftState:
    """As the block of height 1 finds it: no commit has its place there."""
    return tick(RULES.genesis(CONTEXT, VIEW), (0, 1_000))


def make_draft(height: int = 1, time_ms: int = 1_005) -> Draft:
    return replace(get_draft(FIRST), height=height, slot=height, time_ms=time_ms)


def sign(vote: RoundVote) -> RoundVote:
    signed = stub_sign_message(CONTEXT.genesis_id, vote)
    assert isinstance(signed, RoundVote)
    return signed


def vote_twice(validator: int, height: int = 1, kind: int = 1, round_: int = 0) -> DoubleVote:
    first = sign(RoundVote(kind, height, round_, b"\1" * 32, validator, NO_SIGNATURE))
    return DoubleVote(first, sign(replace(first, block=bytes(32))))


def propose_twice(validator: int, height: int = 1) -> DoubleProposal:
    def make(block: bytes) -> ProposalSignature:
        root = compute_core_root(CONTEXT.genesis_id, ProposalCore(height, 0, 0, block, validator))
        return ProposalSignature(0, block, stub_sign(compute_stub_key(validator), root))

    return DoubleProposal(validator, height, 0, make(b"\1" * 32), make(b"\2" * 32))


def apply(
    state: BftState, *ops: Op, draft: Draft | None = None
) -> tuple[LedgerOp, ...] | ConsensusError:
    applied = RULES.apply_consensus(CONTEXT, state, draft or make_draft(), ops)
    return applied.error if isinstance(applied, Err) else applied.value[1]


def refuse(state: BftState, *ops: Op, draft: Draft | None = None) -> str:
    error = apply(state, *ops, draft=draft)
    assert not isinstance(error, tuple), "it should be refused"
    return error.code


@pytest.mark.parametrize("evidence", [vote_twice(2), vote_twice(2, kind=2), propose_twice(2)])
def test_evidence_slashes_its_offender(evidence: Op) -> None:
    ops = apply(start(), evidence)
    assert ops == (Slash(2, 750, make_draft().proposer, is_offence=True),)


def test_a_third_convicted_together_loses_all() -> None:
    ops = apply(start(), vote_twice(0), propose_twice(3))
    assert isinstance(ops, tuple)
    assert [op.amount for op in ops if isinstance(op, Slash)] == [750, STAKE]


def test_a_small_offender_loses_its_quotient() -> None:
    stakes = tuple(replace(v, stake=80 if v.validator == 1 else 10**6) for v in VIEW.validators)
    state = replace(start(), view=LedgerView(stakes))
    ops = apply(state, vote_twice(1))
    assert isinstance(ops, tuple)
    assert [op.amount for op in ops if isinstance(op, Slash)] == [10]


def test_one_offence_is_punished_once() -> None:
    assert refuse(start(), vote_twice(2), propose_twice(2)) == "evidence.offender_convicted"
    slashed = tuple(replace(v, status=ValidatorStatus.SLASHED) for v in VIEW.validators)
    again = replace(start(), view=LedgerView(slashed))
    assert refuse(again, vote_twice(2)) == "evidence.offender_convicted"
    gone = replace(start(), view=LedgerView(VIEW.validators[:2]))
    assert refuse(gone, vote_twice(2)) == "evidence.offender_unknown"


def test_harmless_and_forged_evidence_convicts_nobody() -> None:
    good = vote_twice(2)
    same = replace(good, second=good.first)
    other_round = replace(good, second=vote_twice(2, round_=1).second)
    forged = replace(good, second=replace(good.second, signature=NO_SIGNATURE))
    framed = replace(good, second=vote_twice(1).second)
    proposal = propose_twice(2)
    repeated = replace(proposal, second=proposal.first)
    unsigned = replace(proposal, second=replace(proposal.second, signature=NO_SIGNATURE))
    for op in (same, other_round, framed, repeated):
        assert refuse(start(), op) == "evidence.harmless"
    for op in (forged, unsigned):
        assert refuse(start(), op) == "evidence.signature_invalid"
    production = DoubleProduction(2, 1, bytes(32), bytes(64), b"\1" * 32, bytes(64))
    assert refuse(start(), production) == "consensus.op_not_admitted"


def test_who_had_no_seat_then_is_not_convicted() -> None:
    assert refuse(start(), vote_twice(2, height=2)) == "evidence.offender_not_seated"
    assert refuse(start(), vote_twice(9)) == "evidence.offender_not_seated"
    few = LedgerView(VIEW.validators[:3])
    state = tick(tick(RULES.genesis(CONTEXT, few), (0, 1_000), few), (1, 1_001))
    state = tick(tick(state, (2, 1_002)), (3, 1_003))
    draft = make_draft(4, 1_004)
    assert get_members(state.current) == (0, 1, 2, 3)
    when = state.history.terms[-1].first
    error = RULES.validate_op(CONTEXT, state, draft, vote_twice(3, height=when - 1))
    assert error is not None
    assert error.code == "evidence.offender_not_seated"
    assert RULES.validate_op(CONTEXT, state, draft, vote_twice(3, height=when)) is None


def test_who_left_its_seat_still_answers_until_it_is_too_long_ago() -> None:
    left = LedgerView(
        tuple(
            replace(v, status=ValidatorStatus.EXITING) if v.validator == 3 else v
            for v in VIEW.validators
        )
    )
    state, time_ms = start(), 1_000
    for height in range(1, 12):
        state = tick(state, (height, time_ms), left)
        time_ms += 10
        offence = vote_twice(3)
        draft = make_draft(height + 1, time_ms)
        error = RULES.validate_op(CONTEXT, state, draft, offence)
        over_ms = time_ms - 1_000 - TINY.staking.evidence_age_ms
        assert error is None or over_ms > 0, "as long as the configuration says"
        assert error is not None or over_ms <= 10, "and a block longer at most"
        assert error is None or error.code in ("evidence.too_old", "evidence.offender_not_seated")
    assert 3 not in get_members(state.current)


def test_ops_stand_in_order_and_have_a_limit() -> None:
    commit = Commit(0, 0, bytes(32), ())
    assert refuse(start(), commit) == "consensus.op_not_admitted"
    later = tick(start(), (1, 1_001))
    draft = make_draft(2)
    assert refuse(later, vote_twice(2), draft=draft) == "bft.op_count_wrong"
    many = (vote_twice(2),) * (EVIDENCE_PER_BLOCK_MAX + 1)
    assert refuse(start(), *many) == "bft.evidence_too_much"


def test_silence_is_jailed_when_it_lasts_and_never_where_it_is_off() -> None:
    config = replace(TINY, consensus=replace_bft(missed_heights_max=3))
    context = replace(CONTEXT, config=config)
    state = tick(start(), (1, 1_001))
    jailed = []
    for height in range(2, 9):
        draft = make_draft(height)
        commit = make_commit(draft, (0, 1, 2))
        unpunished = RULES.apply_consensus(CONTEXT, state, draft, (commit,))
        applied = RULES.apply_consensus(context, state, draft, (commit,))
        assert not isinstance(applied, Err), applied
        assert not isinstance(unpunished, Err)
        assert unpunished.value[1] == ()
        after, ops = applied.value
        jailed.append(ops)
        state = tick(after, (height, 1_000 + height))
    assert jailed == [(), (), (Jail(3),), (), (), (Jail(3),), ()]


def replace_bft(**changes: int) -> BftConfig:
    assert isinstance(TINY.consensus, BftConfig)
    return replace(TINY.consensus, **changes)


def make_commit(draft: Draft, voters: tuple[int, ...]) -> Commit:
    """Of the draft's parent."""
    height = draft.height - 1
    votes = (sign(RoundVote(2, height, 0, draft.parent, v, NO_SIGNATURE)) for v in voters)
    signatures = tuple(CommitSignature(vote.validator, vote.signature) for vote in votes)
    return Commit(height, 0, draft.parent, signatures)


# Whole nodes


def run_with_twin(offence: str) -> tuple[Network, int]:
    """A network in which validator 3 says two things; and who it is."""
    network = Network(4, seed=5, stake=STAKE)
    network.start()
    network.run(2_060)
    height = network.shells[0].node.tree[network.shells[0].node.head].block.header.height + 1
    kind = 1 if offence == "prevote" else 2
    blocks = (b"\1" * 32, b"\2" * 32)
    for index in range(3):
        for block in blocks:
            vote = RoundVote(kind, height, 0, block, 3, NO_SIGNATURE)
            signed = stub_sign_message(network.shells[0].chain.genesis_id, vote)
            assert isinstance(signed, RoundVote)
            network.feed(index, Received(Source(b"\3"), signed))
    return network, height


@pytest.mark.parametrize("offence", ["prevote", "precommit"])
def test_a_twin_is_seen_slashed_and_gone_two_heights_later(offence: str) -> None:
    network, _ = run_with_twin(offence)
    network.run(2_500)
    shell = network.shells[0]
    blocks = sorted(shell.blocks.values(), key=lambda block: block.header.height)
    holding = [b for b in blocks if any(isinstance(op, DoubleVote) for op in b.body.ops)]
    assert len(holding) == 1, "one block convicts"
    at = holding[0].header.height
    by_height = {block.header.height: block.header for block in blocks}
    before = by_height[at].validators_root
    assert by_height[at].next_validators_root == before
    assert by_height[at + 1].validators_root == before
    assert by_height[at + 1].next_validators_root != before
    assert by_height[at + 2].validators_root == by_height[at + 1].next_validators_root
    assert max(by_height) > at + 4, "three of three go on"
    state = shell.node.tree[shell.node.head].chain_state
    assert get_members(state.current) == (0, 1, 2)
    assert compute_set_root(state.current) == by_height[max(by_height)].validators_root


def test_conviction_conserves_coins_and_pays_the_reporter() -> None:
    network, _ = run_with_twin("prevote")
    network.run(2_500)
    shell = network.shells[0]
    totals = set()
    for ledger in shell.ledgers.values():
        supply = get_supply(TreeReader(ledger.tree))
        assert compute_total_coins(ledger.tree) == supply.minted - supply.burnt
        totals.add(supply.burnt)
    lost = 750 - 750 * TINY.staking.reporter_share_bps // 10_000
    assert totals == {0, lost}


def test_evidence_is_told_once_repeated_until_a_block_has_it_and_then_no_more() -> None:
    network, _ = run_with_twin("prevote")
    known = [get_gossip(shell.config, shell.node) for shell in network.shells[:3]]
    assert all(any(isinstance(m, DoubleVote) for m in messages) for messages in known)
    network.run(2_500)
    for shell in network.shells:
        messages = get_gossip(shell.config, shell.node)
        assert not any(isinstance(message, DoubleVote) for message in messages)
        found = [r for r in shell.reports if r.code == "evidence.found"]
        assert len(found) == 1
        assert shell.rejected == []


def test_forged_evidence_costs_its_sender_and_late_evidence_does_not() -> None:
    network = Network(4, seed=6, stake=STAKE)
    network.start()
    network.run(2_060)
    shell = network.shells[0]
    genesis_id = shell.chain.genesis_id
    height = shell.node.tree[shell.node.head].block.header.height
    first = stub_sign_message(genesis_id, RoundVote(1, height, 0, b"\1" * 32, 2, NO_SIGNATURE))
    assert isinstance(first, RoundVote)
    forged: Evidence = DoubleVote(first, replace(first, block=bytes(32)))
    network.feed(0, Received(Source(b"\1"), forged))
    assert [type(r) for r in shell.rejected] == [RejectMessage]
    future = DoubleVote(replace(first, height=99), replace(first, height=99, block=bytes(32)))
    network.feed(0, Received(Source(b"\1"), future))
    assert len(shell.rejected) == 1
    assert get_offender(forged) == 2
    head = shell.node.tree[shell.node.head].block.header
    assert compute_block_id(head) == shell.node.head
