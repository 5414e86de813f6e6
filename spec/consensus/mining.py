"""What miners do with a template, on every chain whose blocks are proposed by work.

Source: CONSENSUS.md 1; INTERFACE.md 3.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from spec.consensus.bft.state import compute_seats
from spec.consensus.interface import Broadcast, Effect, Mine
from spec.consensus.node import (
    SELF,
    NodeConfig,
    NodeState,
    Transition,
    get_own_seat,
    get_parent,
    import_block,
)
from spec.consensus.producing import Plan
from spec.ledger.ops import PowFields
from spec.ledger.types import Block

S = TypeVar("S")
D = TypeVar("D")


# What a duty remembers is of no concern here.
def plan_template(
    config: NodeConfig[S, Any], node: NodeState[S, Any], tag: int, get_target: Callable[[S], int]
) -> Plan[S] | None:
    """A block on the head, of now, to search a nonce for; None if this node does not mine.

    Args:
        config: of the node.
        node: its state.
        tag: comes back with the built block.
        get_target: the target that a ticked state fixes.
    """
    parent = get_parent(node, node.head)
    seat = get_own_seat(config, compute_seats(parent.view))
    if seat is None:
        return None
    height = parent.header.height + 1
    ticked, tick_ops = config.rules.tick(config.context, parent, height)
    return Plan(
        parent=parent,
        ticked=ticked,
        tick_ops=tick_ops,
        slot=height,
        time_ms=max(node.now_ms, parent.header.time_ms),
        proposer=seat.operator,
        consensus=PowFields(target=get_target(ticked), nonce=0),
        tag=tag,
    )


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
