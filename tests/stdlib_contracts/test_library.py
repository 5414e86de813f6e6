"""Every contract of the library keeps the house's rules."""

import pytest

from dsl.compile import CompiledUnit, compile_source
from dsl.format import format_source
from dsl.testing import run_tests
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
    readme = (LIBRARY[name].path.parent / "README.md").read_text("utf-8")
    assert f"qc contract verify stdlib_contracts/{name}/{name}.qc" in readme


def test_each_error_of_the_library_is_provoked_by_a_test() -> None:
    for contract in LIBRARY.values():
        unit, source = compile_contract(contract), contract.read_source()
        tests = source[source.index('    test "') :]
        assert [
            each.name for each in unit.checked.errors if f"expect {each.name}" not in tests
        ] == []


def test_contracts_are_found_by_name() -> None:
    contract = find_contract("erc20")
    assert contract is not None
    assert "contract ERC20" in contract.read_source()
    assert find_contract("erc21") is None
