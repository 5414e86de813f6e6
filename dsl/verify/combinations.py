"""Combinations of sums: an invariant that is linear at every key, added up over all keys.

An invariant `forall k: f(k) <= g(k)` whose two sides are linear in bodies of sums, with factors
that know nothing of k, as `credited[a] <= stakes[a] * per_coin`, says the same of the sums: what
the touched keys don't account for is never on the wrong side. So sum(f) - sum(g) is at most the
same difference over the touched keys. `comparison` compares two sums by any invariants; here there
may be several, with factors, but one invariant must say it. Source: LANGUAGE.md 5.5.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dsl.verify.aggregates import Aggregates, Asked, Keys
from dsl.verify.properties import Properties, Shape, View
from dsl.verify.state import State, make_state
from dsl.verify.terms import Op, Pool, Term, collect


@dataclass(frozen=True, slots=True)
class Part:
    """A sum and what stands before it."""

    aggregate: int
    factor: Term


@dataclass(frozen=True, slots=True)
class Combination:
    """The sum of factor * body over the parts is at most 0 at every key."""

    parts: tuple[Part, ...]


def find_combination(
    properties: Properties, aggregates: Aggregates, shape: Shape, view: View
) -> Combination | None:
    """What an invariant says at each key, if it can be added up over the keys."""
    layouts, pool = properties.encoder.layouts, properties.pool
    if not shape.variables:
        return None
    keys = tuple(pool.fresh("each", 0, layouts.leaves(kind)[0].high) for kind in shape.kinds)
    terms = dict(zip(shape.variables, keys, strict=True))
    term = properties.instantiate(shape, view, terms).term
    if term.op is not Op.LE_ZERO:
        return None
    constant, atoms = pool.get_parts(term.args[0])
    if constant < 0:
        return None  # a constant at infinitely many keys has no sum; a positive one may be left out
    bodies = _list_bodies(aggregates, shape, view.now, keys)
    found: list[Part] = []
    for atom, factor in atoms:
        part = _find_part(pool, bodies, keys, atom)
        if part is None:
            return None
        found.append(Part(part.aggregate, pool.scale(part.factor, factor)))
    return Combination(tuple(found))


def _list_bodies(aggregates: Aggregates, shape: Shape, state: State, keys: Keys) -> dict[Term, int]:
    """The sums over exactly these variables, by their bodies."""
    return {
        aggregates.get_body(number, state, (), keys): number
        for number in range(len(aggregates.declared))
        if aggregates.is_usable[number]
        and not aggregates.declared[number].params
        and aggregates.get_keys(number) == shape.kinds
    }


def _find_part(pool: Pool, bodies: dict[Term, int], keys: Keys, atom: Term) -> Part | None:
    """The sum whose body an atom is, or is a multiple of by what does not mention the keys."""
    if atom in bodies:
        return Part(bodies[atom], pool.one)
    if atom.op is not Op.PRODUCT:
        return None
    for position, factor in enumerate(atom.args):
        if factor in bodies:
            rest = (*atom.args[:position], *atom.args[position + 1 :])
            product = pool.one
            for each in rest:
                product = pool.mul(product, each)
            if not set(keys) & set(collect(rest)):
                return Part(bodies[factor], product)
    return None


def make_combination(
    pool: Pool,
    aggregates: Aggregates,
    combination: Combination,
    state: State,
    touched: Mapping[tuple[int, ...], Keys],
) -> Term:
    """At the root of a state the sums differ by no more than their bodies at the touched keys."""
    root = make_state(state.root)
    sums = known = pool.zero
    for part in combination.parts:
        total = aggregates.get_value(Asked(part.aggregate, root, ()))
        sums = pool.add(sums, pool.mul(part.factor, total))
    rows = list(touched.values())
    for position, keys in enumerate(rows):
        is_new = pool.and_(
            aggregates.is_in_range(combination.parts[0].aggregate, keys),
            *(pool.not_(pool.all_equal(keys, other)) for other in rows[:position]),
        )
        difference = pool.zero
        for part in combination.parts:
            body = aggregates.get_body(part.aggregate, root, (), keys)
            difference = pool.add(difference, pool.mul(part.factor, body))
        known = pool.add(known, pool.choice(is_new, difference, pool.zero))
    return pool.less_equal(sums, known)
