"""The state tree: shapes, deletions, proofs of presence and absence, forged proofs. Level 2."""

from dataclasses import replace
from typing import Final

from conformance.clients.spec.answers import JsonObject, to_hex
from conformance.generate.case import ACCEPT, Case, Suite
from spec.crypto.hashing import sha256
from spec.lib.ssz import encode
from spec.lib.trie import EMPTY, StateTree, Write
from spec.lib.trie_proof import TRIE_PROOF, ProofLeaf, TrieProof, compute_proof

Batches = tuple[tuple[Write, ...], ...]

LOW: Final = bytes(32)
NEXT: Final = bytes(31) + b"\x01"
HIGH: Final = b"\xff" * 32
HALF: Final = b"\x80" + bytes(31)
MIXED: Final = tuple((sha256(bytes([n])), bytes([n])) for n in range(1, 17))
FAMILY: Final = tuple((bytes([1]) + bytes(30) + bytes([n]), bytes([n])) for n in range(1, 9))
MISMATCH: Final = "trie.root_mismatch"


def build() -> tuple[Suite, ...]:
    """The suites of the state tree."""
    return (
        Suite("hash/trie", "hash", "hash", _build_roots()),
        Suite("hash/trie_proof", "hash", "hash", (*_build_proofs(), *_build_forged())),
    )


def _render(batches: Batches) -> list[list[list[str | None]]]:
    return [
        [[to_hex(key), None if value is None else to_hex(value)] for key, value in batch]
        for batch in batches
    ]


def _build_tree(batches: Batches) -> StateTree:
    tree = EMPTY
    for batch in batches:
        tree = tree.apply_batch(sorted(batch))
    return tree


def _build_roots() -> tuple[Case, ...]:
    rows: tuple[tuple[str, str, Batches], ...] = (
        ("empty", "The empty tree's root is 32 zero bytes, not a hash.", ()),
        ("one", "A single leaf commits to its key and its value.", (((LOW, b"a"),),)),
        ("one_other_key", "The key is hashed too.", (((NEXT, b"a"),),)),
        ("first_bit", "Keys may part at the first bit.", (((LOW, b"a"), (HALF, b"b")),)),
        ("last_bit", "Keys may part at the last bit.", (((LOW, b"a"), (NEXT, b"b")),)),
        ("both_ends", "Bits count from the highest.", (((LOW, b"a"), (NEXT, b"b"), (HIGH, b"c")),)),
        ("long_value", "Values are hashed whole.", (((LOW, bytes(1_000)),),)),
        ("sixteen", "Many leaves make one shape.", (MIXED,)),
        ("deep", "Keys with a long common beginning share one path.", (FAMILY,)),
        ("order", "The order of writes doesn't count.", (MIXED[8:], MIXED[:8])),
        ("one_by_one", "Batches don't count.", tuple((pair,) for pair in MIXED)),
        ("overwrite", "The last value counts.", (((LOW, b"a"), (NEXT, b"b")), ((LOW, b"c"),))),
        ("delete", "A deletion undoes the shape too.", (MIXED, ((MIXED[3][0], None),))),
        (
            "delete_to_one",
            "An inner node with one child is none.",
            (FAMILY[:2], ((FAMILY[0][0], None),)),
        ),
        ("delete_all", "What is emptied is empty.", (FAMILY, tuple((k, None) for k, _ in FAMILY))),
        ("delete_absent", "Deleting nothing changes nothing.", (FAMILY, ((HIGH, None),))),
        ("empty_value", "An empty value is absence.", (FAMILY, ((FAMILY[0][0], b""),))),
    )
    return tuple(
        Case(name, why, "state_tree", "trie.root", {"batches": _render(batches)})
        for name, why, batches in rows
    )


def _build_proofs() -> tuple[Case, ...]:
    cases: list[Case] = []
    absent = sha256(b"absent")
    rows: tuple[tuple[str, tuple[Write, ...], bytes], ...] = (
        ("present", MIXED, MIXED[0][0]),
        ("present_deep", FAMILY, FAMILY[4][0]),
        ("present_alone", FAMILY[:1], FAMILY[0][0]),
        ("absent", MIXED, absent),
        ("absent_neighbour", FAMILY, bytes([1]) + bytes(30) + b"\x09"),
        ("absent_alone", FAMILY[:1], absent),
        ("absent_empty", (), absent),
    )
    for name, pairs, key in rows:
        tree = _build_tree((pairs,))
        proof = compute_proof(tree, key)
        why = "A key has exactly one proof: bits ascending, siblings from the root down."
        args: JsonObject = {"batches": _render((pairs,)), "key": to_hex(key)}
        cases.append(Case(f"prove_{name}", why, "proof", "trie.prove", args))
        claim = (tree.root, key, tree.get(key))
        why = "A right proof convinces whoever knows the root."
        cases.append(_verify(f"verify_{name}", why, claim, proof))
    return tuple(cases)


def _build_forged() -> tuple[Case, ...]:
    tree = _build_tree((MIXED,))
    (key, value), (other, _) = MIXED[0], MIXED[1]
    root, proof = tree.root, compute_proof(tree, key)
    absent = sha256(b"absent")
    steps = proof.steps
    assert proof.leaf is not None, "the key is there"
    forged = replace(proof, leaf=ProofLeaf(key, sha256(b"forged")))
    moved = replace(steps[0], bit=steps[0].bit + 100)
    flipped = replace(steps[0], sibling=bytes(32))
    every = tuple(replace(flipped, bit=bit) for bit in range(256))
    whole = (root, key, value)
    ascending = "trie.bits_not_ascending"
    rows = (
        ("other_value", (root, key, b"other"), proof, "trie.value_mismatch"),
        ("claims_absence", (root, key, None), proof, "trie.key_present"),
        ("claims_presence", (root, absent, b"x"), compute_proof(tree, absent), "trie.key_absent"),
        ("other_root", (sha256(b"root"), key, value), proof, MISMATCH),
        ("other_key", (root, other, MIXED[1][1]), proof, MISMATCH),
        ("forged_value", (root, key, b"forged"), forged, MISMATCH),
        ("sibling_changed", whole, TrieProof(proof.leaf, (flipped, *steps[1:])), MISMATCH),
        ("step_dropped", whole, TrieProof(proof.leaf, steps[1:]), MISMATCH),
        ("step_doubled", whole, TrieProof(proof.leaf, (steps[0], *steps)), ascending),
        ("steps_reversed", whole, TrieProof(proof.leaf, steps[::-1]), ascending),
        ("bit_moved", whole, TrieProof(proof.leaf, (moved, *steps[1:])), ascending),
        ("empty_proof", (root, key, None), TrieProof(None, ()), MISMATCH),
        ("no_leaf", (root, key, None), TrieProof(None, steps), MISMATCH),
        ("all_bits", whole, replace(proof, steps=every), MISMATCH),
    )
    why = "A prover who lies about a value, a key, a bit or a leaf convinces nobody."
    cases = [_verify(f"forged_{n}", why, claim, p, code) for n, claim, p, code in rows]
    data = encode(TRIE_PROOF, proof)
    beyond = encode(TRIE_PROOF, replace(proof, steps=())) + bytes(33 * 257)
    for name, spoiled, code in (
        ("too_many_steps", beyond, "ssz.too_long"),
        ("leaf_of_none", data.replace(b"\x01" + key, b"\x00" + key), "ssz.wrong_length"),
        ("truncated", data[:-1], "ssz.uneven_length"),
        ("leaf_selector", data.replace(b"\x01" + key, b"\x02" + key), "ssz.selector_out_of_range"),
    ):
        args = {
            "root": to_hex(root),
            "key": to_hex(key),
            "value": to_hex(value or b""),
            "proof": to_hex(spoiled),
        }
        cases.append(Case(f"malformed_{name}", why, "malformed", "trie.verify", args, code))
    return tuple(cases)


def _verify(
    name: str,
    why: str,
    claim: tuple[bytes, bytes, bytes | None],
    proof: TrieProof,
    expected: str = ACCEPT,
) -> Case:
    """A case of verification; the claim is (root, key, value)."""
    root, key, value = claim
    args = {
        "root": to_hex(root),
        "key": to_hex(key),
        "value": None if value is None else to_hex(value),
        "proof": to_hex(encode(TRIE_PROOF, proof)),
    }
    rules = ("trie.root_mismatch", "trie.value_mismatch") if expected == ACCEPT else ()
    return Case(name, why, "proof", "trie.verify", args, expected, rules)
