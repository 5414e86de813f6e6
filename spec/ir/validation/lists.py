"""The forward pass over one node list.

Rules are looked at in this order, and the first that is broken is the verdict:

    per list   it has nodes, and not too many
    per node   blocks that end before it end as they must; the guard ends outside all blocks;
               operands are before it, visible and have values; the rules of its kind;
               its own blocks fit
    at the end the open blocks end as they must; of a function the last node is its Leave;
               no node that cannot fail is without use

Source: IR.md 1 (rules 1 and 6), LANGUAGE.md 4.
"""

from spec.ir.errors import NO_NODE, IrError, IrRule
from spec.ir.syntax import (
    FUNCTION_SCOPE,
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
    Node,
    Out,
    Param,
    Pay,
    Payload,
    Prim,
    PrimOp,
    Scope,
    Send,
    Set,
    Update,
    Var,
    Variant,
    When,
)
from spec.ir.validation import blocks, nodes
from spec.ir.validation.operators import judge_prim
from spec.ir.validation.scan import Judged, Purpose, Refused, Scan, Tables
from spec.lib.result import Err, Ok, Result
from spec.limits import IR_NODES_MAX

FALLIBLE_OPERATORS = (PrimOp.DIV, PrimOp.MOD, PrimOp.APPEND, PrimOp.POP, PrimOp.REPLACE)
"""Operators that may fail in a body."""


def scan_list(tables: Tables, purpose: Purpose, code: Code) -> Result[Scan, IrError]:
    """The finished pass over a list that keeps all rules, or the first rule broken."""
    scan = Scan(tables, purpose, code)
    if not code:
        return Err(_locate(scan, NO_NODE, Refused(IrRule.CODE_EMPTY, 0)))
    if len(code) > IR_NODES_MAX:
        return Err(_locate(scan, NO_NODE, Refused(IrRule.TOO_MANY, len(code))))
    scan.is_used.extend([False] * len(code))
    blocks.open_block(scan, FUNCTION_SCOPE, 0, 0, len(code))
    for index, node in enumerate(code):
        error = _read_node(scan, index, node)
        if error is not None:
            return Err(error)
    error = _finish(scan)
    return Ok(scan) if error is None else Err(error)


def _locate(scan: Scan, node: int, refused: Refused) -> IrError:
    purpose = scan.purpose
    return IrError(refused.rule, purpose.part, purpose.index, node, refused.found)


def _read_node(scan: Scan, index: int, node: Node) -> IrError | None:
    ended = blocks.close_blocks(scan, index)
    if ended is not None:
        return _locate(scan, *ended)
    is_boundary = not scan.is_spec and index == scan.purpose.guard_count
    if is_boundary and len(scan.blocks) > 1:
        return _locate(scan, index, Refused(IrRule.GUARD_COUNT, index))
    refused = blocks.judge_operands(scan, index, node)
    if refused is not None:
        return _locate(scan, index, refused)
    kind = judge_node(scan, index, node)
    if isinstance(kind, Refused):
        return _locate(scan, index, kind)
    counts = blocks.get_block_counts(node)
    if counts is not None:
        refused = blocks.judge_header(scan, index, counts)
        if refused is not None:
            return _locate(scan, index, refused)
    scan.types.append(kind)
    scan.block_of.append(scan.blocks[-1].number)
    scan.last_of[scan.blocks[-1].number] = index
    if counts is not None:
        blocks.open_header(scan, index, counts)
    return None


def judge_node(scan: Scan, index: int, node: Node) -> Judged:
    """The type of a node's value, or the rule of its kind that it breaks."""
    match node:
        case If() | Match() | Fold() | Scope() | ForAll():
            return _judge_header(scan, index, node)
        case Join() | Var() | Next() | Leave() | Out():
            return _judge_control(scan, index, node)
        case Get() | Set() | Update():
            return _judge_state(scan, node)
        case Fail() | Pay() | Collect() | Call() | Send() | Emit():
            return _judge_effect(scan, node)
        case MakeRecord() | Field() | Variant() | Payload() | MakeList() | Item():
            return _judge_data(scan, node)
        case Const() | Param() | Context() | Prim() | Check() | Agg():
            return _judge_plain(scan, node)


def _judge_header(scan: Scan, index: int, node: If | Match | Fold | Scope | ForAll) -> Judged:
    match node:
        case If():
            return blocks.judge_if(scan, node)
        case Match():
            return blocks.judge_match(scan, node)
        case Fold():
            return blocks.judge_fold(scan, index, node)
        case Scope():
            return None
        case ForAll():
            return blocks.judge_for_all(scan, node)


def _judge_control(scan: Scan, index: int, node: Join | Var | Next | Leave | Out) -> Judged:
    match node:
        case Join():
            return blocks.judge_join(scan, index, node)
        case Var():
            return blocks.judge_var(scan, node)
        case Next():
            return blocks.judge_next(scan, index, node)
        case Leave():
            return blocks.judge_leave(scan, index, node)
        case Out():
            return blocks.judge_out(scan, index, node)


def _judge_state(scan: Scan, node: Get | Set | Update) -> Judged:
    match node:
        case Get():
            return nodes.judge_get(scan, node)
        case Set():
            return nodes.judge_set(scan, node)
        case Update():
            return nodes.judge_update(scan, node)


def _judge_effect(scan: Scan, node: Fail | Pay | Collect | Call | Send | Emit) -> Judged:
    match node:
        case Fail():
            return nodes.judge_fail(scan, node)
        case Pay():
            return nodes.judge_pay(scan, node)
        case Collect():
            return nodes.judge_collect(scan, node)
        case Call():
            return nodes.judge_call(scan, node)
        case Send():
            return nodes.judge_send(scan, node)
        case Emit():
            return nodes.judge_emit(scan, node)


def _judge_data(
    scan: Scan, node: MakeRecord | Field | Variant | Payload | MakeList | Item
) -> Judged:
    match node:
        case MakeRecord():
            return nodes.judge_make_record(scan, node)
        case Field():
            return nodes.judge_field(scan, node)
        case Variant():
            return nodes.judge_variant(scan, node)
        case Payload():
            return nodes.judge_payload(scan, node)
        case MakeList():
            return nodes.judge_make_list(scan, node)
        case Item():
            return nodes.judge_item(scan, node)


def _judge_plain(scan: Scan, node: Const | Param | Context | Prim | Check | Agg) -> Judged:
    match node:
        case Const():
            return nodes.judge_const(scan, node)
        case Param():
            return nodes.judge_param(scan, node)
        case Context():
            return nodes.judge_context(scan, node)
        case Prim():
            return judge_prim(scan, node)
        case Check():
            return nodes.judge_check(scan, node)
        case Agg():
            return nodes.judge_agg(scan, node)


# The end of the list


def _finish(scan: Scan) -> IrError | None:
    end = len(scan.nodes)
    ended = blocks.close_blocks(scan, end)
    if ended is not None:
        return _locate(scan, *ended)
    last = scan.last_of[0]
    if scan.is_spec:
        if scan.types[last] is None:
            return _locate(scan, last, Refused(IrRule.EXPRESSION_TYPE, last))
        scan.is_used[last] = True
    elif not isinstance(scan.nodes[last], Leave):
        return _locate(scan, end - 1, Refused(IrRule.LEAVE_MISSING, end))
    return _find_dead(scan)


def _find_dead(scan: Scan) -> IrError | None:
    for index, node in enumerate(scan.nodes):
        if scan.types[index] is None or scan.is_used[index]:
            continue
        is_total = scan.is_spec or index < scan.purpose.guard_count
        if is_pure(node, is_total):
            return _locate(scan, index, Refused(IrRule.DEAD_NODE, index))
    return None


def is_pure(node: Node, is_total: bool) -> bool:
    """Whether leaving a node out changes nothing, if its value is not used.

    `is_total` says that the node stands in a guard or a property, where nothing fails.
    """
    match node:
        case Check() | Pay() | Collect() | Call():
            return False
        case Prim(op, _, _):
            return is_total or op not in FALLIBLE_OPERATORS
        case Get(_, when, _, _):
            return is_total or when is not When.AT
        case Item():
            return is_total
        case _:
            return True
