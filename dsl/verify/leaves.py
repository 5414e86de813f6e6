"""Values as tuples of scalar leaves.

    type        leaves
    uint        its number
    bool        a boolean
    address     the 32 bytes as a big-endian number
    bytes       the bytes as a big-endian number
    string      the length, the bytes as a big-endian number
    enum        the tag, then the leaves of every member's payload in order
    record      the leaves of its fields in order
    list        the length, then the leaves of each slot

Representation is canonical: payloads of other members and slots beyond the length are zero, so two
values are equal exactly when all their leaves are (LANGUAGE.md 2, 5.2).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dsl.verify.terms import Pool, Term
from spec.crypto.address import ADDRESS_SIZE_BYTES, AddressKind
from spec.ir.syntax import (
    AddressType,
    BoolType,
    BytesType,
    EnumType,
    ListType,
    MapType,
    MessageType,
    RecordType,
    StringType,
    Type,
    TypeIndex,
    UintType,
)
from spec.ir.values import SELECTOR_SIZE_BYTES, EnumValue, MessageValue, Types, Value

OUTSIDE = frozenset({"param"})
"""Groups of values that are decoded strictly before the contract sees them."""
LEAVES_MAX = 512
"""Leaves of one value; a larger type is not encoded."""
ADDRESS_LOW = AddressKind.KEY << 8 * (ADDRESS_SIZE_BYTES - 1)
"""Addresses are at least this; below it only zero occurs, where nothing was ever written."""
CONTRACTS_LOW = AddressKind.CONTRACT << 8 * (ADDRESS_SIZE_BYTES - 1)
"""Addresses of contracts start here; those of keys lie below."""
SELECTOR_HIGH = (1 << 64) - 1
COINS_HIGH = (1 << 128) - 1
"""Of the coins of a message."""
ADDRESS_LIMIT = (AddressKind.CONTRACT + 1) << 8 * (ADDRESS_SIZE_BYTES - 1)
"""Addresses are below this."""


ReadLeaf = Callable[[int], Term]
"""The integer that stands for another leaf of the same value."""


class UnsupportedError(Exception):
    """A construct that the encoding does not cover: whatever needs it is not proved."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar inside a value: a boolean, or a number in [0, high]."""

    is_boolean: bool
    high: int
    is_text: bool = False
    """The bytes of a string."""
    is_data: bool = False
    """The bytes of a message's arguments."""


@dataclass(frozen=True, slots=True)
class Sym:
    """A symbolic value: its type (None for the unbounded int) and its leaves."""

    type: Type | None
    leaves: tuple[Term, ...]

    @property
    def term(self) -> Term:
        """The only leaf of a scalar."""
        assert len(self.leaves) == 1, "a scalar has one leaf"
        return self.leaves[0]


def _number(high: int) -> Leaf:
    return Leaf(is_boolean=False, high=high)


def _compute_scalar(kind: Type) -> tuple[Leaf, ...]:
    match kind:
        case UintType(bits):
            return (_number((1 << bits) - 1),)
        case BoolType():
            return (Leaf(is_boolean=True, high=1),)
        case AddressType():
            return (_number(ADDRESS_LIMIT - 1),)
        case BytesType(size):
            return (_number((1 << 8 * size) - 1),)
        case StringType(size):
            text = Leaf(is_boolean=False, high=(1 << 8 * size) - 1, is_text=True)
            return (_number(size), text)
        case _:
            raise AssertionError("a map is no value")


@dataclass(frozen=True, slots=True)
class Condition:
    """When a leaf may differ from zero: another leaf of the same value decides."""

    leaf: int
    """The tag of the enclosing enum, or the length of the enclosing list or string."""
    number: int
    """The tag it must equal, or what the length must exceed."""
    is_tag: bool


Conditions = tuple[tuple[Condition, ...], ...]
"""For each leaf of a type what decides whether it may differ from zero."""


class Layouts:
    """The leaves of each type of a table, worked out once."""

    def __init__(self, types: Types, ghosts: frozenset[int] = frozenset()) -> None:
        self.types = types
        self.ghosts = ghosts
        """Cells that only properties read: their numbers are exact and have no range."""
        self._known: dict[Type, tuple[Leaf, ...]] = {}
        self._spans: dict[tuple[Type, tuple[int, ...]], tuple[Type, int]] = {}
        self.conditions: dict[Type, Conditions] = {}
        """What `compute_conditions` has worked out."""

    def get(self, index: TypeIndex) -> Type:
        """The type at an index."""
        return self.types[index]

    def leaves(self, kind: Type) -> tuple[Leaf, ...]:
        """The leaves of a type, in order."""
        known = self._known.get(kind)
        if known is None:
            known = self._compute(kind)
            if len(known) > LEAVES_MAX:
                raise UnsupportedError("a value with very many parts")
            self._known[kind] = known
        return known

    def _compute(self, kind: Type) -> tuple[Leaf, ...]:
        match kind:
            case EnumType(members):
                fields = tuple(field for member in members for field in member)
                return (_number(len(members) - 1), *self._concatenate(fields))
            case RecordType(fields):
                return self._concatenate(fields)
            case ListType(element, length_max):
                if length_max * len(self.leaves(self.get(element))) > LEAVES_MAX:
                    raise UnsupportedError("a long list")
                slots = self.leaves(self.get(element)) * length_max
                return (_number(length_max), *slots)
            case MessageType(size):
                data = Leaf(is_boolean=False, high=(1 << 8 * size) - 1, is_data=True)
                head = (ADDRESS_LIMIT - 1, SELECTOR_HIGH, COINS_HIGH, size)
                return (*(_number(high) for high in head), data)
            case _:
                return _compute_scalar(kind)

    def _concatenate(self, fields: tuple[TypeIndex, ...]) -> tuple[Leaf, ...]:
        return tuple(leaf for field in fields for leaf in self.leaves(self.get(field)))

    def size(self, kind: Type) -> int:
        """How many leaves a type has."""
        return len(self.leaves(kind))

    def field_span(self, kind: Type, index: int) -> tuple[Type, int]:
        """The type of a record's field and the offset of its first leaf."""
        assert isinstance(kind, RecordType), "fields belong to records"
        before = kind.fields[:index]
        return self.get(kind.fields[index]), sum(self.size(self.get(field)) for field in before)

    def payload_span(self, kind: Type, tag: int, index: int) -> tuple[Type, int]:
        """The type of a member's payload field and the offset of its first leaf."""
        assert isinstance(kind, EnumType), "payloads belong to enums"
        before = [field for member in kind.members[:tag] for field in member]
        before += kind.members[tag][:index]
        span = 1 + sum(self.size(self.get(field)) for field in before)
        return self.get(kind.members[tag][index]), span

    def path_span(self, kind: Type, fields: tuple[int, ...]) -> tuple[Type, int]:
        """The type at a path of record fields and the offset of its first leaf."""
        if not fields:
            return kind, 0
        known = self._spans.get((kind, fields))
        if known is None:
            offset, inner = 0, kind
            for index in fields:
                inner, step = self.field_span(inner, index)
                offset += step
            known = self._spans[(kind, fields)] = (inner, offset)
        return known

    def split_cell(self, kind: Type) -> tuple[tuple[Type, ...], Type]:
        """The key types of a cell's maps, outermost first, and the type of its values."""
        keys: list[Type] = []
        while isinstance(kind, MapType):
            keys.append(self.get(kind.key))
            kind = self.get(kind.value)
        return tuple(keys), kind


def make_default(pool: Pool, leaves: tuple[Leaf, ...]) -> tuple[Term, ...]:
    """The leaves of the value that is all zeros."""
    return tuple(pool.false if leaf.is_boolean else pool.zero for leaf in leaves)


def encode_leaves(layouts: Layouts, kind: Type, value: Value) -> tuple[int, ...]:
    """The leaves of a concrete value; booleans are 0 and 1."""
    match kind, value:
        case ((UintType() | BoolType()), int()):
            return (int(value),)
        case ((AddressType() | BytesType()), bytes()):
            return (int.from_bytes(value, "big"),)
        case StringType(), bytes():
            return (len(value), int.from_bytes(value, "big"))
        case MessageType(), MessageValue(target, selector, coins, arguments):
            head = (int.from_bytes(target, "big"), int.from_bytes(selector, "big"), coins)
            return (*head, len(arguments), int.from_bytes(arguments, "big"))
        case EnumType(members), EnumValue(tag, payload):
            leaves = [tag]
            for position, fields in enumerate(members):
                types = [layouts.get(field) for field in fields]
                if position == tag:
                    pairs = zip(types, payload, strict=True)
                    leaves += [leaf for t, v in pairs for leaf in encode_leaves(layouts, t, v)]
                else:
                    leaves += [0] * sum(layouts.size(each) for each in types)
            return tuple(leaves)
        case RecordType(fields), tuple():
            pairs = zip((layouts.get(field) for field in fields), value, strict=True)
            return tuple(leaf for t, v in pairs for leaf in encode_leaves(layouts, t, v))
        case ListType(element, length_max), tuple():
            inner = layouts.get(element)
            used = [leaf for item in value for leaf in encode_leaves(layouts, inner, item)]
            rest = (length_max - len(value)) * layouts.size(inner)
            return (len(value), *used, *([0] * rest))
        case _:
            raise UnsupportedError("a value of this type")


def decode_leaves(layouts: Layouts, kind: Type, leaves: tuple[int, ...]) -> Value:
    """The concrete value with these leaves."""
    match kind:
        case UintType():
            return leaves[0]
        case BoolType():
            return bool(leaves[0])
        case AddressType():
            return leaves[0].to_bytes(ADDRESS_SIZE_BYTES, "big")
        case BytesType(size):
            return leaves[0].to_bytes(size, "big")
        case StringType():
            return leaves[1].to_bytes(leaves[0], "big")
        case MessageType():
            return MessageValue(
                leaves[0].to_bytes(ADDRESS_SIZE_BYTES, "big"),
                leaves[1].to_bytes(SELECTOR_SIZE_BYTES, "big"),
                leaves[2],
                leaves[4].to_bytes(leaves[3], "big"),
            )
        case EnumType(members):
            span = 1 + sum(layouts.size(layouts.get(f)) for m in members[: leaves[0]] for f in m)
            return EnumValue(leaves[0], _decode_fields(layouts, members[leaves[0]], leaves[span:]))
        case RecordType(fields):
            return _decode_fields(layouts, fields, leaves)
        case ListType(element, _):
            return _decode_fields(layouts, (element,) * leaves[0], leaves[1:])
        case _:
            raise UnsupportedError("a value of this type")


def _decode_fields(
    layouts: Layouts, fields: tuple[TypeIndex, ...], leaves: tuple[int, ...]
) -> tuple[Value, ...]:
    values: list[Value] = []
    for field in fields:
        kind = layouts.get(field)
        size = layouts.size(kind)
        values.append(decode_leaves(layouts, kind, leaves[:size]))
        leaves = leaves[size:]
    return tuple(values)


def compute_conditions(layouts: Layouts, kind: Type) -> Conditions:
    """For each leaf of a type the conditions of canonical representation that concern it."""
    known = layouts.conditions.get(kind)
    if known is None:
        known = layouts.conditions[kind] = _find_conditions(layouts, kind)
    return known


def _find_conditions(layouts: Layouts, kind: Type) -> Conditions:
    match kind:
        case EnumType(members):
            rows: list[tuple[Condition, ...]] = [()]
            for tag, fields in enumerate(members):
                for field in fields:
                    own = Condition(0, tag, is_tag=True)
                    rows += _nest(layouts, layouts.get(field), len(rows), own)
            return tuple(rows)
        case RecordType(fields):
            flat: list[tuple[Condition, ...]] = []
            for field in fields:
                flat += _nest(layouts, layouts.get(field), len(flat), None)
            return tuple(flat)
        case ListType(element, length_max):
            slots: list[tuple[Condition, ...]] = [()]
            for slot in range(length_max):
                own = Condition(0, slot, is_tag=False)
                slots += _nest(layouts, layouts.get(element), len(slots), own)
            return tuple(slots)
        case StringType():
            return (), (Condition(0, 0, is_tag=False),)
        case MessageType():
            return (), (), (), (), (Condition(3, 0, is_tag=False),)
        case _:
            return ((),)


def _nest(
    layouts: Layouts, kind: Type, offset: int, own: Condition | None
) -> list[tuple[Condition, ...]]:
    extra = () if own is None else (own,)
    return [
        (*extra, *(Condition(c.leaf + offset, c.number, c.is_tag) for c in row))
        for row in compute_conditions(layouts, kind)
    ]


def complete_leaves(layouts: Layouts, kind: Type, leaves: Sequence[int | None]) -> tuple[int, ...]:
    """The leaves of a canonical value: those that are None matter to nobody.

    Such a leaf is zero, but an address whose place is in use is a real one.
    """
    found: list[int] = []
    rows = zip(leaves, layouts.leaves(kind), compute_conditions(layouts, kind), strict=True)
    for given, leaf, conditions in rows:
        is_used = all(_holds(condition, found[condition.leaf]) for condition in conditions)
        missing = ADDRESS_LOW if is_address(leaf) and is_used else 0
        found.append(missing if given is None else given)
    return tuple(found)


def _holds(condition: Condition, number: int) -> bool:
    return number == condition.number if condition.is_tag else number > condition.number


def add_facts(
    pool: Pool,
    atom: Term,
    conditions: tuple[Condition, ...],
    read: ReadLeaf,
    *,
    is_valid: bool = False,
) -> None:
    """Records that an atom is zero where canonical representation says so.

    If it `is_valid` it is a real address wherever its place is in use.
    """
    if atom.id in pool.facts or not conditions:
        return
    pool.facts[atom.id] = []
    is_zero = pool.equal(atom, pool.zero)
    uses = [_is_used(pool, condition, read) for condition in conditions]
    pool.facts[atom.id] += [pool.or_(is_used, is_zero) for is_used in uses]
    if is_valid:
        pool.facts[atom.id].append(make_valid(pool, atom, conditions, read))


def _is_used(pool: Pool, condition: Condition, read: ReadLeaf) -> Term:
    other, number = read(condition.leaf), pool.number(condition.number)
    return pool.equal(other, number) if condition.is_tag else pool.less(number, other)


def make_valid(pool: Pool, leaf: Term, conditions: tuple[Condition, ...], read: ReadLeaf) -> Term:
    """That a leaf is a real address if its place is in use."""
    is_real = pool.less_equal(pool.number(ADDRESS_LOW), leaf)
    return pool.implies(pool.and_(*(_is_used(pool, each, read) for each in conditions)), is_real)


def make_symbolic(pool: Pool, layouts: Layouts, kind: Type, group: str) -> Sym:
    """Any value of a type, in canonical representation, that nothing else mentions."""
    leaves = layouts.leaves(kind)
    rows = compute_conditions(layouts, kind)
    atoms = [
        pool.fresh(_get_group(group, leaf), _get_low(group, leaf, row), leaf.high)
        for leaf, row in zip(leaves, rows, strict=True)
    ]
    for atom, conditions in zip(atoms, rows, strict=True):
        is_valid = group in OUTSIDE and atom.high == ADDRESS_LIMIT - 1
        add_facts(pool, atom, conditions, lambda leaf: atoms[leaf], is_valid=is_valid)
    pairs = zip(atoms, leaves, strict=True)
    return Sym(kind, tuple(as_leaf(pool, atom, leaf) for atom, leaf in pairs))


def _get_group(group: str, leaf: Leaf) -> str:
    """Models give bytes of texts and messages a form that can be decoded."""
    if leaf.is_data:
        return "data"
    return "text" if leaf.is_text else group


def _get_low(group: str, leaf: Leaf, conditions: tuple[Condition, ...]) -> int:
    """What comes from outside holds real addresses; quantifiers and the state also know zero."""
    return ADDRESS_LOW if group in OUTSIDE and is_address(leaf) and not conditions else 0


def is_address(leaf: Leaf) -> bool:
    """Whether a leaf is an address."""
    return leaf.high == ADDRESS_LIMIT - 1


def as_leaf(pool: Pool, atom: Term, leaf: Leaf) -> Term:
    """The atom as the sort of its leaf."""
    return pool.equal(atom, pool.one) if leaf.is_boolean else atom
