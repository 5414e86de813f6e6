"""Random SSZ types with their values, and the naive model of trees: every node, zeros included."""

from collections.abc import Callable
from dataclasses import make_dataclass
from functools import partial

from hypothesis import strategies as st

from spec.crypto.hashing import sha256
from spec.lib.ssz import (
    Bitlist,
    Bitvector,
    Boolean,
    ByteList,
    ByteVector,
    Container,
    Descriptor,
    List,
    Uint,
    Union,
    Vector,
    encode,
)
from spec.lib.ssz.descriptors import get_fixed_size

Tree = bytes | tuple["Tree", "Tree"]

LEAVES: st.SearchStrategy[Descriptor[object]] = st.one_of(
    st.sampled_from((8, 16, 32, 64, 128, 256)).map(Uint),
    st.just(Boolean()),
    st.sampled_from((1, 31, 32, 33)).map(ByteVector),
    st.sampled_from((0, 1, 32, 33, 70)).map(ByteList),
    st.sampled_from((1, 7, 8, 9, 16, 257)).map(Bitvector),
    st.sampled_from((0, 1, 7, 8, 9, 300)).map(Bitlist),
)


def make_container(parts: tuple[Descriptor[object], ...]) -> Container[object]:
    """A container of a dataclass made for it."""
    names = [f"f{i}" for i in range(len(parts))]
    cls = make_dataclass("Made", names, frozen=True, slots=True)
    return Container(cls, tuple(zip(names, parts, strict=True)))


def make_union(parts: tuple[Descriptor[object], ...], has_none: bool) -> Union[object]:
    """A union of containers with one field each, and of None."""
    options = tuple((made.cls, made) for made in (make_container((part,)) for part in parts))
    return Union((*((((None, None)),) if has_none else ()), *options))


def is_sized(descriptor: Descriptor[object]) -> bool:
    """Whether a type may be an element."""
    return get_fixed_size(descriptor) != 0


def extend(
    parts: st.SearchStrategy[Descriptor[object]],
) -> st.SearchStrategy[Descriptor[object]]:
    """Types made of types."""
    elements = parts.filter(is_sized)
    return st.one_of(
        st.builds(Vector, elements, st.integers(1, 5)),
        st.builds(List, elements, st.integers(0, 9)),
        st.lists(parts, max_size=5).map(tuple).map(make_container),
        st.builds(make_union, st.lists(parts, min_size=1, max_size=3).map(tuple), st.booleans()),
    )


DESCRIPTORS = st.recursive(LEAVES, extend, max_leaves=8)


def draw_values(descriptor: Descriptor[object]) -> st.SearchStrategy[object]:
    """The values of a type, with a taste for its bounds."""
    match descriptor:
        case Uint(bits):
            return st.sampled_from((0, 1, (1 << bits) - 1)) | st.integers(0, (1 << bits) - 1)
        case Boolean():
            return st.booleans()
        case ByteVector(length) | ByteList(length):
            size_min = length if isinstance(descriptor, ByteVector) else 0
            return st.binary(min_size=size_min, max_size=length)
        case Bitvector(length) | Bitlist(length):
            size_min = length if isinstance(descriptor, Bitvector) else 0
            return st.lists(st.booleans(), min_size=size_min, max_size=length).map(tuple)
        case Vector(element, length) | List(element, length):
            size_min = length if isinstance(descriptor, Vector) else 0
            return st.lists(draw_values(element), min_size=size_min, max_size=length).map(tuple)
        case Container(cls, parts):
            return st.builds(cls, *(draw_values(part) for _, part in parts))
        case Union(options):
            return st.one_of(
                *(st.none() if option is None else draw_values(option) for _, option in options)
            )
        case _:
            raise AssertionError


TYPED_VALUES = DESCRIPTORS.flatmap(lambda d: st.tuples(st.just(d), draw_values(d)))


def grow(leaves: list[Tree], limit: int) -> Tree:
    """A full tree with room for `limit` leaves: zeros fill it up, each of them a node."""
    size = 1
    while size < limit:
        size *= 2
    level = leaves + [bytes(32)] * (size - len(leaves))
    while len(level) > 1:
        level = [(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


def grow_packed(data: bytes, size_max: int) -> Tree:
    chunks: list[Tree] = [data[i : i + 32].ljust(32, b"\0") for i in range(0, len(data), 32)]
    return grow(chunks, -(-size_max // 32))


def grow_tree(descriptor: Descriptor[object], value: object) -> Tree:
    """The whole tree of a value, from the standard's text."""
    match descriptor, value:
        case Uint() | Boolean(), _:
            return grow_packed(encode(descriptor, value), 32)
        case ByteVector(length), bytes():
            return grow_packed(value, length)
        case ByteList(limit), bytes():
            return grow_packed(value, limit), count(value)
        case Bitvector(length), tuple():
            return grow_packed(pack(value), -(-length // 8))
        case Bitlist(limit), tuple():
            return grow_packed(pack(value), -(-limit // 8)), count(value)
        case Vector(element, length), tuple():
            return grow_elements(element, value, length)
        case List(element, limit), tuple():
            return grow_elements(element, value, limit), count(value)
        case Container(_, parts), _:
            return grow([grow_tree(d, getattr(value, name)) for name, d in parts], len(parts))
        case Union(options), _:
            cls = None if value is None else type(value)
            selector = [c for c, _ in options].index(cls)
            option = options[selector][1]
            below = bytes(32) if option is None else grow_tree(option, value)
            return below, selector.to_bytes(32, "little")
        case _:
            raise AssertionError


def grow_elements(element: Descriptor[object], values: tuple[object, ...], limit: int) -> Tree:
    if isinstance(element, Uint | Boolean):
        size = element.bits // 8 if isinstance(element, Uint) else 1
        return grow_packed(b"".join(encode(element, value) for value in values), size * limit)
    return grow([grow_tree(element, value) for value in values], limit)


def count(value: bytes | tuple[object, ...]) -> bytes:
    return len(value).to_bytes(32, "little")


def pack(bits: tuple[object, ...]) -> bytes:
    packed = bytearray(-(-len(bits) // 8))
    for i, bit in enumerate(bits):
        packed[i // 8] |= bool(bit) << i % 8
    return bytes(packed)


def fold(tree: Tree) -> bytes:
    """The root of a tree."""
    return tree if isinstance(tree, bytes) else sha256(fold(tree[0]), fold(tree[1]))


def walk(tree: Tree, index: int) -> tuple[bytes, list[bytes]]:
    """The node at a generalized index, and its siblings from the bottom up."""
    siblings: list[bytes] = []
    for digit in f"{index:b}"[1:]:
        assert not isinstance(tree, bytes)
        siblings.insert(0, fold(tree[digit == "0"]))
        tree = tree[digit == "1"]
    return fold(tree), siblings


def get_indices(tree: Tree) -> list[int]:
    """The generalized indices of all nodes."""
    found: list[int] = []
    waiting: list[tuple[int, Tree]] = [(1, tree)]
    while waiting:
        index, node = waiting.pop()
        found.append(index)
        if not isinstance(node, bytes):
            waiting += [(index * 2, node[0]), (index * 2 + 1, node[1])]
    return sorted(found)


Mutation = Callable[[bytes], bytes]


def _change(at: int, mask: int, data: bytes) -> bytes:
    if not data:
        return bytes((mask,))
    at %= len(data)
    return data[:at] + bytes((data[at] ^ mask,)) + data[at + 1 :]


def _cut(at: int, data: bytes) -> bytes:
    at %= len(data) + 1
    return data[:at] + data[at + 1 :]


def _insert(at: int, byte: int, data: bytes) -> bytes:
    at %= len(data) + 1
    return data[:at] + bytes((byte,)) + data[at:]


PLACES = st.integers(0, 200) | st.integers(0, 8)
BYTES = st.sampled_from((0, 1, 4, 8, 0x7F, 0x80, 0xFF)) | st.integers(0, 255)
MUTATIONS: st.SearchStrategy[Mutation] = st.one_of(
    st.builds(partial, st.just(_change), PLACES, BYTES.filter(bool)),
    st.builds(partial, st.just(_cut), PLACES),
    st.builds(partial, st.just(_insert), PLACES, BYTES),
)
