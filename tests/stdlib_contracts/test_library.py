"""Every contract of the library keeps the house's rules."""

import pytest

from dsl.compile import CompiledUnit, compile_source
from dsl.format import format_source
from dsl.testing import run_tests
from spec.ir.syntax import Call, Collect, Emit, Pay, Send, Set, Update
from stdlib_contracts.loader import LibraryContract, find_contract, list_contracts

LIBRARY = {each.name: each for each in list_contracts()}


def compile_contract(contract: LibraryContract) -> CompiledUnit:
    """Compile a contract that gives no diagnostic at all."""
    result = compile_source(contract.read_source(), contract.path.name)
    assert result.diagnostics == ()
    assert result.unit is not None
    return result.unit


@pytest.mark.parametrize("name", LIBRARY)
def test_a_library_contract_is_strict_and_without_warnings(name: str) -> None:
    unit = compile_contract(LIBRARY[name])
    assert unit.checked.strict
    assert all(each.is_complete for each in unit.module.spec.functions)
    actions = [each for each in unit.source_map.functions if each.kind == "action"]
    assert all(each.modifies is not None for each in actions)


@pytest.mark.parametrize("name", LIBRARY)
def test_a_library_contract_passes_its_own_tests(name: str) -> None:
    outcomes = run_tests(compile_contract(LIBRARY[name]))
    assert len(outcomes) >= 5
    assert [(each.title, each.problem) for each in outcomes if not each.passed] == []


@pytest.mark.parametrize("name", LIBRARY)
def test_a_library_contract_is_laid_out_and_explained(name: str) -> None:
    source = LIBRARY[name].read_source()
    assert format_source(source) == source
    readme = (LIBRARY[name].folder / "README.md").read_text("utf-8")
    assert f"qc contract verify {LIBRARY[name].shown_path}" in readme


def test_each_error_of_the_library_is_provoked_by_a_test() -> None:
    for contract in LIBRARY.values():
        unit, source = compile_contract(contract), contract.read_source()
        tests = source[source.index('    test "') :]
        assert [
            each.name for each in unit.checked.errors if f"expect {each.name}" not in tests
        ] == []


@pytest.mark.parametrize("name", LIBRARY)
def test_only_actions_write(name: str) -> None:
    """Nothing but the actions of a contract, and its deployment, changes state or moves coins."""
    unit = compile_contract(LIBRARY[name])
    writers = {
        number
        for number, function in enumerate(unit.module.code.functions)
        for node in function.code
        if isinstance(node, Set | Update | Pay | Collect | Emit | Call | Send)
    }
    kinds = {unit.source_map.functions[number].kind for number in writers}
    assert kinds <= {"init", "action"}


def test_there_is_no_null_address() -> None:
    """No address is written as a literal, and a cell of one has no default to start from."""
    missing = "contract C:\n    state:\n        owner: address\n    init():\n        pass\n"
    assert compile_source(missing, "wrong.qc").unit is None
    literal = (
        "contract C:\n    state:\n        owner: option[address]\n    init():\n"
        "        owner = some(0x0000000000000000000000000000000000000000000000000000000000000000)\n"
    )
    assert compile_source(literal, "wrong.qc").unit is None


def run_text(text: str) -> list[str]:
    unit = compile_source(text, "text.qc").unit
    assert unit is not None
    return [each.problem for each in run_tests(unit)]


def test_a_number_that_leaves_its_type_stops_the_call() -> None:
    problems = run_text(
        """contract C:
    state:
        small: u8
    action put(x: u8) by anyone:
        small += x
    test "the largest, and one more":
        deploy() as alice
        put(255) as alice
        expect OutOfRange: put(1) as alice
        assert small == 255
"""
    )
    assert problems == [""]


def test_a_contract_is_deployed_once() -> None:
    """Nothing calls `init` once a contract stands: it is no action."""
    text = "contract C:\n    init():\n        pass\n    action again() by anyone:\n        init()\n"
    assert compile_source(text, "wrong.qc").unit is None


def test_a_payment_runs_no_code() -> None:
    """Coins paid to a contract wait in its inbox; whoever is paid can't refuse them."""
    problems = run_text(
        """contract C:
    action put() payable by anyone:
        pass
    action forward() by anyone:
        let amount = balance
        pay(this, amount)
    test "paying a contract":
        deploy() as alice
        put() as alice with value 5
        forward() as alice
        assert balance == 0 and inbox == 5
"""
    )
    assert problems == [""]


def test_contracts_are_found_by_name() -> None:
    contract = find_contract("erc20")
    assert contract is not None
    assert "contract ERC20" in contract.read_source()
    assert find_contract("erc21") is None
