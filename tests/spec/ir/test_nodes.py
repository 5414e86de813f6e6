"""What each node kind means, by example: in a body, in a guard, and at the edges.

`value_of` runs a body that returns the value of its last node, `guard_says` a guard that fails if
its last node is true. The parameters are PARAMS of `small` with the values ARGUMENTS below.
"""

import hashlib

import pytest

from spec.crypto.address import compute_key_address
from spec.crypto.domains import Domain, compute_signing_root
from spec.crypto.signing import ed25519
from spec.ir.host import (
    BlockContext,
    CallInput,
    DeclaredFailure,
    Failed,
    MachineFailure,
    Succeeded,
)
from spec.ir.machine import execute
from spec.ir.measure import compute_fingerprint
from spec.ir.memory import MemoryWorld
from spec.ir.state import find_entry, get_entry, set_entry
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    NO_SOURCE,
    STANDARD_ERROR_COUNT,
    Check,
    Collect,
    Const,
    Context,
    ContextKind,
    Emit,
    Fail,
    Field,
    Fold,
    Get,
    If,
    Item,
    Join,
    Leave,
    Literal,
    MakeList,
    MakeRecord,
    Match,
    Module,
    Next,
    Node,
    NodeIndex,
    Out,
    Param,
    Pay,
    Payload,
    PrimOp,
    Scope,
    Set,
    Sign,
    TypeIndex,
    Update,
    Var,
    Variant,
    When,
)
from spec.ir.values import EnumValue, MessageValue, Value, encode_record, encode_value, get_fields
from tests.spec.ir.modules import (
    ADDRESS,
    BALANCES,
    BOOL,
    BYTES32,
    CELL_TYPES,
    CELLS,
    CONTRACTS,
    KEYS,
    LIST,
    MESSAGE,
    NESTED,
    OPTION,
    PLAIN,
    POKE,
    RECORD,
    SIGNATURE,
    STRING,
    TYPES,
    U8,
    U32,
    U64,
    U128,
    U256,
)
from tests.spec.ir.small import (
    P_ADDRESS,
    P_BOOL,
    P_LIST,
    P_OPTION,
    P_RECORD,
    P_U64,
    P_U128,
    P_U256,
    PARAMS,
    SELECTOR,
    body,
    make_code,
    make_function,
    make_module,
    n,
    prim,
)
from tests.spec.ir.worlds import GENESIS_ID, link_valid

THIS, OTHER = CONTRACTS[0], CONTRACTS[1]
CALLER, FRIEND = KEYS[0], KEYS[1]
HEIGHT, NOW_MS = 9, 5_000
BLOCK = BlockContext(GENESIS_ID, HEIGHT, NOW_MS)
ITEMS = (1, 2, 3)
ARGUMENTS: tuple[Value, ...] = (
    7,
    10,
    True,
    FRIEND,
    ITEMS,
    EnumValue(1, (FRIEND,)),
    (5, EnumValue(2, ())),
    100,
    MessageValue(OTHER, POKE, 0, (3).to_bytes(8, "little")),
)
BALANCE, INBOX, VALUE = 50, 11, 4
GAS = 1_000_000
SLOT = CELL_TYPES.index(U64)
"""A scalar u64 cell; it holds 33."""
CHECKPOINTED = len(CELLS) - 1


def make_world(module: Module) -> MemoryWorld:
    linked = link_valid(module)
    world = MemoryWorld()
    world.codes[THIS] = linked
    world.balances = {THIS: BALANCE, CALLER: 1_000, FRIEND: 0}
    world.inboxes = {THIS: INBOX}
    set_entry(world, linked, find_entry(linked, THIS, SLOT, ()), 33, 1)
    set_entry(world, linked, find_entry(linked, THIS, BALANCES, (FRIEND,)), 200, 1)
    nested = find_entry(linked, THIS, CELL_TYPES.index(NESTED), ())
    set_entry(world, linked, nested, ((1, EnumValue(1, ())), EnumValue(0, ()), 8), 1)
    for height, value in ((2, 20), (6, 60), (HEIGHT, 90)):
        entry = find_entry(linked, THIS, CHECKPOINTED, (FRIEND,))
        set_entry(world, linked, entry, value, height)
    return world


def call(world: MemoryWorld, value: int = VALUE) -> Succeeded | Failed:
    data = encode_record(TYPES, get_fields(TYPES, PARAMS), ARGUMENTS)
    return execute(world, BLOCK, CallInput(THIS, SELECTOR, CALLER, value, data, GAS, is_view=False))


def literal(index: TypeIndex, value: Value) -> Literal:
    return Literal(index, encode_value(TYPES, TYPES[index], value))


def run_body(
    *nodes: Node, result: TypeIndex | None = None, literals: tuple[Literal, ...] = ()
) -> tuple[MemoryWorld, Succeeded | Failed]:
    """The world and the outcome of a body that returns the value of its last node, if asked to."""
    last = () if result is None else n(len(nodes) - 1)
    results = () if result is None else (result,)
    module = body(*nodes, Leave(FUNCTION_SCOPE, last), result=results, literals=literals)
    world = make_world(module)
    return world, call(world)


def value_of(*nodes: Node, result: TypeIndex, literals: tuple[Literal, ...] = ()) -> Value:
    """The value of the last node, or the code of the failure."""
    _, outcome = run_body(*nodes, result=result, literals=literals)
    if isinstance(outcome, Succeeded):
        return outcome.result[0]
    assert not isinstance(outcome.failure, DeclaredFailure)
    return outcome.failure.code.encode()


def guard_says(*nodes: Node, literals: tuple[Literal, ...] = ()) -> bool:
    """Whether a guard that fails when its last node is true has failed."""
    fail = Fail(NodeIndex(len(nodes) - 1), 1, ())
    function = make_function(*nodes, fail, Leave(FUNCTION_SCOPE, ()), guard_count=len(nodes) + 1)
    outcome = call(make_world(make_module(make_code(function, literals=literals))))
    if isinstance(outcome, Succeeded):
        return False
    assert outcome.failure == DeclaredFailure(THIS, 1, b"")
    return True


# Values


def test_const_param_and_context() -> None:
    nested = ((1, EnumValue(2, ())), EnumValue(1, (CALLER,)), 1 << 255)
    assert value_of(Const(0), result=NESTED, literals=(literal(NESTED, nested),)) == nested
    for index, kind in enumerate(PARAMS):
        assert value_of(Param(index), result=kind) == ARGUMENTS[index]
    facts = {
        ContextKind.CALLER: (ADDRESS, CALLER),
        ContextKind.VALUE: (U128, VALUE),
        ContextKind.NOW: (U64, NOW_MS),
        ContextKind.HEIGHT: (U64, HEIGHT),
        ContextKind.THIS: (ADDRESS, THIS),
        ContextKind.GENESIS_ID: (BYTES32, GENESIS_ID),
    }
    for which, (kind, expected) in facts.items():
        assert value_of(Context(which), result=kind) == expected


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (PrimOp.ADD, 17),
        (PrimOp.MUL, 70),
        (PrimOp.MIN, 7),
        (PrimOp.MAX, 10),
        (PrimOp.DIV, 0),
        (PrimOp.MOD, 7),
    ],
)
def test_arithmetic(op: PrimOp, expected: int) -> None:
    nodes = (P_U64, P_U256, prim(op, 0, 1), Check(U256, NodeIndex(2)))
    assert value_of(*nodes, result=U256) == expected


def test_numbers_may_be_negative_until_they_are_checked() -> None:
    """(7 - 10) and -7: exact, rounded down, in range only where a Check says so."""
    difference = (P_U64, P_U256, prim(PrimOp.SUB, 0, 1))
    overflow = b"contract.overflow"
    assert value_of(*difference, Check(U64, NodeIndex(2)), result=U64) == overflow
    back = (prim(PrimOp.ADD, 2, 1), Check(U64, NodeIndex(3)))
    assert value_of(*difference, *back, result=U64) == 7
    quotient = (prim(PrimOp.DIV, 2, 0), prim(PrimOp.NEG, 3), Check(U64, NodeIndex(4)))
    assert value_of(*difference, *quotient, result=U64) == 1  # -3 // 7 == -1
    rest = (prim(PrimOp.MOD, 2, 0), Check(U64, NodeIndex(3)))
    assert value_of(*difference, *rest, result=U64) == 4  # -3 == -1 * 7 + 4
    negated = (P_U64, prim(PrimOp.NEG, 0), Check(U64, NodeIndex(1)))
    assert value_of(*negated, result=U64) == overflow


def test_check_admits_exactly_its_type() -> None:
    for value, expected in ((255, 255), (256, b"contract.overflow")):
        nodes = (Const(0), Check(U8, NodeIndex(0)))
        assert value_of(*nodes, result=U8, literals=(literal(U64, value),)) == expected


@pytest.mark.parametrize("op", [PrimOp.DIV, PrimOp.MOD])
def test_a_divisor_must_be_positive_in_a_body_and_does_no_harm_in_a_guard(op: PrimOp) -> None:
    zero = (literal(U64, 0),)
    nodes = (P_U64, Const(0), prim(op, 0, 1))
    assert value_of(*nodes, result=U64, literals=zero) == b"contract.division_by_zero"
    minus = (P_U64, prim(PrimOp.NEG, 0), prim(op, 0, 1))
    assert value_of(*minus, result=U64) == b"contract.division_by_zero"
    is_zero, is_first = prim(PrimOp.EQ, 2, 1), prim(PrimOp.EQ, 2, 0)
    expected, other = (is_zero, is_first) if op is PrimOp.DIV else (is_first, is_zero)
    assert guard_says(*nodes, expected, literals=zero)
    assert not guard_says(*nodes, other, literals=zero)


@pytest.mark.parametrize(
    ("op", "first", "second", "expected"),
    [
        (PrimOp.LT, 1, 2, True),
        (PrimOp.LT, 2, 2, False),
        (PrimOp.LE, 2, 2, True),
        (PrimOp.LE, 3, 2, False),
        (PrimOp.EQ, 2, 2, True),
        (PrimOp.EQ, 2, 3, False),
    ],
)
def test_comparisons(op: PrimOp, first: int, second: int, expected: bool) -> None:
    literals = (literal(U64, first), literal(U8, second))
    assert value_of(Const(0), Const(1), prim(op, 0, 1), result=BOOL, literals=literals) is expected


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("second", [False, True])
def test_logic(first: bool, second: bool) -> None:
    same = first == second
    literals = (literal(BOOL, first),) if same else (literal(BOOL, first), literal(BOOL, second))
    nodes = (Const(0), Const(0 if same else 1))
    for op, expected in ((PrimOp.AND, first and second), (PrimOp.OR, first or second)):
        assert value_of(*nodes, prim(op, 0, 1), result=BOOL, literals=literals) is expected
    negated = value_of(Const(0), prim(PrimOp.NOT, 0), result=BOOL, literals=literals[:1])
    assert negated is not first
    selected = value_of(
        Const(0), P_U64, P_U256, prim(PrimOp.SELECT, 0, 1, 2), result=U256, literals=literals[:1]
    )
    assert selected == (7 if first else 10)


def test_records_and_their_fields() -> None:
    nodes = (P_U64, Const(0), MakeRecord(RECORD, n(0, 1)))
    plain = literal(PLAIN, EnumValue(1, ()))
    assert value_of(*nodes, result=RECORD, literals=(plain,)) == (7, EnumValue(1, ()))
    assert value_of(P_RECORD, Field(NodeIndex(0), 0), result=U64) == 5
    assert value_of(P_RECORD, Field(NodeIndex(0), 1), result=PLAIN) == EnumValue(2, ())


def test_variants_match_and_payload() -> None:
    made = (P_U64, Const(0), Variant(OPTION, 2, n(0, 1)))
    text = literal(STRING, b"abc")
    assert value_of(*made, result=OPTION, literals=(text,)) == EnumValue(2, (7, b"abc"))
    # match option: none -> 7, first -> the payload is the friend, second -> its number
    matched = (
        *made,
        Match(NodeIndex(2), (0, 0, 1)),
        Payload(NodeIndex(2), 2, 0),
        Join(NodeIndex(3), n(0, 0, 4)),
    )
    assert value_of(*matched, result=U64, literals=(text,)) == 7
    friend = (
        P_ADDRESS,
        P_OPTION,
        Match(NodeIndex(1), (1, 1, 1)),
        Context(ContextKind.THIS),
        Payload(NodeIndex(1), 1, 0),
        Context(ContextKind.CALLER),
        Join(NodeIndex(2), n(3, 4, 5)),
        prim(PrimOp.EQ, 0, 6),
    )
    assert value_of(*friend, result=BOOL) is True
    assert value_of(P_OPTION, prim(PrimOp.IS_MEMBER, 0, immediates=(1,)), result=BOOL) is True
    assert value_of(P_OPTION, prim(PrimOp.IS_MEMBER, 0, immediates=(0,)), result=BOOL) is False


def test_lists() -> None:
    assert value_of(P_U64, MakeList(LIST, n(0, 0)), result=LIST) == (7, 7)
    assert value_of(P_LIST, prim(PrimOp.LENGTH, 0), result=U32) == 3
    assert value_of(P_LIST, P_U64, prim(PrimOp.APPEND, 0, 1), result=LIST) == (1, 2, 3, 7)
    assert value_of(P_LIST, prim(PrimOp.POP, 0), result=LIST) == (1, 2)
    two = (literal(U64, 2),)
    at = (P_LIST, Const(0))
    assert value_of(*at, Item(NodeIndex(0), NodeIndex(1)), result=U64, literals=two) == 3
    put = (P_U64, prim(PrimOp.REPLACE, 0, 1, 2))
    assert value_of(*at, *put, result=LIST, literals=two) == (1, 2, 7)
    zero = (literal(U64, 0),)
    assert value_of(*at, Item(NodeIndex(0), NodeIndex(1)), result=U64, literals=zero) == 1
    assert value_of(*at, *put, result=LIST, literals=zero) == (7, 2, 3)
    text = (literal(STRING, "zwölf".encode()),)
    assert value_of(Const(0), prim(PrimOp.LENGTH, 0), result=U32, literals=text) == 6


def test_lists_have_ends_in_a_body() -> None:
    empty, full = literal(LIST, ()), literal(LIST, (1, 2, 3, 4))
    assert value_of(Const(0), prim(PrimOp.POP, 0), result=LIST, literals=(empty,)) == (
        b"contract.list_empty"
    )
    append = (Const(0), P_U64, prim(PrimOp.APPEND, 0, 1))
    assert value_of(*append, result=LIST, literals=(full,)) == b"contract.list_full"
    beyond = (P_LIST, P_U64, Item(NodeIndex(0), NodeIndex(1)))
    assert value_of(*beyond, result=U64) == b"contract.index_out_of_range"
    before = (P_LIST, P_U64, prim(PrimOp.NEG, 1), Item(NodeIndex(0), NodeIndex(2)))
    assert value_of(*before, result=U64) == b"contract.index_out_of_range"
    put = (P_LIST, P_U64, prim(PrimOp.REPLACE, 0, 1, 1))
    assert value_of(*put, result=LIST) == b"contract.index_out_of_range"


def test_lists_are_total_in_a_guard() -> None:
    empty, full, zero = literal(LIST, ()), literal(LIST, (1, 2, 3, 4)), literal(U64, 0)
    pop = (Const(0), prim(PrimOp.POP, 0), prim(PrimOp.EQ, 0, 1))
    assert guard_says(*pop, literals=(empty,))
    append = (Const(0), P_U64, prim(PrimOp.APPEND, 0, 1), prim(PrimOp.EQ, 0, 2))
    assert guard_says(*append, literals=(full,))
    item = (P_LIST, P_U64, Item(NodeIndex(0), NodeIndex(1)), Const(0), prim(PrimOp.EQ, 2, 3))
    assert guard_says(*item, literals=(zero,))
    put = (P_LIST, P_U64, prim(PrimOp.REPLACE, 0, 1, 1), prim(PrimOp.EQ, 0, 2))
    assert guard_says(*put)


def test_the_typed_hash_is_what_its_text_says() -> None:
    got = value_of(P_U64, P_LIST, prim(PrimOp.HASH, 0, 1, immediates=(5,)), result=BYTES32)
    known: list[bytes] = []
    for kind in TYPES:
        known.append(compute_fingerprint(kind, known))
    encoding = (7).to_bytes(8, "little") + (12).to_bytes(4, "little")
    encoding += b"".join(item.to_bytes(8, "little") for item in ITEMS)
    head = b"qc/hash/1" + (5).to_bytes(4, "little") + (2).to_bytes(4, "little")
    assert got == hashlib.sha256(head + known[U64] + known[LIST] + encoding).digest()


def test_hashes_of_different_domains_types_and_values_differ() -> None:
    hashes = {
        value_of(P_U64, prim(PrimOp.HASH, 0, immediates=(0,)), result=BYTES32),
        value_of(P_U64, prim(PrimOp.HASH, 0, immediates=(1,)), result=BYTES32),
        value_of(P_U64, prim(PrimOp.HASH, 0, 0, immediates=(0,)), result=BYTES32),
        value_of(
            P_U64, Check(U8, NodeIndex(0)), prim(PrimOp.HASH, 1, immediates=(0,)), result=BYTES32
        ),
        value_of(P_U256, prim(PrimOp.HASH, 0, immediates=(0,)), result=BYTES32),
    }
    assert len(hashes) == 5


def test_a_signature_counts_for_its_key_its_digest_and_its_chain_only() -> None:
    seed = bytes(range(32))
    key = ed25519.compute_public_key(seed)
    address = compute_key_address(1, key)
    digest = b"\x07" * 32
    root = compute_signing_root(Domain.CONTRACT_PERMIT, GENESIS_ID, digest)
    elsewhere = compute_signing_root(Domain.CONTRACT_PERMIT, bytes(32), digest)
    good = ed25519.sign(seed, root)
    for who, what, signature, expected in (
        (address, digest, good, True),
        (FRIEND, digest, good, False),
        (address, b"\x08" * 32, good, False),
        (address, digest, ed25519.sign(seed, elsewhere), False),
        (address, digest, ed25519.sign(seed, digest), False),
    ):
        literals = (
            literal(ADDRESS, who),
            literal(BYTES32, what),
            literal(BYTES32, key),
            literal(SIGNATURE, signature),
        )
        check = prim(PrimOp.VERIFY_SIGNATURE, 0, 1, 2, 3, immediates=(1,))
        nodes = (Const(0), Const(1), Const(2), Const(3), check)
        assert value_of(*nodes, result=BOOL, literals=literals) is expected


def test_messages_are_calls_as_data() -> None:
    nodes = (P_ADDRESS, P_U128, P_U64, prim(PrimOp.MESSAGE, 0, 1, 2, immediates=(MESSAGE, 0, 0)))
    expected = MessageValue(FRIEND, POKE, 100, (7).to_bytes(8, "little"))
    assert value_of(*nodes, result=MESSAGE) == expected


def test_what_stands_at_an_address() -> None:
    for node, mine, friends in (
        (prim(PrimOp.IS_CONTRACT, 0), True, False),
        (prim(PrimOp.IMPLEMENTS, 0, immediates=(0,)), False, False),
    ):
        assert value_of(Context(ContextKind.THIS), node, result=BOOL) is mine
        assert value_of(P_ADDRESS, node, result=BOOL) is friends


# State


def test_get_reads_cells_entries_fields_and_defaults() -> None:
    nested = CELL_TYPES.index(NESTED)
    assert value_of(Get(SLOT, When.NOW, (), ()), result=U64) == 33
    assert value_of(P_ADDRESS, Get(BALANCES, When.NOW, n(0), ()), result=U256) == 200
    absent = (Context(ContextKind.CALLER), Get(BALANCES, When.NOW, n(0), ()))
    assert value_of(*absent, result=U256) == 0
    assert value_of(Get(nested, When.NOW, (), (2,)), result=U256) == 8
    assert value_of(Get(nested, When.NOW, (), (0, 1)), result=PLAIN) == EnumValue(1, ())


def test_balance_and_inbox_are_the_worlds() -> None:
    """In the body the value has been credited, in the guard it has not."""
    assert value_of(Get(0, When.NOW, (), ()), result=U128) == BALANCE + VALUE
    assert value_of(Get(1, When.NOW, (), ()), result=U128) == INBOX
    held = (Get(0, When.NOW, (), ()), Const(0), prim(PrimOp.EQ, 0, 1))
    assert guard_says(*held, literals=(literal(U128, BALANCE),))


def test_past_values_are_those_at_the_ends_of_blocks() -> None:
    for height, expected in ((1, 0), (2, 20), (5, 20), (6, 60), (HEIGHT - 1, 60)):
        nodes = (P_ADDRESS, Const(0), Get(CHECKPOINTED, When.AT, n(0, 1), ()))
        assert value_of(*nodes, result=U64, literals=(literal(U64, height),)) == expected
    present = (P_ADDRESS, Context(ContextKind.HEIGHT), Get(CHECKPOINTED, When.AT, n(0, 1), ()))
    assert value_of(*present, result=U64) == b"contract.checkpoint_not_past"
    compare = (Const(0), prim(PrimOp.EQ, 2, 3))
    assert guard_says(*present, *compare, literals=(literal(U64, 0),))
    assert value_of(P_ADDRESS, Get(CHECKPOINTED, When.NOW, n(0), ()), result=U64) == 90


def test_set_stores_whole_values_and_fields() -> None:
    nested = CELL_TYPES.index(NESTED)
    world, outcome = run_body(
        P_U64, Set(nested, (), (0, 0), NodeIndex(0)), Set(SLOT, (), (), NodeIndex(0))
    )
    assert isinstance(outcome, Succeeded)
    linked = world.codes[THIS]
    after = get_entry(world, linked, find_entry(linked, THIS, nested, ()))
    assert after == ((7, EnumValue(1, ())), EnumValue(0, ()), 8)
    assert get_entry(world, linked, find_entry(linked, THIS, SLOT, ())) == 7


@pytest.mark.parametrize(
    ("sign", "amount", "expected"),
    [
        (Sign.PLUS, 1, 34),
        (Sign.MINUS, 33, 0),
        (Sign.MINUS, 34, None),
        (Sign.PLUS, (1 << 64) - 34, (1 << 64) - 1),
        (Sign.PLUS, (1 << 64) - 33, None),
    ],
)
def test_update_stays_in_range_or_fails(sign: Sign, amount: int, expected: int | None) -> None:
    world, outcome = run_body(
        Const(0), Update(SLOT, (), (), sign, NodeIndex(0)), literals=(literal(U256, amount),)
    )
    linked = world.codes[THIS]
    if expected is None:
        assert isinstance(outcome, Failed)
    else:
        assert get_entry(world, linked, find_entry(linked, THIS, SLOT, ())) == expected


# Control flow


def test_one_arm_of_an_if_runs_and_join_takes_its_value() -> None:
    for condition, expected in ((True, 7), (False, 100)):
        nodes = (
            Const(0),
            If(NodeIndex(0), 1, 2),
            P_U64,
            P_U128,
            Set(CELL_TYPES.index(BOOL), (), (), NodeIndex(0)),
            Join(NodeIndex(1), n(2, 3)),
        )
        literals = (literal(BOOL, condition),)
        assert value_of(*nodes, result=U128, literals=literals) == expected


def test_a_fold_carries_values_over_numbers_and_lists() -> None:
    zero = (literal(U64, 0),)
    over_list = (
        P_LIST,
        Const(0),
        Fold(0, 0, 0, n(1), 5),
        Var(2, 0),
        Var(2, 1),
        prim(PrimOp.ADD, 3, 4),
        Check(U64, NodeIndex(5)),
        Next(NodeIndex(2), n(6)),
        Out(NodeIndex(2), 0),
    )
    assert value_of(*over_list, result=U64, literals=zero) == sum(ITEMS)
    over_numbers = (
        Const(0),
        Fold(NO_SOURCE, 10, 13, n(0), 5),
        Var(1, 0),
        Var(1, 1),
        prim(PrimOp.ADD, 2, 3),
        Check(U64, NodeIndex(4)),
        Next(NodeIndex(1), n(5)),
        Out(NodeIndex(1), 0),
    )
    assert value_of(*over_numbers, result=U64, literals=zero) == 10 + 11 + 12
    over_nothing = (Const(1), *over_list[1:])
    literals = (*zero, literal(LIST, ()))
    assert value_of(*over_nothing, result=U64, literals=literals) == 0


def test_next_gives_all_carried_values_at_once() -> None:
    """(a, b) -> (b, a), three times."""
    swap = (
        P_U64,
        Const(0),
        Fold(NO_SOURCE, 0, 3, n(0, 1), 3),
        Var(2, 1),
        Var(2, 2),
        Next(NodeIndex(2), n(4, 3)),
        Out(NodeIndex(2), 0),
    )
    assert value_of(*swap, result=U64, literals=(literal(U64, 1),)) == 1


def test_a_scope_is_left_early_from_inside_a_branch() -> None:
    for condition, expected in ((True, 7), (False, 100)):
        nodes = (
            Const(0),
            Scope(5),
            If(NodeIndex(0), 2, 0),
            P_U64,
            Leave(1, n(3)),
            P_U128,
            Leave(1, n(5)),
            Out(NodeIndex(1), 0),
        )
        literals = (literal(BOOL, condition),)
        assert value_of(*nodes, result=U128, literals=literals) == expected


def test_a_function_is_left_early_from_inside_a_scope() -> None:
    nodes = (
        P_BOOL,
        P_U64,
        Scope(3),
        If(NodeIndex(0), 1, 0),
        Leave(FUNCTION_SCOPE, n(1)),
        Leave(2, ()),
        Set(SLOT, (), (), NodeIndex(1)),
        P_U128,
        Check(U64, NodeIndex(7)),
        Leave(FUNCTION_SCOPE, n(8)),
    )
    world = make_world(body(*nodes, result=(U64,)))
    outcome = call(world)
    assert isinstance(outcome, Succeeded)
    assert outcome.result == (7,)
    linked = world.codes[THIS]
    assert get_entry(world, linked, find_entry(linked, THIS, SLOT, ())) == 33


def test_join_counts_only_arms_that_go_on() -> None:
    """The first arm returns, so the join has one value, that of the second."""
    nodes = (
        Const(0),
        If(NodeIndex(0), 2, 1),
        P_U64,
        Leave(FUNCTION_SCOPE, n(2)),
        P_U128,
        Join(NodeIndex(1), n(4)),
        Check(U64, NodeIndex(5)),
    )
    assert value_of(*nodes, result=U64, literals=(literal(BOOL, True),)) == 7
    assert value_of(*nodes, result=U64, literals=(literal(BOOL, False),)) == 100


# Effects


def test_fail_names_its_error_with_arguments() -> None:
    fail = Fail(NodeIndex(0), STANDARD_ERROR_COUNT + 1, n(1, 2))
    world, outcome = run_body(P_BOOL, P_U256, P_OPTION, fail)
    fields = (TYPES[U256], TYPES[OPTION])
    data = encode_record(TYPES, fields, (10, EnumValue(1, (FRIEND,))))
    assert isinstance(outcome, Failed)
    assert outcome.failure == DeclaredFailure(THIS, STANDARD_ERROR_COUNT + 1, data)
    _, passed = run_body(P_BOOL, prim(PrimOp.NOT, 0), Fail(NodeIndex(1), 1, ()))
    assert isinstance(passed, Succeeded)
    assert world.events == []


@pytest.mark.parametrize("to", [FRIEND, OTHER, THIS])
def test_pay_reaches_a_keys_balance_and_a_contracts_inbox(to: bytes) -> None:
    nodes = (Const(0), Const(1), Pay(NodeIndex(0), NodeIndex(1)))
    whole = BALANCE + VALUE
    world, outcome = run_body(*nodes, literals=(literal(ADDRESS, to), literal(U64, whole)))
    assert isinstance(outcome, Succeeded)
    assert world.balances[THIS] == 0
    received = world.balances[FRIEND] if to == FRIEND else world.inboxes[to]
    assert received == whole + (INBOX if to == THIS else 0)
    _, short = run_body(*nodes, literals=(literal(ADDRESS, to), literal(U64, whole + 1)))
    assert isinstance(short, Failed)
    assert short.failure == MachineFailure(THIS, "contract.balance_short", None)


def test_collect_moves_the_inbox_to_the_balance() -> None:
    world, outcome = run_body(Collect(), result=U128)
    assert isinstance(outcome, Succeeded)
    assert outcome.result == (INBOX,)
    assert (world.get_inbox(THIS), world.get_balance(THIS)) == (0, BALANCE + VALUE + INBOX)


def test_emit_records_events_in_order() -> None:
    world, _ = run_body(
        P_U64, Const(0), Emit(0, n(0, 1)), Emit(1, ()), literals=(literal(STRING, b"hi"),)
    )
    data = encode_record(TYPES, (TYPES[U64], TYPES[STRING]), (7, b"hi"))
    assert [(e.contract, e.event, e.data) for e in world.events] == [
        (THIS, 0, data),
        (THIS, 1, b""),
    ]
