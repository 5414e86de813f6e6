"""What miners do with a template, on every chain whose blocks are proposed by work.

Source: CONSENSUS.md 1; INTERFACE.md 3.
"""

from typing import TypeVar

from spec.consensus.interface import Broadcast, Effect, Mine
from spec.consensus.node import SELF, NodeConfig, NodeState, Transition, import_block
from spec.ledger.ops import PowFields
from spec.ledger.types import Block

S = TypeVar("S")
D = TypeVar("D")


def search_nonce(block: Block, *, is_latest: bool) -> tuple[Effect, ...]:
    """Asks for a nonce for the latest template; an older one is dropped.

    Args:
        block: the template, complete but for its nonce.
        is_latest: whether it answers the latest request.
    """
    if not is_latest or not isinstance(block.header.consensus, PowFields):
        return ()
    return (Mine(block, block.header.consensus.target),)


def publish_mined(
    config: NodeConfig[S, D], node: NodeState[S, D], block: Block
) -> Transition[S, D]:
    """Sends a block that was mined to all, and imports it like anybody's."""
    node, effects = import_block(config, node, SELF, block, needs_seal=True)
    return node, (Broadcast(block), *effects)
