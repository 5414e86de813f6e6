"""Properties as Python functions: what `spec.ir.evaluate` says of them, many times as fast.

A property's node list becomes the text of one function: a node that is used once becomes a part of
the expression that uses it, so that what follows `==>` runs only where it must; what does not
depend on a quantifier's variable is worked out before its loop. Nodes that no property of the
library uses stay with the evaluator of the specification, and a test holds the two together.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from spec.ir.evaluate import Environment, evaluate_expression
from spec.ir.frame import find_last
from spec.ir.linked import LinkedCode, LinkedModule
from spec.ir.operators import compute_operator
from spec.ir.syntax import (
    FUNCTION_SCOPE,
    Agg,
    Const,
    Context,
    ContextKind,
    Field,
    ForAll,
    Get,
    If,
    Join,
    Leave,
    MakeRecord,
    MapType,
    Match,
    Node,
    Param,
    Payload,
    Prim,
    PrimOp,
    Type,
    Var,
    Variant,
    When,
    get_operands,
)
from spec.ir.values import EnumValue, Value, compute_default
from tests.stdlib_contracts.python_text import Block, Text

LINE_LENGTH_MAX = 1_500
"""A longer expression gets a name: Python bounds how deep parentheses nest."""

PLAIN = Const | Param | Context | Var
"""Nodes whose values cost nothing to look up again."""

Cells = tuple[Any, ...]
"""The state of a contract, by cell: a value, or a dictionary of what is not the default, by key
(by tuple of keys where maps nest)."""

Sums = dict[tuple[int, tuple[Value, ...]], int]
"""Aggregates of one state, by number and operands."""


class Scene(Environment, Protocol):
    """Where a property is judged: an environment that shows its cells."""

    @property
    def now(self) -> Cells:
        """The state after the call."""

    @property
    def old(self) -> Cells:
        """The state before it."""

    @property
    def sums(self) -> tuple[Sums, Sums]:
        """Aggregates worked out already, of now and of the state before."""


Judge = Callable[..., Any]
"""From a scene to the value of a property or expression; of an aggregate, from a scene, cells and
operands."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression of the specification section, ready to be evaluated often."""

    judge: Judge
    cells: int
    """The cells that it reads, as bits."""
    reads_more: bool
    """Whether it depends on more than cells: the time, the call, a past height."""
    text: str
    """The Python function; empty if the evaluator of the specification does it."""


class _UnsupportedError(Exception):
    """No property of the library uses such a node."""


class Compiler:
    """Makes functions of the expressions of one module."""

    def __init__(self, linked: LinkedModule) -> None:
        self.linked = linked
        self._aggregates: dict[int, Compiled] = {}

    def compile(self, code: LinkedCode) -> Compiled:
        """The value of a whole expression, in a scene."""
        cells, reads_more = self._list_reads(code)
        writer = _Writer(self, code)
        try:
            value = writer.use(find_last(code, 0, len(code.nodes)))
        except _UnsupportedError:
            linked = self.linked
            return Compiled(
                lambda scene: evaluate_expression(linked, code, scene), cells, reads_more, ""
            )
        text = writer.finish("(s)", value)
        return Compiled(writer.make(text), cells, reads_more, text)

    def get_aggregate(self, number: int) -> Compiled:
        """The sum of an aggregate: of a scene, cells and operands, without memory."""
        if number not in self._aggregates:
            self._aggregates[number] = self._compile_aggregate(number)
        return self._aggregates[number]

    def _compile_aggregate(self, number: int) -> Compiled:
        aggregate = self.linked.spec.aggregates[number]
        cells, reads_more = self._list_reads(aggregate.body)
        writer = _Writer(self, aggregate.body, cells="c")
        writer.emit("total = 0")
        count = len(aggregate.params)
        for index, kind in enumerate(aggregate.keys):
            writer.emit(f"for a{count + index} in {writer.name_universe(kind)}:")
            writer.depth += 1
        code = aggregate.body
        value = writer.use(find_last(code, 0, len(code.nodes)))
        writer.emit(f"total += {value}")
        writer.depth = 1
        names = "".join(f", a{index}" for index in range(count))
        text = writer.finish(f"(s, c{names})", "total")
        return Compiled(writer.make(text), cells, reads_more, text)

    def _list_reads(self, code: LinkedCode) -> tuple[int, bool]:
        cells, reads_more = 0, False
        for node in code.nodes:
            match node:
                case Get(cell, when, _, _):
                    cells |= 1 << cell
                    reads_more = reads_more or when is When.AT
                case Agg(number, _, _):
                    inner, more = self._list_reads(self.linked.spec.aggregates[number].body)
                    cells, reads_more = cells | inner, reads_more or more
                case Context(which):
                    is_fixed = which in (ContextKind.THIS, ContextKind.GENESIS_ID)
                    reads_more = reads_more or not is_fixed
                case Param():
                    reads_more = True
                case _:
                    pass
        return cells, reads_more


class _Writer(Text):
    """Writes the function of one node list."""

    def __init__(self, compiler: Compiler, code: LinkedCode, cells: str = "") -> None:
        super().__init__()
        self._compiler, self._linked, self._code = compiler, compiler.linked, code
        self._cells = cells

    def name_universe(self, kind: Type) -> str:
        """A name for the values that a type's variables run over."""
        return self.begin(f"s.get_universe({self.bind('T', kind)})", "u")

    # What the list says

    @cached_property
    def _uses(self) -> Counter[int]:
        return Counter(each for node in self._code.nodes for each in get_operands(node))

    @cached_property
    def _variables(self) -> list[frozenset[tuple[int, int]]]:
        """Of each node the variables of quantifiers that its value depends on."""
        none = frozenset[tuple[int, int]]()
        nodes, ends = self._code.nodes, self._code.ends
        found, before = [none] * len(nodes), [none]
        while found != before:  # bounded: what is inside a quantifier tells of what is outside
            before = list(found)
            for index, node in enumerate(nodes):
                mine = none.union(*(found[each] for each in get_operands(node)))
                if isinstance(node, Var) and node.header != FUNCTION_SCOPE:
                    mine |= {(node.header, node.index)}
                if isinstance(node, Join):
                    mine |= found[node.header]
                if isinstance(node, ForAll):
                    inner = none.union(*found[index + 1 : ends[index]])
                    mine |= frozenset(each for each in inner if each[0] != index)
                found[index] = mine
        return found

    # Expressions

    def use(self, index: int) -> str:
        """An expression for the value of a node; lines that it needs are written before."""
        for scope in reversed(self.scopes):
            if index in scope:
                return scope[index]
        node = self._code.nodes[index]
        expression = self._write(index, node)
        is_plain = isinstance(node, PLAIN)
        is_shared = self._uses[index] > 1 and not is_plain
        if not expression.isidentifier() and (is_shared or len(expression) > LINE_LENGTH_MAX):
            expression = self.assign(expression)
        if is_shared:
            self.scopes[-1][index] = expression
        return expression

    def _write(self, index: int, node: Node) -> str:
        match node:
            case Const(literal):
                value = self._linked.literals[literal]
                return repr(value) if isinstance(value, int) else self.bind("K", value)
            case Param(number):
                return f"{self.begin('s.get_params()', 'p')}[{number}]"
            case Context(which):
                self.names[which.name] = which
                return self.begin(f"s.get_fact({which.name})", "fact")
            case Var(header, number):
                return f"a{number}" if header == FUNCTION_SCOPE else f"x{header}_{number}"
            case Prim():
                return self._write_prim(node)
            case Get():
                return self._write_get(node)
            case Agg():
                return self._write_aggregate(node)
            case ForAll():
                return self._write_for_all(index, node)
            case Join():
                return self._write_join(node)
            case _:
                return self._write_data(node)

    def _write_data(self, node: Node) -> str:
        match node:
            case MakeRecord(_, args):
                return "(" + "".join(f"{self.use(each)}, " for each in args) + ")"
            case Field(value, number):
                return f"{self.use(value)}[{number}]"
            case Variant(_, tag, ()):
                return self.bind("K", EnumValue(tag, ()))
            case Variant(_, tag, args):
                self.names["EnumValue"] = EnumValue
                parts = "".join(f"{self.use(each)}, " for each in args)
                return f"EnumValue({tag}, ({parts}))"
            case Payload(value, _, number):
                return f"{self.use(value)}.payload[{number}]"
            case _:
                raise _UnsupportedError

    def _write_prim(self, node: Prim) -> str:
        args = node.args
        signs = {
            PrimOp.ADD: "+",
            PrimOp.SUB: "-",
            PrimOp.MUL: "*",
            PrimOp.EQ: "==",
            PrimOp.LT: "<",
            PrimOp.LE: "<=",
        }
        match node.op:
            case PrimOp.AND | PrimOp.OR:
                return self._write_lazily(node.op, args[0], args[1])
            case PrimOp.SELECT:
                return self._choose([self.use(args[0])], [args[1], args[2]])
            case PrimOp.NOT:
                return f"(not {self.use(args[0])})"
            case PrimOp.DIV | PrimOp.MOD:
                name = "divide" if node.op is PrimOp.DIV else "leave"
                self.names[name] = _divide if node.op is PrimOp.DIV else _leave
                return f"{name}({self.use(args[0])}, {self.use(args[1])})"
            case PrimOp.MIN | PrimOp.MAX:
                name = node.op.name.lower()
                return f"{name}({self.use(args[0])}, {self.use(args[1])})"
            case op if op in signs:
                return f"({self.use(args[0])} {signs[op]} {self.use(args[1])})"
            case PrimOp.VERIFY_SIGNATURE | PrimOp.IS_CONTRACT | PrimOp.IMPLEMENTS:
                raise _UnsupportedError
            case _:
                compute = self.bind("P", self._make_operator(node))
                return f"{compute}(" + ", ".join(self.use(each) for each in args) + ")"

    def _make_operator(self, node: Prim) -> Callable[..., object]:
        kinds = [self._code.types[each] for each in node.args]
        linked = self._linked

        def compute(*values: Value) -> object:
            operands = [(kind, value) for kind, value in zip(kinds, values, strict=True) if kind]
            return compute_operator(linked, node, tuple(operands), is_total=True)

        return compute

    def _write_lazily(self, op: PrimOp, first: int, second: int) -> str:
        word = "and" if op is PrimOp.AND else "or"
        left = self.use(first)
        with self.branch() as block:
            right = self.use(second)
        if not block.lines:
            return f"({left} {word} {right})"
        name = self.assign(left)
        self.emit(f"if {name}:" if op is PrimOp.AND else f"if not {name}:")
        self.lines += block.lines
        self.emit(f"    {name} = {right}")
        return name

    def _choose(self, conditions: list[str], values: list[int]) -> str:
        """The value whose condition comes true first, else the last."""
        blocks: list[tuple[Block, str]] = []
        for each in values:
            with self.branch() as block:
                blocks.append((block, self.use(each)))
        if not any(block.lines for block, _ in blocks):
            parts = [
                f"{value} if {condition} else "
                for condition, (_, value) in zip(conditions, blocks[:-1], strict=True)
            ]
            return "(" + "".join(parts) + blocks[-1][1] + ")"
        name = self.name()
        heads = [*(f"if {each}:" for each in conditions), "else:"]
        for number, (head, (block, value)) in enumerate(zip(heads, blocks, strict=True)):
            self.emit(head if number == 0 else head.replace("if ", "elif ", 1))
            self.lines += block.lines
            self.emit(f"    {name} = {value}")
        return name

    def _write_join(self, node: Join) -> str:
        header = self._code.nodes[node.header]
        if any(isinstance(each, Leave) for each in self._code.nodes):
            raise _UnsupportedError
        match header:
            case If(condition, _, _):
                return self._choose([self.use(condition)], list(node.values))
            case Match(subject, counts):
                if len(counts) == 1:
                    return self.use(node.values[0])
                tested = self.use(subject)
                if not tested.isidentifier():
                    tested = self.assign(tested)
                conditions = [f"{tested}.tag == {tag}" for tag in range(len(counts) - 1)]
                return self._choose(conditions, list(node.values))
            case _:
                raise _UnsupportedError

    def _name_cell(self, cell: int, when: When) -> str:
        moment = self._cells or ("s.now" if when is When.NOW else "s.old")
        if when is When.OLD and self._cells:
            raise _UnsupportedError
        is_map = isinstance(self._linked.types[self._linked.module.code.cells[cell].type], MapType)
        return self.begin(f"{moment}[{cell}]" + (".get" if is_map else ""), "cell")

    def _write_get(self, node: Get) -> str:
        keys = [self.use(each) for each in node.keys]
        if node.when is When.AT:
            self.names["AT"] = When.AT
            entry = f"s.get_entry({node.cell}, AT, (" + "".join(f"{e}, " for e in keys) + "))"
        elif not keys:
            entry = self._name_cell(node.cell, node.when)
        else:
            kind = self._linked.types[self._linked.module.code.cells[node.cell].type]
            value = compute_default(self._linked.types, kind)
            default = repr(value) if isinstance(value, int) else self.bind("D", value)
            key = keys[0] if len(keys) == 1 else f"({', '.join(keys)})"
            entry = f"{self._name_cell(node.cell, node.when)}({key}, {default})"
        return entry + "".join(f"[{each}]" for each in node.fields)

    def _write_aggregate(self, node: Agg) -> str:
        if self._cells:
            raise _UnsupportedError
        compiled = self._compiler.get_aggregate(node.aggregate)
        name = f"sum{node.aggregate}_{node.when.name}"
        is_old = node.when is When.OLD
        number = node.aggregate

        def look_up(scene: Scene, *args: Value) -> int:
            known, place = scene.sums[is_old], (number, args)
            total = known.get(place)
            if total is None or compiled.reads_more:
                cells = scene.old if is_old else scene.now
                known[place] = total = int(compiled.judge(scene, cells, *args))
            return total

        self.names[name] = look_up
        return f"{name}(" + ", ".join(("s", *(self.use(each) for each in node.args))) + ")"

    # Quantifiers

    def _write_for_all(self, header: int, node: ForAll) -> str:
        code = self._code
        last = find_last(code, header + 1, code.ends[header])
        name, depth = self.name(), self.depth
        for user in range(header + 1, code.ends[header]):
            for index in get_operands(code.nodes[user]):
                if index < header:
                    self._keep(index)
        self._work_out(header, 0)
        self.emit(f"{name} = True")
        self.scopes.append({})
        for number, kind in enumerate(node.types):
            if number:
                self._work_out(header, number)
            universe = self.name_universe(self._linked.types[kind])
            self.emit(f"for x{header}_{number} in {universe}:")
            self.depth += 1
        value = self.use(last)
        self.emit(f"if not {value}:")
        self.emit(f"    {name} = False")
        self.emit("    break")
        self.scopes.pop()
        for level in reversed(range(depth + 1, self.depth)):
            self.depth = level
            self.emit(f"if not {name}:")
            self.emit("    break")
        self.depth = depth
        return name

    def _work_out(self, header: int, number: int) -> None:
        """Name what stands in the body and needs only the variables before this one."""
        code, index = self._code, header + 1
        outer = {(header, each) for each in range(number)}
        while index < code.ends[header]:
            node = code.nodes[index]
            mine = {each for each in self._variables[index] if each[0] == header}
            is_plain = isinstance(node, PLAIN | If | Match)
            is_new = not number or (header, number - 1) in mine
            if mine <= outer and is_new and not is_plain and self._is_needed(index, header, outer):
                self._keep(index)
            index = code.ends[index]

    def _keep(self, index: int) -> None:
        """Name what a node gives, so that nothing works it out again."""
        expression = self.use(index)
        if not expression.isidentifier() and not isinstance(self._code.nodes[index], PLAIN):
            expression = self.assign(expression)
        self.scopes[-1][index] = expression

    def _is_needed(self, index: int, header: int, outer: set[tuple[int, int]]) -> bool:
        """Whether a node that depends on more uses it, or the body ends with it."""
        code = self._code
        if index == find_last(code, header + 1, code.ends[header]):
            return True
        for user in range(index + 1, code.ends[header]):
            if index in get_operands(code.nodes[user]):
                mine = {each for each in self._variables[user] if each[0] == header}
                if not mine <= outer:
                    return True
        return False


def _divide(first: int, second: int) -> int:
    return first // second if second > 0 else 0


def _leave(first: int, second: int) -> int:
    return first % second if second > 0 else first
