"""The library's contracts as pinned modules with the calls made of them, and how they are pinned.

One file a contract: a change of a contract changes its own pin, and the vectors that run it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from conformance.generate.plays import Play, make_plays, read_play, render_play
from dsl.compile import CompiledUnit, compile_source
from spec.ir.encoding import compute_code_id, decode_module, encode_module
from spec.ir.syntax import Function, Module
from spec.ir.validate import link
from spec.lib.result import Ok
from stdlib_contracts.loader import list_contracts, list_folders
from stdlib_contracts.manifest import FILE

OWN: Final = ("permits",)
"""Contracts that only vectors need; their sources stand beside their modules."""
PINNED: Final = Path(__file__).resolve().parent / "pinned"


@dataclass(frozen=True, slots=True)
class Pinned:
    """A contract, as it was compiled."""

    encoded: bytes
    """Its module."""
    module: Module
    """The same, decoded."""
    functions: dict[str, Function]
    """By the names of the source."""
    others: dict[bytes, bytes]
    """The modules of the other contracts of its plays, by address."""
    plays: tuple[Play, ...]


def load_pinned(name: str) -> Pinned:
    """A contract by its name, which `list_pinned` gives."""
    content = json.loads((PINNED / f"{name}.json").read_text(encoding="utf-8"))
    encoded = bytes.fromhex(content["module"][2:])
    decoded = decode_module(encoded)
    assert isinstance(decoded, Ok), f"{name}: the IR has changed, compile it anew"
    assert isinstance(link(decoded.value), Ok), f"{name}: the rules have changed, compile it anew"
    names = content["functions"]
    functions = dict(zip(names, decoded.value.code.functions, strict=True))
    others = {_read(address): _read(module) for address, module in content["others"].items()}
    plays = tuple(read_play(each) for each in content["plays"])
    return Pinned(encoded, decoded.value, functions, others, plays)


def _read(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def list_pinned() -> tuple[str, ...]:
    """The contracts of the library that are pinned, by name."""
    return tuple(sorted(path.stem for path in PINNED.glob("*.json") if path.stem not in OWN))


def list_stale() -> tuple[str, ...]:
    """The contracts whose pin is missing, surplus, or of other code than the library's manifest."""
    current: dict[str, str] = {}
    for folder in list_folders():
        manifest = json.loads((folder / FILE).read_text(encoding="utf-8"))
        current |= {each["name"]: each["code_id"] for each in manifest["contracts"]}
    pinned = {name: _compute_pinned_id(name) for name in list_pinned()}
    names = sorted({*current, *pinned})
    return tuple(name for name in names if current.get(name) != pinned.get(name))


def _compute_pinned_id(name: str) -> str:
    content = json.loads((PINNED / f"{name}.json").read_text(encoding="utf-8"))
    decoded = decode_module(_read(content["module"]))
    return "0x" + compute_code_id(decoded.value).hex() if isinstance(decoded, Ok) else ""


def _compile(name: str, text: str) -> CompiledUnit:
    unit = compile_source(text, name).unit
    assert unit is not None, f"{name} has errors: qc contract check says which"
    return unit


def pin_contracts(names: tuple[str, ...] | None = None) -> None:
    """Compile contracts and pin what comes of them, with the calls of their tests.

    Args:
        names: which; None means all, and `OWN`.
    """
    library = {each.name: each for each in list_contracts()}
    for name in (*library, *OWN) if names is None else names:
        if name in OWN:
            text = (PINNED / f"{name}.qc").read_text(encoding="utf-8")
            _pin(name, _compile(name, text), (), {})
        elif name in library:
            unit = _compile(name, library[name].read_source())
            _pin(name, unit, *make_plays(name, unit))
        else:
            (PINNED / f"{name}.json").unlink()


def _pin(
    name: str, unit: CompiledUnit, plays: tuple[Play, ...], others: dict[bytes, CompiledUnit]
) -> None:
    functions: Any = unit.abi["functions"]
    content = {
        "functions": [entry["name"] for entry in functions],
        "module": "0x" + encode_module(unit.module).hex(),
        "others": {
            "0x" + address.hex(): "0x" + encode_module(each.module).hex()
            for address, each in sorted(others.items())
        },
        "plays": [render_play(each) for each in plays],
    }
    path = PINNED / f"{name}.json"
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
