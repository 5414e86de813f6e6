"""What each operator of `Prim` takes and gives.

The result of arithmetic is an int, whose width b says that its amount is below 2^b; costs depend on
it. With operands of a and b bits, be they uint or int:

    ADD SUB    max(a, b) + 1
    MUL        a + b
    NEG        a
    DIV        the type of the first
    MOD        the type of the first, if a uint; else max(a, b)

Where a value is one of several (MIN, MAX, SELECT, a join, what leaves of one scope give), it has
the common type: the wider number, an int if any is one. A carried value has its initial's type.

Source: IR.md 1 (rule 2: widths of int), 3.9 (checked arithmetic); `PrimOp`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from spec.crypto.signature_sizes import get_signature_sizes
from spec.ir.errors import IrRule
from spec.ir.linked import IntType
from spec.ir.measure import compute_fields_measure
from spec.ir.syntax import (
    AddressType,
    BoolType,
    BytesType,
    EnumType,
    ListType,
    MessageType,
    Prim,
    PrimOp,
    StringType,
    UintType,
)
from spec.ir.validation.scan import (
    Judged,
    Refused,
    Scan,
    compute_common,
    get_bits,
    judge_args,
    judge_fit,
)
from spec.ir.values import get_fields
from spec.limits import IR_INT_BITS_MAX

BOOL = BoolType()
LENGTH = UintType(32)
DIGEST = BytesType(32)
ADDRESS = AddressType()
COINS = UintType(128)
DOMAIN_BITS: Final = 32
"""Width of an immediate."""

Rule = Callable[[Scan, Prim], Judged]


def judge_prim(scan: Scan, node: Prim) -> Judged:
    """The operands have the types that the operator takes, the immediates are those it needs."""
    for immediate in node.immediates:
        if not 0 <= immediate < 1 << DOMAIN_BITS:
            return Refused(IrRule.IMMEDIATE_WRONG, immediate)
    if len(node.immediates) != IMMEDIATE_COUNTS.get(node.op, 0):
        return Refused(IrRule.IMMEDIATE_WRONG, len(node.immediates))
    count = OPERAND_COUNTS.get(node.op)
    if count is not None and len(node.args) != count:
        return Refused(IrRule.OPERAND_COUNT, len(node.args))
    return RULES[node.op](scan, node)


def _get_widths(scan: Scan, node: Prim) -> list[int] | Refused:
    """The widths of operands that must all be numbers."""
    widths: list[int] = []
    for arg in node.args:
        bits = get_bits(scan.get_operand(arg))
        if bits is None:
            return Refused(IrRule.OPERAND_TYPE, arg)
        widths.append(bits)
    return widths


def _judge_sum(scan: Scan, node: Prim) -> Judged:
    widths = _get_widths(scan, node)
    return widths if isinstance(widths, Refused) else _limit(max(widths) + 1)


def _judge_product(scan: Scan, node: Prim) -> Judged:
    widths = _get_widths(scan, node)
    return widths if isinstance(widths, Refused) else _limit(sum(widths))


def _judge_negation(scan: Scan, node: Prim) -> Judged:
    widths = _get_widths(scan, node)
    return widths if isinstance(widths, Refused) else _limit(widths[0])


def _limit(bits: int) -> IntType | Refused:
    return IntType(bits) if bits <= IR_INT_BITS_MAX else Refused(IrRule.INT_TOO_WIDE, bits)


def _judge_quotient(scan: Scan, node: Prim) -> Judged:
    widths = _get_widths(scan, node)
    return widths if isinstance(widths, Refused) else scan.get_operand(node.args[0])


def _judge_remainder(scan: Scan, node: Prim) -> Judged:
    """The type of the first; an int that may be negative leaves up to what the divisor allows."""
    widths = _get_widths(scan, node)
    if isinstance(widths, Refused):
        return widths
    first = scan.get_operand(node.args[0])
    return IntType(max(widths)) if isinstance(first, IntType) else first


def _judge_extremum(scan: Scan, node: Prim) -> Judged:
    widths = _get_widths(scan, node)
    if isinstance(widths, Refused):
        return widths
    return compute_common(scan.get_operand(node.args[0]), scan.get_operand(node.args[1]))


def _judge_equality(scan: Scan, node: Prim) -> Judged:
    first, second = scan.get_operand(node.args[0]), scan.get_operand(node.args[1])
    if compute_common(first, second) is None:
        return Refused(IrRule.OPERAND_TYPE, node.args[1])
    return BOOL


def _judge_order(scan: Scan, node: Prim) -> Judged:
    widths = _get_widths(scan, node)
    return widths if isinstance(widths, Refused) else BOOL


def _judge_logic(scan: Scan, node: Prim) -> Judged:
    return judge_args(scan, node.args, (BOOL,) * len(node.args)) or BOOL


def _judge_select(scan: Scan, node: Prim) -> Judged:
    condition, first, second = node.args
    refused = judge_fit(scan.get_operand(condition), BOOL, condition)
    if refused is not None:
        return refused
    common = compute_common(scan.get_operand(first), scan.get_operand(second))
    return Refused(IrRule.OPERAND_TYPE, second) if common is None else common


def _judge_length(scan: Scan, node: Prim) -> Judged:
    kind = scan.get_operand(node.args[0])
    if not isinstance(kind, ListType | StringType):
        return Refused(IrRule.OPERAND_TYPE, node.args[0])
    return LENGTH


def _judge_append(scan: Scan, node: Prim) -> Judged:
    kind = scan.get_operand(node.args[0])
    if not isinstance(kind, ListType):
        return Refused(IrRule.OPERAND_TYPE, node.args[0])
    element = scan.tables.types[kind.element]
    return judge_fit(scan.get_operand(node.args[1]), element, node.args[1]) or kind


def _judge_pop(scan: Scan, node: Prim) -> Judged:
    kind = scan.get_operand(node.args[0])
    return kind if isinstance(kind, ListType) else Refused(IrRule.OPERAND_TYPE, node.args[0])


def _judge_replace(scan: Scan, node: Prim) -> Judged:
    values, position, element = node.args
    kind = scan.get_operand(values)
    if not isinstance(kind, ListType):
        return Refused(IrRule.OPERAND_TYPE, values)
    if get_bits(scan.get_operand(position)) is None:
        return Refused(IrRule.OPERAND_TYPE, position)
    wanted = scan.tables.types[kind.element]
    return judge_fit(scan.get_operand(element), wanted, element) or kind


def _judge_is_member(scan: Scan, node: Prim) -> Judged:
    kind = scan.get_operand(node.args[0])
    if not isinstance(kind, EnumType):
        return Refused(IrRule.OPERAND_TYPE, node.args[0])
    tag = node.immediates[0]
    return BOOL if tag < len(kind.members) else Refused(IrRule.IMMEDIATE_WRONG, tag)


def _judge_hash(scan: Scan, node: Prim) -> Judged:
    if not node.args:
        return Refused(IrRule.OPERAND_COUNT, 0)
    for arg in node.args:
        if isinstance(scan.get_operand(arg), IntType):
            return Refused(IrRule.INT_ESCAPES, arg)
    return DIGEST


def _judge_verify_signature(scan: Scan, node: Prim) -> Judged:
    sizes = get_signature_sizes(node.immediates[0])
    if sizes is None:
        return Refused(IrRule.IMMEDIATE_WRONG, node.immediates[0])
    key = BytesType(sizes.public_key_size_bytes)
    signature = BytesType(sizes.signature_size_bytes)
    return judge_args(scan, node.args, (ADDRESS, DIGEST, key, signature)) or BOOL


def _judge_is_contract(scan: Scan, node: Prim) -> Judged:
    if scan.is_spec:
        return Refused(IrRule.NODE_FORBIDDEN, node.op)
    return judge_args(scan, node.args, (ADDRESS,)) or BOOL


def _judge_implements(scan: Scan, node: Prim) -> Judged:
    if scan.is_spec:
        return Refused(IrRule.NODE_FORBIDDEN, node.op)
    if node.immediates[0] >= len(scan.tables.code.interfaces):
        return Refused(IrRule.INTERFACE_UNKNOWN, node.immediates[0])
    return judge_args(scan, node.args, (ADDRESS,)) or BOOL


def _judge_message(scan: Scan, node: Prim) -> Judged:
    type_index, interface, number = node.immediates
    kind = scan.get_type(type_index)
    if not isinstance(kind, MessageType):
        return Refused(IrRule.TYPE_UNKNOWN, type_index)
    interfaces = scan.tables.code.interfaces
    if interface >= len(interfaces) or number >= len(interfaces[interface].members):
        return Refused(IrRule.INTERFACE_UNKNOWN, interface)
    member = interfaces[interface].members[number]
    wanted = get_fields(scan.tables.types, member.params)
    refused = judge_args(scan, node.args, (ADDRESS, COINS, *wanted))
    if refused is not None:
        return refused
    size = compute_fields_measure(member.params, scan.tables.measures).size_bytes_max
    return kind if size <= kind.size_bytes_max else Refused(IrRule.MESSAGE_TOO_SMALL, size)


RULES: Final[Mapping[PrimOp, Rule]] = MappingProxyType(
    {
        PrimOp.ADD: _judge_sum,
        PrimOp.SUB: _judge_sum,
        PrimOp.MUL: _judge_product,
        PrimOp.NEG: _judge_negation,
        PrimOp.DIV: _judge_quotient,
        PrimOp.MOD: _judge_remainder,
        PrimOp.MIN: _judge_extremum,
        PrimOp.MAX: _judge_extremum,
        PrimOp.EQ: _judge_equality,
        PrimOp.LT: _judge_order,
        PrimOp.LE: _judge_order,
        PrimOp.AND: _judge_logic,
        PrimOp.OR: _judge_logic,
        PrimOp.NOT: _judge_logic,
        PrimOp.SELECT: _judge_select,
        PrimOp.LENGTH: _judge_length,
        PrimOp.APPEND: _judge_append,
        PrimOp.POP: _judge_pop,
        PrimOp.REPLACE: _judge_replace,
        PrimOp.IS_MEMBER: _judge_is_member,
        PrimOp.HASH: _judge_hash,
        PrimOp.VERIFY_SIGNATURE: _judge_verify_signature,
        PrimOp.IS_CONTRACT: _judge_is_contract,
        PrimOp.IMPLEMENTS: _judge_implements,
        PrimOp.MESSAGE: _judge_message,
    }
)
"""The rule of each operator; it is asked only after the counts below hold."""

OPERAND_COUNTS: Final[Mapping[PrimOp, int]] = MappingProxyType(
    {
        PrimOp.ADD: 2,
        PrimOp.SUB: 2,
        PrimOp.MUL: 2,
        PrimOp.NEG: 1,
        PrimOp.DIV: 2,
        PrimOp.MOD: 2,
        PrimOp.MIN: 2,
        PrimOp.MAX: 2,
        PrimOp.EQ: 2,
        PrimOp.LT: 2,
        PrimOp.LE: 2,
        PrimOp.AND: 2,
        PrimOp.OR: 2,
        PrimOp.NOT: 1,
        PrimOp.SELECT: 3,
        PrimOp.LENGTH: 1,
        PrimOp.APPEND: 2,
        PrimOp.POP: 1,
        PrimOp.REPLACE: 3,
        PrimOp.IS_MEMBER: 1,
        PrimOp.VERIFY_SIGNATURE: 4,
        PrimOp.IS_CONTRACT: 1,
        PrimOp.IMPLEMENTS: 1,
    }
)
"""How many operands an operator takes; HASH takes one or more, MESSAGE what the member says."""

IMMEDIATE_COUNTS: Final[Mapping[PrimOp, int]] = MappingProxyType(
    {
        PrimOp.IS_MEMBER: 1,
        PrimOp.HASH: 1,
        PrimOp.VERIFY_SIGNATURE: 1,
        PrimOp.IMPLEMENTS: 1,
        PrimOp.MESSAGE: 3,
    }
)
"""How many immediates an operator needs; the others need none."""
