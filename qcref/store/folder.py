"""A data folder: one process at a time, files that are whole or absent, and beginning anew."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qcref.store.errors import StoreIoError, StoreLockedError

LOCK = "lock"
NODES_MAX = 16
"""Folders of nodes that a network may have."""
OURS = ("chain.sqlite", "chain.sqlite-wal", "chain.sqlite-shm", "promises.log", "promises.new")
"""What a chain leaves in its folder; nothing else is ever deleted."""
NETWORK = "network.json"
"""What a network leaves beside the folders of its nodes."""


@contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Keeps other processes from using a folder meanwhile.

    Raises:
        StoreLockedError: another one does.
        StoreIoError: the folder can't be written.
    """
    path = folder / LOCK
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreIoError(str(path), error.strerror or str(error)) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreLockedError(str(folder)) from error
        yield
    finally:
        os.close(handle)


def clear_folder(folder: Path) -> None:
    """Deletes the files of a chain, or of a network and its nodes; the folder must be held."""
    for name in OURS:
        (folder / name).unlink(missing_ok=True)
    for number in range(NODES_MAX):
        node = get_node_folder(folder, number)
        if node.is_dir():
            for name in OURS:
                (node / name).unlink(missing_ok=True)
    (folder / NETWORK).unlink(missing_ok=True)


def get_node_folder(folder: Path, number: int) -> Path:
    """Where a network's node keeps its chain.

    Args:
        folder: the network's.
        number: of the node, 0-based; people count from 1.
    """
    return folder / f"node-{number + 1}"


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file that readers see whole or not at all."""
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(data)
    beside.replace(path)
