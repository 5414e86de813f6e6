"""Symbolic execution of a node list: guarded, in a straight line, without forking paths.

One pass over the nodes, both sides of a branch under their guards. A function gathers the
conditions under which it fails; its final state matters only where none of them holds, so revert
costs nothing. Properties run through the same code, read two states, and give each quantifier the
terms that the caller chooses.

Source: LANGUAGE.md 5.3, IR.md 3.
"""

from collections.abc import Callable, Sequence

from dsl.verify.encoder import (
    Failure,
    choose_value,
    get_element,
    split_list,
)
from dsl.verify.leaves import (
    ADDRESS_LOW,
    CONTRACTS_LOW,
    Sym,
    UnsupportedError,
)
from dsl.verify.run_calls import CallNodes
from dsl.verify.run_frame import COINS, COUNTER, ROUNDS_MAX, UNIT, Exit, Paid
from dsl.verify.state import Place, read_leaf, write
from dsl.verify.terms import Term
from spec.ir.syntax import (
    CELL_BALANCE,
    CELL_INBOX,
    FUNCTION_SCOPE,
    NO_SOURCE,
    Agg,
    Call,
    Check,
    Code,
    Collect,
    Const,
    Context,
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
    Scope,
    Send,
    Set,
    Update,
    Var,
    Variant,
)


class Execution(CallNodes):
    """One run over a node list: control flow, effects, and the table of all handlers."""

    # Running

    def run_function(self, code: Code, guard_count: int, value: Term) -> tuple[Sym, ...]:
        """Guard, credit of the value, body; the result."""
        self.nodes = code
        self.ghosts = self.encoder.ghosts.get_nodes(self.inputs.function)
        self.exits[FUNCTION_SCOPE] = Exit(self.guard)
        self._run(0, guard_count)
        self.is_guard = False
        self.credit(CELL_BALANCE, value)
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
        exit_ = self.exits[index] = Exit(entry)
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
        self.exits[index] = Exit(entry, results=carried)
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
        self.exits[index] = Exit(self.guard)
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
        self.credit(CELL_INBOX, pool.choice(is_own, amount, pool.zero))
        self.made.append(Paid(self.guard, self.number(node.to), amount))
        is_some = pool.less(pool.zero, amount)
        is_kind = pool.less_equal(pool.number(CONTRACTS_LOW), self.number(node.to))
        self.start_epoch(pool.and_(is_some, is_kind))
        self.values[index] = UNIT
        return index + 1

    def do_collect(self, index: int) -> int:
        """Handles one node."""
        place = Place(CELL_INBOX, (), 0)
        amount = read_leaf(self.state, place)
        self.credit(CELL_BALANCE, amount)
        self.state = write(self.state, self.guard, place, (self.pool.zero,))
        self.values[index] = Sym(COINS, (amount,))
        return index + 1

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
