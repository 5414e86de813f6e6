"""Proofs that a state tree of a known root holds a value under a key, or holds none.

A proof is the path of the key: the bit and the sibling of each inner node from the root down, and
the leaf where the path ends. It proves *presence* if that leaf is the key's own, and *absence* if
it is the leaf of another key or the tree is empty.

Why this is sound. Let the root be that of a tree of this shape (consensus makes it so) and SHA-256
free of collisions. Tags and lengths of the preimages differ, so each root on the path opens in one
way only: the steps that recompute the known root *are* the nodes of the tree, with the bits they
stand for, and the turns taken are those of the queried key, since the verifier derives them from
its bits. In a tree of this shape the leaf of a key lies on the key's own turns, all the way down.
The path therefore ends at the leaf of the key if there is one: if it ends elsewhere, there is none.

Here the bit in the preimage is needed. Did an inner node commit to its halves alone, a prover could
name another bit, of which the key and its neighbour agree, lead the turn into the wrong half and
"prove" that a present key is absent.

A key has exactly one proof for a tree: bits ascend, and nothing in it is optional.

Source: DESIGN.md 2.2; decision record 0011.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from spec.lib.ssz import ByteVector, Container, List, Uint, Union
from spec.lib.trie import (
    EMPTY_ROOT,
    HASH_SIZE_BYTES,
    KEY_BITS,
    KEY_SIZE_BYTES,
    Inner,
    StateTree,
    compute_inner_root,
    compute_leaf_root,
    compute_value_hash,
    find_leaf,
    has_bit,
)


@dataclass(frozen=True, slots=True)
class ProofStep:
    """An inner node on the path."""

    bit: int
    """The bit that it commits to, 0 to 255."""
    sibling: bytes
    """The root of the half that the path does not enter, 32 bytes."""


@dataclass(frozen=True, slots=True)
class ProofLeaf:
    """The leaf where the path ends."""

    key: bytes
    """32 bytes; another key than the queried one proves absence."""
    value_hash: bytes
    """SHA-256 of its value, 32 bytes."""


@dataclass(frozen=True, slots=True)
class TrieProof:
    """The path of a key in a state tree."""

    leaf: ProofLeaf | None
    """None in the empty tree only."""
    steps: tuple[ProofStep, ...]
    """From the root down, at most 256, bits ascending."""


PROOF_STEP = Container(ProofStep, (("bit", Uint(8)), ("sibling", ByteVector(32))))
PROOF_LEAF = Container(ProofLeaf, (("key", ByteVector(32)), ("value_hash", ByteVector(32))))
TRIE_PROOF = Container(
    TrieProof,
    (
        ("leaf", Union(((None, None), (ProofLeaf, PROOF_LEAF)))),
        ("steps", List(PROOF_STEP, KEY_BITS)),
    ),
)


@dataclass(frozen=True, slots=True)
class MalformedProof:
    """A part of a proof has a size or a range that no encoding of it could have."""

    code: ClassVar[str] = "trie.malformed_proof"
    part: str
    """Which: "step" or "leaf"."""

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"a {self.part} of the proof is not of its form: hashes and keys have 32 bytes"


@dataclass(frozen=True, slots=True)
class BitsNotAscending:
    """The bits of a proof's steps do not ascend, as those of a path do."""

    code: ClassVar[str] = "trie.bits_not_ascending"
    bits: tuple[int, ...]

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the bits of the steps, {', '.join(map(str, self.bits))}, do not ascend"


@dataclass(frozen=True, slots=True)
class RootMismatch:
    """A proof belongs to another tree or another key."""

    code: ClassVar[str] = "trie.root_mismatch"
    expected: bytes
    actual: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the proof leads to the root {self.actual.hex()}, not {self.expected.hex()}"


@dataclass(frozen=True, slots=True)
class KeyAbsent:
    """A value is claimed, and the proof shows that there is none."""

    code: ClassVar[str] = "trie.key_absent"
    key: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the tree holds nothing under the key {self.key.hex()}"


@dataclass(frozen=True, slots=True)
class KeyPresent:
    """Absence is claimed, and the proof shows that there is a value."""

    code: ClassVar[str] = "trie.key_present"
    key: bytes
    value_hash: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"the tree holds a value of hash {self.value_hash.hex()} under {self.key.hex()}"


@dataclass(frozen=True, slots=True)
class ValueMismatch:
    """The tree holds another value than the one claimed."""

    code: ClassVar[str] = "trie.value_mismatch"
    key: bytes
    expected_hash: bytes
    actual_hash: bytes

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            f"the value under {self.key.hex()} has the hash {self.actual_hash.hex()}, "
            f"the claimed one {self.expected_hash.hex()}"
        )


ProofError = (
    MalformedProof | BitsNotAscending | RootMismatch | KeyAbsent | KeyPresent | ValueMismatch
)
"""Every reason for which a proof is refused."""


def compute_proof(tree: StateTree, key: bytes) -> TrieProof:
    """The one proof of what a tree holds under a key of 32 bytes, be it a value or nothing."""
    leaf = find_leaf(tree, key)
    if leaf is None:
        return TrieProof(None, ())
    steps: list[ProofStep] = []
    node = tree.top
    while isinstance(node, Inner):
        below, beside = node.left, node.right
        if has_bit(key, node.bit):
            below, beside = beside, below
        steps.append(ProofStep(node.bit, beside.root))
        node = below
    return TrieProof(ProofLeaf(leaf.key, compute_value_hash(leaf.value)), tuple(steps))


def validate_proof(
    root: bytes, key: bytes, value: bytes | None, proof: TrieProof
) -> ProofError | None:
    """Whether a tree holds a value, or nothing, under a key.

    Args:
        root: of the tree, 32 bytes, from a source that is trusted (a final block's header).
        key: 32 bytes.
        value: what is claimed; None, as an empty value, claims absence.
        proof: from anywhere, decoded or built by hand.

    Returns:
        None if the claim is proved; else the first fault: form, order of bits, root, claim.
    """
    assert len(key) == KEY_SIZE_BYTES, "a key has 32 bytes"
    malformed = _validate_form(proof)
    if malformed is not None:
        return malformed
    bits = tuple(step.bit for step in proof.steps)
    if any(bit >= following for bit, following in pairwise(bits)):
        return BitsNotAscending(bits)
    actual = _compute_path_root(key, proof)
    if actual != root:
        return RootMismatch(root, actual)
    return _validate_claim(key, value, proof.leaf)


def _validate_form(proof: TrieProof) -> MalformedProof | None:
    """Whether every part has the size that keeps the preimages of leaves and inner nodes apart."""
    leaf = proof.leaf
    if leaf is not None:
        sizes = len(leaf.key), len(leaf.value_hash)
        if sizes != (KEY_SIZE_BYTES, HASH_SIZE_BYTES):
            return MalformedProof("leaf")
    for step in proof.steps:
        if len(step.sibling) != HASH_SIZE_BYTES or not 0 <= step.bit < KEY_BITS:
            return MalformedProof("step")
    return None


def _compute_path_root(key: bytes, proof: TrieProof) -> bytes:
    """The root that a path leads up to, with the turns of the queried key."""
    node = EMPTY_ROOT
    if proof.leaf is not None:
        node = compute_leaf_root(proof.leaf.key, proof.leaf.value_hash)
    for step in reversed(proof.steps):
        if has_bit(key, step.bit):
            node = compute_inner_root(step.bit, step.sibling, node)
        else:
            node = compute_inner_root(step.bit, node, step.sibling)
    return node


def _validate_claim(key: bytes, value: bytes | None, leaf: ProofLeaf | None) -> ProofError | None:
    """Whether the leaf at the end of a key's path bears a claim out."""
    is_present = leaf is not None and leaf.key == key
    if not value:
        return KeyPresent(key, leaf.value_hash) if leaf is not None and is_present else None
    if leaf is None or not is_present:
        return KeyAbsent(key)
    value_hash = compute_value_hash(value)
    if leaf.value_hash != value_hash:
        return ValueMismatch(key, value_hash, leaf.value_hash)
    return None
