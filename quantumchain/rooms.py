"""Where the rooms of the house lie: at the root of a checkout, or inside the installed package.

A checkout has `spec`, `dsl` and the others as top-level packages. The wheel carries them as
`quantumchain.spec`, `quantumchain.dsl`, … (docs/adr/0002-one-package-in-the-wheel.md), so a module
that is loaded by its name must be asked for here.
"""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent


def is_installed() -> bool:
    """Whether this is the wheel's copy, with the rooms inside the package."""
    return (_PACKAGE / "spec").is_dir()


def get_root() -> Path:
    """The folder that holds the rooms: the checkout, or the installed package."""
    return _PACKAGE if is_installed() else _PACKAGE.parent


def compute_module_name(name: str) -> str:
    """The name to import a module of ours by.

    Args:
        name: the dotted name in a checkout, such as "dsl.cli".
    """
    own = name.partition(".")[0] == _PACKAGE.name
    return name if own or not is_installed() else f"{_PACKAGE.name}.{name}"


def has_module(name: str) -> bool:
    """Whether a module of ours exists, found without importing anything.

    Args:
        name: the dotted name in a checkout, such as "dsl.cli".
    """
    path = _PACKAGE.parent.joinpath(*compute_module_name(name).split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
