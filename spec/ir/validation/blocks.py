"""Control flow: which blocks are open, what is visible, what the nodes of control flow must keep.

Source: IR.md 1 (rule 1), 2.3 (visibility), 3.7 (early return).
"""

from spec.ir.errors import IrRule
from spec.ir.linked import IntType, StaticType
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    NO_SOURCE,
    BoolType,
    EnumType,
    Fold,
    ForAll,
    If,
    Join,
    Leave,
    ListType,
    Match,
    Next,
    Node,
    NodeIndex,
    Out,
    Scope,
    UintType,
    Var,
    get_operands,
)
from spec.ir.validation.scan import (
    ClosedArm,
    HeaderFacts,
    Judged,
    ListKind,
    OpenBlock,
    Refused,
    Scan,
    compute_common,
    judge_args,
    judge_fit,
)
from spec.ir.values import is_key_type
from spec.limits import (
    IR_AGGREGATE_KEYS_MAX,
    IR_FOLD_RUNS_MAX,
    IR_NESTING_MAX,
    IR_OPERANDS_MAX,
)

LOOP_NUMBER = UintType(32)
"""Type of the variable of a fold over numbers."""
BOOL = BoolType()


# Opening and closing blocks


def get_block_counts(node: Node) -> tuple[int, ...] | None:
    """How many nodes each block of a header has; None for a node that is no header."""
    match node:
        case If(_, then_count, else_count):
            return (then_count, else_count)
        case Match(_, arm_counts):
            return arm_counts
        case Fold(_, _, _, _, body_count) | ForAll(_, body_count) | Scope(body_count):
            return (body_count,)
        case _:
            return None


def judge_header(scan: Scan, index: int, counts: tuple[int, ...]) -> Refused | None:
    """Whether a header's blocks lie inside the block around it, and how deep they nest."""
    for count in counts:
        if count < 0:
            return Refused(IrRule.NUMBER_OUT_OF_RANGE, count)
    end = index + 1 + sum(counts)
    if end > scan.blocks[-1].end:
        return Refused(IrRule.BLOCK_OVERRUN, end)
    if len(scan.blocks) > IR_NESTING_MAX:
        return Refused(IrRule.NESTING_TOO_DEEP, len(scan.blocks))
    return None


def open_block(scan: Scan, header: int, arm: int, start: int, count: int) -> None:
    """The pass enters a block of `count` nodes from `start` on."""
    scan.blocks.append(OpenBlock(header, arm, len(scan.is_open), start + count))
    scan.is_open.append(True)
    scan.last_of.append(-1)


def open_header(scan: Scan, index: int, counts: tuple[int, ...]) -> None:
    """The pass enters the first block of the header at `index`."""
    facts = scan.headers.setdefault(index, HeaderFacts(0))
    facts.end = index + 1 + sum(counts)
    open_block(scan, index, 0, index + 1, counts[0])


def close_blocks(scan: Scan, index: int) -> tuple[int, Refused] | None:
    """Leaves all blocks that end at `index`, entering the next arm where there is one.

    Gives the header and the rule if a block does not end as it must. Each round closes a block, so
    there are at most as many rounds as blocks.
    """
    while scan.blocks and scan.blocks[-1].end == index:
        block = scan.blocks.pop()
        scan.is_open[block.number] = False
        if block.header == FUNCTION_SCOPE:
            return None
        refused = _judge_end(scan, block)
        if refused is not None:
            return block.header, refused
        counts = get_block_counts(scan.nodes[block.header])
        assert counts is not None, "only headers have blocks"
        if block.arm + 1 < len(counts):
            open_block(scan, block.header, block.arm + 1, index, counts[block.arm + 1])
    return None


def _judge_end(scan: Scan, block: OpenBlock) -> Refused | None:
    last = scan.last_of[block.number]
    last_node = None if last < 0 else scan.nodes[last]
    match scan.nodes[block.header]:
        case Fold():
            if not isinstance(last_node, Next):
                return Refused(IrRule.NEXT_MISSING, block.end)
        case Scope():
            if not isinstance(last_node, Leave) or last_node.header != block.header:
                return Refused(IrRule.LEAVE_MISSING, block.end)
        case ForAll():
            if last < 0 or scan.types[last] != BOOL:
                return Refused(IrRule.FOR_ALL_VALUE, block.end)
            scan.is_used[last] = True
        case _:
            return _close_arm(scan, block, isinstance(last_node, Leave))
    return None


def _close_arm(scan: Scan, block: OpenBlock, is_leaving: bool) -> Refused | None:
    facts = scan.headers[block.header]
    facts.arms.append(ClosedArm(block.number, block.end, is_leaving))
    is_last = len(facts.arms) == len(get_block_counts(scan.nodes[block.header]) or ())
    if is_last and all(arm.is_leaving for arm in facts.arms):
        return Refused(IrRule.ALL_ARMS_LEAVE, block.end)
    return None


# Operands


def judge_operands(scan: Scan, index: int, node: Node) -> Refused | None:
    """Whether all operands are before the node, visible, and have values; marks them used.

    The operands of a `Join` have to be visible at the end of their arm instead, see `judge_join`.
    """
    operands = get_operands(node)
    if len(operands) > IR_OPERANDS_MAX:
        return Refused(IrRule.OPERAND_COUNT, len(operands))
    if isinstance(node, Join):
        return None
    for operand in operands:
        if not 0 <= operand < index:
            return Refused(IrRule.OPERAND_FORWARD, operand)
        if not is_visible(scan, operand):
            return Refused(IrRule.OPERAND_NOT_VISIBLE, operand)
        if scan.types[operand] is None:
            return Refused(IrRule.OPERAND_WITHOUT_VALUE, operand)
        scan.is_used[operand] = True
    return None


def is_visible(scan: Scan, operand: int) -> bool:
    """Whether a node stands in an open block, and is no header that is still open itself."""
    is_header_open = any(block.header == operand for block in scan.blocks)
    return scan.is_open[scan.block_of[operand]] and not is_header_open


# Headers


def judge_if(scan: Scan, node: If) -> Refused | None:
    """The condition is a bool."""
    return judge_fit(scan.get_operand(node.condition), BOOL, node.condition)


def judge_match(scan: Scan, node: Match) -> Refused | None:
    """The subject is an enum, and there is one arm per member."""
    kind = scan.get_operand(node.subject)
    if not isinstance(kind, EnumType):
        return Refused(IrRule.OPERAND_TYPE, node.subject)
    if len(node.arm_counts) != len(kind.members):
        return Refused(IrRule.ARM_COUNT, len(node.arm_counts))
    return None


def judge_fold(scan: Scan, index: int, node: Fold) -> Refused | None:
    """The source is a list or a range that is not empty; no carried value is an int."""
    if node.source == NO_SOURCE:
        if not 0 <= node.low < node.high < 1 << LOOP_NUMBER.bits:
            return Refused(IrRule.FOLD_RANGE, node.high)
        if node.high - node.low > IR_FOLD_RUNS_MAX:
            return Refused(IrRule.FOLD_RANGE, node.high - node.low)
    elif not isinstance(scan.get_operand(NodeIndex(node.source)), ListType):
        return Refused(IrRule.OPERAND_TYPE, node.source)
    elif node.low != 0 or node.high != 0:
        return Refused(IrRule.FOLD_RANGE, node.high)
    carried: list[StaticType] = []
    for initial in node.initials:
        kind = scan.get_operand(initial)
        if isinstance(kind, IntType):
            return Refused(IrRule.INT_ESCAPES, initial)
        carried.append(kind)
    scan.headers[index] = HeaderFacts(0, values=carried)
    return None


def judge_for_all(scan: Scan, node: ForAll) -> Judged:
    """One to four variables of scalar types of fixed size, in a property; its value is a bool."""
    if not scan.is_spec or scan.purpose.kind is ListKind.AGGREGATE:
        return Refused(IrRule.NODE_FORBIDDEN, len(scan.types))
    if not 1 <= len(node.types) <= IR_AGGREGATE_KEYS_MAX:
        return Refused(IrRule.TOO_MANY, len(node.types))
    for index in node.types:
        kind = scan.get_type(index)
        if kind is None:
            return Refused(IrRule.TYPE_UNKNOWN, index)
        if not is_key_type(kind):
            return Refused(IrRule.KEY_TYPE, index)
    return BOOL


# The other nodes of control flow


def judge_join(scan: Scan, index: int, node: Join) -> Judged:
    """The header is an If or Match that ends right here, or before other joins of it.

    There is one value per arm that goes on, each before the arm's end and visible there, and the
    values have a common type, which is the join's.
    """
    facts = scan.headers.get(node.header)
    if facts is None or not isinstance(scan.nodes[node.header], If | Match):
        return Refused(IrRule.JOIN_MISPLACED, node.header)
    is_direct = scan.block_of[node.header] == scan.blocks[-1].number
    before = scan.nodes[index - 1]
    follows = isinstance(before, Join) and before.header == node.header
    if not is_direct or not (facts.end == index or follows):
        return Refused(IrRule.JOIN_MISPLACED, node.header)
    arms = [arm for arm in facts.arms if not arm.is_leaving]
    if len(arms) != len(node.values):
        return Refused(IrRule.JOIN_COUNT, len(node.values))
    common: StaticType | None = None
    for arm, value in zip(arms, node.values, strict=True):
        refused = _judge_arm_value(scan, arm, value)
        if refused is not None:
            return refused
        kind = scan.get_operand(value)
        common = kind if common is None else compute_common(common, kind)
        if common is None:
            return Refused(IrRule.JOIN_VALUES, value)
    return common


def _judge_arm_value(scan: Scan, arm: ClosedArm, value: NodeIndex) -> Refused | None:
    if not 0 <= value < arm.end:
        return Refused(IrRule.OPERAND_FORWARD, value)
    if scan.block_of[value] != arm.number and not is_visible(scan, value):
        return Refused(IrRule.OPERAND_NOT_VISIBLE, value)
    if scan.types[value] is None:
        return Refused(IrRule.OPERAND_WITHOUT_VALUE, value)
    scan.is_used[value] = True
    return None


def judge_var(scan: Scan, node: Var) -> Judged:
    """The variable belongs to an open fold or quantifier, or to the aggregate itself."""
    kinds: tuple[StaticType, ...] = ()
    if node.header == FUNCTION_SCOPE:
        kinds = scan.purpose.variables
    elif any(block.header == node.header for block in scan.blocks):
        kinds = _get_variables(scan, node.header)
    if not 0 <= node.index < len(kinds):
        return Refused(IrRule.VAR_UNKNOWN, node.index)
    return kinds[node.index]


def _get_variables(scan: Scan, header: int) -> tuple[StaticType, ...]:
    match scan.nodes[header]:
        case ForAll(types, _):
            return tuple(scan.tables.types[index] for index in types)
        case Fold(source, _, _, _, _):
            first: StaticType = LOOP_NUMBER
            if source != NO_SOURCE:
                kind = scan.get_operand(NodeIndex(source))
                assert isinstance(kind, ListType), "a fold's source is a list"
                first = scan.tables.types[kind.element]
            return (first, *(scan.headers[header].values or ()))
        case _:
            return ()


def judge_next(scan: Scan, index: int, node: Next) -> Refused | None:
    """It ends the body of its fold, directly, and its values fit the carried ones."""
    block = scan.blocks[-1]
    is_fold = block.header != FUNCTION_SCOPE and isinstance(scan.nodes[block.header], Fold)
    if not is_fold or block.header != node.header or block.end != index + 1:
        return Refused(IrRule.NEXT_MISPLACED, node.header)
    carried = scan.headers[node.header].values or []
    if len(carried) != len(node.values):
        return Refused(IrRule.NEXT_VALUES, len(node.values))
    for value, kind in zip(node.values, carried, strict=True):
        common = compute_common(scan.get_operand(value), kind)
        if common != kind:
            return Refused(IrRule.NEXT_VALUES, value)
    return None


def judge_leave(scan: Scan, index: int, node: Leave) -> Refused | None:
    """It ends its block, names an open scope (or the function) that no fold lies within.

    A guard and a property cannot be left. The values fit the function's result; of one scope, all
    leaves give as many values, of common types.
    """
    if scan.blocks[-1].end != index + 1:
        return Refused(IrRule.LEAVE_MISPLACED, node.header)
    if not _is_leavable(scan, node.header):
        return Refused(IrRule.LEAVE_TARGET, node.header)
    if node.header != FUNCTION_SCOPE:
        return _merge_leave(scan, node)
    refused = judge_args(scan, node.values, scan.purpose.result)
    if refused is None or refused.rule is IrRule.INT_ESCAPES:
        return refused
    return Refused(IrRule.LEAVE_VALUES, refused.found)


def _is_leavable(scan: Scan, header: int) -> bool:
    for block in reversed(scan.blocks):
        if block.header == FUNCTION_SCOPE:
            return header == FUNCTION_SCOPE and not scan.is_total
        header_node = scan.nodes[block.header]
        if block.header == header:
            return isinstance(header_node, Scope)
        if isinstance(header_node, Fold | ForAll):
            return False
    return False


def _merge_leave(scan: Scan, node: Leave) -> Refused | None:
    kinds = [scan.get_operand(value) for value in node.values]
    facts = scan.headers[node.header]
    if facts.values is None:
        facts.values = kinds
        return None
    if len(facts.values) != len(kinds):
        return Refused(IrRule.LEAVE_VALUES, len(kinds))
    for position, (known, kind) in enumerate(zip(facts.values, kinds, strict=True)):
        common = compute_common(known, kind)
        if common is None:
            return Refused(IrRule.LEAVE_VALUES, node.values[position])
        facts.values[position] = common
    return None


def judge_out(scan: Scan, index: int, node: Out) -> Judged:
    """The header is a scope or fold that is closed, in a block that is open; it has the value."""
    facts = scan.headers.get(node.header)
    if facts is None or not isinstance(scan.nodes[node.header], Scope | Fold) or facts.end > index:
        return Refused(IrRule.OUT_UNKNOWN, node.header)
    if not scan.is_open[scan.block_of[node.header]]:
        return Refused(IrRule.OPERAND_NOT_VISIBLE, node.header)
    values = facts.values or []
    if not 0 <= node.index < len(values):
        return Refused(IrRule.OUT_UNKNOWN, node.index)
    return values[node.index]
