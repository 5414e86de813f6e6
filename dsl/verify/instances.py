"""Which terms an assumed quantifier is instantiated at.

By position: a variable that stands as a key of a map takes the keys at which that map is touched. A
variable that stands nowhere as a key takes the terms of its type, up to a cap (LANGUAGE.md 5.6).
"""

from collections.abc import Mapping, Sequence
from itertools import product

from dsl.verify.properties import Shape, Variable
from dsl.verify.terms import Term
from spec.ir.syntax import Type

INSTANCES_MAX = 256
"""Instances of one property in one goal; beyond, a model is `unknown (instances)`."""

Terms = Mapping[Variable, Term]
Touched = tuple[int, tuple[Term | None, ...]]
"""(cell, keys) of what is touched: an entry, or all entries behind an aggregate's outer keys."""


def choose_instances(
    shape: Shape, touched: Sequence[Touched], by_type: Mapping[Type, Sequence[Term]]
) -> tuple[list[Terms], bool]:
    """Bindings of a property's variables, and whether the cap cut some off."""
    columns: dict[tuple[Variable, ...], dict[tuple[int, ...], tuple[Term, ...]]] = {}
    for reading in shape.readings:
        for cell, keys in touched:
            if cell == reading.cell:
                _collect(columns, reading.levels, keys)
    covered = {variable for column in columns for variable in column}
    for variable, kind in zip(shape.variables, shape.kinds, strict=True):
        if variable not in covered:
            terms = by_type.get(kind, ())
            columns[(variable,)] = {(term.id,): (term,) for term in terms}
    return _combine(shape, columns)


def _collect(
    columns: dict[tuple[Variable, ...], dict[tuple[int, ...], tuple[Term, ...]]],
    levels: tuple[Variable | None, ...],
    keys: tuple[Term | None, ...],
) -> None:
    binding: dict[Variable, Term] = {}
    for level, key in zip(levels, keys, strict=True):
        if level is not None and key is None:
            return
        if level is not None and key is not None:
            binding.setdefault(level, key)
    names = tuple(sorted(binding))
    row = tuple(binding[name] for name in names)
    columns.setdefault(names, {})[tuple(term.id for term in row)] = row


def _combine(
    shape: Shape,
    columns: Mapping[tuple[Variable, ...], Mapping[tuple[int, ...], tuple[Term, ...]]],
) -> tuple[list[Terms], bool]:
    """Whole rows if a read pins all variables together, else products of partial ones."""
    names = tuple(sorted(shape.variables))
    found: dict[tuple[int, ...], Terms] = {}
    for row in columns.get(names, {}).values():
        _add(found, names, dict(zip(names, row, strict=True)))
    if found:
        chosen = list(found.values())
        return chosen[:INSTANCES_MAX], len(chosen) > INSTANCES_MAX
    for choice in product(*(_list_terms(columns, name) for name in names)):
        if len(found) >= INSTANCES_MAX:
            return list(found.values()), True
        _add(found, names, dict(zip(names, choice, strict=True)))
    return list(found.values()), False


def _add(found: dict[tuple[int, ...], Terms], names: tuple[Variable, ...], terms: Terms) -> None:
    found.setdefault(tuple(terms[name].id for name in names), terms)


def _list_terms(
    columns: Mapping[tuple[Variable, ...], Mapping[tuple[int, ...], tuple[Term, ...]]],
    name: Variable,
) -> list[Term]:
    terms: dict[int, Term] = {}
    for names, rows in columns.items():
        if name in names:
            position = names.index(name)
            terms.update({row[position].id: row[position] for row in rows.values()})
    return [terms[each] for each in sorted(terms)]
