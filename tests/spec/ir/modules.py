"""Random valid modules, by a seeded generator that favours the boundaries.

Expressions are made from the type wanted down to constants, so everything made is used. The
generator knows the typing rules by itself: it shares no code with `validate`.
"""

from random import Random

from spec.ir.syntax import (
    FUNCTION_SCOPE,
    STANDARD_ERROR_COUNT,
    BoolType,
    Code,
    CodeSection,
    Function,
    FunctionKind,
    FunctionSpec,
    Leave,
    Modified,
    Module,
    Property,
    SpecSection,
    Type,
    TypeIndex,
)
from tests.spec.ir.makers.emitter import (
    BODY,
    ENSURES,
    FRAME,
    GUARD,
    INVARIANT,
    TRANSITION,
    VIEW,
    Mode,
    Pool,
)
from tests.spec.ir.makers.lists import ListMaker
from tests.spec.ir.tables import (
    ADDRESS,
    AGGREGATES,
    BALANCES,
    CELL_TYPES,
    CELLS,
    ERRORS,
    EVENTS,
    INTERFACES,
    NESTED,
    PEEK,
    POKE,
    TYPES,
    VALUE_TYPES,
)


def make_function(
    rng: Random, pool: Pool, kind: FunctionKind, selector: bytes, index: int
) -> Function:
    """A function; poke and peek have the signatures that the interface expects."""
    params: tuple[TypeIndex, ...] = tuple(rng.choices(VALUE_TYPES, k=rng.randrange(4)))
    result: tuple[TypeIndex, ...] = (rng.choice(VALUE_TYPES),) if rng.random() < 0.6 else ()
    if selector in {POKE, PEEK}:
        member = next(m for m in INTERFACES[0].members if m.selector == selector)
        params, result = member.params, member.result
    if kind is FunctionKind.INIT:
        result = ()
    maker = ListMaker(rng, pool, GUARD, params)
    maker.result = result
    for _ in range(rng.randrange(3)):
        maker.make_fail(rng.randrange(3))
    guard_count = len(maker.nodes)
    maker.mode = VIEW if kind is FunctionKind.VIEW else BODY
    for _ in range(rng.randrange(4)):
        maker.make_statement(rng.randrange(1, 4))
    maker.add(Leave(FUNCTION_SCOPE, maker.fit_all(result, rng.randrange(3))))
    is_payable = kind is not FunctionKind.VIEW and index % 2 == 0
    code = tuple(maker.nodes)
    return Function(kind, selector, params, result, is_payable, guard_count, code)


def make_expression(
    rng: Random, pool: Pool, mode: Mode, params: tuple[TypeIndex, ...], kind: Type
) -> Code:
    maker = ListMaker(rng, pool, mode, params)
    maker.make(kind, rng.randrange(4))
    return tuple(maker.nodes)


def make_function_spec(rng: Random, pool: Pool, function: Function) -> FunctionSpec:
    modifies: tuple[Modified, ...] = ()
    if rng.random() < 0.5:
        key = make_expression(rng, pool, FRAME, function.params, TYPES[ADDRESS])
        modifies = (Modified(BALANCES, (key,), ()), Modified(CELL_TYPES.index(NESTED), (), (0, 1)))
    params = function.params + function.result
    ensures = tuple(
        make_expression(rng, pool, ENSURES, params, BoolType()) for _ in range(rng.randrange(2))
    )
    has_frame = bool(modifies) or rng.random() < 0.5
    return FunctionSpec(rng.random() < 0.5, (STANDARD_ERROR_COUNT,), has_frame, modifies, ensures)


def make_module(seed: int) -> Module:
    """A valid module, the same for the same seed."""
    rng = Random(seed)
    pool = Pool(())
    kinds = [(FunctionKind.INIT, bytes(8))] if rng.random() < 0.5 else []
    kinds += [(FunctionKind.ACTION, POKE), (FunctionKind.VIEW, PEEK)]
    for index in range(rng.randrange(2)):
        kind = rng.choice((FunctionKind.ACTION, FunctionKind.VIEW))
        kinds.append((kind, bytes([index + 1]) * 8))
    functions = tuple(
        make_function(rng, pool, kind, selector, index)
        for index, (kind, selector) in enumerate(kinds)
    )
    literals = tuple(pool.own)
    code = CodeSection(1, TYPES, literals, INTERFACES, CELLS, EVENTS, ERRORS, functions)
    return Module(code, make_spec(rng, code))


def make_spec(rng: Random, code: CodeSection) -> SpecSection:
    pool = Pool(code.literals)
    functions = tuple(make_function_spec(rng, pool, function) for function in code.functions)
    invariants = tuple(
        Property(make_expression(rng, pool, INVARIANT, (), BoolType()), rng.random() < 0.2)
        for _ in range(rng.randrange(3))
    )
    transitions = tuple(
        Property(make_expression(rng, pool, TRANSITION, (), BoolType()), is_lemma=False)
        for _ in range(rng.randrange(2))
    )
    return SpecSection((), tuple(pool.own), AGGREGATES, functions, invariants, transitions)
