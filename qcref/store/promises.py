"""The validator's promises: an append-only file, synced before a signature leaves the node.

It is not part of the database and never rolled back with it: restoring an old copy of the chain
must not make a validator forget what it has signed. A record is

    length, 4 bytes big-endian | 4 bytes of SHA-256 of the length
    | 8 bytes of SHA-256 of the payload | payload

and the payload the SSZ encoding of a `SignedRecord` or `CandidateRecord`. A last record that is cut
short, or only zeros, is a promise that was never signed, since signing waits for the sync; it is
cut off. Everything else that is not whole is damage and refused: were a changed length taken for a
torn end, all promises behind it would be forgotten.

Source: DESIGN.md 4.16; RELIABILITY.md R6 to R8.
"""

import errno
import os
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from qcref.store.errors import PromisesDamagedError, StoreIoError
from spec.consensus.bft.messages import PROPOSAL, Proposal
from spec.consensus.interface import CandidateRecord, SealRequest, SignedRecord
from spec.crypto.hashing import sha256
from spec.ledger.ops import FFG_VOTE, ROUND_VOTE, FfgVote, RoundVote
from spec.ledger.types import BLOCK
from spec.lib.result import Err
from spec.lib.ssz import Container, Uint, Union, decode, encode

Promise = SignedRecord | CandidateRecord

LENGTH_SIZE_BYTES = 4
LENGTH_END = 8
"""Behind the length and its checksum."""
HEAD_SIZE_BYTES = 16
"""Length and both checksums before each payload."""
COMPACT_SIZE_BYTES = 1 << 22
"""From this size on, heights that are decided are dropped when the file has doubled."""

LATEST_BINDS = (FfgVote, SealRequest)
"""Of these the latest promise binds more than all before it."""

_SEAL_REQUEST = Container(SealRequest, (("block", BLOCK), ("validator", Uint(32))))
_MESSAGE: Union[Proposal | RoundVote | FfgVote | SealRequest] = Union(
    (
        (Proposal, PROPOSAL),
        (RoundVote, ROUND_VOTE),
        (FfgVote, FFG_VOTE),
        (SealRequest, _SEAL_REQUEST),
    )
)
_PROMISE: Union[SignedRecord | CandidateRecord] = Union(
    (
        (SignedRecord, Container(SignedRecord, (("message", _MESSAGE),))),
        (CandidateRecord, Container(CandidateRecord, (("proposal", PROPOSAL),))),
    )
)


def encode_promise(promise: Promise) -> bytes:
    """The framed record of a promise."""
    payload = encode(_PROMISE, promise)
    length = len(payload).to_bytes(LENGTH_SIZE_BYTES, "big")
    return _make_head(length, payload) + payload


def _make_head(length: bytes, payload: bytes) -> bytes:
    return length + sha256(length)[: LENGTH_END - LENGTH_SIZE_BYTES] + sha256(payload)[:8]


def get_height(promise: Promise) -> int:
    """The height a promise binds us at; 0 for a finality vote, which binds for ever."""
    if isinstance(promise, CandidateRecord):
        return promise.proposal.height
    match promise.message:
        case Proposal(height=height) | RoundVote(height=height):
            return height
        case SealRequest(block, _):
            return block.header.height
        case _:
            return 0


def select_binding(promises: list[Promise], height: int) -> list[Promise]:
    """The promises that still matter, in order.

    Args:
        promises: in the order they were made.
        height: the lowest whose BFT promises matter; those of the latest height always do.

    Of finality votes and of seals the latest binds more than all before it: targets and slots only
    rise, sources never fall.
    """
    latest = max((get_height(each) for each in promises), default=0)
    last = {_get_kind(each): place for place, each in enumerate(promises)}
    return [
        each
        for place, each in enumerate(promises)
        if (
            place == last[_get_kind(each)]
            if _get_kind(each) in LATEST_BINDS
            else get_height(each) >= min(height, latest)
        )
    ]


def _get_kind(promise: Promise) -> type:
    return type(promise.message if isinstance(promise, SignedRecord) else promise)


class PromiseLog:
    """The file, open for appending by one process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._promises: list[Promise] = []
        try:
            data = path.read_bytes() if path.exists() else b""
            end = 0
            for promise, end in self._scan(data):  # noqa: B007 - `end` is needed after the loop
                self._promises.append(promise)
            self._file = path.open("r+b" if path.exists() else "w+b", buffering=0)
            self._file.truncate(end)
            self._file.seek(end)
            os.fsync(self._file.fileno())
            sync_folder(path.parent)
        except OSError as error:
            raise StoreIoError(str(path), error.strerror or str(error)) from error
        self._size, self._compact_at = end, max(COMPACT_SIZE_BYTES, 2 * end)

    @property
    def promises(self) -> tuple[Promise, ...]:
        """All promises of heights still kept, in the order they were made."""
        return tuple(self._promises)

    def append(self, promise: Promise) -> None:
        """Writes a promise and returns once it is on the disk.

        Raises:
            StoreIoError: the disk refused; nothing may be signed then.
        """
        record = encode_promise(promise)
        try:
            _write_all(self._file, record)
            os.fsync(self._file.fileno())
        except OSError as error:
            raise StoreIoError(str(self._path), error.strerror or str(error)) from error
        self._promises.append(promise)
        self._size += len(record)

    def compact(self, height: int) -> None:
        """Drops what binds no more once the file has grown; the latest promises stay.

        Args:
            height: the lowest height that still matters.
        """
        if self._size < self._compact_at:
            return
        self._rewrite(select_binding(self._promises, height))

    def clear(self) -> None:
        """Forgets every promise: only for a development chain that is being rolled back."""
        self._rewrite([])

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _rewrite(self, promises: list[Promise]) -> None:
        data = b"".join(encode_promise(p) for p in promises)
        beside = self._path.with_suffix(".new")
        try:
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            self._file.close()
            beside.replace(self._path)
            sync_folder(self._path.parent)
            self._file = self._path.open("r+b", buffering=0)
            self._file.seek(0, os.SEEK_END)
        except OSError as error:
            raise StoreIoError(str(self._path), error.strerror or str(error)) from error
        self._promises, self._size = promises, len(data)
        self._compact_at = max(COMPACT_SIZE_BYTES, 2 * len(data))

    def _scan(self, data: bytes) -> Iterator[tuple[Promise, int]]:
        """Each promise with the offset behind it; stops at a torn end."""
        offset = 0
        while len(data) - offset >= HEAD_SIZE_BYTES:
            head = data[offset : offset + HEAD_SIZE_BYTES]
            length = head[:LENGTH_SIZE_BYTES]
            start = offset + HEAD_SIZE_BYTES
            stop = start + int.from_bytes(length, "big")
            payload = data[start:stop]
            expected = _make_head(length, payload)
            if head[:LENGTH_END] != expected[:LENGTH_END]:
                if not any(data[offset:]):
                    return
                raise PromisesDamagedError(str(self._path), offset)
            if stop > len(data):
                return
            if head != expected:
                raise PromisesDamagedError(str(self._path), offset)
            decoded = decode(_PROMISE, payload)
            if isinstance(decoded, Err):
                raise PromisesDamagedError(str(self._path), offset)
            yield decoded.value, stop
            offset = stop


def _write_all(file: FileIO, data: bytes) -> None:
    """Writes all of it: a full disk may take a part and say so by a count only."""
    written = 0
    while written < len(data):
        count = file.write(data[written:])
        if not count:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written += count


def sync_folder(path: Path) -> None:
    """Makes a rename or a new file in a folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
