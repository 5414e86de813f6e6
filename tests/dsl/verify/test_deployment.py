"""A contract that nobody can deploy says so; one that can be is deployed, as proof."""

import pytest

from dsl.verify.fixpoint import decide_all
from dsl.verify.mutate import list_mutants, mutate
from dsl.verify.solver import Limits, Solver
from dsl.verify.validity import make_valid_vc
from dsl.verify.verify import Remembering, Subject
from spec.ir.linked import LinkedModule
from tests.dsl.verify.conftest import Verify
from tests.dsl.verify.support import compile_text, find_goals

CONTRACT = """contract Box:
    state:
        limit: u64
        held: u64

    error Wrong

    invariant bounded: held <= limit

    init(most: u64):
        fails Wrong

        {check}
        require most < 1_000, Wrong
        limit = most

    action put(n: u64) by anyone:
        fails Wrong when held + n > limit
        modifies held

        held += n
"""

DEPLOYABLE = ("require most > 3, Wrong", "require most % 7 == 3, Wrong", "let kept = most // 2")
NEVER = ("require most > most, Wrong", "limit = most // limit", "require false, Wrong")


@pytest.mark.parametrize("check", DEPLOYABLE)
def test_a_deployment_that_succeeds_is_replayed(check: str, verify_text: Verify) -> None:
    report = verify_text(CONTRACT.format(check=check))
    found = [goal for goal in find_goals(report, "can succeed") if goal.action == "init"]
    assert [goal.verdict for goal in found] == ["proved"]
    assert report.replayed == 2


@pytest.mark.parametrize("check", NEVER)
def test_a_deployment_that_always_fails_is_never_exercised(check: str, verify_text: Verify) -> None:
    report = verify_text(CONTRACT.format(check=check))
    found = [goal for goal in find_goals(report, "can succeed") if goal.action == "init"]
    assert [goal.verdict for goal in found] == ["never_exercised"]
    assert report.verdict != "proved"


def test_mutants_that_nobody_can_deploy_die(solver: Solver) -> None:
    """Without `not` the first line refuses every deployment, the second only other ones."""
    unit = compile_text(CONTRACT.format(check="require most >= 0, Wrong"))
    subject = Subject(unit.linked, unit.name, "test.qc", unit.source_map, unit.source)
    mutants = [each for each in list_mutants(subject) if each.text == "not is dropped"]
    assert len([each for each in mutants if each.function == 0]) == 2
    survivors = mutate(subject, solver, Limits(), 100).survivors
    lines = [each.line for each in survivors if each.text == "not is dropped"]
    assert [CONTRACT.splitlines()[line - 1].strip() for line in lines] == [
        "require most < 1_000, Wrong"
    ]


def test_a_mutant_survives_if_and_only_if_no_goal_is_lost(solver: Solver) -> None:
    """Stopping at the first goal that is lost changes no verdict."""
    unit = compile_text(CONTRACT.format(check="require most >= 0, Wrong"))
    subject = Subject(unit.linked, unit.name, "test.qc", unit.source_map, unit.source)
    decide = Remembering(solver, Limits())

    def list_lost(linked: LinkedModule) -> list[str]:
        outcomes = decide_all(make_valid_vc(linked, decide), decide)
        return [
            each.goal.kind
            for each in outcomes
            if each.verdict != "proved"
            and each.goal.kind not in {"positive", "may_fail"}
            and not each.goal.kind.startswith("exercised")
        ]

    assert not list_lost(subject.linked)
    expected = [each.text for each in list_mutants(subject) if not list_lost(each.linked)]
    assert expected
    assert [each.text for each in mutate(subject, solver, Limits(), 100).survivors] == expected
