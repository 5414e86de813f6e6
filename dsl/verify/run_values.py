"""The nodes that compute values and touch the state: each handler returns the next index.

Source: LANGUAGE.md 5.1 to 5.3, 5.7; IR.md 1.
"""

from dsl.verify.encoder import (
    Failure,
    choose_leaves,
    get_element,
    split_list,
)
from dsl.verify.leaves import (
    Sym,
    UnsupportedError,
    encode_leaves,
    make_default,
)
from dsl.verify.operators import apply_operator
from dsl.verify.past import make_past_cell, read_past
from dsl.verify.run_frame import COINS, TIME, Frame
from dsl.verify.state import Place, read, read_leaf, write
from dsl.verify.terms import Term
from spec.ir.syntax import (
    AddressType,
    Agg,
    BytesType,
    Check,
    Const,
    Context,
    ContextKind,
    Field,
    Get,
    Item,
    MakeList,
    MakeRecord,
    NodeIndex,
    Param,
    Payload,
    Prim,
    Set,
    Sign,
    Type,
    UintType,
    Update,
    Variant,
    When,
)


class ValueNodes(Frame):
    """Handlers of plain and state nodes."""

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
            self._get_past(node, index)
            return index + 1
        place, kind = self._place(node.cell, node.keys, node.fields, index)
        state = self.old if node.when is When.OLD else self.state
        self.values[index] = read(state, place, kind)
        return index + 1

    def _get_past(self, node: Get, index: int) -> None:
        """The value at the end of an earlier block; the default where nothing may fail."""
        place, kind = self._place(node.cell, node.keys[:-1], (), index)
        height, pool = self.number(node.keys[-1]), self.pool
        self.reads.append((make_past_cell(node.cell), (*place.keys, height)))
        is_past = pool.less(height, self.inputs.height)
        if not self.is_guard:
            self.fail("checkpoint", pool.not_(is_past), index)
        is_kept = pool.and_(pool.less_equal(pool.zero, height), is_past)
        value = read_past(self.state, place, height)
        self.values[index] = Sym(kind, (pool.choose(is_kept, value, pool.zero),))

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
