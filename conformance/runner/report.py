"""What a run came to, as data: `report.json` and the files that reproduce one failure each."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from conformance.runner.levels import LEVELS, Level
from conformance.runner.process import PROTOCOL
from conformance.runner.records import FORMAT, Record, VectorSet
from conformance.runner.session import Introduction
from conformance.runner.strict_json import JsonObject, canonical
from conformance.runner.verdict import (
    CLASSES,
    GOOD,
    NOT_OFFERED,
    Outcome,
    describe_expect,
)

REPORT_FORMAT = "qcrep/1"
REPRO_FORMAT = "qcv/1-repro"
LISTED_MAX = 1_000  # findings in a report; a client that fails more has one cause, not a thousand


@dataclass(frozen=True)
class Run:
    """One run of one client over a selection of one set of vectors."""

    introduction: Introduction
    """Who was tested."""
    command: Tuple[str, ...]
    """How it was started; empty where its answers came from a file."""
    vectors: VectorSet
    """What it was tested with."""
    outcomes: Tuple[Outcome, ...]
    """One for each record asked, in order."""
    seconds: float
    """How long it took."""
    memory_mb: Optional[int]
    """The most memory the client took, in MB; None where unknown."""


def count_verdicts(outcomes: Sequence[Outcome]) -> Dict[str, int]:
    """How often each class of verdicts occurs."""
    counted = Counter(outcome.verdict for outcome in outcomes)
    return {name: counted[name] for name in CLASSES}


def compute_level(run: Run) -> int:
    """The highest level k such that the client passes all it offers on each of levels 1 to k.

    A level counts when the client offers at least one of its features and every record of the set
    for those features was asked and passed.
    """
    passed = {o.record.id for o in run.outcomes if o.verdict in GOOD}
    offered = set(run.introduction.features)
    reached = 0
    for level in LEVELS:
        wanted = [
            record.id
            for record in run.vectors.records
            if record.level is level and record.feature in offered
        ]
        if not wanted or not passed.issuperset(wanted):
            break
        reached = level.number
    return reached


def get_next_level(reached: int) -> Optional[Level]:
    """The level to work on next; None at the top."""
    return LEVELS[reached] if reached < len(LEVELS) else None


def has_passed(run: Run) -> bool:
    """Whether every record of a declared feature passed, and there was at least one."""
    asked = [outcome for outcome in run.outcomes if outcome.verdict != NOT_OFFERED]
    return bool(asked) and all(outcome.verdict in GOOD for outcome in asked)


def get_findings(run: Run) -> List[Outcome]:
    """The outcomes a person should look at: all but passes and features not offered."""
    return [o for o in run.outcomes if o.verdict not in (*GOOD, NOT_OFFERED)]


def render_conclusion(run: Run) -> str:
    """The words every report ends with."""
    reached = compute_level(run)
    following = get_next_level(reached)
    step = "next: none, this is the top"
    if following is not None:
        step = f"next: {following.number} ({following.name})"
    return f"conformant: level {reached} of {len(LEVELS)}, {step}"


def build_report(run: Run, folder: str) -> JsonObject:
    """The report as JSON (schema/report.schema.json).

    Args:
        run: what happened.
        folder: where the reproduction files lie, as the user named it.
    """
    findings = get_findings(run)
    return {
        "format": REPORT_FORMAT,
        "protocol": PROTOCOL,
        "client": {
            "name": run.introduction.client,
            "version": run.introduction.version,
            "features": sorted(run.introduction.features),
            "command": list(run.command),
        },
        "vectors": {
            "format": FORMAT,
            "version": run.vectors.version,
            "index_sha256": run.vectors.digest,
            "records": len(run.vectors.records),
            "asked": len(run.outcomes),
        },
        "levels": _build_levels(run),
        "suites": _group(run.outcomes, by_rule=False),
        "rules": _group(run.outcomes, by_rule=True),
        "counts": count_verdicts(run.outcomes),
        "findings": [_build_finding(outcome, folder) for outcome in findings[:LISTED_MAX]],
        "findings_left_out": max(0, len(findings) - LISTED_MAX),
        "level": compute_level(run),
        "passed": has_passed(run),
        "conclusion": render_conclusion(run),
        "seconds": f"{run.seconds:.1f}",
        "memory_mb": run.memory_mb,
    }


def write_reproductions(run: Run, folder: Path) -> None:
    """One small file per finding: how the client is started, the state, the record."""
    for outcome in get_findings(run)[:LISTED_MAX]:
        lines: List[JsonObject] = [
            {"format": REPRO_FORMAT, "client": list(run.command)},
        ]
        if outcome.record.pre is not None:
            lines.append(run.vectors.states[outcome.record.pre])
        lines.append(outcome.record.raw)
        text = "".join([canonical(line) + "\n" for line in lines])
        (folder / get_repro_name(outcome.record)).write_text(text, encoding="utf-8")


def get_repro_name(record: Record) -> str:
    """The name of a finding's reproduction file."""
    return f"{record.file_name}.jsonl"


def write_json(value: JsonObject, path: Path) -> None:
    """A report as a file people can read too."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _build_levels(run: Run) -> List[JsonObject]:
    rows: List[JsonObject] = []
    for level in LEVELS:
        outcomes = [o for o in run.outcomes if o.record.level is level]
        if outcomes:
            features = sorted({o.record.feature for o in outcomes})
            counts = count_verdicts(outcomes)
            rows.append(
                {"level": level.number, "name": level.name, "features": features, "counts": counts}
            )
    return rows


def _group(outcomes: Sequence[Outcome], *, by_rule: bool) -> List[JsonObject]:
    """Counts per suite, or per rule a record exercises."""
    groups: Dict[str, List[Outcome]] = {}
    for outcome in outcomes:
        names = outcome.record.rules if by_rule else (outcome.record.suite,)
        for name in names:
            groups.setdefault(name, []).append(outcome)
    return [{"name": name, "counts": count_verdicts(groups[name])} for name in sorted(groups)]


def _build_finding(outcome: Outcome, folder: str) -> JsonObject:
    record = outcome.record
    return {
        "id": record.id,
        "level": record.level.number,
        "feature": record.feature,
        "verdict": outcome.verdict,
        "detail": outcome.detail,
        "message": outcome.message,
        "why": record.why,
        "rules": list(record.rules),
        "expected": describe_expect(record.expect),
        "got": canonical(outcome.answer)[:2000] if outcome.answer is not None else None,
        "differences": [
            {"path": d.path, "expected": d.expected, "got": d.got} for d in outcome.differences
        ],
        "stderr": outcome.complaints,
        "repro": f"{folder}/{get_repro_name(record)}",
    }
