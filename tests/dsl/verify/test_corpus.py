"""No false property is proved; true ones are.

Each contract of `corpus/` states properties whose names begin with `true_` or `false_`. Stated
together the false ones even contradict each other: only the fixpoint keeps them from proving
anything.
"""

import re
from pathlib import Path

import pytest

from tests.dsl.verify.conftest import Verify
from tests.dsl.verify.support import find_goals, list_bad, replays

FOLDER = Path(__file__).parent / "corpus"
CONTRACTS = sorted(path.stem for path in FOLDER.glob("*.qc"))
PROPERTY = re.compile(r"(?:invariant|transition|ensures|can|check) ((?:true|false)_\w+):")
STATED = re.compile(r" {4}(?:invariant|transition|can|check) (false_\w+):.*\n(?: {8}.*\n)*")


LONG = frozenset({"token", "aliases", "ballots", "edges", "coinage", "runs"})
"""Contracts with very many properties."""
DEEP = frozenset(
    {"false_a", "false_b", "false_both", "false_numbers", "false_epoch", "false_covered"}
)
"""Properties that hold for more calls than the search makes: a state shows that they fail."""


def read(name: str) -> str:
    return (FOLDER / f"{name}.qc").read_text(encoding="utf-8")


def keep_only(text: str, name: str) -> str:
    """The contract with one of its false invariants and transitions."""
    return STATED.sub(lambda each: each.group(0) if each.group(1) == name else "", text)


def test_the_corpus_is_large() -> None:
    names = [name for contract in CONTRACTS for name in PROPERTY.findall(read(contract))]
    assert sum(name.startswith("false_") for name in names) >= 200
    assert sum(name.startswith("true_") for name in names) >= 45


@pytest.mark.parametrize("contract", CONTRACTS)
def test_false_properties_are_refused_and_true_ones_proved(
    contract: str, verify_text: Verify
) -> None:
    text = read(contract)
    report = verify_text(text)
    proved_false, unproved_true = [], []
    for name in PROPERTY.findall(text):
        verdicts = {goal.verdict for goal in find_goals(report, name)}
        if name.startswith("false_") and verdicts <= {"proved", "never_exercised"}:
            proved_false.append(name)
        if name.startswith("true_") and verdicts != {"proved"}:
            unproved_true.append(name)
    assert not proved_false
    assert not unproved_true, list_bad(report)
    for each in report.counterexamples:
        assert replays(each.content), each.goal


@pytest.mark.parametrize(
    "contract",
    [pytest.param(each, marks=pytest.mark.slow) if each in LONG else each for each in CONTRACTS],
)
def test_each_false_property_alone_has_an_attack(contract: str, verify_text: Verify) -> None:
    """Without the other false ones beside it, a false invariant or transition is broken."""
    text = read(contract)
    unbroken = []
    for found in STATED.finditer(text):
        name = found.group(1)
        alone = keep_only(text, name)
        report = verify_text(alone)
        verdicts = {goal.verdict for goal in find_goals(report, name)}
        wanted = {"broken", "not_inductive"} if name in DEEP else {"broken"}
        if not verdicts & wanted:
            unbroken.append((name, sorted(verdicts)))
    assert not unbroken


def test_what_an_unguarded_debit_claims_is_refused(verify_text: Verify) -> None:
    """`balances[caller] -= 1; balances[king] += 1` may fail, whatever the sum lemma says."""
    report = verify_text(read("kings"))
    checks = [goal for goal in report.goals if goal.kind == "complete"]
    assert [goal.verdict for goal in checks] == ["broken", "proved"]
