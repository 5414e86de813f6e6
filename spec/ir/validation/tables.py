"""The tables of a module: types, literals, interfaces, cells, events, errors.

Source: IR.md 1 (rule 3), LANGUAGE.md 2 (types, defaults), DESIGN.md 3.
"""

from spec.ir.errors import NO_NODE, IrError, IrRule, Part
from spec.ir.measure import Measure, compute_fields_measure, compute_measure
from spec.ir.syntax import (
    INIT_SELECTOR,
    AddressType,
    BoolType,
    BytesType,
    Cell,
    CodeSection,
    EnumType,
    Interface,
    ListType,
    Literal,
    MapType,
    Member,
    MessageType,
    RecordType,
    StringType,
    Type,
    TypeIndex,
    UintType,
)
from spec.ir.validation.scan import Refused
from spec.ir.values import (
    SELECTOR_SIZE_BYTES,
    Types,
    Value,
    decode_value,
    has_default,
    is_key_type,
)
from spec.lib.result import Err, Ok, Result
from spec.limits import (
    IR_CELLS_MAX,
    IR_ERRORS_MAX,
    IR_EVENTS_MAX,
    IR_INTERFACES_MAX,
    IR_LIST_LENGTH_MAX,
    IR_LITERALS_MAX,
    IR_MAP_DEPTH_MAX,
    IR_MEMBERS_MAX,
    IR_PARAMS_MAX,
    IR_TYPE_DEPTH_MAX,
    IR_TYPE_FIELDS_MAX,
    IR_TYPES_MAX,
    IR_VALUE_SIZE_BYTES_MAX,
)

UINT_BITS = (8, 16, 32, 64, 128, 256)
STANDARD_CELLS = 2
COINS = UintType(128)


def locate(part: Part, index: int, refused: Refused) -> IrError:
    """The error of a table's entry."""
    return IrError(refused.rule, part, index, NO_NODE, refused.found)


def get_named_types(kind: Type) -> tuple[TypeIndex, ...]:
    """The types that a type names."""
    match kind:
        case RecordType(fields):
            return fields
        case EnumType(members):
            return tuple(field for fields in members for field in fields)
        case ListType(element, _):
            return (element,)
        case MapType(key, value):
            return (key, value)
        case _:
            return ()


# Types


def measure_types(
    types: Types, known: tuple[Measure, ...], part: Part
) -> Result[tuple[Measure, ...], IrError]:
    """The measures of a whole type table, or the first rule an entry breaks.

    `known` measures the entries that an earlier section has; the rest belong to `part`. Order for
    each: sizes and counts, names before it, what it may hold, depth, size, repetition.
    """
    start = len(known)
    if len(types) - start > IR_TYPES_MAX:
        return Err(locate(part, 0, Refused(IrRule.TOO_MANY, len(types) - start)))
    measures = list(known)
    for index in range(start, len(types)):
        refused = _judge_shape(types, index) or _judge_parts(types, index, measures)
        if refused is None:
            measure = compute_measure(types[index], measures)
            measures.append(measure)
            refused = _judge_measure(measure) or _judge_repetition(types, index)
        if refused is not None:
            return Err(locate(part, index - start, refused))
    return Ok(tuple(measures))


def _judge_shape(types: Types, index: int) -> Refused | None:
    """Numbers and counts of the type itself."""
    match types[index]:
        case UintType(bits):
            return None if bits in UINT_BITS else Refused(IrRule.TYPE_SIZE, bits)
        case BytesType(size) | StringType(size):
            return _judge_size(size, IR_VALUE_SIZE_BYTES_MAX)
        case MessageType(size):
            # A message for a member without parameters needs no room at all.
            return _judge_size(size + 1, IR_VALUE_SIZE_BYTES_MAX + 1)
        case ListType(_, length_max):
            return _judge_size(length_max, IR_LIST_LENGTH_MAX)
        case RecordType(fields):
            return _judge_field_count(fields)
        case EnumType(members):
            return _judge_members(members)
        case BoolType() | AddressType() | MapType():
            return None


def _judge_size(size: int, size_max: int) -> Refused | None:
    return None if 1 <= size <= size_max else Refused(IrRule.TYPE_SIZE, size)


def _judge_field_count(fields: tuple[TypeIndex, ...]) -> Refused | None:
    if len(fields) > IR_TYPE_FIELDS_MAX:
        return Refused(IrRule.TOO_MANY, len(fields))
    return None


def _judge_members(members: tuple[tuple[TypeIndex, ...], ...]) -> Refused | None:
    if not members:
        return Refused(IrRule.ENUM_EMPTY, 0)
    if len(members) > IR_TYPE_FIELDS_MAX:
        return Refused(IrRule.TOO_MANY, len(members))
    for fields in members:
        refused = _judge_field_count(fields)
        if refused is not None:
            return refused
    return None


def _judge_parts(types: Types, index: int, measures: list[Measure]) -> Refused | None:
    """What the type is made of."""
    kind = types[index]
    for part in get_named_types(kind):
        if not 0 <= part < index:
            return Refused(IrRule.TYPE_FORWARD, part)
        if isinstance(types[part], MapType) and not isinstance(kind, MapType):
            return Refused(IrRule.MAP_MISPLACED, part)
    match kind:
        case ListType(element, _):
            if measures[element].size_bytes_max == 0:
                return Refused(IrRule.ELEMENT_EMPTY, element)
        case MapType(key, value):
            return _judge_map(types, key, value)
        case _:
            pass
    return None


def _judge_map(types: Types, key: TypeIndex, value: TypeIndex) -> Refused | None:
    if not is_key_type(types[key]):
        return Refused(IrRule.KEY_TYPE, key)
    if not has_default(types, types[value]):
        return Refused(IrRule.MAP_DEFAULT, value)
    depth = 1
    inner = types[value]
    while isinstance(inner, MapType):  # bounded: a type names only types before it
        depth += 1
        inner = types[inner.value]
    return None if depth <= IR_MAP_DEPTH_MAX else Refused(IrRule.MAP_MISPLACED, value)


def _judge_measure(measure: Measure) -> Refused | None:
    if measure.depth > IR_TYPE_DEPTH_MAX:
        return Refused(IrRule.TYPE_TOO_DEEP, measure.depth)
    largest = max(measure.size_bytes_max, measure.parts_max)
    if largest > IR_VALUE_SIZE_BYTES_MAX:
        return Refused(IrRule.TYPE_TOO_LARGE, largest)
    return None


def _judge_repetition(types: Types, index: int) -> Refused | None:
    first = types.index(types[index])
    return None if first == index else Refused(IrRule.TYPE_REPEATED, first)


def judge_value_type(types: Types, index: TypeIndex) -> Refused | None:
    """The index names a type of values: any but a map."""
    if not 0 <= index < len(types):
        return Refused(IrRule.TYPE_UNKNOWN, index)
    if isinstance(types[index], MapType):
        return Refused(IrRule.MAP_MISPLACED, index)
    return None


def judge_value_types(
    types: Types, indices: tuple[TypeIndex, ...], count_max: int
) -> Refused | None:
    """There are no more types than may be, and all are of values."""
    if len(indices) > count_max:
        return Refused(IrRule.TOO_MANY, len(indices))
    for index in indices:
        refused = judge_value_type(types, index)
        if refused is not None:
            return refused
    return None


def judge_record(
    types: Types, measures: tuple[Measure, ...], fields: tuple[TypeIndex, ...], count_max: int
) -> Refused | None:
    """The types may be the fields of one record that is encoded: parameters, an event, an error."""
    refused = judge_value_types(types, fields, count_max)
    if refused is not None:
        return refused
    size = compute_fields_measure(fields, measures).size_bytes_max
    return Refused(IrRule.TYPE_TOO_LARGE, size) if size > IR_VALUE_SIZE_BYTES_MAX else None


# Literals


def decode_literals(
    types: Types, literals: tuple[Literal, ...], start: int, part: Part
) -> Result[tuple[Value, ...], IrError]:
    """The values of the literals from `start` on, or the first rule one breaks.

    Order for each: its type, its encoding, repetition among all literals.
    """
    if len(literals) - start > IR_LITERALS_MAX:
        return Err(locate(part, 0, Refused(IrRule.TOO_MANY, len(literals) - start)))
    values: list[Value] = []
    seen = {(literal.type, literal.data): index for index, literal in enumerate(literals[:start])}
    for index in range(start, len(literals)):
        literal = literals[index]
        refused = judge_value_type(types, literal.type)
        if refused is not None:
            return Err(locate(part, index - start, refused))
        value = decode_value(types, types[literal.type], literal.data)
        if isinstance(value, Err):
            malformed = Refused(IrRule.LITERAL_MALFORMED, len(literal.data))
            return Err(locate(part, index - start, malformed))
        first = seen.setdefault((literal.type, literal.data), index)
        if first != index:
            return Err(locate(part, index - start, Refused(IrRule.LITERAL_REPEATED, first)))
        values.append(value.value)
    return Ok(tuple(values))


# Interfaces, cells, events, errors


def validate_tables(code: CodeSection, measures: tuple[Measure, ...]) -> IrError | None:
    """The first rule broken by interfaces, cells, events or errors, in this order."""
    return (
        _validate_interfaces(code, measures)
        or _validate_cells(code)
        or _validate_fields(code, measures)
    )


def _validate_interfaces(code: CodeSection, measures: tuple[Measure, ...]) -> IrError | None:
    if len(code.interfaces) > IR_INTERFACES_MAX:
        refused = Refused(IrRule.TOO_MANY, len(code.interfaces))
        return locate(Part.INTERFACES, 0, refused)
    for index, interface in enumerate(code.interfaces):
        problem = _judge_interface(code.types, measures, interface)
        if problem is not None:
            return locate(Part.INTERFACES, index, problem)
    return None


def _judge_interface(
    types: Types, measures: tuple[Measure, ...], interface: Interface
) -> Refused | None:
    if not 1 <= len(interface.members) <= IR_MEMBERS_MAX:
        return Refused(IrRule.TOO_MANY, len(interface.members))
    selectors: list[bytes] = []
    for number, member in enumerate(interface.members):
        refused = _judge_member(types, measures, member)
        if refused is not None:
            return refused
        if member.selector in selectors:
            return Refused(IrRule.SELECTOR_REPEATED, number)
        selectors.append(member.selector)
    return None


def _judge_member(types: Types, measures: tuple[Measure, ...], member: Member) -> Refused | None:
    if len(member.selector) != SELECTOR_SIZE_BYTES or member.selector == INIT_SELECTOR:
        return Refused(IrRule.SELECTOR_MALFORMED, len(member.selector))
    if len(member.result) > 1:
        return Refused(IrRule.RESULT_COUNT, len(member.result))
    return judge_record(types, measures, member.params, IR_PARAMS_MAX) or judge_record(
        types, measures, member.result, 1
    )


def _validate_cells(code: CodeSection) -> IrError | None:
    if len(code.cells) > IR_CELLS_MAX:
        return locate(Part.CELLS, 0, Refused(IrRule.TOO_MANY, len(code.cells)))
    if len(code.cells) < STANDARD_CELLS:
        return locate(Part.CELLS, 0, Refused(IrRule.STANDARD_CELL, len(code.cells)))
    for index, cell in enumerate(code.cells):
        refused = _judge_cell(code.types, index, cell)
        if refused is not None:
            return locate(Part.CELLS, index, refused)
    return None


def _judge_cell(types: Types, index: int, cell: Cell) -> Refused | None:
    if not 0 <= cell.type < len(types):
        return Refused(IrRule.TYPE_UNKNOWN, cell.type)
    kind = types[cell.type]
    if index < STANDARD_CELLS and (kind != COINS or cell.is_checkpointed):
        return Refused(IrRule.STANDARD_CELL, index)
    if not cell.is_checkpointed:
        return None
    value = types[kind.value] if isinstance(kind, MapType) else kind
    if not isinstance(value, UintType):
        return Refused(IrRule.CHECKPOINT_TYPE, cell.type)
    return None


def _validate_fields(code: CodeSection, measures: tuple[Measure, ...]) -> IrError | None:
    tables = (
        (Part.EVENTS, [event.fields for event in code.events], IR_EVENTS_MAX),
        (Part.ERRORS, [error.fields for error in code.errors], IR_ERRORS_MAX),
    )
    for part, entries, count_max in tables:
        if len(entries) > count_max:
            return locate(part, 0, Refused(IrRule.TOO_MANY, len(entries)))
        for index, fields in enumerate(entries):
            refused = judge_record(code.types, measures, fields, IR_TYPE_FIELDS_MAX)
            if refused is not None:
                return locate(part, index, refused)
    return None
