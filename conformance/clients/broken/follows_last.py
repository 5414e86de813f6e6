"""Follows the block that came last among equals: whoever sends later wins every tie."""

import sys

from conformance.clients.spec.client import SpecClient
from conformance.clients.spec.serve import serve
from spec.chain import AnyNodeConfig, AnyNodeState
from spec.consensus.pow import duty
from spec.ledger.codec import BlockId


class FollowsLast(SpecClient):
    """Our client, but a tie moves the head."""

    name = "follows-last"


def _choose_last(config: AnyNodeConfig, node: AnyNodeState) -> BlockId:
    def weigh(block_id: BlockId) -> tuple[int, ...]:
        entry = node.tree[block_id]
        return config.rules.get_weight(entry.chain_state, entry.block.header)

    return max(reversed(list(node.tree)), key=weigh)


duty.choose_heaviest = _choose_last  # type: ignore[attr-defined]  # the mistake, in this process
sys.exit(serve(FollowsLast()))
