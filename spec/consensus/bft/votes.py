"""The vote keeper: who voted for what at one height, and which thresholds that reaches.

Apart from the round machine, so that thresholds and memory bounds are stated once. A value is a
block id, or `NIL`. A validator that votes for two values in one round counts for each of them, as
in the paper (messages per value, not per voter): an honest node that first saw the other half of
an equivocation would otherwise never reach the quorum its peers reached.

Memory is bounded by n validators: of what comes one by one, every round up to the current one holds
at most `VALUES_PER_VOTER_MAX` values per voter and type, and of the rounds ahead a voter occupies
only its latest `ROUNDS_AHEAD_MAX`. A whole polka beside a proposal is always counted: of a round
there is one, and whoever voted for three values must not hide it (decision record 0118).

Source: arXiv 1807.04938, lines 28 to 56; INTERFACE.md 2.14, 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NewType

from spec.consensus.quorum import has_honest, is_quorum

ValueId = NewType("ValueId", bytes)
"""A block id (32 bytes), or `NIL`."""

NIL = ValueId(b"\x00" * 32)
"""The vote for no block."""

VALUES_PER_VOTER_MAX = 2
"""Two conflicting votes are evidence already; a third proves nothing more."""
ROUNDS_AHEAD_MAX = 2
"""Rounds ahead of ours that one voter may occupy."""


class VoteType(IntEnum):
    """The two votes of a round."""

    PREVOTE = 1
    PRECOMMIT = 2


@dataclass(frozen=True, slots=True)
class Ballot:
    """One counted vote."""

    type: VoteType
    round: int
    voter: int
    value: ValueId


@dataclass(frozen=True, slots=True)
class VoteKeeper:
    """The votes of one height."""

    powers: Mapping[int, int]
    """Voting power by validator index."""
    total: int
    ballots: Mapping[tuple[int, VoteType], tuple[Ballot, ...]]
    """Ballots by (round, type), in order of arrival."""


def compute_keeper(powers: Mapping[int, int]) -> VoteKeeper:
    """An empty keeper for validators with these powers."""
    return VoteKeeper(powers=powers, total=sum(powers.values()), ballots={})


def is_new(keeper: VoteKeeper, ballot: Ballot) -> bool:
    """Whether the ballot is of a known voter and not yet counted."""
    is_known = ballot in get_ballots(keeper, ballot.round, ballot.type)
    return ballot.voter in keeper.powers and not is_known


def has_room(keeper: VoteKeeper, ballot: Ballot) -> bool:
    """Whether its voter may still say something else in that round."""
    ballots = get_ballots(keeper, ballot.round, ballot.type)
    return sum(b.voter == ballot.voter for b in ballots) < VALUES_PER_VOTER_MAX


def is_quorum_of(keeper: VoteKeeper, voters: tuple[int, ...]) -> bool:
    """Whether these voters, each counted once, are more than two thirds."""
    weight = sum(keeper.powers.get(voter, 0) for voter in dict.fromkeys(voters))
    return is_quorum(weight, keeper.total)


def apply_ballot(keeper: VoteKeeper, ballot: Ballot, current_round: int) -> VoteKeeper:
    """The keeper with one more ballot that `is_new`; a voter's stale rounds ahead are dropped."""
    key = (ballot.round, ballot.type)
    ballots = {**keeper.ballots, key: (*get_ballots(keeper, *key), ballot)}
    if ballot.round > current_round:
        ballots = _forget_stale_rounds(ballots, ballot.voter, current_round)
    return VoteKeeper(powers=keeper.powers, total=keeper.total, ballots=ballots)


def _forget_stale_rounds(
    ballots: dict[tuple[int, VoteType], tuple[Ballot, ...]], voter: int, current_round: int
) -> dict[tuple[int, VoteType], tuple[Ballot, ...]]:
    ahead = {
        r
        for (r, _), votes in ballots.items()
        for b in votes
        if r > current_round and b.voter == voter
    }
    stale = sorted(ahead)[:-ROUNDS_AHEAD_MAX]
    kept = {
        key: tuple(b for b in votes if b.voter != voter or key[0] not in stale)
        for key, votes in ballots.items()
    }
    return {key: votes for key, votes in kept.items() if votes}


def get_ballots(keeper: VoteKeeper, round_: int, type_: VoteType) -> tuple[Ballot, ...]:
    """The ballots of a round and type, in order of arrival."""
    return keeper.ballots.get((round_, type_), ())


def get_rounds(keeper: VoteKeeper) -> tuple[int, ...]:
    """All rounds that have a ballot, ascending."""
    return tuple(sorted(dict.fromkeys(r for r, _ in keeper.ballots)))


def has_quorum_for(keeper: VoteKeeper, round_: int, type_: VoteType, value: ValueId) -> bool:
    """Whether more than two thirds cast this vote for this value (2f + 1)."""
    votes = get_ballots(keeper, round_, type_)
    return is_quorum(sum(keeper.powers[b.voter] for b in votes if b.value == value), keeper.total)


def has_quorum_for_any(keeper: VoteKeeper, round_: int, type_: VoteType) -> bool:
    """Whether more than two thirds cast this vote at all; each voter counts once."""
    return is_quorum(_compute_weight(keeper, get_ballots(keeper, round_, type_)), keeper.total)


def has_honest_in_round(keeper: VoteKeeper, round_: int) -> bool:
    """Whether more than a third sent any vote of the round (f + 1); each voter counts once."""
    prevotes = get_ballots(keeper, round_, VoteType.PREVOTE)
    precommits = get_ballots(keeper, round_, VoteType.PRECOMMIT)
    return has_honest(_compute_weight(keeper, prevotes + precommits), keeper.total)


def _compute_weight(keeper: VoteKeeper, votes: tuple[Ballot, ...]) -> int:
    return sum(keeper.powers[voter] for voter in dict.fromkeys(b.voter for b in votes))
