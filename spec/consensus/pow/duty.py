"""What a miner does: a template on the head, a nonce, a block.

A miner keeps one template, on the head it follows, and renews it when the head moves or the clock
ticks; a nonce found for an older one still makes a valid block, which the tree then weighs.

Source: CONSENSUS.md 1, 2; INTERFACE.md 3.
"""

from dataclasses import dataclass, replace

from spec.consensus.bft.messages import Proposal
from spec.consensus.bft.rounds import TimeoutKind
from spec.consensus.interface import (
    Evidence,
    Message,
    Record,
    Signable,
    Source,
)
from spec.consensus.mining import plan_template, publish_mined, search_nonce
from spec.consensus.node import (
    NodeConfig,
    NodeState,
    Transition,
    choose_heaviest,
)
from spec.consensus.pow.rules import PowRules
from spec.consensus.pow.state import PowState
from spec.consensus.producing import make_build
from spec.ledger.codec import BlockId
from spec.ledger.ops import FfgVote, RoundVote
from spec.ledger.types import Block

RULES = PowRules()


@dataclass(frozen=True, slots=True)
class PowDutyState:
    """What a miner remembers."""

    templates: int
    """Templates asked for so far: the tag of the latest."""
    template_ms: int
    """When the latest was asked for."""


Config = NodeConfig[PowState, PowDutyState]
State = NodeState[PowState, PowDutyState]
Outcome = Transition[PowState, PowDutyState]


@dataclass(frozen=True, slots=True)
class PowDuty:
    """The `Duty` of PoW."""

    def initial(self) -> PowDutyState:
        """No template yet."""
        return PowDutyState(templates=0, template_ms=0)

    def start(self, config: Config, node: State, _wal: tuple[Record, ...]) -> Outcome:
        """Begins to mine; a miner promises nothing, so there is nothing to restore."""
        return _renew(config, node)

    def on_tick(self, config: Config, node: State) -> Outcome:
        """Renews a template that is a slot old, so that its time is of today."""
        is_old = node.now_ms >= node.duty.template_ms + config.context.config.slot_ms
        return _renew(config, node) if is_old else (node, ())

    def on_message(
        self,
        _config: Config,
        node: State,
        _source: Source,
        _message: Proposal | RoundVote | FfgVote | Evidence,
    ) -> Outcome:
        """Nothing but blocks means anything here."""
        return node, ()

    def on_timeout(
        self, _config: Config, node: State, _timeout: tuple[TimeoutKind, int, int]
    ) -> Outcome:
        """Nothing was scheduled."""
        return node, ()

    def on_built(self, _config: Config, node: State, block: Block, tag: int) -> Outcome:
        """Searches a nonce for the latest template."""
        return node, search_nonce(block, is_latest=tag == node.duty.templates)

    def on_mined(self, config: Config, node: State, block: Block) -> Outcome:
        """Sends the block to all, and imports it like anybody's."""
        return publish_mined(config, node, block)

    def on_signed(self, _config: Config, node: State, _message: Signable) -> Outcome:
        """Nothing is signed."""
        return node, ()

    def on_verdict(
        self, _config: Config, node: State, _block_id: BlockId, *, is_valid: bool
    ) -> Outcome:
        """No candidate waits for a seal."""
        _ = is_valid
        return node, ()

    def choose(self, config: Config, node: State) -> BlockId:
        """The most work; of equals the first seen."""
        return choose_heaviest(config, node)

    def get_gossip(self, _config: Config, _node: State) -> tuple[Message, ...]:
        """The head, which the shell repeats anyway, is all there is to say."""
        return ()

    def on_block(self, _config: Config, node: State, _block_id: BlockId) -> Outcome:
        """Nothing is learnt from a block but the block."""
        return node, ()

    def on_head(self, config: Config, node: State) -> Outcome:
        """A new head needs a new template."""
        return _renew(config, node)


def _renew(config: Config, node: State) -> Outcome:
    """Asks for a template on the head, if this node mines."""
    templates = node.duty.templates + 1
    plan = plan_template(config, node, templates, lambda ticked: ticked.target)
    if plan is None:
        return node, ()
    node = replace(node, duty=PowDutyState(templates, node.now_ms))
    return node, (make_build(config, plan, RULES.select, ()),)
