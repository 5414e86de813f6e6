"""Nodes of control flow."""

from spec.ir.syntax import (
    FUNCTION_SCOPE,
    NO_SOURCE,
    BoolType,
    EnumType,
    Fold,
    ForAll,
    If,
    Join,
    Leave,
    Match,
    Next,
    NodeIndex,
    Out,
    PrimOp,
    Scope,
    Type,
    UintType,
)
from tests.spec.ir.makers.emitter import Emitter
from tests.spec.ir.tables import ADDRESS, BOOL, LIST, OPTION, PLAIN, TYPES, U64


class ControlMaker(Emitter):
    """Branches, loops, scopes and quantifiers."""

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

    def make_branch(self, fuel: int) -> None:
        condition = self.make(BoolType(), fuel)
        header = self.add(If(condition, 0, 0))
        first, _ = self.make_arm(None, fuel, must_go_on=False)
        second, _ = self.make_arm(None, fuel, must_go_on=True)
        self.nodes[header] = If(condition, first, second)
