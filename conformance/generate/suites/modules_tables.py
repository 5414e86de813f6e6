"""Level 5: modules that may not be deployed, for a fault in a table of the code section."""

from dataclasses import replace
from typing import Any, Final

from conformance.generate.modules import ADDRESS, BOOL, U64, U128, Draft, compute_selector
from conformance.generate.suites.modules_code import Row
from spec.ir.syntax import (
    BytesType,
    Cell,
    EnumType,
    Error,
    Event,
    Interface,
    ListType,
    Literal,
    MapType,
    Member,
    MessageType,
    Module,
    RecordType,
    Type,
    TypeIndex,
    UintType,
)

SELECTOR: Final = compute_selector("f")


def plant_types(*types: Type, **changes: Any) -> Module:  # noqa: ANN401 - any field of a section
    """A module of these types and nothing else, or what the changes make of it."""
    section = Draft().build().code
    return Module(replace(section, types=(U128, *types), **changes), Draft().build().spec)


def list_rows() -> tuple[Row, ...]:
    """Every row of types, literals, interfaces, cells, events and errors."""
    return (*_list_types(), *_list_tables())


def _list_types() -> tuple[Row, ...]:
    deep: list[Type] = [RecordType((TypeIndex(number),)) for number in range(17)]
    maps: list[Type] = [MapType(TypeIndex(0), TypeIndex(number)) for number in range(5)]
    zero = TypeIndex(0)
    one = TypeIndex(1)
    return (
        ("type_forward", "ir.type_forward", plant_types(RecordType((TypeIndex(5),)))),
        ("type_names_itself", "ir.type_forward", plant_types(RecordType((one,)))),
        ("type_width", "ir.type_size", plant_types(UintType(24))),
        ("type_width_zero", "ir.type_size", plant_types(UintType(0))),
        ("type_bytes_zero", "ir.type_size", plant_types(BytesType(0))),
        ("type_bytes_large", "ir.type_size", plant_types(BytesType(65_537))),
        ("type_message_large", "ir.type_size", plant_types(MessageType(65_537))),
        ("type_message_envelope", "ir.type_too_large", plant_types(MessageType(65_536))),
        ("type_list_long", "ir.type_size", plant_types(ListType(zero, 4_097))),
        ("type_enum_empty", "ir.enum_empty", plant_types(EnumType(()))),
        ("type_element_empty", "ir.element_empty", plant_types(RecordType(()), ListType(one, 3))),
        (
            "type_map_in_record",
            "ir.map_misplaced",
            plant_types(MapType(zero, zero), RecordType((one,))),
        ),
        ("type_maps_nested", "ir.map_misplaced", plant_types(*maps)),
        ("type_key", "ir.key_type", plant_types(ListType(zero, 3), MapType(one, zero))),
        ("type_key_long", "ir.key_type", plant_types(BytesType(65), MapType(one, zero))),
        ("type_map_default", "ir.map_default", plant_types(ADDRESS, MapType(zero, one))),
        ("type_too_deep", "ir.type_too_deep", plant_types(*deep)),
        ("type_too_large", "ir.type_too_large", plant_types(BytesType(60_000), ListType(one, 2))),
        ("type_repeated", "ir.type_repeated", plant_types(U64, U64)),
        ("type_unused", "ir.type_unused", plant_types(U64)),
    )


def _list_tables() -> tuple[Row, ...]:
    coins = Cell(TypeIndex(0), is_checkpointed=False)
    one = TypeIndex(1)
    seven = Literal(one, (7).to_bytes(8, "little"))
    member = Member(SELECTOR, (), (), is_view=True)
    many = Interface(tuple(replace(member, selector=bytes([7] * 7 + [k])) for k in (0, 1, 1)))
    standard = "ir.standard_cell"
    return (
        ("version", "ir.version_unknown", plant_types(version=2)),
        ("version_zero", "ir.version_unknown", plant_types(version=0)),
        (
            "literal_short",
            "ir.literal_malformed",
            plant_types(U64, literals=(Literal(one, bytes(7)),)),
        ),
        (
            "literal_no_address",
            "ir.literal_malformed",
            plant_types(ADDRESS, literals=(Literal(one, bytes(32)),)),
        ),
        (
            "literal_boolean",
            "ir.literal_malformed",
            plant_types(BOOL, literals=(Literal(one, b"\x02"),)),
        ),
        ("literal_type_unknown", "ir.type_unknown", plant_types(literals=(Literal(one, b""),))),
        ("literal_repeated", "ir.literal_repeated", plant_types(U64, literals=(seven, seven))),
        (
            "literal_unused",
            "ir.literal_unused",
            plant_types(
                U64, literals=(seven,), cells=(coins, coins, Cell(one, is_checkpointed=False))
            ),
        ),
        ("interface_empty", "ir.too_many", plant_types(interfaces=(Interface(()),))),
        (
            "member_selector",
            "ir.selector_malformed",
            plant_types(interfaces=(Interface((replace(member, selector=bytes(8)),)),)),
        ),
        ("member_repeated", "ir.selector_repeated", plant_types(interfaces=(many,))),
        (
            "member_param_unknown",
            "ir.type_unknown",
            plant_types(interfaces=(Interface((replace(member, params=(TypeIndex(9),)),)),)),
        ),
        (
            "member_result_unknown",
            "ir.type_unknown",
            plant_types(interfaces=(Interface((replace(member, result=(TypeIndex(9),)),)),)),
        ),
        (
            "member_result_map",
            "ir.map_misplaced",
            plant_types(
                MapType(TypeIndex(0), TypeIndex(0)),
                interfaces=(Interface((replace(member, result=(one,)),)),),
            ),
        ),
        ("cells_missing", standard, plant_types(cells=())),
        ("cell_inbox_missing", standard, plant_types(cells=(coins,))),
        (
            "cell_balance_type",
            standard,
            plant_types(U64, cells=(Cell(one, is_checkpointed=False), coins)),
        ),
        (
            "cell_balance_checkpointed",
            standard,
            plant_types(cells=(replace(coins, is_checkpointed=True), coins)),
        ),
        (
            "cell_type_unknown",
            "ir.type_unknown",
            plant_types(cells=(coins, coins, Cell(TypeIndex(9), is_checkpointed=False))),
        ),
        (
            "checkpoint_bool",
            "ir.checkpoint_type",
            plant_types(BOOL, cells=(coins, coins, Cell(one, is_checkpointed=True))),
        ),
        ("event_type_unknown", "ir.type_unknown", plant_types(events=(Event((TypeIndex(9),)),))),
        (
            "event_of_map",
            "ir.map_misplaced",
            plant_types(MapType(TypeIndex(0), TypeIndex(0)), events=(Event((one,)),)),
        ),
        (
            "event_too_large",
            "ir.type_too_large",
            plant_types(BytesType(32_769), events=(Event((one, one)),)),
        ),
        ("error_type_unknown", "ir.type_unknown", plant_types(errors=(Error((TypeIndex(9),)),))),
    )
