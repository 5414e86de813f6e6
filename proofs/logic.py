"""Formulas of many-sorted first-order logic with integers: what a theorem is written in.

A term is a value. Python's operators build terms (`3 * w > 2 * t`), so a function of the
specification that only computes and compares runs on terms as it runs on numbers: the theorem then
speaks of the function itself (`symbolic`). A term is written out as SMT-LIB (`smtlib`) for any
solver, and can be computed for given values (`evaluate`).

Division rounds down and is only meant for positive divisors, where Python and SMT-LIB agree;
`x << s` is `x * 2^s` and `x >> s` is `x // 2^s`, with `POWER_OF_TWO` where s is not a number.
"""

from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Final


@dataclass(frozen=True, slots=True)
class Sort:
    """A kind of thing."""

    name: str


INT: Final = Sort("Int")
BOOL: Final = Sort("Bool")


class Oracle:
    """Decides the conditions that a running function asks about, and remembers them."""

    def __init__(self, prefix: tuple[bool, ...]) -> None:
        """Answers `prefix` first, then always True."""
        self._prefix = prefix
        self.asked: list[tuple[Term, bool]] = []

    def decide(self, condition: "Term") -> bool:
        """The answer to the next condition."""
        place = len(self.asked)
        answer = self._prefix[place] if place < len(self._prefix) else True
        self.asked.append((condition, answer))
        return answer


ORACLE: Final[ContextVar[Oracle | None]] = ContextVar("oracle", default=None)
"""Who decides conditions; None where no function is being explored."""


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """An expression: a number, a truth value, or something of another sort."""

    op: str
    """An SMT-LIB operator; "number", "apply" (a constant or function), "forall" or "variable"."""
    args: tuple["Term", ...]
    sort: Sort
    number: int = 0
    """If a number: which."""
    symbol: "Function | None" = None
    """If an application: of what."""
    bits: int = 0
    """If a number of known length: its `bit_length`."""

    def __hash__(self) -> int:
        return id(self)

    def __bool__(self) -> bool:
        oracle = ORACLE.get()
        if oracle is None:
            raise TypeError(f"a {self.op} of symbols is neither true nor false here")
        return oracle.decide(self if self.sort is BOOL else not_(equal(self, 0)))

    def __eq__(self, other: object) -> "Term":  # type: ignore[override] # equality of terms is a term
        return equal(self, lift(other))

    def __ne__(self, other: object) -> "Term":  # type: ignore[override] # as above
        return not_(equal(self, lift(other)))

    def __le__(self, other: "Term | int") -> "Term":
        return _compare("<=", self, other)

    def __lt__(self, other: "Term | int") -> "Term":
        return _compare("<", self, other)

    def __ge__(self, other: "Term | int") -> "Term":
        return _compare(">=", self, other)

    def __gt__(self, other: "Term | int") -> "Term":
        return _compare(">", self, other)

    def __add__(self, other: "Term | int") -> "Term":
        return _compute("+", self, other)

    def __radd__(self, other: int) -> "Term":
        return self if other == 0 else _compute("+", other, self)

    def __sub__(self, other: "Term | int") -> "Term":
        return _compute("-", self, other)

    def __rsub__(self, other: int) -> "Term":
        return _compute("-", other, self)

    def __neg__(self) -> "Term":
        return _compute("-", 0, self)

    def __mul__(self, other: "Term | int") -> "Term":
        return _compute("*", self, other)

    def __rmul__(self, other: int) -> "Term":
        return _compute("*", other, self)

    def __pow__(self, exponent: int) -> "Term":
        return _compute("*", self, self ** (exponent - 1)) if exponent > 1 else self

    def __floordiv__(self, other: "Term | int") -> "Term":
        return _compute("div", self, other)

    def __rfloordiv__(self, other: int) -> "Term":
        return _compute("div", other, self)

    def __mod__(self, other: "Term | int") -> "Term":
        return _compute("mod", self, other)

    def __lshift__(self, bits: "Term | int") -> "Term":
        return _compute("*", self, _power_of_two(bits))

    def __rshift__(self, bits: "Term | int") -> "Term":
        return _compute("div", self, _power_of_two(bits))

    def __and__(self, mask: int) -> "Term":
        """The lowest bits, or one bit: the masks that the specification uses."""
        if mask & (mask + 1) == 0:
            return self % (mask + 1)
        assert mask & (mask - 1) == 0, "a mask is 2^k - 1 or 2^k"
        return (self // mask) % 2 * mask

    def __or__(self, other: "Term | int") -> "Term":
        return BIT_OR(self, other)

    def __ror__(self, other: int) -> "Term":
        return BIT_OR(other, self)

    def bit_length(self) -> int:
        """How many bits the number has: known only of a `sized_constant`."""
        assert self.bits, "a number of unknown length"
        return self.bits


Operand = Term | int


@dataclass(frozen=True, slots=True)
class Function:
    """A named constant, function or relation; a relation has the sort `BOOL`."""

    name: str
    domain: tuple[Sort, ...]
    sort: Sort

    def __call__(self, *args: Operand) -> Term:
        """The function applied to terms."""
        lifted = tuple(lift(arg) for arg in args)
        assert tuple(arg.sort for arg in lifted) == self.domain, f"{self.name}: sorts differ"
        return Term("apply", lifted, self.sort, symbol=self)


POWER_OF_TWO: Final = Function("power_of_two", (INT,), INT)
BIT_OR: Final = Function("bit_or", (INT, INT), INT)

TRUE: Final = Term("true", (), BOOL)
FALSE: Final = Term("false", (), BOOL)


def lift(value: object) -> Term:
    """A term as it is, a number or a truth value as a term."""
    if isinstance(value, Term):
        return value
    assert isinstance(value, int), f"{value!r} is no term"
    return (TRUE if value else FALSE) if isinstance(value, bool) else Term("number", (), INT, value)


def _compute(op: str, left: Operand, right: Operand) -> Term:
    first, second = lift(left), lift(right)
    assert first.sort is INT, f"{op} computes with numbers"
    assert second.sort is INT, f"{op} computes with numbers"
    return Term(op, (first, second), INT)


def _compare(op: str, left: Operand, right: Operand) -> Term:
    return Term(op, (lift(left), lift(right)), BOOL)


def _power_of_two(bits: Operand) -> Operand:
    return 1 << bits if isinstance(bits, int) else POWER_OF_TWO(bits)


def constant(name: str, sort: Sort = INT) -> Term:
    """A fixed but unknown thing."""
    return Function(name, (), sort)()


def sized_constant(name: str, bits: int) -> tuple[Term, Term]:
    """A number of so many bits, at least 1, and the formula that says so."""
    number = Term("apply", (), INT, symbol=Function(name, (), INT), bits=bits)
    return number, and_(number >= 1 << (bits - 1), number < 1 << bits)


def constants(names: str, sort: Sort = INT) -> tuple[Term, ...]:
    """Several of one sort, their names separated by blanks."""
    return tuple(constant(name, sort) for name in names.split())


def equal(left: Operand, right: Operand) -> Term:
    """Whether two terms of one sort are the same."""
    first, second = lift(left), lift(right)
    assert first.sort == second.sort, "only things of one sort are compared"
    return Term("=", (first, second), BOOL)


def not_(term: Operand) -> Term:
    """The negation."""
    lifted = lift(term)
    return lifted.args[0] if lifted.op == "not" else Term("not", (lifted,), BOOL)


def and_(*terms: Operand) -> Term:
    """All of them."""
    lifted = tuple(lift(term) for term in terms)
    return Term("and", lifted, BOOL) if len(lifted) > 1 else (*lifted, TRUE)[0]


def or_(*terms: Operand) -> Term:
    """At least one of them."""
    lifted = tuple(lift(term) for term in terms)
    return Term("or", lifted, BOOL) if len(lifted) > 1 else (*lifted, FALSE)[0]


def implies(given: Operand, then: Operand) -> Term:
    """If the first holds, so does the second."""
    return Term("=>", (lift(given), lift(then)), BOOL)


def iff(left: Operand, right: Operand) -> Term:
    """Both or neither."""
    return Term("=", (lift(left), lift(right)), BOOL)


def choose(condition: Term, then: Operand, otherwise: Operand) -> Term:
    """One of two values."""
    first = lift(then)
    return Term("ite", (condition, first, lift(otherwise)), first.sort)


def for_all(sorts: Sequence[Sort], body: Callable[..., Term]) -> Term:
    """Whatever things of these sorts are put in, the body holds.

    Args:
        sorts: of the variables, in order.
        body: makes the formula from the variables; its parameters name them.
    """
    names = body.__code__.co_varnames[: len(sorts)]
    bound = tuple(
        Term("variable", (), sort, symbol=Function(f"{name}_", (), sort))
        for name, sort in zip(names, sorts, strict=True)
    )
    return Term("forall", (*bound, body(*bound)), BOOL)


def exists(sorts: Sequence[Sort], body: Callable[..., Term]) -> Term:
    """There are things of these sorts for which the body holds."""
    universal = for_all(sorts, body)
    return not_(Term("forall", (*universal.args[:-1], not_(universal.args[-1])), BOOL))


def each(things: Iterable[Term], *axioms: Callable[..., Term]) -> Term:
    """Axioms at these things only: every choice of as many as an axiom has parameters.

    Weaker than quantifying over the whole sort, hence sound to assume, and free of quantifiers.
    """
    listed = tuple(things)
    return and_(
        *(
            axiom(*chosen)
            for axiom in axioms
            for chosen in product(listed, repeat=axiom.__code__.co_argcount)
        )
    )


def distinct(*terms: Term) -> Term:
    """No two of them are the same."""
    pairs = [(a, b) for i, a in enumerate(terms) for b in terms[i + 1 :]]
    return and_(*(not_(equal(a, b)) for a, b in pairs))


def ascending(*terms: Operand) -> Term:
    """Each at most the next."""
    return and_(*(_compare("<=", a, b) for a, b in pairwise(terms)))


def at_least_zero(*terms: Term) -> Term:
    """None of them negative."""
    return and_(*(term >= 0 for term in terms))


def collect(root: Term) -> list[Term]:
    """Every term in a term once, arguments before what they are arguments of."""
    found: dict[int, Term] = {}
    stack: list[tuple[Term, bool]] = [(root, False)]
    while stack:
        term, is_done = stack.pop()
        if id(term) in found:
            continue
        if is_done:
            found[id(term)] = term
        else:
            stack.append((term, True))
            stack.extend((arg, False) for arg in reversed(term.args))
    return list(found.values())
