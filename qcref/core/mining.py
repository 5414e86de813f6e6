"""Finding nonces, in pieces that an event loop can afford.

Source: CONSENSUS.md 2 (PoW).
"""

from dataclasses import replace
from hashlib import sha256
from itertools import count

from spec.consensus.pow.rules import compute_work_hash
from spec.ledger.ops import PowFields
from spec.ledger.types import HEADER, Block
from spec.lib.ssz import encode

NONCE_SIZE_BYTES = 8
"""The nonce is the last field of the last field of a header."""
PIECE = 1 << 16
"""Hashes between two looks at the result where nothing else waits."""


def search_nonces(block: Block, target: int, nonces: range) -> Block | None:
    """The block with the first of some nonces whose work hash meets the target.

    Args:
        block: of a chain whose blocks are proposed by work.
        target: the work hash, read as a number, must not exceed it.
        nonces: what to try, in order.
    """
    template = replace(block.header, consensus=PowFields(target, 0))
    start = sha256(encode(HEADER, template)[:-NONCE_SIZE_BYTES])
    for nonce in nonces:
        digest = start.copy()
        digest.update(nonce.to_bytes(NONCE_SIZE_BYTES, "little"))
        if int.from_bytes(sha256(digest.digest()).digest(), "little") <= target:
            header = replace(template, consensus=PowFields(target, nonce))
            assert compute_work_hash(header) <= target, "the nonce stands at the header's end"
            return replace(block, header=header)
    return None


def find_nonce(block: Block, target: int) -> Block:
    """The block with the first nonce of all whose work hash meets the target.

    Args:
        block: of a chain whose blocks are proposed by work.
        target: easy enough to be met in a moment.
    """
    for start in count(0, PIECE):
        found = search_nonces(block, target, range(start, start + PIECE))
        if found is not None:
            return found
    raise AssertionError("counting does not end")
