"""Nodes that touch the state or the world."""

from spec.ir.syntax import (
    NO_VALUE,
    STANDARD_ERROR_COUNT,
    AddressType,
    BoolType,
    Call,
    Emit,
    Fail,
    Get,
    NodeIndex,
    Pay,
    RecordType,
    Send,
    Set,
    Sign,
    Type,
    UintType,
    Update,
    When,
)
from tests.spec.ir.makers.emitter import FRAME, Emitter
from tests.spec.ir.tables import CELLS, ERRORS, EVENTS, INTERFACES, MESSAGE, TYPES, VALUE_TYPES


class EffectMaker(Emitter):
    """Reads, writes, payments, calls, events and failures."""

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

    def make_call(self, kind: Type, fuel: int) -> NodeIndex:
        for number, member in enumerate(INTERFACES[0].members):
            if TYPES[member.result[0]] == kind and (member.is_view or not self.mode.is_view):
                target = self.make(AddressType(), fuel)
                args = self.fit_all(member.params, fuel)
                gas = self.rng.choice((0, 100, 20_000))
                value = NO_VALUE
                if not member.is_view and self.rng.random() < 0.3:
                    value = int(self.make(UintType(128), fuel))
                return self.add(Call(0, number, target, args, gas, value), kind)
        return self.make(kind, 0)

    def make_pay(self, fuel: int) -> NodeIndex:
        to = self.make(AddressType(), fuel)
        amount = self.make(UintType(self.rng.choice((8, 128))), fuel)
        return self.add(Pay(to, amount), RecordType(()))

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
