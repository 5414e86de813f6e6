"""Right contracts are proved whole; planted bugs give attacks that replay."""

import pytest

from tests.dsl.verify.conftest import Verify
from tests.dsl.verify.support import list_bad, read_library, replays

TRANSFER = """        ensures to == caller ==> balances[caller] == old(balances[caller])
        emits Transfer(some(caller), some(to), amount)

        balances[caller] -= amount
        balances[to] += amount
"""
CACHED = """        emits Transfer(some(caller), some(to), amount)

        let mine = balances[caller]
        let theirs = balances[to]
        balances[caller] = mine - amount
        balances[to] = theirs + amount
"""
DOUBLE = """        emits Transfer(some(caller), some(to), amount)

        balances[caller] -= amount
        balances[to] += amount
        balances[to] += amount
"""

PLANTED = {
    "self-transfer by cached balance": ("erc20", TRANSFER, CACHED),
    "double credit": ("erc20", TRANSFER, DOUBLE),
    "burn forgets the supply": (
        "erc20",
        "        balances[caller] -= amount\n        supply -= amount\n",
        "        balances[caller] -= amount\n",
    ),
    "unchecked allowance": (
        "erc20",
        """        spend(holder, amount)
        balances[holder] -= amount
        balances[to] += amount
""",
        "        balances[holder] -= amount\n        balances[to] += amount\n",
    ),
    "nobody asks for an allowance": (
        "erc20",
        """        fails InsufficientAllowance(allowances[holder][caller], amount) when
            amount > allowances[holder][caller]
        fails InsufficientBalance(balances[holder], amount) when amount > balances[holder]
        modifies balances[holder], balances[to], allowances[holder][caller]
""",
        """        fails InsufficientBalance(balances[holder], amount) when
            amount > balances[holder]
        modifies balances[holder], balances[to], allowances[holder][caller]
""",
    ),
    "open mint": (
        "erc20",
        "action mint(to: address, amount: u256) by minter:",
        "action mint(to: address, amount: u256) by anyone:",
    ),
    "double pay": (
        "escrow",
        "        owed = 0\n        pay(seller, price)\n",
        "        owed = 0\n        pay(seller, price)\n        pay(seller, price)\n",
    ),
    "release by anyone": (
        "escrow",
        "action release() by (caller == buyer) in",
        "action release() by anyone in",
    ),
    "refund after release": (
        "escrow",
        """        emits Refunded(buyer, price)

        owed = 0
        pay(buyer, price)

    action reclaim""",
        """        emits Refunded(buyer, price)

        status = Status.Refunded
        owed = 0
        pay(buyer, price)

    action reclaim""",
    ),
    "early timeout": (
        "escrow",
        "        fails TooEarly(deadline) when now <= last\n",
        "        fails TooEarly(deadline) when now + 5 <= last\n",
    ),
    "wrong phase edge": (
        "escrow",
        "        emits Disputed(caller)\n",
        "        emits Disputed(caller)\n\n        status = Status.Disputed\n",
    ),
}

HEADERS = {
    "refund after release": "action refund() by (caller == seller) in Held | Disputed -> Refunded:",
    "wrong phase edge": (
        "action dispute() by (caller == buyer or caller == seller) in Held -> Disputed:"
    ),
}
"""Actions that lose their `in` clause as well: the compiler itself refuses a wrong one."""


@pytest.mark.parametrize("name", ["erc20", "escrow"])
def test_library_contract_is_proved_whole(name: str, verify_text: Verify) -> None:
    report = verify_text(read_library(name))
    assert report.verdict == "proved", list_bad(report)
    assert not report.counterexamples


@pytest.mark.parametrize("bug", PLANTED)
def test_planted_bug_gives_an_attack_that_replays(bug: str, verify_text: Verify) -> None:
    name, right, wrong = PLANTED[bug]
    text = read_library(name)
    assert text.count(right) >= 1, "the library contract still holds the lines to break"
    text = text.replace(right, wrong, 1)
    if bug in HEADERS:
        header = HEADERS[bug]
        assert header in text
        text = text.replace(header, header[: header.index(" in ")] + ":", 1)
    report = verify_text(text.split("    test ")[0])
    assert report.verdict == "broken", list_bad(report)
    assert report.counterexamples
    for each in report.counterexamples:
        assert replays(each.content), each.goal
    attacks = [each for each in report.counterexamples if each.verdict == "broken"]
    assert attacks[0].story[0].split()[2].startswith("deploy")
