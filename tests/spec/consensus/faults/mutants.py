"""Small mistakes of one place each, made by rule in the code of `spec/consensus`.

    compare     < for <=, == for !=, `in` for `not in` …
    condition   a branch always, or never, taken
    logic       `and` for `or`; one operand forgotten; `not` forgotten
    arithmetic  + for -, * for //, operands swapped; a number one higher
    function    `min` for `max`, `any` for `all`
    forgotten   a statement, or a field of `replace`

A mutant is named by its module, its function, the rule and a number; `find_mutants` is the list of
all, in the order of the source. Messages, types and assertions are left alone.
"""

import ast
import copy
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Final, TypeVar

T = TypeVar("T")

ROOT: Final = Path(__file__).resolve().parents[4]
FOLDER: Final = ROOT / "spec" / "consensus"
LEFT_OUT: Final = ("errors.py", "finality_errors.py", "slot_errors.py", "interface.py")
"""Modules without decisions."""

COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
FUNCTIONS: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
SHOWN_MAX: Final = 100
"""Characters of a piece of code that a name is printed with."""
SWAPPED: Final = (ast.Sub, ast.FloorDiv)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One small mistake."""

    module: str
    function: str
    """Its qualified name in the module."""
    rule: str
    number: int
    """Of the rule in the function, from 0."""
    before: str
    """What is changed, its first line."""
    after: str
    """And what it becomes."""

    @property
    def name(self) -> str:
        """Unique while the function stays as it is."""
        module = self.module.removeprefix("spec.consensus.")
        return f"{module}:{self.function}:{self.rule}:{self.number}"


@dataclass(frozen=True, slots=True)
class _Change:
    """A node of the tree, and what is to stand in its place."""

    rule: str
    node: ast.AST
    other: ast.AST


@cache
def find_mutants() -> tuple[Mutant, ...]:
    """All mutants of all modules."""
    return tuple(mutant for path in _find_paths() for mutant, _, _ in _walk(path))


def install(mutant: Mutant) -> None:
    """Makes the mistake in this process, for good: the function runs the changed code."""
    module = importlib.import_module(mutant.module)
    tree, change = next(row[1:] for row in _walk(_get_path(mutant.module)) if row[0] == mutant)
    holder: object = module
    *outer, last = mutant.function.split(".")
    for name in outer:
        holder = getattr(holder, name)
    function = vars(holder)[last]
    assert isinstance(function, FunctionType), f"{mutant.function} is no plain function"
    changed = ast.unparse(copy.deepcopy(tree, {id(change.node): change.other}))
    function.__code__ = _compile(changed, last)


def _compile(text: str, name: str) -> CodeType:
    source = f"from __future__ import annotations\n{text}"
    outer = compile(source, f"mutant of {name}", "exec")
    return next(c for c in outer.co_consts if isinstance(c, CodeType) and c.co_name == name)


def _find_paths() -> tuple[Path, ...]:
    paths = [p for p in sorted(FOLDER.rglob("*.py")) if p.name not in LEFT_OUT]
    return (*(p for p in paths if p.name != "__init__.py"), ROOT / "spec" / "chain.py")


def _get_path(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


def _walk(path: Path) -> Iterator[tuple[Mutant, ast.FunctionDef, _Change]]:
    """Each mutant of a module, the function it is in, and the change."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for name, function in _find_functions(ast.parse(path.read_text("utf-8")), ""):
        counts: dict[str, int] = {}
        for change in _find_changes(function):
            number = counts.get(change.rule, 0)
            counts[change.rule] = number + 1
            before, after = _show(change.node), _show(change.other)
            yield Mutant(module, name, change.rule, number, before, after), function, change


def _show(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:SHOWN_MAX]


def _find_functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions and methods that are called as they stand: no properties, nothing nested."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield from _find_functions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.FunctionDef) and not child.decorator_list:
            yield f"{prefix}{child.name}", child


def _find_changes(function: ast.FunctionDef) -> Iterator[_Change]:
    """All changes in the body, outermost first."""
    pending: list[ast.AST] = list(reversed(function.body))
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Assert | ast.JoinedStr):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        yield from _change_node(node)
        skipped = node.annotation if isinstance(node, ast.AnnAssign) else None
        pending += reversed([c for c in ast.iter_child_nodes(node) if c is not skipped])


def _change_node(node: ast.AST) -> Iterator[_Change]:
    match node:
        case ast.Compare(left, [op, *ops], comparators) if type(op) in COMPARISONS:
            other = ast.Compare(left, [COMPARISONS[type(op)](), *ops], comparators)
            yield _Change("compare", node, other)
        case ast.BoolOp(op, values):
            yield from _change_logic(node, op, values)
        case ast.UnaryOp(ast.Not(), operand):
            yield _Change("not", node, operand)
        case ast.BinOp(left, op, right) if type(op) in OPERATORS:
            yield _Change("arithmetic", node, ast.BinOp(left, OPERATORS[type(op)](), right))
            if isinstance(op, SWAPPED):
                yield _Change("swapped", node, ast.BinOp(right, op, left))
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            yield _Change("number", node, ast.Constant(value + 1))
        case ast.Call(ast.Name(name), args, keywords):
            yield from _change_call(node, name, args, keywords)
        case ast.If() | ast.IfExp() | ast.comprehension():
            yield from _change_condition(node)
        case ast.stmt() if _may_be_forgotten(node):
            yield _Change("forgotten", node, ast.Pass())


def _change_logic(node: ast.BoolOp, op: ast.boolop, values: list[ast.expr]) -> Iterator[_Change]:
    turned = ast.Or() if isinstance(op, ast.And) else ast.And()
    yield _Change("logic", node, ast.BoolOp(turned, values))
    for kept in _drop_each(values):
        yield _Change("operand", node, kept[0] if len(kept) == 1 else ast.BoolOp(op, kept))


def _change_condition(node: ast.If | ast.IfExp | ast.comprehension) -> Iterator[_Change]:
    match node:
        case ast.If(_, body, orelse):
            yield _Change("never", node, ast.If(ast.Constant(value=False), body, orelse))
            yield _Change("always", node, ast.If(ast.Constant(value=True), body, orelse))
        case ast.IfExp(_, one, two):
            yield _Change("never", node, two)
            yield _Change("always", node, one)
        case ast.comprehension(target, iterated, ifs, is_async):
            for kept in _drop_each(ifs):
                yield _Change("filter", node, ast.comprehension(target, iterated, kept, is_async))


def _change_call(
    node: ast.Call, name: str, args: list[ast.expr], keywords: list[ast.keyword]
) -> Iterator[_Change]:
    if name in FUNCTIONS:
        yield _Change("function", node, ast.Call(ast.Name(FUNCTIONS[name]), args, keywords))
    if name == "replace":
        for kept in _drop_each(keywords):
            yield _Change("field", node, ast.Call(node.func, args, kept))


def _drop_each(nodes: list[T]) -> Iterator[list[T]]:
    """The list without its first, without its second …"""
    for at in range(len(nodes)):
        yield nodes[:at] + nodes[at + 1 :]


def _may_be_forgotten(node: ast.stmt) -> bool:
    """Whether the function still runs without it: a call, or a variable that only changes."""
    match node:
        case ast.AugAssign() | ast.Expr(ast.Call()):
            return True
        case ast.Assign([ast.Name(name)], value):
            return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(value))
    return False
