"""The promises survive every crash, and damage is never taken for a torn end."""

import os
from pathlib import Path
from random import Random

import pytest

from qcref.devnet import LocalSigner
from qcref.store import promises as module
from qcref.store.errors import PromisesDamagedError, StoreIoError
from qcref.store.promises import Promise, PromiseLog, encode_promise, get_height
from spec.consensus.bft.messages import Proposal
from spec.consensus.interface import CandidateRecord, SignedRecord
from spec.ledger.ops import RoundVote
from tests.qcref.support import get_view, running, transfer

CHAIN_PROMISES_MIN = 8


@pytest.fixture(scope="module")
def chain_promises(tmp_path_factory: pytest.TempPathFactory) -> tuple[Promise, ...]:
    """What a validator promised while it made three blocks."""
    folder = tmp_path_factory.mktemp("chain")
    with running(folder) as devnet:
        for amount in (1, 2, 3):
            transfer(devnet, amount=amount)
    log = PromiseLog(folder / "promises.log")
    log.close()
    assert len(log.promises) >= CHAIN_PROMISES_MIN
    return log.promises


def _read(path: Path) -> tuple[Promise, ...]:
    log = PromiseLog(path)
    log.close()
    return log.promises


def _write(path: Path, promises: tuple[Promise, ...]) -> bytes:
    log = PromiseLog(path)
    for promise in promises:
        log.append(promise)
    log.close()
    return path.read_bytes()


def test_promises_come_back_in_order(tmp_path: Path, chain_promises: tuple[Promise, ...]) -> None:
    _write(tmp_path / "log", chain_promises)
    assert _read(tmp_path / "log") == chain_promises


def test_a_log_cut_at_any_length_gives_the_promises_that_are_whole(
    tmp_path: Path, chain_promises: tuple[Promise, ...]
) -> None:
    few = tuple(sorted(chain_promises, key=lambda p: len(encode_promise(p)))[:2])
    data = _write(tmp_path / "log", few)
    ends = [sum(len(encode_promise(p)) for p in few[:count]) for count in range(len(few) + 1)]
    for length in range(len(data) + 1):
        path = tmp_path / "cut"
        path.write_bytes(data[:length])
        whole = max(count for count, end in enumerate(ends) if end <= length)
        assert _read(path) == few[:whole]
        assert path.stat().st_size == ends[whole], "the torn end is cut off"


def test_a_log_that_ends_in_zeros_gives_the_promises_before_them(
    tmp_path: Path, chain_promises: tuple[Promise, ...]
) -> None:
    data = _write(tmp_path / "log", chain_promises[:2])
    path = tmp_path / "zeros"
    path.write_bytes(data + bytes(4096))
    assert _read(path) == chain_promises[:2]


def test_what_is_appended_behind_a_torn_end_is_read(
    tmp_path: Path, chain_promises: tuple[Promise, ...]
) -> None:
    data = _write(tmp_path / "log", chain_promises[:3])
    path = tmp_path / "torn"
    path.write_bytes(data[:-5])
    _write(path, chain_promises[3:4])
    assert _read(path) == (*chain_promises[:2], chain_promises[3])


def test_a_flipped_bit_anywhere_is_refused(
    tmp_path: Path, chain_promises: tuple[Promise, ...]
) -> None:
    data = _write(tmp_path / "log", chain_promises[-3:])
    path = tmp_path / "flipped"
    random = Random(8)
    heads = [*range(16 * 8), *((len(data) - 40) * 8 + bit for bit in range(40 * 8))]
    for bit in (*heads, *random.sample(range(len(data) * 8), 400)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with pytest.raises(PromisesDamagedError) as caught:
            PromiseLog(path)
        assert caught.value.code == "promises.damaged"


def test_compaction_keeps_the_latest_height(
    tmp_path: Path, chain_promises: tuple[Promise, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COMPACT_SIZE_BYTES", 1)
    log = PromiseLog(tmp_path / "log")
    for promise in chain_promises:
        log.append(promise)
    log.compact(3)
    kept = tuple(p for p in chain_promises if get_height(p) >= 3)
    assert log.promises == kept
    log.compact(99)
    log.close()
    assert _read(tmp_path / "log") == kept, "also when asked for more than was signed"


def test_a_small_log_is_not_compacted(tmp_path: Path, chain_promises: tuple[Promise, ...]) -> None:
    log = PromiseLog(tmp_path / "log")
    for promise in chain_promises:
        log.append(promise)
    log.compact(3)
    log.close()
    assert _read(tmp_path / "log") == chain_promises


def test_a_crash_in_compaction_leaves_the_old_promises(
    tmp_path: Path, chain_promises: tuple[Promise, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COMPACT_SIZE_BYTES", 1)
    log = PromiseLog(tmp_path / "log")
    for promise in chain_promises:
        log.append(promise)

    def refuse(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse)
        with pytest.raises(StoreIoError):
            log.compact(3)
    log.close()
    assert _read(tmp_path / "log") == chain_promises


class FullFile:
    """A file on a disk that has room for some bytes."""

    def __init__(self, inner: object, room: int) -> None:
        self.inner, self.room = inner, room

    def write(self, data: bytes) -> int:
        taken = data[: self.room]
        self.room -= len(taken)
        return self.inner.write(taken) if taken else 0  # type: ignore[attr-defined] # a raw file

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


def test_a_full_disk_is_an_error_and_leaves_the_promises_before(
    tmp_path: Path, chain_promises: tuple[Promise, ...]
) -> None:
    log = PromiseLog(tmp_path / "log")
    log.append(chain_promises[0])
    log._file = FullFile(log._file, 10)  # type: ignore[assignment] # it stands in for a raw file
    with pytest.raises(StoreIoError):
        log.append(chain_promises[1])
    assert log.promises == chain_promises[:1]
    log.close()
    assert _read(tmp_path / "log") == chain_promises[:1]


def test_a_failed_sync_stops_the_signer_before_it_signs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path) as devnet:
        transfer(devnet)
        before = get_view(devnet)
        signed: list[bytes] = []

        def remember(_signer: LocalSigner, root: bytes) -> bytes:
            signed.append(root)
            return bytes(64)

        def fail(_handle: int) -> None:
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", fail)
            patched.setattr(LocalSigner, "sign", remember)
            with pytest.raises(StoreIoError):
                devnet.mine()
        with pytest.raises(StoreIoError):
            devnet.mine()
        assert get_view(devnet) == before, "nothing was decided, also not afterwards"
        assert signed == [], "no promise was on the disk, so nothing was signed"
    with running(tmp_path) as again:
        assert get_view(again).height in (before.height, before.height + 1)
        assert again.mine()


def test_a_validator_never_signs_two_things_in_one_place(
    chain_promises: tuple[Promise, ...],
) -> None:
    places: dict[tuple[int, int, str], bytes] = {}
    for promise in chain_promises:
        if isinstance(promise, CandidateRecord):
            continue
        assert isinstance(promise, SignedRecord)
        message = promise.message
        if isinstance(message, Proposal):
            place = (message.height, message.round, "proposal")
        else:
            assert isinstance(message, RoundVote)
            place = (message.height, message.round, str(message.kind))
        assert places.setdefault(place, encode_promise(promise)) == encode_promise(promise)
    assert len(places) >= 9, "three blocks take a proposal and two votes each"
