"""Transactions that wait for a block.

Per sender they lie by nonce, with a bounded gap behind the next one; only the unbroken run from the
account's nonce can go into a block, and what a sender's transactions may cost together never
exceeds its balance, so that no account fills the pool with promises it can't keep. Senders' first
transactions compete by tip. The pool is bounded in count and bytes; when it is full, the lowest tip
makes room, or is refused.

Source: DESIGN.md 4.18; RELIABILITY.md R18.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from sortedcontainers import SortedDict, SortedKeyList

from spec.config import ChainConfig
from spec.ledger.block import Signed
from spec.ledger.codec import TxId, compute_tx_id, encode_signed_transaction
from spec.ledger.errors import (
    TxError,
    TxFeeCapBelowBaseFee,
    TxInsufficientBalance,
    TxNonceGap,
)
from spec.ledger.fees import compute_effective_tip
from spec.ledger.genesis import LedgerState
from spec.ledger.state import TreeReader
from spec.ledger.types import Account
from spec.ledger.validity import Candidate, compute_all_failures, compute_largest_cost
from spec.lib.result import Err, Ok, Result

COUNT_MAX = 10_000
"""Transactions in the pool."""
SIZE_BYTES_MAX = 1 << 26
"""Their encodings together."""
NONCE_GAP_MAX = 16
"""How far above the account's nonce one may wait."""
BUMP_PERCENT = 10
"""How much more a replacement must bid, so that replacing is not free."""
REFUSED_MAX = 1_024
"""Latest refusals remembered, so that a sender can ask why."""


@dataclass(frozen=True, slots=True)
class PoolKnown:
    """The transaction is in the pool already."""

    code: ClassVar[str] = "pool.known"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "this transaction is in the pool already"


@dataclass(frozen=True, slots=True)
class PoolUnderpriced:
    """A replacement must bid more."""

    code: ClassVar[str] = "pool.replacement_underpriced"
    fee_cap_min: int
    tip_min: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"another transaction with this nonce waits; to replace it bid a fee cap of at least "
            f"{self.fee_cap_min} and a tip of at least {self.tip_min}"
        )


@dataclass(frozen=True, slots=True)
class PoolFull:
    """The pool is full of better bids."""

    code: ClassVar[str] = "pool.full"
    tip_min: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the pool is full; a tip above {self.tip_min} gets in"


PoolError = PoolKnown | PoolUnderpriced | PoolFull


@dataclass(frozen=True, slots=True)
class Waiting:
    """A transaction in the pool."""

    signed: Signed
    tx_id: TxId
    size_bytes: int
    cost: int
    """The most it can take from its sender, base units."""

    @property
    def nonce(self) -> int:
        """Of the transaction."""
        return self.signed.transaction.transaction.nonce


@dataclass(slots=True)
class _Queue:
    """One sender's transactions by nonce."""

    by_nonce: "SortedDict[int, Waiting]" = field(default_factory=SortedDict)
    nonce: int = 0
    """The account's after the head: where a run that can go into a block begins."""

    def compute_cost(self) -> int:
        return sum(w.cost for w in self.by_nonce.values())


def _get_tip(waiting: Waiting) -> int:
    return waiting.signed.transaction.transaction.tip


class Mempool:
    """The pool of one node, over the state of its head."""

    def __init__(self, config: ChainConfig) -> None:
        self._config = config
        self._queues: dict[bytes, _Queue] = {}
        self._by_id: dict[TxId, Waiting] = {}
        self._by_tip: SortedKeyList[Waiting, int] = SortedKeyList(key=_get_tip)
        self._size_bytes = 0
        self._refused: OrderedDict[TxId, TxError] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_id)

    def get(self, tx_id: TxId) -> Signed | None:
        """A waiting transaction."""
        waiting = self._by_id.get(tx_id)
        return None if waiting is None else waiting.signed

    def get_refusal(self, tx_id: TxId) -> TxError | None:
        """Why a transaction left the pool without going into a block, if it did lately."""
        return self._refused.get(tx_id)

    def get_next_nonce(self, sender: bytes, account: Account) -> int:
        """The first nonce that neither the chain nor the pool has used."""
        nonce = account.nonce
        queue = self._queues.get(sender, _Queue()).by_nonce
        while nonce in queue:
            nonce += 1
        return nonce

    def add(self, signed: Signed, candidate: Candidate) -> Result[TxId, TxError | PoolError]:
        """Takes in an authenticated transaction.

        Args:
            signed: the transaction and its sender.
            candidate: the same beside the head's state and the next block's circumstances.

        Returns:
            Ok with its id, or Err with the rule of the chain or of the pool that it breaks.
        """
        size = len(encode_signed_transaction(signed.transaction))
        tx_id = compute_tx_id(candidate.tx)
        new = Waiting(signed, tx_id, size, compute_largest_cost(candidate.tx))
        if tx_id in self._by_id:
            return Err(PoolKnown())
        for failure in compute_all_failures(candidate):
            is_near = isinstance(failure, TxNonceGap) and (
                new.nonce - candidate.account.nonce <= NONCE_GAP_MAX
            )
            if not is_near:
                return Err(failure)
        old = self._queues.get(signed.sender, _Queue()).by_nonce.get(new.nonce)
        unwanted = self._check_bid(new, old) or self._check_balance(new, old, candidate.account)
        if unwanted is not None:
            return Err(unwanted)
        outbid = self._find_outbid(new, old)
        if isinstance(outbid, PoolFull):
            return Err(outbid)
        for waiting in outbid:
            self._drop(waiting)
        self._put(new, candidate.account.nonce)
        return Ok(tx_id)

    def select(self, base_fee: int) -> tuple[Signed, ...]:
        """Transactions for a block, best tips first, each sender's in the order of their nonces.

        Args:
            base_fee: of the block, base units a gas.
        """
        heads: SortedKeyList[tuple[int, bytes, Waiting], tuple[int, bytes]] = SortedKeyList(
            key=lambda head: (-head[0], head[1])
        )
        runs = {sender: _iterate_run(queue) for sender, queue in self._queues.items()}
        for sender in runs:
            _advance_run(heads, runs, sender, base_fee)
        chosen: list[Signed] = []
        while heads and len(chosen) < self._config.block_transactions_max:
            _, sender, waiting = heads.pop(0)
            chosen.append(waiting.signed)
            _advance_run(heads, runs, sender, base_fee)
        return tuple(chosen)

    def advance(self, head: LedgerState) -> None:
        """Drops what the new head has used up, or made unaffordable."""
        reader = TreeReader(head.tree)
        for sender in tuple(self._queues):
            account = reader.get_account(sender)
            queue = self._queues[sender]
            queue.nonce = account.nonce
            for nonce in tuple(queue.by_nonce.irange(maximum=account.nonce - 1)):
                self._drop(queue.by_nonce[nonce])
            while queue.by_nonce and queue.compute_cost() > account.balance:
                last = queue.by_nonce.peekitem(-1)[1]
                self._note(last, TxInsufficientBalance(account.balance, queue.compute_cost()))
                self._drop(last)

    def refuse(self, signed: Signed, error: TxError) -> None:
        """Drops a transaction that a block could not hold; one that may fit later stays."""
        waiting = self._by_id.get(compute_tx_id(signed.transaction.transaction))
        is_passing = isinstance(error, TxFeeCapBelowBaseFee | TxNonceGap)
        if waiting is not None and not is_passing:
            self._note(waiting, error)
            self._drop(waiting)

    def clear(self) -> None:
        """Forgets everything."""
        self._queues, self._by_id = {}, {}
        self._by_tip.clear()
        self._size_bytes = 0
        self._refused.clear()

    # Below the surface

    def _check_bid(self, new: Waiting, old: Waiting | None) -> PoolError | None:
        if old is None:
            return None
        was, now = old.signed.transaction.transaction, new.signed.transaction.transaction
        fee_cap_min = was.fee_cap + max(1, was.fee_cap * BUMP_PERCENT // 100)
        tip_min = was.tip + was.tip * BUMP_PERCENT // 100
        is_enough = now.fee_cap >= fee_cap_min and now.tip >= tip_min
        return None if is_enough else PoolUnderpriced(fee_cap_min, tip_min)

    def _check_balance(
        self, new: Waiting, old: Waiting | None, account: Account
    ) -> TxInsufficientBalance | None:
        queue = self._queues.get(new.signed.sender, _Queue())
        needed = queue.compute_cost() + new.cost - (0 if old is None else old.cost)
        return None if needed <= account.balance else TxInsufficientBalance(account.balance, needed)

    def _find_outbid(self, new: Waiting, old: Waiting | None) -> list[Waiting] | PoolFull:
        """What must go so that the new one fits: what it replaces, then lower tips."""
        outbid = [] if old is None else [old]
        count = len(self._by_id) + 1 - len(outbid)
        size_bytes = self._size_bytes + new.size_bytes - sum(w.size_bytes for w in outbid)
        for lowest in self._by_tip:
            if count <= COUNT_MAX and size_bytes <= SIZE_BYTES_MAX:
                break
            if lowest is old:
                continue
            if _get_tip(lowest) >= _get_tip(new):
                return PoolFull(_get_tip(lowest))
            outbid.append(lowest)
            count, size_bytes = count - 1, size_bytes - lowest.size_bytes
        return outbid

    def _put(self, waiting: Waiting, nonce: int) -> None:
        queue = self._queues.setdefault(waiting.signed.sender, _Queue())
        queue.nonce = nonce
        queue.by_nonce[waiting.nonce] = waiting
        self._by_id[waiting.tx_id] = waiting
        self._by_tip.add(waiting)
        self._size_bytes += waiting.size_bytes

    def _drop(self, waiting: Waiting) -> None:
        queue = self._queues[waiting.signed.sender]
        del queue.by_nonce[waiting.nonce]
        if not queue.by_nonce:
            del self._queues[waiting.signed.sender]
        del self._by_id[waiting.tx_id]
        self._by_tip.remove(waiting)
        self._size_bytes -= waiting.size_bytes

    def _note(self, waiting: Waiting, error: TxError) -> None:
        self._refused[waiting.tx_id] = error
        if len(self._refused) > REFUSED_MAX:
            self._refused.popitem(last=False)


def _iterate_run(queue: _Queue) -> Iterator[Waiting]:
    """A sender's transactions from the account's nonce up to the first gap."""
    for expected, (nonce, waiting) in enumerate(queue.by_nonce.items(), queue.nonce):
        if nonce != expected:
            return
        yield waiting


def _advance_run(
    heads: "SortedKeyList[tuple[int, bytes, Waiting], tuple[int, bytes]]",
    runs: dict[bytes, Iterator[Waiting]],
    sender: bytes,
    base_fee: int,
) -> None:
    """Lets a sender's next transaction compete, if it pays the base fee."""
    waiting = next(runs[sender], None)
    if waiting is None:
        return
    tx = waiting.signed.transaction.transaction
    if tx.fee_cap >= base_fee:
        heads.add((compute_effective_tip(tx, base_fee), sender, waiting))
