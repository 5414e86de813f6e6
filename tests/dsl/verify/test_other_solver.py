"""A second solver agrees: every proved goal of the library, as exported, is unsat for it too."""

from pathlib import Path
from typing import Any

import pytest

from dsl.verify.export import export_goals
from dsl.verify.jobs import make_subject
from dsl.verify.solver import Limits, Solver
from tests.dsl.verify.support import compile_text, read_library

STEPS_MAX = 200_000
"""Of the second solver, for one goal."""


def decide(cvc5: Any, text: str) -> str:
    """What cvc5 says of a file."""
    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    solver.setOption("rlimit-per", str(STEPS_MAX))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "goal.smt2")
    symbols = parser.getSymbolManager()
    answer = ""
    while True:
        command = parser.nextCommand()
        if command.isNull():
            return answer
        answer = str(command.invoke(solver, symbols)).strip() or answer


@pytest.mark.slow
@pytest.mark.parametrize("name", ["erc20", "escrow"])
def test_a_second_solver_agrees_on_what_is_proved(
    name: str, solver: Solver, tmp_path: Path
) -> None:
    cvc5 = pytest.importorskip("cvc5", reason="the solver cvc5 is not installed: pip install cvc5")
    count = export_goals(make_subject(compile_text(read_library(name))), solver, Limits(), tmp_path)
    files = sorted(tmp_path.glob("*.smt2"))
    assert len(files) == count > 30
    answers = {path.name: decide(cvc5, path.read_text(encoding="ascii")) for path in files}
    assert not [each for each, answer in answers.items() if answer == "sat"]
    agreed = sum(answer == "unsat" for answer in answers.values())
    assert agreed >= 0.9 * count, [each for each, answer in answers.items() if answer != "unsat"]
