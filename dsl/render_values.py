"""Values of the machine as an author would write them."""

from dsl.accounts import compute_account_address
from dsl.check_inline import list_members
from dsl.names import ACCOUNTS
from dsl.types import (
    BoolType,
    EnumType,
    IntType,
    ListType,
    OptionType,
    RecordType,
    StringType,
    Type,
    UintType,
)
from dsl.world import CONTRACT
from spec.ir.values import EnumValue, Value

_ACCOUNT_NAMES = {compute_account_address(name): name for name in ACCOUNTS} | {CONTRACT: "this"}


def render_value(kind: Type, value: Value) -> str:
    """Return a value as an author would write it."""
    match kind:
        case UintType() | IntType():
            return f"{value:_}" if isinstance(value, int) else str(value)
        case BoolType():
            return "true" if value else "false"
        case StringType():
            return f'"{value.decode("utf-8", "replace")}"' if isinstance(value, bytes) else ""
        case OptionType() | EnumType():
            return _render_variant(kind, value)
        case RecordType(name, fields):
            parts = value if isinstance(value, tuple) else ()
            inner = (
                f"{field_name} = {render_value(each, part)}"
                for (field_name, each), part in zip(fields, parts, strict=True)
            )
            return f"{name}({', '.join(inner)})"
        case ListType(element):
            items = value if isinstance(value, tuple) else ()
            return f"[{', '.join(render_value(element, each) for each in items)}]"
        case _:
            if isinstance(value, bytes):
                return _ACCOUNT_NAMES.get(value, f"0x{value.hex()}")
            return str(value)


def _render_variant(kind: EnumType | OptionType, value: Value) -> str:
    assert isinstance(value, EnumValue), "the machine's values fit their types"
    member = list_members(kind)[value.tag]
    if not member.fields:
        return member.name
    inner = ", ".join(
        render_value(each, part)
        for (_, each), part in zip(member.fields, value.payload, strict=True)
    )
    return f"{member.name}({inner})"
