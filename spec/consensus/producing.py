"""Blocks with ops from a pool: what producers of all but BFT ask the ledger to build.

Source: INTERFACE.md 2.2, 2.15.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from spec.consensus.interface import Build, Parent, RulesContext
from spec.consensus.node import NodeConfig
from spec.ledger.header import DraftChoice, compute_draft
from spec.ledger.ledger_ops import ConsensusStep, LedgerOp
from spec.ledger.ops import ConsensusFields, Op
from spec.ledger.types import Draft
from spec.limits import VOTES_PER_BLOCK_MAX

S = TypeVar("S")

Select = Callable[
    [RulesContext, S, Draft, tuple[Op, ...]], tuple[tuple[Op, ...], S, tuple[LedgerOp, ...]]
]
"""Of a pool what fits into a block: (ops, the state after it, ops on the ledger)."""


@dataclass(frozen=True, slots=True)
class Plan(Generic[S]):
    """A block to be."""

    parent: Parent[S]
    ticked: S
    tick_ops: tuple[LedgerOp, ...]
    slot: int
    time_ms: int
    proposer: bytes
    consensus: ConsensusFields
    tag: int
    """Comes back with the built block."""


# What a duty remembers is of no concern here.
def make_build(
    config: NodeConfig[S, Any], plan: Plan[S], select: Select[S], pool: tuple[Op, ...]
) -> Build:
    """Asks for the block of a plan with as much of the pool as it may hold."""
    validators_root, next_validators_root = config.rules.get_roots(plan.ticked)
    choice = DraftChoice(
        slot=plan.slot,
        time_ms=plan.time_ms,
        proposer=plan.proposer,
        validators_root=validators_root,
        next_validators_root=next_validators_root,
        consensus=plan.consensus,
    )
    draft = compute_draft(config.context.config, plan.parent.header, choice)
    ops, state, ledger_ops = select(config.context, plan.ticked, draft, pool[:VOTES_PER_BLOCK_MAX])
    step = ConsensusStep(plan.tick_ops + ledger_ops, config.rules.encode_state(state))
    return Build(draft, ops, step, plan.tag)
