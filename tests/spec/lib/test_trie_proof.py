from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.crypto.hashing import sha256
from spec.lib.result import Ok
from spec.lib.ssz import decode, encode
from spec.lib.trie import EMPTY, EMPTY_ROOT, StateTree, Write, has_bit
from spec.lib.trie_proof import (
    TRIE_PROOF,
    BitsNotAscending,
    KeyAbsent,
    KeyPresent,
    MalformedProof,
    ProofLeaf,
    ProofStep,
    RootMismatch,
    TrieProof,
    ValueMismatch,
    compute_proof,
    validate_proof,
)
from tests.spec.lib.test_trie import BATCHES, KEYS, flip

PRESENT = tuple(sha256(bytes((i,))) for i in range(40))
TREE = EMPTY.apply_batch(sorted((key, key[:3]) for key in PRESENT))
KEY, OTHER = PRESENT[7], PRESENT[8]
ABSENT = sha256(b"absent")


def get_code(tree: StateTree, key: bytes, value: bytes | None, proof: TrieProof) -> str | None:
    error = validate_proof(tree.root, key, value, proof)
    if error is None:
        return None
    assert error.message
    return error.code


@given(BATCHES, KEYS)
def test_a_tree_proves_what_it_holds_and_nothing_else(
    batch: tuple[Write, ...], other: bytes
) -> None:
    tree = EMPTY.apply_batch(batch)
    for key in (other, *(key for key, _ in batch)):
        value, proof = tree.get(key), compute_proof(tree, key)
        assert get_code(tree, key, value, proof) is None
        assert decode(TRIE_PROOF, encode(TRIE_PROOF, proof)) == Ok(proof)
        if value is None:
            assert get_code(tree, key, b"made up", proof) == KeyAbsent.code
        else:
            assert get_code(tree, key, None, proof) == KeyPresent.code
            assert get_code(tree, key, b"", proof) == KeyPresent.code
            assert get_code(tree, key, value + b"\x00", proof) == ValueMismatch.code


@given(BATCHES, KEYS, KEYS)
def test_a_proof_never_supports_a_false_claim_about_any_key(
    batch: tuple[Write, ...], queried: bytes, proved: bytes
) -> None:
    tree = EMPTY.apply_batch(batch)
    keys = (queried, proved, *(key for key, _ in batch))
    for key in keys:
        for path in keys:
            proof, value = compute_proof(tree, path), tree.get(key)
            false_claim = b"made up" if value is None else None
            assert get_code(tree, key, false_claim, proof) is not None


def test_the_proof_of_another_key_is_refused() -> None:
    assert get_code(TREE, KEY, KEY[:3], compute_proof(TREE, OTHER)) == RootMismatch.code
    assert get_code(TREE, KEY, None, compute_proof(TREE, OTHER)) == RootMismatch.code


def test_the_proof_of_another_version_is_refused() -> None:
    later = TREE.apply_batch([(OTHER, b"changed")])
    assert get_code(later, KEY, KEY[:3], compute_proof(TREE, KEY)) == RootMismatch.code


@pytest.mark.parametrize("value", [None, KEY[:3]], ids=["absence", "presence"])
@pytest.mark.parametrize("key", [KEY, ABSENT], ids=["present", "absent"])
def test_no_change_of_a_path_is_accepted(key: bytes, value: bytes | None) -> None:
    proof = compute_proof(TREE, key)
    steps = proof.steps
    first, second, *rest = steps
    swapped = replace(first, sibling=second.sibling), replace(second, sibling=first.sibling)
    changed = {
        "without its last step": steps[:-1],
        "without its first step": steps[1:],
        "without steps": (),
        "with a step more": (*steps, ProofStep(255, bytes(32))),
        "with a step before": (ProofStep(0, bytes(32)), *steps[1:]),
        "with siblings swapped": (*swapped, *rest),
        "with steps swapped": (second, first, *rest),
        "with a step twice": (first, first, *steps[1:]),
    }
    for what, other in changed.items():
        assert get_code(TREE, key, value, replace(proof, steps=other)) is not None, what


def test_lying_about_the_bit_of_a_node_hides_no_key() -> None:
    """The attack for which an inner node commits to its bit (decision record 0011)."""
    hidden, neighbour = flip(bytes(32), frozenset({9})), b"\x80" + bytes(31)
    tree = EMPTY.apply_batch([(hidden, b"h"), (neighbour, b"n")])
    honest = compute_proof(tree, neighbour)
    assert [step.bit for step in honest.steps] == [0]
    for bit in range(256):
        lie = replace(honest, steps=(replace(honest.steps[0], bit=bit),))
        assert get_code(tree, hidden, None, lie) == RootMismatch.code

    # Without the bit in the preimage it works: the key and its neighbour both turn right at bit 9.
    leaves = [
        sha256(b"\x00", key, sha256(key_value))
        for key, key_value in ((hidden, b"h"), (neighbour, b"n"))
    ]
    uncommitted_root = sha256(b"\x01", *leaves)
    assert has_bit(hidden, 9)
    assert sha256(b"\x01", honest.steps[0].sibling, leaves[1]) == uncommitted_root


def test_an_inner_node_cannot_pose_as_a_leaf_nor_a_leaf_as_the_empty_tree() -> None:
    proof = compute_proof(TREE, KEY)
    top = TREE.top
    assert top is not None
    posing = TrieProof(ProofLeaf(ABSENT, top.root), ())
    assert get_code(TREE, ABSENT, None, posing) == RootMismatch.code
    assert get_code(TREE, ABSENT, None, TrieProof(None, ())) == RootMismatch.code
    assert get_code(TREE, ABSENT, None, TrieProof(None, proof.steps)) == RootMismatch.code
    assert get_code(EMPTY, ABSENT, b"v", TrieProof(None, ())) == KeyAbsent.code
    assert validate_proof(EMPTY_ROOT, ABSENT, None, TrieProof(None, ())) is None


def test_bits_that_do_not_ascend_are_refused_before_any_hash() -> None:
    proof = compute_proof(TREE, KEY)
    for steps in (proof.steps[::-1], (proof.steps[0], *proof.steps)):
        assert get_code(TREE, KEY, KEY[:3], TrieProof(proof.leaf, steps)) == BitsNotAscending.code


@pytest.mark.parametrize(
    "proof",
    [
        TrieProof(ProofLeaf(b"short", bytes(32)), ()),
        TrieProof(ProofLeaf(KEY, bytes(33)), ()),
        TrieProof(None, (ProofStep(0, b""),)),
        TrieProof(None, (ProofStep(256, bytes(32)),)),
        TrieProof(None, (ProofStep(-1, bytes(32)),)),
    ],
    ids=["short key", "long hash", "no sibling", "bit 256", "bit -1"],
)
def test_a_proof_that_was_never_encoded_is_refused_not_raised(proof: TrieProof) -> None:
    assert get_code(TREE, KEY, None, proof) == MalformedProof.code


@given(st.sampled_from((KEY, ABSENT)), st.data())
def test_no_changed_byte_of_a_proof_is_accepted(key: bytes, data: st.DataObject) -> None:
    encoded = encode(TRIE_PROOF, compute_proof(TREE, key))
    at = data.draw(st.integers(0, len(encoded) - 1))
    mask = data.draw(st.integers(1, 255))
    mutated = encoded[:at] + bytes((encoded[at] ^ mask,)) + encoded[at + 1 :]
    decoded = decode(TRIE_PROOF, mutated)
    if isinstance(decoded, Ok):
        assert validate_proof(TREE.root, key, TREE.get(key), decoded.value) is not None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_proof_or_an_error(data: bytes) -> None:
    decoded = decode(TRIE_PROOF, data)
    if isinstance(decoded, Ok):
        assert validate_proof(TREE.root, KEY, None, decoded.value) is not None
