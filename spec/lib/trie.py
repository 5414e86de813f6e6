"""The state tree: a persistent map from 32-byte keys to bytes, with one root.

It is a path-compressed binary Merkle trie. A leaf holds one key; an inner node stands where the
keys below it first differ, and commits to the number of that bit:

    leaf   H(0x00, key, H(value))
    inner  H(0x01, bit, left, right)      bit 0 is the highest of the key's first byte
    empty  32 zero bytes

So one set of pairs has one shape and one root, whatever the order of the writes that led to it; the
root gives equality, and a path of it proves presence or absence (`spec.lib.trie_proof`, which says
why the bit must be committed). An empty value is absence.

`compute_trie_root` is the definition. `StateTree` gives the same root and shares with earlier
versions all that a batch does not touch. Recursion follows the bits of a key: at most 257 calls.

Source: DESIGN.md 2.2; decision record 0011.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import ClassVar

KEY_SIZE_BYTES = 32
KEY_BITS = 256
"""Bits of a key, and the greatest depth of a tree."""
HASH_SIZE_BYTES = 32
"""Bytes of a root or of a value's hash."""
EMPTY_ROOT = bytes(HASH_SIZE_BYTES)
"""The root of a tree without leaves; no hash is known to give it."""
LEAF_TAG = b"\x00"
INNER_TAG = b"\x01"

Item = tuple[bytes, bytes]
"""A key and its value, which is not empty."""
Write = tuple[bytes, bytes | None]
"""A key and what it shall hold; None, as an empty value, deletes it."""


def compute_leaf_root(key: bytes, value_hash: bytes) -> bytes:
    """The root of a leaf, from its key and the SHA-256 of its value."""
    return sha256(LEAF_TAG + key + value_hash).digest()


def compute_inner_root(bit: int, left: bytes, right: bytes) -> bytes:
    """The root of an inner node, from the bit that tells its halves apart and their roots."""
    return sha256(INNER_TAG + bit.to_bytes(1, "big") + left + right).digest()


def compute_value_hash(value: bytes) -> bytes:
    """SHA-256 of a value, which a leaf commits to: a proof of absence need not show it."""
    return sha256(value).digest()


def has_bit(key: bytes, bit: int) -> bool:
    """Whether a bit of a key is set; bit 0 is the highest of the first byte."""
    return key[bit >> 3] >> (7 - (bit & 7)) & 1 == 1


def compute_first_difference(one: bytes, other: bytes) -> int:
    """The first bit in which two keys differ, or 256 if they are equal."""
    return KEY_BITS - (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_length()


def compute_trie_root(items: tuple[Item, ...]) -> bytes:
    """The root of a set of pairs: the definition of the state tree.

    Args:
        items: pairs ascending by key, no key twice, no value empty.
    """
    assert is_sorted(items), "the pairs ascend by key"
    assert all(value for _, value in items), "an empty value is absence"
    return _compute_sorted_root(items)


def _compute_sorted_root(items: tuple[Item, ...]) -> bytes:
    if not items:
        return EMPTY_ROOT
    if len(items) == 1:
        return compute_leaf_root(items[0][0], compute_value_hash(items[0][1]))
    bit = compute_first_difference(items[0][0], items[-1][0])
    left = tuple(item for item in items if not has_bit(item[0], bit))
    right = tuple(item for item in items if has_bit(item[0], bit))
    return compute_inner_root(bit, _compute_sorted_root(left), _compute_sorted_root(right))


def is_sorted(items: Sequence[Write]) -> bool:
    """Whether all keys have 32 bytes and ascend strictly."""
    return all(len(key) == KEY_SIZE_BYTES for key, _ in items) and all(
        before[0] < after[0] for before, after in pairwise(items)
    )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Leaf:
    """One key with its value."""

    bit: ClassVar[int] = KEY_BITS
    key: bytes
    value: bytes
    """Not empty."""
    root: bytes


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Inner:
    """At least two keys, which agree before `bit` and are told apart by it."""

    bit: int
    """0 to 255, greater than that of the node above."""
    key: bytes
    """32 bytes, of which those bits before `bit` count: all keys below begin so."""
    left: "Leaf | Inner"
    """The keys without the bit."""
    right: "Leaf | Inner"
    """The keys with the bit."""
    root: bytes


Node = Leaf | Inner


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StateTree:
    """A version of the map. Versions share nodes; none ever changes."""

    top: Node | None
    """None in the empty tree."""

    @property
    def root(self) -> bytes:
        """The 32 bytes that commit to the pairs."""
        return EMPTY_ROOT if self.top is None else self.top.root

    def get(self, key: bytes) -> bytes | None:
        """The value under a key of 32 bytes, or None if there is none."""
        leaf = find_leaf(self, key)
        return leaf.value if leaf is not None and leaf.key == key else None

    def apply_batch(self, writes: Sequence[Write]) -> "StateTree":
        """The tree after writes.

        Args:
            writes: ascending by key, no key twice; a value that is None or empty deletes.

        Returns:
            A new version; a write that changes nothing leaves its nodes as they are.
        """
        assert is_sorted(writes), "writes ascend by key, each key once"
        return StateTree(_apply_writes(self.top, writes, 0, len(writes)))

    def items(self) -> Iterator[Item]:
        """The pairs, ascending by key."""
        waiting = [] if self.top is None else [self.top]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Leaf):
                yield node.key, node.value
            else:
                waiting += (node.right, node.left)

    def diff(self, other: "StateTree") -> tuple[Write, ...]:
        """The writes that make `other` of this tree, ascending by key; visits what differs."""
        writes: list[Write] = []
        waiting = [(self.top, other.top)]
        while waiting:
            before, after = waiting.pop()
            if _get_root(before) == _get_root(after):
                continue
            bit = _compute_split(before, after)
            if bit == KEY_BITS:
                writes.append(_compute_write(before, after))
            else:
                one, two = _split(before, bit), _split(after, bit)
                waiting += ((one[1], two[1]), (one[0], two[0]))
        return tuple(writes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StateTree) and self.root == other.root

    def __hash__(self) -> int:
        return int.from_bytes(self.root[:8], "big")

    def __repr__(self) -> str:
        return f"StateTree(root={self.root.hex()})"


EMPTY = StateTree(None)
"""The tree without leaves."""


def find_leaf(tree: StateTree, key: bytes) -> Leaf | None:
    """Where the path of a key ends: its own leaf or that of another key, None in an empty tree."""
    assert len(key) == KEY_SIZE_BYTES, "a key has 32 bytes"
    node = tree.top
    while isinstance(node, Inner):
        node = node.right if has_bit(key, node.bit) else node.left
    return node


def compute_leaf(key: bytes, value: bytes | None) -> Leaf | None:
    """The leaf of a pair; none for an empty value."""
    if not value:
        return None
    return Leaf(key, value, compute_leaf_root(key, compute_value_hash(value)))


def _apply_writes(node: Node | None, writes: Sequence[Write], start: int, end: int) -> Node | None:
    """The node after `writes[start:end]`, whose keys agree with its own before the bit above it."""
    if start == end:
        return node
    first, last = writes[start][0], writes[end - 1][0]
    bit = compute_first_difference(first, last)
    if node is not None:
        bit = min(bit, node.bit, compute_first_difference(first, node.key))
    if bit == KEY_BITS:
        return _apply_write(node, writes[start])
    middle = _find_middle(writes, bit, start, end)
    below = _split(node, bit)
    left = _apply_writes(below[0], writes, start, middle)
    right = _apply_writes(below[1], writes, middle, end)
    if left is below[0] and right is below[1]:
        return node
    if left is None or right is None:
        return left or right
    return Inner(bit, left.key, left, right, compute_inner_root(bit, left.root, right.root))


def _apply_write(node: Node | None, write: Write) -> Node | None:
    key, value = write
    is_unchanged = isinstance(node, Leaf) and node.value == value
    return node if is_unchanged else compute_leaf(key, value)


def _find_middle(writes: Sequence[Write], bit: int, start: int, end: int) -> int:
    """The first of `writes[start:end]`, equal before `bit`, whose key has it; else `end`."""
    while start < end:
        middle = (start + end) // 2
        if has_bit(writes[middle][0], bit):
            end = middle
        else:
            start = middle + 1
    return start


def _split(node: Node | None, bit: int) -> tuple[Node | None, Node | None]:
    """The parts of a node without and with a bit, which is not behind its own."""
    if node is None:
        return None, None
    if isinstance(node, Inner) and node.bit == bit:
        return node.left, node.right
    return (None, node) if has_bit(node.key, bit) else (node, None)


def _get_root(node: Node | None) -> bytes:
    return EMPTY_ROOT if node is None else node.root


def _compute_split(one: Node | None, other: Node | None) -> int:
    """The first bit that tells keys below two nodes apart; 256 if they have but one key."""
    if one is None or other is None:
        return min(node.bit for node in (one, other) if node is not None)
    return min(one.bit, other.bit, compute_first_difference(one.key, other.key))


def _compute_write(before: Node | None, after: Node | None) -> Write:
    """The write between two leaves of one key, of which one may be missing."""
    if isinstance(after, Leaf):
        return after.key, after.value
    assert isinstance(before, Leaf), "two nodes that differ are not both missing"
    return before.key, None
