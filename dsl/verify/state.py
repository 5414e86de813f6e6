"""Symbolic contract state: what was there before, and the guarded writes since.

A state never changes; a write makes a new one. A read walks the writes to its cell: at the same key
under the same guard it finds the value written, elsewhere the sum of what may have been added. A
write of `old + e` is kept as the difference `e`, so that reads through it stay linear.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsl.verify.leaves import (
    ADDRESS_LOW,
    Layouts,
    Sym,
    add_facts,
    as_leaf,
    compute_conditions,
)
from dsl.verify.terms import Op, Pool, Symbol, Term, is_boolean
from spec.ir.syntax import CELL_INBOX, Cell, Type, UintType
from spec.limits import SUPPLY_LIMIT

COINS_MAX = SUPPLY_LIMIT - 1
"""No balance, inbox or value exceeds the supply; printed as an assumption."""


@dataclass(frozen=True, slots=True)
class Place:
    """Some leaves of one entry of a cell."""

    cell: int
    keys: tuple[Term, ...]
    """One integer term per map level."""
    offset: int
    """First leaf."""


@dataclass(frozen=True, slots=True)
class Link:
    """A guarded write to one leaf, behind the writes before it."""

    previous: "Link | None"
    guard: Term
    keys: tuple[Term, ...]
    value: Term
    difference: Term | None
    """value - what was there, if that is the simpler one."""


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """An entry of the log: which entry was written, and the states around it."""

    previous: "Write | None"
    cell: int
    keys: tuple[Term, ...]
    before: "State"
    after: "State"


@dataclass(slots=True, eq=False)
class State:
    """A symbolic state."""

    root: "Root"
    chains: Mapping[tuple[int, int], Link]
    """The last write to each leaf of each cell."""
    last: Write | None = None
    """The last write to anything."""
    ended: tuple[tuple[Term, "State"], ...] = ()
    """Height and state at the end of each call since the deployment, in a chain of calls."""
    known: dict[tuple[int, ...], Term] = field(default_factory=dict)
    """Reads already worked out."""


class Root:
    """Where a state begins: arbitrary typed contents, or all defaults."""

    def __init__(
        self,
        pool: Pool,
        layouts: Layouts,
        cells: tuple[Cell, ...],
        number: int,
        valid: frozenset[tuple[int, int]] = frozenset(),
    ) -> None:
        self.pool = pool
        self.layouts = layouts
        self.number = number
        """0 means all defaults (but for the inbox, which anyone may have filled)."""
        self.valid = valid
        """(cell, leaf) of addresses that are real in every state: shown by goals of their own."""
        self.shapes = [layouts.split_cell(layouts.get(cell.type)) for cell in cells]
        self.height: Term | None = None
        """Of a root that stands for the state at the end of an earlier block: its height."""
        self.pasts: dict[int, State] = {}
        """The states at the ends of earlier blocks, by the height's term."""
        self._start: State | None = None

    @property
    def start(self) -> "State":
        """The state in which nothing has been written: one object, which remembers what is read."""
        if self._start is None:
            self._start = make_state(self)
        return self._start

    @property
    def is_default(self) -> bool:
        """Whether nothing was ever written here."""
        return self.number == 0

    def read_atom(self, place: Place) -> Term:
        """The integer that stands for the leaf at `place.offset`."""
        keys, kind = self.shapes[place.cell]
        leaf = self.layouts.leaves(kind)[place.offset]
        if self.is_default and place.cell != CELL_INBOX:
            return self.pool.zero
        high = COINS_MAX if place.cell <= CELL_INBOX else leaf.high
        conditions = compute_conditions(self.layouts, kind)[place.offset]
        is_valid = (place.cell, place.offset) in self.valid
        low = ADDRESS_LOW if is_valid and not conditions else 0
        symbol = Symbol("cell", (self.number, place.cell, place.offset), low, high)
        if place.cell in self.layouts.ghosts and isinstance(kind, UintType):
            symbol = Symbol("cell", symbol.key, None, None)
        atom = self.pool.apply(symbol, place.keys)
        add_facts(
            self.pool,
            atom,
            conditions,
            lambda leaf: self.read_atom(Place(place.cell, place.keys, leaf)),
            is_valid=is_valid,
        )
        assert len(keys) == len(place.keys), "a path has one key per map level"
        return atom

    def read_leaf(self, place: Place) -> Term:
        """The leaf itself."""
        kind = self.shapes[place.cell][1]
        return as_leaf(self.pool, self.read_atom(place), self.layouts.leaves(kind)[place.offset])


def make_state(root: Root) -> State:
    """The state in which nothing has been written yet."""
    return State(root, {})


def read_leaf(state: State, place: Place) -> Term:
    """The leaf at `place.offset` of an entry."""
    key = (place.cell, place.offset, *(each.id for each in place.keys))
    known = state.known.get(key)
    if known is None:
        known = state.known[key] = _read_chain(state, place)
    return known


def _read_chain(state: State, place: Place) -> Term:
    pool = state.root.pool
    links: list[tuple[Link, Term]] = []
    link = state.chains.get((place.cell, place.offset))
    value: Term | None = None
    while link is not None:
        condition = pool.and_(link.guard, pool.all_equal(link.keys, place.keys))
        if condition is pool.true:
            value = link.value
            break
        if condition is not pool.false:
            links.append((link, condition))
        link = link.previous
    if value is None:
        value = state.root.read_leaf(place)
    for link, condition in reversed(links):
        if link.difference is None:
            value = pool.choose(condition, link.value, value)
        else:
            value = pool.add(value, pool.choice(condition, link.difference, pool.zero))
    return value


def read(state: State, place: Place, kind: Type) -> Sym:
    """The value of a type whose leaves start at a place."""
    size = state.root.layouts.size(kind)
    return Sym(
        kind,
        tuple(
            read_leaf(state, Place(place.cell, place.keys, place.offset + index))
            for index in range(size)
        ),
    )


def write(state: State, guard: Term, place: Place, leaves: tuple[Term, ...]) -> State:
    """The state after a guarded write of consecutive leaves of one entry."""
    pool = state.root.pool
    if guard is pool.false:
        return state
    chains = dict(state.chains)
    for index, value in enumerate(leaves):
        leaf = Place(place.cell, place.keys, place.offset + index)
        before = read_leaf(state, leaf)
        if before is value:
            continue
        spot = (place.cell, leaf.offset)
        difference = _simplify_difference(pool, before, value)
        chains[spot] = Link(chains.get(spot), guard, place.keys, value, difference)
    after = State(state.root, chains, ended=state.ended)
    after.last = Write(state.last, place.cell, place.keys, state, after)
    return after


def _simplify_difference(pool: Pool, before: Term, value: Term) -> Term | None:
    """Value - before, if nothing of `before` is left in it."""
    if is_boolean(value) or before.op is Op.NUMBER:
        return None
    difference = pool.sub(value, before)
    left = {atom.id for atom, _ in pool.get_parts(difference)[1]}
    owned = {atom.id for atom, _ in pool.get_parts(before)[1]}
    return None if left & owned else difference


def list_writes(state: State) -> list[Write]:
    """All writes since the root, first one first."""
    writes: list[Write] = []
    entry = state.last
    while entry is not None:
        writes.append(entry)
        entry = entry.previous
    return writes[::-1]
