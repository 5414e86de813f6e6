"""Which functions matter to which: what each reads, and what it may write."""

from collections.abc import Iterable

from dsl.verify.cases import Case
from dsl.verify.goals import Goal, Vc
from dsl.verify.leaves import Layouts
from dsl.verify.state import Place, list_writes, read_leaf
from dsl.verify.terms import Term
from spec.ir.syntax import (
    CELL_BALANCE,
    CELL_INBOX,
    AddressType,
    Collect,
    EnumType,
    Function,
    Get,
    Pay,
    Type,
    Update,
)


def list_reads(function: Function) -> frozenset[int]:
    """The cells whose contents a function's success or writes depend on."""
    cells = {node.cell for node in function.code if isinstance(node, Get | Update)}
    if any(isinstance(node, Pay) for node in function.code):
        cells.add(CELL_BALANCE)
    if any(isinstance(node, Collect) for node in function.code):
        cells.add(CELL_INBOX)
    return frozenset(cells)


class Reach:
    """Reads and writes of the actions of one module."""

    def __init__(self, vc: Vc, actions: Iterable[tuple[int, Function]]) -> None:
        self._vc = vc
        self._reads = {index: list_reads(function) for index, function in actions}
        self._writes = {
            index: frozenset(entry.cell for entry in list_writes(vc.cases[index].after))
            for index in self._reads
        }

    def matters(self, path: tuple[int, ...], needed: frozenset[int]) -> bool:
        """Whether each call of a path writes what a later one, or its end, reads."""
        for action in reversed(path):
            if not self._writes[action] & needed:
                return False
            needed |= self._reads[action]
        return True

    def list_useful(self, needed: frozenset[int]) -> frozenset[int]:
        """The actions that can matter to an end that reads some cells, however indirectly."""
        useful: set[int] = set()
        while True:
            more = {
                action
                for action, writes in self._writes.items()
                if action not in useful and writes & needed
            }
            if not more:
                return frozenset(useful)
            useful |= more
            needed = needed.union(*(self._reads[action] for action in more))

    def is_swapped(self, path: tuple[int, ...]) -> bool:
        """Whether the last two calls could as well be made in the other order, and will be."""
        if len(path) < len(("first", "second")) or path[-2] <= path[-1]:
            return False
        first, second = path[-2:]
        reads, writes = self._reads, self._writes
        return not (
            writes[first] & (reads[second] | writes[second]) or writes[second] & reads[first]
        )

    def hands_over(self, action: int) -> bool:
        """Whether an action only writes single addresses, as a role's do: the deployer has it."""
        module = self._vc.linked.module
        layouts = self._vc.encoder.layouts
        return all(
            _is_address(layouts, layouts.get(module.code.cells[cell].type))
            for cell in self._writes[action]
        )


def get_cells(vc: Vc, goal: Goal) -> frozenset[int]:
    """The cells that a goal's property is about."""
    cells: set[int] = set()
    for evaluated in goal.evaluated:
        cells.update(cell for cell, _ in evaluated.reads)
        for asked in evaluated.asked:
            cells.update(pattern.cell for pattern in vc.aggregates.patterns[asked.aggregate])
    return frozenset({goal.index} if goal.kind == "frame" else cells)


def has_changed(vc: Vc, case: Case) -> Term:
    """That a call leaves another state than it found."""
    pool, root = vc.encoder.pool, case.before.root
    parts: list[Term] = []
    for cell, keys in {(each.cell, each.keys): None for each in list_writes(case.after)}:
        for leaf in range(root.layouts.size(root.shapes[cell][1])):
            place = Place(cell, keys, leaf)
            before, after = read_leaf(case.before, place), read_leaf(case.after, place)
            parts.append(pool.not_(pool.all_equal((before,), (after,))))
    return pool.or_(*parts)


def _is_address(layouts: Layouts, kind: Type) -> bool:
    match kind:
        case AddressType():
            return True
        case EnumType(((), (only,))):
            return isinstance(layouts.get(only), AddressType)
        case _:
            return False
