"""Calls of other contracts: symbolic execution equals the machine, and attacks answer as needed."""

import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from dsl.verify.replay import Surroundings
from dsl.verify.scenario import parse_scenario
from spec.ir.memory import MemoryWorld
from spec.ir.values import Value
from spec.lib.result import Err
from tests.dsl.verify.concrete import Assignment
from tests.dsl.verify.conftest import Verify
from tests.dsl.verify.support import compile_text, find_goals, list_bad, replays
from tests.dsl.verify.test_symbolic_equals_concrete import CONTRACT, Meeting
from tests.spec.ir.tables import ADDRESSES

CALLER = """
interface Token:
    action transfer(to: address, amount: u256) -> bool with gas 50_000
    action deposit() payable
    view balance_of(account: address) -> u256

contract Caller:
    state:
        first: u256
        second: u256
        flag: bool
    error Refused

    action ask(t: address, who: address, amount: u256) -> bool payable by anyone:
        fails Refused

        first = Token(t).balance_of(who)
        flag = Token(t).transfer(who, amount)
        if flag:
            Token(t).deposit(value = value)
        else:
            first = Token(t).balance_of(who)
        second = Token(t).balance_of(who)
        require not is_contract(who) or implements(who, Token), Refused
        return first == second

    action give(t: address, n: u128) by anyone:
        Token(t).deposit(value = n)
        pay(t, n)
        second = Token(t).balance_of(t)

    action say(t: address, a: u256, b: u256, n: u128) -> bool by anyone:
        let here = message(Token(t).transfer(t, a))
        let there = message(Token(t).transfer(t, b))
        let coins = message(Token(t).deposit(value = n))
        send(coins, gas = 50_000)
        if here != there:
            send(there, gas = 50_000)
        return hash(here) == hash(there)

    action pass_on(m: message[64]) by anyone:
        first = 1
        send(m, gas = 50_000)
"""


class CallerMeeting(Meeting):
    def compare_sums(self, known: Assignment, around: Surroundings) -> None:
        """There are none."""


def test_calls_do_what_the_machine_does() -> None:
    linked = compile_text(CALLER).linked
    counts: Counter[str] = Counter()
    rng = Random(1)
    for index in range(len(linked.functions)):
        meeting = CallerMeeting(linked, index)
        for _ in range(140):
            world = MemoryWorld(codes={CONTRACT: linked})
            world.balances.update(dict.fromkeys(ADDRESSES, rng.choice((0, 3, 1000))))
            seen: list[Value] = list(ADDRESSES)
            meeting.meet(rng, world, seen, counts)
    assert counts["succeeded"] > 60, counts
    assert counts["failed"] > 5, counts


FEATURES = Path(__file__).parents[1] / "features"


@pytest.mark.parametrize("name", ["hooks", "pot", "wallet"])
def test_what_calls_receivers_or_sends_messages_is_proved(name: str, verify_text: Verify) -> None:
    report = verify_text((FEATURES / f"{name}.qc").read_text("utf-8"))
    assert report.verdict == "proved", list_bad(report)


@pytest.mark.parametrize(
    ("name", "right", "wrong", "goal"),
    [
        ("hooks", "        owners[id] = some(to)\n", "", "moved"),
        ("hooks", "when owners[id] != some(caller)", "when owners[id] == none", "consent"),
        (
            "wallet",
            "when proposals[id].confirmations < quorum",
            "when false",
            "executed_with_quorum",
        ),
    ],
)
def test_a_slip_in_them_is_attacked(
    name: str, right: str, wrong: str, goal: str, verify_text: Verify
) -> None:
    text = (FEATURES / f"{name}.qc").read_text("utf-8")
    assert right in text
    report = verify_text(text.replace(right, wrong))
    assert any(each.verdict == "broken" for each in find_goals(report, goal)), list_bad(report)
    assert all(replays(each.content) for each in report.counterexamples)


VAULT = """
interface Token:
    action transfer(to: address, amount: u256) -> bool
    view balance_of(account: address) -> u256

strict contract Vault:
    state:
        token: Token
        owed: map[address, u256]
        total: u256
    error TooMuch
    error Refused

    invariant backed: total == sum(owed)

    init(of: Token):
        token = of

    action deposit(amount: u256) by anyone:
        fails TooMuch when total + amount > u256.max
        fails Refused
        modifies owed[caller], total

        let before = token.balance_of(this)
        require token.transfer(this, amount), Refused
        let after = token.balance_of(this)
        require after >= before and after - before >= amount, Refused
        owed[caller] += amount
        total += amount

    action withdraw(amount: u256) by anyone:
        fails TooMuch when amount > owed[caller]
        fails Refused
        modifies owed[caller], total

        owed[caller] -= amount
        total -= amount
        require token.transfer(caller, amount), Refused
"""


def test_a_right_contract_that_calls_is_proved_and_its_successes_replayed(
    verify_text: Verify,
) -> None:
    report = verify_text(VAULT)
    assert report.verdict == "proved", list_bad(report)
    assert "deposit is complete up to CallFailed(Token.balance_of), CallFailed(Token.transfer)" in (
        report.notes
    )


@pytest.mark.parametrize(
    ("right", "wrong", "goal"),
    [
        ("        total -= amount\n", "", "backed"),
        ("fails TooMuch when amount > owed[caller]\n        ", "", "complete 1"),
        (
            "        require token.transfer(this, amount), Refused\n",
            "        if token.transfer(this, amount):\n            total += 1\n",
            "backed",
        ),
    ],
)
def test_a_wrong_one_is_attacked_with_contracts_that_answer(
    right: str, wrong: str, goal: str, verify_text: Verify
) -> None:
    assert right in VAULT
    report = verify_text(VAULT.replace(right, wrong))
    assert any(each.verdict == "broken" for each in find_goals(report, goal)), list_bad(report)
    assert any(each.goal == goal for each in report.counterexamples)
    for each in report.counterexamples:
        assert replays(each.content), each.goal


def test_a_file_whose_contracts_are_none_is_refused(verify_text: Verify) -> None:
    report = verify_text(VAULT.replace("        total -= amount\n", ""))
    content = next(each.content for each in report.counterexamples if "foreign" in each.content)
    assert not isinstance(parse_scenario(content.encode()), Err)
    for broken in (
        content.replace('"foreign": [{', '"foreign": [3, {'),
        content.replace('"foreign": [{"address": "0x02', '"foreign": [{"address": "0x01'),
        content.replace('"foreign": [{', '"foreign": [{"x": 1}, {'),
    ):
        assert broken != content
        assert isinstance(parse_scenario(broken.encode()), Err)


TOLD = """
interface Token trusted:
    action transfer(to: address, amount: u256) -> bool:
        ensures result and to != caller ==> balance_of(to) == old(balance_of(to)) + amount
    view balance_of(account: address) -> u256

contract Hasty:
    state:
        paid: bool
    action pay_out(t: address, to: address) by anyone:
        ensures done: paid
        ensures more: to != this ==> some_left

        let before = Token(t).balance_of(to)
        paid = Token(t).transfer(to, 5)
        some_left = Token(t).balance_of(to) < before + 5
"""


def test_a_story_tells_what_other_contracts_answered(verify_text: Verify) -> None:
    text = TOLD.replace("        paid: bool\n", "        paid: bool\n        some_left: bool\n")
    report = verify_text(text)
    stories = {each.goal: each for each in report.counterexamples}
    assert any(
        "contract1 answers" in line and "transfer false" in line for line in stories["done"].story
    )
    (line,) = (each for each in stories["more"].story if "answers" in each)
    numbers = [int(each) for each in re.findall(r"balance_of\(\w+\) (\d+)", line)]
    assert "transfer true" not in line or numbers[-1] >= numbers[0] + 5
    assert replays(stories["more"].content)
