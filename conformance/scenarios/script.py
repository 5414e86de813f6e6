"""A scenario as its author writes it, and as a record holds it.

The author names blocks and says in each check what must be found, by those names. The script turns
both into the bytes that a client is given and the values that it must answer with; the generator
plays it on the specification, and refuses what does not come out as the author says.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from conformance.clients.spec.answers import JsonObject, to_hex
from conformance.clients.spec.scenario_methods import render_sent
from conformance.scenarios.lab import Lab
from spec.config import encode_genesis
from spec.consensus.bft.messages import PROPOSAL, Proposal
from spec.consensus.bft.rounds import TimeoutKind
from spec.consensus.bft.votes import NIL
from spec.consensus.interface import Message
from spec.ledger.codec import compute_block_id
from spec.ledger.ops import (
    DOUBLE_FFG_VOTE,
    DOUBLE_PRODUCTION,
    DOUBLE_PROPOSAL,
    DOUBLE_VOTE,
    FFG_VOTE,
    ROUND_VOTE,
    Checkpoint,
    Commit,
    DoubleFfgVote,
    DoubleProduction,
    DoubleProposal,
    DoubleVote,
    FfgVote,
    NoSeal,
    RoundVote,
)
from spec.ledger.types import BLOCK, Block
from spec.lib.ssz import encode

DEFENDED: Final = "defended"
BROKEN: Final = "documented break"


@dataclass(frozen=True, slots=True)
class Story:
    """What a scenario is about, for people."""

    title: str
    history: str
    """What happened, where and when; or who described it."""
    attack: str
    """What the attacker does."""
    defence: str
    """What our rule does about it."""
    rule: str
    """Which rule that is: a line of a paper, a clause of rule G, a name of the specification."""
    verdict: str
    """`DEFENDED` or `BROKEN`."""
    number: str = ""
    """Of a break: how bad it is, measured."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One record in the making."""

    name: str
    """Unique within its algorithm; stable once published."""
    algorithm: str
    story: Story
    method: str
    args: JsonObject
    """What a client is given."""
    steps: tuple[str, ...]
    """The same for people, a line a step."""
    value: Any  # JSON: what it must answer, as the author says
    codes: tuple[str, ...] = ()
    """Codes of the specification that it exercises."""

    @property
    def scenario_id(self) -> str:
        """As people name it: `pow/majority_reorg`."""
        return f"{self.algorithm}/{self.name}"


@dataclass(slots=True)
class Script:
    """The steps of a scenario on a lab's chain."""

    lab: Lab
    nodes: dict[str, int | None]
    """Validator by the node's name; None follows only."""
    steps: list[JsonObject] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    found: list[JsonObject] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    """The latest step at which a message of this name was sent."""

    # Steps

    def restart(self, now_ms: int | None = None, node: str = "n", log: str = "kept") -> None:
        """The node wakes up; `log` is `kept`, `promises` or `lost`."""
        now_ms = self.lab.genesis.time_ms if now_ms is None else now_ms
        row = {"do": "restart", "now_ms": str(now_ms), "log": log}
        self._add(node, row, f"wakes up at {self._time(now_ms)}, its log {log}")

    def crash(self, node: str = "n") -> None:
        """The process ends."""
        self._add(node, {"do": "crash"}, "crashes")

    def crash_at_sign(self, node: str = "n") -> None:
        """The process ends when it next is about to sign, its promise logged."""
        self._add(node, {"do": "crash_at_sign"}, "will crash between its next promise and signing")

    def hold(self, *what: str, node: str = "n") -> None:
        """Answers of these kinds wait: `blocks`, `signatures`, `verdicts`."""
        row = {"do": "hold", "what": list(what)}
        self._add(node, row, f"is slow to answer: {', '.join(what)}")

    def release(self, node: str = "n") -> None:
        """What waits is answered."""
        self._add(node, {"do": "release"}, "answers what waits, in order")

    def built(self, name: str, tag: int, node: str = "n") -> None:
        """The builder answers with a block of the lab, for a slot or round."""
        block = replace(self.lab.made[name].block, seal=NoSeal())
        row = {"do": "built", "tag": str(tag), "bytes": to_hex(encode(BLOCK, block))}
        self._add(node, row, f"is given by its builder, for {tag}, {self._describe(block)}")

    def tick(self, now_ms: int, node: str = "n") -> None:
        """The clock moves."""
        self._add(node, {"do": "tick", "now_ms": str(now_ms)}, f"clock shows {self._time(now_ms)}")

    def slot(self, slot: int, node: str = "n", part_ms: int = 0) -> None:
        """The clock moves to a slot, or a while into it."""
        self.tick(self.lab.get_time(slot) + part_ms, node)

    def timeout(self, kind: TimeoutKind, height: int, round_: int, node: str = "n") -> None:
        """A wait is over."""
        name = kind.name.lower()
        row = {"do": "timeout", "kind": name, "height": str(height), "round": round_}
        self._add(node, row, f"{name} timeout of height {height}, round {round_}")

    def block(self, *names: str, node: str = "n") -> None:
        """Blocks of the lab arrive."""
        for name in names:
            self.send(self.lab.made[name].block, node, name)

    def mined(self, name: str, node: str = "n") -> None:
        """The node itself found this block."""
        block = self.lab.made[name].block
        row = {"do": "mined", "bytes": to_hex(encode(BLOCK, block))}
        self._add(node, row, f"mines {self._describe(block)}")

    def send(self, message: Message, node: str = "n", name: str = "") -> None:
        """A message arrives.

        Args:
            message: signed or not, valid or not.
            node: who receives it.
            name: by which a check may say that it was refused.
        """
        kind, data = encode_message(message)
        self.sent[name] = len(self.steps)
        row = {"do": kind, "bytes": to_hex(data)}
        self._add(node, row, f"receives {self._describe(message)}")

    # Checks

    def check(self, node: str = "n", **expected: Any) -> None:  # noqa: ANN401 - one type a name
        """What must be found now: the names of `CHECKS`, blocks and messages by their names."""
        found = {name: self._translate(name, value) for name, value in expected.items()}
        self.steps.append({"node": node, "do": "check", "ask": list(expected)})
        self.found.append(found)
        said = ", ".join(f"{name} {_show(value)}" for name, value in expected.items())
        self.lines.append(f"{node}: CHECK {said}")

    def _translate(self, name: str, value: Any) -> Any:  # noqa: ANN401 - JSON
        match name:
            case "head" | "final" | "justified":
                return None if value is None else to_hex(self.lab.get_id(value))
            case "refused":
                self.codes += [code for _, code in value]
                return [{"step": self.sent[sent], "rule": code} for sent, code in value]
            case "weight":
                return [str(part) for part in value]
            case "signed":
                return [self._translate_signed(row) for row in value]
            case "sent" | "repeats":
                return [render_sent(message) for message in value]
            case "waits":
                return [
                    {"kind": kind, "height": str(height), "round": round_, "after_ms": str(ms)}
                    for kind, height, round_, ms in value
                ]
        return value

    def _translate_signed(self, row: tuple[Any, ...]) -> JsonObject:
        """One signed message as the author writes it.

        (prevote or precommit, height, round, block), (vote, source, target), (block, slot, parent),
        (proposal, height, round, valid round + 1, parent).
        """
        match row:
            case ("prevote" | "precommit" as kind, height, round_, block):
                block_id = NIL if block is None else self.lab.get_id(block)
                where = {"height": str(height), "round": round_}
                return {"round_vote": {"kind": kind, **where, "block": to_hex(block_id)}}
            case ("vote", source, target):
                points = (self.lab.checkpoint(*source), self.lab.checkpoint(*target))
                first, second = (
                    {"epoch": str(point.epoch), "root": to_hex(point.root)} for point in points
                )
                return {"ffg_vote": {"source": first, "target": second}}
            case ("block", slot, parent):
                return {"block": {"slot": str(slot), "parent": to_hex(self.lab.get_id(parent))}}
            case ("proposal", height, round_, valid, parent):
                where = {"height": str(height), "round": round_, "valid_round_plus_one": valid}
                return {"proposal": {**where, "parent": to_hex(self.lab.get_id(parent))}}
        raise AssertionError(f"{row!r} is nothing that is signed")

    def finish(self, name: str, story: Story, codes: tuple[str, ...] = ()) -> Scenario:
        """The scenario of these steps."""
        return Scenario(
            name=name,
            algorithm=self.lab.config.rules.name,
            story=story,
            method="consensus.play",
            args=self.make_args(),
            steps=tuple(self.lines),
            value=self.found,
            codes=tuple(dict.fromkeys((*codes, *self.codes))),
        )

    def make_args(self) -> JsonObject:
        """What a client is given."""
        rows = [
            {
                "name": node,
                "validator": validator,
                "seed": None if validator is None else to_hex(self.lab.seeds[validator]),
            }
            for node, validator in self.nodes.items()
        ]
        return {
            "genesis": to_hex(encode_genesis(self.lab.genesis)),
            "nodes": rows,
            "steps": self.steps,
        }

    # Words

    def _add(self, node: str, row: JsonObject, words: str) -> None:
        self.steps.append({"node": node, **row})
        self.lines.append(f"{node}: {words}")

    def _time(self, now_ms: int) -> str:
        return f"{now_ms - self.lab.genesis.time_ms:+,} ms"

    def _describe(self, message: Message) -> str:
        names = self.lab.get_name
        match message:
            case Block(header, body):
                parts = [
                    f"block {names(compute_block_id(header))} on {names(header.parent)}",
                    f"(height {header.height}, slot {header.slot}, {self._time(header.time_ms)}",
                ]
                ops = [self._describe(op) for op in body.ops if not isinstance(op, Commit)]
                inside = f"; holds {', '.join(ops)}" if ops else ""
                txs = f"; {len(body.transactions)} transactions" if body.transactions else ""
                return f"{parts[0]} {parts[1]}{inside}{txs})"
            case Proposal():
                block = names(compute_block_id(message.block.header))
                again = message.valid_round_plus_one
                polka = (
                    f", with {len(message.polka)} prevotes of round {again - 1}" if again else ""
                )
                return (
                    f"proposal of {block} for round {message.round} by {message.validator}{polka}"
                )
            case RoundVote():
                kind = {1: "prevote", 2: "precommit"}.get(message.kind, "vote")
                block = "nil" if message.block == NIL else names(message.block)
                return f"{kind} of round {message.round} for {block} by {message.validator}"
            case FfgVote():
                return (
                    f"vote {self._point(message.source)}->{self._point(message.target)} "
                    f"by {message.validator}"
                )
            case DoubleVote() | DoubleFfgVote():
                return f"evidence of two votes by {message.first.validator}"
            case DoubleProduction():
                return f"evidence of two blocks in slot {message.slot} by {message.validator}"
            case DoubleProposal():
                return f"evidence of two proposals of round {message.round} by {message.validator}"

    def _point(self, checkpoint: Checkpoint) -> str:
        root = checkpoint.root
        name = "genesis" if root == bytes(32) else self.lab.get_name(root)
        return f"({checkpoint.epoch}, {name})"


def encode_message(message: Message) -> tuple[str, bytes]:
    """The step that a message makes, and its bytes."""
    match message:
        case Block():
            return "block", encode(BLOCK, message)
        case Proposal():
            return "proposal", encode(PROPOSAL, message)
        case RoundVote():
            return "round_vote", encode(ROUND_VOTE, message)
        case FfgVote():
            return "ffg_vote", encode(FFG_VOTE, message)
        case DoubleVote():
            return "double_vote", encode(DOUBLE_VOTE, message)
        case DoubleFfgVote():
            return "double_ffg_vote", encode(DOUBLE_FFG_VOTE, message)
        case DoubleProduction():
            return "double_production", encode(DOUBLE_PRODUCTION, message)
        case DoubleProposal():
            return "double_proposal", encode(DOUBLE_PROPOSAL, message)


def _show(value: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return "[" + ", ".join(map(_show, value)) + "]" if value else "none"
    if isinstance(value, tuple):
        return " ".join(map(_show, value))
    return "nil" if value is None else str(value)
