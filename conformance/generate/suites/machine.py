"""Level 5: runs of a contract: each executable kind of node, each operator, each way to fail."""

from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from conformance.clients.spec.answers import Accept, JsonObject, to_hex
from conformance.clients.spec.contract_methods import call_contract
from conformance.clients.spec.state import State, render_state
from conformance.generate.calculator import CALCULATOR, SIGNATURES
from conformance.generate.case import Case, Suite
from conformance.generate.modules import compute_selector
from conformance.generate.samples import make_root
from conformance.generate.world import (
    ALICE,
    BOB,
    GENESIS_ID,
    HEIGHT,
    NOW_MS,
    START,
    make_state,
)
from spec.crypto.address import compute_contract_address
from spec.crypto.domains import Domain, compute_signing_root
from spec.crypto.signing_keys import sign
from spec.ir.encoding import compute_code_id, encode_module
from spec.ir.value_view import record_to_json
from spec.ir.values import EnumValue, MessageValue, Value, encode_record
from spec.ledger.state import compute_code_key
from spec.ledger.types import Account

METHOD: Final = "contract.call"
U64_MAX: Final = 2**64 - 1
U256_MAX: Final = 2**256 - 1
TYPES: Final = CALCULATOR.code.types
CODE_ID: Final = compute_code_id(CALCULATOR)
MAIN, OTHER, EMPTY_HANDED, *LINE = (compute_contract_address(ALICE.address, n) for n in range(20))
NOWHERE: Final = compute_contract_address(BOB.address, 0)
GAS_LIMIT: Final = 150_000
OVERFLOW: Final = "contract.overflow"
DECLARED: Final = "contract.declared"
CALL_FAILED: Final = "contract.call_failed"

Row = tuple[str, str, tuple[Value, ...], str | None]
"""Name of the case, function, arguments, and the code it fails with."""


def _make_start() -> State:
    """Many contracts of one code; the first has coins in both pockets."""
    accounts = dict(START)
    for address in (MAIN, OTHER, EMPTY_HANDED, *LINE):
        accounts[address] = Account(0, 0, 0, CODE_ID)
    accounts[MAIN] = Account(0, 1_000, 50, CODE_ID)
    return make_state(accounts, ((compute_code_key(CODE_ID), encode_module(CALCULATOR)),))


def make_args(function: str, values: tuple[Value, ...], **changes: Any) -> JsonObject:  # noqa: ANN401 - any argument
    """The arguments of a request: a call of a function of `MAIN` by Alice."""
    kinds = SIGNATURES[function][0]
    return {
        "contract": to_hex(MAIN),
        "selector": to_hex(compute_selector(function)),
        "caller": to_hex(ALICE.address),
        "value": "0",
        "arguments": to_hex(encode_record(TYPES, kinds, values)),
        "gas_limit": str(GAS_LIMIT),
        "is_view": False,
        "height": str(HEIGHT),
        "now_ms": str(NOW_MS),
        **changes,
    }


def after(state: State, function: str, *values: Value, **changes: Any) -> State:  # noqa: ANN401 - any argument
    """The state after a call that succeeds."""
    answer, changed = call_contract(state, make_args(function, values, **changes))
    assert isinstance(answer, Accept), "a call is answered by its outcome"
    assert answer.value["status"] == "succeeded", f"{function}: {answer.value}"
    assert changed is not None, "a state stays a state"
    return changed


START_STATE: Final = _make_start()
PRE: Final = render_state(START_STATE)
BUSY: Final = render_state(
    after(
        after(
            after(after(START_STATE, "set_count", 10), "set_entry", BOB.address, U64_MAX),
            "set_nested",
            *(5, True, (7, True)),
        ),
        *("set_field", 12),
    )
)
"""A count, an entry at its maximum, a nested entry, a field."""


def build() -> tuple[Suite, ...]:
    """The suites of running contracts."""
    suites = (
        ("contract/operators", (*_build_operators(), *_build_hashes(), *_build_guards())),
        ("contract/values", (*_build_data(), *_build_control())),
        ("contract/state", (*_build_scalars(), *_build_maps(), *_build_checkpoints())),
        ("contract/effects", (*_build_coins(), *_build_refused(), *_build_calls())),
    )
    return tuple(Suite(name, "contract", "contract.call", cases) for name, cases in suites)


def _case(row: Row, why: str, pre: JsonObject = PRE, **changes: Any) -> Case:  # noqa: ANN401 - any argument
    name, function, values, outcome = row
    kinds = SIGNATURES[function][0]
    view = {"function": function, "arguments": record_to_json(TYPES, kinds, values)}
    bug_class = "execution" if outcome is None else "failure"
    args = make_args(function, values, **changes)
    return Case(name, why, bug_class, METHOD, args, view=view, pre=pre, outcome=outcome)


def _build_operators() -> list[Case]:
    division = "contract.division_by_zero"
    rows: tuple[Row, ...] = (
        ("add", "add", (2, 3), None),
        ("add_max", "add", (U64_MAX, 0), None),
        ("add_overflow", "add", (U64_MAX, 1), OVERFLOW),
        ("sub", "sub", (3, 3), None),
        ("sub_below_zero", "sub", (3, 4), OVERFLOW),
        ("mul", "mul", (2**32, 2**31), None),
        ("mul_overflow", "mul", (2**32, 2**32), OVERFLOW),
        ("neg_zero", "neg", (0,), None),
        ("neg_one", "neg", (1,), OVERFLOW),
        ("div", "div", (7, 2), None),
        ("div_smaller", "div", (1, 2), None),
        ("div_by_zero", "div", (7, 0), division),
        ("mod", "mod", (7, 2), None),
        ("mod_exact", "mod", (8, 2), None),
        ("mod_by_zero", "mod", (7, 0), division),
        ("div_rounds_down", "floor_div", (1, 8, 2), None),
        ("div_exact_below_zero", "floor_div", (0, 8, 2), None),
        ("mod_below_zero", "floor_mod", (1, 8, 2), None),
        ("mod_exact_below_zero", "floor_mod", (0, 8, 2), None),
        ("min", "min", (7, 2), None),
        ("max", "max", (7, 2), None),
        ("eq", "eq", (7, 7), None),
        ("eq_differs", "eq", (7, 8), None),
        ("eq_of_two_widths", "eq_widths", (200, 200), None),
        ("eq_beyond_narrow_width", "eq_widths", (0, 256), None),
        ("eq_lists", "eq_list", ((1, 2), (1, 2)), None),
        ("eq_lists_of_two_lengths", "eq_list", ((1, 2), (1, 2, 0)), None),
        ("lt", "lt", (1, 2), None),
        ("lt_equal", "lt", (2, 2), None),
        ("le_equal", "le", (2, 2), None),
        ("le_above", "le", (3, 2), None),
        *((f"and_{a}{b}", "and", (a == 1, b == 1), None) for a in (0, 1) for b in (0, 1)),
        *((f"or_{a}{b}", "or", (a == 1, b == 1), None) for a in (0, 1) for b in (0, 1)),
        ("not", "not", (True,), None),
        ("select_first", "select", (True, 1, 2), None),
        ("select_second", "select", (False, 1, 2), None),
        ("narrow_max", "narrow", (255,), None),
        ("narrow_overflow", "narrow", (256,), OVERFLOW),
        ("narrow_wide", "narrow", (U256_MAX,), OVERFLOW),
        ("length", "length", ((1, 2),), None),
        ("length_empty", "length", ((),), None),
        ("length_of_text_in_bytes", "length_text", ("é".encode(),), None),
        ("append", "append", ((1, 2), 3), None),
        ("append_full", "append", ((1, 2, 3), 4), "contract.list_full"),
        ("pop", "pop", ((1, 2),), None),
        ("pop_empty", "pop", ((),), "contract.list_empty"),
        ("replace", "replace", ((1, 2), 1, 9), None),
        ("replace_first", "replace", ((1, 2), 0, 9), None),
        ("replace_beyond", "replace", ((1, 2), 2, 9), "contract.index_out_of_range"),
        ("is_member", "is_some", (EnumValue(1, (0,)),), None),
        ("is_member_other", "is_some", (EnumValue(0, ()),), None),
        ("is_contract", "is_contract", (OTHER,), None),
        ("is_contract_nothing", "is_contract", (NOWHERE,), None),
        ("is_contract_key", "is_contract", (ALICE.address,), None),
        ("implements", "implements", (OTHER,), None),
        ("implements_not_all", "implements_all", (OTHER,), None),
        ("implements_nothing", "implements", (NOWHERE,), None),
    )
    why = "Arithmetic is exact and checked where it is stored; every operand is computed."
    return [_case(row, why, is_view=True) for row in rows]


def _build_hashes() -> list[Case]:
    digest = make_root("digest")
    root = compute_signing_root(Domain.CONTRACT_PERMIT, GENESIS_ID, digest)
    good = sign(1, ALICE.seed, root)
    bare = sign(1, ALICE.seed, digest)
    key = ALICE.public_key
    message = MessageValue(OTHER, b"selector", 3, b"ab")
    pairs = (
        ("same", (message, message)),
        ("other_target", (message, replace(message, target=MAIN))),
        ("other_selector", (message, replace(message, selector=b"Selector"))),
        ("other_value", (message, replace(message, value=4))),
        ("other_arguments", (message, replace(message, arguments=b"abc"))),
    )
    typed = (True, digest, b"text", EnumValue(1, (5,)), (7, True), (1, 2), message)
    rows: tuple[Row, ...] = (
        ("hash", "hash", (1, ALICE.address), None),
        ("hash_other_number", "hash", (2, ALICE.address), None),
        ("hash_other_address", "hash", (1, BOB.address), None),
        ("hash_types", "hash_types", typed, None),
        *((f"eq_message_{n}", "eq_message", pair, None) for n, pair in pairs),
        ("signed", "is_signed", (ALICE.address, digest, key, good), None),
        ("signed_by_another", "is_signed", (BOB.address, digest, key, good), None),
        ("signed_without_domain", "is_signed", (ALICE.address, digest, key, bare), None),
        ("signed_another_digest", "is_signed", (ALICE.address, root, key, good), None),
        ("signed_by_no_key", "is_signed", (ALICE.address, digest, bytes(32), good), None),
    )
    why = "A hash is typed and a permit is bound to its chain and its domain."
    return [_case(row, why, is_view=True) for row in rows]


def _build_guards() -> list[Case]:
    rows: tuple[Row, ...] = (
        ("guard_div", "guard_div", (8, 2), None),
        ("guard_div_by_zero", "guard_div", (8, 0), DECLARED),
        ("guard_mod_by_zero", "guard_mod", (8, 0), None),
        ("guard_mod_refuses", "guard_mod", (8, 2), DECLARED),
        ("guard_item", "guard_item", ((4, 5), 1), None),
        ("guard_item_first", "guard_item", ((4, 5), 0), None),
        ("guard_item_beyond", "guard_item", ((4, 5), 2), DECLARED),
        ("div_for_nothing", "div_for_nothing", (8, 2), None),
        ("div_for_nothing_by_zero", "div_for_nothing", (8, 0), "contract.division_by_zero"),
        ("guard_balance_exact", "guard_balance", (1_000,), None),
        ("guard_balance_short", "guard_balance", (1_001,), DECLARED),
    )
    why = "In a guard nothing fails but the guard itself: what is undefined has a value."
    cases = [_case(row, why) for row in rows]
    why = "The guard sees the balance before the value is credited, the body after."
    paid: Row = ("guard_before_value", "guard_balance", (1_000,), None)
    early: Row = ("guard_without_value", "guard_balance", (1_005,), DECLARED)
    return [*cases, _case(paid, why, value="5"), _case(early, why, value="5")]


def _build_data() -> list[Case]:
    rows: tuple[Row, ...] = (
        ("const", "const", (), None),
        ("param", "param", (1, b"text"), None),
        ("param_empty_text", "param", (1, b""), None),
        ("make_record", "make_record", (U64_MAX, True), None),
        ("field", "field", ((5, True),), None),
        ("variant", "variant", (9,), None),
        ("variant_empty", "variant_empty", (), None),
        ("make_list", "make_list", (1, 2), None),
        ("item", "item", ((4, 5, 6), 2), None),
        ("item_first", "item", ((4, 5, 6), 0), None),
        ("item_of_empty", "item", ((), 0), "contract.index_out_of_range"),
        ("item_beyond", "item", ((4, 5, 6), 3), "contract.index_out_of_range"),
        ("item_far_beyond", "item", ((4,), U64_MAX), "contract.index_out_of_range"),
        *(
            (f"context_{which}", f"context_{which}", (), None)
            for which in ("caller", "value", "now", "height", "this", "genesis_id")
        ),
    )
    why = "Values are built, taken apart and encoded canonically."
    paid: Row = ("context_value_paid", "context_value", (), None)
    return [*(_case(row, why) for row in rows), _case(paid, why, value="77")]


def _build_control() -> list[Case]:
    rows: tuple[Row, ...] = (
        ("match_none", "match", (EnumValue(0, ()),), None),
        ("match_some", "match", (EnumValue(1, (42,)),), None),
        ("if_true", "if", (True, 4), None),
        ("if_false", "if", (False, 4), None),
        ("if_true_overflow", "if", (True, 2**63), OVERFLOW),
        ("if_false_no_overflow", "if", (False, 2**63), None),
        ("leave_early", "leave_early", (True, 4), None),
        ("join_after_leave", "join_after_leave", (False, 4), None),
        ("join_not_reached", "join_after_leave", (True, 4), None),
        ("two_joins_first", "two_joins", (True, 1), None),
        ("two_joins_second", "two_joins", (False, 1), None),
        ("leave_late", "leave_early", (False, 4), None),
        ("fold_range", "fold_range", (100,), None),
        ("fold_range_overflow", "fold_range", (U64_MAX - 13,), OVERFLOW),
        ("fold_range_just_fits", "fold_range", (U64_MAX - 14,), None),
        ("fold_list", "fold_list", ((1, 2, 3),), None),
        ("fold_list_empty", "fold_list", ((),), None),
        ("fold_list_overflow", "fold_list", ((U64_MAX, 1),), OVERFLOW),
        ("scope_left", "scope", (True, 4), None),
        ("scope_ended", "scope", (False, 4), None),
        ("fail", "fail", (True, 4), DECLARED),
        ("fail_not", "fail", (False, 4), None),
    )
    why = "Only the block that was chosen runs, and only it is paid for."
    return [_case(row, why) for row in rows]


def _build_scalars() -> list[Case]:
    rows: tuple[Row, ...] = (
        ("get_count", "get_count", (), None),
        ("set_count", "set_count", (11,), None),
        ("set_same", "set_count", (10,), None),
        ("set_default", "set_count", (0,), None),
        ("update_plus", "count_plus", (5,), None),
        ("update_plus_max", "count_plus", (U64_MAX - 10,), None),
        ("update_plus_overflow", "count_plus", (U64_MAX - 9,), OVERFLOW),
        ("update_minus", "count_minus", (3,), None),
        ("update_minus_to_zero", "count_minus", (10,), None),
        ("update_minus_overflow", "count_minus", (11,), OVERFLOW),
        ("get_pair", "get_pair", (), None),
        ("set_field", "set_field", (13,), None),
        ("set_field_default", "set_field", (0,), None),
        ("set_beside_no_address", "set_owned", (6,), None),
        ("set_beside_address_default", "set_owned", (0,), None),
        ("set_list", "set_list", ((1, 2),), None),
        ("set_list_empty", "set_list", ((),), None),
    )
    why = "A default is no leaf, a field keeps its neighbours, an update checks its range."
    return [_case(row, why, BUSY) for row in rows]


def _build_maps() -> list[Case]:
    rows: tuple[Row, ...] = (
        ("get_entry", "get_entry", (BOB.address,), None),
        ("get_entry_absent", "get_entry", (ALICE.address,), None),
        ("set_entry", "set_entry", (ALICE.address, 4), None),
        ("set_entry_default", "set_entry", (BOB.address, 0), None),
        ("entry_plus", "entry_plus", (ALICE.address, 1), None),
        ("entry_plus_overflow", "entry_plus", (BOB.address, 1), OVERFLOW),
        ("entry_minus_to_default", "entry_minus", (BOB.address, U64_MAX), None),
        ("entry_minus_overflow", "entry_minus", (ALICE.address, 1), OVERFLOW),
        ("get_nested", "get_nested", (5, True), None),
        ("get_nested_other_key", "get_nested", (5, False), None),
        ("set_nested", "set_nested", (5, False, (1, True)), None),
        ("set_nested_default", "set_nested", (5, True, (0, False)), None),
    )
    why = "A map is total: an entry that was never written is the default, and no leaf."
    return [_case(row, why, BUSY) for row in rows]


def _build_checkpoints() -> list[Case]:
    first = after(START_STATE, "set_votes", ALICE.address, 7, height="3")
    second = after(first, "set_votes", ALICE.address, 9, height="5")
    pre = render_state(second)
    heights = (
        ("before_all", 2),
        ("first", 3),
        ("between", 4),
        ("second", 5),
        ("later", HEIGHT - 1),
    )
    rows: list[Row] = [
        (f"votes_{name}", "get_votes_at", (ALICE.address, height), None) for name, height in heights
    ]
    past = "contract.checkpoint_not_past"
    rows += [
        ("votes_now", "get_votes_at", (ALICE.address, HEIGHT), past),
        ("votes_in_future", "get_votes_at", (ALICE.address, U64_MAX), past),
        ("votes_of_nobody", "get_votes_at", (BOB.address, 4), None),
        ("votes_set_again", "set_votes", (ALICE.address, 1), None),
        ("votes_set_to_default", "set_votes", (ALICE.address, 0), None),
        ("votes_set_first", "set_votes", (BOB.address, 1), None),
    ]
    why = "A checkpoint is what stood at the end of a block, found by its height."
    same: Row = ("votes_set_in_same_block", "set_votes", (ALICE.address, 4), None)
    return [*(_case(row, why, pre) for row in rows), _case(same, why, pre, height="5")]


def _build_coins() -> list[Case]:
    balance = "contract.balance_short"
    rows: tuple[Row, ...] = (
        ("pay_key", "pay", (BOB.address, 10), None),
        ("pay_everything", "pay", (BOB.address, 1_000), None),
        ("pay_too_much", "pay", (BOB.address, 1_001), balance),
        ("pay_contract_inbox", "pay", (OTHER, 10), None),
        ("pay_itself", "pay", (MAIN, 10), None),
        ("pay_nothing", "pay", (BOB.address, 0), None),
        ("pay_unassigned", "pay_next", (1,), "contract.no_address"),
        ("collect", "collect", (), None),
        ("emit", "emit", (7, b"seven"), None),
        ("emit_empty", "emit", (0, b""), None),
    )
    why = "Coins move between balance, inbox and keys, and none are made."
    cases = [_case(row, why) for row in rows]
    cases.append(_case(("deposit", "deposit", (), None), why, value="500"))
    cases.append(_case(("not_payable", "collect", (), DECLARED), why, value="1"))
    empty: Row = ("collect_nothing", "collect", (), None)
    cases.append(_case(empty, why, contract=to_hex(EMPTY_HANDED)))
    return cases


def _build_refused() -> list[Case]:
    """Calls that never begin."""
    row: Row = ("x", "add", (1, 2), None)
    nothing, text = b"", b"\xff"
    good = make_args("add", (1, 2))["arguments"]
    param = encode_record(TYPES, SIGNATURES["param"][0], (1, b"\xff"))
    rows: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("no_code", "contract.no_code", {"contract": to_hex(NOWHERE)}),
        ("no_code_at_key", "contract.no_code", {"contract": to_hex(BOB.address)}),
        ("no_function", "contract.unknown_function", {"selector": to_hex(b"\xff" * 8)}),
        ("arguments_empty", "contract.arguments_malformed", {"arguments": to_hex(nothing)}),
        ("arguments_short", "contract.arguments_malformed", {"arguments": good[:-2]}),
        ("arguments_long", "contract.arguments_malformed", {"arguments": good + "00"}),
        ("gas_below_bound", "contract.gas_below_bound", {"gas_limit": "28"}),
        ("gas_zero", "contract.gas_below_bound", {"gas_limit": "0"}),
    )
    assert text in param, "the text is no UTF-8"
    why = "A call that can't be right is refused before it costs anything."
    cases = [
        replace(_case((name, *row[1:3], code), why), args={**make_args("add", (1, 2)), **changes})
        for name, code, changes in rows
    ]
    bound: Row = ("gas_at_bound", "add", (1, 2), None)
    cases.append(_case(bound, "The static bound suffices.", gas_limit="29"))
    action: Row = ("no_view", "set_count", (1,), "contract.not_a_view")
    cases.append(_case(action, "A view changes nothing.", is_view=True))
    malformed: Row = ("text_no_utf8", "param", (1, b"ok"), "contract.arguments_malformed")
    cases.append(_case(malformed, "A string is UTF-8.", arguments=to_hex(param)))
    tags = (("option_empty", "0x"), ("option_tag", "0x02"), ("option_payload_short", "0x01"))
    for name, argument in (*tags, ("option_surplus", "0x0000")):
        option: Row = (name, "is_some", (EnumValue(0, ()),), "contract.arguments_malformed")
        content = "0x04000000" + argument[2:]
        cases.append(_case(option, "An option has two members.", arguments=content))
    listed = (("list_uneven", 3 * 8 + 1), ("list_too_long", 4 * 8))
    for name, size in listed:
        row = (name, "length", ((),), "contract.arguments_malformed")
        content = "0x04000000" + "00" * size
        cases.append(_case(row, "A list has whole elements, up to its limit.", arguments=content))
    boolean: Row = ("boolean_two", "not", (True,), "contract.arguments_malformed")
    cases.append(_case(boolean, "Truth has one encoding.", arguments="0x02"))
    return cases


def _make_message(function: str, arguments: bytes) -> MessageValue:
    return MessageValue(OTHER, compute_selector(function), 0, arguments)


def _build_calls() -> list[Case]:
    rows: tuple[Row, ...] = (
        ("call", "call_add", (OTHER, 2, 3), None),
        ("call_fails", "call_add", (OTHER, U64_MAX, 3), CALL_FAILED),
        ("call_nothing", "call_add", (NOWHERE, 2, 3), CALL_FAILED),
        ("call_key", "call_add", (BOB.address, 2, 3), CALL_FAILED),
        ("call_itself", "call_add", (MAIN, 2, 3), CALL_FAILED),
        ("call_too_little_gas", "call_add_cheaply", (OTHER, 2, 3), CALL_FAILED),
        ("call_absent_function", "call_absent", (OTHER, 2), CALL_FAILED),
        ("call_no_view", "call_no_view", (OTHER, 2), CALL_FAILED),
        ("call_changes_other", "call_count_plus", (OTHER, 4), None),
        ("make_message", "make_message", (OTHER, 10), None),
        ("send_message", "send", (MessageValue(OTHER, compute_selector("deposit"), 3, b""),), None),
        ("send_with_arguments", "send", (_make_message("set_count", b"\x07" + bytes(7)),), None),
        ("send_malformed_arguments", "send", (_make_message("set_count", b"\x07"),), CALL_FAILED),
        ("send_to_view", "send", (_make_message("get_count", b""),), None),
        ("send_to_init", "send", (MessageValue(OTHER, bytes(8), 0, b""),), CALL_FAILED),
        ("send", "send_deposit", (OTHER, 10), None),
        ("send_too_much", "send_deposit", (OTHER, 1_001), "contract.balance_short"),
        ("send_nothing", "send_deposit", (OTHER, 0), None),
        ("send_to_key", "send_deposit", (BOB.address, 10), CALL_FAILED),
    )
    why = "A call runs in another contract's state; its failure fails the caller, with its cause."
    cases = [_case(row, why) for row in rows]
    state = START_STATE
    line = (MAIN, OTHER, *LINE)
    for here, following in pairwise(line[:18]):
        state = after(state, "set_next", following, contract=to_hex(here))
    deep: Row = ("call_depth", "descend", (), CALL_FAILED)
    cases.append(_case(deep, "At most 16 contracts are active.", render_state(state)))
    return cases
