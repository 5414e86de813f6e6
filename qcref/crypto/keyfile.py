"""Key files on disk: mode 0600, never overwritten, whole or absent after a crash; passphrases.

What may be read by somebody else is refused when it is read, since a key that was readable must be
taken as known.
"""

import getpass
import os
import secrets
import stat
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qcref.crypto.derivation import Derivation
from qcref.crypto.errors import (
    FileExists,
    FileNotPrivate,
    FileTooLarge,
    FileUnusable,
    KeystoreError,
    NotKeystore,
    PassphraseUnusable,
)
from qcref.crypto.keystore import ENTROPY_SIZE_BYTES, TEXT_SIZE_BYTES_MAX, open_key, seal_key
from spec.crypto.signing_keys import SecretKey
from spec.lib.result import Err, Ok, Result

PRIVATE_MODE: Final = 0o600
PASSPHRASE_SIZE_BYTES_MAX: Final = 1_024
"""Of UTF-8; longer ones are files given by mistake."""


def write_key_file(
    path: Path, key: SecretKey, passphrase: str, derivation: Derivation
) -> KeystoreError | None:
    """Encrypt a key into a new file of mode 0600; None once it is on the disk.

    The text goes to a file beside, is synced, and gets its name by a link, which fails where the
    name is taken: a crash leaves the old state or the new one, and at worst a file `.*.new` that no
    reader looks at.
    """
    text = seal_key(key, passphrase, derivation, secrets.token_bytes(ENTROPY_SIZE_BYTES))
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    try:
        try:
            _write_synced(beside, text.encode())
            os.link(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except FileExistsError:
        return FileExists(str(path))
    except OSError as error:
        return FileUnusable(str(path), error.strerror or type(error).__name__)
    return None


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_private_file(path: Path, size_bytes_max: int) -> Result[bytes, KeystoreError]:
    """The content of a regular file that is the user's own and closed to everybody else."""
    try:
        # Without O_NONBLOCK a pipe of this name would hang the reader.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())  # of what is open, not of a name that may change
            if not stat.S_ISREG(status.st_mode):
                return Err(FileUnusable(str(path), "it is not a regular file"))
            mode = stat.S_IMODE(status.st_mode)
            if mode & 0o077 or status.st_uid != os.geteuid():
                return Err(FileNotPrivate(str(path), mode))
            data = file.read(size_bytes_max + 1)
    except OSError as error:
        return Err(FileUnusable(str(path), error.strerror or type(error).__name__))
    return Ok(data) if len(data) <= size_bytes_max else Err(FileTooLarge(str(path), size_bytes_max))


def read_key_text(path: Path) -> Result[str, KeystoreError]:
    """The text of a private file, for `open_key` or, from another wallet, `open_foreign_key`."""
    data = read_private_file(path, TEXT_SIZE_BYTES_MAX)
    if isinstance(data, Err):
        return data
    try:
        return Ok(data.value.decode())
    except UnicodeDecodeError:
        return Err(NotKeystore("the text", "UTF-8"))


def read_key_file(path: Path, passphrase: str) -> Result[SecretKey, KeystoreError]:
    """The key in a file that `write_key_file` wrote.

    Ok: the key. Err: the file can't be read, is open to others, too large, no key file, or the
    passphrase is another one.
    """
    text = read_key_text(path)
    return text if isinstance(text, Err) else open_key(text.value, passphrase)


# Passphrases


@dataclass(frozen=True, slots=True)
class FromPrompt:
    """Ask on the terminal, without echo."""

    prompt: str


@dataclass(frozen=True, slots=True)
class FromEnvironment:
    """Take an environment variable; it doesn't show in the process list, as an argument would."""

    name: str


@dataclass(frozen=True, slots=True)
class FromFile:
    """Take the first line of a private file."""

    path: Path


PassphraseSource = FromPrompt | FromEnvironment | FromFile


def read_passphrase(
    source: PassphraseSource, environment: Mapping[str, str]
) -> Result[str, KeystoreError]:
    """The passphrase from where the user says it is.

    Args:
        source: a terminal, a variable or a file.
        environment: the process's variables.
    """
    if isinstance(source, FromEnvironment):
        name = f"the variable {source.name}"
        return _check_passphrase(name, environment.get(source.name, ""))
    if isinstance(source, FromFile):
        data = read_private_file(source.path, PASSPHRASE_SIZE_BYTES_MAX)
        if isinstance(data, Err):
            return data
        try:
            line = data.value.decode().partition("\n")[0]
        except UnicodeDecodeError:
            return Err(PassphraseUnusable(str(source.path), "is not UTF-8"))
        return _check_passphrase(str(source.path), line.removesuffix("\r"))
    try:
        with warnings.catch_warnings():
            # Without a terminal, getpass would warn and read on with an echo.
            warnings.simplefilter("error", getpass.GetPassWarning)
            typed = getpass.getpass(source.prompt)
    except (EOFError, OSError, getpass.GetPassWarning):
        advice = "use QC_PASSPHRASE or --passphrase-file"
        return Err(PassphraseUnusable("the terminal", f"was not given: there is none; {advice}"))
    return _check_passphrase("the terminal", typed)


def _check_passphrase(name: str, text: str) -> Result[str, KeystoreError]:
    if not text:
        return Err(PassphraseUnusable(name, "is missing or empty"))
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return Err(PassphraseUnusable(name, "is not UTF-8"))
    if size > PASSPHRASE_SIZE_BYTES_MAX:
        return Err(PassphraseUnusable(name, f"has more than {PASSPHRASE_SIZE_BYTES_MAX} bytes"))
    return Ok(text)
