"""`qc spec show`: an algorithm's parameters, rules, sources and what stands behind its properties.

Everything is read from the code: fields with the lines under them, the coded errors that an
algorithm's rules can answer with, the table of properties and its theorems.
"""

import ast
import inspect
import textwrap
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from proofs.properties import PROPERTIES
from proofs.registry import THEOREMS
from spec.config import BftConfig, DposConfig, FinalityConfig, HybridConfig, PosConfig, PowConfig
from spec.consensus import finality
from spec.consensus.bft import rules as bft_rules
from spec.consensus.dpos import rules as dpos_rules
from spec.consensus.hybrid import rules as hybrid_rules
from spec.consensus.pos import rules as pos_rules
from spec.consensus.pow import rules as pow_rules

ALGORITHMS: Final[dict[str, tuple[type, ...]]] = {
    "bft": (BftConfig,),
    "pow": (PowConfig,),
    "pos": (PosConfig, FinalityConfig),
    "dpos": (DposConfig, FinalityConfig),
    "hybrid": (HybridConfig, PowConfig, FinalityConfig),
}
"""The classes of an algorithm's parameters."""
_WORDS: Final = {
    "bft": ("bft",),
    "pow": ("pow",),
    "pos": ("pos", "ffg"),
    "dpos": ("dpos", "ffg"),
    "hybrid": ("hybrid", "pow", "ffg"),
}
"""How the table of properties names what concerns it."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is shown of an algorithm."""

    algorithm: str
    source: str
    """Path of the page that says what was taken from where."""
    parameters: tuple[tuple[str, str], ...]
    """(class.field, what it is)."""
    rules: tuple[tuple[str, str], ...]
    """(code, when a block, op or message is refused with it)."""
    properties: tuple[tuple[int, str, tuple[str, ...], str], ...]
    """(row, property, theorems, what else stands behind it)."""


def compute_sheet(algorithm: str) -> Sheet:
    """The sheet of one of `ALGORITHMS`."""
    parameters = [pair for kind in ALGORITHMS[algorithm] for pair in _read_fields(kind)]
    rows = []
    for prop in PROPERTIES:
        words = prop.of.lower().replace(",", " ").split()
        if "all" in words or any(word in words for word in _WORDS[algorithm]):
            theorems = tuple(t.name for t in THEOREMS if t.row == prop.row)
            rows.append((prop.row, prop.says, theorems, prop.otherwise))
    return Sheet(
        algorithm,
        f"spec/consensus/{algorithm}/SOURCE.md",
        tuple(parameters),
        _read_rules(algorithm),
        tuple(rows),
    )


def _read_fields(kind: type) -> list[tuple[str, str]]:
    """Each field with the line under it."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(tree, ast.ClassDef), "parameters are classes"
    fields: dict[str, str] = {}
    last = ""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            last = f"{kind.__name__}.{node.target.id}"
            fields[last] = ""
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and last:
            fields[last] = " ".join(str(node.value.value).split())
    return list(fields.items())


_MODULES: Final[dict[str, tuple[ModuleType, ...]]] = {
    "bft": (bft_rules,),
    "pow": (pow_rules,),
    "pos": (pos_rules, finality),
    "dpos": (dpos_rules, finality),
    "hybrid": (hybrid_rules, finality, pow_rules),
}
"""Where the rules of an algorithm stand."""


def _read_rules(algorithm: str) -> tuple[tuple[str, str], ...]:
    """The coded errors that the rules' module names."""
    found: dict[str, str] = {}
    for module in _MODULES[algorithm]:
        for kind in vars(module).values():
            code = getattr(kind, "code", None)
            if isinstance(kind, type) and isinstance(code, str):
                found[code] = (inspect.getdoc(kind) or "").partition("\n")[0]
    return tuple(sorted(found.items()))


def encode_sheet(sheet: Sheet) -> dict[str, object]:
    """The sheet as JSON."""
    return {
        "algorithm": sheet.algorithm,
        "source": sheet.source,
        "parameters": [{"name": name, "says": says} for name, says in sheet.parameters],
        "rules": [{"code": code, "says": says} for code, says in sheet.rules],
        "properties": [
            {"row": row, "says": says, "theorems": list(theorems), "otherwise": otherwise}
            for row, says, theorems, otherwise in sheet.properties
        ],
    }


def render_sheet(sheet: Sheet) -> list[str]:
    """The sheet for people."""
    lines = [f"{sheet.algorithm}  ({sheet.source})", "", "parameters"]
    lines += [f"  {name}\n      {says}" if says else f"  {name}" for name, says in sheet.parameters]
    lines += ["", "rules: a block, op or message that breaks one is refused with its code"]
    lines += [f"  {code}\n      {says}" for code, says in sheet.rules]
    lines += ["", "properties"]
    for row, says, theorems, otherwise in sheet.properties:
        proved = f"proved: {', '.join(theorems)}" if theorems else "tested, not proved"
        lines.append(f"  {row:>2} {says}\n      {proved}; {otherwise}")
    return lines
