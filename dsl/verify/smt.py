"""The solver: the only module that imports z3. It runs in a child process (`solver`)."""

from collections.abc import Mapping
from dataclasses import dataclass

import z3


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver says of a query."""

    verdict: str
    """"sat", "unsat" or "unknown"."""
    reason: str
    """Why unknown."""
    values: tuple[int, ...]
    """If sat: the values of the constants a0, a1, …"""


def get_version() -> str:
    """The solver's version, "5.4.1"."""
    return str(z3.get_version_string())


def set_memory_limit(size_mib: int) -> None:
    """Lets the solver give up on a query that needs more memory."""
    z3.set_param("memory_max_size", size_mib)


QUICK_RLIMIT = 250_000
"""Steps of the first attempt: what it can do at all it does with fewer."""
QUICK: Mapping[str, bool] = {"arith.nl.grobner": False, "arith.nl.horner": False}
"""Without Groebner bases and Horner's scheme: products are settled a third sooner, but for a few
that need them."""


def solve(text: str, atom_count: int, rlimit: int) -> Answer:
    """Decides one query: quickly, or with everything the solver has.

    Args:
        text: SMT-LIB without (check-sat), its constants a0 … declared.
        atom_count: how many such constants there are.
        rlimit: solver steps allowed, deterministic; at least 1.
    """
    answer = _attempt(text, atom_count, min(rlimit, QUICK_RLIMIT), QUICK)
    return _attempt(text, atom_count, rlimit, {}) if answer.verdict == "unknown" else answer


def _attempt(text: str, atom_count: int, rlimit: int, options: Mapping[str, bool]) -> Answer:
    context = z3.Context()
    solver = z3.SimpleSolver(ctx=context)
    solver.set(rlimit=rlimit, **options)
    solver.from_string(text)
    verdict = str(solver.check())
    reason = str(solver.reason_unknown()) if verdict == "unknown" else ""
    values: tuple[int, ...] = ()
    if verdict == "sat":
        model = solver.model()
        values = tuple(
            model.eval(z3.Int(f"a{index}", context), model_completion=True).as_long()
            for index in range(atom_count)
        )
    return Answer(verdict, reason, values)
