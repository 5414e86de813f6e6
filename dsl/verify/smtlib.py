"""Terms as SMT-LIB 2 text: the one form in which a goal leaves this process.

The text is self-contained, so the child process, an exported file and another solver see the same
goal. Every atom is a declared constant, in order, so that a model is a list of numbers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dsl.verify.terms import ATOMS, Op, Pool, Symbol, Term
from dsl.verify.valuation import evaluate

LOGIC = "QF_UFNIA"
INLINE_LENGTH_MAX = 400
"""Longest text of a term that is written out where it is used."""


@dataclass(frozen=True, slots=True)
class Query:
    """Is there a state in which all assertions hold?"""

    text: str
    """SMT-LIB without (check-sat)."""
    atoms: tuple[Term, ...]
    """Atom i is the constant `a{i}`."""
    assertions: tuple[Term, ...]
    """What was asserted, facts included, to judge a model by."""


def _close(pool: Pool, roots: Iterable[Term]) -> tuple[tuple[Term, ...], list[Term]]:
    """The roots and the facts of everything they mention, and all terms, arguments first."""
    asserted: dict[int, Term] = {root.id: root for root in roots}
    seen: dict[int, Term] = {}
    frontier = list(asserted.values())
    while frontier:
        fresh = _descend(frontier, seen)
        frontier = []
        for number in sorted(fresh):
            for fact in pool.facts.get(number, ()):
                if fact.id not in asserted:
                    asserted[fact.id] = fact
                    frontier.append(fact)
    return tuple(asserted.values()), [seen[number] for number in sorted(seen)]


def _descend(roots: Iterable[Term], seen: dict[int, Term]) -> list[int]:
    """Adds everything below the roots to what was seen; the ids of what is new."""
    fresh: list[int] = []
    pending = list(roots)
    while pending:
        term = pending.pop()
        if term.id not in seen:
            seen[term.id] = term
            fresh.append(term.id)
            pending += term.args
    return fresh


def _number(value: int) -> str:
    return str(value) if value >= 0 else f"(- {-value})"


def _scaled(factor: int, text: str) -> str:
    if factor == 1:
        return text
    return f"(- {text})" if factor == -1 else f"(* {_number(factor)} {text})"


def _render_linear(term: Term, args: list[str]) -> str:
    parts = [_scaled(factor, arg) for factor, arg in zip(term.factors, args, strict=True)]
    if term.constant:
        parts.append(_number(term.constant))
    return f"(+ {' '.join(parts)})" if len(parts) > 1 else parts[0]


_OPERATORS: Mapping[Op, str] = {
    Op.CHOICE: "ite",
    Op.PRODUCT: "*",
    Op.NOT: "not",
    Op.AND: "and",
    Op.OR: "or",
}


def _render(term: Term, args: list[str]) -> str:
    match term.op:
        case Op.NUMBER:
            return _number(term.constant)
        case Op.LINEAR:
            return _render_linear(term, args)
        case Op.TRUE:
            return "true"
        case Op.FALSE:
            return "false"
        case Op.LE_ZERO:
            return f"(<= {args[0]} 0)"
        case Op.EQ_ZERO:
            return f"(= {args[0]} 0)"
        case _:
            return f"({_OPERATORS[term.op]} {' '.join(args)})"


RANGE_BITS_MAX = 8_192
"""Above, an upper bound is left out: it costs more to read than it can ever prove."""


class _Writer:
    """Writes the declarations and definitions of one query."""

    def __init__(self) -> None:
        self.lines: list[str] = [f"(set-logic {LOGIC})"]
        self.atoms: list[Term] = []
        self.texts: dict[int, str] = {}
        self._functions: dict[Symbol, str] = {}

    def declare(self, term: Term) -> None:
        """An atom or quotient as a constant with its range."""
        name = f"a{len(self.atoms)}"
        self.atoms.append(term)
        self.texts[term.id] = name
        self.lines.append(f"(declare-const {name} Int)")
        if term.low is not None:
            self.lines.append(f"(assert (<= {_number(term.low)} {name}))")
        if term.high is not None and term.high.bit_length() <= RANGE_BITS_MAX:
            self.lines.append(f"(assert (<= {name} {_number(term.high)}))")
        if term.op is Op.APPLY:
            function = self._get_function(term)
            args = " ".join(self.texts[arg.id] for arg in term.args)
            self.lines.append(f"(assert (= {name} ({function} {args})))")

    def _get_function(self, term: Term) -> str:
        assert term.symbol is not None, "an application has a symbol"
        known = self._functions.get(term.symbol)
        if known is None:
            known = f"f{len(self._functions)}"
            self._functions[term.symbol] = known
            sorts = " ".join("Int" for _ in term.args)
            self.lines.append(f"(declare-fun {known} ({sorts}) Int)")
        return known

    def define(self, term: Term, is_shared: bool) -> None:
        """Any other term, under a name of its own if it is used twice."""
        text = _render(term, [self.texts[arg.id] for arg in term.args])
        if (is_shared and term.args) or len(text) > INLINE_LENGTH_MAX:
            name = f"t{len(self.texts)}"
            sort = "Bool" if term.op >= Op.TRUE else "Int"
            self.lines.append(f"(define-fun {name} () {sort} {text})")
            text = name
        self.texts[term.id] = text


def make_query(pool: Pool, roots: Iterable[Term]) -> Query:
    """The query whether all roots can hold together."""
    assertions, terms = _close(pool, roots)
    uses: dict[int, int] = {}
    for term in terms:
        for arg in term.args:
            uses[arg.id] = uses.get(arg.id, 0) + 1
    writer = _Writer()
    for term in terms:
        if term.op in ATOMS or term.op is Op.QUOTIENT:
            writer.declare(term)
        else:
            writer.define(term, uses.get(term.id, 0) > 1)
    writer.lines.extend(f"(assert {writer.texts[each.id]})" for each in assertions)
    return Query("\n".join(writer.lines) + "\n", tuple(writer.atoms), assertions)


def is_model(query: Query, values: tuple[int, ...]) -> bool:
    """Whether the values of the atoms really satisfy the query.

    Functions must be functions, quotients must be quotients, ranges must hold, and every assertion
    must be true when this process computes it.
    """
    known = {atom.id: value for atom, value in zip(query.atoms, values, strict=True)}
    graph: dict[tuple[Symbol, tuple[int, ...]], int] = {}
    is_sound = True

    def assign(term: Term, args: tuple[int, ...]) -> int:
        nonlocal is_sound
        value = known[term.id]
        assert term.symbol is not None, "an atom has a symbol"
        is_sound &= graph.setdefault((term.symbol, args), value) == value
        is_sound &= term.low is None or term.low <= value
        is_sound &= term.high is None or value <= term.high
        return value

    return all(evaluate(query.assertions, assign)) and is_sound
