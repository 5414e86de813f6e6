"""Merkle proofs of parts of a value against its hash tree root.

A generalized index numbers the nodes of a value's tree: 1 is the root, 2i and 2i + 1 are the nodes
below i. In binary it reads: a one, then the turns from the root down, 0 to the left.

Source: SSZ of the Ethereum consensus specifications (merkle-proofs), decision record 0010.
"""

from spec.lib.ssz.descriptors import (
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
    get_selector,
)
from spec.lib.ssz.merkle import (
    CHUNK_SIZE_BYTES,
    ZERO_NODES,
    compute_chunks,
    compute_depth,
    compute_layers,
    compute_node,
    get_basic_size,
    get_chunk_limit,
    get_mixed_in,
)

LENGTH = "__len__"
"""The step of a path to a list's length."""
SELECTOR = "__selector__"
"""The step of a path to a union's selector."""

Step = str | int
"""Of a path: a field's name, the 0-based place of an element (of a union: the selector of the
option), LENGTH or SELECTOR."""


def get_generalized_index(descriptor: Descriptor[object], path: tuple[Step, ...]) -> int:
    """The generalized index of the chunk that holds a part of a value.

    Args:
        descriptor: the type.
        path: from the whole value to the part; a step its type does not have is an assertion.

    Returns:
        The index, at least 1; several small elements of a list share one chunk and one index.
    """
    index = 1
    current: Descriptor[object] | None = descriptor
    for step in path:
        assert current is not None, f"there is nothing below the chunk before {step!r}"
        if step in (LENGTH, SELECTOR):
            assert has_mixed_in(current), f"{current!r} has no {step}"
            assert isinstance(current, Union) == (step == SELECTOR), f"{current!r} has no {step}"
            index, current = index * 2 + 1, None
        else:
            place, current_below = _get_part(current, step)
            index = index * 2 if has_mixed_in(current) else index
            index = (index << compute_depth(get_chunk_limit(current))) + place
            current = current_below
    return index


def has_mixed_in(descriptor: Descriptor[object]) -> bool:
    """Whether the tree of a type has a length or selector beside it."""
    return isinstance(descriptor, List | ByteList | Bitlist | Union)


def _get_part(descriptor: Descriptor[object], step: Step) -> tuple[int, Descriptor[object] | None]:
    """The chunk that a step leads to, and the type below it; None where the chunk is the end."""
    match descriptor:
        case Container(_, fields):
            names = [name for name, _ in fields]
            assert step in names, f"{descriptor.cls.__name__} has no field {step!r}"
            place = names.index(str(step))
            return place, fields[place][1]
        case Union(options):
            assert isinstance(step, int), f"{step!r} is no selector"
            assert 0 <= step < len(options), f"{step} is no selector"
            return 0, options[step][1]
    assert isinstance(step, int), f"{step!r} is no place of an element"
    place, below = _get_element(descriptor, step)
    assert 0 <= place < get_chunk_limit(descriptor), f"{step} is out of range of {descriptor!r}"
    return place, below


def _get_element(
    descriptor: Descriptor[object], step: int
) -> tuple[int, Descriptor[object] | None]:
    match descriptor:
        case Vector(Uint() | Boolean() as element) | List(Uint() | Boolean() as element):
            return step * get_basic_size(element) // CHUNK_SIZE_BYTES, None
        case Vector(element) | List(element):
            return step, element
        case ByteVector() | ByteList():
            return step // CHUNK_SIZE_BYTES, None
        case Bitvector() | Bitlist():
            return step // (CHUNK_SIZE_BYTES * 8), None
        case _:
            raise AssertionError(f"{descriptor!r} has no parts")


def compute_merkle_proof(descriptor: Descriptor[T], value: T, index: int) -> tuple[bytes, ...]:
    """The branch that proves one node of a value's tree.

    Args:
        descriptor: the type.
        value: a value of that type.
        index: a generalized index of a node that this value's tree has; another is an assertion.

    Returns:
        The siblings, 32 bytes each, from the node up to below the root.
    """
    assert index >= 1, "indices begin with 1"
    turns = tuple(digit == "1" for digit in f"{index:b}"[1:])
    siblings: list[bytes] = []
    current: tuple[Descriptor[object], object] | None = (descriptor, value)
    while turns:
        assert current is not None, f"the tree has no node {index}"
        found, below, turns = _descend(current[0], current[1], turns)
        siblings += found
        current = below
    return tuple(reversed(siblings))


def _descend(
    descriptor: Descriptor[object], value: object, turns: tuple[bool, ...]
) -> tuple[list[bytes], tuple[Descriptor[object], object] | None, tuple[bool, ...]]:
    """Walks through the tree of one type: siblings from the top, the part below, turns left."""
    depth = compute_depth(get_chunk_limit(descriptor))
    layers = compute_layers(compute_chunks(descriptor, value), depth)
    siblings: list[bytes] = []
    mixed = get_mixed_in(descriptor, value)
    if mixed is not None:
        siblings.append(layers[-1][0] if turns[0] else mixed)
        if turns[0]:
            return siblings, None, turns[1:]
        turns = turns[1:]
    place = 0
    for level, turn in zip(range(depth - 1, -1, -1), turns, strict=False):
        place = place * 2 + turn
        layer, beside = layers[level], place ^ 1
        siblings.append(layer[beside] if beside < len(layer) else ZERO_NODES[level])
    return siblings, _get_value_below(descriptor, value, place), turns[depth:]


def _get_value_below(
    descriptor: Descriptor[object], value: object, place: int
) -> tuple[Descriptor[object], object] | None:
    """The part whose root is a chunk, with its type; None if the chunk is the end."""
    match descriptor:
        case Container(_, fields):
            if place < len(fields):
                name, field = fields[place]
                return field, getattr(value, name)
        case Union(options):
            option = options[get_selector(descriptor, value)][1]
            return None if option is None else (option, value)
        case Vector(element) | List(element):
            assert isinstance(value, tuple), "it has been hashed as one"
            if not isinstance(element, Uint | Boolean) and place < len(value):
                return element, value[place]
    return None


def is_valid_merkle_branch(leaf: bytes, branch: tuple[bytes, ...], index: int, root: bytes) -> bool:
    """Whether a branch proves that a tree has a node at a place.

    Args:
        leaf: the node, 32 bytes.
        branch: siblings from the node up to below the root.
        index: the node's generalized index. It must come from `get_generalized_index`: whoever
            chooses the index chooses what the node means.
        root: of the tree, 32 bytes.
    """
    if index < 1 or len(branch) != index.bit_length() - 1:
        return False
    if any(len(node) != CHUNK_SIZE_BYTES for node in (leaf, *branch)):
        return False
    node = leaf
    for level, sibling in enumerate(branch):
        is_right = index >> level & 1 == 1
        node = compute_node(sibling, node) if is_right else compute_node(node, sibling)
    return node == root
