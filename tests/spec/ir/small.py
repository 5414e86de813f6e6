"""Small modules made by hand, over the tables of `modules`."""

from dataclasses import replace

from spec.ir.syntax import (
    FUNCTION_SCOPE,
    Code,
    CodeSection,
    Function,
    FunctionKind,
    FunctionSpec,
    Leave,
    Literal,
    Module,
    Node,
    NodeIndex,
    Param,
    Prim,
    PrimOp,
    SpecSection,
    TypeIndex,
)
from tests.spec.ir.tables import (
    ADDRESS,
    BOOL,
    CELLS,
    ERRORS,
    EVENTS,
    INTERFACES,
    LIST,
    MESSAGE,
    OPTION,
    RECORD,
    TYPES,
    U64,
    U128,
    U256,
)

PARAMS = (U64, U256, BOOL, ADDRESS, LIST, OPTION, RECORD, U128, MESSAGE)
P_U64, P_U256, P_BOOL, P_ADDRESS, P_LIST, P_OPTION, P_RECORD, P_U128, P_MESSAGE = (
    Param(i) for i in range(len(PARAMS))
)
SELECTOR = b"function"
RETURN = Leave(FUNCTION_SCOPE, ())
NO_CLAIMS = FunctionSpec(False, (), False, (), ())


def n(*indices: int) -> tuple[NodeIndex, ...]:
    """Operands."""
    return tuple(NodeIndex(index) for index in indices)


def prim(op: PrimOp, *args: int, immediates: tuple[int, ...] = ()) -> Prim:
    return Prim(op, immediates, n(*args))


def make_function(
    *nodes: Node,
    result: tuple[TypeIndex, ...] = (),
    guard_count: int = 0,
    kind: FunctionKind = FunctionKind.ACTION,
) -> Function:
    """A function with the parameters above; `nodes` end with a `Leave`."""
    is_payable = kind is not FunctionKind.VIEW
    selector = bytes(8) if kind is FunctionKind.INIT else SELECTOR
    params = () if kind is FunctionKind.INIT else PARAMS
    return Function(kind, selector, params, result, is_payable, guard_count, nodes)


def make_code(*functions: Function, literals: tuple[Literal, ...] = ()) -> CodeSection:
    return CodeSection(1, TYPES, literals, INTERFACES, CELLS, EVENTS, ERRORS, functions)


def make_module(code: CodeSection) -> Module:
    claims = tuple(NO_CLAIMS for _ in code.functions)
    return Module(code, SpecSection((), (), (), claims, (), ()))


def body(
    *nodes: Node,
    result: tuple[TypeIndex, ...] = (),
    literals: tuple[Literal, ...] = (),
    kind: FunctionKind = FunctionKind.ACTION,
) -> Module:
    """A module with one function without a guard."""
    return make_module(
        make_code(make_function(*nodes, result=result, kind=kind), literals=literals)
    )


def guard(*nodes: Node) -> Module:
    """A module with one function whose nodes are all guard."""
    return make_module(make_code(make_function(*nodes, RETURN, guard_count=len(nodes))))


def with_spec(module: Module, **parts: object) -> Module:
    """The module with parts of its spec section replaced."""
    return replace(module, spec=replace(module.spec, **parts))  # type: ignore[arg-type]  # named by the tests


def with_code(module: Module, **parts: object) -> Module:
    """The module with parts of its code section replaced."""
    return replace(module, code=replace(module.code, **parts))  # type: ignore[arg-type]  # named by the tests


def with_ensures(*nodes: Node) -> Module:
    """A module that ensures something of one function without result."""
    code: Code = nodes
    return with_spec(body(RETURN), functions=(replace(NO_CLAIMS, ensures=(code,)),))
