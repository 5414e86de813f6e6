"""Finding nonces, for chains whose targets are easy."""

from dataclasses import replace
from itertools import count

from spec.consensus.pow.rules import compute_work_hash
from spec.ledger.ops import PowFields
from spec.ledger.types import Block


def find_nonce(block: Block, target: int) -> Block:
    """The block with the first nonce whose work hash meets the target.

    Args:
        block: a PoW block.
        target: easy enough to be met in a moment.
    """
    for nonce in count():
        header = replace(block.header, consensus=PowFields(target, nonce))
        if compute_work_hash(header) <= target:
            return replace(block, header=header)
    raise AssertionError("counting does not end")
