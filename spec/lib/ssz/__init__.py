"""SSZ, the one encoding: types as values, codec, hash tree roots, Merkle proofs."""

from spec.lib.ssz.decoding import decode
from spec.lib.ssz.descriptors import (
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
)
from spec.lib.ssz.encoding import encode
from spec.lib.ssz.errors import SszError
from spec.lib.ssz.merkle import hash_tree_root
from spec.lib.ssz.proofs import (
    compute_merkle_proof,
    get_generalized_index,
    is_valid_merkle_branch,
)

__all__ = [
    "Bitlist",
    "Bitvector",
    "Boolean",
    "ByteList",
    "ByteVector",
    "Container",
    "Descriptor",
    "List",
    "SszError",
    "Uint",
    "Union",
    "Vector",
    "compute_merkle_proof",
    "decode",
    "encode",
    "get_generalized_index",
    "hash_tree_root",
    "is_valid_merkle_branch",
]
