"""Key files on disk: private, never overwritten, whole or absent; passphrases from three places."""

import getpass
import os
import stat
import warnings
from pathlib import Path

import pytest

from qcref.crypto.derivation import Scrypt
from qcref.crypto.errors import (
    FileExists,
    FileNotPrivate,
    FileTooLarge,
    FileUnusable,
    NotKeystore,
    PassphraseUnusable,
    PassphraseWrong,
)
from qcref.crypto.keyfile import (
    FromEnvironment,
    FromFile,
    FromPrompt,
    read_key_file,
    read_passphrase,
    write_key_file,
)
from spec.crypto.signing_keys import SecretKey
from spec.lib.result import Err, Ok

CHEAP = Scrypt(n=2, r=1, p=1)
KEY = SecretKey(1, bytes(range(32)))
OTHER = SecretKey(1, bytes(32))


def _write(path: Path, data: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_written_key_is_read_again_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "alice.json"
    previous = os.umask(0)
    try:
        assert write_key_file(path, KEY, "secret", CHEAP) is None
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_key_file(path, "secret") == Ok(KEY)
    assert read_key_file(path, "Secret") == Err(PassphraseWrong())
    assert list(tmp_path.iterdir()) == [path]


def test_two_files_of_one_key_share_no_randomness(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert write_key_file(tmp_path / name, KEY, "secret", CHEAP) is None
    one, two = ((tmp_path / name).read_text().splitlines() for name in ("a", "b"))
    differing = sum(left != right for left, right in zip(one, two, strict=True))
    assert differing == 5  # id, iv, ciphertext, salt, mac


def test_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert write_key_file(path, KEY, "secret", CHEAP) is None
    assert write_key_file(path, OTHER, "secret", CHEAP) == FileExists(str(path))
    assert read_key_file(path, "secret") == Ok(KEY)
    assert list(tmp_path.iterdir()) == [path]


def test_failed_sync_leaves_no_key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    path = tmp_path / "key"
    error = write_key_file(path, KEY, "secret", CHEAP)
    assert error == FileUnusable(str(path), "Input/output error")
    assert list(tmp_path.iterdir()) == []


def test_missing_folder_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "none" / "key"
    assert isinstance(write_key_file(path, KEY, "secret", CHEAP), FileUnusable)
    result = read_key_file(path, "secret")
    assert result == Err(FileUnusable(str(path), "No such file or directory"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666])
def test_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    assert write_key_file(path, KEY, "secret", CHEAP) is None
    path.chmod(mode)
    assert read_key_file(path, "secret") == Err(FileNotPrivate(str(path), mode))
    assert read_passphrase(FromFile(path), {}) == Err(FileNotPrivate(str(path), mode))


def test_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    assert write_key_file(path, KEY, "secret", CHEAP) is None
    owner = path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert read_key_file(path, "secret") == Err(FileNotPrivate(str(path), 0o600))


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for path in (pipe, tmp_path):
        assert isinstance(read_key_file(path, "secret"), Err)


def test_large_and_foreign_files_are_refused(tmp_path: Path) -> None:
    large = _write(tmp_path / "large", b" " * 16_385)
    assert read_key_file(large, "secret") == Err(FileTooLarge(str(large), 16_384))
    binary = _write(tmp_path / "binary", b"\xff\xfe")
    assert read_key_file(binary, "secret") == Err(NotKeystore("the text", "UTF-8"))


def test_passphrase_comes_from_the_variable_named() -> None:
    environment = {"QC_PASSPHRASE": "pass phrase", "EMPTY": "", "SURROGATE": "\udc80"}
    source = FromEnvironment("QC_PASSPHRASE")
    assert read_passphrase(source, environment) == Ok("pass phrase")
    for name in ("EMPTY", "MISSING", "SURROGATE"):
        result = read_passphrase(FromEnvironment(name), environment)
        assert isinstance(result, Err)
        assert isinstance(result.error, PassphraseUnusable)
        assert name in result.error.message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"secret\n", "secret"),
        (b"secret\r\n", "secret"),
        (b" spaces count \nsecond line", " spaces count "),
        ("pä€\n".encode(), "pä€"),
    ],
)
def test_passphrase_is_the_first_line_of_its_file(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    path = _write(tmp_path / "passphrase", content)
    assert read_passphrase(FromFile(path), {}) == Ok(expected)


@pytest.mark.parametrize("content", [b"", b"\nsecret", b"\xff\n", b"x" * 1_025])
def test_unusable_passphrase_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = _write(tmp_path / "passphrase", content)
    assert isinstance(read_passphrase(FromFile(path), {}), Err)


def test_prompt_asks_without_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "typed"

    monkeypatch.setattr(getpass, "getpass", answer)
    assert read_passphrase(FromPrompt("Passphrase: "), {}) == Ok("typed")
    assert asked == ["Passphrase: "]


def test_prompt_without_a_terminal_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(getpass, "getpass", answer)
    assert isinstance(read_passphrase(FromPrompt("Passphrase: "), {}), Err)


def test_a_passphrase_is_never_read_with_an_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(_prompt: str) -> str:
        warnings.warn("can't turn off the echo", getpass.GetPassWarning, stacklevel=2)
        return "seen by all"

    monkeypatch.setattr(getpass, "getpass", answer)
    assert isinstance(read_passphrase(FromPrompt("Passphrase: "), {}), Err)
