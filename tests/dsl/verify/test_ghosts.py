"""Ghosts: proofs use them, chains never see them, and they can't make a call fail."""

import pytest

from dsl.compile import compile_source
from dsl.proof_module import Ghosts
from dsl.verify.jobs import make_subject
from dsl.verify.mutate import list_mutants
from tests.dsl.verify.conftest import Verify
from tests.dsl.verify.support import compile_text, find_goals, list_bad, replays

BANK = """contract Bank:
    state:
        held: map[address, u128]
        limit: u64
        ghost received: u256
        ghost returned: u256
        ghost last: option[address]
        ghost given: map[address, u256]

    error Nothing

    invariant backed: balance == sum(held)
    invariant books: balance == received - returned
    invariant each: forall a: address: held[a] <= given[a]
    invariant somebody: received > 0 ==> last != none
    transition kept: received >= old(received)

    action put() payable by anyone:
        fails Nothing when value == 0

        held[caller] += value
        received += value
        given[caller] += value
        if limit > 3:
            last = some(caller)
        last = some(caller)

    action take(amount: u128) by anyone:
        fails Nothing when amount > held[caller] or amount > balance

        held[caller] -= amount
        returned += amount
        pay(caller, amount)
"""
ABOUT_GHOSTS = (
    "ghost ",
    "books",
    "each",
    "somebody",
    "kept",
    "received",
    "given",
    "last",
    "limit >",
    "returned",
)
HITS = """contract Hits:
    state:
        hits: u64
        ghost seen: u256

    error Full

    invariant all: seen == hits * u256.max
    invariant few: hits <= 1

    action hit() by anyone:
        fails Full when hits == u64.max

        hits += 1
        seen += u256.max
"""


def without_ghosts(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not any(word in line for word in ABOUT_GHOSTS))


def test_what_rests_on_ghosts_is_proved(verify_text: Verify) -> None:
    report = verify_text(BANK)
    assert not list_bad(report)
    assert report.code_id == "0x" + compile_text(BANK).code_id.hex()


def test_ghosts_change_nothing_of_what_is_deployed() -> None:
    with_, without = compile_text(BANK), compile_text(without_ghosts(BANK))
    assert with_.module == without.module
    assert with_.code_id == without.code_id
    assert len(with_.proof.linked.module.code.cells) == len(with_.module.code.cells) + 4


def test_a_forgotten_ghost_is_an_attack_that_replays(verify_text: Verify) -> None:
    report = verify_text(BANK.replace("        returned += amount\n", ""))
    assert {goal.verdict for goal in find_goals(report, "books")} >= {"broken"}
    [found] = [each for each in report.counterexamples if each.goal == "books"]
    assert replays(found.content)


def test_no_proof_assumes_that_ghosts_stay_small(
    verify_text: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On chain a second hit succeeds, so `few` is false; a ghost of 256 bits would stop it."""
    report = verify_text(HITS)
    assert {goal.verdict for goal in find_goals(report, "all")} == {"proved"}
    assert any(goal.verdict != "proved" for goal in find_goals(report, "few"))
    monkeypatch.setattr(Ghosts, "get_nodes", lambda *_: frozenset())
    wrong = verify_text(HITS)
    assert {goal.verdict for goal in find_goals(wrong, "few")} == {"proved"}, "the test can fail"


def test_a_condition_that_can_fail_is_deployed() -> None:
    kept = HITS.replace(
        "        seen += u256.max\n", "        if hits + 1 > 3:\n            seen += 1\n"
    )
    gone = HITS.replace(
        "        seen += u256.max\n", "        if hits > 3:\n            seen += 1\n"
    )
    plain = HITS.replace("        seen += u256.max\n", "")
    assert compile_text(gone).module.code == compile_text(plain).module.code
    assert compile_text(kept).module.code != compile_text(plain).module.code


def test_mutants_leave_ghosts_alone() -> None:
    subject = make_subject(compile_text(BANK))
    plain = make_subject(compile_text(without_ghosts(BANK)))
    changes = [(each.function, each.text) for each in list_mutants(subject)]
    assert changes
    kept = [(each.function, each.text) for each in list_mutants(plain)]
    assert [each for each in kept if each not in changes] == []
    for mutant in list_mutants(subject):
        assert mutant.node not in subject.ghosts.get_nodes(mutant.function)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("held[caller] += value", "held[caller] += u128(received)"),
        ("when value == 0", "when received == 0"),
        ("ghost last: option[address]", "ghost last: address"),
        ("ghost last: option[address]", "ghost last: list[u64, 3]"),
        ("ghost received: u256", "ghost received: option[u64]"),
    ],
)
def test_ghosts_are_read_by_properties_only_and_hold_no_hidden_numbers(old: str, new: str) -> None:
    result = compile_source(BANK.replace(old, new), "bank.qc")
    assert "QC0511" in {each.code for each in result.diagnostics}
    assert result.unit is None
