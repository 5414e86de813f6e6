"""A node of a development chain: named accounts, and liberties that no other chain has.

It is the same node as any (`qcref.runtime`), but it signs for the named accounts. Alone on its
chain, the one BFT validator, it has two liberties more: its clock can be moved forward, and it can
go back to a snapshot. As one of several (`qcref.cluster`) it has the place that it is given.

Source: UX.md (application developer), NODE.md (what users of a dev node expect).
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from qcref.accounts import FAUCET, NAMES, VALIDATOR, NamedAccount, compute_named_account
from qcref.core.mempool import PoolError
from qcref.crypto.signing import validate_signature
from qcref.engine.cached import compute_cached_engine
from qcref.ports import Transport
from qcref.runtime import Runtime, Setup
from qcref.store.errors import StoreDamagedError
from spec.config import Allocation, Genesis, GenesisValidator, Rules, get_rules, networks
from spec.config.presets import DEVNET
from spec.consensus.interface import Message
from spec.consensus.onion import compute_layer as compute_onion_layer
from spec.crypto.hashing import sha256
from spec.ir.host import CallInput, Outcome, Succeeded
from spec.ir.linked import LinkedModule
from spec.ledger.block import authenticate_transaction
from spec.ledger.codec import TxId, compute_tx_signing_root
from spec.ledger.errors import TxError
from spec.ledger.execution import INIT_SELECTOR
from spec.ledger.fees import compute_intrinsic_gas, compute_next_base_fee
from spec.ledger.state import TreeReader, compute_layer
from spec.ledger.types import (
    Account,
    Call,
    Deploy,
    Event,
    Payload,
    Receipt,
    SenderKey,
    SignedTransaction,
    Transaction,
)
from spec.ledger.world import LedgerWorld
from spec.lib.result import Err, Ok, Result

COIN = networks.COIN
"""Base units of one coin, as people count."""
FUNDS = 10_000 * COIN
"""What each named account starts with, base units."""
FAUCET_FUNDS = 1_000_000_000 * COIN
"""What the faucet starts with, base units."""
GENESIS_TIME_MS = 1_767_225_600_000
"""2026-01-01 UTC: every development chain begins alike, so addresses and ids repeat."""
TX_LIFETIME_MS = 3_600_000
"""How long a transaction signed for a named account stays valid."""

ONION_DOMAIN = b"qc/devnet/onion/1"
"""Before a seed: the secret of the key's hash onions."""
TIME_MS_MAX = 253_402_300_799_000
"""The end of the year 9999."""
SNAPSHOTS_MAX = 1_024


class DevClock:
    """The system's clock, moved forward by as much as was asked."""

    def __init__(self) -> None:
        self._offset_ms = 0

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC, plus the offset."""
        return time.time_ns() // 1_000_000 + self._offset_ms

    def advance(self, by_ms: int) -> None:
        """Moves the clock forward."""
        self._offset_ms += by_ms

    def catch_up(self, time_ms: int) -> None:
        """Moves the clock forward to a time, if it is behind."""
        self._offset_ms += max(0, time_ms - self.now_ms())


class LocalSigner:
    """A consensus key in memory."""

    def __init__(self, account: NamedAccount) -> None:
        self._key = account.key

    def sign(self, root: bytes) -> bytes:
        """The Ed25519 signature of a signing root."""
        return self._key.sign(root)

    def reveal(self, layer: int) -> bytes:
        """A layer of the key's hash onion."""
        return compute_onion_layer(sha256(ONION_DOMAIN, self._key.seed), layer)


class NoPeers:
    """The transport of a chain with one node."""

    def broadcast(self, message: Message) -> None:
        """There is nobody to tell."""

    def fetch(self, block_id: bytes, source: bytes) -> None:
        """There is nobody to ask."""

    def share(self, transactions: tuple[SignedTransaction, ...]) -> None:
        """There is nobody to offer them to."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node's place on a chain of several."""

    genesis: Genesis
    validator: int
    """Index in the registry."""
    account: NamedAccount
    """Whose key is the validator's."""
    clock: DevClock
    """The same for all nodes."""
    transport: Transport


@dataclass(frozen=True, slots=True)
class Included:
    """A transaction in a block."""

    tx_id: TxId
    signed: SignedTransaction
    sender: bytes
    height: int
    position: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a call would do."""

    outcome: Outcome
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a named account wants done; None means: choose well."""

    payload: Payload
    gas_limit: int | None = None
    fee_cap: int | None = None
    tip: int = 0


def compute_devnet_genesis() -> Genesis:
    """The genesis that all development chains share."""
    funds = {compute_named_account(name).address: FUNDS for name in NAMES}
    funds[FAUCET.address] = FAUCET_FUNDS
    return Genesis(
        config=DEVNET,
        time_ms=GENESIS_TIME_MS,
        allocations=tuple(Allocation(address, funds[address]) for address in sorted(funds)),
        validators=(GenesisValidator(VALIDATOR.address, VALIDATOR.key.public_key, 1),),
    )


class Devnet:
    """A development chain over a data folder."""

    def __init__(self, folder: Path, place: Place | None = None) -> None:
        """Opens the chain in a folder, or begins it.

        Args:
            folder: made if it is not there.
            place: on a chain of several nodes; None is alone.

        Raises:
            StoreError: the folder can't be used.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if place is None:
            place = Place(compute_devnet_genesis(), 0, VALIDATOR, DevClock(), NoPeers())
            is_alone = True
        else:
            is_alone = False
        self.genesis = place.genesis
        self.clock = place.clock
        self.engine = compute_cached_engine()
        self._transport = place.transport
        setup = Setup(
            genesis=self.genesis,
            validator=place.validator,
            signer=LocalSigner(place.account),
            clock=self.clock,
            transport=place.transport,
            engine=self.engine,
            folder=folder,
        )
        self.runtime = Runtime(setup)
        if is_alone:
            self._check_promises(folder)
            self.clock.catch_up(self.runtime.head.header.time_ms)
        self._snapshots: list[int] = []

    def _check_promises(self, folder: Path) -> None:
        """A chain with one validator that has promised more than it holds has lost blocks.

        Raises:
            StoreDamagedError: so it is; the promises forbid to sign these heights again.
        """
        head, promised = self.runtime.head.header.height, self.runtime.promised_height
        if promised > head + 1:
            self.runtime.close()
            detail = f"its blocks end at {head}, and a block {promised} was signed"
            raise StoreDamagedError(str(folder), detail)

    # Reading

    @property
    def reader(self) -> TreeReader:
        """The state after the head."""
        return TreeReader(self.runtime.head.tree)

    @property
    def rules(self) -> Rules:
        """The rules of the next block."""
        return get_rules(self.genesis.config, self.runtime.head.header.height + 1)

    def get_included(self, tx_id: TxId) -> Included | None:
        """A transaction that is in a block."""
        place = self.runtime.store.get_place(tx_id)
        stored = None if place is None else self.runtime.store.get_block(place.height)
        if place is None or stored is None:
            return None
        signed = stored.block.body.transactions[place.position]
        sender = authenticate_transaction(validate_signature, signed)
        assert isinstance(sender, Ok), "a stored block was authenticated"
        receipt = stored.receipts[place.position]
        return Included(tx_id, signed, sender.value, place.height, place.position, receipt)

    def get_linked(self, contract: bytes) -> LinkedModule | None:
        """The linked module at an address."""
        world = LedgerWorld(compute_layer(self.reader), self.engine, [])
        linked = world.get_code(contract)
        assert linked is None or isinstance(linked, LinkedModule), "the engine links modules"
        return linked

    def simulate(self, call: Call, caller: bytes, *, is_view: bool) -> Simulated:
        """Runs a function of a contract on the head as the next block would; nothing is kept.

        Args:
            call: its value is at most the caller's balance.
            caller: address.
            is_view: only a view may run.
        """
        environment = self.runtime.compute_next_environment()
        world = LedgerWorld(compute_layer(self.reader), self.engine, [])
        run = CallInput(
            contract=call.contract,
            selector=call.selector,
            caller=caller,
            value=call.value,
            arguments=call.arguments,
            gas_limit=self.genesis.config.block_gas_limit,
            is_view=is_view,
        )
        outcome = self.engine.execute(world, environment.context, run)
        return Simulated(outcome, tuple(world.events) if isinstance(outcome, Succeeded) else ())

    # Writing

    def submit(self, signed: SignedTransaction) -> Result[TxId, TxError | PoolError]:
        """Takes in a signed transaction from anybody, for the next blocks, here and at peers."""
        added = self.runtime.admit(signed)
        if isinstance(added, Ok):
            self._transport.share((signed,))
        return added

    def sign(self, account: NamedAccount, wish: Wish) -> SignedTransaction:
        """A transaction of a named account with the next nonce and sensible limits."""
        held = self.reader.get_account(account.address)
        header = self.runtime.head.header
        base_fee = compute_next_base_fee(self.genesis.config, header.base_fee, header.gas_used)
        tx = Transaction(
            genesis_id=self.runtime.chain.genesis_id,
            sender=SenderKey(account.key.scheme, account.key.public_key),
            nonce=self.runtime.mempool.get_next_nonce(account.address, held),
            gas_limit=0,
            fee_cap=2 * base_fee + wish.tip if wish.fee_cap is None else wish.fee_cap,
            tip=wish.tip,
            expires_at_ms=max(self.clock.now_ms(), header.time_ms) + TX_LIFETIME_MS,
            payload=wish.payload,
        )
        gas_limit = self.estimate_gas(tx) if wish.gas_limit is None else wish.gas_limit
        tx = replace(tx, gas_limit=gas_limit)
        return SignedTransaction(tx, account.key.sign(compute_tx_signing_root(tx)))

    def estimate_gas(self, tx: Transaction) -> int:
        """The least gas limit that suffices whatever happens: the payload's static bound.

        A payload that can't run (no code, an unknown function) costs what it costs to be refused.
        """
        return compute_intrinsic_gas(self.rules, tx) + self._compute_bound(tx.payload)

    def _compute_bound(self, payload: Payload) -> int:
        if isinstance(payload, Call):
            linked, selector = self.get_linked(payload.contract), payload.selector
        elif isinstance(payload, Deploy):
            linked, selector = self._link(payload.module), INIT_SELECTOR
        else:
            return 0
        functions = () if linked is None else linked.functions
        bounds = [f.gas_bound for f in functions if f.declared.selector == selector]
        return max(bounds, default=0)

    def _link(self, encoded: bytes) -> LinkedModule | None:
        admitted = self.engine.admit_module(encoded)
        if isinstance(admitted, Err):
            return None
        linked = self.engine.load_module(admitted.value, encoded)
        assert isinstance(linked, LinkedModule), "the engine links modules"
        return linked

    def mine(self) -> bool:
        """Makes one block of what waits, perhaps an empty one."""
        return self.runtime.produce()

    # Liberties

    def advance_time(self, by_ms: int) -> bool:
        """Moves the clock forward, unless it would leave what calendars can show."""
        if self.clock.now_ms() + by_ms > TIME_MS_MAX:
            return False
        self.clock.advance(by_ms)
        return True

    def snapshot(self) -> int | None:
        """Remembers the present; returns its number for `revert`, None if there are too many."""
        if len(self._snapshots) >= SNAPSHOTS_MAX:
            return None
        self._snapshots.append(self.runtime.head.header.height)
        return len(self._snapshots) - 1

    def revert(self, number: int) -> bool:
        """Goes back to a snapshot, which stays valid; later ones are forgotten."""
        if not 0 <= number < len(self._snapshots):
            return False
        self.runtime.revert(self._snapshots[number])
        del self._snapshots[number + 1 :]
        return True

    def get_account(self, address: bytes) -> Account:
        """An account after the head."""
        return self.reader.get_account(address)

    def close(self) -> None:
        """Releases the data folder."""
        self.runtime.close()
