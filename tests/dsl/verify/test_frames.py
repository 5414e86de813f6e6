"""`modifies` is about every kind of cell, and reports say how a claim of failures is mended."""

from dsl.compile import compile_source
from dsl.verify.report import render_report
from tests.dsl.verify.conftest import Verify
from tests.dsl.verify.support import find_goals, replays

CHECKPOINTED = """contract Votes:
    state:
        votes: checkpointed map[address, u64]
        total: checkpointed u64
        other: u64

    action join(to: address, x: u32) by anyone:
        modifies votes[caller], total

        votes[to] += x
        total += x

    action note(x: u32) by anyone:
        modifies other

        total = x
        other = x

    action fine(to: address, x: u32) by anyone:
        modifies votes[to], total

        votes[to] = x
        total = x
"""
COUNTED = """contract Counted:
    state:
        total: u128
    error Zero

    invariant some: total < 1 or total > 0

    action put_in() payable by anyone:
        fails Zero when value == 0

        total += value
"""
SIGNED = """contract Signed:
    state:
        n: map[address, u64]

    action put(owner: address, x: u64) signed by owner:
        n[owner] = x

    can puts: forall o: address, x: u64: put(o, x) as o
"""


def test_checkpointed_cells_are_in_the_frame(verify_text: Verify) -> None:
    report = verify_text(CHECKPOINTED)
    verdicts = {
        (goal.name, goal.action): goal.verdict for goal in report.goals if goal.kind == "frame"
    }
    assert verdicts["frame votes", "join"] == "broken"
    assert verdicts["frame total", "note"] == "broken"
    assert verdicts["frame total", "join"] == verdicts["frame votes", "fine"] == "proved"
    assert all(replays(each.content) for each in report.counterexamples)


def test_a_failure_that_is_not_announced_says_how_to_announce_it(verify_text: Verify) -> None:
    report = verify_text(COUNTED)
    (goal,) = [each for each in find_goals(report, "complete 2") if each.action == "put_in"]
    assert goal.verdict == "not_inductive"
    assert "qc contract fix test.qc" in render_report(report, None)


def test_a_plan_makes_no_signed_call() -> None:
    (found,) = compile_source(SIGNED, "signed.qc").diagnostics
    assert found.code == "QC0510"
    assert "signed" in found.message
