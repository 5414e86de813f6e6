"""Why a data folder can't be used; each stops the node with its code rather than guess."""

from dataclasses import dataclass
from typing import ClassVar


class StoreError(Exception):
    """The data folder can't be used, or a write did not reach the disk."""

    code: ClassVar[str] = "store.failed"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return str(self)


@dataclass
class StoreLockedError(StoreError):
    """Another process has the database open."""

    code: ClassVar[str] = "store.locked"
    path: str

    def __str__(self) -> str:
        return f"{self.path} is in use by another node; stop it, or name another data folder"


@dataclass
class StoreWrongChainError(StoreError):
    """The database belongs to another chain."""

    code: ClassVar[str] = "store.wrong_chain"
    path: str
    found: bytes
    expected: bytes

    def __str__(self) -> str:
        return (
            f"{self.path} holds chain 0x{self.found.hex()}, expected 0x{self.expected.hex()}; "
            "start with --reset to begin anew"
        )


@dataclass
class StoreVersionError(StoreError):
    """The database was written by another version of this program."""

    code: ClassVar[str] = "store.version_unknown"
    path: str
    found: int
    expected: int

    def __str__(self) -> str:
        return f"{self.path} has format {self.found}; this program reads {self.expected}"


@dataclass
class StoreDamagedError(StoreError):
    """What is stored contradicts itself."""

    code: ClassVar[str] = "store.damaged"
    path: str
    detail: str

    def __str__(self) -> str:
        return f"{self.path} is damaged: {self.detail}; restore it, or start with --reset"


@dataclass
class StoreIoError(StoreError):
    """The operating system refused a read or a write."""

    code: ClassVar[str] = "store.io"
    path: str
    detail: str

    def __str__(self) -> str:
        return f"{self.path}: {self.detail}"


@dataclass
class PromisesMissingError(StoreError):
    """There is a chain that we have signed, and no file of promises."""

    code: ClassVar[str] = "promises.missing"
    path: str

    def __str__(self) -> str:
        return (
            f"{self.path} is missing; a validator must not sign without knowing what it has "
            "promised; restore it, or start with --reset"
        )


@dataclass
class PromisesDamagedError(StoreError):
    """The file of promises is broken before its end: signing on would risk equivocation."""

    code: ClassVar[str] = "promises.damaged"
    path: str
    offset: int

    def __str__(self) -> str:
        return (
            f"{self.path} is damaged at byte {self.offset}; a validator must not sign without "
            "knowing what it has promised"
        )
