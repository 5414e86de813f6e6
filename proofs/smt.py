"""The solver: the only module of the proofs that imports z3; it runs in child processes."""

import time
from dataclasses import dataclass

import z3

MEMORY_MIB_MAX = 1_024
"""Where the solver itself gives up a query."""
MODEL_LENGTH_MAX = 4_000
"""Longest text of a model that is kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver says of a query."""

    verdict: str
    """"sat", "unsat" or "unknown"."""
    reason: str
    """Why unknown."""
    constants: tuple[tuple[str, str], ...]
    """If sat: the constants of the model by name, as text."""
    model: str
    """If sat: the whole model as text, cut off at `MODEL_LENGTH_MAX`."""
    ms: int
    """Wall clock."""


def get_version() -> str:
    """The solver's version, "5.4.1"."""
    return str(z3.get_version_string())


def start() -> None:
    """What a child does before its first query."""
    z3.set_param("memory_max_size", MEMORY_MIB_MAX)


def solve(text: str, rlimit: int) -> Answer:
    """Decides one query, in a context of its own: the answer depends on the query alone.

    Args:
        text: SMT-LIB without (check-sat).
        rlimit: solver steps allowed, deterministic; at least 1.
    """
    started_s = time.monotonic()
    context = z3.Context()
    solver = z3.SimpleSolver(ctx=context)
    solver.set("rlimit", rlimit)
    solver.from_string(text)
    verdict = str(solver.check())
    reason = str(solver.reason_unknown()) if verdict == "unknown" else ""
    constants: tuple[tuple[str, str], ...] = ()
    shown = ""
    if verdict == "sat":
        model = solver.model()
        constants = tuple(
            sorted((str(d.name()), str(model[d])) for d in model.decls() if d.arity() == 0)
        )
        shown = " ".join(str(model.sexpr()).split())
        if len(shown) > MODEL_LENGTH_MAX:
            shown = f"{shown[:MODEL_LENGTH_MAX]} …"
    return Answer(verdict, reason, constants, shown, int((time.monotonic() - started_s) * 1000))
