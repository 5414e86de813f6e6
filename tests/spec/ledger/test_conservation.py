"""Over any run of transactions coins are conserved, and a refused transaction changes nothing."""

import random
from dataclasses import replace

import pytest

from spec.crypto.address import compute_contract_address
from spec.ledger.block import compute_environment
from spec.ledger.execution import apply_transaction
from spec.ledger.invariants import (
    compute_coin_delta,
    compute_total_coins,
    is_backed,
    is_conserved,
)
from spec.ledger.ledger_ops import Burn, ConsensusStep, LedgerOp, Mint, Move
from spec.ledger.state import (
    TreeReader,
    add_coins,
    compute_changes,
    compute_layer,
    compute_reserved_key,
    encode_account,
    remove_coins,
)
from spec.ledger.types import Call, Deploy, Payload, Success, Supply, Transaction, Transfer
from spec.lib.result import Err, Ok
from tests.spec.ledger.contracts import (
    BUMP,
    COLLECT,
    DEPOSIT,
    PROBE_BYTES,
    REFUSE,
    SINK,
    WITHDRAW,
    count_arguments,
    withdraw_arguments,
)
from tests.spec.ledger.support import (
    ALICE,
    BOB,
    CAROL,
    CHAIN,
    CONTRACT_ADDRESS,
    FUNDS,
    PROPOSER,
    START,
    Person,
    apply_built,
    build,
    next_draft,
    unsigned,
)

BATCH = 50
GAS = CHAIN.config.block_gas_limit
SENDERS = (ALICE, BOB, CAROL, PROPOSER)
PROBES = tuple(compute_contract_address(ALICE.address, nonce) for nonce in range(3))
ADDRESSES = (*(person.address for person in SENDERS), *PROBES, CONTRACT_ADDRESS)
AMOUNTS = (0, 1, 7, 1_000, FUNDS // 7, FUNDS, 10**12)
SELECTORS = (BUMP, REFUSE, DEPOSIT, COLLECT, SINK, bytes(8))


def draw_payload(rng: random.Random) -> Payload:
    amount = rng.choice(AMOUNTS[:4]) if rng.random() < 0.9 else rng.choice(AMOUNTS)
    kind = rng.random()
    if kind < 0.4:
        to = rng.choice(ADDRESSES) if rng.random() < 0.97 else bytes(32)
        return Transfer(to, amount)
    if kind < 0.43:
        module = PROBE_BYTES if rng.random() < 0.7 else PROBE_BYTES[: rng.randrange(836)]
        return Deploy(module, count_arguments(rng.randrange(3)), amount)
    target = rng.choice((*PROBES, CONTRACT_ADDRESS, BOB.address))
    if kind < 0.6:
        return Call(target, WITHDRAW, withdraw_arguments(rng.choice(ADDRESSES), amount), 0)
    return Call(target, rng.choice(SELECTORS), b"", amount if rng.random() < 0.5 else 0)


def draw_tx(rng: random.Random, sender: Person, nonce: int) -> Transaction:
    payload = draw_payload(rng)
    tx = Transaction(
        genesis_id=CHAIN.genesis_id,
        sender=sender.key,
        nonce=nonce,
        gas_limit=40_000 if isinstance(payload, Deploy) else 2_500,
        fee_cap=rng.choice((1_000, 2_000)),
        tip=rng.choice((0, 1, 3)),
        expires_at_ms=(1 << 53),
        payload=payload,
    )
    return tx if rng.random() < 0.85 else replace(tx, **rng.choice(BENDS))  # type: ignore[arg-type]  # fields by name


BENDS: tuple[dict[str, int | bytes], ...] = (
    {"genesis_id": bytes(32)},
    {"nonce": 0},
    {"nonce": 10**9},
    {"gas_limit": 0},
    {"gas_limit": 1_400},
    {"gas_limit": 10**6},
    {"fee_cap": 0, "tip": 0},
    {"tip": 5_000},
    {"expires_at_ms": 1},
)


def check_transactions(count: int, seed: int) -> None:
    """Fees are all that leaves the accounts; a refusal leaves every leaf as it was."""
    rng = random.Random(seed)
    environment = compute_environment(CHAIN, next_draft(CHAIN, START))
    tree = START.tree
    tally = {"kept": 0, "failed": 0, "refused": 0}
    for _ in range(count // BATCH):
        layer = compute_layer(TreeReader(tree))
        fees = 0
        for _ in range(BATCH):
            sender = rng.choice(SENDERS)
            tx = draw_tx(rng, sender, layer.get_account(sender.address).nonce)
            before = (dict(layer.accounts), dict(layer.leaves))
            result = apply_transaction(environment, layer, tx, sender.address, GAS)
            if isinstance(result, Err):
                tally["refused"] += 1
                assert (layer.accounts, layer.leaves) == before
                continue
            receipt = result.value
            fees += receipt.gas_used * receipt.gas_price
            tally["kept" if isinstance(receipt.status, Success) else "failed"] += 1
        assert compute_coin_delta(layer) == -fees
        coins = compute_total_coins(tree)
        tree = tree.apply_batch(compute_changes(layer))
        assert compute_total_coins(tree) == coins - fees
    # each fate is common enough to be tested
    assert min(tally.values()) > count // 20


def draw_step(rng: random.Random) -> ConsensusStep:
    ops: list[LedgerOp] = []
    for _ in range(rng.randrange(4)):
        to, source = rng.choice(ADDRESSES), rng.choice(ADDRESSES)
        amount = rng.choice(AMOUNTS)
        ops.append(rng.choice((Mint(to, amount), Burn(source, amount), Move(source, to, amount))))
    leaves = ((compute_reserved_key(b"test/leaf"), rng.randbytes(3)),)
    return ConsensusStep(tuple(ops), leaves if rng.random() < 0.5 else ())


def check_blocks(count: int, seed: int) -> None:
    """Each block is backed, is accepted as built, and is the same without what it refused."""
    rng = random.Random(seed)
    state = START
    for _ in range(count):
        step = draw_step(rng)
        senders = [rng.choice(SENDERS) for _ in range(rng.randrange(6))]
        reader = TreeReader(state.tree)
        txs = [draw_tx(rng, s, reader.get_account(s.address).nonce) for s in senders]
        candidates = unsigned(*zip(senders, txs, strict=True))
        built = build(candidates, parent=state, step=step)
        refused = {refusal.index for refusal in built.refusals}
        kept = tuple(c for index, c in enumerate(candidates) if index not in refused)
        addresses = tuple(candidate.sender for candidate in kept)
        assert apply_built(built, addresses, parent=state, step=step) == Ok(built.applied)
        assert build(kept, parent=state, step=step).header == built.header
        state = built.applied.state
        assert is_backed(state.tree, CHAIN.config.supply_max)


def test_random_transactions_conserve_coins_and_refusals_change_nothing() -> None:
    check_transactions(10_000, seed=1)


@pytest.mark.slow
def test_a_hundred_thousand_random_transactions_conserve_coins() -> None:
    check_transactions(100_000, seed=2)


def test_random_blocks_are_backed_and_accepted_as_built() -> None:
    check_blocks(200, seed=3)


@pytest.mark.slow
def test_many_random_blocks_are_backed_and_accepted_as_built() -> None:
    check_blocks(5_000, seed=4)


def test_a_state_with_one_coin_too_many_is_not_backed() -> None:
    account = TreeReader(START.tree).get_account(ALICE.address)
    richer = encode_account(replace(account, balance=account.balance + 1))
    forged = START.tree.apply_batch(((ALICE.address, richer),))
    assert is_backed(START.tree, CHAIN.config.supply_max)
    assert not is_backed(forged, CHAIN.config.supply_max)
    assert not is_backed(START.tree, 3 * FUNDS - 1)


def test_a_layer_that_makes_a_coin_is_not_conserved() -> None:
    supply = Supply(10, 2)
    layer = compute_layer(TreeReader(START.tree))
    add_coins(layer, ALICE.address, 3)
    assert is_conserved(layer, supply, replace(supply, minted=13))
    assert not is_conserved(layer, supply, supply)
    remove_coins(layer, BOB.address, 3)
    assert is_conserved(layer, supply, supply)
