"""Long walks: a node under a drawn mixture of everything that may reach it.

A scenario asks one question; a walk asks what nobody thought of. What is sent is drawn from a seed:
blocks of a bushy tree, votes, evidence, timeouts, crashes, in no order, some of it twice, some of
it spoiled. What the node must answer is what the specification does.
"""

from dataclasses import replace
from random import Random
from typing import Final

from conformance.clients.spec.played_node import PlayedNode
from conformance.clients.spec.scenario_methods import PEER
from conformance.generate.case import Case
from conformance.scenarios.lab import Lab
from conformance.scenarios.script import Script
from spec.consensus.bft.messages import Proposal
from spec.consensus.bft.rounds import TimeoutKind
from spec.consensus.interface import Message, Mined, Received, Tick, Timeout
from spec.ledger.ops import FfgVote, RoundVote
from spec.ledger.types import Block

ASKED: Final = (
    "head",
    "final",
    "justified",
    "weight",
    "refused",
    "reports",
    "offenders",
    "signed",
    "waits",
    "sent",
    "fetched",
    "logged",
    "moves",
)
CHECK_EVERY: Final = 4
"""Steps between checks."""
NODE: Final = "n"


class Walk:
    """A script in the making, the dice that make it, and the node beside it."""

    def __init__(self, lab: Lab, validator: int, seed: int) -> None:
        """The node has just woken up at the genesis.

        Args:
            lab: where messages are made.
            validator: whose node is played.
            seed: of the dice.
        """
        self.lab = lab
        self.validator = validator
        self.rng = Random(seed)  # noqa: S311 - a seed makes a record
        self.script = Script(lab, {NODE: validator})
        self.node = PlayedNode(lab.genesis, validator, lab.seeds[validator])
        self.now_ms = lab.genesis.time_ms
        self._made = 0
        self.script.restart(self.now_ms)
        self.node.restart(0, self.now_ms)

    def chance(self, percent: int) -> bool:
        """Whether something of this probability happens."""
        return self.rng.randrange(100) < percent

    def send(self, message: Message) -> None:
        """A message arrives, sometimes twice, sometimes with its signature spoiled."""
        if isinstance(message, FfgVote | RoundVote | Proposal) and self.chance(4):
            message = replace(message, signature=bytes(64))
        for _ in range(2 if self.chance(6) else 1):
            self.script.send(message)
            self.node.feed(0, Received(PEER, message))
        self._ask()

    def mine(self, block: Block, name: str) -> None:
        """The node finds a block itself."""
        self.script.mined(name)
        self.node.feed(0, Mined(block))
        self._ask()

    def tick(self, now_ms: int) -> None:
        """The clock moves, perhaps back."""
        self.now_ms = now_ms
        self.script.tick(now_ms)
        self.node.feed(0, Tick(now_ms))
        self._ask()

    def timeout(self, kind: TimeoutKind, height: int, round_: int) -> None:
        """A wait is over."""
        self.script.timeout(kind, height, round_)
        self.node.feed(0, Timeout(kind, height, round_))
        self._ask()

    def crash(self) -> None:
        """The process ends and begins again with its log."""
        self.script.crash()
        self.node.crash()
        self.wake()

    def wake(self) -> None:
        """A process that has ended begins; before its log is read it does nothing."""
        if self.chance(50):
            self.tick(self.now_ms + self.rng.randrange(500))
        self.script.restart(self.now_ms)
        self.node.restart(0, self.now_ms)
        self._ask()

    def crash_at_sign(self) -> None:
        """The process ends as soon as it is about to sign; some steps later it begins again."""
        self.script.crash_at_sign()
        self.node.dies_at_sign = True

    def finish(self, name: str, why: str) -> Case:
        """The record; its value is what the specification finds."""
        self._made = -1
        self._ask()
        return Case(name, why, "walk", "consensus.play", self.script.make_args())

    def _ask(self) -> None:
        self._made += 1
        if self._made % CHECK_EVERY == 0:
            self.script.steps.append({"node": NODE, "do": "check", "ask": list(ASKED)})
