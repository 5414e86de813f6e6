"""What a BFT node remembers of the height it works on, and everything it ever promised.

Source: INTERFACE.md 3 (what safety needs in the log).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from spec.consensus.bft.messages import Proposal
from spec.consensus.bft.rounds import RoundState
from spec.consensus.bft.state import BftState
from spec.consensus.bft.votes import Ballot, ValueId
from spec.consensus.interface import Evidence
from spec.consensus.node import NodeConfig, NodeState, Transition
from spec.ledger.ledger_ops import LedgerOp
from spec.ledger.ops import RoundVote

KIND_PROPOSAL = 0
"""The key of proposals in `signed`; votes have their own kind (1, 2)."""


Promised = Proposal | RoundVote
"""What a BFT validator signs."""


@dataclass(frozen=True, slots=True)
class Work:
    """The height in progress."""

    height: int
    ticked: BftState
    """The chain's state as this height's block finds it."""
    tick_ops: tuple[LedgerOp, ...]
    rounds: RoundState
    proposals: Mapping[ValueId, Proposal]
    """Every proposal taken in, the latest of each block."""
    signatures: Mapping[Ballot, bytes]
    """The signature behind each counted ballot."""


@dataclass(frozen=True, slots=True)
class BftDutyState:
    """The duty's memory."""

    work: Work | None
    """None until the node woke up."""
    future: tuple[tuple[bytes, Promised], ...]
    """Messages (source, message) of the next height, in order of arrival."""
    signed: Mapping[tuple[int, int, int], Promised]
    """The signing guard: every promise by (height, round, kind); signatures may be missing."""
    floor: int
    """Highest height of any promise; below it nothing is ever signed again."""
    restored: tuple[Proposal, ...]
    """Proposals from the log, for when their height comes."""
    evidence: Mapping[int, Evidence]
    """By offender: the first that was found or received; dropped once it can convict no more."""


EMPTY_DUTY_STATE = BftDutyState(work=None, future=(), signed={}, floor=0, restored=(), evidence={})

Config = NodeConfig[BftState, BftDutyState]
State = NodeState[BftState, BftDutyState]
Outcome = Transition[BftState, BftDutyState]


def get_work(node: State) -> Work:
    """The height in progress of a node that is awake."""
    work = node.duty.work
    assert work is not None, "an awake node works on a height"
    return work
