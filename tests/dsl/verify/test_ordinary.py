"""Right contracts of ordinary size are proved as they are written; a bug in one has an attack."""

from pathlib import Path

import pytest

from dsl.verify.report import render_report
from tests.dsl.verify.conftest import Verify
from tests.dsl.verify.planted import PLANTED
from tests.dsl.verify.support import find_goals, list_bad, replays

FOLDER = Path(__file__).parent / "ordinary"
CONTRACTS = sorted(path.stem for path in FOLDER.glob("*.qc"))
QUICK = frozenset({"timebank", "rental", "swap_pair"})
"""Contracts that are proved in every run of the tests."""


def read(name: str) -> str:
    return (FOLDER / f"{name}.qc").read_text(encoding="utf-8")


def test_there_are_twelve() -> None:
    assert len(CONTRACTS) == 12


@pytest.mark.parametrize(
    "contract",
    [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in CONTRACTS],
)
def test_an_ordinary_contract_is_proved(contract: str, verify_text: Verify) -> None:
    report = verify_text(read(contract))
    assert report.verdict == "proved", list_bad(report)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("contract", "right", "wrong"),
    [pytest.param(name, a, b, id=f"{name}: {title}") for name, title, a, b in PLANTED],
)
def test_a_bug_in_an_ordinary_contract_has_an_attack(
    contract: str, right: str, wrong: str, verify_text: Verify
) -> None:
    text = read(contract)
    assert right in text
    report = verify_text(text.replace(right, wrong, 1))
    broken = [each for each in report.counterexamples if each.verdict == "broken"]
    assert broken, list_bad(report)
    assert all(replays(each.content) for each in report.counterexamples)


def test_an_attack_may_take_four_calls(verify_text: Verify) -> None:
    """Fund, set an allowance, and spend it twice."""
    text = read("allowance").replace(
        "when amount > left_of(caller)", "when amount > weekly[caller]"
    )
    report = verify_text(text)
    (found,) = [each for each in report.counterexamples if each.goal == "limited"]
    assert found.verdict == "broken"
    assert sum(line.lstrip()[:1].isdigit() for line in found.story) == 5
    assert replays(found.content)


@pytest.mark.slow
def test_a_missing_link_gets_a_hint(verify_text: Verify) -> None:
    """What was cast is at most the total, but nothing says whose weights it is the sum of."""
    link = "    invariant cast_counted: sum(weight[a] for a: address if voted[a]) == cast\n"
    assert link in read("voting")
    report = verify_text(read("voting").replace(link, ""))
    assert {each.verdict for each in find_goals(report, "cast_small")} & {"unknown"}
    assert "an invariant that links the cells" in render_report(report, None)


def test_a_guard_owes_a_division_where_it_is_first_needed(verify_text: Verify) -> None:
    text = read("swap_pair")
    line = "        fails Zero when reserve_x == 0 or x_in == 0\n"
    assert line in text
    report = verify_text(text.replace(line, ""))
    (goal,) = [each for each in find_goals(report, "guard") if each.action == "swap_x"]
    assert goal.verdict == "not_inductive"
    assert "come first" in goal.reason
