"""Which addresses in the state are real: shown once, then assumed everywhere.

An address reads as zero where nothing was ever written, and paying it fails. A contract that
assigns its addresses in `init`, and stores only real ones, never meets that. So each address leaf
is assumed to be real (where the enum member or list slot around it is in use), and that is shown
of every function; a leaf for which it fails is no longer assumed, and the others are shown again,
until nothing changes.
"""

from collections.abc import Callable, Sequence

from dsl.proof_module import NO_GHOSTS, Ghosts
from dsl.source_map import PlanMap
from dsl.verify.cases import Case
from dsl.verify.goals import Vc
from dsl.verify.leaves import (
    Layouts,
    UnsupportedError,
    compute_conditions,
    is_address,
    make_symbolic,
    make_valid,
)
from dsl.verify.smtlib import Query, make_query
from dsl.verify.solver import Decision
from dsl.verify.state import Place, read_leaf
from dsl.verify.terms import Term
from dsl.verify.vc import make_vc
from spec.ir.linked import LinkedModule
from spec.ir.syntax import Cell, FunctionKind

Decide = Callable[[Sequence[Query]], list[Decision]]
"""Decides queries, in order."""
Spot = tuple[int, int]
"""(cell, leaf)."""


def make_valid_vc(
    linked: LinkedModule,
    decide: Decide,
    plans: tuple[PlanMap, ...] = (),
    ghosts: Ghosts = NO_GHOSTS,
) -> Vc:
    """The module's symbolic runs, with all addresses assumed real that are."""
    spots = list_addresses(Layouts(linked.types, ghosts.cells), linked.module.code.cells)
    while True:  # bounded: each round has fewer addresses
        vc = make_vc(linked, spots, plans, ghosts)
        lost = spots if vc.unsupported else find_lost(vc, spots, decide)
        if not lost:
            return vc
        spots -= lost


def list_addresses(layouts: Layouts, cells: Sequence[Cell]) -> frozenset[Spot]:
    """The places of a state that hold addresses."""
    found: list[Spot] = []
    for number, cell in enumerate(cells):
        _, kind = layouts.split_cell(layouts.get(cell.type))
        try:
            leaves = layouts.leaves(kind)
        except UnsupportedError:
            continue
        found += [(number, index) for index, leaf in enumerate(leaves) if is_address(leaf)]
    return frozenset(found)


def find_lost(vc: Vc, spots: frozenset[Spot], decide: Decide) -> frozenset[Spot]:
    """The addresses that some call may leave unreal."""
    pool = vc.encoder.pool
    asked: list[tuple[Spot, Query]] = []
    for case in vc.cases.values():
        if case.declared.kind is FunctionKind.VIEW:
            continue
        for spot in sorted(spots):
            violated = pool.not_(_make_goal(vc, case, spot))
            whole = pool.and_(violated, case.succeed(pool), *case.assumed)
            if whole is not pool.false:
                asked.append((spot, make_query(pool, (whole,))))
    decisions = decide([query for _, query in asked])
    return frozenset(
        spot
        for (spot, _), decision in zip(asked, decisions, strict=True)
        if decision.verdict != "unsat"
    )


def _make_goal(vc: Vc, case: Case, spot: Spot) -> Term:
    """That the leaf is a real address after a call, at any keys, if its place is in use."""
    pool, root = vc.encoder.pool, case.after.root
    cell, number = spot
    kinds, kind = root.shapes[cell]
    skolems = (make_symbolic(pool, root.layouts, each, "skolem") for each in kinds)
    keys = tuple(pool.to_integer(each.term) for each in skolems)
    conditions = compute_conditions(root.layouts, kind)[number]

    def read(leaf: int) -> Term:
        return pool.to_integer(read_leaf(case.after, Place(cell, keys, leaf)))

    return make_valid(pool, read(number), conditions, read)
