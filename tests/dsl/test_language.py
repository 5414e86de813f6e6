"""What the compiler decides: the module it makes, and what it refuses to make."""

import pytest

from dsl.compile import CompiledUnit, compile_source
from dsl.diagnostics import is_error, render_diagnostics
from dsl.testing import run_tests
from spec.ir import syntax as ir
from spec.ir.validate import validate

SAMPLE = '''contract Token implements Fungible:
    """A fungible token whose supply is always backed by its balances."""
    role minter

    state:
        name: string[32]
        supply: u256
        balances: map[address, u256]
        allowances: map[address, map[address, u256]]

    event Transfer(sender: option[address], recipient: option[address], amount: u256)
    error InsufficientBalance(held: u256, wanted: u256)

    invariant backed: sum(balances) == supply
    transition only_the_minter_mints: supply > old(supply) ==> caller == old(minter)
    transition consent: forall a: address: balances[a] < old(balances[a]) ==>
        authorized(a) or old(allowances[a][caller]) >= old(balances[a]) - balances[a]

    action transfer(to: address, amount: u256) by anyone:
        fails InsufficientBalance(balances[caller], amount) when amount > balances[caller]
        modifies balances[caller], balances[to]
        ensures to != caller ==> balances[to] == old(balances[to]) + amount
        emits Transfer(some(caller), some(to), amount)

        balances[caller] -= amount
        balances[to] += amount

    test "a transfer moves exactly the amount":
        deploy("Gold", 100) as alice
        transfer(bob, 30) as alice
        assert balances[bob] == 30
        expect InsufficientBalance: transfer(bob, 71) as alice
'''


def compile_good(text: str) -> CompiledUnit:
    """Compile a text without errors."""
    result = compile_source(text, "a.qc")
    errors = [each for each in result.diagnostics if is_error(each)]
    assert not errors, render_diagnostics(result.source, result.diagnostics)
    assert result.unit is not None
    assert validate(result.unit.module) is None
    return result.unit


def compile_members(members: str) -> CompiledUnit:
    """Compile a contract of these members."""
    lines = "".join(f"    {line}\n" if line else "\n" for line in members.split("\n"))
    return compile_good("contract A:\n" + lines)


def get_code(unit: CompiledUnit, name: str) -> ir.Function:
    """The function of that name."""
    names = [each.name for each in unit.source_map.functions]
    return unit.module.code.functions[names.index(name)]


def test_the_sample_of_the_design_compiles_as_written() -> None:
    """Its test deploys with arguments that its missing `init` would take; the contract stands."""
    result = compile_source(SAMPLE, "token.qc")
    errors = [each.code for each in result.diagnostics if is_error(each)]
    assert errors == ["QC0603"]
    assert result.unit is not None
    names = [each.name for each in result.unit.source_map.transitions]
    assert names[:2] == ["only_the_minter_mints", "consent"]


def test_guards_come_in_the_order_of_the_design() -> None:
    """Access, then phase, then `fails` in the order of the text."""
    unit = compile_members(
        "phases P: A -> B\nstate:\n    p: P\n    x: u64\nerror E\nerror F\n"
        "action go() by (x == 0) in A -> B:\n    fails F when x > 2\n    fails E when x > 1\n"
    )
    found = [each.error for each in unit.source_map.functions[0].conditions]
    assert found == ["NotAllowed", "WrongPhase", "F", "E"]
    code = get_code(unit, "go")
    assert all(not isinstance(node, ir.Set) for node in code.code[: code.guard_count])
    assert isinstance(code.code[-2], ir.Set)


def test_events_come_after_the_body_and_old_is_read_before_it() -> None:
    unit = compile_members(
        "state:\n    x: u64\nevent E(a: u64, b: u64)\n"
        "action go() by anyone:\n    emits E(old(x), x)\n\n    x += 1\n"
    )
    code = get_code(unit, "go")
    kinds = [type(node).__name__ for node in code.code]
    assert kinds == ["Get", "Const", "Update", "Get", "Emit", "Leave"]
    assert code.guard_count == 1


def test_a_range_check_stands_for_each_operation_of_a_body_and_none_in_a_guard() -> None:
    unit = compile_members(
        "state:\n    x: u64\nerror E\n"
        "action go(a: u64) by anyone:\n    fails E when x + a - 1 > 5\n\n    x = x + a - 1\n"
    )
    code = get_code(unit, "go")
    checks = [index for index, node in enumerate(code.code) if isinstance(node, ir.Check)]
    assert len(checks) == 2
    assert all(index >= code.guard_count for index in checks)


def test_completeness_is_owed_after_one_fails_clause_or_when_strict() -> None:
    body = "state:\n    x: u64\nerror E\naction a() by anyone:\n    fails E when x > 9\n"
    unit = compile_members(body + "action b() by anyone:\n    x = 1\n")
    assert [each.is_complete for each in unit.module.spec.functions] == [True, False]
    strict = compile_good(
        "strict contract A:\n    action a() by anyone:\n        modifies nothing\n"
    )
    assert [each.is_complete for each in strict.module.spec.functions] == [True]


def test_dead_code_is_pruned_and_tables_hold_what_is_used() -> None:
    unit = compile_members(
        "state:\n    x: u64\nview get() -> u64:\n    let a = 5\n    let b = x\n    return x\n"
    )
    assert [type(node).__name__ for node in get_code(unit, "get").code] == ["Get", "Leave"]
    assert unit.module.code.literals == ()


def test_equal_aggregates_are_one() -> None:
    unit = compile_members(
        "state:\n    m: map[address, u64]\n    x: u64\ninvariant a: sum(m) >= x\n"
        "invariant b: sum(m) >= 0 and sum(m[k] for k: address) >= x\n"
        "transition c: sum(m) >= old(sum(m)) or x == 0\n"
    )
    assert len(unit.module.spec.aggregates) == 1


def test_outer_names_become_parameters_of_an_aggregate() -> None:
    unit = compile_members(
        "state:\n    m: map[u64, map[address, u64]]\n"
        "invariant a: forall i: u64: sum(m[i]) >= 0\n"
        "transition b: sum(m[3][k] for k: address if k != caller) >= 0\n"
    )
    assert [len(each.params) for each in unit.module.spec.aggregates] == [1, 1]


def test_phases_state_a_transition_for_each_place() -> None:
    unit = compile_members(
        "phases P: A -> B | C\nrecord R:\n    p: P\nstate:\n    p: P\n    m: map[u64, R]\n"
    )
    assert [each.name for each in unit.source_map.transitions] == ["p_moves", "m_p_moves"]


def test_roles_bring_their_actions_and_the_deployer_holds_them_first() -> None:
    unit = compile_members("role owner\nroles editors\n")
    names = [each.name for each in unit.source_map.functions]
    assert names[0] == "init"
    assert set(names[1:]) == {
        "offer_owner",
        "accept_owner",
        "renounce_owner",
        "grant_editors",
        "revoke_editors",
        "renounce_editors",
    }
    assert all(each.generated for each in unit.source_map.functions)
    assert [each.name for each in unit.source_map.transitions] == [
        "owner_changes_by_consent",
        "owner_offer_is_made_or_used",
        "editors_change_by_a_member",
    ]
    stored = [node for node in get_code(unit, "init").code if isinstance(node, ir.Set)]
    assert len(stored) == 2


def test_a_selector_is_free_of_the_names_of_types() -> None:
    first = compile_members("record R:\n    a: u64\naction go(r: R) by anyone:\n    pass\n")
    second = compile_members("record S:\n    b: u64\naction go(s: S) by anyone:\n    pass\n")
    assert first.code_id == second.code_id
    assert get_code(first, "go").selector == get_code(second, "go").selector


def test_names_and_comments_do_not_change_the_code() -> None:
    first = compile_members("state:\n    x: u64\naction go(a: u64) by anyone:\n    x = a\n")
    second = compile_members(
        "state:\n    y: u64  # sum\naction go(b: u64) by anyone:\n\n    y = b\n"
    )
    assert first.code_id == second.code_id


@pytest.mark.parametrize(
    ("member", "code"),
    [
        ("state:\n    x: u64\naction go(a: u8) by anyone:\n    x = a + 256", "QC0205"),
        ("state:\n    x: u8\naction go(a: u64) by anyone:\n    x += a", "QC0201"),
        ("state:\n    o: option[address]\naction go(a: address) by anyone:\n    o = a", "QC0201"),
        ("state:\n    m: map[u64, map[address, u64]]\ninvariant a: m[1] == 3", "QC0207"),
        ("invariant a: forall x: u64: value > x", "QC0501"),
        ("action go() by anyone:\n    let x = old(3)", "QC0502"),
        ("action go() by anyone:\n    let x = forall a: u8: a > 0", "QC0502"),
        ("view v() -> u64:\n    return collect()", "QC0306"),
        ("view v() -> u64:\n    pay(this, 1)\n    return 1", "QC0306"),
        ("function f():\n    pay(this, 1)\nview v() -> u64:\n    f()\n    return 1", "QC0306"),
        ("error E\nfunction f():\n    require false, E\naction a() by anyone:\n    f()", "QC0403"),
        (
            "phases P: A -> B\nstate:\n    p: P\n    q: P\naction a() by anyone in A:\n    pass",
            "QC0411",
        ),
        ("enum E: A(x: u64)\naction a(e: E) by anyone:\n    let x = e == E.A", "QC0303"),
        ("action a(a1: u64) by anyone:\n    var a1: u64 = 2", "QC0104"),
        ("action a() by anyone:\n    let sum = 2", "QC0104"),
        ("action a() by anyone by anyone:\n    pass", "QC0410"),
        ("action a() by anyone:\n    modifies balance", "QC0414"),
        ("role value\naction a() by value:\n    pass", "QC0104"),
        ("record R:\n    a: u64\n    a: u64", "QC0101"),
        ("init():\n    pass\ninit():\n    pass", "QC0101"),
        ("state:\n    x: u64\ntransition t: x == 1 ==> action in (nothing_such)", "QC0103"),
        ("state:\n    ghost x: list[u64, 2]", "QC0511"),
        (
            "enum E: A, B\nfunction f(e: E):\n    match e:\n        F.A:\n            pass",
            "QC0103",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_code(member: str, code: str) -> None:
    lines = "".join(f"    {line}\n" for line in member.split("\n"))
    result = compile_source("contract A:\n" + lines, "a.qc")
    assert code in [each.code for each in result.diagnostics if is_error(each)]
    assert result.unit is None


def test_a_limit_of_the_core_ir_is_reported_where_it_is_exceeded() -> None:
    product = " * ".join(["x"] * 5)
    members = f"    invariant small: x < 3\n    invariant wide: {product} >= 0\n"
    text = f"contract A:\n    state:\n        x: u256\n{members}"
    result = compile_source(text, "a.qc")
    assert [each.code for each in result.diagnostics] == ["QC0703"]
    span = result.diagnostics[0].span
    assert text[span.start : span.end].startswith("invariant wide")
    assert result.diagnostics[0].label == "ir.int_too_wide"


def test_what_nothing_uses_is_a_warning() -> None:
    text = """contract A:
    state:
        x: u64
    error Idle
    event Quiet
    enum Odd: One
    function unused() -> u64:
        return 1
    action go(idle: u64) by anyone:
        let unread = x
        var written: u64 = 1
        x = 1
"""
    text = text.replace("event Quiet", "event Quiet()")
    result = compile_source(text, "a.qc")
    assert {each.code for each in result.diagnostics} == {"QC0801"}
    found = {text[each.span.start : each.span.end] for each in result.diagnostics}
    assert found == {"Idle", "Quiet", "Odd", "unused", "idle", "unread", "written"}
    assert result.unit is not None


IMPORTED = 'import "std/erc20/erc20.qc": ERC20\n'
DEPLOYING = """contract A:
    test "one":
        deploy() as alice
        let gold = deploy ERC20("Gold", "GLD", 2, 9, 5) as alice
        assert gold.balance_of(alice) == 5
"""


def test_tests_deploy_contracts_of_other_files() -> None:
    result = compile_source(IMPORTED + DEPLOYING, "a.qc")
    assert result.unit is not None
    assert [each.passed for each in run_tests(result.unit)] == [True]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (DEPLOYING, "QC0103"),
        (IMPORTED + DEPLOYING.replace("balance_of", "balances_of"), "QC0103"),
        (IMPORTED + DEPLOYING.replace(", 5) as alice", ") as alice"), "QC0603"),
        (IMPORTED + DEPLOYING.replace(", 5) as alice", ", 5)"), "QC0604"),
        (IMPORTED + "interface ERC20:\n    view a() -> u8\n\n" + DEPLOYING, "QC0104"),
        (
            "contract A:\n    view a() -> u8:\n        let x = deploy B()\n        return 1\n",
            "QC0601",
        ),
        (
            "interface B trusted:\n    view a() -> u8\n\ncontract A implements B:\n    role a\n",
            "QC0512",
        ),
    ],
)
def test_what_is_wrong_with_several_contracts_is_told(text: str, code: str) -> None:
    result = compile_source(text, "a.qc")
    assert code in [each.code for each in result.diagnostics if is_error(each)]
