"""The shell around the pure node: restarts at every step, and an end at the first failed write."""

from contextlib import suppress
from pathlib import Path

import pytest

from qcref.devnet import Devnet, LocalSigner
from qcref.store.chain_store import ChainStore
from qcref.store.errors import StoreIoError
from qcref.store.promises import PromiseLog
from spec.ledger.codec import compute_block_id
from tests.qcref.support import ChainView, get_view, running, transfer

BLOCKS = 3


class Crash(BaseException):
    """The process ends here: nothing may catch it."""


class Fuse:
    """Lets a number of writes through and then stops everything, before or after the write."""

    def __init__(self, writes: int, *, is_written: bool) -> None:
        self.left, self.is_written = writes, is_written

    def step(self, write: object) -> None:
        self.left -= 1
        if self.left < 0:
            if self.is_written:
                write()  # type: ignore[operator] # a bound method with its arguments
            raise Crash

    def install(self, patched: pytest.MonkeyPatch) -> None:
        append_promise, append_block = PromiseLog.append, ChainStore.append

        def promise(log: PromiseLog, record: object) -> None:
            self.step(lambda: append_promise(log, record))  # type: ignore[arg-type] # passed on
            append_promise(log, record)  # type: ignore[arg-type] # passed on

        def block(store: ChainStore, *parts: object) -> None:
            self.step(lambda: append_block(store, *parts))  # type: ignore[arg-type] # passed on
            append_block(store, *parts)  # type: ignore[arg-type] # passed on

        patched.setattr(PromiseLog, "append", promise)
        patched.setattr(ChainStore, "append", block)


class Witness:
    """Remembers what is signed: nothing may ever be signed twice in two ways."""

    def __init__(self, patched: pytest.MonkeyPatch) -> None:
        self.roots: list[bytes] = []
        sign = LocalSigner.sign

        def remember(signer: LocalSigner, root: bytes) -> bytes:
            self.roots.append(root)
            return sign(signer, root)

        patched.setattr(LocalSigner, "sign", remember)


def _run(folder: Path, blocks: int) -> list[ChainView]:
    """Makes blocks until something stops it; what was reported as done."""
    done: list[ChainView] = []
    with suppress(Crash), running(folder) as devnet:
        for amount in range(1, blocks + 1):
            transfer(devnet, amount=amount)
            done.append(get_view(devnet))
    return done


def _get_stored(devnet: Devnet, height: int) -> bytes:
    stored = devnet.runtime.store.get_block(height)
    assert stored is not None
    return compute_block_id(stored.block.header)


@pytest.mark.parametrize("is_written", [False, True])
@pytest.mark.parametrize("writes", range(14))
def test_a_crash_at_any_write_loses_nothing_that_was_reported(
    tmp_path: Path, writes: int, is_written: bool
) -> None:
    with running(tmp_path):
        pass
    with pytest.MonkeyPatch.context() as patched:
        Fuse(writes, is_written=is_written).install(patched)
        done = _run(tmp_path, BLOCKS)
    assert len(done) < BLOCKS, "the fuse has blown"
    with running(tmp_path) as again:
        for view in done:
            assert _get_stored(again, view.height) == view.head_id
        height = get_view(again).height
        assert height in (len(done), len(done) + 1), "at most the block in progress came on top"
        transfer(again, amount=9)
        assert get_view(again).height == height + 1


def test_no_place_is_signed_twice_over_many_crashes(tmp_path: Path) -> None:
    """A proposal and two votes a block have three roots: more would be an equivocation."""
    with pytest.MonkeyPatch.context() as patched:
        witness = Witness(patched)
        with running(tmp_path):
            pass
        for writes in (*range(12), *range(12)):
            with pytest.MonkeyPatch.context() as fused:
                Fuse(writes, is_written=writes % 2 == 0).install(fused)
                _run(tmp_path, 2)
        with running(tmp_path) as devnet:
            transfer(devnet)
            height = get_view(devnet).height
    assert len(set(witness.roots)) <= 3 * height
    assert len(witness.roots) > len(set(witness.roots)), "some were asked for again, and equal"


def test_a_restart_after_every_block_continues_the_same_chain(tmp_path: Path) -> None:
    last: ChainView | None = None
    for amount in range(1, 8):
        with running(tmp_path) as devnet:
            if last is not None:
                assert get_view(devnet) == last
            transfer(devnet, amount=amount)
            last = get_view(devnet)
            assert last.height == amount


def test_after_a_failed_write_the_runtime_answers_only_with_that_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_store: ChainStore, *_parts: object) -> None:
        raise StoreIoError("chain.sqlite", "disk I/O error")

    with running(tmp_path) as devnet:
        transfer(devnet)
        with monkeypatch.context() as patched:
            patched.setattr(ChainStore, "append", refuse)
            with pytest.raises(StoreIoError):
                devnet.mine()
        before = get_view(devnet)
        for use in (devnet.mine, devnet.runtime.run_timers, lambda: devnet.runtime.revert(0)):
            with pytest.raises(StoreIoError):
                use()
        assert get_view(devnet) == before


def test_timers_of_decided_heights_are_forgotten(tmp_path: Path) -> None:
    with running(tmp_path) as devnet:
        for amount in range(1, 20):
            transfer(devnet, amount=amount)
        assert len(devnet.runtime._timers) <= 4
