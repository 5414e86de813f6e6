"""The state tree by itself: roots of pairs, updates, proofs."""

from typing import Any

from conformance.clients.spec.answers import Accept, Answer, JsonObject, Reject, to_bytes, to_hex
from conformance.clients.spec.views import render_view
from spec.lib.result import Err
from spec.lib.ssz import decode, encode
from spec.lib.trie import EMPTY, StateTree, Write
from spec.lib.trie_proof import TRIE_PROOF, compute_proof, validate_proof


def compute_root(args: JsonObject) -> Answer:
    """`trie.root`: the root after batches of writes to an empty tree; null deletes."""
    return Accept(to_hex(_build_tree(args["batches"]).root))


def prove(args: JsonObject) -> Answer:
    """`trie.prove`: the proof, encoded and as a view, of what a tree holds under a key."""
    proof = compute_proof(_build_tree(args["batches"]), to_bytes(args["key"]))
    return Accept(
        {"bytes": to_hex(encode(TRIE_PROOF, proof)), "view": render_view(TRIE_PROOF, proof)}
    )


def verify(args: JsonObject) -> Answer:
    """`trie.verify`: whether an encoded proof shows a value, or null, under a key."""
    decoded = decode(TRIE_PROOF, to_bytes(args["proof"]))
    if isinstance(decoded, Err):
        return Reject(decoded.error.code)
    value = None if args["value"] is None else to_bytes(args["value"])
    failure = validate_proof(to_bytes(args["root"]), to_bytes(args["key"]), value, decoded.value)
    return Accept() if failure is None else Reject(failure.code)


def _build_tree(batches: list[list[list[Any]]]) -> StateTree:
    tree = EMPTY
    for batch in batches:
        tree = tree.apply_batch(sorted(_read_write(pair) for pair in batch))
    return tree


def _read_write(pair: list[Any]) -> Write:
    key, value = pair
    return to_bytes(key), None if value is None else to_bytes(value)
