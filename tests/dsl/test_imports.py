"""What `qc contract check` loads: a start is quick because of what it leaves alone."""

import subprocess
import sys

import pytest

from tests.dsl.corpus import ROOT

PROGRAM = """
import sys
from quantumchain.cli import main
code = main(["contract", "check", sys.argv[1]])
print("\\n".join(sorted(sys.modules)))
sys.exit(code)
"""
ERC20 = "stdlib_contracts/erc20/erc20.qc"
FOREIGN = ("Crypto", "z3", "fastapi", "pydantic", "uvicorn", "libp2p", "qcref", "conformance")
"""Packages that checking a contract has no use for."""
MODULES_MAX = 420
"""Loaded at most; about 300 when this was written, of which a third are Python's own."""


@pytest.fixture(scope="module")
def loaded() -> frozenset[str]:
    command = [sys.executable, "-c", PROGRAM, ERC20]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return frozenset(done.stdout.splitlines()[1:])


@pytest.mark.parametrize("package", FOREIGN)
def test_checking_a_contract_loads_nothing_of(package: str, loaded: frozenset[str]) -> None:
    assert [each for each in loaded if each.split(".")[0] == package] == []


def test_checking_a_contract_loads_the_compiler_and_not_the_verifier(
    loaded: frozenset[str],
) -> None:
    assert {"dsl.compile", "spec.ir.validate", "lark"} <= loaded
    assert {"dsl.verify.vc", "dsl.verify.smt", "dsl.testing", "spec.ir.machine"} & loaded == set()


def test_checking_a_contract_loads_few_modules(loaded: frozenset[str]) -> None:
    assert len(loaded) <= MODULES_MAX
