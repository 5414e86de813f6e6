"""Storage keys and checkpoints."""

from hypothesis import given
from hypothesis import strategies as st

from spec.ir.memory import MemoryWorld
from spec.ir.state import find_entry, get_entry, get_entry_at, set_entry
from spec.ir.storage import (
    Place,
    compute_checkpoint_count_key,
    compute_checkpoint_key,
    compute_storage_key,
    decode_count,
)
from tests.spec.ir.small import RETURN, body
from tests.spec.ir.tables import BALANCES, CELLS, CONTRACTS, KEYS
from tests.spec.ir.worlds import link_valid

CONTRACT = CONTRACTS[0]
CHECKPOINTED = len(CELLS) - 1
LINKED = link_valid(body(RETURN))


def test_keys_of_different_places_differ() -> None:
    places = [
        (contract, cell, keys)
        for contract in CONTRACTS
        for cell in (2, 3, 256)
        for keys in ((), (b"\0",), (b"\1",), (b"\0", b"\1"))
    ]
    keys = {compute_storage_key(*place) for place in places}
    for place in places:
        keys.add(compute_checkpoint_count_key(Place(*place)))
        keys |= {compute_checkpoint_key(Place(*place), index) for index in range(3)}
    assert len(keys) == 5 * len(places)
    assert all(len(key) == 32 for key in keys)


def test_a_default_is_no_leaf() -> None:
    world = MemoryWorld()
    entry = find_entry(LINKED, CONTRACT, BALANCES, (KEYS[0],))
    set_entry(world, LINKED, entry, 5, 1)
    assert get_entry(world, LINKED, entry) == 5
    assert len(world.leaves) == 1
    set_entry(world, LINKED, entry, 0, 1)
    assert get_entry(world, LINKED, entry) == 0
    assert world.leaves == {}


writes = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=30)


@given(writes)
def test_checkpoints_are_the_values_at_the_ends_of_blocks(steps: list[tuple[int, int]]) -> None:
    """Against a table that keeps the value at the end of every block."""
    world = MemoryWorld()
    entry = find_entry(LINKED, CONTRACT, CHECKPOINTED, (KEYS[0],))
    height = 5
    table = dict.fromkeys(range(height + 1), 0)
    for gap, value in steps:
        for _ in range(gap):
            height += 1
            table[height] = table[height - 1]
        set_entry(world, LINKED, entry, value, height)
        table[height] = value
    for past in range(height + 1):
        assert get_entry_at(world, LINKED, entry, past) == table[past]
    assert get_entry_at(world, LINKED, entry, -1) == 0
    assert get_entry_at(world, LINKED, entry, 1 << 70) == table[height]
    assert get_entry(world, LINKED, entry) == table[height]


def test_writes_of_one_block_share_a_checkpoint() -> None:
    world = MemoryWorld()
    entry = find_entry(LINKED, CONTRACT, CHECKPOINTED, (KEYS[0],))
    for value in (1, 2, 3):
        set_entry(world, LINKED, entry, value, 7)
    set_entry(world, LINKED, entry, 4, 8)
    count = world.get_leaf(compute_checkpoint_count_key(entry.place))
    assert decode_count(count) == 2
    assert get_entry_at(world, LINKED, entry, 7) == 3


def test_entries_do_not_share_checkpoints() -> None:
    world = MemoryWorld()
    first = find_entry(LINKED, CONTRACT, CHECKPOINTED, (KEYS[0],))
    second = find_entry(LINKED, CONTRACT, CHECKPOINTED, (KEYS[1],))
    set_entry(world, LINKED, first, 4, 7)
    assert get_entry_at(world, LINKED, second, 7) == 0
