"""Build hook: the rooms of a checkout become sub-packages of `quantumchain` in the wheel.

`from spec.lib.result import Ok` becomes `from quantumchain.spec.lib.result import Ok`; nothing else
in a module changes. A wheel with a top-level package called `spec` or `tests` would fight with its
users' own folders (docs/adr/0002-one-package-in-the-wheel.md).
"""

import ast
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOMS: Final = ("spec", "dsl", "stdlib_contracts", "proofs", "conformance", "qcref")
PACKAGE: Final = "quantumchain"
_LEFT_OUT: Final = shutil.ignore_patterns("__pycache__", "*.pyc", "node_modules", "out")


class UnsupportedImportError(ValueError):
    """An import whose meaning would change when the rooms move."""


def rewrite_imports(source: str) -> str:
    """The same module with every absolute import of a room going through the package.

    Args:
        source: the text of a Python module.

    Raises:
        UnsupportedImportError: for `import spec.x` without `as`, which binds the name `spec`.
    """
    lines = source.splitlines(keepends=True)
    edits = [edit for node in ast.walk(ast.parse(source)) for edit in _get_edits(node, lines)]
    for line, column, text in sorted(edits, reverse=True):
        lines[line] = f"{lines[line][:column]}{text}{lines[line][column:]}"
    return "".join(lines)


def _get_edits(node: ast.AST, lines: list[str]) -> list[tuple[int, int, str]]:
    """What must be inserted: 0-based line, column in characters, text."""
    if isinstance(node, ast.ImportFrom) and node.level == 0 and _is_room(node.module or ""):
        line = node.lineno - 1
        start = lines[line].index("from", _compute_column(lines[line], node.col_offset))
        return [(line, start + len("from "), f"{PACKAGE}.")]
    if isinstance(node, ast.Import):
        ours = [alias for alias in node.names if _is_room(alias.name)]
        return [edit for alias in ours for edit in _get_alias_edits(alias, lines)]
    return []


def _get_alias_edits(alias: ast.alias, lines: list[str]) -> list[tuple[int, int, str]]:
    line = alias.lineno - 1
    start = _compute_column(lines[line], alias.col_offset)
    prefix = (line, start, f"{PACKAGE}.")
    if alias.asname is not None:
        return [prefix]
    if "." in alias.name:
        msg = f"line {alias.lineno}: `import {alias.name}` needs `as` or `from`"
        raise UnsupportedImportError(msg)
    return [prefix, (line, start + len(alias.name), f" as {alias.name}")]


def _compute_column(line: str, offset: int) -> int:
    """The column in characters; `ast` counts bytes of UTF-8."""
    return len(line.encode()[:offset].decode())


def _is_room(module: str) -> bool:
    return module.partition(".")[0] in ROOMS


def copy_package(root: Path, target: Path) -> None:
    """Copy the package, with the rooms that exist inside it and all imports rewritten.

    Args:
        root: the checkout.
        target: the folder to become the package; must not exist.
    """
    shutil.copytree(root / PACKAGE, target, ignore=_LEFT_OUT)
    for room in ROOMS:
        if (root / room).is_dir():
            shutil.copytree(root / room, target / room, ignore=_LEFT_OUT)
    for path in sorted(target.rglob("*.py")):
        path.write_text(rewrite_imports(path.read_text("utf-8")), "utf-8")


class RoomsHook(BuildHookInterface[Any]):
    """What hatchling calls while it builds a wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Put the rewritten package into the wheel; an editable install uses the checkout itself.

        Args:
            version: "standard" or "editable".
            build_data: what hatchling will put into the wheel; changed in place.
        """
        if version == "editable":
            return
        self._staging = Path(tempfile.mkdtemp(prefix="qc-wheel-"))
        copy_package(Path(self.root), self._staging / PACKAGE)
        build_data["force_include"][str(self._staging / PACKAGE)] = PACKAGE

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the rewritten copies once the wheel is written."""
        del build_data, artifact_path
        if version != "editable":
            shutil.rmtree(self._staging)
