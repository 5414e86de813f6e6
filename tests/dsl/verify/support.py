"""Contracts and checks that the verifier's tests share."""

from pathlib import Path

from dsl.compile import CompiledUnit, compile_source
from dsl.diagnostics import is_error, render_diagnostics
from dsl.verify.replay import replay
from dsl.verify.scenario import parse_scenario
from dsl.verify.verify import GoalReport, Report
from spec.lib.result import Err

LIBRARY = Path(__file__).resolve().parents[3] / "stdlib_contracts"


def read_library(name: str) -> str:
    """The source of a library contract."""
    return (LIBRARY / name / f"{name}.qc").read_text(encoding="utf-8")


def compile_text(text: str) -> CompiledUnit:
    """The compiled contract; the text has no errors."""
    result = compile_source(text, "test.qc")
    errors = [each for each in result.diagnostics if is_error(each)]
    assert result.unit is not None, render_diagnostics(result.source, result.diagnostics)
    assert not errors, render_diagnostics(result.source, result.diagnostics)
    return result.unit


def find_goals(report: Report, name: str) -> list[GoalReport]:
    """The goals of a name."""
    found = [goal for goal in report.goals if goal.name == name]
    assert found, f"there is no goal {name} among {sorted({goal.name for goal in report.goals})}"
    return found


def list_bad(report: Report) -> list[str]:
    """What is not proved, for messages."""
    return [
        f"{goal.name}/{goal.kind}/{goal.action}: {goal.verdict} {goal.reason}"
        for goal in report.goals
        if goal.verdict != "proved"
    ]


def replays(content: str) -> bool:
    """Whether the text of a counterexample file reproduces its violation."""
    parsed = parse_scenario(content.encode())
    assert not isinstance(parsed, Err), parsed
    return replay(*parsed.value).is_violation
