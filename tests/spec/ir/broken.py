"""One valid module, and ways to break a part of it by hand."""

from dataclasses import replace

from spec.ir.syntax import (
    FUNCTION_SCOPE,
    Aggregate,
    Cell,
    Check,
    If,
    Literal,
    Module,
    Node,
    PrimOp,
    Property,
    RecordType,
    Type,
    Var,
)
from tests.spec.ir.small import (
    NO_CLAIMS,
    P_BOOL,
    P_U256,
    RETURN,
    body,
    make_code,
    make_function,
    make_module,
    n,
    prim,
    with_code,
    with_spec,
)
from tests.spec.ir.tables import ADDRESS, AGGREGATES, CELLS, TYPES, U64, T

BASE = body(RETURN)
U64_ONE = Literal(U64, (1).to_bytes(8, "little"))
LAST_CELL = len(CELLS) - 1


def types(*more: Type) -> Module:
    """The base with types added to the table."""
    return with_code(BASE, types=TYPES + more)


def invariant(*nodes: Node) -> Module:
    return with_spec(BASE, aggregates=AGGREGATES, invariants=(Property(nodes, is_lemma=False),))


def aggregate(*nodes: Node, keys: tuple[int, ...] = (ADDRESS,)) -> Module:
    """One aggregate with a u64 parameter; variable 0 is the parameter, 1… the keys."""
    entry = Aggregate((U64,), tuple(T(key) for key in keys), nodes)
    return with_spec(BASE, aggregates=(entry,))


def claims(**parts: object) -> Module:
    return with_spec(BASE, functions=(replace(NO_CLAIMS, **parts),))  # type: ignore[arg-type]  # named by the tests


def function(**parts: object) -> Module:
    """The base with a part of its function replaced."""
    changed = replace(make_function(RETURN), **parts)  # type: ignore[arg-type]  # named by the tests
    return make_module(make_code(changed))


def cell(number: int, changed: Cell) -> Module:
    return with_code(BASE, cells=(*CELLS[:number], changed, *CELLS[number + 1 :]))


def nest(depth: int) -> Module:
    """So many Ifs inside each other."""
    nodes: list[Node] = [P_BOOL, *(If(n(0)[0], depth - 1 - i, 0) for i in range(depth)), RETURN]
    return body(*nodes)


def chain(count: int) -> Module:
    """u256 * u256 * …, so many factors, checked."""
    products = [prim(PrimOp.MUL, 0 if i == 0 else i, 0) for i in range(count - 1)]
    return body(P_U256, *products, Check(U64, n(count - 1)[0]), RETURN)


def deep_types(depth: int) -> Module:
    """Records in records."""
    start = len(TYPES)
    records = [RecordType((U64, U64, U64))]
    records += [RecordType((T(start + i),)) for i in range(depth - 2)]
    return types(*records)


VAR_PARAM, VAR_KEY = Var(FUNCTION_SCOPE, 0), Var(FUNCTION_SCOPE, 1)
TRUE_BRANCH = If(n(0)[0], 0, 0)
