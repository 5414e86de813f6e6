"""Which modules may be deployed, and what is worked out of them once.

`link` reads a module from front to back and stops at the first rule that is broken:

    version · code types · code literals · interfaces · cells · events · errors
    functions, each: place of init, selector, result, parameters, payable view, length of the guard,
        its node list (`validation.lists`), gas bound
    code types and literals that nothing uses
    spec types · spec literals · aggregates · functions · invariants · transitions
        (`validation.properties`) · spec types and literals that nothing uses

It is total: any module, however it was made, gives a verdict. The code section is judged alone:
what the spec section says never changes what is executed.

Source: IR.md 1, LANGUAGE.md 4; decision records 0040 and 0042.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from spec.ir.errors import IrError, IrRule, Part
from spec.ir.gas import (
    CostContext,
    compute_block_charges,
    compute_block_starts,
    compute_entry_cost,
    compute_gas_bound,
    compute_node_cost,
)
from spec.ir.linked import (
    LinkedAggregate,
    LinkedCode,
    LinkedFunction,
    LinkedFunctionSpec,
    LinkedMember,
    LinkedModified,
    LinkedModule,
    LinkedSpec,
    Signature,
)
from spec.ir.measure import compute_fingerprint, compute_table
from spec.ir.syntax import (
    INIT_SELECTOR,
    CodeSection,
    Function,
    FunctionKind,
    Member,
    Module,
    SpecSection,
    TypeIndex,
    get_operands,
)
from spec.ir.validation.lists import scan_list
from spec.ir.validation.properties import SpecScans, scan_spec
from spec.ir.validation.scan import ListKind, Purpose, Refused, Scan, Tables
from spec.ir.validation.tables import (
    decode_literals,
    get_named_types,
    judge_record,
    locate,
    measure_types,
    validate_tables,
)
from spec.ir.values import SELECTOR_SIZE_BYTES, Types, Value, get_fields
from spec.lib.result import Err, Ok, Result
from spec.limits import (
    IR_FUNCTION_GAS_MAX,
    IR_FUNCTIONS_MAX,
    IR_PARAMS_MAX,
    IR_VERSION,
)


def validate(module: Module) -> IrError | None:
    """The first rule that the module breaks, None if it may be deployed."""
    linked = link(module)
    return linked.error if isinstance(linked, Err) else None


def link(module: Module) -> Result[LinkedModule, IrError]:
    """The module with its static facts. Err: the first rule it breaks, in the order above."""
    code = _link_code(module.code)
    if isinstance(code, Err):
        return code
    return _link_module(module, code.value)


@dataclass(frozen=True, slots=True)
class _Code:
    """A code section that keeps all rules."""

    tables: Tables
    literals: tuple[Value, ...]
    functions: tuple[tuple[Scan, tuple[int, ...]], ...]
    """The pass over each function's list, and the costs of its nodes."""


# The code section


def _link_code(code: CodeSection) -> Result[_Code, IrError]:
    if code.version != IR_VERSION:
        return Err(locate(Part.MODULE, 0, Refused(IrRule.VERSION_UNKNOWN, code.version)))
    measures = measure_types(code.types, (), Part.TYPES)
    if isinstance(measures, Err):
        return measures
    literals = decode_literals(code.types, code.literals, 0, Part.LITERALS)
    if isinstance(literals, Err):
        return literals
    error = validate_tables(code, measures.value)
    if error is not None:
        return Err(error)
    kinds = tuple(literal.type for literal in code.literals)
    tables = Tables(code, code.types, measures.value, kinds, ())
    functions = _scan_functions(tables)
    if isinstance(functions, Err):
        return functions
    error = _find_unused(tables, [scan for scan, _ in functions.value])
    return Ok(_Code(tables, literals.value, functions.value)) if error is None else Err(error)


def _scan_functions(
    tables: Tables,
) -> Result[tuple[tuple[Scan, tuple[int, ...]], ...], IrError]:
    functions = tables.code.functions
    if len(functions) > IR_FUNCTIONS_MAX:
        return Err(locate(Part.FUNCTIONS, 0, Refused(IrRule.TOO_MANY, len(functions))))
    scans: list[tuple[Scan, tuple[int, ...]]] = []
    for index, function in enumerate(functions):
        refused = _judge_head(tables, index, function)
        if refused is not None:
            return Err(locate(Part.FUNCTIONS, index, refused))
        scan = scan_list(tables, _make_purpose(tables, index, function), function.code)
        if isinstance(scan, Err):
            return scan
        costs = _compute_costs(tables, function, scan.value)
        bound = compute_gas_bound(function.code, tuple(scan.value.types), costs)
        if bound > IR_FUNCTION_GAS_MAX:
            return Err(locate(Part.FUNCTIONS, index, Refused(IrRule.GAS_BOUND, bound)))
        scans.append((scan.value, costs))
    return Ok(tuple(scans))


def _judge_head(tables: Tables, index: int, function: Function) -> Refused | None:
    is_init = function.kind is FunctionKind.INIT
    if is_init and index != 0:
        return Refused(IrRule.INIT_MISPLACED, index)
    if len(function.selector) != SELECTOR_SIZE_BYTES:
        return Refused(IrRule.SELECTOR_MALFORMED, len(function.selector))
    if is_init != (function.selector == INIT_SELECTOR):
        return Refused(IrRule.SELECTOR_MALFORMED, SELECTOR_SIZE_BYTES)
    if any(earlier.selector == function.selector for earlier in tables.code.functions[:index]):
        return Refused(IrRule.SELECTOR_REPEATED, index)
    if len(function.result) > (0 if is_init else 1):
        return Refused(IrRule.RESULT_COUNT, len(function.result))
    refused = judge_record(tables.types, tables.measures, function.params, IR_PARAMS_MAX)
    refused = refused or judge_record(tables.types, tables.measures, function.result, 1)
    if refused is not None:
        return refused
    if function.kind is FunctionKind.VIEW and function.is_payable:
        return Refused(IrRule.VIEW_PAYABLE, index)
    if not 0 <= function.guard_count <= max(0, len(function.code) - 1):
        return Refused(IrRule.GUARD_COUNT, function.guard_count)
    return None


def _make_purpose(tables: Tables, index: int, function: Function) -> Purpose:
    return Purpose(
        kind=ListKind.FUNCTION,
        part=Part.FUNCTIONS,
        index=index,
        params=get_fields(tables.types, function.params),
        variables=(),
        result=get_fields(tables.types, function.result),
        guard_count=function.guard_count,
        is_view=function.kind is FunctionKind.VIEW,
    )


def _compute_costs(tables: Tables, function: Function, scan: Scan) -> tuple[int, ...]:
    """The cost of each node; the first one's includes the entry."""
    context = CostContext(tables.types, tables.measures, tables.code)
    costs = [
        compute_node_cost(
            context,
            node,
            scan.types[index],
            tuple(scan.get_operand(operand) for operand in get_operands(node)),
        )
        for index, node in enumerate(function.code)
    ]
    costs[0] += compute_entry_cost(context, function.params, function.result)
    return tuple(costs)


def _find_unused(tables: Tables, scans: list[Scan]) -> IrError | None:
    """The first type, then the first literal of the code section that nothing uses."""
    code = tables.code
    used = _get_table_uses(code)
    for scan in scans:
        used |= scan.used_types
    for index in range(len(code.types)):
        if index not in used:
            return locate(Part.TYPES, index, Refused(IrRule.TYPE_UNUSED, index))
    for index in range(len(code.literals)):
        if not any(index in scan.used_literals for scan in scans):
            return locate(Part.LITERALS, index, Refused(IrRule.LITERAL_UNUSED, index))
    return None


def _get_table_uses(code: CodeSection) -> set[int]:
    uses: list[Iterable[TypeIndex]] = [get_named_types(kind) for kind in code.types]
    uses.append(literal.type for literal in code.literals)
    uses.append(cell.type for cell in code.cells)
    uses.extend(event.fields for event in code.events)
    uses.extend(error.fields for error in code.errors)
    for interface in code.interfaces:
        uses.extend(member.params + member.result for member in interface.members)
    uses.extend(function.params + function.result for function in code.functions)
    return {index for indices in uses for index in indices}


# The spec section


def _link_module(module: Module, code: _Code) -> Result[LinkedModule, IrError]:
    tables = _extend_tables(module, code.tables)
    if isinstance(tables, Err):
        return tables
    all_literals = module.code.literals + module.spec.literals
    literals = decode_literals(
        tables.value.types, all_literals, len(code.literals), Part.SPEC_LITERALS
    )
    if isinstance(literals, Err):
        return literals
    kinds = tuple(literal.type for literal in all_literals)
    reach = Tables(module.code, tables.value.types, tables.value.measures, kinds, ())
    scans = scan_spec(reach, module.spec)
    if isinstance(scans, Err):
        return scans
    error = _find_unused_in_spec(module, _list_scans(scans.value))
    if error is not None:
        return Err(error)
    return Ok(_make_linked(module, code, reach, (scans.value, code.literals + literals.value)))


def _extend_tables(module: Module, tables: Tables) -> Result[Tables, IrError]:
    types = module.code.types + module.spec.types
    measures = measure_types(types, tables.measures, Part.SPEC_TYPES)
    if isinstance(measures, Err):
        return measures
    return Ok(Tables(module.code, types, measures.value, tables.literals, ()))


def _list_scans(scans: SpecScans) -> list[Scan]:
    keys = [key for function in scans.modifies for place in function for key in place]
    ensures = [scan for function in scans.ensures for scan in function]
    return [*scans.aggregates, *keys, *ensures, *scans.invariants, *scans.transitions]


def _find_unused_in_spec(module: Module, scans: list[Scan]) -> IrError | None:
    spec = module.spec
    start = len(module.code.types)
    used: set[int] = {index for kind in spec.types for index in get_named_types(kind)}
    used |= {literal.type for literal in spec.literals}
    used |= {index for entry in spec.aggregates for index in entry.params + entry.keys}
    for scan in scans:
        used |= scan.used_types
    for index in range(len(spec.types)):
        if start + index not in used:
            return locate(Part.SPEC_TYPES, index, Refused(IrRule.TYPE_UNUSED, start + index))
    start = len(module.code.literals)
    for index in range(len(spec.literals)):
        if not any(start + index in scan.used_literals for scan in scans):
            refused = Refused(IrRule.LITERAL_UNUSED, start + index)
            return locate(Part.SPEC_LITERALS, index, refused)
    return None


# Linking


def _make_linked(
    module: Module, code: _Code, tables: Tables, rest: tuple[SpecScans, tuple[Value, ...]]
) -> LinkedModule:
    scans, literals = rest
    fingerprints = compute_table(tables.types, compute_fingerprint)
    functions = tuple(
        _link_function(tables.types, fingerprints, function, scan, costs)
        for function, (scan, costs) in zip(module.code.functions, code.functions, strict=True)
    )
    interfaces = tuple(
        tuple(_link_member(tables.types, fingerprints, member) for member in interface.members)
        for interface in module.code.interfaces
    )
    return LinkedModule(
        module=module,
        types=tables.types,
        literals=literals,
        fingerprints=fingerprints,
        interfaces=interfaces,
        functions=functions,
        spec=_link_spec(module.spec, tables.types, scans),
    )


def _link_list(scan: Scan, charges: tuple[int, ...]) -> LinkedCode:
    ends = tuple(
        scan.headers[index].end if index in scan.headers else index + 1
        for index in range(len(scan.nodes))
    )
    return LinkedCode(scan.nodes, tuple(scan.types), ends, charges)


def _link_function(
    types: Types,
    fingerprints: tuple[bytes, ...],
    function: Function,
    scan: Scan,
    costs: tuple[int, ...],
) -> LinkedFunction:
    plain = _link_list(scan, costs)
    starts = compute_block_starts(plain.nodes, plain.ends, function.guard_count)
    code = LinkedCode(plain.nodes, plain.types, plain.ends, compute_block_charges(starts, costs))
    return LinkedFunction(
        declared=function,
        params=get_fields(types, function.params),
        result=get_fields(types, function.result),
        signature=_make_signature(fingerprints, function.params, function.result),
        code=code,
        gas_bound=compute_gas_bound(plain.nodes, plain.types, costs),
    )


def _link_member(types: Types, fingerprints: tuple[bytes, ...], member: Member) -> LinkedMember:
    return LinkedMember(
        selector=member.selector,
        params=get_fields(types, member.params),
        result=get_fields(types, member.result),
        signature=_make_signature(fingerprints, member.params, member.result),
        is_view=member.is_view,
    )


def _make_signature(
    fingerprints: tuple[bytes, ...],
    params: tuple[TypeIndex, ...],
    result: tuple[TypeIndex, ...],
) -> Signature:
    return Signature(
        tuple(fingerprints[index] for index in params),
        tuple(fingerprints[index] for index in result),
    )


def _link_expression(scan: Scan) -> LinkedCode:
    return _link_list(scan, (0,) * len(scan.nodes))


def _link_expressions(scans: tuple[Scan, ...]) -> tuple[LinkedCode, ...]:
    return tuple(_link_expression(scan) for scan in scans)


def _link_spec(spec: SpecSection, types: Types, scans: SpecScans) -> LinkedSpec:
    aggregates = tuple(
        LinkedAggregate(
            params=get_fields(types, entry.params),
            keys=get_fields(types, entry.keys),
            body=_link_expression(scan),
        )
        for entry, scan in zip(spec.aggregates, scans.aggregates, strict=True)
    )
    functions = tuple(
        LinkedFunctionSpec(
            modifies=tuple(
                LinkedModified(place.cell, _link_expressions(keys), place.fields)
                for place, keys in zip(claimed.modifies, places, strict=True)
            ),
            ensures=_link_expressions(ensures),
        )
        for claimed, places, ensures in zip(
            spec.functions, scans.modifies, scans.ensures, strict=True
        )
    )
    return LinkedSpec(
        aggregates=aggregates,
        functions=functions,
        invariants=_link_expressions(scans.invariants),
        transitions=_link_expressions(scans.transitions),
    )
