"""What each node that computes means, by example: in a body, in a guard, and at the edges."""

import hashlib

import pytest

from spec.crypto.address import compute_key_address
from spec.crypto.domains import Domain, compute_signing_root
from spec.crypto.signing import ed25519
from spec.ir.measure import compute_fingerprint
from spec.ir.syntax import (
    Check,
    Const,
    Context,
    ContextKind,
    Field,
    Item,
    Join,
    MakeList,
    MakeRecord,
    Match,
    NodeIndex,
    Param,
    Payload,
    PrimOp,
    Variant,
)
from spec.ir.values import EnumValue, MessageValue
from tests.spec.ir.bodies import (
    ARGUMENTS,
    CALLER,
    FRIEND,
    HEIGHT,
    ITEMS,
    NOW_MS,
    THIS,
    VALUE,
    guard_says,
    literal,
    value_of,
)
from tests.spec.ir.small import (
    P_ADDRESS,
    P_LIST,
    P_OPTION,
    P_RECORD,
    P_U64,
    P_U128,
    P_U256,
    PARAMS,
    n,
    prim,
)
from tests.spec.ir.tables import (
    ADDRESS,
    BOOL,
    BYTES32,
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
from tests.spec.ir.worlds import GENESIS_ID


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
