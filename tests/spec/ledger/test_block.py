"""A block is accepted exactly when it is what its producer's fold gives."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.config import Fork
from spec.config.presets import TINY
from spec.config.validity import BLOCK_OVERHEAD_BYTES, TIME_MS_LIMIT
from spec.ledger.block import Built, apply_block, authenticate, build_block
from spec.ledger.codec import (
    compute_block_id,
    compute_signed_size_bytes,
    compute_txs_root,
    decode_block,
    encode_block,
    get_draft,
)
from spec.ledger.errors import (
    BlockError,
    BlockMalformed,
    BlockTooLarge,
    BlockTransactionInvalid,
    TxNonceGap,
    TxSignatureInvalid,
)
from spec.ledger.genesis import compute_genesis_block
from spec.ledger.header import CHECKS, Succession, compute_all_failures, validate_draft
from spec.ledger.ledger_ops import NO_CONSENSUS_STEP, Burn, ConsensusStep, Mint, Move
from spec.ledger.ops import Commit, CommitSignature, NoFields, NoSeal
from spec.ledger.state import (
    SUPPLY_KEY,
    TreeReader,
    compute_code_key,
    compute_reserved_key,
    encode_account,
    get_supply,
)
from spec.ledger.types import EMPTY_ACCOUNT, OPS, Block, Body, Header, Supply
from spec.lib.result import Err, Ok
from spec.lib.ssz import encode
from tests.spec.ledger.support import (
    ALICE,
    BOB,
    CAROL,
    CHAIN,
    CONTRACT_ADDRESS,
    FUNDS,
    PROPOSER,
    START,
    apply_built,
    build,
    make_chain,
    make_genesis,
    next_draft,
    pay,
    sign_tx,
    unsigned,
)

TXS = unsigned(
    (ALICE, pay(ALICE, BOB.address, 100)),
    (BOB, pay(BOB, CAROL.address, 50)),
    (ALICE, pay(ALICE, CONTRACT_ADDRESS, 7, nonce=1)),
)
SENDERS = tuple(tx.sender for tx in TXS)
BUILT = build(TXS)


def header_with(**changes: object) -> Header:
    return replace(BUILT.header, **changes)  # type: ignore[arg-type]  # tests name fields


def verdict(header: Header, body: Body = BUILT.body) -> BlockError | None:
    result = apply_block(
        CHAIN, START, (header, body), SENDERS[: len(body.transactions)], NO_CONSENSUS_STEP
    )
    return result.error if isinstance(result, Err) else None


def test_what_is_built_is_accepted_and_has_the_same_effect() -> None:
    assert BUILT.refusals == ()
    assert apply_built(BUILT, SENDERS) == Ok(BUILT.applied)


def test_an_empty_block_is_a_block() -> None:
    built = build(())
    assert apply_built(built, ()) == Ok(built.applied)
    assert built.header.state_root == START.tree.root
    assert built.applied.changes == ()


OTHER = b"\x11" * 32
WRONG: tuple[tuple[str, Header, Body], ...] = (
    ("block.parent_mismatch", header_with(parent=OTHER), BUILT.body),
    ("block.height_mismatch", header_with(height=2), BUILT.body),
    ("block.height_mismatch", header_with(height=0), BUILT.body),
    ("block.version_mismatch", header_with(version=2), BUILT.body),
    ("block.slot_not_after_parent", header_with(slot=START.header.slot), BUILT.body),
    ("block.time_before_parent", header_with(time_ms=START.header.time_ms - 1), BUILT.body),
    ("block.time_too_large", header_with(time_ms=TIME_MS_LIMIT), BUILT.body),
    ("block.proposer_invalid", header_with(proposer=bytes(32)), BUILT.body),
    ("block.base_fee_mismatch", header_with(base_fee=BUILT.header.base_fee + 1), BUILT.body),
    ("block.txs_root_mismatch", header_with(txs_root=OTHER), BUILT.body),
    ("block.txs_root_mismatch", BUILT.header, Body((), BUILT.body.transactions[:2])),
    ("block.ops_root_mismatch", header_with(ops_root=OTHER), BUILT.body),
    ("block.gas_used_mismatch", header_with(gas_used=BUILT.header.gas_used + 1), BUILT.body),
    ("block.receipts_root_mismatch", header_with(receipts_root=OTHER), BUILT.body),
    ("block.state_root_mismatch", header_with(state_root=OTHER), BUILT.body),
)


@pytest.mark.parametrize(("code", "header", "body"), WRONG)
def test_each_rule_of_a_block_refuses_with_its_code(code: str, header: Header, body: Body) -> None:
    failure = verdict(header, body)
    assert failure is not None
    assert failure.code == code
    assert failure.message


def test_every_code_of_blocks_is_reached() -> None:
    elsewhere = {
        BlockTooLarge.code,  # decoding, below
        BlockMalformed.code,
        "block.too_many_transactions",
        BlockTransactionInvalid.code,
    }
    reached = {code for code, _, _ in WRONG}
    assert reached | elsewhere == {error.code for error in get_args(BlockError)}
    assert {code for code, _ in CHECKS} <= reached


INSIDE = (
    ("slot", START.header.slot + 1),
    ("slot", (1 << 64) - 1),
    ("time_ms", START.header.time_ms),
    ("time_ms", TIME_MS_LIMIT - 1),
    ("proposer", CONTRACT_ADDRESS),
)


@pytest.mark.parametrize(("field", "value"), INSIDE)
def test_headers_just_inside_each_bound_follow_their_parent(field: str, value: object) -> None:
    draft = get_draft(header_with(**{field: value}))
    succession = Succession(CHAIN.config, START.header, draft)
    assert validate_draft(succession) is None
    assert compute_all_failures(succession) == ()


def test_all_failures_of_a_header_are_shown_in_order() -> None:
    draft = get_draft(header_with(parent=OTHER, version=9, base_fee=0))
    failures = compute_all_failures(Succession(CHAIN.config, START.header, draft))
    assert [failure.code for failure in failures] == [
        "block.parent_mismatch",
        "block.version_mismatch",
        "block.base_fee_mismatch",
    ]


def test_a_block_may_hold_as_many_transactions_as_the_chain_says_and_no_more() -> None:
    count_max = TINY.block_transactions_max
    txs = unsigned(*((ALICE, pay(ALICE, BOB.address, 1, nonce=n)) for n in range(count_max + 1)))
    config = replace(TINY, block_transactions_max=count_max + 1)
    wide, _ = make_chain(make_genesis(config))
    wide = replace(wide, genesis_id=CHAIN.genesis_id)
    too_many = build(txs, chain=wide)
    assert len(too_many.body.transactions) == count_max + 1
    senders = tuple(tx.sender for tx in txs)
    refused = apply_built(too_many, senders)
    assert isinstance(refused, Err)
    assert refused.error.code == "block.too_many_transactions"
    full = build(txs)
    assert len(full.body.transactions) == count_max
    assert apply_built(full, senders[:count_max]) == Ok(full.applied)


def test_a_refused_transaction_makes_the_block_invalid_and_names_itself() -> None:
    gap = unsigned(
        (ALICE, pay(ALICE, BOB.address, 1)), (ALICE, pay(ALICE, BOB.address, 1, nonce=2))
    )
    built = build(gap)
    assert [refusal.index for refusal in built.refusals] == [1]
    body = Body((), tuple(signed.transaction for signed in gap))
    forged = replace(built.header, txs_root=compute_txs_root(body.transactions))
    result = apply_block(
        CHAIN, START, (forged, body), (ALICE.address, ALICE.address), NO_CONSENSUS_STEP
    )
    assert result == Err(BlockTransactionInvalid(1, TxNonceGap(2, 1)))


def test_the_order_of_transactions_matters() -> None:
    funding, spending = unsigned(
        (ALICE, pay(ALICE, PROPOSER.address, 5_000_000)),
        (PROPOSER, pay(PROPOSER, BOB.address, 1)),
    )
    assert build((funding, spending)).refusals == ()
    reversed_order = build((spending, funding))
    assert [refusal.error.code for refusal in reversed_order.refusals] == [
        "tx.insufficient_balance"
    ]


def test_tips_go_to_the_proposer_and_the_base_fee_is_burnt() -> None:
    before = get_supply(TreeReader(START.tree))
    after = BUILT.applied.state
    reader = TreeReader(after.tree)
    gas = BUILT.header.gas_used
    assert reader.get_account(PROPOSER.address).balance == 2 * gas
    burnt = get_supply(reader).burnt - before.burnt
    assert burnt == BUILT.header.base_fee * gas
    paid = sum(r.gas_used * r.gas_price for r in BUILT.applied.receipts)
    assert paid == burnt + 2 * gas


def test_tips_to_a_contract_go_to_its_inbox() -> None:
    draft = next_draft(CHAIN, START, proposer=CONTRACT_ADDRESS)
    built = build_block(CHAIN, START, (draft, ()), TXS[:1], NO_CONSENSUS_STEP)
    assert isinstance(built, Ok)
    account = TreeReader(built.value.applied.state.tree).get_account(CONTRACT_ADDRESS)
    assert account.balance == 0
    assert account.inbox == 2 * built.value.header.gas_used


def test_the_parent_state_is_left_as_it_was() -> None:
    root = START.tree.root
    build(TXS)
    assert START.tree.root == root
    assert TreeReader(START.tree).get_account(ALICE.address).balance == FUNDS


def test_changes_lead_from_the_parent_state_to_the_new_one() -> None:
    applied = BUILT.applied
    assert START.tree.apply_batch(applied.changes).root == applied.state.tree.root


def test_rules_of_a_fork_hold_from_its_height_on() -> None:
    config = replace(TINY, fork_schedule=(Fork(0, 1), Fork(2, 2)))
    chain, state = make_chain(make_genesis(config))
    gas = []
    for nonce in range(3):
        tx = pay(ALICE, BOB.address, 1, nonce=nonce, genesis_id=chain.genesis_id)
        built = build(unsigned((ALICE, tx)), chain=chain, parent=state)
        assert apply_built(built, (ALICE.address,), chain=chain, parent=state) == Ok(built.applied)
        gas.append((built.header.version, built.header.gas_used))
        state = built.applied.state
    key_bytes = len(ALICE.key.public_key)
    assert gas == [(1, gas[0][1]), (2, gas[0][1] + key_bytes), (2, gas[0][1] + key_bytes)]


# What the consensus does


def test_consensus_leaves_are_part_of_the_state() -> None:
    key = compute_reserved_key(b"bft/set")
    step = ConsensusStep((), ((key, b"set"),))
    built = build((), step=step)
    assert TreeReader(built.applied.state.tree).get_leaf(key) == b"set"
    assert apply_built(built, (), step=step) == Ok(built.applied)
    assert isinstance(apply_built(built, ()), Err)


def test_ledger_ops_mint_burn_and_move_within_what_is_there() -> None:
    step = ConsensusStep(
        (
            Mint(CONTRACT_ADDRESS, 5),
            Burn(ALICE.address, FUNDS - 10),
            Burn(ALICE.address, 4),
            Move(ALICE.address, BOB.address, 100),
            Burn(ALICE.address, 1),
        ),
        (),
    )
    before = get_supply(TreeReader(START.tree))
    reader = TreeReader(build((), step=step).applied.state.tree)
    assert reader.get_account(CONTRACT_ADDRESS).inbox == 5
    assert reader.get_account(ALICE.address).balance == 0
    assert reader.get_account(BOB.address).balance == FUNDS + 6
    assert get_supply(reader) == Supply(before.minted + 5, before.burnt + FUNDS - 6)


def test_ledger_ops_reach_a_contracts_inbox_and_never_its_balance() -> None:
    held = replace(EMPTY_ACCOUNT, balance=50, inbox=10)
    rich = replace(
        START,
        tree=START.tree.apply_batch(((CONTRACT_ADDRESS, encode_account(held)),)),
    )
    step = ConsensusStep((Burn(CONTRACT_ADDRESS, 4), Move(CONTRACT_ADDRESS, BOB.address, 100)), ())
    reader = TreeReader(build((), parent=rich, step=step).applied.state.tree)
    assert reader.get_account(CONTRACT_ADDRESS) == replace(EMPTY_ACCOUNT, balance=50)
    assert reader.get_account(BOB.address).balance == FUNDS + 6


def test_minting_stops_at_the_largest_supply() -> None:
    room = TINY.supply_max - get_supply(TreeReader(START.tree)).minted
    step = ConsensusStep((Mint(BOB.address, room + 1), Mint(CAROL.address, 1)), ())
    reader = TreeReader(build((), step=step).applied.state.tree)
    assert reader.get_account(BOB.address).balance == FUNDS + room
    assert reader.get_account(CAROL.address).balance == FUNDS
    assert get_supply(reader).minted == TINY.supply_max


def test_burnt_coins_may_be_minted_again() -> None:
    room = TINY.supply_max - get_supply(TreeReader(START.tree)).minted
    step = ConsensusStep((Burn(ALICE.address, 100), Mint(BOB.address, room + 101)), ())
    reader = TreeReader(build((), step=step).applied.state.tree)
    assert reader.get_account(BOB.address).balance == FUNDS + room + 100


def test_the_consensus_may_write_reserved_leaves_only_and_not_the_counters() -> None:
    for key in (ALICE.address, compute_code_key(bytes(32)), SUPPLY_KEY):
        with pytest.raises(AssertionError):
            build((), step=ConsensusStep((), ((key, b"x"),)))


# Signatures


def signed_body() -> Body:
    return Body(
        (),
        (
            sign_tx(ALICE, TXS[0].transaction.transaction),
            sign_tx(BOB, TXS[1].transaction.transaction),
        ),
    )


def test_authentication_names_the_senders() -> None:
    assert authenticate(signed_body()) == Ok((ALICE.address, BOB.address))


def test_the_first_bad_signature_is_named() -> None:
    good = signed_body().transactions
    body = Body((), (good[0], replace(good[1], signature=good[0].signature)))
    result = authenticate(body)
    assert isinstance(result, Err)
    assert isinstance(result.error, BlockTransactionInvalid)
    assert result.error.index == 1
    assert isinstance(result.error.cause, TxSignatureInvalid)


# Encodings

BLOCK = Block(BUILT.header, signed_body(), NoSeal())


def test_a_block_is_what_its_encoding_says() -> None:
    assert decode_block(TINY, encode_block(BLOCK)) == Ok(BLOCK)
    genesis = compute_genesis_block(START)
    assert decode_block(TINY, encode_block(genesis)) == Ok(genesis)


def test_a_block_is_measured_before_it_is_read() -> None:
    data = encode_block(BLOCK)
    exact = replace(TINY, block_size_bytes_max=len(data))
    assert decode_block(exact, data) == Ok(BLOCK)
    tight = replace(TINY, block_size_bytes_max=len(data) - 1)
    assert decode_block(tight, data) == Err(BlockTooLarge(len(data), len(data) - 1))


def test_bytes_that_are_no_block_are_malformed() -> None:
    result = decode_block(TINY, b"")
    assert isinstance(result, Err)
    assert isinstance(result.error, BlockMalformed)


def test_the_seal_is_no_part_of_the_id() -> None:
    assert compute_block_id(BLOCK.header) == compute_block_id(BUILT.header)
    assert compute_block_id(BUILT.header) != compute_block_id(header_with(gas_used=0))


def test_blocks_of_two_chains_share_no_id() -> None:
    _, other = make_chain(make_genesis(replace(TINY, name=b"other")))
    assert other.tree.root == START.tree.root
    assert compute_block_id(other.header) != compute_block_id(START.header)


# Producers


def test_a_producer_fills_a_block_to_the_last_byte_and_no_further() -> None:
    ops = (Commit(1, 0, bytes(32), (CommitSignature(0, bytes(64)),)),)
    sizes = [compute_signed_size_bytes(signed.transaction) for signed in TXS]
    exact = BLOCK_OVERHEAD_BYTES + len(encode(OPS, ops)) + sum(sizes[:2])

    def count_with(block_size_bytes_max: int) -> int:
        chain = replace(CHAIN, config=replace(TINY, block_size_bytes_max=block_size_bytes_max))
        built = build_block(chain, START, (next_draft(chain, START), ops), TXS, NO_CONSENSUS_STEP)
        assert isinstance(built, Ok)
        block = Block(built.value.header, built.value.body, NoSeal())
        assert len(encode_block(block)) <= block_size_bytes_max
        return len(built.value.body.transactions)

    assert [count_with(exact - 1), count_with(exact), count_with(exact + sizes[2])] == [1, 2, 3]
    assert count_with(BLOCK_OVERHEAD_BYTES) == 0


def test_a_draft_that_cannot_follow_is_refused_to_its_producer() -> None:
    draft = next_draft(CHAIN, START, slot=START.header.slot)
    result = build_block(CHAIN, START, (draft, ()), (), NO_CONSENSUS_STEP)
    assert isinstance(result, Err)
    assert result.error.code == "block.slot_not_after_parent"


def test_a_producer_uses_gas_up_to_the_limit_exactly() -> None:
    limit = TINY.block_gas_limit
    half = limit // 2
    gas = BUILT.applied.receipts[0].gas_used

    def run(second_limit: int) -> Built:
        return build(
            unsigned(
                (ALICE, pay(ALICE, BOB.address, 1, gas_limit=half)),
                (BOB, pay(BOB, ALICE.address, 1, gas_limit=second_limit)),
            )
        )

    assert run(limit - gas).refusals == ()
    assert [refusal.error.code for refusal in run(limit - gas + 1).refusals] == [
        "tx.gas_above_block"
    ]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, FUNDS)), max_size=12)
)
def test_any_selection_that_is_built_is_accepted(plan: list[tuple[int, int, int]]) -> None:
    people = (ALICE, BOB, CAROL)
    nonces = dict.fromkeys(people, 0)
    candidates = []
    for sender, to, amount in plan:
        person = people[sender]
        candidates.append((person, pay(person, people[to].address, amount, nonce=nonces[person])))
        nonces[person] += 1
    txs = unsigned(*candidates)
    built = build(txs)
    refused = [refusal.index for refusal in built.refusals]
    senders = tuple(tx.sender for index, tx in enumerate(txs) if index not in refused)
    assert apply_built(built, senders) == Ok(built.applied)
    assert built.header.consensus == NoFields()
