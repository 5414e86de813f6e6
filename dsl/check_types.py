"""Types as written to types: names, sizes, and what may stand where."""

from collections.abc import Sequence

from dsl import ast
from dsl.names import Program
from dsl.types import (
    ADDRESS,
    BOOL,
    BROKEN,
    LIST_LENGTH_MAX,
    SIZE_BYTES_MAX,
    UINTS,
    BrokenType,
    BytesType,
    EnumType,
    InterfaceType,
    ListType,
    MapType,
    MessageType,
    OptionType,
    RecordType,
    StringType,
    Type,
    has_default,
    is_key,
    render_type,
)

TYPE_DEPTH_MAX = 12
"""Types nested in one another; the core IR allows 16."""

TYPE_PARTS_MAX = 2_048
"""Scalars in one value, 32 bytes of text counting as one: it fits the core IR's 64 KiB."""

_PLAIN: dict[str, Type] = {**UINTS, "bool": BOOL, "address": ADDRESS}
_SHAPES = {"bytes": "n", "string": "n", "message": "n", "option": "t", "list": "tn", "map": "tt"}
_EXAMPLES = {
    "bytes": "bytes[32]",
    "string": "string[32]",
    "message": "message[256]",
    "option": "option[address]",
    "list": "list[address, 16]",
    "map": "map[address, u256]",
}


def measure_type(program: Program, kind: Type) -> tuple[int, int]:
    """Return depth and number of parts of a type; the recursion ends at named types."""
    match kind:
        case EnumType(name) | RecordType(name):
            return program.measures.get(name, (1, 1))
        case OptionType(value):
            depth, parts = measure_type(program, value)
            return depth + 1, parts + 1
        case ListType(element, length):
            depth, parts = measure_type(program, element)
            return depth + 1, parts * length
        case MapType(_, value):
            depth, parts = measure_type(program, value)
            return depth + 1, parts
        case StringType(size) | BytesType(size) | MessageType(size):
            return 1, 1 + size // 32
        case _:
            return 1, 1


def measure_fields(program: Program, fields: Sequence[tuple[str, Type]]) -> tuple[int, int]:
    """Return depth and number of parts of a record with these fields."""
    inner = [measure_type(program, kind) for _, kind in fields]
    return 1 + max((each[0] for each in inner), default=0), 1 + sum(each[1] for each in inner)


def resolve_type(program: Program, node: ast.TypeName) -> Type:
    """Return the type that is written; what is wrong is reported and gives the broken type."""
    kind = _resolve(program, node)
    depth, parts = measure_type(program, kind)
    if depth > TYPE_DEPTH_MAX or parts > TYPE_PARTS_MAX:
        message = f"values of this type are too large: {parts} parts, {depth} deep"
        label = f"at most {TYPE_PARTS_MAX} parts, {TYPE_DEPTH_MAX} deep"
        program.report("QC0701", message, node.span, label)
        return BROKEN
    return kind


def _resolve(program: Program, node: ast.TypeName) -> Type:
    if node.name in _SHAPES:
        return _resolve_shape(program, node)
    plain: Type | None = _PLAIN.get(node.name)
    if plain is None:
        plain = program.types.get(node.name)
        program.used.add(node.name)
    if plain is None and node.name in program.interfaces:
        plain = InterfaceType(node.name)
    if plain is None:
        known = [*UINTS, "bool", "address", *_SHAPES, *program.types, *program.interfaces]
        if node.name not in program.type_spans:
            program.report_unknown(node.name, node.span, known, "type")
        return BROKEN
    if node.arguments:
        program.report("QC0202", f"`{node.name}` takes no arguments", node.span)
    return plain


def _resolve_shape(program: Program, node: ast.TypeName) -> Type:
    shape = _SHAPES[node.name]
    found = "".join("n" if isinstance(each, ast.TypeNumber) else "t" for each in node.arguments)
    if found != shape:
        label = f"write `{_EXAMPLES[node.name]}`"
        program.report("QC0202", f"`{node.name}` has the wrong arguments", node.span, label)
        return BROKEN
    types = [resolve_type(program, a) for a in node.arguments if isinstance(a, ast.TypeName)]
    if any(isinstance(each, BrokenType) for each in types):
        return BROKEN
    if any(isinstance(each, MapType) for each in types) and node.name != "map":
        program.report(
            "QC0207", "a map is no value", node.span, "only state cells and map values are maps"
        )
        return BROKEN
    number = next((a for a in node.arguments if isinstance(a, ast.TypeNumber)), None)
    size = _check_size(program, node, number) if number is not None else 0
    if node.name == "bytes":
        return BytesType(size)
    if node.name == "string":
        return StringType(size)
    if node.name == "message":
        return MessageType(size)
    if node.name == "option":
        return OptionType(types[0])
    if node.name == "list":
        return ListType(types[0], size)
    return _make_map(program, node, types[0], types[1])


def _check_size(program: Program, node: ast.TypeName, number: ast.TypeNumber) -> int:
    largest = LIST_LENGTH_MAX if node.name == "list" else SIZE_BYTES_MAX
    if not 1 <= number.value <= largest:
        message = f"the size of a `{node.name}` lies between 1 and {largest}"
        program.report("QC0202", message, number.span)
        return 1
    return number.value


def _make_map(program: Program, node: ast.TypeName, key: Type, value: Type) -> Type:
    if not is_key(key):
        message = f"{render_type(key)} can't be a key"
        label = "keys are uints, bool, address and bytes[N]"
        program.report("QC0212", message, node.arguments[0].span, label)
        return BROKEN
    if not isinstance(value, MapType) and not has_default(value):
        message = f"{render_type(value)} has no default, so it can't be a map's value"
        hint = "a map answers every key: write `option[…]`"
        program.report("QC0213", message, node.arguments[1].span, "", hint)
        return BROKEN
    return MapType(key, value)


def resolve_value_type(program: Program, node: ast.TypeName) -> Type:
    """Return the type that is written, refusing maps."""
    kind = resolve_type(program, node)
    if isinstance(kind, MapType):
        program.report("QC0207", "a map is no value", node.span, "only state cells are maps")
        return BROKEN
    return kind
