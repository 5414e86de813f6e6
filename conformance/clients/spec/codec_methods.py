"""Level 1 and the roots of level 2: bytes to values and back, hash tree roots."""

from conformance.clients.spec.answers import Accept, Answer, JsonObject, Reject, to_bytes, to_hex
from conformance.clients.spec.types import get_type
from conformance.clients.spec.views import read_view, render_view
from spec.lib.result import Err
from spec.lib.ssz import decode, encode, hash_tree_root


def decode_value(args: JsonObject) -> Answer:
    """`ssz.decode`: the view of the value that bytes encode."""
    descriptor = get_type(args["type"])
    decoded = decode(descriptor, to_bytes(args["bytes"]))
    if isinstance(decoded, Err):
        return Reject(decoded.error.code)
    return Accept(render_view(descriptor, decoded.value))


def encode_value(args: JsonObject) -> Answer:
    """`ssz.encode`: the bytes of a value given by its view."""
    descriptor = get_type(args["type"])
    return Accept(to_hex(encode(descriptor, read_view(descriptor, args["value"]))))


def compute_root(args: JsonObject) -> Answer:
    """`ssz.root`: the hash tree root of the value that bytes encode."""
    descriptor = get_type(args["type"])
    decoded = decode(descriptor, to_bytes(args["bytes"]))
    if isinstance(decoded, Err):
        return Reject(decoded.error.code)
    return Accept(to_hex(hash_tree_root(descriptor, decoded.value)))
