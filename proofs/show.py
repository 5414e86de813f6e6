"""`qc spec show`: an algorithm's parameters, rules, sources and what stands behind its properties.

Everything is read from what is there: fields with the lines under them, their values on a
development chain, what `validate_config` refuses, the coded errors that an algorithm's rules can
answer with, the table of properties and its theorems, the published scenarios.
"""

import ast
import inspect
import json
import textwrap
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

from proofs.properties import PROPERTIES
from proofs.registry import THEOREMS
from spec.config import BftConfig, DposConfig, FinalityConfig, HybridConfig, PosConfig, PowConfig
from spec.config.errors import ConfigError, OutOfRange
from spec.config.networks import compute_network_config
from spec.config.validity import CONFIG_CHECKS, get_consensus_ranges
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
NODES: Final = 4
"""Validators of the development chain whose values are shown."""
SCENARIOS: Final = Path(__file__).resolve().parents[1] / "conformance" / "vectors" / "consensus"
"""Where the published scenarios lie, a file an algorithm."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field of an algorithm's parameters."""

    name: str
    """Class and field."""
    says: str
    value: object
    """On a development chain of `NODES` validators; there is no other default."""
    bounds: tuple[int, int] | None
    """Least and greatest value there; None if it is no number."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is shown of an algorithm."""

    algorithm: str
    source: str
    """Path of the page that says what was taken from where."""
    parameters: tuple[Parameter, ...]
    relations: tuple[tuple[str, str], ...]
    """(code, which configuration is refused with it)."""
    rules: tuple[tuple[str, str], ...]
    """(code, when a block, op or message is refused with it)."""
    properties: tuple[tuple[int, str, tuple[str, ...], str], ...]
    """(row, property, theorems, what else stands behind it)."""
    scenarios: tuple[tuple[str, str, str], ...]
    """(name, title, verdict); none where the vectors are not installed."""


def compute_sheet(algorithm: str) -> Sheet:
    """The sheet of one of `ALGORITHMS`."""
    rows = []
    for prop in PROPERTIES:
        words = prop.of.lower().replace(",", " ").split()
        if "all" in words or any(word in words for word in _WORDS[algorithm]):
            theorems = tuple(t.name for t in THEOREMS if t.row == prop.row)
            rows.append((prop.row, prop.says, theorems, prop.otherwise))
    return Sheet(
        algorithm,
        f"spec/consensus/{algorithm}/SOURCE.md",
        _read_parameters(algorithm),
        _read_relations(),
        _read_rules(algorithm),
        tuple(rows),
        _read_scenarios(algorithm),
    )


def _read_parameters(algorithm: str) -> tuple[Parameter, ...]:
    """Each field of each class, with its value and bounds."""
    config = compute_network_config(algorithm, NODES)
    bounds = {field: (low, high) for field, _, low, high in get_consensus_ranges(config)}
    whole = config.consensus
    parts = (whole, *(v for v in _get_values(whole).values() if is_dataclass(v)))
    values = {
        f"{type(part).__name__}.{n}": v for part in parts for n, v in _get_values(part).items()
    }
    of_finality = FinalityConfig.__name__
    return tuple(
        Parameter(
            name, says, values[name], bounds.get(f"consensus.{prefix}{name.partition('.')[2]}")
        )
        for kind in ALGORITHMS[algorithm]
        for prefix in ("finality." if kind.__name__ == of_finality else "",)
        for name, says in _read_fields(kind)
        if not is_dataclass(values[name])
    )


def _get_values(part: object) -> dict[str, object]:
    """The fields of parameters, or of a part of them."""
    assert is_dataclass(part), "parameters are dataclasses"
    return {field.name: getattr(part, field.name) for field in fields(part)}


def _read_relations() -> tuple[tuple[str, str], ...]:
    """What `validate_config` refuses, in its order; bounds of single numbers stand beside them."""
    codes = dict.fromkeys(code for code, _ in CONFIG_CHECKS if code != OutOfRange.code)
    kinds = {kind.code: kind for kind in ConfigError.__args__}
    return tuple((code, _get_first_line(kinds[code])) for code in codes)


def _read_scenarios(algorithm: str) -> tuple[tuple[str, str, str], ...]:
    """The published scenarios, where they are."""
    path = SCENARIOS / f"{algorithm}.jsonl"
    if not path.is_file():
        return ()
    records = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    told = ((r["id"].partition("#")[2], r["input"]["view"]["story"]) for r in records)
    return tuple((name, story["title"], story["verdict"]) for name, story in told)


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
                found[code] = _get_first_line(kind)
    return tuple(sorted(found.items()))


def _get_first_line(kind: type) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0]


def encode_sheet(sheet: Sheet) -> dict[str, object]:
    """The sheet as JSON."""
    return {
        "algorithm": sheet.algorithm,
        "source": sheet.source,
        "parameters": [
            {"name": p.name, "says": p.says, "value": p.value, "bounds": p.bounds}
            for p in sheet.parameters
        ],
        "relations": [{"code": code, "says": says} for code, says in sheet.relations],
        "rules": [{"code": code, "says": says} for code, says in sheet.rules],
        "properties": [
            {"row": row, "says": says, "theorems": list(theorems), "otherwise": otherwise}
            for row, says, theorems, otherwise in sheet.properties
        ],
        "scenarios": [
            {"name": name, "title": title, "verdict": verdict}
            for name, title, verdict in sheet.scenarios
        ],
    }


def render_sheet(sheet: Sheet) -> list[str]:
    """The sheet for people."""
    lines = [f"{sheet.algorithm}  ({sheet.source})", ""]
    lines += [f"parameters, as on a development chain of {NODES} validators"]
    for parameter in sheet.parameters:
        low, high = parameter.bounds or (None, None)
        bounds = "" if parameter.bounds is None else f"  [{low:,} to {high:,}]"
        shown = f"{parameter.value:,}" if type(parameter.value) is int else str(parameter.value)
        lines.append(f"  {parameter.name} = {shown}{bounds}")
        lines += [f"      {parameter.says}"] if parameter.says else []
    lines += ["", "relations: a configuration that breaks one is refused with its code"]
    lines += [f"  {code}\n      {says}" for code, says in sheet.relations]
    lines += ["", "rules: a block, op or message that breaks one is refused with its code"]
    lines += [f"  {code}\n      {says}" for code, says in sheet.rules]
    lines += ["", "properties"]
    for row, says, theorems, otherwise in sheet.properties:
        proved = f"proved: {', '.join(theorems)}" if theorems else "tested, not proved"
        lines.append(f"  {row:>2} {says}\n      {proved}; {otherwise}")
    if sheet.scenarios:
        lines += ["", "scenarios: `qc conformance scenario play ALG/NAME` plays one"]
        lines += [
            f"  {name} ({verdict})\n      {title}" for name, title, verdict in sheet.scenarios
        ]
    return lines
