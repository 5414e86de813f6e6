"""Hash tree roots: every value is a binary tree of 32-byte chunks, filled up with zeros.

A container without fields, which the standard doesn't have, is one zero chunk.

The hash is SHA-256 of hashlib itself: `lib` is the first chapter and imports no later one.
"""

from hashlib import sha256
from itertools import pairwise

from spec.lib.ssz.descriptors import (
    BITS_PER_BYTE,
    Bitlist,
    Bitvector,
    Boolean,
    ByteList,
    ByteVector,
    Container,
    Descriptor,
    List,
    T,
    Uint,
    Union,
    Vector,
    compute_byte_count,
    get_selector,
)
from spec.lib.ssz.encoding import (
    check_bits,
    check_bytes,
    check_elements,
    encode_basic,
    pack_bits,
)

CHUNK_SIZE_BYTES = 32
TREE_DEPTH_MAX = 64
"""Levels above the chunks of the largest type: no limit exceeds 2^64 chunks."""


def compute_node(left: bytes, right: bytes) -> bytes:
    """The node above two nodes, 32 bytes each."""
    return sha256(left + right).digest()


def _compute_zero_nodes() -> tuple[bytes, ...]:
    nodes = [bytes(CHUNK_SIZE_BYTES)]
    for _ in range(TREE_DEPTH_MAX):
        nodes.append(compute_node(nodes[-1], nodes[-1]))
    return tuple(nodes)


ZERO_NODES = _compute_zero_nodes()
"""The root of a tree of zero chunks, by its depth."""


def hash_tree_root(descriptor: Descriptor[T], value: T) -> bytes:
    """The 32 bytes that commit to a value of a type.

    Args:
        descriptor: the type.
        value: a value of that type; another is an error of the program and an assertion.
    """
    return compute_root(descriptor, value)


def compute_root(descriptor: Descriptor[object], value: object) -> bytes:
    """As `hash_tree_root`, for a value whose class is known only to its descriptor."""
    match descriptor:
        case Uint() | Boolean():  # one chunk, and so its own root
            return encode_basic(descriptor, value).ljust(CHUNK_SIZE_BYTES, b"\x00")
        case ByteVector(length) if length <= CHUNK_SIZE_BYTES:
            return check_bytes(descriptor, value).ljust(CHUNK_SIZE_BYTES, b"\x00")
        case _:
            pass
    chunks = compute_chunks(descriptor, value)
    root = compute_layers(chunks, compute_depth(get_chunk_limit(descriptor)))[-1][0]
    mixed = get_mixed_in(descriptor, value)
    return root if mixed is None else compute_node(root, mixed)


def get_chunk_limit(descriptor: Descriptor[object]) -> int:
    """The chunks that the tree of a type has room for, without its length or selector."""
    match descriptor:
        case Uint() | Boolean() | Union():
            return 1
        case ByteVector(size) | ByteList(size):
            return count_chunks(size)
        case Bitvector(bits) | Bitlist(bits):
            return count_chunks(compute_byte_count(bits))
        case Vector(element, length) | List(element, length):
            if isinstance(element, Uint | Boolean):
                return count_chunks(length * get_basic_size(element))
            return length
        case Container(_, fields):
            return len(fields)
        case _:
            raise AssertionError(f"{descriptor!r} is no descriptor")


def compute_chunks(descriptor: Descriptor[object], value: object) -> list[bytes]:
    """The chunks, 32 bytes each, at the bottom of a value's tree, zeros at its end left out."""
    match descriptor:
        case Uint() | Boolean():
            return _cut_chunks(encode_basic(descriptor, value))
        case ByteVector() | ByteList():
            return _cut_chunks(check_bytes(descriptor, value))
        case Container(_, fields):
            return [compute_root(field, getattr(value, name)) for name, field in fields]
        case Vector() | List():
            element = descriptor.element
            elements = check_elements(descriptor, value)
            if isinstance(element, Uint | Boolean):
                return _cut_chunks(b"".join(encode_basic(element, item) for item in elements))
            return [compute_root(element, item) for item in elements]
        case Union(options):
            option = options[get_selector(descriptor, value)][1]
            return [ZERO_NODES[0] if option is None else compute_root(option, value)]
        case Bitvector() | Bitlist():
            return _cut_chunks(pack_bits(check_bits(descriptor, value)))
        case _:
            raise AssertionError(f"{descriptor!r} is no descriptor")


def get_mixed_in(descriptor: Descriptor[object], value: object) -> bytes | None:
    """The chunk beside a tree: the length of a list, the selector of a union; else None."""
    match descriptor:
        case ByteList():
            return encode_chunk(len(check_bytes(descriptor, value)))
        case List():
            return encode_chunk(len(check_elements(descriptor, value)))
        case Bitlist():
            return encode_chunk(len(check_bits(descriptor, value)))
        case Union():
            return encode_chunk(get_selector(descriptor, value))
        case _:
            return None


def encode_chunk(number: int) -> bytes:
    """A number as a chunk."""
    return number.to_bytes(CHUNK_SIZE_BYTES, "little")


def count_chunks(size_bytes: int) -> int:
    """The chunks that so many bytes fill, rounded up."""
    return (size_bytes + CHUNK_SIZE_BYTES - 1) // CHUNK_SIZE_BYTES


def get_basic_size(element: Uint | Boolean) -> int:
    """The bytes of a number or truth value."""
    return element.bits // BITS_PER_BYTE if isinstance(element, Uint) else 1


def compute_depth(chunk_limit: int) -> int:
    """The levels of the smallest tree with room for so many chunks."""
    return (chunk_limit - 1).bit_length() if chunk_limit > 0 else 0


def compute_layers(chunks: list[bytes], depth: int) -> list[list[bytes]]:
    """The levels of a tree from the chunks to the root, zeros at their ends left out.

    Args:
        chunks: at most 2^depth nodes of 32 bytes.
        depth: levels above the chunks, at most 64.

    Returns:
        depth + 1 levels, of which the last is the root alone; a level of a tree without chunks
        is empty but for the root.
    """
    assert depth <= TREE_DEPTH_MAX, "no type of ours has so great a limit"
    assert len(chunks) <= 1 << depth, "the chunks have room"
    layers = [chunks]
    for level in range(depth):
        below = layers[-1]
        if len(below) % 2 == 1:
            below = [*below, ZERO_NODES[level]]
        layers.append([compute_node(below[i], below[i + 1]) for i in range(0, len(below), 2)])
    if not layers[-1]:
        layers[-1] = [ZERO_NODES[depth]]
    return layers


def _cut_chunks(data: bytes) -> list[bytes]:
    cuts = (*range(0, len(data), CHUNK_SIZE_BYTES), len(data))
    return [data[start:end].ljust(CHUNK_SIZE_BYTES, b"\x00") for start, end in pairwise(cuts)]
