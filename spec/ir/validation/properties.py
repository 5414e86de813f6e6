"""The spec section: aggregates, what is claimed of functions, invariants, transitions.

Rules are looked at in this order: the number of entries of each table, then aggregates, functions
(open errors, frame, ensures), invariants and transitions, each from front to back.

Source: IR.md 3.4 (aggregates), 3.5 (ensures, old, result), LANGUAGE.md 2 (Aggregates bind keys).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from spec.ir.errors import IrError, IrRule, Part
from spec.ir.linked import IntType
from spec.ir.syntax import (
    CELL_BALANCE,
    CELL_INBOX,
    FUNCTION_SCOPE,
    STANDARD_ERROR_COUNT,
    AddressType,
    Aggregate,
    BoolType,
    BytesType,
    Code,
    CodeSection,
    Const,
    Function,
    FunctionSpec,
    Get,
    MapType,
    Modified,
    NodeIndex,
    Property,
    SpecSection,
    StandardError,
    Type,
    UintType,
    Var,
)
from spec.ir.validation.lists import scan_list
from spec.ir.validation.nodes import resolve_fields
from spec.ir.validation.scan import (
    ListKind,
    Purpose,
    Refused,
    Scan,
    Tables,
    get_bits,
    judge_fit,
)
from spec.ir.validation.tables import judge_value_types, locate
from spec.ir.values import get_fields, is_key_type
from spec.lib.result import Err, Ok, Result
from spec.limits import (
    IR_AGGREGATE_KEYS_MAX,
    IR_AGGREGATES_MAX,
    IR_INT_BITS_MAX,
    IR_MODIFIED_MAX,
    IR_PARAMS_MAX,
    IR_PROPERTIES_MAX,
)

E = TypeVar("E")
S = TypeVar("S")

BOOL = BoolType()
BYTE_BITS = 8
ADDRESS_BITS = 256


@dataclass(frozen=True, slots=True)
class SpecScans:
    """The finished passes over all lists of a spec section."""

    aggregates: tuple[Scan, ...]
    modifies: tuple[tuple[tuple[Scan, ...], ...], ...]
    """Per function, per place, per key."""
    ensures: tuple[tuple[Scan, ...], ...]
    """Per function."""
    invariants: tuple[Scan, ...]
    transitions: tuple[Scan, ...]


def scan_spec(tables: Tables, spec: SpecSection) -> Result[SpecScans, IrError]:
    """The passes over a spec section that keeps all rules, or the first rule broken.

    `tables` reach both sections' types and literals, and no aggregates yet.
    """
    error = _validate_counts(tables.code, spec)
    if error is not None:
        return Err(error)
    aggregates = _scan_all(spec.aggregates, lambda i, entry: _scan_aggregate(tables, i, entry))
    if isinstance(aggregates, Err):
        return aggregates
    values = tuple(
        (get_fields(tables.types, entry.params), get_aggregate_value(tables, entry, scan))
        for entry, scan in zip(spec.aggregates, aggregates.value, strict=True)
    )
    full = replace(tables, aggregates=values)
    modifies = _scan_all(spec.functions, lambda i, entry: _scan_frame(full, i, entry))
    if isinstance(modifies, Err):
        return modifies
    ensures = _scan_all(spec.functions, lambda i, entry: _scan_ensures(full, i, entry))
    if isinstance(ensures, Err):
        return ensures
    invariants = _scan_all(
        spec.invariants, lambda i, entry: _scan_property(full, ListKind.INVARIANT, i, entry)
    )
    if isinstance(invariants, Err):
        return invariants
    transitions = _scan_all(
        spec.transitions, lambda i, entry: _scan_property(full, ListKind.TRANSITION, i, entry)
    )
    if isinstance(transitions, Err):
        return transitions
    return Ok(
        SpecScans(
            aggregates.value,
            modifies.value,
            ensures.value,
            invariants.value,
            transitions.value,
        )
    )


def _scan_all(
    entries: tuple[E, ...], scan: Callable[[int, E], Result[S, IrError]]
) -> Result[tuple[S, ...], IrError]:
    """Scans entry by entry, up to the first that is refused."""
    scans: list[S] = []
    for index, entry in enumerate(entries):
        result = scan(index, entry)
        if isinstance(result, Err):
            return result
        scans.append(result.value)
    return Ok(tuple(scans))


def _validate_counts(code: CodeSection, spec: SpecSection) -> IrError | None:
    counts = (
        (Part.AGGREGATES, len(spec.aggregates), IR_AGGREGATES_MAX),
        (Part.INVARIANTS, len(spec.invariants), IR_PROPERTIES_MAX),
        (Part.TRANSITIONS, len(spec.transitions), IR_PROPERTIES_MAX),
    )
    for part, count, count_max in counts:
        if count > count_max:
            return locate(part, 0, Refused(IrRule.TOO_MANY, count))
    if len(spec.functions) != len(code.functions):
        refused = Refused(IrRule.SPEC_FUNCTIONS, len(spec.functions))
        return locate(Part.SPEC_FUNCTIONS, 0, refused)
    return None


def make_purpose(kind: ListKind, part: Part, index: int, params: tuple[Type, ...]) -> Purpose:
    """The purpose of a list of the spec section, which has no variables of its own."""
    return Purpose(kind, part, index, params, (), (), 0, is_view=False)


# Aggregates


def _scan_aggregate(tables: Tables, index: int, aggregate: Aggregate) -> Result[Scan, IrError]:
    refused = judge_value_types(tables.types, aggregate.params, IR_PARAMS_MAX)
    refused = refused or judge_value_types(tables.types, aggregate.keys, IR_AGGREGATE_KEYS_MAX)
    if refused is None and not aggregate.keys:
        refused = Refused(IrRule.AGGREGATE_KEYS, 0)
    for key in aggregate.keys:
        if refused is None and not is_key_type(tables.types[key]):
            refused = Refused(IrRule.KEY_TYPE, key)
    if refused is not None:
        return Err(locate(Part.AGGREGATES, index, refused))
    variables = get_fields(tables.types, aggregate.params + aggregate.keys)
    purpose = replace(
        make_purpose(ListKind.AGGREGATE, Part.AGGREGATES, index, ()), variables=variables
    )
    scan = scan_list(tables, purpose, aggregate.body)
    if isinstance(scan, Err):
        return scan
    error = _validate_aggregate(tables, index, aggregate, scan.value)
    return scan if error is None else Err(error)


def get_aggregate_value(tables: Tables, aggregate: Aggregate, scan: Scan) -> IntType:
    """The type of an aggregate: as wide as the sum of its body over all keys can be."""
    last = scan.last_type
    bits = None if last is None else get_bits(last)
    assert bits is not None, "an aggregate's body is a number"
    key_bits = [compute_key_bits(kind) for kind in get_fields(tables.types, aggregate.keys)]
    return IntType(bits + sum(key_bits))


def compute_key_bits(kind: Type) -> int:
    """Bits that tell all values of a key type apart."""
    match kind:
        case UintType(bits):
            return bits
        case AddressType():
            return ADDRESS_BITS
        case BytesType(size_bytes):
            return size_bytes * BYTE_BITS
        case _:
            return BYTE_BITS


def _validate_aggregate(
    tables: Tables, index: int, aggregate: Aggregate, scan: Scan
) -> IrError | None:
    """The body is a number, not too wide in sum, and reads maps as an aggregate may."""
    last = scan.last_type
    end = scan.last_of[0]
    if last is None or get_bits(last) is None:
        return IrError(IrRule.EXPRESSION_TYPE, Part.AGGREGATES, index, end, end)
    bits = get_aggregate_value(tables, aggregate, scan).bits
    if bits > IR_INT_BITS_MAX:
        return IrError(IrRule.INT_TOO_WIDE, Part.AGGREGATES, index, end, bits)
    patterns: dict[int, Pattern] = {}
    for position, node in enumerate(aggregate.body):
        if isinstance(node, Get):
            refused = _judge_read(tables, aggregate, node, patterns)
            if refused is not None:
                return IrError(refused.rule, Part.AGGREGATES, index, position, refused.found)
    return None


Pattern = tuple[Var | Const, ...]
"""The keys at which a map is read."""


def _judge_read(
    tables: Tables, aggregate: Aggregate, node: Get, patterns: dict[int, Pattern]
) -> Refused | None:
    """A map, at params or literals and then at each bound key once; the same way each time."""
    kind = tables.types[tables.code.cells[node.cell].type]
    if not isinstance(kind, MapType):
        return Refused(IrRule.AGGREGATE_SCALAR, node.cell)
    pattern: list[Var | Const] = []
    for key in node.keys:
        source = aggregate.body[key]
        if not isinstance(source, Var | Const) or _is_of_fold(source):
            return Refused(IrRule.AGGREGATE_KEYS, key)
        pattern.append(source)
    if not _binds_keys(tables, aggregate, kind, pattern):
        return Refused(IrRule.AGGREGATE_KEYS, node.cell)
    known = patterns.setdefault(node.cell, tuple(pattern))
    return None if known == tuple(pattern) else Refused(IrRule.AGGREGATE_PATTERN, node.cell)


def _is_of_fold(node: Var | Const) -> bool:
    return isinstance(node, Var) and node.header != FUNCTION_SCOPE


def _binds_keys(
    tables: Tables, aggregate: Aggregate, kind: MapType, pattern: list[Var | Const]
) -> bool:
    """Whether the last keys are the bound ones, each once, of the map's own key types."""
    first_key = len(aggregate.params)
    count = len(aggregate.keys)
    bound: list[int] = []
    inner: Type = kind
    for position, node in enumerate(pattern):
        assert isinstance(inner, MapType), "the path has one key per map level"
        if isinstance(node, Var) and node.index >= first_key:
            number = node.index - first_key
            is_last = position >= len(pattern) - count
            if not is_last or tables.types[aggregate.keys[number]] != tables.types[inner.key]:
                return False
            bound.append(number)
        inner = tables.types[inner.value]
    return sorted(bound) == list(range(count))


# Functions


def _scan_frame(
    tables: Tables, index: int, claimed: FunctionSpec
) -> Result[tuple[tuple[Scan, ...], ...], IrError]:
    refused = _judge_claims(tables.code, claimed)
    if refused is not None:
        return Err(locate(Part.SPEC_FUNCTIONS, index, refused))
    places: list[tuple[Scan, ...]] = []
    for modified in claimed.modifies:
        place = _scan_modified(tables, index, modified)
        if isinstance(place, Err):
            return place
        places.append(place.value)
    return Ok(tuple(places))


def _judge_claims(code: CodeSection, claimed: FunctionSpec) -> Refused | None:
    for entries in (claimed.open_errors, claimed.modifies):
        if len(entries) > IR_MODIFIED_MAX:
            return Refused(IrRule.TOO_MANY, len(entries))
    if len(claimed.ensures) > IR_PROPERTIES_MAX:
        return Refused(IrRule.TOO_MANY, len(claimed.ensures))
    if claimed.modifies and not claimed.has_frame:
        return Refused(IrRule.FRAME_MISSING, len(claimed.modifies))
    for error in claimed.open_errors:
        number = error - STANDARD_ERROR_COUNT
        if not (0 <= error < len(StandardError) or 0 <= number < len(code.errors)):
            return Refused(IrRule.ERROR_UNKNOWN, error)
    return None


def _scan_modified(
    tables: Tables, index: int, modified: Modified
) -> Result[tuple[Scan, ...], IrError]:
    """The cell exists and may be set, there is one key per map level, the fields exist."""
    cells = tables.code.cells
    part = Part.SPEC_FUNCTIONS
    if not 0 <= modified.cell < len(cells):
        return Err(locate(part, index, Refused(IrRule.CELL_UNKNOWN, modified.cell)))
    if modified.cell in {CELL_BALANCE, CELL_INBOX}:
        return Err(locate(part, index, Refused(IrRule.CELL_PROTECTED, modified.cell)))
    kind = tables.types[cells[modified.cell].type]
    keys: list[Scan] = []
    for code in modified.keys:
        if not isinstance(kind, MapType):
            return Err(locate(part, index, Refused(IrRule.PATH_KEYS, len(modified.keys))))
        key = _scan_key(tables, index, code, tables.types[kind.key])
        if isinstance(key, Err):
            return key
        keys.append(key.value)
        kind = tables.types[kind.value]
    if isinstance(kind, MapType):
        return Err(locate(part, index, Refused(IrRule.PATH_KEYS, len(modified.keys))))
    leaf = resolve_fields(tables.types, kind, modified.fields)
    return Err(locate(part, index, leaf)) if isinstance(leaf, Refused) else Ok(tuple(keys))


def _scan_key(tables: Tables, index: int, code: Code, wanted: Type) -> Result[Scan, IrError]:
    function = tables.code.functions[index]
    params = get_fields(tables.types, function.params)
    scan = scan_list(
        tables, make_purpose(ListKind.MODIFIES, Part.SPEC_FUNCTIONS, index, params), code
    )
    if isinstance(scan, Err):
        return scan
    last = NodeIndex(scan.value.last_of[0])
    if judge_fit(scan.value.get_operand(last), wanted, last) is not None:
        return Err(IrError(IrRule.EXPRESSION_TYPE, Part.SPEC_FUNCTIONS, index, last, last))
    return scan


def _scan_ensures(
    tables: Tables, index: int, claimed: FunctionSpec
) -> Result[tuple[Scan, ...], IrError]:
    function: Function = tables.code.functions[index]
    params = get_fields(tables.types, function.params + function.result)
    purpose = make_purpose(ListKind.ENSURES, Part.SPEC_FUNCTIONS, index, params)
    return _scan_all(claimed.ensures, lambda _, code: _scan_bool(tables, purpose, code))


def _scan_property(
    tables: Tables, kind: ListKind, index: int, entry: Property
) -> Result[Scan, IrError]:
    part = Part.INVARIANTS if kind is ListKind.INVARIANT else Part.TRANSITIONS
    return _scan_bool(tables, make_purpose(kind, part, index, ()), entry.code)


def _scan_bool(tables: Tables, purpose: Purpose, code: Code) -> Result[Scan, IrError]:
    scan = scan_list(tables, purpose, code)
    if isinstance(scan, Err):
        return scan
    if scan.value.last_type != BOOL:
        last = scan.value.last_of[0]
        return Err(IrError(IrRule.EXPRESSION_TYPE, purpose.part, purpose.index, last, last))
    return scan
