"""The round machine: Tendermint's algorithm for one height, each rule tagged with its line.

Pure agreement on block ids: it knows nothing of blocks, signatures, clocks or the network.
Whoever drives it says which ids are valid (executed by the ledger), counts votes in through
`apply_vote`, and carries out what it asks for. Timeouts come back as inputs; a stale one is
ignored.

    input                    the driver's duty behind it
    apply_start              the height begins, or a restart restores what was promised before
    apply_proposal           the proposer's signed word: a block id and the round it was valid in
    apply_validity           the ledger executed the block: valid or not
    apply_vote               a verified vote
    apply_timeout            a scheduled timeout ran out

    output                   what the driver does
    Started(round, valid)    L14-21: the proposer proposes `valid` or a new block, others wait
    Vote(type, round, value) signs and sends the vote
    Wait(kind, round)        schedules a timeout
    Decide(round, value)     the height is over

Source: E. Buchman, J. Kwon, Z. Milosevic, "The latest gossip on BFT consensus", arXiv 1807.04938,
algorithm 1; `SOURCE.md` has the table of lines and tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum

from spec.consensus.bft.votes import (
    NIL,
    Ballot,
    ValueId,
    VoteKeeper,
    VoteType,
    apply_ballot,
    get_rounds,
    has_honest_in_round,
    has_quorum_for,
    has_quorum_for_any,
    is_new,
)

NO_ROUND = -1
"""The paper's -1: no lock, no valid value, a proposal that is new."""


class Step(IntEnum):
    """Where in a round the node stands."""

    PROPOSE = 1
    PREVOTE = 2
    PRECOMMIT = 3


class TimeoutKind(IntEnum):
    """Which wait a timeout ends."""

    PROPOSE = 1
    PREVOTE = 2
    PRECOMMIT = 3


@dataclass(frozen=True, slots=True)
class Promise:
    """A value and the round in which it was locked or became valid."""

    round: int
    value: ValueId


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the proposer of a round proposed."""

    value: ValueId
    valid_round: int
    """The round of the polka that justifies a re-proposal, else `NO_ROUND`."""


@dataclass(frozen=True, slots=True)
class Started:
    """A round began. Its proposer proposes `valid` again, or a new block if it is None."""

    round: int
    valid: Promise | None


@dataclass(frozen=True, slots=True)
class Vote:
    """Cast a vote."""

    type: VoteType
    round: int
    value: ValueId


@dataclass(frozen=True, slots=True)
class Wait:
    """Schedule a timeout of the round."""

    kind: TimeoutKind
    round: int


@dataclass(frozen=True, slots=True)
class Decide:
    """The height is decided."""

    round: int
    value: ValueId


Output = Started | Vote | Wait | Decide


@dataclass(frozen=True, slots=True)
class RoundState:
    """Everything the machine remembers of a height."""

    votes: VoteKeeper
    round: int
    step: Step
    locked: Promise | None
    valid: Promise | None
    suggestions: Mapping[int, Suggestion]
    """The first proposal of each round."""
    validity: Mapping[ValueId, bool]
    """The ledger's verdict on each block it has executed."""
    waits: tuple[Wait, ...]
    """Timeouts already scheduled ("for the first time" of L34 and L47)."""
    decision: Decide | None


Transition = tuple[RoundState, tuple[Output, ...]]


def compute_round_state(votes: VoteKeeper) -> RoundState:
    """The machine before its first round."""
    return RoundState(
        votes=votes,
        round=NO_ROUND,
        step=Step.PROPOSE,
        locked=None,
        valid=None,
        suggestions={},
        validity={},
        waits=(),
        decision=None,
    )


# Inputs


def apply_start(state: RoundState, round_: int) -> Transition:
    """L10: starts the height in `round_` (0, or where a restart left off)."""
    started, outputs = _start_round(state, round_)
    return _run_rules(started, outputs)


def apply_proposal(state: RoundState, round_: int, suggestion: Suggestion) -> Transition:
    """Counts in the proposer's word for a round; only the first of a round is kept."""
    if round_ in state.suggestions:
        return state, ()
    suggestions = {**state.suggestions, round_: suggestion}
    return _run_rules(replace(state, suggestions=suggestions), ())


def apply_validity(state: RoundState, value: ValueId, *, is_valid: bool) -> Transition:
    """Learns the ledger's verdict on a block."""
    return _run_rules(replace(state, validity={**state.validity, value: is_valid}), ())


def apply_vote(state: RoundState, ballot: Ballot) -> Transition:
    """Counts a vote; one that says nothing new changes nothing."""
    if not is_new(state.votes, ballot):
        return state, ()
    return _run_rules(replace(state, votes=apply_ballot(state.votes, ballot, state.round)), ())


def apply_timeout(state: RoundState, kind: TimeoutKind, round_: int) -> Transition:
    """L57, L61, L65: a wait ran out; ignored if the round or the step has moved on."""
    if state.decision is not None or round_ != state.round:
        return state, ()
    if kind is TimeoutKind.PROPOSE and state.step is Step.PROPOSE:  # L57-60
        return _run_rules(*_vote(state, VoteType.PREVOTE, NIL))
    if kind is TimeoutKind.PREVOTE and state.step is Step.PREVOTE:  # L61-64
        return _run_rules(*_vote(state, VoteType.PRECOMMIT, NIL))
    if kind is TimeoutKind.PRECOMMIT:  # L65-67
        return _run_rules(*_start_round(state, round_ + 1))
    return state, ()


# Rules: each returns None when its guard does not hold


def _run_rules(state: RoundState, outputs: tuple[Output, ...]) -> Transition:
    """Applies the first rule that fires until none does.

    It ends: every firing decides, raises the round towards one that has votes, raises the step, or
    schedules a wait not yet scheduled.
    """
    while state.decision is None:
        fired = next((t for t in (rule(state) for rule in _RULES) if t is not None), None)
        if fired is None:
            break
        state, more = fired
        outputs += more
    return state, outputs


def _decide(state: RoundState) -> Transition | None:
    """L49-54: a proposal with a quorum of precommits in any round is the decision."""
    for round_, suggestion in state.suggestions.items():
        if has_quorum_for(state.votes, round_, VoteType.PRECOMMIT, suggestion.value) and _is_valid(
            state, suggestion.value
        ):
            decision = Decide(round_, suggestion.value)
            return replace(state, decision=decision), (decision,)
    return None


def _skip_round(state: RoundState) -> Transition | None:
    """L55-56: an honest node is in a later round, so we go there too."""
    ahead = [r for r in get_rounds(state.votes) if r > state.round]
    reached = [r for r in ahead if has_honest_in_round(state.votes, r)]
    return _start_round(state, reached[-1]) if reached else None


def _prevote_on_proposal(state: RoundState) -> Transition | None:
    """L22-27 for a new proposal, L28-33 for one that was valid in an earlier round."""
    suggestion = state.suggestions.get(state.round)
    if state.step is not Step.PROPOSE or suggestion is None:
        return None
    value, valid_round = suggestion.value, suggestion.valid_round
    if value not in state.validity:
        return None
    if valid_round == NO_ROUND:  # L22
        is_free = state.locked is None or state.locked.value == value
    elif valid_round < state.round and _has_polka(state, valid_round, value):  # L28
        is_free = (
            state.locked is None or state.locked.round <= valid_round or state.locked.value == value
        )
    else:
        return None
    accepted = is_free and _is_valid(state, value)
    return _vote(state, VoteType.PREVOTE, value if accepted else NIL)  # L24, L26, L30, L32


def _lock(state: RoundState) -> Transition | None:
    """L36-43: a quorum prevoted this round's valid proposal; lock it, or only remember it."""
    suggestion = state.suggestions.get(state.round)
    if state.step is Step.PROPOSE or suggestion is None:
        return None
    promise = Promise(state.round, suggestion.value)
    if state.valid == promise or not _is_valid(state, promise.value):
        return None
    if not _has_polka(state, promise.round, promise.value):
        return None
    if state.step is Step.PREVOTE:  # L37-41
        locked = replace(state, locked=promise, valid=promise)
        return _vote(locked, VoteType.PRECOMMIT, promise.value)
    return replace(state, valid=promise), ()  # L42-43


def _precommit_nil(state: RoundState) -> Transition | None:
    """L44-46: a quorum prevoted nil."""
    if state.step is Step.PREVOTE and _has_polka(state, state.round, NIL):
        return _vote(state, VoteType.PRECOMMIT, NIL)
    return None


def _wait_for_prevotes(state: RoundState) -> Transition | None:
    """L34-35: a quorum prevoted, but not one value."""
    wait = Wait(TimeoutKind.PREVOTE, state.round)
    if state.step is not Step.PREVOTE or wait in state.waits:
        return None
    if not has_quorum_for_any(state.votes, state.round, VoteType.PREVOTE):
        return None
    return replace(state, waits=(*state.waits, wait)), (wait,)


def _wait_for_precommits(state: RoundState) -> Transition | None:
    """L47-48: a quorum precommitted, but not one value."""
    wait = Wait(TimeoutKind.PRECOMMIT, state.round)
    if wait in state.waits or not has_quorum_for_any(state.votes, state.round, VoteType.PRECOMMIT):
        return None
    return replace(state, waits=(*state.waits, wait)), (wait,)


_RULES = (
    _decide,
    _skip_round,
    _prevote_on_proposal,
    _lock,
    _precommit_nil,
    _wait_for_prevotes,
    _wait_for_precommits,
)


# Actions shared by the rules


def _start_round(state: RoundState, round_: int) -> Transition:
    """L11-21, as far as this machine knows: the driver proposes or waits."""
    started = replace(state, round=round_, step=Step.PROPOSE, waits=())
    return started, (Started(round_, state.valid),)


def _vote(state: RoundState, type_: VoteType, value: ValueId) -> Transition:
    """Casts a vote and takes the step that belongs to it."""
    step = Step.PREVOTE if type_ is VoteType.PREVOTE else Step.PRECOMMIT
    return replace(state, step=step), (Vote(type_, state.round, value),)


def _has_polka(state: RoundState, round_: int, value: ValueId) -> bool:
    return has_quorum_for(state.votes, round_, VoteType.PREVOTE, value)


def _is_valid(state: RoundState, value: ValueId) -> bool:
    return state.validity.get(value, False)
