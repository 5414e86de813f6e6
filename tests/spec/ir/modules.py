"""Random valid modules, by a seeded generator that favours the boundaries.

Expressions are made from the type wanted down to constants, so everything made is used. The
generator knows the typing rules by itself: it shares no code with `validate`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from spec.crypto.address import AddressKind
from spec.ir.linked import IntType, StaticType
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    NO_SOURCE,
    STANDARD_ERROR_COUNT,
    AddressType,
    Agg,
    Aggregate,
    BoolType,
    BytesType,
    Call,
    Cell,
    Check,
    Code,
    CodeSection,
    Collect,
    Const,
    Context,
    ContextKind,
    Emit,
    EnumType,
    Error,
    Event,
    Fail,
    Field,
    Fold,
    ForAll,
    Function,
    FunctionKind,
    FunctionSpec,
    Get,
    If,
    Interface,
    Item,
    Join,
    Leave,
    ListType,
    Literal,
    MakeList,
    MakeRecord,
    MapType,
    Match,
    Member,
    MessageType,
    Modified,
    Module,
    Next,
    Node,
    NodeIndex,
    Out,
    Param,
    Pay,
    Payload,
    Prim,
    PrimOp,
    Property,
    RecordType,
    Scope,
    Send,
    Set,
    Sign,
    SpecSection,
    StringType,
    Type,
    TypeIndex,
    UintType,
    Update,
    Var,
    Variant,
    When,
)
from spec.ir.values import EnumValue, MessageValue, Value, encode_value

T = TypeIndex
U8, U64, U128, U256, BOOL, ADDRESS, BYTES32, STRING, PLAIN, OPTION = (T(i) for i in range(10))
RECORD, NESTED, LIST, RECORDS, MAP, INNER, MAP2, MAP_RECORD, MAP_PLAIN, MAP_COUNT = (
    T(i) for i in range(10, 20)
)
MESSAGE, SIGNATURE, UNIT, U32 = (T(i) for i in range(20, 24))
TYPES: tuple[Type, ...] = (
    UintType(8),
    UintType(64),
    UintType(128),
    UintType(256),
    BoolType(),
    AddressType(),
    BytesType(32),
    StringType(12),
    EnumType(((), (), ())),
    EnumType(((), (ADDRESS,), (U64, STRING))),
    RecordType((U64, PLAIN)),
    RecordType((RECORD, OPTION, U256)),
    ListType(U64, 4),
    ListType(RECORD, 2),
    MapType(ADDRESS, U256),
    MapType(ADDRESS, U128),
    MapType(U64, INNER),
    MapType(BYTES32, RECORD),
    MapType(PLAIN, OPTION),
    MapType(ADDRESS, U64),
    MessageType(64),
    BytesType(64),
    RecordType(()),
    UintType(32),
)
VALUE_TYPES = tuple(T(i) for i, kind in enumerate(TYPES) if not isinstance(kind, MapType))
CELL_TYPES = (
    U128,
    U128,
    *(T(i) for i in range(len(TYPES)) if i not in {U128, INNER, MAP_COUNT}),
    MAP_COUNT,
    MAP_COUNT,
)
CELLS = tuple(
    Cell(kind, is_checkpointed=index == len(CELL_TYPES) - 1)
    for index, kind in enumerate(CELL_TYPES)
)
KEYS = tuple(bytes([AddressKind.KEY]) + bytes([i]) * 31 for i in range(3))
CONTRACTS = tuple(bytes([AddressKind.CONTRACT]) + bytes([i]) * 31 for i in range(3))
ADDRESSES = KEYS + CONTRACTS
POKE = b"poke\0\0\0\0"
PEEK = b"peek\0\0\0\0"
INTERFACES = (
    Interface(
        (
            Member(POKE, (U64,), (U64,), is_view=False),
            Member(PEEK, (ADDRESS,), (U256,), is_view=True),
        )
    ),
)
EVENTS = (Event((U64, STRING)), Event(()))
ERRORS = (Error(()), Error((U256, OPTION)))
BALANCES = CELL_TYPES.index(MAP)
NESTED_BALANCES = CELL_TYPES.index(MAP2)
AGGREGATES = (
    Aggregate(
        (),
        (ADDRESS,),
        (Var(FUNCTION_SCOPE, 0), Get(BALANCES, When.NOW, (NodeIndex(0),), ())),
    ),
    Aggregate(
        (U64,),
        (ADDRESS,),
        (
            Var(FUNCTION_SCOPE, 0),
            Var(FUNCTION_SCOPE, 1),
            Get(NESTED_BALANCES, When.NOW, (NodeIndex(0), NodeIndex(1)), ()),
            Get(BALANCES, When.NOW, (NodeIndex(1),), ()),
            Prim(PrimOp.SUB, (), (NodeIndex(2), NodeIndex(3))),
        ),
    ),
)
AGGREGATE_PARAMS: tuple[tuple[TypeIndex, ...], ...] = ((), (U64,))
INT_BITS_MAX = 1024
DEPTH_MAX = 5


def make_value(rng: Random, kind: Type) -> Value:
    """A value of the type, often at a boundary."""
    match kind:
        case UintType(bits):
            top = (1 << bits) - 1
            return rng.choice((0, 1, 2, 3, top, top - 1, rng.randrange(top + 1), rng.randrange(9)))
        case BoolType():
            return rng.random() < 0.5
        case AddressType():
            return rng.choice(ADDRESSES)
        case BytesType(size):
            return rng.choice((bytes(size), b"\xff" * size, rng.randbytes(size)))
        case StringType(size):
            text = rng.choice(("", "a", "é", "zwölf bytes", "\0")).encode()
            return text[:size] if len(text) <= size else b""
        case EnumType(members):
            tag = rng.randrange(len(members))
            return EnumValue(tag, make_values(rng, members[tag]))
        case RecordType(fields):
            return make_values(rng, fields)
        case ListType(element, length_max):
            length = rng.choice((0, 1, length_max, rng.randrange(length_max + 1)))
            return make_values(rng, (element,) * length)
        case MessageType(size):
            arguments = rng.randbytes(rng.choice((0, 8, 32, size)))
            return MessageValue(
                rng.choice(ADDRESSES), rng.choice((POKE, PEEK)), rng.randrange(3), arguments
            )
        case _:
            raise AssertionError("maps have no values")


def make_values(rng: Random, kinds: tuple[TypeIndex, ...]) -> tuple[Value, ...]:
    return tuple(make_value(rng, TYPES[kind]) for kind in kinds)


@dataclass
class Pool:
    """Literals made on demand; `base` counts those of an earlier section."""

    base: tuple[Literal, ...]
    own: list[Literal] = field(default_factory=list)

    def get(self, literal: Literal) -> int:
        known = [*self.base, *self.own]
        if literal not in known:
            self.own.append(literal)
            known.append(literal)
        return known.index(literal)


@dataclass(frozen=True)
class Mode:
    """What the list being made may contain."""

    is_spec: bool = False
    is_body: bool = False
    is_view: bool = False
    states: tuple[When, ...] = (When.NOW,)
    facts: tuple[ContextKind, ...] = ()
    has_aggregates: bool = False


BLOCK_FACTS = (ContextKind.NOW, ContextKind.HEIGHT, ContextKind.THIS, ContextKind.GENESIS_ID)
CALL_FACTS = (*BLOCK_FACTS, ContextKind.CALLER, ContextKind.VALUE)
GUARD = Mode(facts=CALL_FACTS)
BODY = Mode(facts=CALL_FACTS, is_body=True)
VIEW = Mode(facts=CALL_FACTS, is_body=True, is_view=True)
INVARIANT = Mode(is_spec=True, facts=BLOCK_FACTS, has_aggregates=True)
BOTH = (When.NOW, When.OLD)
TRANSITION = Mode(
    is_spec=True,
    states=BOTH,
    facts=(*CALL_FACTS, ContextKind.FUNCTION),
    has_aggregates=True,
)
ENSURES = Mode(is_spec=True, states=BOTH, facts=CALL_FACTS, has_aggregates=True)
FRAME = Mode(is_spec=True, states=(When.OLD,), facts=CALL_FACTS)
FACT_TYPES: dict[ContextKind, Type] = {
    ContextKind.CALLER: AddressType(),
    ContextKind.VALUE: UintType(128),
    ContextKind.NOW: UintType(64),
    ContextKind.HEIGHT: UintType(64),
    ContextKind.THIS: AddressType(),
    ContextKind.GENESIS_ID: BytesType(32),
    ContextKind.FUNCTION: UintType(16),
}

Maker = Callable[[int], NodeIndex]


class ListMaker:
    """Makes one node list."""

    def __init__(self, rng: Random, pool: Pool, mode: Mode, params: tuple[TypeIndex, ...]) -> None:
        self.rng = rng
        self.pool = pool
        self.mode = mode
        self.params = params
        self.result: tuple[TypeIndex, ...] = ()
        self.nodes: list[Node] = []
        self.types: list[StaticType | None] = []
        self.visible: list[list[NodeIndex]] = [[]]
        self.variables: list[tuple[int, int, StaticType]] = []
        self.payloads: list[tuple[NodeIndex, int, int, Type]] = []
        self.depth = 0
        self.folds = 0
        self.scopes: list[int] = []
        self.scope_kinds: dict[int, Type] = {}

    # Emitting

    def add(self, node: Node, kind: StaticType | None = None) -> NodeIndex:
        self.nodes.append(node)
        self.types.append(kind)
        index = NodeIndex(len(self.nodes) - 1)
        if kind is not None:
            self.visible[-1].append(index)
        return index

    def prim(
        self, op: PrimOp, kind: StaticType, *args: NodeIndex, immediates: tuple[int, ...] = ()
    ) -> NodeIndex:
        return self.add(Prim(op, immediates, args), kind)

    def open(self) -> int:
        self.visible.append([])
        self.depth += 1
        return len(self.nodes)

    def close(self, start: int) -> int:
        self.visible.pop()
        self.depth -= 1
        return len(self.nodes) - start

    def const(self, kind: Type) -> NodeIndex:
        data = encode_value(TYPES, kind, make_value(self.rng, kind))
        literal = Literal(T(TYPES.index(kind)), data)
        return self.add(Const(self.pool.get(literal)), kind)

    # Expressions

    def make(self, kind: Type, fuel: int) -> NodeIndex:
        """A value of exactly this type."""
        seen = [i for block in self.visible for i in block if self.types[i] == kind]
        if seen and self.rng.random() < 0.3:
            return self.rng.choice(seen)
        makers = self.list_cheap(kind)
        if fuel > 0:
            makers += self.list_dear(kind)
            if self.depth < DEPTH_MAX:
                makers += self.list_control(kind)
        return self.rng.choice(makers)(fuel - 1)

    def fit(self, kind: Type, fuel: int) -> NodeIndex:
        """A value that fits the type: of it, or a narrower uint."""
        if isinstance(kind, UintType) and kind.bits > 64 and self.rng.random() < 0.3:
            return self.make(UintType(self.rng.choice((8, 64))), fuel)
        return self.make(kind, fuel)

    def fit_all(self, kinds: tuple[TypeIndex, ...], fuel: int) -> tuple[NodeIndex, ...]:
        return tuple(self.fit(TYPES[kind], fuel) for kind in kinds)

    def list_cheap(self, kind: Type) -> list[Maker]:
        leaves: list[Node] = [
            Param(index) for index, param in enumerate(self.params) if TYPES[param] == kind
        ]
        leaves += [Context(fact) for fact in self.mode.facts if FACT_TYPES[fact] == kind]
        leaves += [Var(header, i) for header, i, part in self.variables if part == kind]
        leaves += [Payload(value, tag, i) for value, tag, i, part in self.payloads if part == kind]
        makers: list[Maker] = [lambda _: self.const(kind)]
        if leaves:
            makers += [lambda _: self.add(self.rng.choice(leaves), kind)] * len(leaves)
        return makers

    def list_dear(self, kind: Type) -> list[Maker]:
        makers: list[Maker] = [
            lambda fuel: self.make_get(kind, fuel),
            lambda fuel: self.make_field(kind, fuel),
            lambda fuel: self.make_item(kind, fuel),
            lambda fuel: self.prim(
                PrimOp.SELECT,
                kind,
                self.make(BoolType(), fuel),
                self.make(kind, fuel),
                self.make(kind, fuel),
            ),
        ]
        match kind:
            case UintType():
                makers += self.list_uints(kind) * 2
            case BoolType():
                makers += self.list_bools() * 2
            case RecordType(fields):
                makers += [
                    lambda fuel: self.add(
                        MakeRecord(T(TYPES.index(kind)), self.fit_all(fields, fuel)), kind
                    )
                ]
                if not fields and self.can_affect():
                    makers.append(self.make_pay)
            case EnumType(members):
                tag = self.rng.randrange(len(members))
                makers += [
                    lambda fuel: self.add(
                        Variant(T(TYPES.index(kind)), tag, self.fit_all(members[tag], fuel)), kind
                    )
                ]
            case ListType():
                makers += self.list_lists(kind) * 2
            case BytesType(size) if size == 32:
                makers.append(self.make_hash)
            case MessageType():
                makers.append(self.make_message)
            case _:
                pass
        return makers

    def can_affect(self) -> bool:
        return self.mode.is_body and not self.mode.is_view

    def list_uints(self, kind: UintType) -> list[Maker]:
        makers: list[Maker] = [
            lambda fuel: self.prim(
                self.rng.choice((PrimOp.DIV, PrimOp.MOD)),
                kind,
                self.make(kind, fuel),
                self.make_number(fuel),
            ),
            lambda fuel: self.prim(
                self.rng.choice((PrimOp.MIN, PrimOp.MAX)),
                kind,
                self.make(kind, fuel),
                self.make(UintType(8), fuel),
            ),
        ]
        if self.mode.is_body:
            makers.append(
                lambda fuel: self.add(Check(T(TYPES.index(kind)), self.make_number(fuel)), kind)
            )
        if kind == UintType(32):
            makers.append(
                lambda fuel: self.prim(
                    PrimOp.LENGTH,
                    kind,
                    self.make(self.rng.choice((TYPES[LIST], TYPES[STRING])), fuel),
                )
            )
        if kind == UintType(128) and self.can_affect():
            makers.append(lambda _: self.add(Collect(), kind))
        return makers

    def make_number(self, fuel: int) -> NodeIndex:
        """A uint or an int."""
        if fuel <= 0 or self.rng.random() < 0.4:
            return self.make(UintType(self.rng.choice((8, 64, 128, 256))), fuel)
        if self.mode.has_aggregates and self.rng.random() < 0.3:
            return self.make_agg(fuel)
        if ContextKind.FUNCTION in self.mode.facts and self.rng.random() < 0.2:
            return self.add(Context(ContextKind.FUNCTION), UintType(16))
        op = self.rng.choice((PrimOp.ADD, PrimOp.SUB, PrimOp.MUL, PrimOp.NEG, PrimOp.MOD))
        first = self.make_number(fuel - 1)
        if op is PrimOp.NEG:
            return self.prim(op, IntType(self.get_bits(first)), first)
        second = self.make_number(fuel - 1)
        bits = self.get_bits(first), self.get_bits(second)
        if op is PrimOp.MUL and sum(bits) <= INT_BITS_MAX:
            return self.prim(op, IntType(sum(bits)), first, second)
        if op is PrimOp.MOD:
            kind = self.types[first]
            left = IntType(max(bits)) if isinstance(kind, IntType) else kind
            assert left is not None
            return self.prim(op, left, first, second)
        if max(bits) + 1 <= INT_BITS_MAX:
            op = PrimOp.SUB if op is PrimOp.SUB else PrimOp.ADD
            return self.prim(op, IntType(max(bits) + 1), first, second)
        return self.prim(PrimOp.MIN, IntType(max(bits)), first, second)

    def make_agg(self, fuel: int) -> NodeIndex:
        number = self.rng.randrange(len(AGGREGATES))
        args = self.fit_all(AGGREGATE_PARAMS[number], fuel)
        when = self.rng.choice(self.mode.states)
        bits = (256 if number == 0 else 257) + 256
        return self.add(Agg(number, when, args), IntType(bits))

    def get_bits(self, index: NodeIndex) -> int:
        kind = self.types[index]
        assert isinstance(kind, UintType | IntType)
        return kind.bits

    def list_bools(self) -> list[Maker]:
        kind = BoolType()
        makers: list[Maker] = [
            lambda fuel: self.prim(
                self.rng.choice((PrimOp.LT, PrimOp.LE, PrimOp.EQ)),
                kind,
                self.make_number(fuel),
                self.make_number(fuel),
            ),
            lambda fuel: self.prim(
                self.rng.choice((PrimOp.AND, PrimOp.OR)),
                kind,
                self.make(kind, fuel),
                self.make(kind, fuel),
            ),
            lambda fuel: self.prim(PrimOp.NOT, kind, self.make(kind, fuel)),
            self.make_equality,
            self.make_is_member,
            self.make_signature_check,
        ]
        if self.mode.is_spec:
            makers += [self.make_for_all] * 3
        else:
            makers += [
                lambda fuel: self.prim(PrimOp.IS_CONTRACT, kind, self.make(AddressType(), fuel)),
                lambda fuel: self.prim(
                    PrimOp.IMPLEMENTS, kind, self.make(AddressType(), fuel), immediates=(0,)
                ),
            ]
        return makers

    def make_equality(self, fuel: int) -> NodeIndex:
        kind = TYPES[self.rng.choice(VALUE_TYPES)]
        return self.prim(PrimOp.EQ, BoolType(), self.make(kind, fuel), self.make(kind, fuel))

    def make_is_member(self, fuel: int) -> NodeIndex:
        kind = TYPES[self.rng.choice((PLAIN, OPTION))]
        value = self.make(kind, fuel)
        return self.prim(PrimOp.IS_MEMBER, BoolType(), value, immediates=(self.rng.randrange(3),))

    def make_signature_check(self, fuel: int) -> NodeIndex:
        args = self.fit_all((ADDRESS, BYTES32, BYTES32, SIGNATURE), fuel)
        return self.prim(PrimOp.VERIFY_SIGNATURE, BoolType(), *args, immediates=(1,))

    def make_hash(self, fuel: int) -> NodeIndex:
        kinds = self.rng.choices(VALUE_TYPES, k=self.rng.randrange(1, 4))
        args = [self.make(TYPES[kind], fuel - 1) for kind in kinds]
        domain = self.rng.choice((0, 1, 0xFFFFFFFF))
        return self.prim(PrimOp.HASH, BytesType(32), *args, immediates=(domain,))

    def make_message(self, fuel: int) -> NodeIndex:
        number = self.rng.randrange(2)
        args = (
            self.make(AddressType(), fuel),
            self.fit(UintType(128), fuel),
            *self.fit_all(INTERFACES[0].members[number].params, fuel),
        )
        immediates = (MESSAGE, 0, number)
        return self.prim(PrimOp.MESSAGE, TYPES[MESSAGE], *args, immediates=immediates)

    def list_lists(self, kind: ListType) -> list[Maker]:
        element = TYPES[kind.element]
        return [
            lambda fuel: self.add(
                MakeList(
                    T(TYPES.index(kind)),
                    self.fit_all((kind.element,) * self.rng.randrange(kind.length_max + 1), fuel),
                ),
                kind,
            ),
            lambda fuel: self.prim(
                PrimOp.APPEND, kind, self.make(kind, fuel), self.fit(element, fuel)
            ),
            lambda fuel: self.prim(PrimOp.POP, kind, self.make(kind, fuel)),
            lambda fuel: self.prim(
                PrimOp.REPLACE,
                kind,
                self.make(kind, fuel),
                self.make_number(fuel),
                self.fit(element, fuel),
            ),
        ]

    def make_field(self, kind: Type, fuel: int) -> NodeIndex:
        for record in self.rng.sample((RECORD, NESTED), 2):
            record_kind = TYPES[record]
            assert isinstance(record_kind, RecordType)
            for index, part in enumerate(record_kind.fields):
                if TYPES[part] == kind:
                    return self.add(Field(self.make(record_kind, fuel), index), kind)
        return self.make(kind, 0)

    def make_item(self, kind: Type, fuel: int) -> NodeIndex:
        for listed in (LIST, RECORDS):
            list_kind = TYPES[listed]
            assert isinstance(list_kind, ListType)
            if TYPES[list_kind.element] == kind:
                values = self.make(list_kind, fuel)
                return self.add(Item(values, self.make_number(fuel)), kind)
        return self.make(kind, 0)

    # State

    def find_paths(self, kind: Type) -> list[tuple[int, tuple[TypeIndex, ...], tuple[int, ...]]]:
        """Cells, key types and fields that lead to a value of the type."""
        paths: list[tuple[int, tuple[TypeIndex, ...], tuple[int, ...]]] = []
        for cell, index in enumerate(CELL_TYPES):
            keys: tuple[TypeIndex, ...] = ()
            leaf = TYPES[index]
            while isinstance(leaf, MapType):
                keys += (leaf.key,)
                leaf = TYPES[leaf.value]
            paths += [(cell, keys, fields) for fields in find_fields(leaf, kind)]
        return paths

    def make_get(self, kind: Type, fuel: int) -> NodeIndex:
        paths = self.find_paths(kind)
        if not paths:
            return self.make(kind, 0)
        cell, key_types, fields = self.rng.choice(paths)
        keys = self.fit_all(key_types, fuel)
        when = self.rng.choice(self.mode.states)
        is_past = CELLS[cell].is_checkpointed and self.mode is not FRAME
        if is_past and self.rng.random() < 0.7:
            when = When.AT
            keys += (self.make_number(fuel),)
        return self.add(Get(cell, when, keys, fields), kind)

    # Control flow

    def list_control(self, kind: Type) -> list[Maker]:
        makers: list[Maker] = [
            lambda fuel: self.make_if(kind, fuel),
            lambda fuel: self.make_match(kind, fuel),
            lambda fuel: self.make_fold(kind, fuel),
            lambda fuel: self.make_scope(kind, fuel),
        ]
        if self.mode.is_body:
            makers.append(lambda fuel: self.make_call(kind, fuel))
        return makers

    def make_arm(
        self, kind: Type | None, fuel: int, must_go_on: bool
    ) -> tuple[int, list[NodeIndex]]:
        """An arm: its length, and the value it leaves if it goes on."""
        start = self.open()
        values: list[NodeIndex] = []
        if self.mode.is_body and self.rng.random() < 0.4:
            self.make_statement(fuel)
        if not must_go_on and self.can_leave() and self.rng.random() < 0.3:
            self.make_leave(fuel)
        elif kind is not None:
            values.append(self.make(kind, fuel))
        return self.close(start), values

    def can_leave(self) -> bool:
        if self.scopes and self.scopes[-1] >= 0:
            return True
        return self.mode.is_body and self.folds == 0

    def make_leave(self, fuel: int) -> None:
        is_inner = bool(self.scopes) and self.scopes[-1] >= 0
        can_return = self.mode.is_body and self.folds == 0
        if is_inner and not (can_return and self.rng.random() < 0.3):
            header = self.scopes[-1]
            kind = self.scope_kinds[header]
            self.add(Leave(header, (self.make(kind, fuel),)))
        else:
            self.add(Leave(FUNCTION_SCOPE, self.fit_all(self.result, fuel)))

    def make_if(self, kind: Type, fuel: int) -> NodeIndex:
        condition = self.make(BoolType(), fuel)
        header = self.add(If(condition, 0, 0))
        first, values = self.make_arm(kind, fuel, must_go_on=False)
        second, more = self.make_arm(kind, fuel, must_go_on=not values)
        self.nodes[header] = If(condition, first, second)
        return self.add(Join(header, tuple(values + more)), kind)

    def make_match(self, kind: Type, fuel: int) -> NodeIndex:
        enum = TYPES[self.rng.choice((PLAIN, OPTION))]
        assert isinstance(enum, EnumType)
        subject = self.make(enum, fuel)
        header = self.add(Match(subject, ()))
        counts: list[int] = []
        values: list[NodeIndex] = []
        for tag, fields in enumerate(enum.members):
            known = len(self.payloads)
            self.payloads += [(subject, tag, i, TYPES[part]) for i, part in enumerate(fields)]
            is_last = tag == len(enum.members) - 1
            count, left = self.make_arm(kind, fuel, must_go_on=is_last and not values)
            del self.payloads[known:]
            counts.append(count)
            values += left
        self.nodes[header] = Match(subject, tuple(counts))
        return self.add(Join(header, tuple(values)), kind)

    def make_fold(self, kind: Type, fuel: int) -> NodeIndex:
        """A loop that carries a value of the type and sometimes another one."""
        carried = (kind,) if self.rng.random() < 0.6 else (kind, TYPES[U64])
        is_list = self.rng.random() < 0.5
        source = self.make(TYPES[LIST], fuel) if is_list else NO_SOURCE
        initials = tuple(self.make(part, fuel) for part in carried)
        low = 0 if is_list else self.rng.choice((0, 1, 0xFFFFFFF0))
        high = 0 if is_list else low + self.rng.randrange(1, 4)
        header = self.add(Fold(source, low, high, initials, 0))
        start = self.open()
        known = len(self.variables)
        element: Type = TYPES[U64] if is_list else UintType(32)
        self.variables += [(header, i, part) for i, part in enumerate((element, *carried))]
        self.folds += 1
        self.scopes.append(-1)
        if self.mode.is_body and self.rng.random() < 0.4:
            self.make_statement(fuel)
        self.add(Next(header, tuple(self.fit(part, fuel) for part in carried)))
        self.scopes.pop()
        self.folds -= 1
        del self.variables[known:]
        count = self.close(start)
        self.nodes[header] = Fold(source, low, high, initials, count)
        return self.add(Out(header, 0), kind)

    def make_scope(self, kind: Type, fuel: int) -> NodeIndex:
        header = self.add(Scope(0))
        start = self.open()
        self.scopes.append(header)
        self.scope_kinds[header] = kind
        if self.rng.random() < 0.7:
            condition = self.make(BoolType(), fuel)
            inner = self.add(If(condition, 0, 0))
            arm = self.open()
            self.add(Leave(header, (self.make(kind, fuel),)))
            self.nodes[inner] = If(condition, self.close(arm), 0)
        self.add(Leave(header, (self.make(kind, fuel),)))
        self.scopes.pop()
        self.nodes[header] = Scope(self.close(start))
        return self.add(Out(header, 0), kind)

    def make_for_all(self, fuel: int) -> NodeIndex:
        kinds = tuple(self.rng.choices((ADDRESS, PLAIN, BOOL), k=self.rng.randrange(1, 3)))
        header = self.add(ForAll(kinds, 0), BoolType())
        self.visible[-1].pop()
        start = self.open()
        known = len(self.variables)
        self.variables += [(header, i, TYPES[part]) for i, part in enumerate(kinds)]
        self.scopes.append(-1)
        # The last node has to stand here, so it is one made for the purpose.
        value = self.make(BoolType(), fuel)
        self.prim(PrimOp.NOT, BoolType(), value)
        self.scopes.pop()
        del self.variables[known:]
        self.nodes[header] = ForAll(kinds, self.close(start))
        self.visible[-1].append(header)
        return header

    # Effects

    def make_call(self, kind: Type, fuel: int) -> NodeIndex:
        for number, member in enumerate(INTERFACES[0].members):
            if TYPES[member.result[0]] == kind and (member.is_view or not self.mode.is_view):
                target = self.make(AddressType(), fuel)
                args = self.fit_all(member.params, fuel)
                gas = self.rng.choice((0, 100, 20_000))
                return self.add(Call(0, number, target, args, gas), kind)
        return self.make(kind, 0)

    def make_pay(self, fuel: int) -> NodeIndex:
        to = self.make(AddressType(), fuel)
        amount = self.make(UintType(self.rng.choice((8, 128))), fuel)
        return self.add(Pay(to, amount), RecordType(()))

    def make_statement(self, fuel: int) -> None:
        makers: list[Callable[[int], object]] = [self.make_fail]
        if self.can_affect():
            makers += [self.make_set, self.make_update] * 2
            makers += [self.make_emit, self.make_send, self.make_pay]
            makers.append(lambda _: self.add(Collect(), UintType(128)))
        if self.mode.is_body and self.depth < DEPTH_MAX:
            makers.append(self.make_branch)
        self.rng.choice(makers)(fuel - 1)

    def make_branch(self, fuel: int) -> None:
        condition = self.make(BoolType(), fuel)
        header = self.add(If(condition, 0, 0))
        first, _ = self.make_arm(None, fuel, must_go_on=False)
        second, _ = self.make_arm(None, fuel, must_go_on=True)
        self.nodes[header] = If(condition, first, second)

    def make_fail(self, fuel: int) -> None:
        number = self.rng.choice((1, 2, STANDARD_ERROR_COUNT, STANDARD_ERROR_COUNT + 1))
        is_own = number >= STANDARD_ERROR_COUNT
        fields = ERRORS[number - STANDARD_ERROR_COUNT].fields if is_own else ()
        condition = self.make(BoolType(), fuel)
        self.add(Fail(condition, number, self.fit_all(fields, fuel)))

    def make_set(self, fuel: int) -> None:
        kind = TYPES[self.rng.choice(VALUE_TYPES)]
        paths = [path for path in self.find_paths(kind) if path[0] > 1]
        cell, key_types, fields = self.rng.choice(paths)
        keys = self.fit_all(key_types, fuel)
        self.add(Set(cell, keys, fields, self.fit(kind, fuel)))

    def make_update(self, fuel: int) -> None:
        kind = UintType(self.rng.choice((8, 64, 128, 256)))
        paths = [path for path in self.find_paths(kind) if path[0] > 1]
        cell, key_types, fields = self.rng.choice(paths)
        keys = self.fit_all(key_types, fuel)
        sign = self.rng.choice((Sign.PLUS, Sign.MINUS))
        self.add(Update(cell, keys, fields, sign, self.make_number(fuel)))

    def make_emit(self, fuel: int) -> None:
        number = self.rng.randrange(len(EVENTS))
        self.add(Emit(number, self.fit_all(EVENTS[number].fields, fuel)))

    def make_send(self, fuel: int) -> None:
        message = self.make(TYPES[MESSAGE], fuel)
        self.add(Send(message, self.rng.choice((100, 20_000))))


def find_fields(kind: Type, wanted: Type) -> list[tuple[int, ...]]:
    """Paths through records from one type to another."""
    paths: list[tuple[int, ...]] = [()] if kind == wanted else []
    if isinstance(kind, RecordType):
        for index, part in enumerate(kind.fields):
            paths += [(index, *rest) for rest in find_fields(TYPES[part], wanted)]
    return paths


# Modules


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
