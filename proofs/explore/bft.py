"""Every schedule of a small BFT height, by the specification's own round machine.

The world: n validators of equal power, the first f of them byzantine, two values, a few rounds. A
state says of each honest validator where its machine stands and what it voted; the faulty have said
everything there is to say, to whoever needs to hear it, and may propose anything in every round, so
proposals and faulty votes are always at hand. A step lets one honest machine hear just what moves
it: a proposal, a polka, a nil polka, a wait that ends, a round skip, a decision. What the machine
then does is computed by `spec.consensus.bft.rounds`, once for each local situation, and remembered.

Honest validators are interchangeable, and so are the two values: states are canonical under both.
This allows more than any network could do (proposers are never bound to their own word), so that
what holds here holds there; a path that is found is checked to be real by its votes.

Variants remove a rule: `no-lock` forgets locks at each new round; `half-quorum` counts a half.

Source: CONSENSUS.md 3 row 2; arXiv 1807.04938.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Final, NamedTuple

from spec.consensus.bft.rounds import (
    NO_ROUND,
    Decide,
    Output,
    Promise,
    RoundState,
    Step,
    Suggestion,
    TimeoutKind,
    Transition,
    Vote,
    apply_proposal,
    apply_start,
    apply_timeout,
    apply_vote,
    compute_round_state,
)
from spec.consensus.bft.votes import NIL, Ballot, ValueId, VoteType, compute_keeper
from spec.consensus.quorum import has_honest, is_quorum

VARIANTS: Final = ("tendermint", "no-lock", "half-quorum")
VALUES: Final = (1, 2)
NOTHING, NIL_VOTE = -1, 0
"""A vote not cast, and the vote for nil; values are 1 and 2."""

Pair = tuple[int, int]
"""(round, value), or `NO_PAIR`."""
NO_PAIR: Final[Pair] = (-1, NOTHING)


class Local(NamedTuple):
    """Where one honest machine stands."""

    round: int
    step: int
    locked: Pair
    valid: Pair
    suggestion: int
    """The value proposed to it in this round, `NOTHING` if none was."""
    decided: int


class Member(NamedTuple):
    """An honest validator: its machine, and its votes by round."""

    local: Local
    prevotes: tuple[int, ...]
    precommits: tuple[int, ...]


State = tuple[Member, ...]


class Stimulus(NamedTuple):
    """What a machine hears: the kind of step, a value, and a round."""

    kind: str
    value: int
    round: int


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a machine does when it hears it."""

    local: Local
    votes: tuple[tuple[int, int, int], ...]
    """(type, round, value) of each vote it casts."""


class BftModel:
    """The model of one small world."""

    def __init__(self, nodes: int, faulty: int, rounds: int, variant: str) -> None:
        self.nodes, self.faulty, self.rounds, self.variant = nodes, faulty, rounds, variant
        self._reactions: dict[tuple[Local, Stimulus], Reaction | None] = {}

    def start(self) -> State:
        """All honest machines begin round 0 and have said nothing."""
        local = Local(0, Step.PROPOSE, NO_PAIR, NO_PAIR, NOTHING, NOTHING)
        silent = (NOTHING,) * self.rounds
        return (Member(local, silent, silent),) * (self.nodes - self.faulty)

    def find_violation(self, state: State) -> str | None:
        """Two honest validators decided differently."""
        decided = {m.local.decided for m in state if m.local.decided != NOTHING}
        return "two values are decided" if len(decided) > 1 else None

    def successors(self, state: State) -> Iterator[tuple[str, State]]:
        """One honest machine hears something that moves it."""
        seen: set[Member] = set()
        for place, member in enumerate(state):
            if member in seen or member.local.decided != NOTHING:
                continue
            seen.add(member)
            for stimulus in self._get_stimuli(state, member):
                reaction = self._react(member.local, stimulus)
                if reaction is None:
                    continue
                after = _record(member, reaction)
                word = f"{stimulus.kind} {stimulus.value} of round {stimulus.round}"
                yield word, canonicalise((*state[:place], after, *state[place + 1 :]))

    def render(self, state: State) -> str:
        """A state in a line per validator."""
        return " | ".join(_render_member(member) for member in state)

    def to_itf(self, state: State) -> dict[str, object]:
        """A state's variables in the Informal Trace Format."""
        return {
            "members": [
                {
                    "round": m.local.round,
                    "step": m.local.step,
                    "locked": list(m.local.locked),
                    "valid": list(m.local.valid),
                    "decided": m.local.decided,
                    "prevotes": list(m.prevotes),
                    "precommits": list(m.precommits),
                }
                for m in state
            ]
        }

    # What can be heard

    def _get_stimuli(self, state: State, member: Member) -> Iterator[Stimulus]:
        local = member.local
        here = local.round
        for value in VALUES:
            if local.step == Step.PROPOSE:
                yield Stimulus("proposal", value, NO_ROUND)
                for earlier in range(here):
                    if self._has_polka(state, earlier, value):
                        yield Stimulus("proposal", value, earlier)
            elif local.suggestion in (NOTHING, value) and self._has_polka(state, here, value):
                yield Stimulus("polka", value, here)
            for round_ in range(self.rounds):
                if self._is_quorum(self._count(state, "precommits", round_, value)):
                    yield Stimulus("commit", value, round_)
        yield from self._get_waits(state, local)
        for later in range(here + 1, self.rounds):
            speakers = sum(
                m.prevotes[later] != NOTHING or m.precommits[later] != NOTHING for m in state
            )
            if has_honest(speakers + self.faulty, self.nodes):
                yield Stimulus("skip", NOTHING, later)

    def _get_waits(self, state: State, local: Local) -> Iterator[Stimulus]:
        here = local.round
        if local.step == Step.PROPOSE:
            yield Stimulus("wait", TimeoutKind.PROPOSE, here)
        if local.step == Step.PREVOTE:
            if self._has_polka(state, here, NIL_VOTE):
                yield Stimulus("polka", NIL_VOTE, here)
            if self._is_quorum(sum(m.prevotes[here] != NOTHING for m in state) + self.faulty):
                yield Stimulus("wait", TimeoutKind.PREVOTE, here)
        spoken = sum(m.precommits[here] != NOTHING for m in state) + self.faulty
        if here + 1 < self.rounds and self._is_quorum(spoken):
            yield Stimulus("wait", TimeoutKind.PRECOMMIT, here)

    def _has_polka(self, state: State, round_: int, value: int) -> bool:
        return self._is_quorum(self._count(state, "prevotes", round_, value))

    def _count(self, state: State, votes: str, round_: int, value: int) -> int:
        rows = (m.prevotes if votes == "prevotes" else m.precommits for m in state)
        return sum(row[round_] == value for row in rows) + self.faulty

    def _is_quorum(self, weight: int) -> bool:
        if self.variant == "half-quorum":
            return 2 * weight > self.nodes
        return is_quorum(weight, self.nodes)

    # What the machine does

    def _react(self, local: Local, stimulus: Stimulus) -> Reaction | None:
        """The machine's reaction, computed once; None if it does nothing."""
        key = (local, stimulus)
        if key not in self._reactions:
            self._reactions[key] = self._compute_reaction(local, stimulus)
        return self._reactions[key]

    def _compute_reaction(self, local: Local, stimulus: Stimulus) -> Reaction | None:
        before = self._make_machine(local)
        after, outputs = _hear(before, local, stimulus, self.nodes)
        votes = tuple(
            (o.type, o.round, _get_number(o.value)) for o in outputs if isinstance(o, Vote)
        )
        decided = next((_get_number(o.value) for o in outputs if isinstance(o, Decide)), NOTHING)
        reached = _read_machine(after, local, decided, stimulus)
        if self.variant == "no-lock" and reached.round != local.round:
            reached = reached._replace(locked=NO_PAIR)
        return None if reached == local and not votes else Reaction(reached, votes)

    def _make_machine(self, local: Local) -> RoundState:
        """The round machine in a local situation; earlier votes have done their work."""
        keeper = compute_keeper(dict.fromkeys(range(self.nodes), 1))
        machine, _ = apply_start(compute_round_state(keeper), local.round)
        suggestions = {}
        if local.suggestion != NOTHING:
            suggestions[local.round] = Suggestion(_get_value(local.suggestion), NO_ROUND)
        return replace(
            machine,
            step=Step(local.step),
            locked=_get_promise(local.locked),
            valid=_get_promise(local.valid),
            suggestions=suggestions,
            validity={_get_value(value): True for value in VALUES},
        )


def _hear(machine: RoundState, local: Local, stimulus: Stimulus, nodes: int) -> Transition:
    """Feeds the machine with the messages that make up a stimulus."""
    kind, value, round_ = stimulus
    here = local.round
    match kind:
        case "proposal":
            machine = _poll(machine, nodes, VoteType.PREVOTE, round_, value)[0]
            return apply_proposal(machine, here, Suggestion(_get_value(value), round_))
        case "polka":
            if value != NIL_VOTE and here not in machine.suggestions:
                machine = replace(machine, suggestions={here: Suggestion(_get_value(value), -1)})
            return _poll(machine, nodes, VoteType.PREVOTE, round_, value)
        case "commit":
            known = {**machine.suggestions, round_: Suggestion(_get_value(value), NO_ROUND)}
            return _poll(
                replace(machine, suggestions=known), nodes, VoteType.PRECOMMIT, round_, value
            )
        case "skip":
            return _poll(machine, nodes, VoteType.PRECOMMIT, round_, NIL_VOTE)
        case _:
            return apply_timeout(machine, TimeoutKind(value), round_)


def _poll(machine: RoundState, nodes: int, type_: VoteType, round_: int, value: int) -> Transition:
    """All validators' votes for a value, one after the other; no round, no votes."""
    outputs: tuple[Output, ...] = ()
    for voter in range(nodes) if round_ != NO_ROUND else ():
        ballot = Ballot(type_, round_, voter, _get_value(value))
        machine, more = apply_vote(machine, ballot)
        outputs = (*outputs, *more)
    return machine, outputs


def _read_machine(machine: RoundState, local: Local, decided: int, stimulus: Stimulus) -> Local:
    suggestion = local.suggestion if machine.round == local.round else NOTHING
    if machine.round == local.round and stimulus.kind in ("proposal", "polka"):
        suggestion = stimulus.value if stimulus.value != NIL_VOTE else suggestion
    if decided != NOTHING:
        return local._replace(decided=decided)
    return Local(
        machine.round,
        machine.step,
        _get_pair(machine.locked),
        _get_pair(machine.valid),
        suggestion,
        NOTHING,
    )


def _record(member: Member, reaction: Reaction) -> Member:
    prevotes, precommits = list(member.prevotes), list(member.precommits)
    for type_, round_, value in reaction.votes:
        (prevotes if type_ == VoteType.PREVOTE else precommits)[round_] = value
    return Member(reaction.local, tuple(prevotes), tuple(precommits))


# Symmetry


def canonicalise(state: State) -> State:
    """The least of all states that differ in names of validators or values only."""
    return min(tuple(sorted(_rename(m, names) for m in state)) for names in _NAMINGS)


_NAMINGS: Final = tuple(
    {NOTHING: NOTHING, NIL_VOTE: NIL_VOTE, **dict(zip(VALUES, order, strict=True))}
    for order in permutations(VALUES)
)


def _rename(member: Member, names: dict[int, int]) -> Member:
    local = member.local
    return Member(
        Local(
            local.round,
            local.step,
            (local.locked[0], names[local.locked[1]]),
            (local.valid[0], names[local.valid[1]]),
            names[local.suggestion],
            names[local.decided],
        ),
        tuple(names[vote] for vote in member.prevotes),
        tuple(names[vote] for vote in member.precommits),
    )


# Numbers for ids


def _get_value(number: int) -> ValueId:
    return NIL if number == NIL_VOTE else ValueId(bytes([number]) * 32)


def _get_number(value: ValueId) -> int:
    return value[0]


def _get_promise(pair: Pair) -> Promise | None:
    return None if pair == NO_PAIR else Promise(pair[0], _get_value(pair[1]))


def _get_pair(promise: Promise | None) -> Pair:
    return NO_PAIR if promise is None else (promise.round, _get_number(promise.value))


def _render_member(member: Member) -> str:
    names = {NOTHING: ".", NIL_VOTE: "nil", 1: "A", 2: "B"}
    local = member.local
    said = " ".join(
        f"{names[prevote]}/{names[precommit]}"
        for prevote, precommit in zip(member.prevotes, member.precommits, strict=True)
    )
    lock = "" if local.locked == NO_PAIR else f" lock {names[local.locked[1]]}@{local.locked[0]}"
    decided = "" if local.decided == NOTHING else f" DECIDED {names[local.decided]}"
    return f"r{local.round} {Step(local.step).name.lower()} [{said}]{lock}{decided}"
