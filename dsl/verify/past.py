"""The past of checkpointed cells: what they held at the ends of earlier blocks.

The past does not change while a call runs. From any typed state on it is an unknown function of
keys and height, bound to the live value: where a cell was last written in block `last` or before,
it has held its live value since. From the deployment on it is what the calls of the chain left
behind. An invariant over checkpointed cells alone held at the end of every block, so it is assumed
there too; it must hold of the defaults, which is what those blocks hold that came before the
deployment.

Source: LANGUAGE.md 2 (checkpointed map); record 0041.
"""

from dsl.verify.state import Place, Root, State, make_state, read_leaf
from dsl.verify.terms import Pool, Symbol, Term
from spec.ir.syntax import Type, UintType

TIME_MAX = (1 << 63) - 1
"""The latest `now` and `height` of a call, an assumption of its own: half of what a u64 holds, so
that an ordinary deadline needs no clause about the end of time (0130)."""


def get_height(pool: Pool, step: int) -> Term:
    """The height at which call number `step` of a chain runs."""
    return pool.apply(Symbol("height", (step,), 0, TIME_MAX))


class PastRoot(Root):
    """The state at the end of the block at a height, of which checkpointed cells are known."""

    def __init__(self, present: Root, height: Term) -> None:
        self.pool, self.layouts = present.pool, present.layouts
        self.number, self.valid, self.shapes = present.number, present.valid, present.shapes
        self.height = height
        self.pasts = {}
        self._start = None
        self._present = present

    def read_atom(self, place: Place) -> Term:
        """The integer that stands for the entry at the end of that block."""
        assert self.height is not None, "the past has a height"
        leaf = self.layouts.leaves(self.shapes[place.cell][1])[place.offset]
        symbol = Symbol("past", (self.number, place.cell), 0, leaf.high)
        atom = self.pool.apply(symbol, (*place.keys, self.height))
        if atom.id not in self.pool.facts:
            self.pool.facts[atom.id] = self._bind_to_live(place, atom)
        return atom

    def _bind_to_live(self, place: Place, atom: Term) -> list[Term]:
        """Since its last write, no later than now, an entry holds its live value."""
        pool = self.pool
        assert self.height is not None, "the past has a height"
        last = pool.apply(Symbol("last", (self.number, place.cell), 0, TIME_MAX), place.keys)
        is_same = pool.equal(atom, self._present.read_atom(place))
        return [
            pool.less_equal(last, get_height(pool, 0)),
            pool.implies(pool.less_equal(last, self.height), is_same),
        ]


def get_past_state(root: Root, height: Term) -> State:
    """The state at the end of the block at a height, as it was before a call from anywhere."""
    known = root.pasts.get(height.id)
    if known is None:
        known = root.pasts[height.id] = make_state(PastRoot(root, height))
    return known


def end_call(state: State, height: Term) -> State:
    """The state as the next call of a chain finds it, the block's height being remembered."""
    after = State(state.root, state.chains, state.last, (*state.ended, (height, state)))
    after.known = state.known
    return after


def read_past(state: State, place: Place, height: Term) -> Term:
    """A checkpointed entry at the end of the block at a height, which is past."""
    if not state.root.is_default:
        return read_leaf(get_past_state(state.root, height), place)
    pool = state.root.pool
    value = pool.zero
    for ended, before in state.ended:
        is_later = pool.less_equal(ended, height)
        value = pool.choose(is_later, read_leaf(before, place), value)
    return value


# Entries of the past among those that are touched


def make_past_cell(cell: int) -> int:
    """The number under which entries of a cell's past are noted; the height is the last key."""
    return -1 - cell


def is_past_cell(cell: int) -> bool:
    """Whether a number stands for a cell's past."""
    return cell < 0


def get_key_types(root: Root, cell: int) -> tuple[Type, ...]:
    """The types of the keys under which an entry is noted."""
    if is_past_cell(cell):
        return (*root.shapes[make_past_cell(cell)][0], UintType(64))
    return root.shapes[cell][0]
