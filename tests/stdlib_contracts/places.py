"""Which entry of which contract a storage key stands for, and the state read by entries.

Storage keys are hashes. What may be written is worked out from the values that occur, so a leaf
tells whose it is: frames and quantifiers are judged beside other contracts too.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from dsl.verify.scenario import split_cell
from dsl.world import CONTRACT
from spec.ir.linked import LinkedModule
from spec.ir.memory import MemoryWorld
from spec.ir.state import Entry, find_entry
from spec.ir.storage import (
    compute_checkpoint_count_key,
    compute_checkpoint_key,
    compute_storage_key,
    decode_count,
)
from spec.ir.syntax import (
    CELL_BALANCE,
    CELL_INBOX,
    AddressType,
    BoolType,
    BytesType,
    EnumType,
    ListType,
    RecordType,
    Type,
    UintType,
)
from spec.ir.values import (
    EnumValue,
    Types,
    Value,
    compute_default,
    decode_leaf,
    get_fields,
)
from tests.stdlib_contracts.compiled import Cells
from tests.stdlib_contracts.sequences import PEOPLE


@dataclass(frozen=True, slots=True)
class Written:
    """An entry of a contract's state."""

    contract: bytes
    cell: int
    keys: tuple[Value, ...]
    is_live: bool
    """Whether the leaf is the value that counts now, not the memory of a past one."""
    kind: Type
    """Of the value."""

    @property
    def key(self) -> Value:
        """Its key in a dictionary of the cell."""
        return self.keys[0] if len(self.keys) == 1 else self.keys


class Places:
    """What is known of storage keys; it only grows, and holds for every world of a unit."""

    def __init__(self) -> None:
        self._known: dict[bytes, Written] = {}
        self._counted: dict[bytes, int] = {}

    def find(self, key: bytes) -> Written | None:
        """The entry of a leaf, None if no value that occurred leads there."""
        return self._known.get(key)

    def add(self, linked: LinkedModule, place: tuple[bytes, int, tuple[Value, ...]]) -> bytes:
        """The storage key of an entry, known from now on."""
        contract, cell, keys = place
        entry = find_entry(linked, contract, cell, keys)
        key = compute_storage_key(contract, cell, entry.place.keys)
        if key not in self._known:
            self._known[key] = Written(contract, cell, keys, True, entry.kind)
        return key

    def add_past(self, world: MemoryWorld, linked: LinkedModule, written: Written) -> set[bytes]:
        """The keys of the leaves that remember the past of a checkpointed entry."""
        entry = find_entry(linked, written.contract, written.cell, written.keys)
        counter = compute_checkpoint_count_key(entry.place)
        count = decode_count(world.get_leaf(counter))
        keys = {counter, *self._list_checkpoints(entry, count)}
        past = Written(written.contract, written.cell, written.keys, False, written.kind)
        self._known.update(dict.fromkeys(keys, past))
        return keys

    @staticmethod
    def _list_checkpoints(entry: Entry, count: int) -> Iterator[bytes]:
        return (compute_checkpoint_key(entry.place, index) for index in range(count))

    def widen(
        self,
        world: MemoryWorld,
        list_values: Callable[[Type], tuple[Value, ...]],
        missing: Iterable[bytes],
    ) -> None:
        """Try every entry of every contract at keys that occur, until the missing ones are known.

        `list_values` gives the values of a type that occur.
        """
        left = set(missing)
        for contract, linked in world.codes.items():
            for cell in range(CELL_INBOX + 1, len(linked.module.code.cells)):
                kinds, _ = split_cell(linked, cell)
                is_checkpointed = linked.module.code.cells[cell].is_checkpointed
                for keys in product(*(list_values(kind) for kind in kinds)):
                    key = self.add(linked, (contract, cell, keys))
                    left.discard(key)
                    if is_checkpointed:
                        left -= self.add_past(world, linked, self._known[key])
                if not left:
                    return


def read_first_cells(linked: LinkedModule, world: MemoryWorld) -> Cells:
    """The cells of a contract of which nothing is written."""
    found: list[object] = [world.get_balance(CONTRACT), world.get_inbox(CONTRACT)]
    for cell in range(CELL_INBOX + 1, len(linked.module.code.cells)):
        kinds, kind = split_cell(linked, cell)
        found.append({} if kinds else compute_default(linked.types, kind))
    return tuple(found)


def read_changed_cells(
    linked: LinkedModule,
    cells: Cells,
    world: MemoryWorld,
    changed: Iterable[tuple[bytes, Written]],
) -> tuple[Cells, int]:
    """The cells after some leaves have changed, and which ones are different, as bits."""
    found = list(cells)
    bits = 0
    for cell, amount in (
        (CELL_BALANCE, world.get_balance(CONTRACT)),
        (CELL_INBOX, world.get_inbox(CONTRACT)),
    ):
        if found[cell] != amount:
            found[cell], bits = amount, bits | 1 << cell
    for key, written in changed:
        if written.contract != CONTRACT:
            continue
        cell = written.cell
        leaf = world.get_leaf(key)
        if written.is_live and not written.keys:
            default = compute_default(linked.types, written.kind)
            found[cell] = default if leaf is None else decode_leaf(linked.types, written.kind, leaf)
        elif written.is_live:
            if found[cell] is cells[cell]:
                found[cell] = dict(found[cell])
            if leaf is None:
                found[cell].pop(written.key, None)
            else:
                found[cell][written.key] = decode_leaf(linked.types, written.kind, leaf)
        bits |= 1 << cell
    return tuple(found), bits


def list_typed(types: Types, kind: Type, value: Value) -> Iterator[tuple[Type, Value]]:
    """Every scalar of a value, with its type: it may become a key."""
    stack = [(kind, value)]
    while stack:
        kind, value = stack.pop()
        match kind, value:
            case EnumType(members), EnumValue(tag, payload):
                fields = get_fields(types, members[tag])
                stack.extend(zip(fields, payload, strict=True))
            case ListType(element, _), tuple():
                stack.extend((types[element], part) for part in value)
            case RecordType(fields), tuple():
                stack.extend(zip(get_fields(types, fields), value, strict=True))
            case _:
                yield kind, value


def list_values(kind: Type, known: Iterable[Value], numbers: tuple[int, ...]) -> tuple[Value, ...]:
    """The values of a type that variables run over: those known, and the same few always."""
    match kind:
        case UintType():
            found: tuple[Value, ...] = numbers
        case AddressType():
            found = (*PEOPLE, CONTRACT)
        case BytesType(size):
            found = (bytes(size),)
        case BoolType():
            return (False, True)
        case EnumType(members):
            return tuple(EnumValue(tag, ()) for tag in range(len(members)))
        case _:
            raise AssertionError("validated: variables are scalars")
    return tuple(dict.fromkeys((*found, *known)))
