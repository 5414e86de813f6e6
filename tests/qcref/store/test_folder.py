"""A data folder belongs to one process, and beginning anew deletes only what is the chain's."""

from pathlib import Path

import pytest

from qcref.store.errors import StoreIoError, StoreLockedError
from qcref.store.folder import OURS, clear_folder, hold_folder, write_whole


def test_a_held_folder_is_refused_to_others_until_it_is_left(tmp_path: Path) -> None:
    with hold_folder(tmp_path), pytest.raises(StoreLockedError), hold_folder(tmp_path):
        pass
    with hold_folder(tmp_path):
        pass


def test_a_folder_that_is_not_there_is_an_error_with_a_code(tmp_path: Path) -> None:
    with pytest.raises(StoreIoError), hold_folder(tmp_path / "absent"):
        pass


def test_clearing_deletes_the_chain_and_nothing_else(tmp_path: Path) -> None:
    for name in (*OURS, "notes.txt"):
        (tmp_path / name).write_text("x", "utf-8")
    clear_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    clear_folder(tmp_path)


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "node.json"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert len(list(tmp_path.iterdir())) == 1
