"""Reports: for a terminal, as JSON, and what an exit code says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsl.verify.names import TRUSTED
from dsl.verify.verify import (
    UNCONFIRMED,
    VERDICTS,
    CounterexampleReport,
    GoalReport,
    Report,
)

GOOD, FAILED, UNDECIDED = 0, 1, 3
EXIT_CODES: Mapping[str, int] = {
    "proved": GOOD,
    "unknown": UNDECIDED,
    "broken": FAILED,
    "not_inductive": FAILED,
    "conditional": FAILED,
    "never_exercised": FAILED,
}
NAME_WIDTH = 28
TEXT_WIDTH = 56
TITLES = {"broken": "BROKEN", "not_inductive": "NOT INDUCTIVE"}
STATIC = "there is a state"
"""How reasons begin that no counterexample tells more about."""
FAILS = re.compile(r"complete \d+")
"""Names of goals about a check that no `fails` clause announces."""
PROPERTY_KINDS = frozenset({"invariant", "transition", "tick", "inbox", "can", "check"})
"""Kinds of goals that are told by property; the others are told by function."""


@dataclass(frozen=True, slots=True)
class Tests:
    """How many `test` blocks passed and failed."""

    passed: int
    failed: tuple[str, ...]
    """Titles and problems."""


def get_exit_code(report: Report, tests: Tests | None) -> int:
    """0 all proved, 1 something is broken (or a test fails), 3 only undecided is left."""
    if tests is not None and tests.failed:
        return FAILED
    return EXIT_CODES[report.verdict]


def encode_report(report: Report, tests: Tests | None) -> dict[str, object]:
    """The JSON view of a report."""
    view: dict[str, object] = {
        "contract": report.contract,
        "file": report.file,
        "code_id": report.code_id,
        "verdict": report.verdict,
        "goals": [
            {
                "name": goal.name,
                "kind": goal.kind,
                "action": goal.action,
                "verdict": goal.verdict,
                "line": goal.line,
                "file": goal.origin or report.file,
                "ms": goal.ms,
                "text": goal.text,
                "reason": goal.reason,
            }
            for goal in report.goals
        ],
        "counterexamples": [
            {
                "goal": each.goal,
                "action": each.action,
                "verdict": each.verdict,
                "file": each.file,
                "story": list(each.story),
            }
            for each in report.counterexamples
        ],
        "assumptions": list(report.assumptions),
        "versions": report.versions,
        "gas": dict(report.gas_bounds),
        "notes": list(report.notes),
        "rlimit": report.rlimit,
        "ms": report.ms,
    }
    if tests is not None:
        view["tests"] = {"passed": tests.passed, "failed": list(tests.failed)}
    return view


def render_report(report: Report, tests: Tests | None) -> str:
    """The report as an author reads it."""
    short = f"{report.code_id[2:6]}…{report.code_id[-2:]}"
    z3 = report.versions.get("z3", "")
    lines = [
        f"{report.contract} · ir {short} · z3 {z3} · budget {report.rlimit:,} rlimit a goal",
    ]
    for each in report.counterexamples:
        lines += render_counterexample(report, each)
    lines += _render_rows(report)
    lines += _render_open(report)
    lines += [f"note: {note}" for note in report.notes]
    if any("may also fail" in note for note in report.notes):
        lines.append(f"to say when: qc contract fix {report.file} --write")
    lines.append(_render_summary(report, tests))
    lines += _render_failing(tests)
    lines += _render_assumptions(report)
    lines.append(_render_next(report, tests))
    return "\n".join(lines)


def _render_assumptions(report: Report) -> list[str]:
    """What holds of the world, in a line; what other contracts are trusted with, a line each."""
    trusted = [each for each in report.assumptions if TRUSTED in each]
    others = [each for each in report.assumptions if TRUSTED not in each]
    line = f"assumes: {'; '.join(others)}        {report.ms / 1000:.1f} s"
    return [line, *(f"assumes: {each}" for each in trusted)]


def render_findings(report: Report, tests: Tests | None) -> list[str]:
    """Only what is wrong or open, for a table of several contracts."""
    lines: list[str] = []
    for each in report.counterexamples:
        lines += render_counterexample(report, each)
    return [*lines, *_render_open(report), *_render_failing(tests), _render_next(report, tests)]


def _render_failing(tests: Tests | None) -> list[str]:
    return [f"  FAIL  {failure}" for failure in (tests.failed if tests else ())]


def render_counterexample(report: Report, each: CounterexampleReport) -> list[str]:
    """A counterexample: title, steps, and how to keep it."""
    how = (
        "an attack from deployment, replayed in the reference machine"
        if each.verdict == "broken"
        else "no attack was found from deployment; from this state one call breaks it (replayed)"
    )
    place = f"  ({each.origin or report.file}:{each.line})" if each.line else ""
    by_what = f" by {each.action}" if each.action else ""
    lines = [f"{TITLES[each.verdict]}  {each.goal}{by_what}: {each.text}{place}", f"  {how}"]
    lines += each.story
    lines += each.excerpt
    if each.verdict == "not_inductive":
        lines.append(
            "  if the state is impossible, say so: an invariant that excludes it, as"
            " `status == … ==> fact` or `x <= y`"
        )
        if FAILS.match(each.goal):
            lines.append(
                f"  if it is possible, say when the call fails: qc contract fix {report.file}"
            )
    if each.file:
        lines.append(f"replay: qc contract replay {each.file}")
    return lines


def _render_rows(report: Report) -> list[str]:
    """A row for each property, then one for each function."""
    properties: dict[tuple[str, str], list[GoalReport]] = {}
    functions: dict[str, list[GoalReport]] = {}
    for goal in report.goals:
        kind = goal.kind.split()[-1]
        if kind in PROPERTY_KINDS:
            shown = "invariant" if kind in {"tick", "inbox"} else kind
            properties.setdefault((shown, goal.name), []).append(goal)
        elif goal.action:
            functions.setdefault(goal.action, []).append(goal)
        else:
            properties.setdefault((kind, goal.name), []).append(goal)
    rows = []
    for (kind, name), goals in properties.items():
        verdict = get_worst(goals)
        if kind == "aggregate" and verdict == "proved":
            continue
        steps = [goal for goal in goals if goal.kind == kind]
        proved = sum(goal.verdict == "proved" for goal in steps)
        span = f"{proved} of {len(steps)} calls" if len(steps) > 1 else ""
        rows.append(_render_row(name, goals[0].text, verdict, span, goals))
    gas = dict(report.gas_bounds)
    for name, goals in functions.items():
        text = " · ".join(_list_claims(goals))
        bound = f"gas <= {gas[name]:,}" if name in gas else ""
        rows.append(_render_row(name, text, get_worst(goals), bound, goals))
    return rows


def _list_claims(goals: Sequence[GoalReport]) -> list[str]:
    claims: list[str] = []
    kinds = [goal.kind for goal in goals]
    if "complete" in kinds:
        claims.append("fails exactly when said")
    if "frame" in kinds:
        claims.append("frame")
    ensures = kinds.count("ensures")
    if ensures:
        claims.append(f"{ensures} ensures")
    if "can_succeed" in kinds:
        claims.append("can succeed")
    return claims or ["well-defined"]


def get_worst(goals: Sequence[GoalReport]) -> str:
    """The worst verdict among goals."""
    return VERDICTS[min(VERDICTS.index(goal.verdict) for goal in goals)]


def _render_row(name: str, text: str, verdict: str, extra: str, goals: Sequence[GoalReport]) -> str:
    ms = sum(goal.ms for goal in goals)
    shown = text if len(text) <= TEXT_WIDTH else text[: TEXT_WIDTH - 1] + "…"
    row = f"  {name:<{NAME_WIDTH}} {shown:<{TEXT_WIDTH}} {verdict:<15} {extra:<18} {ms:>5} ms"
    return row.rstrip()


def _render_open(report: Report) -> list[str]:
    """Why goals are not proved; what is only conditional is folded into one line."""
    lines = []
    conditional = [goal for goal in report.goals if goal.verdict == "conditional"]
    for goal in report.goals:
        if goal.verdict in {"unknown", "never_exercised"} or (
            goal.verdict == "not_inductive" and goal.reason.startswith(STATIC)
        ):
            by_what = f" ({goal.action})" if goal.action else ""
            place = f"  {goal.origin or report.file}:{goal.line}" if goal.line else ""
            title = goal.verdict.replace("_", " ")
            lines.append(f"{title}: {goal.name}, {goal.kind}{by_what}: {goal.reason}{place}")
    if any(goal.reason == UNCONFIRMED for goal in report.goals):
        lines.append(
            "hint: no state was found that breaks these; an invariant that links the cells may be"
            " missing, as `sum(m[a] for a: address if …) == total` or `x <= y`"
        )
    if conditional:
        lines.append(
            f"conditional: {len(conditional)} more goals hold only if: {conditional[0].reason}"
        )
    return lines


def count_verdicts(report: Report) -> dict[str, int]:
    """How many goals have each verdict."""
    counts = dict.fromkeys(VERDICTS, 0)
    for goal in report.goals:
        counts[goal.verdict] += 1
    return counts


def _render_summary(report: Report, tests: Tests | None) -> str:
    counts = count_verdicts(report)
    parts = [f"{counts['proved']} proved, {counts['broken']} broken, {counts['unknown']} undecided"]
    parts += [
        f"{counts[verdict]} {verdict.replace('_', ' ')}"
        for verdict in ("not_inductive", "conditional", "never_exercised")
        if counts[verdict]
    ]
    actions = sum(goal.kind == "can_succeed" for goal in report.goals)
    if actions:
        parts.append(f"{report.replayed} of {actions} calls can succeed (replayed)")
    if tests is not None:
        parts.append(
            f"{tests.passed} tests pass" + (f", {len(tests.failed)} fail" if tests.failed else "")
        )
    return " · ".join(parts)


def _render_next(report: Report, tests: Tests | None) -> str:
    """The last line: the result and the next command."""
    code = get_exit_code(report, tests)
    verdict = report.verdict.replace("_", " ")
    if code == GOOD:
        return f"{report.contract}: proved · next: qc contract mutate {report.file}"
    said = f"{report.contract}: {verdict} · next: qc contract"
    if report.counterexamples and report.counterexamples[0].file:
        return f"{said} replay {report.counterexamples[0].file}"
    if code == UNDECIDED:
        return f"{said} verify {report.file} --budget {report.rlimit * 10}"
    if tests is not None and tests.failed:
        return f"{report.contract}: a test fails · next: qc contract test {report.file}"
    return f"{report.contract}: {verdict}"
