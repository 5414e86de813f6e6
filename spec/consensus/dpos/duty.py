"""What a DPoS delegate decides beyond what all slot algorithms do.

A delegate votes for a round as soon as its head lies in it, or, if no block of it came, when half
of it is over.

Source: CONSENSUS.md 1, 2 (DPoS); FFG.md 5.
"""

from dataclasses import dataclass

from spec.consensus.dpos.rules import DposRules, get_config, get_rule
from spec.consensus.dpos.state import DposState
from spec.consensus.finality import FinalityRule
from spec.consensus.interface import RulesContext, Signable
from spec.consensus.node import choose_heaviest
from spec.consensus.slot_duty import Config, SlotDuty, State
from spec.consensus.slots import get_slot
from spec.ledger.codec import BlockId
from spec.ledger.ledger_ops import LedgerOp
from spec.ledger.ops import ConsensusFields, NoFields, Op
from spec.ledger.types import ZERO_BYTES32, Draft

RULES = DposRules()


@dataclass(frozen=True, slots=True)
class DposPolicy:
    """The `SlotPolicy` of DPoS."""

    def get_rule(self, context: RulesContext) -> FinalityRule:
        """Equal delegates."""
        return get_rule(context)

    def select(
        self, context: RulesContext, ticked: DposState, draft: Draft, pool: tuple[Op, ...]
    ) -> tuple[tuple[Op, ...], DposState, tuple[LedgerOp, ...]]:
        """As the rules do."""
        return RULES.select(context, ticked, draft, pool)

    def ask_reveal(self, _ticked: DposState) -> Signable | None:
        """Nothing is revealed."""
        return None

    def get_fields(self, _ticked: DposState, _answer: Signable | None) -> ConsensusFields | None:
        """Headers carry nothing of DPoS."""
        return NoFields()

    def is_vote_due(
        self, config: Config[DposState], node: State[DposState], _ticked: DposState
    ) -> bool:
        """The head lies in the round, or half of the round is over."""
        slot = get_slot(config.context, node.now_ms)
        epoch_blocks = get_config(config.context).finality.epoch_blocks
        head_slot = node.tree[node.head].block.header.slot
        is_there = head_slot // epoch_blocks == slot // epoch_blocks
        return is_there or 2 * (slot % epoch_blocks) >= epoch_blocks

    def get_attested(self, _node: State[DposState], _slot: int) -> tuple[int, bytes]:
        """Nothing but checkpoints is voted for."""
        return 0, ZERO_BYTES32

    def choose(self, config: Config[DposState], node: State[DposState]) -> BlockId:
        """The highest justified round, then height; of equals the first seen."""
        return choose_heaviest(config, node)


DUTY: SlotDuty[DposState] = SlotDuty(DposPolicy())
"""The `Duty` of DPoS."""
