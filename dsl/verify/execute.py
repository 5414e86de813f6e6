"""Symbolic execution of a node list: guarded, in a straight line, without forking paths.

One pass over the nodes, both sides of a branch under their guards. A function gathers the
conditions under which it fails; its final state matters only where none of them holds, so revert
costs nothing. Properties run through the same code, read two states, and give each quantifier the
terms that the caller chooses.

Source: LANGUAGE.md 5.3, IR.md 3.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dsl.verify.encoder import (
    AskAggregate,
    Bind,
    Encoder,
    Failure,
    Inputs,
    Owed,
    choose_leaves,
    choose_value,
    get_element,
    split_list,
)
from dsl.verify.leaves import (
    ADDRESS_LOW,
    Sym,
    UnsupportedError,
    encode_leaves,
    make_default,
    make_symbolic,
)
from dsl.verify.operators import apply_operator
from dsl.verify.state import COINS_MAX, Place, State, read, read_leaf, write
from dsl.verify.terms import Term
from spec.ir.syntax import (
    CELL_BALANCE,
    CELL_INBOX,
    FUNCTION_SCOPE,
    NO_SOURCE,
    AddressType,
    Agg,
    BytesType,
    Call,
    Check,
    Code,
    Collect,
    Const,
    Context,
    ContextKind,
    Emit,
    Fail,
    Field,
    Fold,
    ForAll,
    Get,
    If,
    Item,
    Join,
    Leave,
    MakeList,
    MakeRecord,
    Match,
    Next,
    NodeIndex,
    Out,
    Param,
    Pay,
    Payload,
    Prim,
    RecordType,
    Scope,
    Send,
    Set,
    Sign,
    Type,
    UintType,
    Update,
    Var,
    Variant,
    When,
)

ROUNDS_MAX = 16
"""Loops are unrolled up to this many rounds."""
COINS = UintType(128)
TIME = UintType(64)
COUNTER = UintType(32)
UNIT = Sym(RecordType(()), ())


@dataclass(slots=True)
class _Exit:
    """How blocks of a header were left."""

    entry: Term
    """The guard at the header."""
    arms: list[tuple[Term, bool]] = field(default_factory=list)
    """Per arm its condition, and whether it goes on behind the header."""
    leaves: list[tuple[Term, tuple[Sym, ...]]] = field(default_factory=list)
    """Guards and values of the `Leave`s that name this header."""
    results: tuple[Sym, ...] = ()
    """What `Out` reads."""


class Execution:
    """One run over a node list."""

    def __init__(
        self,
        encoder: Encoder,
        inputs: Inputs,
        old: State,
        now: State,
    ) -> None:
        self.encoder = encoder
        self.pool = encoder.pool
        self.layouts = encoder.layouts
        self.inputs = inputs
        self.old = old
        self.state = now
        self.guard = self.pool.true
        self.is_guard = True
        """Division and list operators are total: in guards and properties."""
        self.values: dict[int, Sym] = {}
        self.variables: dict[int, tuple[Sym, ...]] = {}
        self.exits: dict[int, _Exit] = {}
        self.failures: list[Failure] = []
        self.owed: list[Owed] = []
        self.ask: AskAggregate | None = None
        self.bind: Bind | None = None
        self.reads: list[tuple[int, tuple[Term, ...]]] = []
        """Entries read or written: (cell, keys)."""
        self.result: Sym | None = None
        """Of an expression."""
        self.calls = 0
        self.nodes: Code = ()

    # Running

    def run_function(self, code: Code, guard_count: int, value: Term) -> tuple[Sym, ...]:
        """Guard, credit of the value, body; the result."""
        self.nodes = code
        self.exits[FUNCTION_SCOPE] = _Exit(self.guard)
        self._run(0, guard_count)
        self.is_guard = False
        self._credit(CELL_BALANCE, value)
        self._run(guard_count, len(code))
        self._close_scope(FUNCTION_SCOPE)
        return self.exits[FUNCTION_SCOPE].results

    def run_expression(self, code: Code) -> Sym:
        """The value of the last top-level node."""
        self.nodes = code
        self.result = self.values[self._run(0, len(code))]
        return self.result

    def _run(self, start: int, end: int) -> int:
        """Runs a block; the last node of it at this level."""
        index = last = start
        while index < end:
            last = index
            index = _HANDLERS[type(self.nodes[index])](self, index)
        return last

    def number(self, index: NodeIndex) -> Term:
        """The scalar at a node."""
        return self.values[index].term

    def fail(self, kind: str, condition: Term, node: int) -> None:
        """Records that the call fails where the path and the condition hold."""
        whole = self.pool.and_(self.guard, condition)
        if whole is not self.pool.false:
            self.failures.append(Failure(kind, whole, node, -1, self.is_guard, self.state))

    def owe(self, what: str, condition: Term, node: int) -> None:
        """Records what the meaning of a total operator rests on."""
        whole = self.pool.implies(self.guard, condition)
        if whole is not self.pool.true:
            self.owed.append(Owed(what, whole, node))

    def require(self, kind: str, condition: Term, node: int) -> None:
        """A partial operator: fails in a body, is owed where it is total."""
        if self.is_guard:
            self.owe(kind, condition, node)
        else:
            self.fail(kind, self.pool.not_(condition), node)

    def _credit(self, cell: int, amount: Term) -> None:
        place = Place(cell, (), 0)
        total = self.pool.add(read_leaf(self.state, place), amount)
        self.state = write(self.state, self.guard, place, (total,))

    # Plain values

    def do_const(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Const), "dispatched by type"
        code, spec = self.encoder.module.code, self.encoder.module.spec
        literals = (*code.literals, *spec.literals)
        kind = self.layouts.get(literals[node.literal].type)
        leaves = encode_leaves(self.layouts, kind, self.encoder.literals[node.literal])
        self.values[index] = Sym(kind, self._make_leaves(kind, leaves))
        return index + 1

    def _make_leaves(self, kind: Type, leaves: tuple[int, ...]) -> tuple[Term, ...]:
        pairs = zip(self.layouts.leaves(kind), leaves, strict=True)
        return tuple(
            self.pool.boolean(bool(value)) if leaf.is_boolean else self.pool.number(value)
            for leaf, value in pairs
        )

    def do_param(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Param), "dispatched by type"
        self.values[index] = self.inputs.params[node.index]
        return index + 1

    def do_context(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Context), "dispatched by type"
        inputs = self.inputs
        facts: dict[ContextKind, tuple[Type, Term]] = {
            ContextKind.CALLER: (AddressType(), inputs.caller),
            ContextKind.VALUE: (COINS, inputs.value),
            ContextKind.NOW: (TIME, inputs.now),
            ContextKind.HEIGHT: (TIME, inputs.height),
            ContextKind.THIS: (AddressType(), inputs.this),
            ContextKind.GENESIS_ID: (BytesType(32), inputs.genesis),
            ContextKind.FUNCTION: (UintType(16), self.pool.number(inputs.function)),
        }
        kind, term = facts[node.which]
        self.values[index] = Sym(kind, (term,))
        return index + 1

    def do_prim(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Prim), "dispatched by type"
        self.values[index] = apply_operator(self, index, node)
        return index + 1

    def do_check(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Check), "dispatched by type"
        kind = self.layouts.get(node.type)
        term = self.number(node.value)
        self._check_range(kind, term, index)
        self.values[index] = Sym(kind, (term,))
        return index + 1

    def _check_range(self, kind: Type, term: Term, index: int) -> None:
        pool = self.pool
        high = pool.number(self.layouts.leaves(kind)[0].high)
        is_outside = pool.or_(pool.less(term, pool.zero), pool.less(high, term))
        self.fail("range", is_outside, index)

    def do_make_record(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, MakeRecord), "dispatched by type"
        self.values[index] = Sym(self.layouts.get(node.type), self._concatenate(node.args))
        return index + 1

    def _concatenate(self, args: tuple[NodeIndex, ...]) -> tuple[Term, ...]:
        return tuple(leaf for arg in args for leaf in self.values[arg].leaves)

    def do_field(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Field), "dispatched by type"
        value = self.values[node.value]
        assert value.type is not None, "fields belong to records"
        kind, offset = self.layouts.field_span(value.type, node.index)
        self.values[index] = Sym(kind, value.leaves[offset : offset + self.layouts.size(kind)])
        return index + 1

    def do_variant(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Variant), "dispatched by type"
        kind = self.layouts.get(node.type)
        leaves = list(make_default(self.pool, self.layouts.leaves(kind)))
        leaves[0] = self.pool.number(node.tag)
        payload = self._concatenate(node.args)
        if payload:
            start = self.layouts.payload_span(kind, node.tag, 0)[1]
            leaves[start : start + len(payload)] = payload
        self.values[index] = Sym(kind, tuple(leaves))
        return index + 1

    def do_payload(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Payload), "dispatched by type"
        value = self.values[node.value]
        assert value.type is not None, "payloads belong to enums"
        kind, offset = self.layouts.payload_span(value.type, node.tag, node.index)
        self.values[index] = Sym(kind, value.leaves[offset : offset + self.layouts.size(kind)])
        return index + 1

    def do_make_list(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, MakeList), "dispatched by type"
        kind = self.layouts.get(node.type)
        default = make_default(self.pool, self.layouts.leaves(kind))
        items = self._concatenate(node.args)
        length = self.pool.number(len(node.args))
        self.values[index] = Sym(kind, (length, *items, *default[1 + len(items) :]))
        return index + 1

    def do_item(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Item), "dispatched by type"
        value, position = self.values[node.value], self.number(node.index)
        pool = self.pool
        is_inside = pool.and_(
            pool.less_equal(pool.zero, position), pool.less(position, value.leaves[0])
        )
        self.require("index", is_inside, index)
        slots = split_list(self.layouts, value)
        element = get_element(self.layouts, value)
        leaves = make_default(pool, self.layouts.leaves(element))
        for number, slot in enumerate(slots):
            is_here = pool.and_(is_inside, pool.equal(position, pool.number(number)))
            leaves = choose_leaves(pool, is_here, slot, leaves)
        self.values[index] = Sym(element, leaves)
        return index + 1

    # State

    def _place(
        self, cell: int, keys: tuple[NodeIndex, ...], fields: tuple[int, ...], node: int
    ) -> tuple[Place, Type]:
        shape = self.state.root.shapes[cell]
        terms: list[Term] = []
        for key, kind in zip(keys, shape[0], strict=True):
            leaves = self.values[key].leaves
            if len(leaves) != 1:
                raise UnsupportedError("keys of several parts")
            term = self.pool.to_integer(leaves[0])
            self._owe_key(kind, term, node)
            terms.append(term)
        kind, offset = self.layouts.path_span(shape[1], fields)
        self.reads.append((cell, tuple(terms)))
        return Place(cell, tuple(terms), offset), kind

    def _owe_key(self, kind: Type, term: Term, node: int) -> None:
        """A key of a property is an exact number: it must lie in the key's type."""
        high = self.pool.number(self.layouts.leaves(kind)[0].high)
        inside = self.pool.and_(
            self.pool.less_equal(self.pool.zero, term), self.pool.less_equal(term, high)
        )
        self.owe("key", inside, node)

    def do_get(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Get), "dispatched by type"
        if node.when is When.AT:
            raise UnsupportedError("checkpoints")
        place, kind = self._place(node.cell, node.keys, node.fields, index)
        state = self.old if node.when is When.OLD else self.state
        self.values[index] = read(state, place, kind)
        return index + 1

    def do_set(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Set), "dispatched by type"
        place, _ = self._place(node.cell, node.keys, node.fields, index)
        self.state = write(self.state, self.guard, place, self.values[node.value].leaves)
        return index + 1

    def do_update(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Update), "dispatched by type"
        place, kind = self._place(node.cell, node.keys, node.fields, index)
        factor = 1 if node.sign is Sign.PLUS else -1
        before = read_leaf(self.state, place)
        after = self.pool.add_scaled(before, self.number(node.amount), factor)
        count = len(self.failures)
        self._check_range(kind, after, index)
        for position in range(count, len(self.failures)):
            failure = self.failures[position]
            self.failures[position] = Failure(
                failure.kind,
                failure.condition,
                index,
                -1,
                failure.is_guard,
                failure.before,
                (place.cell, place.keys),
            )
        self.state = write(self.state, self.guard, place, (after,))
        return index + 1

    def do_aggregate(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Agg), "dispatched by type"
        assert self.ask is not None, "aggregates stand in properties"
        state = self.old if node.when is When.OLD else self.state
        args = tuple(self.values[arg] for arg in node.args)
        self.values[index] = Sym(None, (self.ask(node.aggregate, state, args),))
        return index + 1

    # Control

    def do_if(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, If), "dispatched by type"
        condition = self.number(node.condition)
        arms = ((condition, node.then_count), (self.pool.not_(condition), node.else_count))
        return self._branch(index, arms)

    def do_match(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Match), "dispatched by type"
        tag = self.values[node.subject].leaves[0]
        arms = tuple(
            (self.pool.equal(tag, self.pool.number(number)), count)
            for number, count in enumerate(node.arm_counts)
        )
        return self._branch(index, arms)

    def _branch(self, index: int, arms: Sequence[tuple[Term, int]]) -> int:
        """Runs each arm under its condition; the conditions exclude each other and exhaust."""
        entry, start = self.guard, index + 1
        exit_ = self.exits[index] = _Exit(entry)
        ends: list[Term] = []
        is_whole = True
        for condition, count in arms:
            self.guard = before = self.pool.and_(entry, condition)
            last = self._run(start, start + count)
            is_leaving = count > 0 and isinstance(self.nodes[last], Leave)
            exit_.arms.append((condition, not is_leaving))
            is_whole &= not is_leaving and self.guard is before
            if not is_leaving:
                ends.append(self.guard)
            start += count
        self.guard = entry if is_whole else self.pool.or_(*ends)
        return start

    def do_join(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Join), "dispatched by type"
        conditions = [c for c, goes_on in self.exits[node.header].arms if goes_on]
        pairs = list(zip(conditions, node.values, strict=True))
        result = self.values[pairs[-1][1]]
        for condition, value in reversed(pairs[:-1]):
            result = choose_value(self.pool, condition, self.values[value], result)
        self.values[index] = result
        return index + 1

    def do_fold(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Fold), "dispatched by type"
        source = None if node.source == NO_SOURCE else self.values[NodeIndex(node.source)]
        rounds = self._make_rounds(node, source)
        entry = self.guard
        carried = tuple(self.values[each] for each in node.initials)
        start, end = index + 1, index + 1 + node.body_count
        for is_active, element in rounds:
            self.guard = self.pool.and_(entry, is_active)
            self.variables[index] = (element, *carried)
            self._run(start, end)
            last = self.nodes[end - 1]
            assert isinstance(last, Next), "a fold's body ends in its Next"
            after = tuple(self.values[each] for each in last.values)
            carried = tuple(
                choose_value(self.pool, is_active, new, old)
                for new, old in zip(after, carried, strict=True)
            )
        self.guard = entry
        self.exits[index] = _Exit(entry, results=carried)
        return end

    def _make_rounds(self, node: Fold, source: Sym | None) -> list[tuple[Term, Sym]]:
        pool = self.pool
        count = node.high - node.low if source is None else len(split_list(self.layouts, source))
        if count > ROUNDS_MAX:
            raise UnsupportedError(f"a loop of more than {ROUNDS_MAX} rounds")
        if source is None:
            numbers = range(node.low, node.high)
            return [(pool.true, Sym(COUNTER, (pool.number(each),))) for each in numbers]
        element = get_element(self.layouts, source)
        return [
            (pool.less(pool.number(number), source.leaves[0]), Sym(element, slot))
            for number, slot in enumerate(split_list(self.layouts, source))
        ]

    def do_var(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Var), "dispatched by type"
        self.values[index] = self.variables[node.header][node.index]
        return index + 1

    def do_next(self, index: int) -> int:
        """Handles one node."""
        return index + 1

    def do_scope(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Scope), "dispatched by type"
        self.exits[index] = _Exit(self.guard)
        self._run(index + 1, index + 1 + node.body_count)
        self._close_scope(index)
        return index + 1 + node.body_count

    def _close_scope(self, header: int) -> None:
        exit_ = self.exits[header]
        guards = [guard for guard, _ in exit_.leaves]
        self.guard = guards[0] if len(guards) == 1 else self.pool.or_(*guards)
        if not exit_.leaves:
            return
        results = exit_.leaves[-1][1]
        for guard, values in reversed(exit_.leaves[:-1]):
            pairs = zip(values, results, strict=True)
            results = tuple(choose_value(self.pool, guard, a, b) for a, b in pairs)
        exit_.results = results

    def do_leave(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Leave), "dispatched by type"
        values = tuple(self.values[each] for each in node.values)
        self.exits[node.header].leaves.append((self.guard, values))
        self.guard = self.pool.false
        return index + 1

    def do_out(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Out), "dispatched by type"
        self.values[index] = self.exits[node.header].results[node.index]
        return index + 1

    def do_for_all(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, ForAll), "dispatched by type"
        assert self.bind is not None, "quantifiers stand in properties"
        kinds = tuple(self.layouts.get(each) for each in node.types)
        self.variables[index] = self.bind(index, kinds)
        last = self._run(index + 1, index + 1 + node.body_count)
        self.values[index] = self.values[last]
        return index + 1 + node.body_count

    # Effects

    def do_fail(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Fail), "dispatched by type"
        whole = self.pool.and_(self.guard, self.number(node.condition))
        if whole is not self.pool.false:
            self.failures.append(
                Failure("fail", whole, index, node.error, self.is_guard, self.state)
            )
        return index + 1

    def do_pay(self, index: int) -> int:
        """Handles one node."""
        node = self.nodes[index]
        assert isinstance(node, Pay), "dispatched by type"
        amount, pool = self.number(node.amount), self.pool
        place = Place(CELL_BALANCE, (), 0)
        before = read_leaf(self.state, place)
        self.fail("address", pool.less(self.number(node.to), pool.number(ADDRESS_LOW)), index)
        self.fail("balance", pool.less(before, amount), index)
        self.state = write(self.state, self.guard, place, (pool.sub(before, amount),))
        is_own = pool.equal(self.number(node.to), self.inputs.this)
        self._credit(CELL_INBOX, pool.choice(is_own, amount, pool.zero))
        self.values[index] = UNIT
        return index + 1

    def do_collect(self, index: int) -> int:
        """Handles one node."""
        place = Place(CELL_INBOX, (), 0)
        amount = read_leaf(self.state, place)
        self._credit(CELL_BALANCE, amount)
        self.state = write(self.state, self.guard, place, (self.pool.zero,))
        self.values[index] = Sym(COINS, (amount,))
        return index + 1

    def do_call(self, index: int) -> int:
        """Handles one node."""
        """Own state is unchanged by a call, but for coins that arrive in the inbox."""
        node = self.nodes[index]
        assert isinstance(node, Call), "dispatched by type"
        member = self.encoder.module.code.interfaces[node.interface].members[node.member]
        self.calls += 1
        results = [
            make_symbolic(self.pool, self.layouts, self.layouts.get(each), "result")
            for each in member.result
        ]
        if not member.is_view:
            self._credit(CELL_INBOX, self.pool.fresh("gift", 0, COINS_MAX))
        self.values[index] = results[0] if results else UNIT
        return index + 1

    def do_send(self, index: int) -> int:
        """Handles one node."""
        raise UnsupportedError(f"send (node {index})")

    def do_emit(self, index: int) -> int:
        """Handles one node."""
        return index + 1


Handler = Callable[[Execution, int], int]
_HANDLERS: dict[type, Handler] = {
    Const: Execution.do_const,
    Param: Execution.do_param,
    Context: Execution.do_context,
    Prim: Execution.do_prim,
    Check: Execution.do_check,
    MakeRecord: Execution.do_make_record,
    Field: Execution.do_field,
    Variant: Execution.do_variant,
    Payload: Execution.do_payload,
    MakeList: Execution.do_make_list,
    Item: Execution.do_item,
    Get: Execution.do_get,
    Set: Execution.do_set,
    Update: Execution.do_update,
    If: Execution.do_if,
    Match: Execution.do_match,
    Join: Execution.do_join,
    Fold: Execution.do_fold,
    Var: Execution.do_var,
    Next: Execution.do_next,
    Scope: Execution.do_scope,
    Leave: Execution.do_leave,
    Out: Execution.do_out,
    Fail: Execution.do_fail,
    Pay: Execution.do_pay,
    Collect: Execution.do_collect,
    Call: Execution.do_call,
    Send: Execution.do_send,
    Emit: Execution.do_emit,
    ForAll: Execution.do_for_all,
    Agg: Execution.do_aggregate,
}
"""All thirty-one kinds of nodes; each handler returns the next index."""
