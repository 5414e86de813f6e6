"""Compiled arithmetic equals the reference's: checked in bodies, exact and total in guards."""

import random
from dataclasses import dataclass

import pytest

from dsl.compile import CompiledUnit, compile_source
from dsl.diagnostics import is_error, render_diagnostics
from dsl.testing import GENESIS_ID
from dsl.world import CONTRACT, MemoryWorld
from spec.ir.host import BlockContext, CallInput, DeclaredFailure, Failed, Outcome, Succeeded
from spec.ir.machine import execute
from spec.ir.values import encode_record

U64_MAX = (1 << 64) - 1
EDGES = (0, 1, 2, 3, 7, 100, U64_MAX - 1, U64_MAX)
NAMES = ("a", "b", "c")
OPERATORS = ("+", "-", "*", "//", "%", "min", "max", "div_up", "mul_div", "mul_div_up", "if")
VIEWS = 24
"""Expressions compiled together."""


class FailureError(Exception):
    """The reference says that the body fails."""


@dataclass(frozen=True)
class Tree:
    """An expression: an operator with its parts, a name or a number."""

    op: str
    parts: tuple["Tree", ...] = ()
    value: int = 0

    def __str__(self) -> str:
        match self.op:
            case "number":
                return str(self.value)
            case "a" | "b" | "c":
                return self.op
            case "min" | "max" | "div_up" | "mul_div" | "mul_div_up":
                return f"{self.op}({', '.join(str(each) for each in self.parts)})"
            case "if":
                yes, left, right, no = self.parts
                return f"({yes} if {left} < {right} else {no})"
            case _:
                return f"({self.parts[0]} {self.op} {self.parts[1]})"


def grow(rng: random.Random, depth: int) -> Tree:
    """A random expression of u64 values."""
    if depth == 0 or rng.random() < 0.15:
        if rng.random() < 0.3:
            return Tree("number", value=rng.choice((0, 1, 2, 10, U64_MAX)))
        return Tree(rng.choice(NAMES))
    op = rng.choice(OPERATORS)
    count = {"if": 4, "mul_div": 3, "mul_div_up": 3}.get(op, 2)
    parts = tuple(grow(rng, depth - 1) for _ in range(count))
    if all(each.op == "number" for each in parts):
        parts = (Tree("a"), *parts[1:])
    return Tree(op, parts)


def evaluate(tree: Tree, values: dict[str, int], *, exact: bool) -> int:
    """What the reference page says; in bodies a failure is raised."""
    if tree.op == "number":
        return tree.value
    if tree.op in values:
        return values[tree.op]
    if tree.op == "if":
        yes, left, right, no = tree.parts
        holds = evaluate(left, values, exact=exact) < evaluate(right, values, exact=exact)
        return evaluate(yes if holds else no, values, exact=exact)
    parts = [evaluate(each, values, exact=exact) for each in tree.parts]
    return apply(tree.op, parts, exact=exact)


def divide(left: int, right: int, *, exact: bool) -> int:
    """Floor division; by nothing it fails in a body and is 0 elsewhere."""
    if right > 0:
        return left // right
    if not exact:
        raise FailureError
    return 0


def apply(op: str, parts: list[int], *, exact: bool) -> int:  # noqa: C901  # one case an operator
    """One operator."""
    first, second = parts[0], parts[1]
    match op:
        case "+":
            result = first + second
        case "-":
            result = first - second
        case "*":
            result = first * second
        case "//":
            result = divide(first, second, exact=exact)
        case "%":
            if second <= 0 and not exact:
                raise FailureError
            result = first % second if second > 0 else first
        case "min":
            result = min(first, second)
        case "max":
            result = max(first, second)
        case "div_up":
            result = divide(first + second - 1, second, exact=exact)
        case "mul_div":
            result = divide(first * second, parts[2], exact=exact)
        case _:
            result = divide(first * second + parts[2] - 1, parts[2], exact=exact)
    if not exact and not 0 <= result <= U64_MAX:
        raise FailureError
    return result


def compile_text(text: str) -> CompiledUnit:
    """Compile a text without errors."""
    result = compile_source(text, "random.qc")
    errors = [each for each in result.diagnostics if is_error(each)]
    assert not errors, render_diagnostics(result.source, result.diagnostics)
    assert result.unit is not None
    return result.unit


def call(unit: CompiledUnit, name: str, values: dict[str, int], *, is_view: bool) -> Outcome:
    """Run a function in a fresh world."""
    names = [each.name for each in unit.source_map.functions]
    function = unit.linked.functions[names.index(name)]
    world = MemoryWorld(unit.linked)
    arguments = encode_record(unit.linked.types, function.params, tuple(values.values()))
    selector = function.declared.selector
    request = CallInput(CONTRACT, selector, CONTRACT, 0, arguments, 10_000_000, is_view)
    return execute(world, BlockContext(GENESIS_ID, 1, 1), request)


def choose_values(rng: random.Random) -> dict[str, int]:
    """Arguments that favour the boundaries."""
    return {name: rng.choice((*EDGES, rng.randrange(1 << 64))) for name in NAMES}


@pytest.mark.parametrize("seed", range(6))
def test_bodies_are_checked_at_each_operation(seed: int) -> None:
    rng = random.Random(seed)
    trees = [grow(rng, 3) for _ in range(VIEWS)]
    lines = ["contract A:"]
    for number, tree in enumerate(trees):
        lines.append(f"    view v{number}(a: u64, b: u64, c: u64) -> u64:")
        lines.append(f"        return {tree}")
    unit = compile_text("\n".join(lines) + "\n")
    for number, tree in enumerate(trees):
        for _ in range(12):
            values = choose_values(rng)
            outcome = call(unit, f"v{number}", values, is_view=True)
            try:
                wanted = evaluate(tree, values, exact=False)
            except FailureError:
                assert isinstance(outcome, Failed), (str(tree), values)
                continue
            assert isinstance(outcome, Succeeded), (str(tree), values)
            assert outcome.result == (wanted,), (str(tree), values)


@pytest.mark.parametrize("seed", range(6))
def test_guards_are_exact_and_total(seed: int) -> None:
    rng = random.Random(100 + seed)
    pairs = [(grow(rng, 3), grow(rng, 2)) for _ in range(VIEWS)]
    lines = ["contract A:", "    error E"]
    for number, (left, right) in enumerate(pairs):
        lines.append(f"    action g{number}(a: u64, b: u64, c: u64) by anyone:")
        lines.append(f"        fails E when {left} > {right}")
        lines.append("        modifies nothing")
    unit = compile_text("\n".join(lines) + "\n")
    for number, (left, right) in enumerate(pairs):
        for _ in range(12):
            values = choose_values(rng)
            outcome = call(unit, f"g{number}", values, is_view=False)
            if evaluate(left, values, exact=True) > evaluate(right, values, exact=True):
                assert isinstance(outcome, Failed), (str(left), str(right), values)
                assert isinstance(outcome.failure, DeclaredFailure)
            else:
                assert isinstance(outcome, Succeeded), (str(left), str(right), values)
