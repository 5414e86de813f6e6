"""Properties as terms: evaluation, quantifiers, and what their sense rests on.

A property that is to be shown has its quantified variables replaced by constants that nothing else
mentions. One that is assumed is instantiated at chosen terms, each instance guarded by the range of
the variables. No quantifier reaches the solver, so a model is a real state (LANGUAGE.md 5.6).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsl.verify.aggregates import Aggregates, Asked, make_range
from dsl.verify.encoder import Encoder, Inputs, Owed
from dsl.verify.execute import Execution
from dsl.verify.leaves import Sym, UnsupportedError, as_leaf, make_symbolic
from dsl.verify.past import make_past_cell
from dsl.verify.state import State
from dsl.verify.terms import Pool, Term
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    Agg,
    Call,
    Check,
    Code,
    Context,
    ContextKind,
    Emit,
    Fail,
    Fold,
    ForAll,
    Get,
    If,
    Item,
    Join,
    Leave,
    Match,
    NodeIndex,
    Pay,
    Prim,
    PrimOp,
    Send,
    Set,
    Type,
    Update,
    Var,
    When,
    get_operands,
)

BOTH = 0
POSITIVE = 1

ACTIVE = (Set, Update, If, Match, Leave, Fail, Pay, Call, Send, Emit, Check, Item)
"""Nodes whose operands matter whatever becomes of their value."""

Variable = tuple[int, int]
"""(header, index) of a quantified variable."""
Entry = tuple[int, tuple[Term, ...]]
"""(cell, keys): an entry of the state that something touches."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A map read whose keys include quantified variables."""

    cell: int
    levels: tuple[Variable | None, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """Static facts of a property."""

    code: Code
    variables: tuple[Variable, ...]
    """All quantified variables, in order."""
    kinds: tuple[Type, ...]
    """Their types."""
    readings: tuple[Reading, ...]
    """Reads that pin quantified variables."""
    contexts: frozenset[int]
    """Kinds of context that it reads."""
    cells: frozenset[int]
    """Cells that it reads, through aggregates too."""
    aggregates: frozenset[int]
    antecedent: NodeIndex | None
    """If the property is an implication: its left side."""


@dataclass(slots=True)
class Evaluated:
    """A property at some terms."""

    term: Term
    owed: list[Owed]
    reads: list[Entry]
    asked: list[Asked]
    antecedent: Term | None
    variables: dict[Variable, Sym] = field(default_factory=dict)


def get_last(code: Code, start: int, count: int) -> int:
    """The last node of a block at the block's own level."""
    index = last = start
    while index < start + count:
        last = index
        index += 1 + count_inner(code, index)
    return last


def count_inner(code: Code, index: int) -> int:
    """How many nodes the blocks of a header hold."""
    node = code[index]
    match node:
        case If(_, then_count, else_count):
            return then_count + else_count
        case Match(_, counts):
            return sum(counts)
        case _:
            return int(getattr(node, "body_count", 0))


def compute_polarities(code: Code) -> dict[int, int]:
    """For each node whether the property grows or shrinks with it, or both."""
    polarities: dict[int, int] = {}

    def mark(index: int, polarity: int) -> None:
        for each in list_carriers(code, index):
            known = polarities.get(each, polarity)
            polarities[each] = polarity if known == polarity else BOTH

    mark(get_last(code, 0, len(code)), POSITIVE)
    for index in range(len(code) - 1, -1, -1):
        own = polarities.get(index, BOTH)
        for position, operand in enumerate(get_operands(code[index])):
            mark(operand, _pass_on(code, index, position, own))
    return polarities


def list_carriers(code: Code, index: int) -> list[int]:
    """A node and, if it is a quantifier, the nodes inside whose value is its own."""
    carriers = [index]
    node = code[index]
    while isinstance(node, ForAll):
        index = get_last(code, index + 1, node.body_count)
        carriers.append(index)
        node = code[index]
    return carriers


def _pass_on(code: Code, index: int, position: int, own: int) -> int:
    node = code[index]
    if isinstance(node, Join):
        return own
    if isinstance(node, Prim):
        if node.op in {PrimOp.AND, PrimOp.OR}:
            return own
        if node.op is PrimOp.NOT:
            return -own
        if node.op is PrimOp.SELECT and position > 0:
            return own
    return BOTH


def compute_uses(
    pool: Pool, code: Code, values: Mapping[int, Sym], roots: set[int]
) -> dict[int, Term]:
    """For each node under which condition its value matters, by short circuit.

    `and`, `or` and `select` are strict, but what the right side of `a or b` needs is only owed
    where `a` is false. Nodes in `roots` matter always, and so do operands of nodes that act.
    """
    if any(isinstance(node, Fold) for node in code):
        return dict.fromkeys(range(len(code)), pool.true)
    uses: dict[int, Term] = {}

    def use(index: int, condition: Term) -> None:
        for each in list_carriers(code, index):
            uses[each] = pool.or_(uses.get(each, pool.false), condition)

    for root in roots:
        use(root, pool.true)
    for index in range(len(code) - 1, -1, -1):
        node = code[index]
        own = uses.get(index, pool.true if isinstance(node, ACTIVE) else pool.false)
        before = pool.true
        for position, operand in enumerate(get_operands(node)):
            use(operand, pool.and_(own, before))
            if isinstance(node, Prim):
                before = _short_circuit(pool, node, position, values, before)
    return uses


def _short_circuit(
    pool: Pool, node: Prim, position: int, values: Mapping[int, Sym], before: Term
) -> Term:
    """When the operand after `position` matters."""
    term = values[node.args[position]].leaves[0]
    match node.op:
        case PrimOp.AND:
            return pool.and_(before, term)
        case PrimOp.OR:
            return pool.and_(before, pool.not_(term))
        case PrimOp.SELECT if position == 0:
            return term
        case PrimOp.SELECT:
            return pool.not_(values[node.args[0]].term)
        case _:
            return pool.true


def settle_owed(pool: Pool, code: Code, execution: Execution, roots: set[int]) -> list[Owed]:
    """What an execution owes, each only where its value matters."""
    if not execution.owed:
        return []
    uses = compute_uses(pool, code, execution.values, roots)
    return [
        Owed(each.what, pool.implies(uses.get(each.node, pool.false), each.condition), each.node)
        for each in execution.owed
    ]


def find_shape(encoder: Encoder, aggregates: Aggregates, code: Code) -> Shape:
    """The static facts of a property.

    Raises:
        UnsupportedError: a quantifier whose negation would be needed.
    """
    polarities = compute_polarities(code)
    variables: list[Variable] = []
    kinds: list[Type] = []
    readings: list[Reading] = []
    contexts: set[int] = set()
    cells: set[int] = set()
    used: set[int] = set()
    for index, node in enumerate(code):
        if isinstance(node, ForAll):
            if polarities.get(index, BOTH) != POSITIVE:
                raise UnsupportedError("a quantifier under a negation")
            variables += [(index, number) for number in range(len(node.types))]
            kinds += [encoder.layouts.get(each) for each in node.types]
        elif isinstance(node, Get):
            cells.add(node.cell)
            if node.when is When.AT:
                contexts.add(int(ContextKind.HEIGHT))
                readings += _find_reading(code, make_past_cell(node.cell), node.keys)
            else:
                readings += _find_reading(code, node.cell, node.keys)
        elif isinstance(node, Agg):
            used.add(node.aggregate)
            for pattern in aggregates.patterns[node.aggregate]:
                cells.add(pattern.cell)
                readings += _find_prefix(code, pattern.cell, pattern.levels, node.args)
        elif isinstance(node, Context):
            contexts.add(int(node.which))
    return Shape(
        code,
        tuple(variables),
        tuple(kinds),
        tuple(dict.fromkeys(readings)),
        frozenset(contexts),
        frozenset(cells),
        frozenset(used),
        _find_antecedent(code),
    )


def _find_reading(code: Code, cell: int, keys: tuple[NodeIndex, ...]) -> list[Reading]:
    levels = tuple(_get_variable(code, key) for key in keys)
    return [Reading(cell, levels)] if any(level is not None for level in levels) else []


def _find_prefix(
    code: Code, cell: int, levels: tuple[int | None, ...], args: tuple[NodeIndex, ...]
) -> list[Reading]:
    """An aggregate's parameters are keys too, where its body reads a map at them."""
    found = tuple(
        _get_variable(code, args[-1 - level]) if level is not None and level < 0 else None
        for level in levels
    )
    return [Reading(cell, found)] if any(level is not None for level in found) else []


def _get_variable(code: Code, index: NodeIndex) -> Variable | None:
    node = code[index]
    if not isinstance(node, Var) or node.header == FUNCTION_SCOPE:
        return None
    return (node.header, node.index) if isinstance(code[node.header], ForAll) else None


def _find_antecedent(code: Code) -> NodeIndex | None:
    """The left side of `or(not a, b)` at the root, behind quantifiers."""
    index = get_last(code, 0, len(code))
    node = code[index]
    while isinstance(node, ForAll):
        index = get_last(code, index + 1, node.body_count)
        node = code[index]
    if isinstance(node, Prim) and node.op is PrimOp.OR:
        left = code[node.args[0]]
        if isinstance(left, Prim) and left.op is PrimOp.NOT:
            return left.args[0]
    return None


@dataclass(frozen=True, slots=True)
class View:
    """Where a property is read: two states and a call."""

    inputs: Inputs
    old: State
    now: State


class Properties:
    """Evaluates the properties of a module."""

    def __init__(self, encoder: Encoder, aggregates: Aggregates) -> None:
        self.encoder = encoder
        self.pool = encoder.pool
        self.aggregates = aggregates

    def evaluate(
        self, shape: Shape, view: View, bound: Mapping[Variable, Sym] | None = None
    ) -> Evaluated:
        """The property in a view, its variables bound as given, or to new constants."""
        execution = Execution(self.encoder, view.inputs, view.old, view.now)
        asked: list[Asked] = []
        chosen: dict[Variable, Sym] = {}

        def ask(aggregate: int, state: State, args: tuple[Sym, ...]) -> Term:
            wanted = Asked(aggregate, state, args)
            asked.append(wanted)
            return self.aggregates.get_value(wanted)

        def bind(header: int, kinds: tuple[Type, ...]) -> tuple[Sym, ...]:
            values: list[Sym] = []
            for number, kind in enumerate(kinds):
                variable = (header, number)
                value = None if bound is None else bound[variable]
                if value is None:
                    value = make_symbolic(self.pool, self.encoder.layouts, kind, "skolem")
                chosen[variable] = value
                values.append(value)
            return tuple(values)

        execution.ask, execution.bind = ask, bind
        result = execution.run_expression(shape.code)
        root = get_last(shape.code, 0, len(shape.code))
        owed = settle_owed(self.pool, shape.code, execution, {root})
        left = shape.antecedent
        antecedent = None if left is None else execution.values[left].term
        return Evaluated(result.term, owed, execution.reads, asked, antecedent, chosen)

    def instantiate(self, shape: Shape, view: View, terms: Mapping[Variable, Term]) -> Evaluated:
        """An assumed property at integer terms, true where they leave their types."""
        layouts = self.encoder.layouts
        bound: dict[Variable, Sym] = {}
        for variable, kind in zip(shape.variables, shape.kinds, strict=True):
            leaf = as_leaf(self.pool, terms[variable], layouts.leaves(kind)[0])
            bound[variable] = Sym(kind, (leaf,))
        evaluated = self.evaluate(shape, view, bound)
        ordered = tuple(terms[variable] for variable in shape.variables)
        is_inside = make_range(self.encoder, shape.kinds, ordered)
        evaluated.term = self.pool.implies(is_inside, evaluated.term)
        return evaluated
