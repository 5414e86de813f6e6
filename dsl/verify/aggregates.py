"""Sums over maps: a ghost for the value before, and what each write since has changed.

The sum of a body over all keys is never computed. Its value at the root of a state is a ghost; each
write to a map that the body reads changes the sum by the body at the written key after that write
minus before it, because the body reads every map at exactly the bound keys. At defaults the body is
zero (a goal), so the ghost of an untouched contract is zero.

A body that is never negative (a goal too) gives the sum lemma: the ghost is at least the sum over
any distinct keys. Source: LANGUAGE.md 5.4 and 5.5, IR.md 2.4 and 3.4.
"""

from dataclasses import dataclass

from dsl.verify.encoder import Encoder, Inputs, Owed
from dsl.verify.execute import Execution
from dsl.verify.leaves import Sym, UnsupportedError, as_leaf, make_symbolic
from dsl.verify.state import Root, State, list_writes, make_state
from dsl.verify.terms import Symbol, Term
from spec.ir.syntax import FUNCTION_SCOPE, Agg, Aggregate, Context, ForAll, Get, Type, Var, When

Keys = tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Where an aggregate's body reads a map: for each level a bound key, a parameter, or neither.

    Number n >= 0 is bound key n; -1 - n is parameter n; None is anything else.
    """

    cell: int
    levels: tuple[int | None, ...]

    def get_bound(self, keys: Keys, count: int) -> Keys:
        """The bound keys at which a body touches the entry with these keys."""
        return tuple(keys[self.levels.index(number)] for number in range(count))

    def get_place(self, args: Keys, bound: Keys | None) -> tuple[int, tuple[Term | None, ...]]:
        """The cell and the keys read at parameters and bound keys, None where they are unknown."""
        keys: list[Term | None] = []
        for number in self.levels:
            if number is None or (number >= 0 and bound is None):
                keys.append(None)
            else:
                keys.append(args[-1 - number] if number < 0 or bound is None else bound[number])
        return self.cell, tuple(keys)


@dataclass(frozen=True, slots=True)
class Asked:
    """An aggregate whose value is wanted at arguments in a state."""

    aggregate: int
    state: State
    args: tuple[Sym, ...]


def find_patterns(aggregate: Aggregate) -> tuple[Pattern, ...]:
    """The maps that the body reads.

    Raises:
        UnsupportedError: a shape for which a write would change the sum elsewhere than at one key.
    """
    params = len(aggregate.params)
    patterns: dict[int, Pattern] = {}
    for node in aggregate.body:
        if isinstance(node, Context | Agg | ForAll):
            raise UnsupportedError("an aggregate over more than maps")
        if not isinstance(node, Get):
            continue
        levels: list[int | None] = []
        for key in node.keys:
            operand = aggregate.body[key]
            is_own = isinstance(operand, Var) and operand.header == FUNCTION_SCOPE
            number = operand.index if isinstance(operand, Var) else 0
            levels.append(
                (number - params if number >= params else -1 - number) if is_own else None
            )
        pattern = Pattern(node.cell, tuple(levels))
        bound = sorted(level for level in levels if level is not None and level >= 0)
        if bound != list(range(len(aggregate.keys))) or node.when is not When.NOW:
            raise UnsupportedError("an aggregate that reads a map at other keys than its own")
        if patterns.setdefault(node.cell, pattern) != pattern:
            raise UnsupportedError("an aggregate that reads one map at two patterns of keys")
    return tuple(patterns.values())


class Aggregates:
    """The aggregates of a module, and their values in any state."""

    def __init__(self, encoder: Encoder, inputs: Inputs) -> None:
        self._encoder = encoder
        self._inputs = inputs
        self.declared = encoder.module.spec.aggregates
        self.is_usable: list[bool] = [True] * len(self.declared)
        """Zero at defaults and well-defined; set once its goals are decided."""
        self.is_positive: list[bool] = [False] * len(self.declared)
        """Never negative in a typed state; set once decided."""
        self.patterns: list[tuple[Pattern, ...]] = []
        for number, aggregate in enumerate(self.declared):
            try:
                self.patterns.append(find_patterns(aggregate))
            except UnsupportedError:
                self.patterns.append(())
                self.is_usable[number] = False
        self._bodies: dict[tuple[object, ...], Term] = {}
        self._values: dict[tuple[object, ...], Term] = {}
        self._kept: list[State] = []
        """Keeps states alive, so that `id` names them."""

    def get_keys(self, aggregate: int) -> tuple[Type, ...]:
        """Types of the bound keys."""
        return tuple(self._encoder.layouts.get(each) for each in self.declared[aggregate].keys)

    def get_params(self, aggregate: int) -> tuple[Type, ...]:
        """Types of the parameters."""
        return tuple(self._encoder.layouts.get(each) for each in self.declared[aggregate].params)

    def run_body(
        self, aggregate: int, state: State, args: tuple[Sym, ...], keys: Keys
    ) -> Execution:
        """The execution of a body; its value is that of the last node."""
        layouts, pool = self._encoder.layouts, self._encoder.pool
        bound = tuple(
            Sym(kind, (as_leaf(pool, key, layouts.leaves(kind)[0]),))
            for kind, key in zip(self.get_keys(aggregate), keys, strict=True)
        )
        execution = Execution(self._encoder, self._inputs, state, state)
        execution.variables[FUNCTION_SCOPE] = (*args, *bound)
        execution.result = execution.run_expression(self.declared[aggregate].body)
        return execution

    def get_body(self, aggregate: int, state: State, args: tuple[Sym, ...], keys: Keys) -> Term:
        """The body at bound keys."""
        index = (aggregate, id(state), *_identify(args), *(key.id for key in keys))
        known = self._bodies.get(index)
        if known is None:
            result = self.run_body(aggregate, state, args, keys).result
            assert result is not None, "a body has a value"
            known = self._bodies[index] = self._encoder.pool.to_integer(result.term)
            self._kept.append(state)
        return known

    def get_ghost(self, aggregate: int, root: Root, args: tuple[Sym, ...]) -> Term:
        """The value at the root of a state."""
        pool = self._encoder.pool
        if root.is_default:
            return pool.zero
        leaves = tuple(pool.to_integer(leaf) for arg in args for leaf in arg.leaves)
        if root.height is not None:
            symbol = Symbol("past aggregate", (root.number, aggregate), None, None)
            return pool.apply(symbol, (*leaves, root.height))
        return pool.apply(Symbol("aggregate", (root.number, aggregate), None, None), leaves)

    def get_value(self, asked: Asked) -> Term:
        """The value in a state: the ghost, and what each write since has changed."""
        aggregate, state, args = asked.aggregate, asked.state, asked.args
        if not self.is_usable[aggregate]:
            raise UnsupportedError("this aggregate")
        index = (aggregate, id(state), *_identify(args))
        known = self._values.get(index)
        if known is not None:
            return known
        pool = self._encoder.pool
        total = self.get_ghost(aggregate, state.root, args)
        cells = {pattern.cell: pattern for pattern in self.patterns[aggregate]}
        for entry in list_writes(state):
            pattern = cells.get(entry.cell)
            if pattern is not None:
                keys = pattern.get_bound(entry.keys, len(self.declared[aggregate].keys))
                after = self.get_body(aggregate, entry.after, args, keys)
                before = self.get_body(aggregate, entry.before, args, keys)
                total = pool.add(total, pool.sub(after, before))
        self._values[index] = total
        self._kept.append(state)
        return total

    # Lemmas

    def make_sum(self, asked: Asked, touched: list[Keys]) -> Term:
        """The sum of the body over distinct keys among those touched, at the root of a state."""
        pool = self._encoder.pool
        state = asked.state.root.start
        total = pool.zero
        for position, keys in enumerate(touched):
            is_new = pool.and_(
                self.is_in_range(asked.aggregate, keys),
                *(pool.not_(pool.all_equal(keys, other)) for other in touched[:position]),
            )
            body = self.get_body(asked.aggregate, state, asked.args, keys)
            total = pool.add(total, pool.choice(is_new, body, pool.zero))
        return total

    def make_single(self, asked: Asked, keys: Keys) -> Term:
        """The sum is at least the body at one key, in any typed state."""
        pool = self._encoder.pool
        body = self.get_body(asked.aggregate, asked.state, asked.args, keys)
        holds = pool.less_equal(body, self.get_value(asked))
        return pool.implies(self.is_in_range(asked.aggregate, keys), holds)

    def is_in_range(self, aggregate: int, keys: Keys) -> Term:
        """Whether terms lie in the types of the bound keys."""
        return make_range(self._encoder, self.get_keys(aggregate), keys)

    # Goals about the aggregate itself

    def make_defaults(self, aggregate: int) -> tuple[Term, list[Owed]]:
        """The body where everything it reads is default; it must be zero."""
        root = Root(self._encoder.pool, self._encoder.layouts, self._encoder.module.code.cells, 0)
        execution = self._run_anywhere(aggregate, make_state(root))
        assert execution.result is not None, "a body has a value"
        return self._encoder.pool.to_integer(execution.result.term), execution.owed

    def make_anywhere(self, aggregate: int, state: State) -> tuple[Term, list[Owed]]:
        """The body in a typed state at any keys; it should not be negative."""
        execution = self._run_anywhere(aggregate, state)
        assert execution.result is not None, "a body has a value"
        return self._encoder.pool.to_integer(execution.result.term), execution.owed

    def _run_anywhere(self, aggregate: int, state: State) -> Execution:
        pool, layouts = self._encoder.pool, self._encoder.layouts
        args = tuple(
            make_symbolic(pool, layouts, kind, "any") for kind in self.get_params(aggregate)
        )
        keys = tuple(
            pool.fresh("any", 0, layouts.leaves(kind)[0].high) for kind in self.get_keys(aggregate)
        )
        return self.run_body(aggregate, state, args, keys)


def _identify(args: tuple[Sym, ...]) -> tuple[int, ...]:
    return tuple(leaf.id for arg in args for leaf in arg.leaves)


def make_range(encoder: Encoder, kinds: tuple[Type, ...], terms: tuple[Term, ...]) -> Term:
    """Whether integer terms lie in scalar types."""
    pool = encoder.pool
    parts: list[Term] = []
    for kind, term in zip(kinds, terms, strict=True):
        high = pool.number(encoder.layouts.leaves(kind)[0].high)
        parts += [pool.less_equal(pool.zero, term), pool.less_equal(term, high)]
    return pool.and_(*parts)
