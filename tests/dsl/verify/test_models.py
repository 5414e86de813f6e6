"""What a model leaves open is filled in so that the machine accepts it."""

from dsl.verify.leaves import ADDRESS_LOW, Layouts, complete_leaves, decode_leaves
from spec.ir.syntax import AddressType, EnumType, ListType, RecordType, TypeIndex, UintType
from tests.dsl.verify.conftest import Verify
from tests.dsl.verify.support import find_goals, list_bad, replays

SILENT_SELLER = """contract Sale:
    state:
        seller: address
        open: bool

    error Closed

    init():
        seller = caller
        open = true

    action close() by anyone:
        fails Closed when not open
        modifies open

        open = false
        pay(seller, 0)
"""
MANY = """contract Many:
    state:
        total: u64
        last: u64

    invariant small: total <= 2

    action add(to: list[address, 3]) by anyone:
        last = len(to)
        total += len(to)
"""


def test_an_address_that_no_assertion_mentions_is_real(verify_text: Verify) -> None:
    """A payment to a cell that `init` assigns succeeds, though no invariant speaks of the cell."""
    report = verify_text(SILENT_SELLER)
    assert {goal.verdict for goal in find_goals(report, "can succeed")} == {"proved"}
    assert not list_bad(report)


def test_addresses_in_a_list_that_only_its_length_mentions_are_real(verify_text: Verify) -> None:
    report = verify_text(MANY)
    assert "broken" in {goal.verdict for goal in find_goals(report, "small")}
    assert all(replays(each.content) for each in report.counterexamples)


def test_missing_leaves_are_canonical() -> None:
    types = (
        AddressType(),
        UintType(64),
        EnumType(((), (TypeIndex(0),))),
        RecordType((TypeIndex(1), TypeIndex(2))),
        ListType(TypeIndex(0), 2),
    )
    layouts = Layouts(types)
    assert complete_leaves(layouts, types[0], (None,)) == (ADDRESS_LOW,)
    assert complete_leaves(layouts, types[0], (0,)) == (0,)
    assert complete_leaves(layouts, types[2], (0, None)) == (0, 0)
    assert complete_leaves(layouts, types[3], (None, 1, None)) == (0, 1, ADDRESS_LOW)
    listed = complete_leaves(layouts, types[4], (1, None, None))
    assert listed == (1, ADDRESS_LOW, 0)
    assert decode_leaves(layouts, types[4], listed) == (ADDRESS_LOW.to_bytes(32, "big"),)


ZERO_KEY = """contract Kings:
    state:
        crowns: map[address, u64]

    invariant small: forall a: address: crowns[a] <= 1

    action crown(who: address) by anyone:
        ensures once: crowns[who] <= old(crowns[who])

        crowns[who] = min(crowns[who] + 1, 2)
"""
COMMITTED = """contract Committed:
    state:
        commitment: bytes[32]
        shown: u64

    error Wrong

    invariant never: shown == 0

    init(sealed: bytes[32]):
        commitment = sealed

    action show(secret: u64, salt: bytes[4]) by anyone:
        fails Wrong when hash(secret, salt) != commitment
        modifies shown

        shown = secret
"""


def test_entries_at_the_zero_address_are_read_back(verify_text: Verify) -> None:
    report = verify_text(ZERO_KEY)
    assert report.counterexamples
    assert all(replays(each.content) for each in report.counterexamples)


def test_what_rests_on_a_hash_is_shown_with_its_real_digest(verify_text: Verify) -> None:
    """To the solver a hash is any injective function; the machine computes one."""
    report = verify_text(COMMITTED)
    assert {goal.verdict for goal in find_goals(report, "can succeed")} == {"proved"}
    assert "broken" in {goal.verdict for goal in find_goals(report, "never")}
    assert all(replays(each.content) for each in report.counterexamples)
