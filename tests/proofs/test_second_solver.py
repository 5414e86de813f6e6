"""cvc5 agrees with Z3 on every goal, mutant and witness that it decides in its time."""

import importlib
import importlib.util
from collections import Counter
from collections.abc import Callable

import pytest

from proofs.export import render_file
from proofs.registry import THEOREMS
from proofs.theorem import Query, Theorem, get_queries
from tests.foreign import report_missing

TIME_MS = 2_000
"""For one query: most take milliseconds, the others are undecided."""


STRATEGIES: tuple[dict[str, str], ...] = ({}, {"finite-model-find": "true"}, {"enum-inst": "true"})
"""One after the other until the query is decided: quantifiers need one of the later two."""


def decide(query: Query) -> str:
    """What cvc5 says: "sat", "unsat", or else why it is undecided."""
    answer = ""
    for options in STRATEGIES:
        answer = ask(query, options)
        if answer in ("sat", "unsat"):
            break
    return answer


def ask(query: Query, options: dict[str, str]) -> str:
    if importlib.util.find_spec("cvc5") is None:
        report_missing("cvc5", "the package cvc5 is not installed")
    cvc5 = importlib.import_module("cvc5")  # it has no annotations
    solver = cvc5.Solver()
    solver.setOption("tlimit-per", str(TIME_MS))
    for name, value in options.items():
        solver.setOption(name, value)
    symbols = cvc5.SymbolManager(solver)
    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, render_file(query), query.name)
    answer = ""
    while True:
        command = parser.nextCommand()
        if command.isNull():
            return answer.strip()
        answer += str(command.invoke(solver, symbols))


@pytest.mark.slow
@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda theorem: theorem.name)
def test_a_second_solver_agrees(
    theorem: Theorem, record_property: Callable[[str, object], None]
) -> None:
    answers = [(query, decide(query)) for query in get_queries(theorem)]
    wrong = {q.name: a for q, a in answers if a in ("sat", "unsat") and a != q.expected}
    counts = Counter("agrees" if a == q.expected else "undecided" for q, a in answers)
    record_property("cvc5", dict(counts))
    print(f"{theorem.name}: {dict(counts)}")  # noqa: T201 - shown with -s
    assert all(a in ("sat", "unsat") or a.startswith("unknown") for _, a in answers)
    assert wrong == {}
    assert counts["agrees"] >= len(answers) // 2
