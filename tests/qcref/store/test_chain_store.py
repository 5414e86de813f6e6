"""The chain on disk: whole blocks or none, and damage is refused with a code."""

import sqlite3
from pathlib import Path
from random import Random

import pytest

from qcref.devnet import Devnet
from qcref.store import chain_store as module
from qcref.store.errors import (
    PromisesMissingError,
    StoreDamagedError,
    StoreError,
    StoreIoError,
    StoreLockedError,
    StoreVersionError,
    StoreWrongChainError,
)
from spec.ledger.codec import compute_block_id
from tests.qcref.support import get_account, get_view, running, sign_transfer, transfer

DATABASE = "chain.sqlite"


def _make_chain(folder: Path, blocks: int = 6) -> None:
    with running(folder) as devnet:
        for amount in range(1, blocks + 1):
            transfer(devnet, amount=amount)


def test_a_restart_continues_the_same_chain(tmp_path: Path) -> None:
    with running(tmp_path) as devnet:
        for amount in (1, 2, 3):
            transfer(devnet, amount=amount)
        before = get_view(devnet)
    with running(tmp_path) as again:
        assert get_view(again) == before
        transfer(again)
        assert get_view(again).height == before.height + 1


def test_a_start_from_a_snapshot_equals_a_start_from_genesis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SNAPSHOT_SIZE_BYTES_MIN", 1)
    _make_chain(tmp_path / "snapshots")
    monkeypatch.undo()
    _make_chain(tmp_path / "plain")
    count = sqlite3.connect(tmp_path / "snapshots" / DATABASE)
    assert count.execute("SELECT count(*) FROM snapshots").fetchone() == (1,), "the latest only"
    count.close()
    with running(tmp_path / "snapshots") as one, running(tmp_path / "plain") as other:
        names = ("alice", "bob", "carol")
        accounts = [get_account(name).address for name in names]
        assert [one.get_account(a).nonce for a in accounts] == [
            other.get_account(a).nonce for a in accounts
        ]
        assert get_view(one).height == get_view(other).height


def test_reverting_twice_gives_the_same_past(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SNAPSHOT_SIZE_BYTES_MIN", 1)
    with running(tmp_path) as devnet:
        transfer(devnet)
        number = devnet.snapshot()
        assert number is not None
        past = get_view(devnet)
        for amount in (5, 6):
            for _ in range(3):
                transfer(devnet, amount=amount)
            assert devnet.revert(number)
            assert get_view(devnet) == past
            assert len(devnet.runtime.mempool) == 0
        transfer(devnet)
    with running(tmp_path) as again:
        assert get_view(again).height == past.height + 1


def test_a_reverted_transaction_is_gone_and_may_come_again(tmp_path: Path) -> None:
    with running(tmp_path) as devnet:
        number = devnet.snapshot()
        assert number is not None
        signed = sign_transfer(devnet, "alice", "bob", 7)
        added = devnet.submit(signed)
        assert devnet.mine()
        tx_id = added.value  # type: ignore[union-attr] # it was accepted
        assert devnet.get_included(tx_id) is not None
        assert devnet.revert(number)
        assert devnet.get_included(tx_id) is None
        devnet.submit(signed)
        assert devnet.mine()
        assert devnet.get_included(tx_id) is not None


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    with running(tmp_path), pytest.raises(StoreLockedError) as caught:
        Devnet(tmp_path)
    assert caught.value.code == "store.locked"


def test_another_chains_database_is_refused(tmp_path: Path) -> None:
    _make_chain(tmp_path, 1)
    with pytest.raises(StoreWrongChainError):
        module.ChainStore(tmp_path / DATABASE, bytes(32))


def test_another_format_is_refused(tmp_path: Path) -> None:
    _make_chain(tmp_path, 1)
    database = sqlite3.connect(tmp_path / DATABASE)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreVersionError) as caught:
        Devnet(tmp_path)
    assert (caught.value.found, caught.value.expected) == (99, module.FORMAT_VERSION)


def test_a_missing_file_of_promises_is_refused(tmp_path: Path) -> None:
    _make_chain(tmp_path, 1)
    (tmp_path / "promises.log").unlink()
    with pytest.raises(PromisesMissingError):
        Devnet(tmp_path)


def test_a_chain_that_lost_blocks_it_signed_is_refused(tmp_path: Path) -> None:
    _make_chain(tmp_path / "long", 5)
    _make_chain(tmp_path / "short", 1)
    promises = (tmp_path / "long" / "promises.log").read_bytes()
    (tmp_path / "short" / "promises.log").write_bytes(promises)
    with pytest.raises(StoreDamagedError):
        Devnet(tmp_path / "short")


def test_a_full_disk_stops_the_node_and_loses_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as devnet:
        transfer(devnet)
        before = get_view(devnet)
        pages = devnet.runtime.store._db.execute("PRAGMA page_count").fetchone()[0]
        devnet.runtime.store._db.execute(f"PRAGMA max_page_count = {pages}")
        for amount in range(1, 100):
            try:
                transfer(devnet, amount=amount)
            except StoreIoError:
                break
            before = get_view(devnet)
        else:
            pytest.fail("the disk never filled up")
        with pytest.raises(StoreIoError):
            devnet.mine()
    with running(tmp_path) as again:
        # The block in progress was promised: the restart may finish it, and never another.
        assert get_view(again).height in (before.height, before.height + 1)
        stored = again.runtime.store.get_block(before.height)
        assert stored is not None
        assert compute_block_id(stored.block.header) == before.head_id, "what was reported is there"
        assert again.mine()


def _read_everything(devnet: Devnet) -> list[object]:
    """What a devnet serves: every block and receipt, and the state."""
    head = devnet.runtime.head.header.height
    blocks = [devnet.runtime.store.get_block(height) for height in range(head + 1)]
    return [*blocks, devnet.runtime.head.tree.root]


def test_damaged_databases_are_refused_or_read_as_they_were(tmp_path: Path) -> None:
    source = tmp_path / "source"
    _make_chain(source, 4)
    with running(source) as devnet:
        whole = _read_everything(devnet)
    database = (source / DATABASE).read_bytes()
    promises = (source / "promises.log").read_bytes()
    random = Random(17)
    refused = 0
    for trial in range(120):
        folder = tmp_path / str(trial)
        folder.mkdir()
        damaged = bytearray(database)
        if trial % 6 == 0:
            del damaged[random.randrange(len(damaged)) :]
        else:
            damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
        (folder / DATABASE).write_bytes(damaged)
        (folder / "promises.log").write_bytes(promises)
        try:
            with running(folder) as devnet:
                found = _read_everything(devnet)
        except StoreError:
            refused += 1
        else:
            assert found == whole, f"trial {trial} served another chain"
    assert refused > 20, "some of these damages hit something"
