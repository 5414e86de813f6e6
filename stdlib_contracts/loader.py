"""Finding the contracts of the standard library."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent
"""The folder that holds one folder per contract."""


@dataclass(frozen=True, slots=True)
class LibraryContract:
    """A contract of the library and where it stands."""

    name: str
    """Name of its folder and file: "erc20"."""
    path: Path
    """Its source."""

    def read_source(self) -> str:
        """Return the source text."""
        return self.path.read_text(encoding="utf-8")


def list_contracts() -> tuple[LibraryContract, ...]:
    """Return all contracts of the library, by name."""
    folders = sorted(each for each in ROOT.iterdir() if (each / f"{each.name}.qc").is_file())
    return tuple(LibraryContract(each.name, each / f"{each.name}.qc") for each in folders)


def find_contract(name: str) -> LibraryContract | None:
    """Return the contract of that name, or None."""
    return next((each for each in list_contracts() if each.name == name), None)
