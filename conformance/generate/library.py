"""The library's contracts as pinned modules, and how they are compiled anew."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dsl.compile import compile_source
from spec.ir.encoding import decode_module, encode_module
from spec.ir.syntax import Function, Module
from spec.ir.validate import link
from spec.lib.result import Ok

NAMES: Final = ("erc20", "escrow", "permits")
_PINNED: Final = Path(__file__).resolve().parent / "pinned"
_OWN: Final = _PINNED
"""Sources of contracts that only vectors need."""
_SOURCES: Final = Path(__file__).resolve().parents[2] / "stdlib_contracts"


@dataclass(frozen=True, slots=True)
class Pinned:
    """A contract of the library."""

    encoded: bytes
    """Its module."""
    module: Module
    """The same, decoded."""
    functions: dict[str, Function]
    """By the names of the source."""


def load_pinned(name: str) -> Pinned:
    """A contract by its name.

    Args:
        name: one of `NAMES`.
    """
    content = json.loads((_PINNED / f"{name}.json").read_text(encoding="utf-8"))
    encoded = bytes.fromhex(content["module"][2:])
    decoded = decode_module(encoded)
    assert isinstance(decoded, Ok), f"{name}: the IR has changed, compile it anew"
    assert isinstance(link(decoded.value), Ok), f"{name}: the rules have changed, compile it anew"
    names = content["functions"]
    functions = dict(zip(names, decoded.value.code.functions, strict=True))
    return Pinned(encoded, decoded.value, functions)


def _find_source(name: str) -> Path:
    """The source of a contract: beside its module if only vectors need it, else the library's."""
    own = _OWN / f"{name}.qc"
    return own if own.is_file() else _SOURCES / name / f"{name}.qc"


def compile_library() -> None:
    """Compile the contracts anew and pin what comes of it; all records that run them change."""
    for name in NAMES:
        text = _find_source(name).read_text(encoding="utf-8")
        unit = compile_source(text, name).unit
        assert unit is not None, f"{name} has errors: qc contract check says which"
        functions: Any = unit.abi["functions"]
        encoded = "0x" + encode_module(unit.module).hex()
        content = {"functions": [entry["name"] for entry in functions], "module": encoded}
        path = _PINNED / f"{name}.json"
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
