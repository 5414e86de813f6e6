"""Checkpointed cells: which types they take, and where their live value may be read.

An action decides by the value at the end of an earlier block, `m.at(key, height)`, never by the
live one: votes that were borrowed for one transaction count for nothing. So in actions the live
cell is only the target of `=`, `+=` and `-=`; views, events and properties may read it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsl import ast, typed
from dsl.check_ghosts import check_readable
from dsl.names import Place, Program, Scope
from dsl.source import Span
from dsl.types import BrokenType, MapType, Type, UintType, is_number, render_type

if TYPE_CHECKING:
    from dsl.check_expressions import Expressions


def can_remember(kind: Type) -> bool:
    """Say whether a cell of the type can be checkpointed: a number, or one for each key."""
    if isinstance(kind, MapType):
        kind = kind.value
    return isinstance(kind, UintType | BrokenType)


def check_live(program: Program, node: ast.Name, place: Place) -> bool:
    """Report a read of a ghost, or a live one of a checkpointed cell, where it may not be read."""
    if not check_readable(program, node, place):
        return False
    if node.text not in program.checkpointed or node is program.target or place.live:
        return True
    hint = f"write `{node.text}.at(…, height)` with an earlier height"
    _report_live(program, f"`{node.text}` is checkpointed", node.span, hint)
    return False


def get_live(program: Program, name: ast.Name | None) -> ast.Name | None:
    """Return the name if it is a checkpointed cell's, else None."""
    return name if name is not None and name.text in program.checkpointed else None


def _report_live(program: Program, message: str, span: Span, hint: str) -> None:
    label = "an action may set, raise and lower the live value, not read it"
    program.report("QC0450", message, span, label, hint)


def check_live_view(program: Program, name: str, span: Span, place: Place) -> bool:
    """Report a call of a view that reads a live value, where that may not be read."""
    if name not in program.live or place.live:
        return True
    _report_live(program, f"`{name}` reads the live value of a checkpointed cell", span, "")
    return False


def reads_live(program: Program, nodes: Sequence[object]) -> bool:
    """Say whether the nodes of a function mention a checkpointed cell other than by `at`."""
    mentioned = 0
    for node in nodes:
        match node:
            case ast.Name(text=name):
                mentioned += name in program.checkpointed
            case ast.Call(callee=ast.Member(base=ast.Name(text=name), name=method)):
                mentioned -= name in program.checkpointed and method.text == "at"
            case _:
                pass
    return mentioned > 0


def is_past_read(program: Program, node: ast.Call) -> bool:
    """Say whether a call is `cell.at(…)`."""
    match node.callee:
        case ast.Member(base=ast.Name(text=name), name=method):
            return method.text == "at" and name in program.cell_numbers
        case _:
            return False


def check_at(
    expressions: "Expressions", node: ast.Call, callee: ast.Name, scope: Scope, place: Place
) -> typed.Expr:
    """Check `m.at(key, height)`, or `total.at(height)` of a number."""
    program = expressions.program
    number = program.cell_numbers[callee.text]
    program.used.add(callee.text)
    kind = program.cells[number].type
    if callee.text not in program.checkpointed:
        message = f"`{callee.text}` keeps no checkpoints"
        label = f"declare it `{callee.text}: checkpointed {render_type(kind)}`"
        program.report("QC0451", message, node.span, label)
        return typed.make_broken(node.span)
    wanted = ["height"]
    if isinstance(kind, MapType):
        wanted.insert(0, "key")
    if len(node.arguments) != len(wanted):
        message = f"{len(node.arguments)} arguments, where {len(wanted)} were expected"
        program.report("QC0303", message, node.span, f"({', '.join(wanted)})")
        return typed.make_broken(node.span)
    keys: list[typed.Expr] = []
    if isinstance(kind, MapType):
        keys.append(expressions.value(node.arguments[0].value, scope, place, kind.key))
        kind = kind.value
    height = expressions.settled(node.arguments[-1].value, scope, place)
    if not is_number(height.type) and not isinstance(height.type, BrokenType):
        message = f"this is {render_type(height.type)}, where a height was expected"
        program.report("QC0201", message, height.span)
        return typed.make_broken(node.span)
    return typed.Past(node.span, kind, number, (*keys, height))
