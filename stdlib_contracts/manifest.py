"""Manifests: what each contract of the library is, and what is proved of it.

`manifest.json` stands beside the contracts of a folder. It is written from the verifier's report
and never by hand, but for the versions; a test makes it anew and compares.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dsl.compile import CompiledUnit
from dsl.verify.verify import VERDICTS, Report

FORMAT = "qclib/1"
FILE = "manifest.json"
FIRST_VERSION = "1.0.0"
PROVED = "proved"
CLAIMS: Mapping[str, str] = {
    "complete": "fails",
    "frame": "frame",
    "ensures": "ensures",
    "can_succeed": "succeeds",
}
"""What a manifest calls the kinds of goals of a function; other kinds keep their names."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One contract of a manifest."""

    name: str
    """Name of its file without the ending."""
    contract: str
    """Name in the source."""
    version: str
    """Raised by hand when the contract changes for its callers."""
    code_id: str
    goals: int
    properties: Mapping[str, str]
    """Verdict of each invariant, transition and other property of the whole contract."""
    functions: Mapping[str, Mapping[str, str]]
    """Verdict of each claim ("fails", "frame", "ensures", "succeeds" …) of each function."""

    def list_verdicts(self) -> list[str]:
        """All verdicts."""
        own = [verdict for claims in self.functions.values() for verdict in claims.values()]
        return [*self.properties.values(), *own]


def get_worst(verdicts: Iterable[str]) -> str:
    """The worst of some verdicts."""
    return VERDICTS[min((VERDICTS.index(each) for each in verdicts), default=len(VERDICTS) - 1)]


def make_entry(name: str, unit: CompiledUnit, report: Report, version: str) -> Entry:
    """The entry of a contract, from what the verifier found.

    A function whose body has nothing that can fail, or that writes nothing, owes no goal for it:
    the claim holds as it stands.
    """
    properties: dict[str, list[str]] = {}
    functions: dict[str, dict[str, list[str]]] = {}
    for number, function in enumerate(unit.source_map.functions):
        spec = unit.module.spec.functions[number]
        claims: dict[str, list[str]] = functions.setdefault(function.name, {})
        if spec.is_complete:
            claims["fails"] = []
        if spec.has_frame:
            claims["frame"] = []
    for goal in report.goals:
        kind = goal.kind.split()[-1]
        if not goal.action or kind in {"invariant", "transition", "tick", "inbox"}:
            properties.setdefault(goal.name, []).append(goal.verdict)
        else:
            claims = functions.setdefault(goal.action, {})
            claims.setdefault(CLAIMS.get(kind, kind), []).append(goal.verdict)
    return Entry(
        name,
        unit.name,
        version,
        "0x" + unit.code_id.hex(),
        len(report.goals),
        {name: get_worst(verdicts) for name, verdicts in properties.items()},
        {
            name: {claim: get_worst(verdicts) for claim, verdicts in claims.items()}
            for name, claims in functions.items()
        },
    )


def render_manifest(entries: Iterable[Entry]) -> str:
    """The text of a manifest."""
    contracts = [
        {
            "name": each.name,
            "contract": each.contract,
            "version": each.version,
            "code_id": each.code_id,
            "goals": each.goals,
            "properties": dict(each.properties),
            "functions": {name: dict(claims) for name, claims in each.functions.items()},
        }
        for each in entries
    ]
    return json.dumps({"format": FORMAT, "contracts": contracts}, indent=1) + "\n"


def read_manifest(folder: Path) -> tuple[Entry, ...]:
    """The entries of a folder's manifest; none if there is no manifest yet."""
    path = folder / FILE
    if not path.is_file():
        return ()
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["format"] == FORMAT, f"{path} is of another format: write it anew"
    return tuple(
        Entry(
            each["name"],
            each["contract"],
            each["version"],
            each["code_id"],
            each["goals"],
            each["properties"],
            each["functions"],
        )
        for each in content["contracts"]
    )
