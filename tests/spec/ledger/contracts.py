"""A small contract in core IR that touches everything a ledger gives to contracts."""

from spec.ir.encoding import encode_module
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    NO_VALUE,
    STANDARD_ERROR_COUNT,
    AddressType,
    Call,
    Cell,
    Code,
    CodeSection,
    Collect,
    Const,
    Emit,
    Error,
    Event,
    Fail,
    Function,
    FunctionKind,
    FunctionSpec,
    Get,
    Interface,
    Leave,
    Literal,
    Member,
    Module,
    NodeIndex,
    Param,
    Pay,
    Prim,
    PrimOp,
    Set,
    Sign,
    SpecSection,
    TypeIndex,
    UintType,
    Update,
    When,
)

U128, U64, ADDRESS = TypeIndex(0), TypeIndex(1), TypeIndex(2)
COUNT = 2
"""The contract's own cell: a u64."""
ERROR_REFUSED = STANDARD_ERROR_COUNT

BUMP, REFUSE, DEPOSIT, WITHDRAW, COLLECT, READ, SINK = (bytes((n,)) * 8 for n in range(1, 8))


def n(index: int) -> NodeIndex:
    return NodeIndex(index)


def leave(*values: int) -> Leave:
    return Leave(FUNCTION_SCOPE, tuple(n(value) for value in values))


def function(
    selector: bytes,
    code: Code,
    params: tuple[TypeIndex, ...] = (),
    result: tuple[TypeIndex, ...] = (),
    *,
    kind: FunctionKind = FunctionKind.ACTION,
    is_payable: bool = False,
) -> Function:
    return Function(kind, selector, params, result, is_payable, 0, code)


GET_COUNT = Get(COUNT, When.NOW, (), ())
FUNCTIONS = (
    function(
        bytes(8),
        (Param(0), Set(COUNT, (), (), n(0)), leave()),
        params=(U64,),
        kind=FunctionKind.INIT,
        is_payable=True,
    ),
    # bump() -> u64: one more, told by an event
    function(
        BUMP,
        (
            Const(0),
            Update(COUNT, (), (), Sign.PLUS, n(0)),
            GET_COUNT,
            Emit(0, (n(2),)),
            leave(2),
        ),
        result=(U64,),
    ),
    # refuse(): writes, tells and pays nothing in the end, because it fails
    function(
        REFUSE,
        (
            Const(0),
            Update(COUNT, (), (), Sign.PLUS, n(0)),
            GET_COUNT,
            Emit(0, (n(2),)),
            Prim(PrimOp.LE, (), (n(0), n(2))),
            Fail(n(4), ERROR_REFUSED, (n(2),)),
            leave(),
        ),
        is_payable=True,
    ),
    function(DEPOSIT, (leave(),), is_payable=True),
    # withdraw: to whom and how much
    function(WITHDRAW, (Param(0), Param(1), Pay(n(0), n(1)), leave()), params=(ADDRESS, U128)),
    # collect: gives the amount
    function(COLLECT, (Collect(), leave(0)), result=(U128,)),
    # read: the count
    function(READ, (GET_COUNT, leave(0)), result=(U64,), kind=FunctionKind.VIEW),
    # sink: below zero at a count of zero
    function(SINK, (Const(0), Update(COUNT, (), (), Sign.MINUS, n(0)), leave())),
)

CLAIMS_NOTHING = FunctionSpec(False, (), False, (), ())
PROBE = Module(
    CodeSection(
        version=1,
        types=(UintType(128), UintType(64), AddressType()),
        literals=(Literal(U64, (1).to_bytes(8, "little")),),
        interfaces=(),
        cells=(Cell(U128, False), Cell(U128, False), Cell(U64, False)),
        events=(Event((U64,)),),
        errors=(Error((U64,)),),
        functions=FUNCTIONS,
    ),
    SpecSection((), (), (), (CLAIMS_NOTHING,) * len(FUNCTIONS), (), ()),
)
PROBE_BYTES = encode_module(PROBE)

# A contract with one action, which calls `refuse` of the contract given.
RELAY = Module(
    CodeSection(
        version=1,
        types=(UintType(128), AddressType()),
        literals=(),
        interfaces=(Interface((Member(REFUSE, (), (), False),)),),
        cells=(Cell(U128, False), Cell(U128, False)),
        events=(),
        errors=(),
        functions=(
            function(
                BUMP,
                (Param(0), Call(0, 0, n(0), (), 1_000, NO_VALUE), leave()),
                params=(TypeIndex(1),),
            ),
        ),
    ),
    SpecSection((), (), (), (CLAIMS_NOTHING,), (), ()),
)
RELAY_BYTES = encode_module(RELAY)


def count_arguments(count: int) -> bytes:
    return count.to_bytes(8, "little")


def withdraw_arguments(to: bytes, amount: int) -> bytes:
    return to + amount.to_bytes(16, "little")
