"""Which error codes of the specification have a vector, and why some can't.

A code counts as covered when a vector expects it, either as the rule that refuses or, for a run of
a contract, as the failure in its outcome. A code that no request of the protocol can bring about is
exempt, with its reason; any other without a vector is an orphan, and a test fails.
"""

import importlib
import inspect
import pkgutil
from enum import Enum
from types import ModuleType
from typing import Final

import spec
from conformance.clients.spec.answers import JsonObject
from spec import consensus, crypto, ir, ledger, lib

CHAPTERS: Final = tuple(chapter.__name__ for chapter in (lib, crypto, ir, ledger, consensus))
"""Where the codes are collected from; wire comes with level 7."""


EXEMPT: Final[dict[str, str]] = {
    "ir.value_malformed": "the same bytes are refused as contract.arguments_malformed or a literal",
    "ir.view_malformed": "readable JSON of modules serves tools; the protocol carries bytes",
    "key.seed_length_wrong": "secret keys stay with their owner: no client is given one",
    "key.seed_out_of_range": "secret keys stay with their owner: no client is given one",
    "trie.malformed_proof": "the protocol carries proofs as bytes, which the codec refuses",
}


def collect_codes() -> tuple[str, ...]:
    """Every error code of the chapters, ascending."""
    found: dict[str, None] = {}
    for module in _list_modules():
        for _, member in inspect.getmembers(module, inspect.isclass):
            if member.__module__ == module.__name__:
                found.update(dict.fromkeys(_list_codes(member)))
    return tuple(sorted(found))


def build_coverage(rules: JsonObject) -> JsonObject:
    """The index's part on coverage.

    Args:
        rules: the index's counts per rule.
    """
    codes = [code for code in collect_codes() if code not in EXEMPT]
    covered = [code for code in codes if rules.get(code, {}).get("negative", 0) > 0]
    return {"codes": len(codes), "covered": len(covered), "exempt": EXEMPT}


def list_orphans(rules: JsonObject) -> list[str]:
    """Codes that no vector expects and no reason exempts."""
    codes = [code for code in collect_codes() if code not in EXEMPT]
    return [code for code in codes if rules.get(code, {}).get("negative", 0) == 0]


def _list_modules() -> list[ModuleType]:
    names = [
        info.name
        for info in pkgutil.walk_packages(spec.__path__, spec.__name__ + ".")
        if info.name.startswith(CHAPTERS)
    ]
    return [importlib.import_module(name) for name in sorted(names)]


def _list_codes(cls: type) -> list[str]:
    """The codes that a class stands for: of an error, or of an enumeration of errors."""
    if issubclass(cls, Enum) and cls.__name__.endswith(("Error", "Rule")):
        values = [getattr(member, "code", member.value) for member in cls]
        return [value for value in values if _is_code(value)]
    code = cls.__dict__.get("code")
    return [code] if isinstance(code, str) and _is_code(code) else []


def _is_code(value: object) -> bool:
    parts = value.split(".") if isinstance(value, str) else []
    return len(parts) > 1 and all(part.isascii() and part.isidentifier() for part in parts)
