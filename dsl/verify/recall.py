"""A function's body, recalled in the words of the state before it: when it fails, what it writes.

One pass over the nodes, as `execute` makes it with terms; here values are phrases of the surface
language, exact integers over parameters and the state before the call, because that is what
`fails … when …` and `modifies` may speak of. A loop, an answer of another contract, and what a
payload holds can't be said so.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dsl.source_map import SourceMap
from dsl.verify.phrase import (
    ATOM,
    FALSE,
    PRODUCT,
    TRUE,
    Bounds,
    Phrase,
    add,
    choose,
    compare,
    conjoin,
    disjoin,
    finish,
    is_outside,
    join,
    make_call,
    make_unsayable,
    multiply,
    negate,
    subtract,
    wrap,
)
from spec.ir import syntax as ir
from spec.ir.linked import LinkedModule
from spec.ir.values import EnumValue, Value

COINS_BITS = 128
LOOP = make_unsayable("it depends on a loop")
ANSWER = make_unsayable("it depends on what another contract answers")
PAYLOAD = make_unsayable("it depends on what a member of an enum holds")


@dataclass(frozen=True, slots=True)
class Recalled:
    """A way in which a body fails."""

    error: str
    """What an author might call it."""
    condition: Phrase
    """When, on the state before; failures before it left aside."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A condition on the way to a node: the arm of a header, or an arm -1 that is several."""

    header: int
    arm: int
    condition: Phrase


_Path = tuple[_Step, ...]


@dataclass(frozen=True, slots=True)
class _Write:
    cell: int
    keys: tuple[Phrase, ...] | None
    """None for entries that can't be told."""
    fields: tuple[int, ...]
    value: Phrase
    path: _Path


class Recall:
    """One function, gone through."""

    def __init__(self, linked: LinkedModule, source_map: SourceMap, function: int) -> None:
        self._linked = linked
        self._map = source_map
        self._declared = linked.module.code.functions[function]
        self._names = source_map.functions[function]
        self._nodes = self._declared.code
        self._types = linked.functions[function].code.types
        self._values: dict[int, Phrase] = {}
        self._ends: dict[int, list[_Path | None]] = {}
        self._leaves: dict[int, list[tuple[_Path, tuple[Phrase, ...]]]] = {}
        self._writes: list[_Write] = []
        self._path: _Path | None = ()
        self.failures: dict[tuple[int, str], Recalled] = {}
        """By node and kind of failure, as `dsl.verify.encoder.Failure` has them."""
        self._run(0, self._declared.guard_count)
        if self._declared.is_payable:
            held = replace(self._read(ir.CELL_BALANCE, (), ()), bounds=(0, (1 << COINS_BITS) - 1))
            self._write(ir.CELL_BALANCE, (), (), add(held, Phrase("value", bounds=held.bounds)))
        self._run(self._declared.guard_count, len(self._nodes))

    def list_places(self) -> tuple[str, ...] | str:
        """What `modifies` has to name, or why it can't be said."""
        places: dict[str, None] = {}
        for write in self._writes:
            if write.cell <= ir.CELL_INBOX:
                continue
            if write.keys is None:
                return f"which entries of {self._map.cells[write.cell].name} depends on a loop"
            place = self._name_place(write.cell, write.keys, write.fields)
            if place.why_not:
                return place.why_not
            places[place.text] = None
        return tuple(places)

    # Running

    def _run(self, start: int, end: int) -> None:
        index = start
        while index < end:
            node = self._nodes[index]
            match node:
                case ir.If():
                    condition = self._values[node.condition]
                    arms = ((condition, node.then_count), (negate(condition), node.else_count))
                    index = self._branch(index, arms)
                case ir.Match():
                    index = self._branch(index, self._list_arms(node))
                case ir.Scope():
                    index = self._scope(index, node)
                case ir.Fold():
                    index = self._fold(index, node)
                case ir.Leave():
                    values = tuple(self._values[each] for each in node.values)
                    if self._path is not None:
                        self._leaves.setdefault(node.header, []).append((self._path, values))
                    self._path = None
                    index += 1
                case _:
                    self._values[index] = self._evaluate(index, node)
                    index += 1

    def _branch(self, header: int, arms: tuple[tuple[Phrase, int], ...]) -> int:
        entry, start = self._path, header + 1
        if entry is None:
            return start + sum(count for _, count in arms)
        ends: list[_Path | None] = []
        for arm, (condition, count) in enumerate(arms):
            self._path = (*entry, _Step(header, arm, condition))
            self._run(start, start + count)
            ends.append(self._path)
            start += count
        self._ends[header] = ends
        kept = [each for each in ends if each is not None]
        if len(kept) == len(ends) and all(len(each) == len(entry) + 1 for each in kept):
            self._path = entry
        elif len(kept) == 1:
            self._path = kept[0]
        else:
            ways = [_say_path(each[len(entry) :]) for each in kept]
            self._path = (*entry, _Step(header, -1, disjoin(*ways))) if kept else None
        return start

    def _list_arms(self, node: ir.Match) -> tuple[tuple[Phrase, int], ...]:
        subject = self._values[node.subject]
        kind = self._linked.types[self._find_kind(node.subject)]
        assert isinstance(kind, ir.EnumType), "a match is about an enum"
        bare = [
            compare("==", subject, self._say_member(self._find_kind(node.subject), tag, ()))
            for tag, fields in enumerate(kind.members)
            if not fields
        ]
        held = [tag for tag, fields in enumerate(kind.members) if fields]
        rest = conjoin(*(negate(each) for each in bare)) if len(held) == 1 else PAYLOAD
        plain = iter(bare)
        return tuple(
            (rest if kind.members[tag] else next(plain), count)
            for tag, count in enumerate(node.arm_counts)
        )

    def _find_kind(self, node: int) -> int:
        """The index of a node's type, -1 for exact numbers."""
        kind = self._types[node]
        return self._linked.types.index(kind) if kind in self._linked.types else -1

    def _scope(self, header: int, node: ir.Scope) -> int:
        entry = self._path
        self._run(header + 1, header + 1 + node.body_count)
        self._path = entry
        return header + 1 + node.body_count

    def _fold(self, header: int, node: ir.Fold) -> int:
        """A loop is not gone through: what it writes is lost."""
        end = header + 1 + node.body_count
        for index in range(header + 1, end):
            each = self._nodes[index]
            if isinstance(each, ir.Set | ir.Update):
                self._writes.append(_Write(each.cell, None, each.fields, LOOP, ()))
            elif isinstance(each, ir.Pay | ir.Send | ir.Call | ir.Collect):
                self._lose_coins(LOOP)
        return end

    # Values

    def _evaluate(self, index: int, node: ir.Node) -> Phrase:  # noqa: C901, PLR0912 - one branch per kind
        values = self._values
        match node:
            case ir.Const():
                return self._say_literal(node.literal)
            case ir.Param():
                bounds = self._find_bounds(self._declared.params[node.index])
                return Phrase(self._names.params[node.index], bounds=bounds)
            case ir.Context():
                return _CONTEXTS.get(node.which, make_unsayable("no clause can name the chain"))
            case ir.Prim():
                return self._operate(index, node)
            case ir.Check():
                kind = self._linked.types[node.type]
                assert isinstance(kind, ir.UintType), "checks are about numbers"
                value = values[node.value]
                self._fail(index, "range", *is_outside(value, kind.bits))
                return replace(value, bounds=(0, (1 << kind.bits) - 1), operands=())
            case ir.MakeRecord():
                args = tuple(values[each] for each in node.args)
                made = make_call(self._name_type(node.type), *args)
                return replace(made, parts=args)
            case ir.Field():
                whole = values[node.value]
                if whole.parts:
                    return whole.parts[node.index]
                return self._say_field(whole, self._find_kind(node.value), node.index)
            case ir.Variant():
                return self._say_member(
                    node.type, node.tag, tuple(values[each] for each in node.args)
                )
            case ir.Payload():
                return PAYLOAD
            case ir.Item():
                length = make_call("len", values[node.value])
                self._fail(index, "index", compare(">=", values[node.index], length), "OutOfRange")
                at = f"{wrap(values[node.value], ATOM)}[{values[node.index].text}]"
                bounds = self._find_bounds(self._find_kind(index))
                return finish(Phrase(at, bounds=bounds), values[node.value], values[node.index])
            case ir.Join():
                return self._merge(node)
            case ir.Out():
                return self._leave(node)
            case _:
                return self._act(index, node)

    def _merge(self, node: ir.Join) -> Phrase:
        ends = self._ends.get(node.header, [])
        kept = [each for each in ends if each is not None]
        if len(kept) != len(node.values):
            return FALSE
        depth = min(len(each) for each in kept) - 1
        result = self._values[node.values[-1]]
        for way, value in list(zip(kept, node.values, strict=True))[-2::-1]:
            result = choose(_say_path(way[depth:]), self._values[value], result)
        return result

    def _leave(self, node: ir.Out) -> Phrase:
        leaves = self._leaves.get(node.header, [])
        if isinstance(self._nodes[node.header], ir.Fold) or not leaves:
            return LOOP
        depth = len(self._path or ())
        result = leaves[-1][1][node.index]
        for way, values in leaves[-2::-1]:
            result = choose(_say_path(way[depth:]), values[node.index], result)
        return result

    def _operate(self, index: int, node: ir.Prim) -> Phrase:
        args = [self._values[each] for each in node.args]
        made = _OPERATORS.get(node.op)
        if made is not None:
            return made(*args)
        match node.op:
            case ir.PrimOp.DIV | ir.PrimOp.MOD:
                if index >= self._declared.guard_count:
                    is_zero = compare("==", args[1], Phrase("0"))
                    known = args[1].bounds is not None and args[1].bounds[0] > 0
                    self._fail(index, "division", FALSE if known else is_zero, "DivisionByZero")
                sign = "//" if node.op is ir.PrimOp.DIV else "%"
                return replace(join(sign, PRODUCT, *args), bounds=args[0].bounds)
            case ir.PrimOp.APPEND:
                kind = self._linked.types[self._find_kind(index)]
                most = kind.length_max if isinstance(kind, ir.ListType) else 0
                is_full = compare(">=", make_call("len", args[0]), Phrase(str(most)))
                self._fail(index, "full", is_full, "Full")
            case ir.PrimOp.POP:
                is_empty = compare("==", make_call("len", args[0]), Phrase("0"))
                self._fail(index, "empty", is_empty, "Empty")
            case ir.PrimOp.REPLACE:
                is_beyond = compare(">=", args[1], make_call("len", args[0]))
                self._fail(index, "index", is_beyond, "OutOfRange")
        return make_unsayable("it depends on an operator that clauses don't have")

    # The state

    def _act(self, index: int, node: ir.Node) -> Phrase:
        match node:
            case ir.Get():
                keys = tuple(self._values[each] for each in node.keys)
                if node.when is ir.When.AT:
                    is_open = compare(">=", keys[-1], Phrase("height"))
                    self._fail(index, "checkpoint", is_open, "NotPast")
                    at = make_call(f"{self._map.cells[node.cell].name}.at", *keys)
                    return replace(at, bounds=self._find_bounds(self._find_kind(index)))
                return self._read(node.cell, keys, node.fields)
            case ir.Set():
                keys = tuple(self._values[each] for each in node.keys)
                self._write(node.cell, keys, node.fields, self._values[node.value])
            case ir.Update():
                self._update(index, node)
            case ir.Pay():
                amount, held = self._values[node.amount], self._read(ir.CELL_BALANCE, (), ())
                self._fail(index, "balance", compare(">", amount, held), "ShortOfCoins")
                rest = replace(subtract(held, amount), bounds=held.bounds, operands=())
                self._write(ir.CELL_BALANCE, (), (), rest)
                self._writes.append(
                    _Write(ir.CELL_INBOX, None, (), make_unsayable("coins may come back"), ())
                )
            case ir.Collect():
                inbox = self._read(ir.CELL_INBOX, (), ())
                held = self._read(ir.CELL_BALANCE, (), ())
                whole = replace(add(held, inbox), bounds=held.bounds)
                self._write(ir.CELL_BALANCE, (), (), whole)
                self._write(ir.CELL_INBOX, (), (), Phrase("0", bounds=(0, 0)))
                return inbox
            case ir.Call() | ir.Send():
                self._lose_coins(ANSWER)
                return ANSWER
            case _:
                return LOOP
        return TRUE

    def _lose_coins(self, why: Phrase) -> None:
        self._writes += [
            _Write(cell, None, (), why, ()) for cell in (ir.CELL_BALANCE, ir.CELL_INBOX)
        ]

    def _update(self, index: int, node: ir.Update) -> None:
        keys = tuple(self._values[each] for each in node.keys)
        amount, before = self._values[node.amount], self._read(node.cell, keys, node.fields)
        after = (add if node.sign is ir.Sign.PLUS else subtract)(before, amount)
        kind = self._find_type(node.cell, node.fields)
        assert isinstance(kind, ir.UintType), "only numbers are updated"
        self._fail(index, "range", *is_outside(after, kind.bits))
        kept = replace(after, bounds=(0, (1 << kind.bits) - 1), operands=())
        self._write(node.cell, keys, node.fields, kept)

    def _write(
        self, cell: int, keys: tuple[Phrase, ...], fields: tuple[int, ...], value: Phrase
    ) -> None:
        if self._path is not None:
            self._writes.append(_Write(cell, keys, fields, value, self._path))

    def _read(self, cell: int, keys: tuple[Phrase, ...], fields: tuple[int, ...]) -> Phrase:
        found = self._name_place(cell, keys, fields)
        for write in self._writes:
            if write.cell != cell:
                continue
            reach = min(len(fields), len(write.fields))
            if fields[:reach] != write.fields[:reach]:
                continue
            if write.keys is None:
                return write.value
            pairs = [p for p in zip(keys, write.keys, strict=True) if p[0].text != p[1].text]
            same = conjoin(*(compare("==", *pair) for pair in pairs))
            condition = conjoin(self._say_reached(write.path), same)
            if condition == FALSE:
                continue
            value = write.value
            if len(fields) < len(write.fields):
                return make_unsayable("it depends on a record of which a part was written")
            for depth in range(len(write.fields), len(fields)):
                if not value.parts:
                    return make_unsayable("it depends on a record that was written")
                value = value.parts[fields[depth]]
            found = choose(condition, value, found)
        return found

    def _say_reached(self, path: _Path) -> Phrase:
        """That a write on a path was made, known what led here."""
        here = self._path or ()
        for depth, step in enumerate(path):
            if depth < len(here) and here[depth] == step:
                continue
            if depth < len(here) and here[depth].header == step.header:
                both_arms = step.arm >= 0 and here[depth].arm >= 0
                return FALSE if both_arms else _say_path(path[depth:])
            return _say_path(path[depth:])
        return TRUE

    def _fail(self, index: int, kind: str, condition: Phrase, name: str) -> None:
        if index < self._declared.guard_count or self._path is None:
            return
        whole = conjoin(_say_path(self._path), condition)
        self.failures[(index, kind)] = Recalled(name, whole)

    # Names

    def _name_place(self, cell: int, keys: tuple[Phrase, ...], fields: tuple[int, ...]) -> Phrase:
        text = ("balance", "inbox")[cell] if cell <= ir.CELL_INBOX else self._map.cells[cell].name
        text += "".join(f"[{each.text}]" for each in keys)
        kind: int = self._linked.module.code.cells[cell].type
        for _ in keys:
            inner = self._linked.types[kind]
            assert isinstance(inner, ir.MapType), "a key per map"
            kind = inner.value
        found = finish(Phrase(text), *keys)
        for field in fields:
            found = self._say_field(found, kind, field)
            record = self._linked.types[kind]
            assert isinstance(record, ir.RecordType), "fields belong to records"
            kind = record.fields[field]
        return replace(found, bounds=self._find_bounds(kind))

    def _find_type(self, cell: int, fields: tuple[int, ...]) -> ir.Type:
        kind = self._linked.types[self._linked.module.code.cells[cell].type]
        while isinstance(kind, ir.MapType):
            kind = self._linked.types[kind.value]
        for field in fields:
            assert isinstance(kind, ir.RecordType), "fields belong to records"
            kind = self._linked.types[kind.fields[field]]
        return kind

    def _find_bounds(self, kind: int) -> Bounds:
        found = self._linked.types[kind] if 0 <= kind < len(self._linked.types) else None
        return (0, (1 << found.bits) - 1) if isinstance(found, ir.UintType) else None

    def _name_type(self, kind: int) -> str:
        named = self._map.types[kind] if 0 <= kind < len(self._map.types) else None
        return "" if named is None else named.name

    def _say_field(self, whole: Phrase, kind: int, field: int) -> Phrase:
        named = self._map.types[kind] if 0 <= kind < len(self._map.types) else None
        if named is None or field >= len(named.fields):
            return make_unsayable("it depends on a field without a name")
        record = self._linked.types[kind]
        inner = record.fields[field] if isinstance(record, ir.RecordType) else kind
        text = f"{wrap(whole, ATOM)}.{named.fields[field]}"
        return finish(Phrase(text, bounds=self._find_bounds(inner)), whole)

    def _say_member(self, kind: int, tag: int, args: tuple[Phrase, ...]) -> Phrase:
        named = self._map.types[kind] if 0 <= kind < len(self._map.types) else None
        if named is None or tag >= len(named.members):
            return make_unsayable("it depends on an enum without a name")
        member = named.members[tag][0]
        is_option = named.name.startswith("option[")
        text = member if is_option else f"{named.name}.{member}"
        return make_call(text, *args) if args else Phrase(text)

    def _say_literal(self, literal: int) -> Phrase:
        code, spec = self._linked.module.code, self._linked.module.spec
        kind = (*code.literals, *spec.literals)[literal].type
        value: Value = self._linked.literals[literal]
        match value:
            case bool():
                return TRUE if value else FALSE
            case int():
                return Phrase(f"{value:_}", bounds=(value, value))
            case EnumValue(tag, ()):
                return self._say_member(kind, tag, ())
            case _:
                return make_unsayable("it depends on a constant that has no short form")


def _say_path(path: _Path) -> Phrase:
    return conjoin(*(step.condition for step in path))


def _bound(name: str, bits: int) -> Phrase:
    return Phrase(name, bounds=(0, (1 << bits) - 1))


_CONTEXTS = {
    ir.ContextKind.CALLER: Phrase("caller"),
    ir.ContextKind.VALUE: _bound("value", COINS_BITS),
    ir.ContextKind.NOW: _bound("now", 64),
    ir.ContextKind.HEIGHT: _bound("height", 64),
    ir.ContextKind.THIS: Phrase("this"),
}
_OPERATORS: dict[ir.PrimOp, Callable[..., Phrase]] = {
    ir.PrimOp.ADD: add,
    ir.PrimOp.SUB: subtract,
    ir.PrimOp.MUL: multiply,
    ir.PrimOp.MIN: lambda a, b: make_call("min", a, b),
    ir.PrimOp.MAX: lambda a, b: make_call("max", a, b),
    ir.PrimOp.EQ: lambda a, b: compare("==", a, b),
    ir.PrimOp.LT: lambda a, b: compare("<", a, b),
    ir.PrimOp.LE: lambda a, b: compare("<=", a, b),
    ir.PrimOp.AND: conjoin,
    ir.PrimOp.OR: disjoin,
    ir.PrimOp.NOT: negate,
    ir.PrimOp.SELECT: choose,
    ir.PrimOp.LENGTH: lambda a: replace(make_call("len", a), bounds=(0, (1 << 32) - 1)),
}
