"""Decides the queries of theorems in child processes, and turns the answers into verdicts.

Each query has its own solver context and a fixed number of solver steps, so its answer depends
neither on the machine's speed nor on the order. `unknown` is never taken for an answer.
"""

import multiprocessing
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Final

from proofs import smt
from proofs.evaluate import evaluate, is_quantified
from proofs.logic import BOOL, INT, Term, collect
from proofs.theorem import Query, Theorem, get_flaws, get_queries

WORKERS: Final = 2
"""Children at a time; the reference machine has two cores."""
RLIMIT_DEFAULT: Final = 10_000_000
"""Solver steps for one query: twenty times what the hardest here takes."""
_INTEGER: Final = re.compile(r"-?\d+")

# What an answer means, by the kind of query and the solver's word.
_VERDICTS: Final = {
    ("lemma", "unsat"): "proved",
    ("lemma", "sat"): "refuted",
    ("mutant", "sat"): "refuted",
    ("mutant", "unsat"): "survived",
    ("non_vacuity", "sat"): "satisfiable",
    ("non_vacuity", "unsat"): "vacuous",
}
_WANTED: Final = {"lemma": "proved", "mutant": "refuted", "non_vacuity": "satisfiable"}


@dataclass(frozen=True, slots=True)
class Decision:
    """A query and what came of it."""

    query: Query
    verdict: str
    """"proved", "refuted", "survived", "satisfiable", "vacuous" or "unknown"."""
    reason: str
    """If unknown: why."""
    constants: tuple[tuple[str, str], ...]
    """Of the model, if there is one."""
    model: str
    ms: int

    @property
    def is_good(self) -> bool:
        """Whether it is what the theorem needs."""
        return self.verdict == _WANTED[self.query.kind]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A theorem and the decisions on all its queries."""

    theorem: Theorem
    flaws: tuple[str, ...]
    decisions: tuple[Decision, ...]

    @property
    def verdict(self) -> str:
        """What became of it: "proved", "failed" if something is false or missing, or "unknown"."""
        if self.flaws or any(not d.is_good and d.verdict != "unknown" for d in self.decisions):
            return "failed"
        return "proved" if all(d.is_good for d in self.decisions) else "unknown"

    @property
    def ms(self) -> int:
        """Solver time, summed."""
        return sum(decision.ms for decision in self.decisions)


def prove(theorems: Sequence[Theorem], rlimit: int = RLIMIT_DEFAULT) -> tuple[Outcome, ...]:
    """Decides every query of these theorems.

    Args:
        theorems: any.
        rlimit: solver steps for one query, at least 1.
    """
    queries = [query for theorem in theorems for query in get_queries(theorem)]
    decisions = tuple(
        _judge(query, answer)
        for query, answer in zip(queries, _solve([q.text for q in queries], rlimit), strict=True)
    )
    return tuple(
        Outcome(
            theorem=theorem,
            flaws=get_flaws(theorem),
            decisions=tuple(d for d in decisions if d.query.theorem == theorem.name),
        )
        for theorem in theorems
    )


def _solve(texts: Sequence[str], rlimit: int) -> list[smt.Answer]:
    """The answers in order; equal texts are decided once."""
    distinct = list(dict.fromkeys(texts))
    if len(distinct) == 1:
        return [smt.solve(text, rlimit) for text in texts]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WORKERS, mp_context=context, initializer=smt.start) as pool:
        futures = [pool.submit(smt.solve, text, rlimit) for text in distinct]
        answers = {}
        for text, future in zip(distinct, futures, strict=True):
            try:
                answers[text] = future.result()
            except BrokenProcessPool:
                answers[text] = smt.Answer("unknown", "the solver's process died", (), "", 0)
    return [answers[text] for text in texts]


def _judge(query: Query, answer: smt.Answer) -> Decision:
    verdict = _VERDICTS.get((query.kind, answer.verdict), "unknown")
    reason = answer.reason
    if answer.verdict == "sat" and not _is_model(query.assertions, answer):
        verdict, reason = "unknown", "the model does not satisfy the query"
    return Decision(query, verdict, reason, answer.constants, answer.model, answer.ms)


def _is_model(assertions: Iterable[Term], answer: smt.Answer) -> bool:
    """Computes the query under the model, where it consists of numbers and truth values only."""
    meaning: dict[str, object] = {}
    given = dict(answer.constants)
    for assertion in assertions:
        if is_quantified(assertion):
            return True
        for term in collect(assertion):
            if term.symbol is None:
                continue
            if term.args or term.sort not in (INT, BOOL):
                return True
            text = given.get(term.symbol.name, "0")  # a constant that does not matter is left out
            is_number = _INTEGER.fullmatch(text) is not None
            meaning[term.symbol.name] = int(text) if is_number else text == "True"
    return all(evaluate(assertion, meaning) is True for assertion in assertions)
