"""The operators of `Prim`, in terms."""

from collections.abc import Callable, Mapping
from typing import Protocol

from dsl.verify.encoder import (
    Encoder,
    choose_leaves,
    choose_value,
    get_element,
    split_list,
)
from dsl.verify.leaves import Layouts, Sym, UnsupportedError, as_leaf, make_default
from dsl.verify.terms import Pool, Symbol, Term
from spec.ir.syntax import BoolType, BytesType, NodeIndex, Prim, PrimOp, TypeIndex, UintType

BOOL = BoolType()
LENGTH = UintType(32)
DIGEST = BytesType(32)


class Host(Protocol):
    """The execution an operator runs in."""

    pool: Pool
    layouts: Layouts
    encoder: Encoder
    values: dict[int, Sym]

    def number(self, index: NodeIndex) -> Term:
        """The scalar at a node."""

    def is_contract(self, address: Term) -> Term:
        """Whether code stands at an address."""

    def require(self, kind: str, condition: Term, node: int) -> None:
        """A partial operator: fails in a body, is owed where it is total."""


def _arithmetic(host: Host, _: int, node: Prim) -> Sym:
    pool = host.pool
    terms = [host.number(arg) for arg in node.args]
    match node.op:
        case PrimOp.ADD:
            return Sym(None, (pool.add(*terms),))
        case PrimOp.SUB:
            return Sym(None, (pool.sub(terms[0], terms[1]),))
        case PrimOp.MUL:
            return Sym(None, (pool.mul(terms[0], terms[1]),))
        case _:
            return Sym(None, (pool.scale(terms[0], -1),))


def _division(host: Host, index: int, node: Prim) -> Sym:
    pool = host.pool
    dividend, divisor = (host.number(arg) for arg in node.args)
    host.require("division", pool.less(pool.zero, divisor), index)
    operator = pool.quotient if node.op is PrimOp.DIV else pool.remainder
    return Sym(host.values[node.args[0]].type, (operator(dividend, divisor),))


def _extremum(host: Host, _: int, node: Prim) -> Sym:
    left, right = (host.number(arg) for arg in node.args)
    is_left = host.pool.less_equal(left, right)
    pair = (left, right) if node.op is PrimOp.MIN else (right, left)
    return Sym(None, (host.pool.choice(is_left, *pair),))


def _comparison(host: Host, _: int, node: Prim) -> Sym:
    pool = host.pool
    if node.op is PrimOp.EQ:
        left, right = (host.values[arg].leaves for arg in node.args)
        return Sym(BOOL, (pool.all_equal(left, right),))
    first, second = (host.number(arg) for arg in node.args)
    compare = pool.less if node.op is PrimOp.LT else pool.less_equal
    return Sym(BOOL, (compare(first, second),))


def _logic(host: Host, _: int, node: Prim) -> Sym:
    terms = [host.number(arg) for arg in node.args]
    match node.op:
        case PrimOp.AND:
            return Sym(BOOL, (host.pool.and_(*terms),))
        case PrimOp.OR:
            return Sym(BOOL, (host.pool.or_(*terms),))
        case _:
            return Sym(BOOL, (host.pool.not_(terms[0]),))


def _select(host: Host, _: int, node: Prim) -> Sym:
    yes, no = host.values[node.args[1]], host.values[node.args[2]]
    return choose_value(host.pool, host.number(node.args[0]), yes, no)


def _length(host: Host, _: int, node: Prim) -> Sym:
    return Sym(LENGTH, host.values[node.args[0]].leaves[:1])


def _is_member(host: Host, _: int, node: Prim) -> Sym:
    tag = host.pool.number(node.immediates[0])
    return Sym(BOOL, (host.pool.equal(host.values[node.args[0]].leaves[0], tag),))


def _append(host: Host, index: int, node: Prim) -> Sym:
    pool, value = host.pool, host.values[node.args[0]]
    slots = split_list(host.layouts, value)
    length = value.leaves[0]
    has_room = pool.less(length, pool.number(len(slots)))
    host.require("full", has_room, index)
    element = host.values[node.args[1]].leaves
    leaves = [pool.choice(has_room, pool.add(length, pool.one), length)]
    for number, slot in enumerate(slots):
        is_here = pool.equal(length, pool.number(number))
        leaves.extend(choose_leaves(pool, is_here, element, slot))
    return Sym(value.type, tuple(leaves))


def _pop(host: Host, index: int, node: Prim) -> Sym:
    pool, value = host.pool, host.values[node.args[0]]
    length = value.leaves[0]
    has_some = pool.less(pool.zero, length)
    host.require("empty", has_some, index)
    empty = make_default(pool, host.layouts.leaves(get_element(host.layouts, value)))
    leaves = [pool.choice(has_some, pool.sub(length, pool.one), length)]
    for number, slot in enumerate(split_list(host.layouts, value)):
        is_last = pool.equal(length, pool.number(number + 1))
        leaves.extend(choose_leaves(pool, is_last, empty, slot))
    return Sym(value.type, tuple(leaves))


def _replace(host: Host, index: int, node: Prim) -> Sym:
    pool, value = host.pool, host.values[node.args[0]]
    position, element = host.number(node.args[1]), host.values[node.args[2]].leaves
    is_inside = pool.and_(
        pool.less_equal(pool.zero, position), pool.less(position, value.leaves[0])
    )
    host.require("index", is_inside, index)
    leaves = list(value.leaves[:1])
    for number, slot in enumerate(split_list(host.layouts, value)):
        is_here = pool.and_(is_inside, pool.equal(position, pool.number(number)))
        leaves.extend(choose_leaves(pool, is_here, element, slot))
    return Sym(value.type, tuple(leaves))


def _hash(host: Host, _: int, node: Prim) -> Sym:
    found = [host.values[arg].type for arg in node.args]
    kinds = tuple(kind for kind in found if kind is not None)
    if len(kinds) != len(found):
        raise UnsupportedError("a hash over numbers joined from several widths")
    number = host.encoder.get_function_number(node.op, node.immediates, kinds)
    host.encoder.hashed[number] = (node.immediates[0], kinds)
    return Sym(DIGEST, (_apply(host, "hash", number, node, (1 << 256) - 1),))


def _is_contract(host: Host, _: int, node: Prim) -> Sym:
    return Sym(BOOL, (host.is_contract(host.number(node.args[0])),))


def _implements(host: Host, index: int, node: Prim) -> Sym:
    has_all = _predicate(host, index, node).term
    return Sym(BOOL, (host.pool.and_(host.is_contract(host.number(node.args[0])), has_all),))


def _predicate(host: Host, _: int, node: Prim) -> Sym:
    number = host.encoder.get_function_number(node.op, node.immediates)
    atom = _apply(host, "predicate", number, node, 1)
    return Sym(BOOL, (as_leaf(host.pool, atom, host.layouts.leaves(BOOL)[0]),))


def _apply(host: Host, group: str, number: int, node: Prim, high: int) -> Term:
    """An uninterpreted function of all leaves of the operands."""
    leaves = tuple(
        host.pool.to_integer(leaf) for arg in node.args for leaf in host.values[arg].leaves
    )
    return host.pool.apply(Symbol(group, (number,), 0, high), leaves)


def _message(host: Host, _: int, node: Prim) -> Sym:
    """The arguments are bytes of which only this is known: equal ones are of equal arguments."""
    type_index, interface, number = node.immediates
    member = host.encoder.module.code.interfaces[interface].members[number]
    kind = host.layouts.get(TypeIndex(type_index))
    target, coins = host.number(node.args[0]), host.number(node.args[1])
    selector = host.pool.number(int.from_bytes(member.selector, "big"))
    if not member.params:
        return Sym(kind, (target, selector, coins, host.pool.zero, host.pool.zero))
    kinds = tuple(host.layouts.get(each) for each in member.params)
    function = host.encoder.get_function_number(node.op, kinds)
    host.encoder.packed[function] = kinds
    sizes = host.layouts.leaves(kind)[3:]
    leaves = tuple(
        host.pool.to_integer(leaf) for arg in node.args[2:] for leaf in host.values[arg].leaves
    )
    length, data = (
        host.pool.apply(Symbol(group, (function,), low, each.high), leaves)
        for group, low, each in zip(("packed_length", "packed"), (1, 0), sizes, strict=True)
    )
    return Sym(kind, (target, selector, coins, length, data))


Operator = Callable[[Host, int, Prim], Sym]
OPERATORS: Mapping[PrimOp, Operator] = {
    PrimOp.ADD: _arithmetic,
    PrimOp.SUB: _arithmetic,
    PrimOp.MUL: _arithmetic,
    PrimOp.NEG: _arithmetic,
    PrimOp.DIV: _division,
    PrimOp.MOD: _division,
    PrimOp.MIN: _extremum,
    PrimOp.MAX: _extremum,
    PrimOp.EQ: _comparison,
    PrimOp.LT: _comparison,
    PrimOp.LE: _comparison,
    PrimOp.AND: _logic,
    PrimOp.OR: _logic,
    PrimOp.NOT: _logic,
    PrimOp.SELECT: _select,
    PrimOp.LENGTH: _length,
    PrimOp.APPEND: _append,
    PrimOp.POP: _pop,
    PrimOp.REPLACE: _replace,
    PrimOp.IS_MEMBER: _is_member,
    PrimOp.HASH: _hash,
    PrimOp.VERIFY_SIGNATURE: _predicate,
    PrimOp.IS_CONTRACT: _is_contract,
    PrimOp.IMPLEMENTS: _implements,
    PrimOp.MESSAGE: _message,
}


def apply_operator(host: Host, index: int, node: Prim) -> Sym:
    """The value of a `Prim` node."""
    return OPERATORS[node.op](host, index, node)
