"""The one hash function of the chain: SHA-256 (FIPS 180-4)."""

import hashlib


def sha256(*parts: bytes) -> bytes:
    """SHA-256 of the parts, joined without separators.

    Args:
        parts: any number of byte strings; the caller sees to it that their lengths are fixed or
            committed, since the hash of (a, b) is that of a + b.

    Returns:
        The digest, 32 bytes.
    """
    return hashlib.sha256(b"".join(parts)).digest()
