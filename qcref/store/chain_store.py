"""The chain on disk: blocks, receipts, state changes and the transaction index in one SQLite file.

One commit per block, synced before it returns: a block is there whole or not at all. The blocks of
the head's chain stand by height; those of other branches stand aside, whole, until the head moves
over to them or finality leaves them behind. Live state is in memory; at start it is the latest
snapshot with the changes of the blocks after it, and its root must be the head's. Every value
carries a checksum of itself and its place, and the file's structure is checked when it is opened:
damage is refused, never served.

A snapshot is written whenever the changes since the last one outweigh it, so a start reads at most
about twice the state.

Source: DESIGN.md 4.16; RELIABILITY.md R6 to R9.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qcref.store.errors import (
    StoreDamagedError,
    StoreError,
    StoreIoError,
    StoreLockedError,
    StoreVersionError,
    StoreWrongChainError,
)
from spec.crypto.hashing import sha256
from spec.ledger.codec import BlockId, TxId, compute_block_id, compute_tx_id
from spec.ledger.genesis import LedgerState
from spec.ledger.state import Change
from spec.ledger.types import BLOCK, RECEIPTS, Block, Receipt
from spec.lib.result import Err
from spec.lib.ssz import Boolean, ByteList, ByteVector, Container, List, decode, encode
from spec.lib.trie import EMPTY, StateTree
from spec.limits import LOG_DATA_SIZE_BYTES_MAX

CHECKSUM_SIZE_BYTES = 8
"""Before each value: damage passes once in 2^64."""
FORMAT_VERSION = 2
"""Of the tables below; another layout takes another number."""
SNAPSHOT_SIZE_BYTES_MIN = 1 << 20
"""Changes below this never cause a snapshot."""

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (
    height INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, block BLOB NOT NULL,
    receipts BLOB NOT NULL, changes BLOB NOT NULL);
CREATE TABLE branches (
    id BLOB PRIMARY KEY, height INTEGER NOT NULL, block BLOB NOT NULL,
    receipts BLOB NOT NULL, changes BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE transactions (
    id BLOB PRIMARY KEY, height INTEGER NOT NULL, position INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX transactions_by_height ON transactions (height);
CREATE TABLE snapshots (height INTEGER PRIMARY KEY, leaves BLOB NOT NULL);
CREATE TABLE interfaces (
    position INTEGER PRIMARY KEY AUTOINCREMENT, address BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL, document BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class StoredChange:
    """A leaf that a block wrote."""

    key: bytes
    is_present: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A block with what became of its transactions."""

    block: Block
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a transaction stands."""

    height: int
    position: int


_CHANGES = List(
    Container(
        StoredChange,
        (
            ("key", ByteVector(32)),
            ("is_present", Boolean()),
            ("value", ByteList(LOG_DATA_SIZE_BYTES_MAX)),
        ),
    ),
    1 << 32,
)


class ChainStore:
    """One chain's database, open in one process."""

    def __init__(self, path: Path, genesis_id: bytes) -> None:
        """Opens or creates the database.

        Args:
            path: the file; its folder exists.
            genesis_id: the chain it must belong to.

        Raises:
            StoreError: one of its kinds says why the file can't be used.
        """
        self._path = path
        with self._guarded():
            self._db = sqlite3.connect(path, timeout=1, isolation_level=None)
        try:
            self._open(genesis_id)
        except StoreError:
            self._db.close()
            raise

    def _open(self, genesis_id: bytes) -> None:
        path = self._path
        with self._guarded():
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            sound = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if sound != "ok":
                raise StoreDamagedError(str(path), sound)
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self._create(genesis_id)
            elif version != FORMAT_VERSION:
                raise StoreVersionError(str(path), version, FORMAT_VERSION)
            found = self._db.execute("SELECT value FROM meta WHERE key = 'genesis_id'").fetchone()
        if found is None or found[0] != genesis_id:
            raise StoreWrongChainError(str(path), b"" if found is None else found[0], genesis_id)
        self._snapshot_size, self._changes_size = self._measure()
        self._tip = self._read_tip()

    def _create(self, genesis_id: bytes) -> None:
        self._db.executescript("BEGIN IMMEDIATE;" + _SCHEMA)
        self._db.execute("INSERT INTO meta VALUES ('genesis_id', ?)", (genesis_id,))
        self._db.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
        self._db.execute("COMMIT")

    def _measure(self) -> tuple[int, int]:
        with self._guarded():
            row = self._db.execute(
                "SELECT height, length(leaves) FROM snapshots ORDER BY height DESC LIMIT 1"
            ).fetchone()
            height, size = (-1, 0) if row is None else row
            changes = self._db.execute(
                "SELECT coalesce(sum(length(changes)), 0) FROM blocks WHERE height > ?", (height,)
            ).fetchone()[0]
        return size, changes

    def _read_tip(self) -> BlockId | None:
        with self._guarded():
            row = self._db.execute("SELECT id FROM blocks ORDER BY height DESC LIMIT 1").fetchone()
        return None if row is None else BlockId(row[0])

    # Writing

    def append(
        self, block: Block, receipts: tuple[Receipt, ...], changes: tuple[Change, ...]
    ) -> None:
        """Stores a block with its receipts and changes in one commit, synced when this returns.

        On top of the highest block it joins the head's chain, elsewhere it begins or continues a
        branch: `set_head` says which chain is the head's.
        """
        height, block_id = block.header.height, compute_block_id(block.header)
        encoded = _encode_changes(changes)
        row = (
            height,
            block_id,
            _seal(b"block", height, encode(BLOCK, block)),
            _seal(b"receipts", height, encode(RECEIPTS, receipts)),
            _seal(b"changes", height, encoded),
        )
        is_next = self._tip is None or block.header.parent == self._tip
        with self._guarded(), self._commit():
            if is_next:
                self._db.execute("INSERT INTO blocks VALUES (?, ?, ?, ?, ?)", row)
                self._index(block)
            else:
                self._db.execute(
                    "INSERT INTO branches (height, id, block, receipts, changes) "
                    "VALUES (?, ?, ?, ?, ?)",
                    row,
                )
        if is_next:
            self._tip = block_id
            self._changes_size += len(encoded)

    def set_head(self, head: BlockId) -> tuple[Block, ...]:
        """Makes a stored block the end of the head's chain, in one commit.

        Args:
            head: its id; its branch starts at a block of the present chain.

        Returns:
            The blocks that left the chain, ascending.
        """
        if head == self._tip:
            return ()
        branch: list[Block] = []
        block_id = head
        while (block := self._read_branch(block_id)) is not None:
            branch.append(block)
            block_id = BlockId(block.header.parent)
        with self._guarded():
            row = self._db.execute("SELECT height FROM blocks WHERE id = ?", (block_id,)).fetchone()
        assert row is not None, "a branch starts at the chain"
        fork = int(row[0])
        left = self._read_above(fork)
        with self._guarded(), self._commit():
            columns = "id, height, block, receipts, changes"
            self._db.execute(
                f"INSERT INTO branches ({columns}) SELECT {columns} FROM blocks WHERE height > ?",  # noqa: S608 - fixed names
                (fork,),
            )
            for table in ("blocks", "transactions", "snapshots"):
                self._db.execute(f"DELETE FROM {table} WHERE height > ?", (fork,))  # noqa: S608 - fixed names
            for block in reversed(branch):
                each = (compute_block_id(block.header),)
                self._db.execute(
                    f"INSERT INTO blocks ({columns}) SELECT {columns} FROM branches WHERE id = ?",  # noqa: S608 - fixed names
                    each,
                )
                self._db.execute("DELETE FROM branches WHERE id = ?", each)
                self._index(block)
        self._tip = head
        self._snapshot_size, self._changes_size = self._measure()
        return left

    def _index(self, block: Block) -> None:
        """The places of a block's transactions, within a commit."""
        ids = [compute_tx_id(signed.transaction) for signed in block.body.transactions]
        self._db.executemany(
            "INSERT INTO transactions VALUES (?, ?, ?)",
            [(tx_id, block.header.height, position) for position, tx_id in enumerate(ids)],
        )

    def drop_branches(self, height: int) -> None:
        """Forgets the branches' blocks up to a height: what is final there leaves them behind."""
        with self._guarded():
            row = self._db.execute(
                "SELECT 1 FROM branches WHERE height <= ? LIMIT 1", (height,)
            ).fetchone()
        if row is not None:
            with self._guarded(), self._commit():
                self._db.execute("DELETE FROM branches WHERE height <= ?", (height,))

    def snapshot_if_due(self, state: LedgerState) -> None:
        """Writes the whole state when the changes since the last snapshot outweigh it."""
        if self._changes_size < max(SNAPSHOT_SIZE_BYTES_MIN, self._snapshot_size):
            return
        height = state.header.height
        leaves = _seal(b"leaves", height, _encode_changes(tuple(state.tree.items())))
        with self._guarded(), self._commit():
            self._db.execute("DELETE FROM snapshots WHERE height < ?", (height,))
            self._db.execute("INSERT OR REPLACE INTO snapshots VALUES (?, ?)", (height, leaves))
        self._snapshot_size, self._changes_size = len(leaves), 0

    def truncate(self, height: int) -> None:
        """Drops every block above a height: only for a development chain.

        A snapshot above it goes too, and the changes of all blocks are still there to start from.
        """
        with self._guarded(), self._commit():
            for table in ("blocks", "branches", "transactions", "snapshots"):
                self._db.execute(f"DELETE FROM {table} WHERE height > ?", (height,))  # noqa: S608 - fixed names
        self._snapshot_size, self._changes_size = self._measure()
        self._tip = self._read_tip()

    def set_interface(self, address: bytes, name: str, document: str) -> None:
        """Publishes what is known of a contract beside the chain: names, source, proof status."""
        with self._guarded(), self._commit():
            self._db.execute(
                "INSERT OR REPLACE INTO interfaces (address, name, document) VALUES (?, ?, ?)",
                (address, name, _seal(b"document", 0, document.encode())),
            )

    def delete_interface(self, address: bytes) -> None:
        """Forgets what was published about a contract."""
        with self._guarded(), self._commit():
            self._db.execute("DELETE FROM interfaces WHERE address = ?", (address,))

    # Reading

    @property
    def tip(self) -> BlockId | None:
        """The highest block of the head's chain; None before genesis is stored."""
        return self._tip

    def find_block(self, block_id: BlockId) -> Block | None:
        """A stored block, on whichever branch."""
        stored = self.get_block_by_id(block_id)
        return self._read_branch(block_id) if stored is None else stored.block

    def list_blocks_above(self, height: int) -> tuple[Block, ...]:
        """Every stored block above a height, of all branches, parents before children."""
        with self._guarded():
            rows = self._db.execute(
                "SELECT height, block FROM branches WHERE height > ?", (height,)
            ).fetchall()
        aside = (self._decode_block(*row) for row in rows)
        return tuple(sorted((*self._read_above(height), *aside), key=lambda b: b.header.height))

    def get_block(self, height: int) -> StoredBlock | None:
        """The block at a height."""
        return self._read_block(
            "SELECT height, block, receipts FROM blocks WHERE height = ?", height
        )

    def get_block_by_id(self, block_id: BlockId) -> StoredBlock | None:
        """The block with an id."""
        return self._read_block("SELECT height, block, receipts FROM blocks WHERE id = ?", block_id)

    def get_head(self) -> StoredBlock | None:
        """The highest block; None before genesis is stored."""
        with self._guarded():
            row = self._db.execute("SELECT max(height) FROM blocks").fetchone()
        return None if row[0] is None else self.get_block(row[0])

    def get_place(self, tx_id: TxId) -> Place | None:
        """Where a transaction stands."""
        with self._guarded():
            row = self._db.execute(
                "SELECT height, position FROM transactions WHERE id = ?", (tx_id,)
            ).fetchone()
        return None if row is None else Place(*row)

    def get_interface(self, address: bytes) -> tuple[str, str] | None:
        """(name, document) published for a contract."""
        with self._guarded():
            row = self._db.execute(
                "SELECT name, document FROM interfaces WHERE address = ?", (address,)
            ).fetchone()
        if row is None:
            return None
        return row[0], self._unseal(b"document", 0, row[1]).decode()

    def list_interfaces(self) -> tuple[tuple[bytes, str], ...]:
        """(address, name) of every contract that something is published for, the latest last."""
        with self._guarded():
            rows = self._db.execute("SELECT address, name FROM interfaces ORDER BY position")
            return tuple((row[0], row[1]) for row in rows)

    def load_tree(self, height: int) -> StateTree:
        """The state after the block at a height, checked against that block's root.

        Raises:
            StoreDamagedError: what is stored does not give the root that the header states.
        """
        with self._guarded():
            row = self._db.execute(
                "SELECT height, leaves FROM snapshots WHERE height <= ? "
                "ORDER BY height DESC LIMIT 1",
                (height,),
            ).fetchone()
            base = -1 if row is None else row[0]
            parts = [] if row is None else [self._unseal(b"leaves", base, row[1])]
            parts += [
                self._unseal(b"changes", at, changes)
                for at, changes in self._db.execute(
                    "SELECT height, changes FROM blocks WHERE height > ? AND height <= ? "
                    "ORDER BY height",
                    (base, height),
                )
            ]
        leaves: dict[bytes, bytes | None] = {}
        for part in parts:
            leaves.update(self._decode_changes(part))
        tree = EMPTY.apply_batch(sorted(leaves.items(), key=lambda item: item[0]))
        stored = self.get_block(height)
        if stored is None or stored.block.header.state_root != tree.root:
            raise StoreDamagedError(
                str(self._path), f"the state at height {height} has another root"
            )
        return tree

    def close(self) -> None:
        """Closes the database."""
        self._db.close()

    # Below the surface

    def _read_block(self, query: str, key: int | bytes) -> StoredBlock | None:
        with self._guarded():
            row = self._db.execute(query, (key,)).fetchone()
        if row is None:
            return None
        block = decode(BLOCK, self._unseal(b"block", row[0], row[1]))
        receipts = decode(RECEIPTS, self._unseal(b"receipts", row[0], row[2]))
        if isinstance(block, Err) or isinstance(receipts, Err):
            raise StoreDamagedError(str(self._path), f"block {key!r} can't be decoded")
        return StoredBlock(block.value, receipts.value)

    def _read_branch(self, block_id: BlockId) -> Block | None:
        with self._guarded():
            row = self._db.execute(
                "SELECT height, block FROM branches WHERE id = ?", (block_id,)
            ).fetchone()
        return None if row is None else self._decode_block(*row)

    def _read_above(self, height: int) -> tuple[Block, ...]:
        """The chain's blocks above a height, ascending."""
        with self._guarded():
            rows = self._db.execute(
                "SELECT height, block FROM blocks WHERE height > ? ORDER BY height", (height,)
            ).fetchall()
        return tuple(self._decode_block(*row) for row in rows)

    def _decode_block(self, height: int, sealed: bytes) -> Block:
        block = decode(BLOCK, self._unseal(b"block", height, sealed))
        if isinstance(block, Err):
            raise StoreDamagedError(str(self._path), f"block {height} can't be decoded")
        return block.value

    def _unseal(self, column: bytes, height: int, sealed: bytes) -> bytes:
        """The value that was sealed for this place.

        Raises:
            StoreDamagedError: it is another one.
        """
        value = sealed[CHECKSUM_SIZE_BYTES:]
        if _seal(column, height, value) != sealed:
            where = f"{column.decode()} at height {height}"
            raise StoreDamagedError(str(self._path), f"the checksum of {where} does not hold")
        return value

    def _decode_changes(self, data: bytes) -> tuple[Change, ...]:
        decoded = decode(_CHANGES, data)
        if isinstance(decoded, Err):
            raise StoreDamagedError(str(self._path), "state changes can't be decoded")
        return tuple((c.key, c.value if c.is_present else None) for c in decoded.value)

    @contextmanager
    def _commit(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:  # SQLite may have rolled back by itself
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turns what SQLite says into our errors."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise StoreLockedError(str(self._path)) from error
            raise StoreIoError(str(self._path), str(error)) from error
        except sqlite3.DatabaseError as error:
            raise StoreDamagedError(str(self._path), str(error)) from error


def _seal(column: bytes, height: int, value: bytes) -> bytes:
    """A value behind a checksum of itself and of where it lies."""
    return sha256(column, height.to_bytes(8, "little"), value)[:CHECKSUM_SIZE_BYTES] + value


def _encode_changes(changes: tuple[Change, ...]) -> bytes:
    return encode(
        _CHANGES,
        tuple(StoredChange(key, value is not None, value or b"") for key, value in changes),
    )
