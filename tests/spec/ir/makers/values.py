"""Nodes that compute."""

from spec.ir.linked import IntType
from spec.ir.syntax import (
    AddressType,
    Agg,
    BoolType,
    BytesType,
    Check,
    Collect,
    Context,
    ContextKind,
    Field,
    Item,
    ListType,
    MakeList,
    NodeIndex,
    PrimOp,
    RecordType,
    Type,
    UintType,
)
from tests.spec.ir.makers.emitter import Emitter, Maker
from tests.spec.ir.tables import (
    ADDRESS,
    AGGREGATE_PARAMS,
    AGGREGATES,
    BYTES32,
    INT_BITS_MAX,
    INTERFACES,
    LIST,
    MESSAGE,
    NESTED,
    OPTION,
    PLAIN,
    RECORD,
    RECORDS,
    SIGNATURE,
    STRING,
    TYPES,
    VALUE_TYPES,
    T,
)


class ValueMaker(Emitter):
    """Operators, lists, fields and numbers."""

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
        if not self.mode.is_spec:
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
