"""Integer and boolean terms, hash-consed and simplified as they are built.

Every integer term is a linear form over atoms (variables, reads of the state, guarded terms,
products, quotients), so that what cancels on paper cancels here. A choice keeps what both sides
share outside of it: `ite(c, x + a, x + b)` is `x + ite(c, a, b)`. That one rule is what lets chains
of guarded writes stay linear for the solver (LANGUAGE.md 5.3).

Each term knows an interval that contains its value in every typed state; comparisons that the
interval decides never reach the solver.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from math import gcd

PRODUCT_TERMS_MAX = 24
"""A product of two sums is multiplied out up to this many terms."""


class Op(IntEnum):
    """Kinds of terms."""

    NUMBER = 0
    VARIABLE = 1
    APPLY = 2
    CHOICE = 3
    PRODUCT = 4
    QUOTIENT = 5
    LINEAR = 6
    TRUE = 7
    FALSE = 8
    NOT = 9
    AND = 10
    OR = 11
    LE_ZERO = 12
    EQ_ZERO = 13


ATOMS = frozenset({Op.VARIABLE, Op.APPLY})
"""Terms whose value a model gives."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A variable or an uninterpreted function, with the range of its values."""

    group: str
    """What it stands for: "cell", "aggregate", "hash", "param", "fresh", …"""
    key: tuple[int, ...]
    """Which one of its group."""
    low: int | None
    high: int | None


class Term:
    """One term; equal terms are the same object."""

    __slots__ = ("args", "constant", "factors", "high", "id", "low", "op", "symbol")

    def __init__(self, op: Op, args: "tuple[Term, ...]") -> None:
        self.id = -1
        self.op = op
        self.args = args
        self.constant = 0
        self.factors: tuple[int, ...] = ()
        self.symbol: Symbol | None = None
        self.low: int | None = None
        self.high: int | None = None


Key = tuple[object, ...]


def _add_bounds(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else left + right


def _scale_interval(term: Term, factor: int) -> tuple[int | None, int | None]:
    low = None if term.low is None else term.low * factor
    high = None if term.high is None else term.high * factor
    return (low, high) if factor > 0 else (high, low)


def _get_atom_id(part: tuple[Term, int]) -> int:
    return part[0].id


class Pool:
    """Makes terms and keeps them unique; ids rise in order of creation, arguments first."""

    def __init__(self) -> None:
        self._known: dict[Key, Term] = {}
        self._sums: dict[tuple[int, int, int], Term] = {}
        """Left + factor * right, by the ids and the factor: most are asked for many times."""
        self._negations: dict[int, Term] = {}
        self.facts: dict[int, list[Term]] = {}
        """Facts that hold whenever the atom with that id is mentioned."""
        self.true = self._make((Op.TRUE,), Op.TRUE, ())
        self.false = self._make((Op.FALSE,), Op.FALSE, ())
        self.zero = self.number(0)
        self.one = self.number(1)
        self._fresh_count = 0

    def _make(self, key: Key, op: Op, args: tuple[Term, ...]) -> Term:
        found = self._known.get(key)
        if found is not None:
            return found
        term = Term(op, args)
        term.id = len(self._known)
        self._known[key] = term
        return term

    # Integers

    def number(self, value: int) -> Term:
        """The constant `value`."""
        term = self._make((Op.NUMBER, value), Op.NUMBER, ())
        term.constant = term.low = term.high = value
        return term

    def apply(self, symbol: Symbol, args: tuple[Term, ...] = ()) -> Term:
        """A variable (no arguments), or a function of `args`; in the symbol's range."""
        if not args and symbol.low is not None and symbol.low == symbol.high:
            return self.number(symbol.low)
        op = Op.APPLY if args else Op.VARIABLE
        term = self._make((op, symbol, *(arg.id for arg in args)), op, args)
        term.symbol, term.low, term.high = symbol, symbol.low, symbol.high
        return term

    def fresh(self, group: str, low: int | None, high: int | None) -> Term:
        """A variable that nothing else mentions."""
        self._fresh_count += 1
        return self.apply(Symbol(group, (self._fresh_count,), low, high))

    def get_parts(self, term: Term) -> tuple[int, tuple[tuple[Term, int], ...]]:
        """The linear form: constant and (atom, factor) pairs by rising id."""
        if term.op is Op.NUMBER:
            return term.constant, ()
        if term.op is Op.LINEAR:
            return term.constant, tuple(zip(term.args, term.factors, strict=True))
        return 0, ((term, 1),)

    def linear(self, constant: int, factors: Mapping[Term, int]) -> Term:
        """Constant + the sum of factor * atom."""
        parts = [part for part in factors.items() if part[1]]
        if len(parts) > 1:
            parts.sort(key=_get_atom_id)
        if not parts:
            return self.number(constant)
        if constant == 0 and len(parts) == 1 and parts[0][1] == 1:
            return parts[0][0]
        atoms = tuple([atom for atom, _ in parts])
        numbers = tuple([factor for _, factor in parts])
        key = (Op.LINEAR, constant, tuple([atom.id for atom in atoms]), numbers)
        term = self._make(key, Op.LINEAR, atoms)
        if term.constant == 0 and not term.factors:
            term.constant, term.factors = constant, numbers
            low: int | None = constant
            high: int | None = constant
            for atom, factor in parts:
                bounds = _scale_interval(atom, factor)
                low, high = _add_bounds(low, bounds[0]), _add_bounds(high, bounds[1])
            term.low, term.high = low, high
        return term

    def add_scaled(self, left: Term, right: Term, factor: int) -> Term:
        """Left + factor * right."""
        index = (left.id, right.id, factor)
        known = self._sums.get(index)
        if known is None:
            known = self._sums[index] = self._add_parts(left, right, factor)
        return known

    def _add_parts(self, left: Term, right: Term, factor: int) -> Term:
        constant, parts = self.get_parts(left)
        more, others = self.get_parts(right)
        factors = dict(parts)
        for atom, number in others:
            factors[atom] = factors.get(atom, 0) + factor * number
        return self.linear(constant + factor * more, factors)

    def add(self, *terms: Term) -> Term:
        """The sum of the terms."""
        total = self.zero
        for term in terms:
            total = self.add_scaled(total, term, 1)
        return total

    def sub(self, left: Term, right: Term) -> Term:
        """Left - right."""
        return self.add_scaled(left, right, -1)

    def scale(self, term: Term, factor: int) -> Term:
        """Factor * term."""
        return self.add_scaled(self.zero, term, factor)

    def mul(self, left: Term, right: Term) -> Term:
        """Left * right, multiplied out."""
        if left.op is Op.NUMBER:
            return self.scale(right, left.constant)
        if right.op is Op.NUMBER:
            return self.scale(left, right.constant)
        constant, parts = self.get_parts(left)
        more, others = self.get_parts(right)
        if (len(parts) + 1) * (len(others) + 1) > PRODUCT_TERMS_MAX:
            return self._product(self._opaque(left), self._opaque(right))
        total = self.number(constant * more)
        for atom, factor in parts:
            total = self.add_scaled(total, atom, factor * more)
            for other, number in others:
                total = self.add_scaled(total, self._product((atom,), (other,)), factor * number)
        for other, number in others:
            total = self.add_scaled(total, other, constant * number)
        return total

    @staticmethod
    def _opaque(term: Term) -> tuple[Term, ...]:
        return term.args if term.op is Op.PRODUCT else (term,)

    def _product(self, left: tuple[Term, ...], right: tuple[Term, ...]) -> Term:
        flat: list[Term] = []
        for factor in (*left, *right):
            flat.extend(factor.args if factor.op is Op.PRODUCT else (factor,))
        factors = tuple(sorted(flat, key=lambda factor: factor.id))
        key = (Op.PRODUCT, *(factor.id for factor in factors))
        term = self._make(key, Op.PRODUCT, factors)
        low: int | None = 1
        high: int | None = 1
        for factor in factors:
            low, high = _multiply_intervals((low, high), (factor.low, factor.high))
        term.low, term.high = low, high
        return term

    def quotient(self, dividend: Term, divisor: Term) -> Term:
        """Floor of dividend / divisor; 0 unless the divisor is positive."""
        if divisor.high is not None and divisor.high <= 0:
            return self.zero
        if divisor.op is Op.NUMBER and divisor.constant == 1:
            return dividend
        if dividend.op is Op.NUMBER and divisor.op is Op.NUMBER:
            return self.number(dividend.constant // divisor.constant)
        term = self._make((Op.QUOTIENT, dividend.id, divisor.id), Op.QUOTIENT, (dividend, divisor))
        if term.id not in self.facts:
            if dividend.low is not None and dividend.low >= 0:
                term.low, term.high = 0, dividend.high
            self.facts[term.id] = []
            rest = self.sub(dividend, self.mul(term, divisor))
            positive = self.less(self.zero, divisor)
            self.facts[term.id] += [
                self.implies(positive, self.less_equal(self.zero, rest)),
                self.implies(positive, self.less(rest, divisor)),
                self.or_(positive, self.equal(term, self.zero)),
            ]
        return term

    def remainder(self, dividend: Term, divisor: Term) -> Term:
        """What `quotient` leaves; the dividend itself unless the divisor is positive."""
        return self.sub(dividend, self.mul(self.quotient(dividend, divisor), divisor))

    def choice(self, condition: Term, yes: Term, no: Term) -> Term:
        """`yes` if the condition holds, else `no`; what both share stays outside."""
        if condition.op is Op.TRUE or yes is no:
            return yes
        if condition.op is Op.FALSE:
            return no
        if condition.op is Op.NOT:
            return self.choice(condition.args[0], no, yes)
        constant, parts = self.get_parts(yes)
        base, others = self.get_parts(no)
        common = {}
        rest_yes, rest_no = dict(parts), dict(others)
        for atom, factor in parts:
            if rest_no.get(atom) == factor:
                common[atom] = factor
                del rest_yes[atom], rest_no[atom]
        shared = self.linear(base, common)
        gated = self._gate(
            condition, self.linear(constant - base, rest_yes), self.linear(0, rest_no)
        )
        return self.add(shared, gated)

    def _gate(self, condition: Term, yes: Term, no: Term) -> Term:
        if yes is no:
            return yes
        if yes is self.zero:
            return self.sub(no, self._gate(condition, no, self.zero))
        constant, parts = self.get_parts(yes)
        if (parts[0][1] if parts else constant) < 0:
            return self.scale(self._gate(condition, self.scale(yes, -1), self.scale(no, -1)), -1)
        if not parts and no is self.zero and yes.constant != 1:
            return self.scale(self._gate(condition, self.one, no), yes.constant)
        key = (Op.CHOICE, condition.id, yes.id, no.id)
        term = self._make(key, Op.CHOICE, (condition, yes, no))
        term.low = None if yes.low is None or no.low is None else min(yes.low, no.low)
        term.high = None if yes.high is None or no.high is None else max(yes.high, no.high)
        return term

    # Booleans

    def boolean(self, value: bool) -> Term:
        """The constant `value`."""
        return self.true if value else self.false

    def not_(self, term: Term) -> Term:
        """The negation."""
        known = self._negations.get(term.id)
        if known is None:
            known = self._negations[term.id] = self._negate(term)
        return known

    def _negate(self, term: Term) -> Term:
        if term.op is Op.TRUE:
            return self.false
        if term.op is Op.FALSE:
            return self.true
        if term.op is Op.NOT:
            return term.args[0]
        if term.op is Op.LE_ZERO:
            return self._less_equal_zero(self.linear_shift(self.scale(term.args[0], -1), 1))
        return self._make((Op.NOT, term.id), Op.NOT, (term,))

    def linear_shift(self, term: Term, by: int) -> Term:
        """Term + by."""
        return self.add_scaled(term, self.one, by)

    def and_(self, *terms: Term) -> Term:
        """The conjunction."""
        return self._junction(Op.AND, terms)

    def or_(self, *terms: Term) -> Term:
        """The disjunction."""
        return self._junction(Op.OR, terms)

    def implies(self, left: Term, right: Term) -> Term:
        """Left ==> right."""
        return self.or_(self.not_(left), right)

    def iff(self, left: Term, right: Term) -> Term:
        """Left <==> right."""
        if left is right:
            return self.true
        return self.and_(self.implies(left, right), self.implies(right, left))

    def pick(self, condition: Term, yes: Term, no: Term) -> Term:
        """`yes` if the condition holds, else `no`, of booleans."""
        if yes is no:
            return yes
        return self.and_(self.implies(condition, yes), self.or_(condition, no))

    def _junction(self, op: Op, terms: Iterable[Term]) -> Term:
        """A flat conjunction or disjunction without repeated, decided or dominated members."""
        unit, absorbing = (self.true, self.false) if op is Op.AND else (self.false, self.true)
        members: dict[int, Term] = {}
        for term in terms:
            for member in term.args if term.op is op else (term,):
                if member is absorbing:
                    return absorbing
                if member is not unit:
                    members[member.id] = member
        ids = tuple(sorted(members))
        known = self._known.get((op, ids))
        if known is not None:
            return known
        if any(self.not_(member).id in members for member in tuple(members.values())):
            return absorbing
        for member in tuple(members.values()):
            trimmed = self._trim(op, member, members)
            if trimmed is not member:
                del members[member.id]
                return self._junction(op, (*members.values(), trimmed))
        if len(members) <= 1:
            return next(iter(members.values()), unit)
        return self._make((op, ids), op, tuple([members[each] for each in ids]))

    def _trim(self, op: Op, member: Term, members: Mapping[int, Term]) -> Term:
        """A member that is itself a junction of the other kind, given the other members.

        Under `and`, an inner alternative whose negation is a member is impossible, and an inner
        alternative that is a member makes the whole superfluous; dually under `or`.
        """
        other = Op.OR if op is Op.AND else Op.AND
        if member.op is other:
            inner = member.args
        elif member.op is Op.NOT and member.args[0].op is op:
            inner = tuple(self.not_(arg) for arg in member.args[0].args)
        else:
            return member
        kept = [arg for arg in inner if self.not_(arg).id not in members]
        if any(arg.id in members for arg in kept):
            return self.true if op is Op.AND else self.false
        return member if len(kept) == len(inner) else self._junction(other, kept)

    def less_equal(self, left: Term, right: Term) -> Term:
        """Left <= right."""
        return self._less_equal_zero(self.sub(left, right))

    def less(self, left: Term, right: Term) -> Term:
        """Left < right."""
        return self._less_equal_zero(self.linear_shift(self.sub(left, right), 1))

    def equal(self, left: Term, right: Term) -> Term:
        """Left == right."""
        return self._equal_zero(self.sub(left, right))

    def _less_equal_zero(self, term: Term) -> Term:
        if term.high is not None and term.high <= 0:
            return self.true
        if term.low is not None and term.low > 0:
            return self.false
        pushed = self._push(term, self._less_equal_zero)
        if pushed is not None:
            return pushed
        constant, parts = self.get_parts(term)
        divisor = gcd(*(factor for _, factor in parts))
        reduced = self.linear(
            -(-constant // divisor), {atom: factor // divisor for atom, factor in parts}
        )
        return self._make((Op.LE_ZERO, reduced.id), Op.LE_ZERO, (reduced,))

    def _equal_zero(self, term: Term) -> Term:
        if term.op is Op.NUMBER:
            return self.boolean(term.constant == 0)
        if (term.low is not None and term.low > 0) or (term.high is not None and term.high < 0):
            return self.false
        pushed = self._push(term, self._equal_zero)
        if pushed is not None:
            return pushed
        constant, parts = self.get_parts(term)
        divisor = gcd(*(factor for _, factor in parts))
        if constant % divisor:
            return self.false
        divisor = divisor if parts[0][1] > 0 else -divisor
        reduced = self.linear(
            constant // divisor, {atom: factor // divisor for atom, factor in parts}
        )
        return self._make((Op.EQ_ZERO, reduced.id), Op.EQ_ZERO, (reduced,))

    def _push(self, term: Term, compare: Callable[[Term], Term]) -> Term | None:
        """A comparison with 0 of a lone choice between constants, moved into its sides."""
        constant, parts = self.get_parts(term)
        if len(parts) != 1 or parts[0][0].op is not Op.CHOICE:
            return None
        atom, factor = parts[0]
        condition, yes, no = atom.args
        if yes.op is not Op.NUMBER and no.op is not Op.NUMBER:
            return None
        sides = [self.linear_shift(self.scale(side, factor), constant) for side in (yes, no)]
        return self.pick(condition, compare(sides[0]), compare(sides[1]))

    def all_equal(self, left: tuple[Term, ...], right: tuple[Term, ...]) -> Term:
        """Whether two tuples of terms are equal, integers and booleans alike."""
        pairs = zip(left, right, strict=True)
        return self.and_(*(self.iff(a, b) if is_boolean(a) else self.equal(a, b) for a, b in pairs))

    def choose(self, condition: Term, yes: Term, no: Term) -> Term:
        """`choice` or `pick`, by the sort of the sides."""
        return self.pick(condition, yes, no) if is_boolean(yes) else self.choice(condition, yes, no)

    def to_integer(self, term: Term) -> Term:
        """1 for true, 0 for false; integers as they are."""
        return self.choice(term, self.one, self.zero) if is_boolean(term) else term


def is_boolean(term: Term) -> bool:
    """Whether the term is a boolean."""
    return term.op >= Op.TRUE


def _multiply_intervals(
    left: tuple[int | None, int | None], right: tuple[int | None, int | None]
) -> tuple[int | None, int | None]:
    low, high = left
    other_low, other_high = right
    if low is not None and high is not None and other_low is not None and other_high is not None:
        corners = (low * other_low, low * other_high, high * other_low, high * other_high)
        return min(corners), max(corners)
    if low is not None and other_low is not None and low >= 0 and other_low >= 0:
        return 0, None
    return None, None


def collect(roots: Iterable[Term]) -> list[Term]:
    """All terms below the roots, arguments before what uses them."""
    seen: dict[int, Term] = {}
    open_terms = list(roots)
    while open_terms:
        term = open_terms.pop()
        if term.id not in seen:
            seen[term.id] = term
            open_terms.extend(term.args)
    return [seen[each] for each in sorted(seen)]
