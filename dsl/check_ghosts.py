"""Ghost cells: state that only properties read, and that no chain ever holds.

A ghost may be assigned anywhere in a body. What is assigned is exact arithmetic and can't fail, so
that leaving it out changes nothing; it may read ghosts, which nothing else in a body may.
"""

from typing import TYPE_CHECKING

from dsl import ast, typed
from dsl.ast_walk import walk_syntax
from dsl.names import GHOST, Place, Program, Scope
from dsl.types import (
    BrokenType,
    IntType,
    ListType,
    MapType,
    Type,
    UintType,
    has_default,
    render_type,
)

if TYPE_CHECKING:
    from dsl.check_expressions import Expressions


def can_be_ghost(kind: Type) -> bool:
    """Say whether a cell of the type can be a ghost: a number, or what holds none.

    A ghost's number is exact, so in proofs it has no range; inside of other values it would.
    """
    while isinstance(kind, MapType):
        kind = kind.value
    if isinstance(kind, UintType | BrokenType):
        return True
    if not has_default(kind):
        return False
    return not any(isinstance(each, UintType | ListType) for each in walk_syntax(kind))


def check_readable(program: Program, node: ast.Name, place: Place) -> bool:
    """Report a read of a ghost outside of properties and of what ghosts are assigned."""
    if node.text not in program.ghosts or node is program.target or place.ghosts:
        return True
    label = "only properties and the values of ghosts read a ghost"
    program.report("QC0511", f"`{node.text}` is a ghost", node.span, label)
    return False


def store_ghost(
    expressions: "Expressions", node: ast.Assign, place: typed.Read, scope: Scope
) -> list[typed.Stmt]:
    """Check an assignment to a ghost: its value is exact."""
    program = expressions.program
    value = expressions.check(node.value, scope, GHOST, place.type)
    if node.operator != "=":
        if not isinstance(place.type, UintType):
            message = f"{node.operator} needs a number, and this is {render_type(place.type)}"
            program.report("QC0201", message, node.target.span)
            return []
        value = expressions.arithmetic(node.span, node.operator[:-1], place, value, GHOST)
    if isinstance(value.type, IntType) and isinstance(place.type, UintType):
        return [typed.Store(node.span, place, typed.Check(node.span, place.type, value))]
    value = expressions.settle(expressions.coerce(value, place.type, GHOST))
    return [typed.Store(node.span, place, value)]
