"""LMD-GHOST: the head is found by walking down the heavier branch, from the final block.

Only branches count that lead to a leaf with the highest justified epoch of the tree. A branch
weighs what the latest votes of members for its blocks weigh; the first timely block of the current
slot weighs more by the boost, so that votes held back cannot easily turn it over.

Source: Buterin and others, "Combining GHOST and Casper", arXiv 2003.03052; consensus-specs phase0,
fork choice (filtered block tree, proposer boost); CONSENSUS.md 1, 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from spec.ledger.codec import BlockId


@dataclass(frozen=True, slots=True)
class Leafward:
    """A block as the walk sees it."""

    block_id: BlockId
    parent: BlockId
    justified_epoch: int
    """As the chain up to this block has it."""


def compute_head(blocks: tuple[Leafward, ...], weights: Mapping[BlockId, int]) -> BlockId:
    """The head of a tree; ties go to the greater id.

    Args:
        blocks: the root first, every parent before its children; at least one.
        weights: votes for each block, boost included; unknown blocks count for nothing.
    """
    highest = max(block.justified_epoch for block in blocks)
    total = {block.block_id: weights.get(block.block_id, 0) for block in blocks}
    parents = frozenset(block.parent for block in blocks[1:])
    viable = {
        block.block_id: block.block_id not in parents and block.justified_epoch == highest
        for block in blocks
    }
    children: dict[BlockId, list[BlockId]] = {block.block_id: [] for block in blocks}
    for block in reversed(blocks[1:]):
        total[block.parent] += total[block.block_id]
        viable[block.parent] = viable[block.parent] or viable[block.block_id]
        children[block.parent].append(block.block_id)
    head = blocks[0].block_id
    for _ in blocks:
        branches = [child for child in children[head] if viable[child]]
        if not branches:
            break
        head = max(branches, key=lambda child: (total[child], child))
    return head
