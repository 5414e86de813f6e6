"""What the checker says beyond "wrong type": the slip behind a mistake."""

from dsl import ast, typed
from dsl.diagnostics import find_nearest
from dsl.names import Place, Program
from dsl.types import (
    AddressType,
    InterfaceType,
    IntType,
    ListType,
    MapType,
    OptionType,
    Type,
    UintType,
    render_type,
)


def check_caller(program: Program, left: typed.Expr, right: typed.Expr) -> None:
    """Refuse `caller == owner` in a transition: the action may just have made it so."""
    if not isinstance(left, typed.Context) or left.which != "caller":
        return
    if isinstance(right, typed.Read) and not right.old and not right.keys:
        name = program.text_of(right.span)
        message = f"`{name}` is read after the action, which may have set it to the caller"
        program.report("QC0506", message, right.span, f"write `old({name})`")


def explain_index(program: Program, base: ast.Expression) -> str:
    """What can be indexed, and the map or list whose name is nearest to what was written."""
    label = "only maps and lists can"
    if not isinstance(base, ast.Name):
        return label
    maps = [cell.name for cell in program.cells if isinstance(cell.type, MapType | ListType)]
    near = find_nearest(base.text, maps)
    return f"{label}; did you mean `{near}`?" if near else label


def explain_mismatch(kind: Type, wanted: Type, place: Place) -> str:
    """How a value of one type becomes one of another that was expected, or nothing."""
    match kind, wanted:
        case UintType(), UintType():
            return f"narrow it by `{render_type(wanted)}(…)`, which fails when it doesn't fit"
        case IntType(), UintType():
            return f"arithmetic in {place.title} is exact and can't be stored; pass its operands"
        case _, OptionType(value) if kind == value:
            return "write `some(…)`"
        case OptionType(value), _ if value == wanted:
            return "take it out by `match`, or by `value_or(…, default)`"
        case AddressType(), InterfaceType(name):
            return f"write `{name}(…)`"
        case InterfaceType(), AddressType():
            return "write `….address`"
        case _:
            return ""
