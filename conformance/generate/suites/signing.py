"""What the three tables of signatures share: keys, and the shape of a case."""

from typing import Final

from conformance.clients.spec.answers import to_hex
from conformance.generate.case import ACCEPT, Case
from spec.crypto.hashing import sha256

METHOD: Final = "signature.verify"
ROOT: Final = sha256(b"a signing root")
NOT_AUTHENTIC: Final = "signature.not_authentic"
KEY_LENGTH: Final = "signature.key_length_wrong"
LENGTH: Final = "signature.length_wrong"


def make_seed(name: str) -> bytes:
    """A secret that everybody may know: SHA-256 of its name."""
    return sha256(b"qcv/1 seed ", name.encode("ascii"))


def flip(data: bytes, bit: int) -> bytes:
    """The bytes with one bit changed, counted from the lowest bit of the first byte."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def make_case(
    name: str, why: str, triple: tuple[int, bytes, bytes, bytes], expected: str = ACCEPT
) -> Case:
    """A case of verification.

    Args:
        name: of the case.
        why: the mistake it catches.
        triple: scheme, public key, message, signature.
        expected: accept or the code that refuses.
    """
    scheme, key, message, signature = triple
    args = {
        "scheme": scheme,
        "public_key": to_hex(key),
        "message": to_hex(message),
        "signature": to_hex(signature),
    }
    bug_class = "signature" if expected == ACCEPT else expected.partition(".")[2]
    rules = (NOT_AUTHENTIC,) if expected == ACCEPT else ()
    return Case(name, why, bug_class, METHOD, args, expected, rules)
