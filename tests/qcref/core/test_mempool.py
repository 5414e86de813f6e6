"""Laws of the pool: bounded, fair by tip, one transaction a nonce, costs within the balance."""

from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcref.core import mempool as module
from qcref.core.mempool import Mempool, PoolFull, PoolKnown, PoolUnderpriced
from qcref.devnet import GENESIS_TIME_MS, compute_devnet_genesis
from qcref.engine.cached import compute_cached_engine
from spec.chain import compute_genesis_anchor, compute_node_config
from spec.config import compute_genesis_id, get_rules
from spec.ir.host import BlockContext
from spec.ledger.block import Signed
from spec.ledger.codec import TxId
from spec.ledger.engine import Environment
from spec.ledger.errors import TxError, TxInsufficientBalance, TxNonceGap, TxNonceMismatch
from spec.ledger.genesis import LedgerState
from spec.ledger.state import encode_account
from spec.ledger.types import (
    EMPTY_ACCOUNT,
    Account,
    SenderKey,
    SignedTransaction,
    Transaction,
    Transfer,
)
from spec.ledger.validity import Candidate, compute_largest_cost
from spec.lib.result import Err, Ok, Result
from tests.qcref.support import get_account

GENESIS = compute_devnet_genesis()
GENESIS_ID = compute_genesis_id(GENESIS)
NAMES = ("alice", "bob", "carol")
GAS_LIMIT = 10_000
BASE_FEE = 10
ENVIRONMENT = Environment(
    config=GENESIS.config,
    rules=get_rules(GENESIS.config, 1),
    engine=compute_cached_engine(),
    context=BlockContext(GENESIS_ID, 1, GENESIS_TIME_MS),
    base_fee=BASE_FEE,
)


class Pool:
    """A pool with the accounts whose transactions it is given."""

    def __init__(self, balance: int = 10**12) -> None:
        self.mempool = Mempool(GENESIS.config)
        self.accounts = {name: Account(0, balance, 0, EMPTY_ACCOUNT.code_id) for name in NAMES}

    def add(
        self, name: str, nonce: int, fee_cap: int, tip: int, amount: int = 1
    ) -> Result[TxId, TxError | module.PoolError]:
        key = get_account(name)
        tx = Transaction(
            genesis_id=GENESIS_ID,
            sender=SenderKey(key.key.scheme, key.key.public_key),
            nonce=nonce,
            gas_limit=GAS_LIMIT,
            fee_cap=fee_cap,
            tip=tip,
            expires_at_ms=GENESIS_TIME_MS + 10**6,
            payload=Transfer(get_account("judy").address, amount),
        )
        signed = Signed(SignedTransaction(tx, bytes(64)), key.address)
        limit = GENESIS.config.block_gas_limit
        return self.mempool.add(signed, Candidate(ENVIRONMENT, self.accounts[name], limit, tx))

    def list_waiting(self) -> dict[bytes, list[Transaction]]:
        waiting: dict[bytes, list[Transaction]] = defaultdict(list)
        for each in self.mempool._by_id.values():
            waiting[each.signed.sender].append(each.signed.transaction.transaction)
        return waiting

    def check_laws(self) -> None:
        pool = self.mempool
        assert len(pool) <= module.COUNT_MAX
        assert pool._size_bytes == sum(w.size_bytes for w in pool._by_id.values())
        assert pool._size_bytes <= module.SIZE_BYTES_MAX
        assert len(pool._by_tip) == len(pool._by_id)
        for name in NAMES:
            sender = get_account(name).address
            mine = self.list_waiting()[sender]
            nonces = [tx.nonce for tx in mine]
            assert len(set(nonces)) == len(nonces), "one transaction a nonce"
            nonce = self.accounts[name].nonce
            assert all(0 <= each - nonce <= module.NONCE_GAP_MAX for each in nonces)
            assert sum(map(compute_largest_cost, mine)) <= self.accounts[name].balance


Addition = tuple[str, int, int, int, int]
ADDITIONS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from([0, 1, 2, 3, 16, 17, 18]),
        st.sampled_from([0, 9, 10, 11, 20, 100]),
        st.sampled_from([0, 1, 9, 10, 11]),
        st.sampled_from([0, 1, 10**6]),
    ),
    max_size=30,
)


@given(ADDITIONS, st.sampled_from([0, 10**5, 10**6, 10**12]), st.integers(1, 6))
@settings(max_examples=150)
def test_a_pool_keeps_its_laws_whatever_it_is_given(
    additions: list[Addition], balance: int, count_max: int
) -> None:
    pool = Pool(balance)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "COUNT_MAX", count_max)
        for name, nonce, fee_cap, tip, amount in additions:
            before = dict(pool.mempool._by_id)
            added = pool.add(name, nonce, fee_cap, tip, amount)
            pool.check_laws()
            if isinstance(added, Err):
                assert pool.mempool._by_id == before, "a refusal changes nothing"
        chosen = pool.mempool.select(BASE_FEE)
    _check_choice(pool, chosen)


def _check_choice(pool: Pool, chosen: tuple[Signed, ...]) -> None:
    expected = {get_account(n).address: a.nonce for n, a in pool.accounts.items()}
    for signed in chosen:
        tx = signed.transaction.transaction
        assert tx.fee_cap >= BASE_FEE
        assert tx.nonce == expected[signed.sender], "in the order of nonces, from the account's on"
        expected[signed.sender] += 1


def test_a_gap_waits_and_is_not_chosen() -> None:
    pool = Pool()
    assert isinstance(pool.add("alice", 1, 20, 1), Ok)
    assert pool.mempool.select(BASE_FEE) == ()
    assert isinstance(pool.add("alice", 0, 20, 1), Ok)
    assert [s.transaction.transaction.nonce for s in pool.mempool.select(BASE_FEE)] == [0, 1]


def test_a_far_nonce_and_an_old_one_are_refused() -> None:
    pool = Pool()
    far = pool.add("alice", module.NONCE_GAP_MAX + 1, 20, 1)
    assert isinstance(far, Err)
    assert isinstance(far.error, TxNonceGap)
    pool.accounts["alice"] = Account(5, 10**12, 0, EMPTY_ACCOUNT.code_id)
    old = pool.add("alice", 4, 20, 1)
    assert isinstance(old, Err)
    assert isinstance(old.error, TxNonceMismatch)


def test_the_same_transaction_twice_is_known() -> None:
    pool = Pool()
    pool.add("alice", 0, 20, 1)
    assert pool.add("alice", 0, 20, 1) == Err(PoolKnown())


@pytest.mark.parametrize(
    ("fee_cap", "tip", "is_enough"),
    [(22, 11, True), (22, 10, False), (21, 11, False), (30, 20, True), (22, 22, True)],
)
def test_a_replacement_bids_a_tenth_more(fee_cap: int, tip: int, is_enough: bool) -> None:
    pool = Pool()
    pool.add("alice", 0, 20, 10)
    again = pool.add("alice", 0, fee_cap, tip)
    if is_enough:
        assert isinstance(again, Ok)
        assert len(pool.mempool) == 1
    else:
        assert again == Err(PoolUnderpriced(22, 11))


def test_costs_together_stay_within_the_balance() -> None:
    cost = GAS_LIMIT * 20 + 1
    pool = Pool(balance=2 * cost)
    assert isinstance(pool.add("alice", 0, 20, 1), Ok)
    assert isinstance(pool.add("alice", 1, 20, 1), Ok)
    third = pool.add("alice", 2, 20, 1)
    assert third == Err(TxInsufficientBalance(2 * cost, 3 * cost))


def test_a_replacement_that_does_not_fit_leaves_the_pool_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = Pool()
    pool.add("alice", 0, 20, 1)
    pool.add("bob", 0, 20, 9)
    before = dict(pool.mempool._by_id)
    monkeypatch.setattr(module, "SIZE_BYTES_MAX", pool.mempool._size_bytes - 1)
    assert pool.add("alice", 0, 40, 2) == Err(PoolFull(9))
    assert pool.mempool._by_id == before


def test_a_full_pool_makes_room_for_a_higher_tip_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COUNT_MAX", 2)
    pool = Pool()
    pool.add("alice", 0, 20, 2)
    pool.add("bob", 0, 20, 3)
    assert pool.add("carol", 0, 20, 2) == Err(PoolFull(2))
    assert isinstance(pool.add("carol", 0, 20, 4), Ok)
    tips = sorted(w.signed.transaction.transaction.tip for w in pool.mempool._by_id.values())
    assert tips == [3, 4]


def test_higher_tips_go_first() -> None:
    pool = Pool()
    for name, tip in (("alice", 1), ("bob", 5), ("carol", 3)):
        pool.add(name, 0, 100, tip)
    pool.add("alice", 1, 100, 9)
    tips = [s.transaction.transaction.tip for s in pool.mempool.select(BASE_FEE)]
    assert tips == [5, 3, 1, 9], "a sender's own order stands above the tip"


def _make_head(nonce: int, balance: int) -> LedgerState:
    """A head at which alice has sent `nonce` transactions and holds `balance`."""
    config = compute_node_config(GENESIS, None, lambda *_: True)
    ledger = compute_genesis_anchor(config, GENESIS)[1]
    leaf = encode_account(Account(nonce, balance, 0, EMPTY_ACCOUNT.code_id))
    tree = ledger.tree.apply_batch([(get_account("alice").address, leaf)])
    return replace(ledger, tree=tree)


def test_a_new_head_drops_what_it_used_up() -> None:
    pool = Pool()
    ids = [pool.add("alice", nonce, 20, 1) for nonce in range(3)]
    pool.mempool.advance(_make_head(2, 10**12))
    assert [w.nonce for w in pool.mempool._by_id.values()] == [2]
    assert isinstance(ids[0], Ok)
    assert pool.mempool.get_refusal(ids[0].value) is None, "it went into a block"


def test_a_new_head_drops_what_became_unaffordable_and_remembers_why() -> None:
    pool = Pool()
    cost = GAS_LIMIT * 20 + 1
    ids = [pool.add("alice", nonce, 20, 1) for nonce in range(3)]
    pool.mempool.advance(_make_head(0, 2 * cost))
    assert len(pool.mempool) == 2
    assert isinstance(ids[2], Ok)
    assert isinstance(pool.mempool.get_refusal(ids[2].value), TxInsufficientBalance)


def test_an_emptied_pool_keeps_its_laws() -> None:
    pool = Pool()
    pool.add("alice", 0, 20, 1)
    pool.mempool.clear()
    pool.check_laws()
    assert len(pool.mempool) == 0
    assert isinstance(pool.add("alice", 0, 20, 1), Ok)
