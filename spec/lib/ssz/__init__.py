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
    "decode",
    "encode",
    "hash_tree_root",
]
