"""Finding the contracts of the standard library."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent
"""The folder that holds one folder per family of contracts."""
CONTRACT = re.compile(r"^(?:strict )?contract \w+", re.MULTILINE)
"""A file without such a line holds components: contracts that use them prove them."""


@dataclass(frozen=True, slots=True)
class LibraryContract:
    """A contract of the library and where it stands."""

    name: str
    """Name of its file, and how rows refer to it: "erc20"."""
    path: Path
    """Its source."""

    @property
    def folder(self) -> Path:
        """The folder with its README and manifest; a family of contracts shares one."""
        return self.path.parent

    @property
    def shown_path(self) -> str:
        """Its path as commands are typed at the root of a checkout."""
        return f"{ROOT.name}/{self.folder.name}/{self.path.name}"

    def read_source(self) -> str:
        """Return the source text."""
        return self.path.read_text(encoding="utf-8")


def list_contracts() -> tuple[LibraryContract, ...]:
    """Return all contracts of the library, by folder and name."""
    paths = sorted(ROOT.glob("*/*.qc"))
    found = (LibraryContract(path.stem, path) for path in paths)
    return tuple(each for each in found if CONTRACT.search(each.read_source()))


def list_folders() -> tuple[Path, ...]:
    """Return the folders that hold contracts, by name."""
    return tuple(dict.fromkeys(each.folder for each in list_contracts()))


def find_contract(name: str) -> LibraryContract | None:
    """Return the contract of that name, or None."""
    return next((each for each in list_contracts() if each.name == name), None)
