"""What a PoS validator decides beyond what all slot algorithms do: reveal, attest, follow GHOST.

A member attests once an epoch: in its committee's slot, a third of it gone, to the head it then
sees; later in the epoch if it could not. The vote is its latest message for the fork choice too. Of
who was caught contradicting itself no message weighs anything.

Weights are those of the final block's current set, which all who share that block agree on.

Source: consensus-specs phase0 (honest validator, fork choice); CONSENSUS.md 1, 2; decision record
0074.
"""

from dataclasses import dataclass

from spec.consensus.finality import FinalityRule
from spec.consensus.interface import RevealRequest, RulesContext, Signable
from spec.consensus.node import NodeState
from spec.consensus.pos.ghost import Leafward, compute_head
from spec.consensus.pos.rules import (
    PosRules,
    compute_committee_slot,
    get_config,
    get_rule,
)
from spec.consensus.pos.state import PosState, get_onion
from spec.consensus.slot_duty import Config, SlotDuty, SlotDutyState, State
from spec.consensus.slots import get_slot, get_slot_time
from spec.ledger.codec import BlockId
from spec.ledger.ledger_ops import LedgerOp
from spec.ledger.ops import ConsensusFields, Op, PosFields
from spec.ledger.types import ZERO_BYTES32, Draft

RULES = PosRules()
PERCENT = 100


@dataclass(frozen=True, slots=True)
class PosPolicy:
    """The `SlotPolicy` of PoS."""

    def get_rule(self, context: RulesContext) -> FinalityRule:
        """Members by stake."""
        return get_rule(context)

    def select(
        self, context: RulesContext, ticked: PosState, draft: Draft, pool: tuple[Op, ...]
    ) -> tuple[tuple[Op, ...], PosState, tuple[LedgerOp, ...]]:
        """As the rules do."""
        return RULES.select(context, ticked, draft, pool)

    def ask_reveal(self, ticked: PosState) -> Signable | None:
        """The next layer of the producer's onion."""
        return RevealRequest(ticked.producer, _get_layers(ticked), ZERO_BYTES32)

    def get_fields(self, ticked: PosState, answer: Signable | None) -> ConsensusFields | None:
        """The reveal, if it is of the layer that this chain waits for."""
        if not isinstance(answer, RevealRequest):
            return None
        asked = (ticked.producer, _get_layers(ticked))
        return PosFields(answer.reveal) if (answer.validator, answer.layer) == asked else None

    def is_vote_due(
        self, config: Config[PosState], node: State[PosState], ticked: PosState
    ) -> bool:
        """A third of our committee's slot is over."""
        assert config.validator is not None, "only a validator votes"
        slot_ms = config.context.config.slot_ms
        epoch_blocks = get_config(config.context).finality.epoch_blocks
        slot = get_slot(config.context, node.now_ms)
        own = compute_committee_slot(ticked, config.validator, epoch_blocks)
        is_third = 3 * (node.now_ms - get_slot_time(config.context, slot)) >= slot_ms
        return slot % epoch_blocks > own or (slot % epoch_blocks == own and is_third)

    def get_attested(self, node: State[PosState], slot: int) -> tuple[int, bytes]:
        """Now, and the head."""
        return slot, node.head

    def choose(self, config: Config[PosState], node: State[PosState]) -> BlockId:
        """LMD-GHOST with boost."""
        blocks = tuple(
            Leafward(
                block_id,
                BlockId(entry.block.header.parent),
                entry.chain_state.finality.ffg.justified.epoch,
            )
            for block_id, entry in node.tree.items()
        )
        return compute_head(blocks, compute_weights(config, node))


def _get_layers(ticked: PosState) -> int:
    onion = get_onion(ticked.onions, ticked.producer)
    return 0 if onion is None else onion.layers


def compute_weights(
    config: Config[PosState], node: NodeState[PosState, SlotDutyState]
) -> dict[BlockId, int]:
    """What each block of the tree has in latest messages, and in boost."""
    members = node.tree[node.root].chain_state.finality.ffg.current
    pos = get_config(config.context)
    slot, voter = get_slot(config.context, node.now_ms), node.duty.voter
    epoch = slot // pos.finality.epoch_blocks
    weights: dict[BlockId, int] = {}
    for member in members:
        if member.validator in voter.evidence:
            continue
        kept = voter.votes.get(member.validator, ())
        timely = [vote for vote in kept if vote.target.epoch <= epoch]
        if timely:
            head = BlockId(timely[-1].head)
            weights[head] = weights.get(head, 0) + member.weight
    boosted = node.duty.timely
    if boosted is not None and boosted[0] == slot:
        of_slot = sum(member.weight for member in members) // pos.finality.epoch_blocks
        boost = of_slot * pos.boost_percent // PERCENT
        weights[boosted[1]] = weights.get(boosted[1], 0) + boost
    return weights


DUTY: SlotDuty[PosState] = SlotDuty(PosPolicy())
"""The `Duty` of PoS."""
