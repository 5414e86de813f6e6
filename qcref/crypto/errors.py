"""Why a key file or a passphrase is refused: a closed union, `KeystoreError`.

No field holds a passphrase or key material: each error may be printed and logged.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FileUnusable:
    """The operating system refused to read or write a file."""

    code: ClassVar[str] = "keystore.file_unusable"
    path: str
    reason: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.path} cannot be used: {self.reason}"


@dataclass(frozen=True, slots=True)
class FileExists:
    """A key would be written over a file that is there."""

    code: ClassVar[str] = "keystore.file_exists"
    path: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.path} exists, and a key file is never overwritten: choose another name"


@dataclass(frozen=True, slots=True)
class FileTooLarge:
    """A file is longer than any key file."""

    code: ClassVar[str] = "keystore.file_too_large"
    path: str
    size_bytes_max: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"{self.path} has more than the {self.size_bytes_max} bytes that it may have"


@dataclass(frozen=True, slots=True)
class FileNotPrivate:
    """A secret's file belongs to, or can be read by, somebody else."""

    code: ClassVar[str] = "keystore.file_not_private"
    path: str
    mode: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"{self.path} must be yours and closed to others, and has mode {self.mode:04o}: "
            f"run `chmod 600 {self.path}`"
        )


@dataclass(frozen=True, slots=True)
class NotKeystore:
    """A text is not a key file of version 3."""

    code: ClassVar[str] = "keystore.malformed"
    field: str
    expected: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"this is no key file of version 3: {self.field} must be {self.expected}"


@dataclass(frozen=True, slots=True)
class CostOutOfRange:
    """A key derivation would take more time or memory than a node grants it."""

    code: ClassVar[str] = "keystore.cost_out_of_range"
    parameter: str
    value: int
    low: int
    high: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the key derivation's {self.parameter} is {self.value}, not {self.low}..{self.high}"


@dataclass(frozen=True, slots=True)
class PassphraseWrong:
    """The passphrase doesn't open the file, or the file was changed."""

    code: ClassVar[str] = "keystore.passphrase_wrong"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "the passphrase does not open this key file, or the file was damaged"


@dataclass(frozen=True, slots=True)
class KeyMismatch:
    """A file's secret is no key of the scheme it names, or not the one of its public key."""

    code: ClassVar[str] = "keystore.key_mismatch"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "the secret in this key file is not that of the scheme and public key it names"


@dataclass(frozen=True, slots=True)
class PassphraseUnusable:
    """A passphrase is missing, empty, too long or not text."""

    code: ClassVar[str] = "keystore.passphrase_unusable"
    source: str
    reason: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the passphrase from {self.source} {self.reason}"


KeystoreError = (
    FileUnusable
    | FileExists
    | FileTooLarge
    | FileNotPrivate
    | NotKeystore
    | CostOutOfRange
    | PassphraseWrong
    | KeyMismatch
    | PassphraseUnusable
)
