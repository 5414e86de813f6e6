"""What each node kind must keep, control flow and operators apart.

Source: IR.md 1 (rules 2, 3, 5), 3.6 (paths), 3.8 (guards).
"""

from spec.ir.errors import IrRule
from spec.ir.syntax import (
    CELL_BALANCE,
    CELL_INBOX,
    NO_VALUE,
    STANDARD_ERROR_COUNT,
    AddressType,
    Agg,
    BoolType,
    BytesType,
    Call,
    Check,
    Collect,
    Const,
    Context,
    ContextKind,
    Emit,
    EnumType,
    Fail,
    Field,
    Get,
    Item,
    ListType,
    MakeList,
    MakeRecord,
    MapType,
    Match,
    MessageType,
    NodeIndex,
    Param,
    Pay,
    Payload,
    RecordType,
    Send,
    Set,
    StandardError,
    Type,
    TypeIndex,
    UintType,
    Update,
    Variant,
    When,
)
from spec.ir.validation.scan import (
    Judged,
    ListKind,
    Refused,
    Scan,
    get_bits,
    judge_args,
    judge_fit,
)
from spec.ir.values import get_fields
from spec.limits import IR_FUNCTION_GAS_MAX

ADDRESS = AddressType()
BOOL = BoolType()
COINS = UintType(128)
UNIT = RecordType(())


# Values


def judge_const(scan: Scan, node: Const) -> Judged:
    """The literal is in reach."""
    if not 0 <= node.literal < len(scan.tables.literals):
        return Refused(IrRule.LITERAL_UNKNOWN, node.literal)
    scan.used_literals.add(node.literal)
    return scan.tables.types[scan.tables.literals[node.literal]]


def judge_param(scan: Scan, node: Param) -> Judged:
    """The parameter exists."""
    if not 0 <= node.index < len(scan.purpose.params):
        return Refused(IrRule.PARAM_UNKNOWN, node.index)
    return scan.purpose.params[node.index]


def judge_context(scan: Scan, node: Context) -> Judged:
    """The fact is known in a list of this kind."""
    if node.which not in _get_known_facts(scan.purpose.kind):
        return Refused(IrRule.CONTEXT_FORBIDDEN, node.which)
    match node.which:
        case ContextKind.CALLER | ContextKind.THIS:
            return ADDRESS
        case ContextKind.VALUE:
            return COINS
        case ContextKind.NOW | ContextKind.HEIGHT:
            return UintType(64)
        case ContextKind.GENESIS_ID:
            return BytesType(32)
        case ContextKind.FUNCTION:
            return UintType(16)


def _get_known_facts(kind: ListKind) -> tuple[ContextKind, ...]:
    """Invariants hold between calls, so they know no caller; aggregates read maps only."""
    of_block = (ContextKind.NOW, ContextKind.HEIGHT, ContextKind.THIS, ContextKind.GENESIS_ID)
    of_call = (ContextKind.CALLER, ContextKind.VALUE)
    match kind:
        case ListKind.AGGREGATE:
            return ()
        case ListKind.INVARIANT:
            return of_block
        case ListKind.TRANSITION:
            return (*of_block, *of_call, ContextKind.FUNCTION)
        case ListKind.FUNCTION | ListKind.ENSURES | ListKind.MODIFIES:
            return of_block + of_call


def judge_check(scan: Scan, node: Check) -> Judged:
    """The type is a uint, the value a number; not where nothing may fail."""
    if scan.is_total:
        return Refused(IrRule.NODE_FORBIDDEN, len(scan.types))
    kind = scan.get_type(node.type)
    if not isinstance(kind, UintType):
        return Refused(IrRule.TYPE_UNKNOWN, node.type)
    if get_bits(scan.get_operand(node.value)) is None:
        return Refused(IrRule.OPERAND_TYPE, node.value)
    return kind


def judge_make_record(scan: Scan, node: MakeRecord) -> Judged:
    """The type is a record, the operands fit its fields."""
    kind = scan.get_type(node.type)
    if not isinstance(kind, RecordType):
        return Refused(IrRule.TYPE_UNKNOWN, node.type)
    return judge_args(scan, node.args, get_fields(scan.tables.types, kind.fields)) or kind


def judge_field(scan: Scan, node: Field) -> Judged:
    """The value is a record that has the field."""
    kind = scan.get_operand(node.value)
    if not isinstance(kind, RecordType):
        return Refused(IrRule.OPERAND_TYPE, node.value)
    if not 0 <= node.index < len(kind.fields):
        return Refused(IrRule.FIELD_UNKNOWN, node.index)
    return scan.tables.types[kind.fields[node.index]]


def judge_variant(scan: Scan, node: Variant) -> Judged:
    """The type is an enum that has the member, the operands fit the member's fields."""
    kind = scan.get_type(node.type)
    if not isinstance(kind, EnumType):
        return Refused(IrRule.TYPE_UNKNOWN, node.type)
    if not 0 <= node.tag < len(kind.members):
        return Refused(IrRule.FIELD_UNKNOWN, node.tag)
    wanted = get_fields(scan.tables.types, kind.members[node.tag])
    return judge_args(scan, node.args, wanted) or kind


def judge_payload(scan: Scan, node: Payload) -> Judged:
    """An arm of a `Match` on the same node is open, the arm of the member; it has the field."""
    kind = scan.get_operand(node.value)
    if not isinstance(kind, EnumType):
        return Refused(IrRule.OPERAND_TYPE, node.value)
    if not _is_in_arm(scan, node.value, node.tag):
        return Refused(IrRule.PAYLOAD_OUTSIDE_ARM, node.tag)
    fields = kind.members[node.tag]
    if not 0 <= node.index < len(fields):
        return Refused(IrRule.FIELD_UNKNOWN, node.index)
    return scan.tables.types[fields[node.index]]


def _is_in_arm(scan: Scan, subject: NodeIndex, tag: int) -> bool:
    for block in scan.blocks[1:]:
        header = scan.nodes[block.header]
        if isinstance(header, Match) and header.subject == subject and block.arm == tag:
            return True
    return False


def judge_make_list(scan: Scan, node: MakeList) -> Judged:
    """The type is a list, there are no more operands than it holds, and they fit."""
    kind = scan.get_type(node.type)
    if not isinstance(kind, ListType):
        return Refused(IrRule.TYPE_UNKNOWN, node.type)
    if len(node.args) > kind.length_max:
        return Refused(IrRule.OPERAND_COUNT, len(node.args))
    element = scan.tables.types[kind.element]
    return judge_args(scan, node.args, (element,) * len(node.args)) or kind


def judge_item(scan: Scan, node: Item) -> Judged:
    """The value is a list, the index a number."""
    kind = scan.get_operand(node.value)
    if not isinstance(kind, ListType):
        return Refused(IrRule.OPERAND_TYPE, node.value)
    if get_bits(scan.get_operand(node.index)) is None:
        return Refused(IrRule.OPERAND_TYPE, node.index)
    return scan.tables.types[kind.element]


# State


def _resolve_path(
    scan: Scan, cell: int, keys: tuple[NodeIndex, ...], fields: tuple[int, ...]
) -> Type | Refused:
    """The type at a path: one key per map level, then fields of records."""
    cells = scan.tables.code.cells
    if not 0 <= cell < len(cells):
        return Refused(IrRule.CELL_UNKNOWN, cell)
    kind = scan.tables.types[cells[cell].type]
    for key in keys:
        if not isinstance(kind, MapType):
            return Refused(IrRule.PATH_KEYS, len(keys))
        wanted = scan.tables.types[kind.key]
        refused = judge_fit(scan.get_operand(key), wanted, key)
        if refused is not None:
            return refused
        kind = scan.tables.types[kind.value]
    if isinstance(kind, MapType):
        return Refused(IrRule.PATH_KEYS, len(keys))
    return resolve_fields(scan.tables.types, kind, fields)


def resolve_fields(types: tuple[Type, ...], kind: Type, fields: tuple[int, ...]) -> Type | Refused:
    """The type of a field of a field of a record, as deep as there are indices."""
    for index in fields:
        if not isinstance(kind, RecordType) or not 0 <= index < len(kind.fields):
            return Refused(IrRule.FIELD_UNKNOWN, index)
        kind = types[kind.fields[index]]
    return kind


def judge_get(scan: Scan, node: Get) -> Judged:
    """The state may be read in a list of this kind, the path leads to a value.

    `AT` needs a checkpointed cell and a number, the height, behind the keys.
    """
    if node.when not in _get_known_states(scan.purpose.kind):
        return Refused(IrRule.WHEN_FORBIDDEN, node.when)
    if node.when is not When.AT:
        return _resolve_path(scan, node.cell, node.keys, node.fields)
    if not node.keys:
        return Refused(IrRule.PATH_KEYS, 0)
    kind = _resolve_path(scan, node.cell, node.keys[:-1], node.fields)
    if isinstance(kind, Refused):
        return kind
    if not scan.tables.code.cells[node.cell].is_checkpointed:
        return Refused(IrRule.WHEN_FORBIDDEN, node.when)
    height = node.keys[-1]
    if get_bits(scan.get_operand(height)) is None:
        return Refused(IrRule.OPERAND_TYPE, height)
    return kind


def _get_known_states(kind: ListKind) -> tuple[When, ...]:
    """Keys of a frame are taken before the call; an aggregate reads the state it is asked for."""
    match kind:
        case ListKind.FUNCTION | ListKind.INVARIANT:
            return (When.NOW, When.AT)
        case ListKind.TRANSITION | ListKind.ENSURES:
            return (When.NOW, When.OLD, When.AT)
        case ListKind.MODIFIES:
            return (When.OLD,)
        case ListKind.AGGREGATE:
            return (When.NOW,)


def _judge_effect(scan: Scan) -> Refused | None:
    """Effects stand in bodies, and not in those of views."""
    if scan.is_total or scan.purpose.is_view:
        return Refused(IrRule.NODE_FORBIDDEN, len(scan.types))
    return None


def _judge_target(scan: Scan, node: Set | Update) -> Type | Refused:
    """An effect may stand here, the cell may be set, the path leads to a value."""
    refused = _judge_effect(scan)
    if refused is not None:
        return refused
    if node.cell in {CELL_BALANCE, CELL_INBOX}:
        return Refused(IrRule.CELL_PROTECTED, node.cell)
    return _resolve_path(scan, node.cell, node.keys, node.fields)


def judge_set(scan: Scan, node: Set) -> Refused | None:
    """The path may be written and the value fits it."""
    kind = _judge_target(scan, node)
    if isinstance(kind, Refused):
        return kind
    return judge_fit(scan.get_operand(node.value), kind, node.value)


def judge_update(scan: Scan, node: Update) -> Refused | None:
    """The path may be written and leads to a uint, the amount is a number."""
    kind = _judge_target(scan, node)
    if isinstance(kind, Refused):
        return kind
    if not isinstance(kind, UintType):
        return Refused(IrRule.OPERAND_TYPE, node.cell)
    is_number = get_bits(scan.get_operand(node.amount)) is not None
    return None if is_number else Refused(IrRule.OPERAND_TYPE, node.amount)


# Effects


def judge_fail(scan: Scan, node: Fail) -> Refused | None:
    """The condition is a bool, the error exists, the operands fit its fields. Not in properties."""
    if scan.is_spec:
        return Refused(IrRule.NODE_FORBIDDEN, len(scan.types))
    fields = get_error_fields(scan, node.error)
    if fields is None:
        return Refused(IrRule.ERROR_UNKNOWN, node.error)
    refused = judge_fit(scan.get_operand(node.condition), BOOL, node.condition)
    if refused is not None:
        return refused
    return judge_args(scan, node.args, get_fields(scan.tables.types, fields))


def get_error_fields(scan: Scan, error: int) -> tuple[TypeIndex, ...] | None:
    """The field types of an error number, None if there is no such error."""
    if 0 <= error < len(StandardError):
        return ()
    errors = scan.tables.code.errors
    if not STANDARD_ERROR_COUNT <= error < STANDARD_ERROR_COUNT + len(errors):
        return None
    return errors[error - STANDARD_ERROR_COUNT].fields


def judge_pay(scan: Scan, node: Pay) -> Judged:
    """To an address, an amount of at most 128 bits."""
    return (
        _judge_effect(scan)
        or judge_fit(scan.get_operand(node.to), ADDRESS, node.to)
        or judge_fit(scan.get_operand(node.amount), COINS, node.amount)
        or UNIT
    )


def judge_collect(scan: Scan, _node: Collect) -> Judged:
    """An effect may stand here."""
    return _judge_effect(scan) or COINS


def judge_call(scan: Scan, node: Call) -> Judged:
    """In a body; the member exists, and is a view if this function is; the operands fit.

    No coins go along to a view.
    """
    if scan.is_total:
        return Refused(IrRule.NODE_FORBIDDEN, len(scan.types))
    interfaces = scan.tables.code.interfaces
    if not 0 <= node.interface < len(interfaces):
        return Refused(IrRule.INTERFACE_UNKNOWN, node.interface)
    members = interfaces[node.interface].members
    if not 0 <= node.member < len(members):
        return Refused(IrRule.INTERFACE_UNKNOWN, node.member)
    member = members[node.member]
    if scan.purpose.is_view and not member.is_view:
        return Refused(IrRule.NODE_FORBIDDEN, len(scan.types))
    if member.is_view and node.value != NO_VALUE:
        return Refused(IrRule.NODE_FORBIDDEN, len(scan.types))
    refused = (
        _judge_gas(node.gas)
        or judge_fit(scan.get_operand(node.target), ADDRESS, node.target)
        or judge_args(scan, node.args, get_fields(scan.tables.types, member.params))
        or _judge_value(scan, node)
    )
    if refused is not None or not member.result:
        return refused
    return scan.tables.types[member.result[0]]


def _judge_value(scan: Scan, node: Call) -> Refused | None:
    if node.value == NO_VALUE:
        return None
    return judge_fit(scan.get_operand(NodeIndex(node.value)), COINS, node.value)


def judge_send(scan: Scan, node: Send) -> Refused | None:
    """An effect may stand here, the operand is a message."""
    refused = _judge_effect(scan) or _judge_gas(node.gas)
    if refused is not None:
        return refused
    is_message = isinstance(scan.get_operand(node.message), MessageType)
    return None if is_message else Refused(IrRule.OPERAND_TYPE, node.message)


def _judge_gas(gas: int) -> Refused | None:
    is_in_range = 0 <= gas <= IR_FUNCTION_GAS_MAX
    return None if is_in_range else Refused(IrRule.NUMBER_OUT_OF_RANGE, gas)


def judge_emit(scan: Scan, node: Emit) -> Refused | None:
    """An effect may stand here, the event exists, the operands fit its fields."""
    refused = _judge_effect(scan)
    if refused is not None:
        return refused
    events = scan.tables.code.events
    if not 0 <= node.event < len(events):
        return Refused(IrRule.EVENT_UNKNOWN, node.event)
    return judge_args(scan, node.args, get_fields(scan.tables.types, events[node.event].fields))


# Properties


def judge_agg(scan: Scan, node: Agg) -> Judged:
    """In a property, of a state that may be read there; the operands fit the parameters."""
    if not scan.is_spec or scan.purpose.kind is ListKind.AGGREGATE:
        return Refused(IrRule.NODE_FORBIDDEN, len(scan.types))
    if not 0 <= node.aggregate < len(scan.tables.aggregates):
        return Refused(IrRule.AGGREGATE_UNKNOWN, node.aggregate)
    is_state = node.when is not When.AT and node.when in _get_known_states(scan.purpose.kind)
    if not is_state:
        return Refused(IrRule.WHEN_FORBIDDEN, node.when)
    params, value = scan.tables.aggregates[node.aggregate]
    return judge_args(scan, node.args, params) or value
