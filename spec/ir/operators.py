"""What each operator of `Prim` computes.

Numbers are Python integers of any size: nothing here overflows. An operator that may fail names its
`MachineError`, but in a guard or a property (`is_total`) nothing fails: a quotient by what is not
positive is 0, a remainder its first operand, and a list that is full, empty or too short is left as
it is.

Source: `PrimOp`; IR.md 1 (rule 5), 3.9, 3.10; LANGUAGE.md 2 (intrinsics).
"""

from spec.crypto.address import compute_key_address
from spec.crypto.domains import Domain, compute_signing_root
from spec.crypto.hashing import sha256
from spec.crypto.signing import validate_signature
from spec.ir.errors import MachineError
from spec.ir.linked import IntType, LinkedModule, StaticType
from spec.ir.measure import compute_fingerprint
from spec.ir.syntax import ListType, Prim, PrimOp
from spec.ir.values import EnumValue, MessageValue, Value, encode_record

HASH_DOMAIN = b"qc/hash/1"
NUMBER_SIZE_BYTES = 4

Answer = Value | MachineError
"""What a node gives: a value, or why the run fails."""


def get_number(value: Value) -> int:
    """The value as a number, which it is by its type."""
    assert isinstance(value, int), "validated: a number"
    return value


def get_bytes(value: Value) -> bytes:
    """The value as bytes: an address, bytes or a string."""
    assert isinstance(value, bytes), "validated: bytes"
    return value


def get_items(value: Value) -> tuple[Value, ...]:
    """The value's fields or elements: a record or a list."""
    assert isinstance(value, tuple), "validated: a record or list"
    return value


def get_enum(value: Value) -> EnumValue:
    """The value as an enum."""
    assert isinstance(value, EnumValue), "validated: an enum"
    return value


def compute_arithmetic(op: PrimOp, first: int, second: int, is_total: bool) -> Answer:
    """Arithmetic on two numbers; DIV rounds down, MOD leaves what is in [0, divisor)."""
    match op:
        case PrimOp.ADD:
            return first + second
        case PrimOp.SUB:
            return first - second
        case PrimOp.MUL:
            return first * second
        case PrimOp.MIN:
            return min(first, second)
        case PrimOp.MAX:
            return max(first, second)
        case _:
            return _divide(op, first, second, is_total)


def _divide(op: PrimOp, first: int, second: int, is_total: bool) -> Answer:
    if second > 0:
        return first // second if op is PrimOp.DIV else first % second
    if not is_total:
        return MachineError.DIVISION_BY_ZERO
    return 0 if op is PrimOp.DIV else first


def compute_logic(op: PrimOp, args: tuple[Value, ...]) -> Value:
    """Comparisons, logic and choice, all strict: every operand has been computed already."""
    match op:
        case PrimOp.EQ:
            return args[0] == args[1]
        case PrimOp.LT:
            return get_number(args[0]) < get_number(args[1])
        case PrimOp.LE:
            return get_number(args[0]) <= get_number(args[1])
        case PrimOp.AND:
            return bool(args[0]) and bool(args[1])
        case PrimOp.OR:
            return bool(args[0]) or bool(args[1])
        case PrimOp.NOT:
            return not args[0]
        case _:
            assert op is PrimOp.SELECT, "no other operator of this family"
            return args[1] if args[0] else args[2]


def compute_list(op: PrimOp, args: tuple[Value, ...], length_max: int, is_total: bool) -> Answer:
    """The list with an element more, less or replaced. `length_max` is its type's."""
    items = get_items(args[0])
    match op:
        case PrimOp.APPEND:
            if len(items) == length_max:
                return items if is_total else MachineError.LIST_FULL
            return (*items, args[1])
        case PrimOp.POP:
            if not items:
                return items if is_total else MachineError.LIST_EMPTY
            return items[:-1]
        case _:
            assert op is PrimOp.REPLACE, "no other operator of this family"
            index = get_number(args[1])
            if not 0 <= index < len(items):
                return items if is_total else MachineError.INDEX_OUT_OF_RANGE
            return (*items[:index], args[2], *items[index + 1 :])


def compute_hash(
    linked: LinkedModule, domain: int, kinds: tuple[StaticType, ...], values: tuple[Value, ...]
) -> bytes:
    """The typed hash: equal only for equal domains, types and values, unless SHA-256 collides.

    SHA-256 over "qc/hash/1", the domain (u32), the number of operands (u32), the fingerprint of
    each operand's type and the encoding of the operands as one record; numbers are little-endian.
    """
    types = tuple(kind for kind in kinds if not isinstance(kind, IntType))
    assert len(types) == len(kinds), "validated: no int is hashed"
    fingerprints = [compute_fingerprint(kind, linked.fingerprints) for kind in types]
    head = domain.to_bytes(NUMBER_SIZE_BYTES, "little")
    count = len(values).to_bytes(NUMBER_SIZE_BYTES, "little")
    return sha256(
        HASH_DOMAIN, head, count, *fingerprints, encode_record(linked.types, types, values)
    )


def is_signed(scheme: int, args: tuple[Value, ...], genesis_id: bytes) -> bool:
    """Whether the key has the address and signed the digest, by the rules of its scheme.

    What is signed is the signing root of the digest for contracts' permits on this chain, so that
    no signature made for a contract is one of a transaction or of another chain.
    """
    address, digest, key, signature = (get_bytes(arg) for arg in args)
    root = compute_signing_root(Domain.CONTRACT_PERMIT, genesis_id, digest)
    if compute_key_address(scheme, key) != address:
        return False
    return validate_signature(scheme, key, root, signature) is None


def make_message(linked: LinkedModule, node: Prim, args: tuple[Value, ...]) -> MessageValue:
    """A call of a member as data."""
    _, interface, number = node.immediates
    member = linked.interfaces[interface][number]
    target, value, *rest = args
    arguments = encode_record(linked.types, member.params, tuple(rest))
    return MessageValue(get_bytes(target), member.selector, get_number(value), arguments)


def compute_operator(
    linked: LinkedModule,
    node: Prim,
    operands: tuple[tuple[StaticType, Value], ...],
    is_total: bool,
) -> Answer:
    """The value of an operator that needs nothing from outside.

    `operands` gives type and value of each. IS_CONTRACT, IMPLEMENTS and VERIFY_SIGNATURE ask the
    world, see `step`.
    """
    args = tuple(value for _, value in operands)
    match node.op:
        case PrimOp.NEG:
            return -get_number(args[0])
        case PrimOp.LENGTH:
            assert isinstance(args[0], tuple | bytes), "validated: a list or string"
            return len(args[0])
        case PrimOp.IS_MEMBER:
            return get_enum(args[0]).tag == node.immediates[0]
        case PrimOp.APPEND | PrimOp.POP | PrimOp.REPLACE:
            kind = operands[0][0]
            assert isinstance(kind, ListType), "validated: a list"
            return compute_list(node.op, args, kind.length_max, is_total)
        case PrimOp.HASH:
            kinds = tuple(kind for kind, _ in operands)
            return compute_hash(linked, node.immediates[0], kinds, args)
        case PrimOp.MESSAGE:
            return make_message(linked, node, args)
        case (
            PrimOp.ADD | PrimOp.SUB | PrimOp.MUL | PrimOp.DIV | PrimOp.MOD | PrimOp.MIN | PrimOp.MAX
        ):
            return compute_arithmetic(node.op, get_number(args[0]), get_number(args[1]), is_total)
        case _:
            return compute_logic(node.op, args)
