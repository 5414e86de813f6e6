"""Stake at the level of blocks: the genesis, the order in which a block acts, and its bounds."""

from dataclasses import replace

import pytest

from spec.chain import compute_genesis_view
from spec.config import GenesisValidator, validate_genesis
from spec.ledger.block import Built, build_block
from spec.ledger.genesis import LedgerState
from spec.ledger.invariants import is_backed
from spec.ledger.ledger_ops import ConsensusStep, LedgerOp, Reward, Slash
from spec.ledger.stake_actions import Exit, StakeAction, Unbond
from spec.ledger.staking.registry import (
    QUEUE_KEY,
    REGISTRY_KEY,
    Pool,
    ValidatorStatus,
    compute_validator_key,
    get_position,
    get_registry,
    get_validator,
)
from spec.ledger.staking.view import compute_ledger_view
from spec.ledger.state import TreeReader, get_supply
from spec.ledger.types import Payload, Transfer
from spec.lib.result import Ok
from tests.spec.ledger.staking.support import bond
from tests.spec.ledger.support import (
    ALICE,
    BOB,
    CAROL,
    CHAIN,
    DAVE,
    FUNDS,
    GENESIS,
    START,
    Person,
    make_chain,
    make_tx,
    next_draft,
    unsigned,
)

UNBONDING_MS = CHAIN.config.staking.unbonding_ms


def build_at(
    parent: LedgerState,
    delta_ms: int,
    *actions: tuple[Person, Payload],
    ops: tuple[LedgerOp, ...] = (),
) -> Built:
    reader = TreeReader(parent.tree)
    txs = []
    for sender, payload in actions:
        nonce = reader.get_account(sender.address).nonce
        tx = make_tx(sender, payload, nonce=nonce, tip=1)
        txs.append((sender, tx))
    draft = next_draft(CHAIN, parent, time_ms=parent.header.time_ms + delta_ms)
    step = ConsensusStep(ops, ())
    built = build_block(CHAIN, parent, (draft, ()), unsigned(*txs), step)
    assert isinstance(built, Ok)
    assert is_backed(built.value.applied.state.tree, CHAIN.config.supply_max)
    return built.value


def test_a_genesis_registers_its_validators_with_stake_made_for_them() -> None:
    second = GenesisValidator(ALICE.address, BOB.key.public_key, 700)
    genesis = replace(GENESIS, validators=(*GENESIS.validators, second))
    assert validate_genesis(genesis) is None
    _, state = make_chain(genesis)
    reader = TreeReader(state.tree)
    validator = get_validator(reader, 1)
    assert validator is not None
    assert (validator.operator, validator.pool) == (ALICE.address, Pool(700, 700))
    assert get_position(reader, ALICE.address, 1).shares == 700
    assert get_supply(reader).minted == 3 * FUNDS + 1 + 700
    assert is_backed(state.tree, CHAIN.config.supply_max)
    assert compute_genesis_view(genesis) == compute_ledger_view(reader)


def test_consensus_acts_before_transactions_and_releases_come_last() -> None:
    bonded = build_at(START, 10, (ALICE, bond(ALICE, 1, 1_000))).applied.state
    leaving = build_at(bonded, 10, (ALICE, Unbond(1, 500))).applied.state
    slashed = build_at(
        leaving,
        UNBONDING_MS,
        (ALICE, Exit(1)),
        ops=(Reward(1, 0), Slash(1, 500, None, is_offence=False)),
    )
    assert slashed.refusals == ()
    reader = TreeReader(slashed.applied.state.tree)
    validator = get_validator(reader, 1)
    assert validator is not None
    # the slash took half of both; the exit then left with the rest, and what had matured was paid
    assert (validator.pool.tokens, validator.unbonding.tokens) == (0, 250)
    assert validator.status == ValidatorStatus.EXITING
    before = TreeReader(leaving.tree).get_account(ALICE.address).balance
    fee = slashed.applied.receipts[0].gas_used * slashed.applied.receipts[0].gas_price
    assert reader.get_account(ALICE.address).balance == before - fee + 250


def test_a_coin_released_in_a_block_cannot_be_spent_in_it() -> None:
    funded = build_at(START, 10, (ALICE, Transfer(DAVE.address, 5 * 10**6))).applied.state
    bonded = build_at(funded, 10, (DAVE, bond(DAVE, 1, 2 * 10**6))).applied.state
    leaving = build_at(bonded, 10, (DAVE, Exit(1))).applied.state
    balance = TreeReader(leaving.tree).get_account(DAVE.address).balance
    spend = (DAVE, Transfer(CAROL.address, balance))
    block = build_at(leaving, UNBONDING_MS, spend)
    assert [refusal.error.code for refusal in block.refusals] == ["tx.insufficient_balance"]
    assert build_at(block.applied.state, 10, spend).refusals == ()


def test_an_empty_block_writes_nothing_about_stake() -> None:
    bonded = build_at(START, 10, (ALICE, bond(ALICE, 1, 1_000))).applied.state
    assert build_at(bonded, 10).applied.changes == ()


def test_two_actions_of_a_block_see_each_other() -> None:
    first, second = bond(ALICE, 1, 1_000), bond(BOB, 1, 1_000)
    stolen = replace(second, consensus_key=first.consensus_key)
    block = build_at(START, 10, (ALICE, first), (BOB, stolen))
    assert [refusal.error.code for refusal in block.refusals] == ["tx.consensus_key_taken"]


@pytest.mark.parametrize("key", [REGISTRY_KEY, QUEUE_KEY, compute_validator_key(0)])
def test_consensus_cannot_write_leaves_of_stake(key: bytes) -> None:
    draft = next_draft(CHAIN, START)
    with pytest.raises(AssertionError, match="reserved leaves only"):
        build_block(CHAIN, START, (draft, ()), (), ConsensusStep((), ((key, b"x"),)))


def test_a_bond_is_undone_with_the_block_that_is_left() -> None:
    """States are versions of a tree: a fork without the bond has never heard of it."""
    action: StakeAction = bond(ALICE, 1, 1_000)
    with_bond = build_at(START, 10, (ALICE, action)).applied.state
    without = build_at(START, 10).applied.state
    assert get_registry(TreeReader(with_bond.tree)).listed == (0, 1)
    assert get_registry(TreeReader(without.tree)).listed == (0,)
    assert build_at(without, 10, (ALICE, action)).refusals == ()
