"""Finality that contradicts our own, as votes show it: to be reported, never followed.

A node attaches nothing that does not descend from its final block, so it never holds the chain of
a rival checkpoint. It sees its votes. A vote's source is justified on its voter's chain; if another
checkpoint of that epoch is final here, no honest chain may hold both (FFG.md 2), unless a third
contradicted itself or leaks took too much on both sides. What a third of one of our sets votes
from, an honest member does, if a third holds one: then it is no rumour.

Source: FFG.md 2 (theorem, L1.2), 4; CONSENSUS.md 1 (accountability); decision record 0113.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from spec.consensus.ffg import FfgState, Member
from spec.consensus.quorum import has_honest
from spec.ledger.ops import Checkpoint, FfgVote


@dataclass(frozen=True, slots=True)
class Rival:
    """Two checkpoints of one epoch: one is final here, the other justified elsewhere."""

    ours: Checkpoint
    theirs: Checkpoint
    weight: int
    """Pinned weight that votes from theirs, in the first of our sets where it is enough."""
    total: int
    """Pinned weight of that set."""


def find_contradicted(ffg: FfgState, source: Checkpoint) -> Checkpoint | None:
    """The final checkpoint of a chain that a source contradicts, None if it contradicts none.

    Args:
        ffg: of the chain; it remembers few checkpoints, and older ones contradict nothing.
        source: of a vote.
    """
    for past in ffg.history:
        ours = past.checkpoint
        is_final = ours.epoch <= ffg.finalised.epoch
        if is_final and ours.epoch == source.epoch and ours != source:
            return ours
    return None


def find_rivals(ffg: FfgState, votes: Mapping[int, tuple[FfgVote, ...]]) -> tuple[Rival, ...]:
    """The rivals of what is final on a chain, ascending by epoch.

    They are weighed in the chain's sets now, and in those of its open targets: a boundary that
    makes a checkpoint final may also promote away the last set that both chains share.

    Args:
        ffg: of the chain.
        votes: seen, by validator, with valid signatures.
    """
    voters: dict[Checkpoint, set[int]] = {}
    for validator, cast in votes.items():
        for vote in cast:
            if find_contradicted(ffg, vote.source) is not None:
                voters.setdefault(vote.source, set()).add(validator)
    sets = [ffg.current, ffg.previous]
    for target in ffg.targets:
        sets += (target.current, target.previous)
    found: list[Rival] = []
    for theirs in sorted(voters, key=lambda checkpoint: (checkpoint.epoch, checkpoint.root)):
        ours = find_contradicted(ffg, theirs)
        weighed = [_weigh(members, voters[theirs]) for members in sets]
        enough = [pair for pair in weighed if has_honest(*pair)]
        if ours is not None and enough:
            found.append(Rival(ours, theirs, *enough[0]))
    return tuple(found)


def _weigh(members: tuple[Member, ...], voters: set[int]) -> tuple[int, int]:
    """(Pinned weight of the voters, of all): who was convicted or leaked since still voted."""
    weight = sum(member.pinned for member in members if member.validator in voters)
    return weight, sum(member.pinned for member in members)
