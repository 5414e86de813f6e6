"""What byzantine validators do: a layer between an honest node and the network.

The node inside follows the rules; its adversary decides what leaves it, what else is said in its
name, and to whom. It has the validator's key and nobody else's. An adversary of one's own is a
subclass of `Adversary`: `qc sim --adversary path.py:Class`.

    twins        two nodes with one key (made by the network, no class here)
    equivocate   says one thing to half of the peers and a contradiction to the others
    withhold     keeps every other message to itself
    replay       says again, at odd times, what was said before, by anyone
    lie          votes for rounds, heights and epochs that are not there
    selfish      mines in secret and publishes when the others catch up

Source: CONSENSUS.md 4; I. Eyal and E. G. Sirer, "Majority is not enough" (2014) for `selfish`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from spec.consensus.bft.messages import Proposal
from spec.consensus.interface import Message, SealRequest, Signable
from spec.crypto.hashing import sha256
from spec.ledger.codec import BlockId, compute_block_id
from spec.ledger.ops import Checkpoint, FfgVote, PowFields, RoundVote
from spec.ledger.types import Block, Header

NIL: Final = bytes(32)
MEMORY_MAX: Final = 64
"""Messages that a replayer keeps."""

Send = tuple[int | None, Message]
"""A message to a peer, or to all (None)."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What an adversary works with."""

    validator: int
    peers: tuple[int, ...]
    """Names of the other nodes."""
    rng: Random
    sign: Callable[[Signable], Signable]
    """Signs with the validator's key."""


class Adversary:
    """An honest validator; subclasses override what they do otherwise."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def on_send(self, message: Message, *, is_repeat: bool) -> list[Send]:
        """The node inside says something to all; what is said in its place.

        Args:
            message: signed by the node.
            is_repeat: it is gossip that repeats what was said before.
        """
        del is_repeat
        return [(None, message)]

    def on_receive(self, message: Message, own: Header) -> list[Send]:
        """A message came in; what is said beside the node's own answer.

        Args:
            message: from anyone.
            own: header of the head that the node inside follows now.
        """
        del message, own
        return []


class Equivocate(Adversary):
    """One thing to half of the peers, a contradiction to the others."""

    def on_send(self, message: Message, *, is_repeat: bool) -> list[Send]:
        """The message to the even peers, its contradiction to the odd ones."""
        other = None if is_repeat else contradict(message, self.desk)
        if other is None:
            return [(None, message)]
        odd = self.desk.rng.randrange(2)
        return [
            (peer, message if place % 2 == odd else other)
            for place, peer in enumerate(self.desk.peers)
        ]


class Withhold(Adversary):
    """Silence, half of the time."""

    def on_send(self, message: Message, *, is_repeat: bool) -> list[Send]:
        """The message to some peers or to none."""
        del is_repeat
        return [(peer, message) for peer in self.desk.peers if self.desk.rng.randrange(4) == 0]


class Replay(Adversary):
    """Old messages again."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._heard: list[Message] = []

    def on_receive(self, message: Message, own: Header) -> list[Send]:
        """Remembers it, and now and then says something older again to someone."""
        del own
        rng = self.desk.rng
        if len(self._heard) < MEMORY_MAX:
            self._heard.append(message)
        else:
            self._heard[rng.randrange(MEMORY_MAX)] = message
        if rng.randrange(4) or not self.desk.peers:
            return []
        return [(rng.choice(self.desk.peers), rng.choice(self._heard))]


class Lie(Adversary):
    """Votes for rounds, heights and epochs that are not there."""

    def on_send(self, message: Message, *, is_repeat: bool) -> list[Send]:
        """The message, and a vote of its kind for somewhere else."""
        said: list[Send] = [(None, message)]
        ahead = self.desk.rng.randint(1, 3)
        if is_repeat:
            return said
        if isinstance(message, RoundVote):
            lie = replace(message, round=message.round + ahead)
            said.append((None, sign_message(self.desk, lie)))
        elif isinstance(message, FfgVote):
            target = Checkpoint(message.target.epoch + ahead, message.target.root)
            said.append((None, sign_message(self.desk, replace(message, target=target))))
        return said


class Selfish(Adversary):
    """Mines in secret: publishes when the others come within one block."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._secret: list[Block] = []
        self._hidden: dict[BlockId, None] = {}

    def on_send(self, message: Message, *, is_repeat: bool) -> list[Send]:
        """Keeps own blocks; what is no block goes out."""
        if not isinstance(message, Block) or not isinstance(message.header.consensus, PowFields):
            return [(None, message)]
        block_id = compute_block_id(message.header)
        if is_repeat:
            return [] if block_id in self._hidden else [(None, message)]
        self._hidden[block_id] = None
        self._secret.append(message)
        return []

    def on_receive(self, message: Message, own: Header) -> list[Send]:
        """Publishes everything when the lead is one or less, else one block for one."""
        if not isinstance(message, Block) or not self._secret:
            return []
        lead = self._secret[-1].header.height - message.header.height
        if lead < 0 or own.height > self._secret[-1].header.height:
            self._secret.clear()
            return []
        count = len(self._secret) if lead <= 1 else 1
        said, self._secret = self._secret[:count], self._secret[count:]
        for block in said:
            self._hidden.pop(compute_block_id(block.header), None)
        return [(None, block) for block in said]


BEHAVIOURS: Final[dict[str, type[Adversary]]] = {
    "equivocate": Equivocate,
    "withhold": Withhold,
    "replay": Replay,
    "lie": Lie,
    "selfish": Selfish,
}
"""By name, beside `twins`."""


def contradict(message: Message, desk: Desk) -> Message | None:
    """A message of the same kind and place that no honest validator says beside this one."""
    match message:
        case RoundVote(block=block):
            other = NIL if block != NIL else sha256(b"qc/sim/phantom", bytes([desk.validator]))
            return sign_message(desk, replace(message, block=other))
        case FfgVote(target=target):
            other_target = Checkpoint(target.epoch, sha256(b"qc/sim/phantom", target.root))
            return sign_message(desk, replace(message, target=other_target))
        case Proposal(block=block):
            header = replace(block.header, time_ms=block.header.time_ms + 1)
            changed = replace(message, block=replace(block, header=header))
            return sign_message(desk, changed) if message.valid_round_plus_one == 0 else None
        case Block(header=header) if not isinstance(header.consensus, PowFields):
            state_root = sha256(b"qc/sim/other", header.state_root)
            unsealed = replace(message, header=replace(header, state_root=state_root))
            sealed = desk.sign(SealRequest(unsealed, desk.validator))
            assert isinstance(sealed, SealRequest), "the answer is of the kind that was asked"
            return sealed.block
        case _:
            return None


def sign_message(desk: Desk, message: Proposal | RoundVote | FfgVote) -> Message:
    """The message with the validator's signature."""
    signed = desk.sign(message)
    assert isinstance(signed, Proposal | RoundVote | FfgVote), "the answer is of the kind asked"
    return signed
