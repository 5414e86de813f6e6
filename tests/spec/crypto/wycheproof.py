"""Wycheproof's signature vectors in our terms: (public key, message, signature) and its verdict.

Keys come uncompressed and become compressed; DER signatures become 64 bytes where they are strict
DER of two numbers that fit. What can't be written in our format at all is kept apart, so that a
test can say how many there are and that none of them was meant to be valid.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from spec.crypto.signing import ED25519, SECP256K1, secp256k1
from tests.foreign import get_vectors


@dataclass(frozen=True, slots=True)
class Vector:
    """A vector; `signature` is None where our format can't express it."""

    name: str
    scheme: int
    public_key: bytes
    message: bytes
    signature: bytes | None
    result: str

    @property
    def is_high_s(self) -> bool:
        if self.scheme != SECP256K1 or self.signature is None or len(self.signature) != 64:
            return False
        return secp256k1.LOW_S_MAX < int.from_bytes(self.signature[32:], "big") < secp256k1.ORDER


def _read(suite: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    document = json.loads((get_vectors("wycheproof") / f"{suite}.json").read_text())
    count = 0
    for group in document["testGroups"]:
        for case in group["tests"]:
            count += 1
            yield group, case
    assert count == document["numberOfTests"]


def read_ed25519() -> tuple[Vector, ...]:
    return tuple(
        Vector(
            f"ed25519 {case['tcId']} {case['comment']}",
            ED25519,
            bytes.fromhex(group["publicKey"]["pk"]),
            bytes.fromhex(case["msg"]),
            bytes.fromhex(case["sig"]),
            case["result"],
        )
        for group, case in _read("ed25519_test")
    )


def read_ecdsa(suite: str) -> tuple[Vector, ...]:
    """The vectors of a file; those of a p1363 file are 64 bytes already, the others DER."""
    return tuple(
        Vector(
            f"{suite} {case['tcId']} {case['comment']}",
            SECP256K1,
            compress(bytes.fromhex(group["publicKey"]["uncompressed"])),
            bytes.fromhex(case["msg"]),
            bytes.fromhex(case["sig"]) if "p1363" in suite else convert_der(case["sig"]),
            case["result"],
        )
        for group, case in _read(suite)
    )


def compress(uncompressed: bytes) -> bytes:
    """A compressed key from its 65 bytes."""
    assert len(uncompressed) == 65
    assert uncompressed[0] == 4
    return bytes([2 + uncompressed[64] % 2]) + uncompressed[1:33]


def convert_der(text: str) -> bytes | None:
    """64 bytes from strict DER of two numbers of at most 32 bytes, else None."""
    der = bytes.fromhex(text)
    if len(der) < 2 or der[0] != 0x30 or der[1] >= 0x80 or der[1] != len(der) - 2:
        return None
    numbers = []
    rest = der[2:]
    for _ in range(2):
        if len(rest) < 3 or rest[0] != 2 or not 1 <= rest[1] <= len(rest) - 2:
            return None
        body, rest = rest[2 : 2 + rest[1]], rest[2 + rest[1] :]
        is_negative = body[0] >= 0x80
        is_padded = len(body) > 1 and body[0] == 0 and body[1] < 0x80
        stripped = body.lstrip(b"\0")
        if is_negative or is_padded or len(stripped) > 32:
            return None
        numbers.append(stripped.rjust(32, b"\0"))
    return None if rest else b"".join(numbers)
