"""A contract's state over the leaves of a `World`: reading and writing entries of cells.

Source: `storage` (the layout), LANGUAGE.md 4 (a missing entry equals the default).
"""

from dataclasses import dataclass

from spec.ir.host import World
from spec.ir.linked import LinkedModule
from spec.ir.operators import get_items
from spec.ir.storage import (
    Place,
    compute_checkpoint_writes,
    compute_storage_key,
    get_value_at,
)
from spec.ir.syntax import MapType, RecordType, Type
from spec.ir.values import Value, compute_default, decode_leaf, encode_value


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a contract's state, with the type of its value."""

    place: Place
    kind: Type


def find_entry(linked: LinkedModule, contract: bytes, cell: int, keys: tuple[Value, ...]) -> Entry:
    """The entry of a cell at its keys, one per map level."""
    kind = linked.types[linked.module.code.cells[cell].type]
    encoded: list[bytes] = []
    for key in keys:
        assert isinstance(kind, MapType), "validated: one key per map level"
        encoded.append(encode_value(linked.types, linked.types[kind.key], key))
        kind = linked.types[kind.value]
    return Entry(Place(contract, cell, tuple(encoded)), kind)


def get_entry(world: World, linked: LinkedModule, entry: Entry) -> Value:
    """The value of an entry, the default if it has no leaf."""
    place = entry.place
    leaf = world.get_leaf(compute_storage_key(place.contract, place.cell, place.keys))
    if leaf is None:
        return compute_default(linked.types, entry.kind)
    return decode_leaf(linked.types, entry.kind, leaf)


def get_entry_at(world: World, linked: LinkedModule, entry: Entry, height: int) -> Value:
    """The value that a checkpointed entry had at the end of the block at `height`."""
    leaf = get_value_at(world.get_leaf, entry.place, height)
    if leaf is None:
        return compute_default(linked.types, entry.kind)
    return decode_leaf(linked.types, entry.kind, leaf)


def set_entry(world: World, linked: LinkedModule, entry: Entry, value: Value, height: int) -> None:
    """Stores the value of an entry, and its checkpoint if the cell keeps them.

    `height` is the current block's. The default is stored as no leaf.
    """
    place = entry.place
    data = encode_value(linked.types, entry.kind, value)
    is_default = value == compute_default(linked.types, entry.kind)
    key = compute_storage_key(place.contract, place.cell, place.keys)
    world.set_leaf(key, None if is_default else data)
    if linked.module.code.cells[place.cell].is_checkpointed:
        for leaf_key, leaf in compute_checkpoint_writes(world.get_leaf, place, height, data):
            world.set_leaf(leaf_key, leaf)


def get_field_type(linked: LinkedModule, kind: Type, fields: tuple[int, ...]) -> Type:
    """The type of a field of a field of a record, as deep as there are indices."""
    for index in fields:
        assert isinstance(kind, RecordType), "validated: fields of records"
        kind = linked.types[kind.fields[index]]
    return kind


def replace_field(value: Value, fields: tuple[int, ...], new: Value) -> Value:
    """The value with a field of a field replaced; no fields means the whole.

    `fields` is at most as long as types are deep: that bounds the recursion.
    """
    if not fields:
        return new
    items = get_items(value)
    index = fields[0]
    return (*items[:index], replace_field(items[index], fields[1:], new), *items[index + 1 :])
