"""Types as written to types: names, sizes, and what may stand where."""

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
    ListType,
    MapType,
    OptionType,
    StringType,
    Type,
    has_default,
    is_key,
    render_type,
)

_PLAIN: dict[str, Type] = {**UINTS, "bool": BOOL, "address": ADDRESS}
_SHAPES = {"bytes": "n", "string": "n", "option": "t", "list": "tn", "map": "tt"}
_EXAMPLES = {
    "bytes": "bytes[32]",
    "string": "string[32]",
    "option": "option[address]",
    "list": "list[address, 16]",
    "map": "map[address, u256]",
}


def resolve_type(program: Program, node: ast.TypeName) -> Type:
    """Return the type that is written; what is wrong is reported and gives the broken type."""
    if node.name in _SHAPES:
        return _resolve_shape(program, node)
    plain: Type | None = _PLAIN.get(node.name)
    if plain is None:
        plain = program.types.get(node.name)
        program.used.add(node.name)
    if plain is None:
        known = [*UINTS, "bool", "address", *_SHAPES, *program.types]
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
