"""A whole node list, made from the type wanted down to constants."""

from collections.abc import Callable

from spec.ir.syntax import (
    BoolType,
    BytesType,
    Collect,
    Context,
    EnumType,
    ListType,
    MakeRecord,
    MessageType,
    Node,
    NodeIndex,
    Param,
    Payload,
    PrimOp,
    RecordType,
    Type,
    UintType,
    Var,
    Variant,
)
from tests.spec.ir.makers.control import ControlMaker
from tests.spec.ir.makers.effects import EffectMaker
from tests.spec.ir.makers.emitter import FACT_TYPES, Maker
from tests.spec.ir.makers.values import ValueMaker
from tests.spec.ir.tables import DEPTH_MAX, TYPES, T


class ListMaker(ValueMaker, ControlMaker, EffectMaker):
    """Makes one node list."""

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
                if self.mode.is_spec:
                    makers += [self.make_for_all] * 6
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

    def make_statement(self, fuel: int) -> None:
        makers: list[Callable[[int], object]] = [self.make_fail]
        if self.can_affect():
            makers += [self.make_set, self.make_update] * 2
            makers += [self.make_emit, self.make_send, self.make_pay]
            makers.append(lambda _: self.add(Collect(), UintType(128)))
        if self.mode.is_body and self.depth < DEPTH_MAX:
            makers.append(self.make_branch)
        self.rng.choice(makers)(fuel - 1)
