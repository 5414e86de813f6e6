"""Where the rooms of the house lie: at the root of a checkout, or inside the installed package.

A checkout has `spec`, `dsl` and the others as top-level packages. The wheel carries them as
`quantumchain.spec`, `quantumchain.dsl`, … (docs/adr/0002-one-package-in-the-wheel.md), so a module
that is loaded by its name must be asked for here.
"""

import os
from typing import Final

_PACKAGE: Final = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib takes 10 ms to load


def is_installed() -> bool:
    """Whether this is the wheel's copy, with the rooms inside the package."""
    return os.path.isdir(os.path.join(_PACKAGE, "spec"))  # noqa: PTH112, PTH118 - as above


def get_root() -> str:
    """The folder that holds the rooms: the checkout, or the installed package."""
    return _PACKAGE if is_installed() else os.path.dirname(_PACKAGE)  # noqa: PTH120 - as above


def compute_module_name(name: str) -> str:
    """The name to import a module of ours by.

    Args:
        name: the dotted name in a checkout, such as "dsl.cli".
    """
    own = name.partition(".")[0] == "quantumchain"
    return name if own or not is_installed() else f"quantumchain.{name}"


def has_module(name: str) -> bool:
    """Whether a module of ours exists, found without importing anything.

    Args:
        name: the dotted name in a checkout, such as "dsl.cli".
    """
    inside = name.removeprefix("quantumchain.") if is_installed() else name
    stem = os.path.join(get_root(), *inside.split("."))  # noqa: PTH118 - as above
    return os.path.isfile(f"{stem}.py") or os.path.isfile(os.path.join(stem, "__init__.py"))  # noqa: PTH113, PTH118 - as above
